"""A whole application with the Xero plugin, connected to a sandbox: what every benchmark begins with."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
from argon2 import PasswordHasher
from sqlalchemy import select

from benchmarks.meter import Wire
from benchmarks.visitor import Visitor
from core import ManualClock, migrations
from core.accounting.linking import link_party
from core.accounting.models import Connection, PartyRow
from core.app import make_app
from core.records.models import Contact
from core.services import Services
from core.settings import read_settings
from core.users.seed import DEMO_PASSWORD, seed_demo_users
from plugins.xero.sandbox import Sandbox, make_sandbox

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
IN_PROCESS = "http://sandbox.example"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # how long a log-in takes is not measured here


@dataclass
class World:
    """An application, its clock, and what its HTTP client sends; `settings` opens the same one in another process."""

    app: Any
    clock: ManualClock
    wire: Wire
    settings: Mapping[str, str]

    @property
    def services(self) -> Services:
        """The application's services."""
        found: Services = self.app.registry.services
        return found

    def log_in(self, role: str) -> Visitor:
        """A browser of the demo user of that role."""
        visitor = Visitor(self.app)
        visitor.post("/login", {"login": role, "password": DEMO_PASSWORD})
        visitor.get("/")
        return visitor

    def connect(self) -> int:
        """Walk to the consent page and back, and let the worker read what it reads first; the connection's id."""
        admin = self.log_in("admin")
        away = admin.post("/admin/accounting/connect/xero/code").header("Location")
        back = urlsplit(self._consent(away))
        admin.get(f"{back.path}?{back.query}")
        self.services.jobs.drain()
        with self.services.db.read() as session:
            return session.scalars(select(Connection.id).where(Connection.provider == "xero")).one()

    def _consent(self, url: str) -> str:
        """Press Allow for the first organisation; the address the browser is sent to."""
        parts = urlsplit(url)
        form = [*parse_qsl(parts.query), ("tenant", Sandbox.tenant_id), ("answer", "allow")]
        answer = self.services.http.post(
            f"{parts.scheme}://{parts.netloc}{parts.path}",
            content=urlencode(form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        return str(answer.headers["Location"])

    def contacts_for(self, party_ids: Sequence[str], connection_id: int, *, link: bool = True) -> list[str]:
        """A contact for each party, called like it and linked to it; their addresses."""
        now, paths = self.clock.now(), []
        with self.services.db.begin() as session:
            connection = session.get_one(Connection, connection_id)
            known = PartyRow.connection_id == connection_id
            names = {row.party_id: row.name for row in session.scalars(select(PartyRow).where(known))}
            for party_id in party_ids:
                contact = Contact(first_name="Contact of", last_name=names[party_id], created_at=now, changed_at=now)
                session.add(contact)
                session.flush()
                if link:
                    link_party(session, contact, connection, party_id, user_id=1, now=now)
                paths.append(contact.path)
        return paths

    def load(self, connection_id: int) -> None:
        """Let the worker read what is linked and was never read. Raises RuntimeError when something went wrong."""
        self.services.jobs.enqueue("accounting.refresh", connection_id=connection_id)
        self.services.jobs.drain()
        with self.services.db.read() as session:
            if problem := session.get_one(Connection, connection_id).last_error:
                raise RuntimeError(problem)


@contextmanager
def open_world(
    folder: Path,
    wire: Wire,
    http: httpx2.Client,
    clock: ManualClock,
    *,
    sandbox_url: str,
    database_url: str = "",
    queue: str = "memory",
) -> Iterator[World]:
    """A migrated application with demo users in a folder; on SQLite unless an address of an empty database is given."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "crm.url": "http://localhost",
        "crm.home": str(folder / "home"),
        "crm.queue": queue,
        "crm.make_key": "true",
        "crm.plugins": "xero",
        "sqlalchemy.url": database_url or f"sqlite:///{folder / 'bench.db'}",
        "xero.client_id": Sandbox.client_id,
        "xero.client_secret": Sandbox.client_secret,
        **{f"xero.{name}_url": sandbox_url for name in ("api", "identity", "login", "web")},
    }
    app = make_app(read_settings(settings, {}), clock=clock, http=http)
    world = World(app, clock, wire, settings)
    services = world.services
    try:
        migrations.upgrade(services.db.url, services.plugins.on.values())
        with services.db.begin() as session:
            seed_demo_users(session, clock, hasher=CHEAP)
        yield world
    finally:
        services.db.engine.dispose()


@contextmanager
def world_in_process(folder: Path) -> Iterator[tuple[World, Sandbox]]:
    """An application and the sandbox that it calls, both in this process and on one clock's time."""
    wire, clock = Wire(), ManualClock(NOW)
    sandbox = make_sandbox(clock=clock, base_url=IN_PROCESS)
    with (
        wire.client(httpx2.WSGITransport(app=sandbox.app)) as http,
        open_world(folder, wire, http, clock, sandbox_url=IN_PROCESS) as world,
    ):
        yield world, sandbox
    sandbox.close()


@contextmanager
def world_over_http(folder: Path, sandbox_url: str, database_url: str = "") -> Iterator[World]:
    """An application whose sandbox is a server elsewhere."""
    wire = Wire()
    with (
        wire.client() as http,
        open_world(folder, wire, http, ManualClock(NOW), sandbox_url=sandbox_url, database_url=database_url) as world,
    ):
        yield world


def make_application(settings: Mapping[str, str], now: dt.datetime) -> Any:
    """The application of a world once more, for another process; its clock stands at `now`."""
    return make_app(read_settings(dict(settings), {}), clock=ManualClock(now))


def make_sandbox_app(invoices: int) -> Any:
    """A sandbox whose largest contact has so many invoices, for a process of its own."""
    return make_sandbox(clock=ManualClock(NOW), invoices_for_one_contact=invoices).app


def busiest(sandbox: Sandbox, number: int) -> list[str]:
    """The parties with the most documents, the busiest first."""
    tables = ("Invoices", "CreditNotes")
    counts = Counter(row["Contact"]["ContactID"] for table in tables for row in sandbox.records(table))
    return sorted(counts, key=lambda party: (-counts[party], party))[:number]
