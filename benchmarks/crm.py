"""The CRM's own pages among many records, for one user and eight: ``python -m benchmarks.crm [--contacts N]``.

Each size has as many contacts, an organization for every five and a deal for every ten of them. Two processes serve the
pages, as many as the goals speak of processors, each one request at a time, as gunicorn's workers do; the clients run
beside them and take their share.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from html import unescape
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.databases import POSTGRES, postgres_database, settle
from benchmarks.line import Line
from benchmarks.meter import Timed
from benchmarks.report import Table, number
from benchmarks.served import HOST, Server, served
from benchmarks.visitor import CSRF, Visitor
from core import app, migrations
from core.cli.indexes import add_new
from core.db import Database
from core.records.seed import seed_contacts
from core.search import storage
from core.services import Services
from core.settings import read_settings
from core.users.seed import DEMO_PASSWORD, seed_demo_users

USERS, PROCESSES = 8, 2
GOALS = {"record page": 10, "list, page 1": 12, "list, page 100": 12, "search by fragment": 15, "create": 15}
SLOWER, RATE = 1.3, 300
WARM = 10  # requests to each process before anything is measured
NEXT = re.compile(r'<a [^>]*rel="next"[^>]*href="([^"]+)"')
MADE = count()
FRAGMENTS = ("ander", "green 4", "atel", "cafe", "walker.1")


@dataclass
class Run:
    """What some requests took: the time of each, how many were answered in a second, CPU of the servers for each."""

    timed: Timed
    rate: float
    cpu_ms: float


@dataclass
class Asked:
    """What a user asks for: a name and, for each time, a method, an address and a body."""

    name: str
    each: Callable[[random.Random], tuple[str, str, str]]


def main(arguments: list[str] | None = None) -> None:
    """Measure at a tenth of the size and at the size, on each database there is."""
    parser = argparse.ArgumentParser(prog="benchmarks.crm", description="The CRM's own pages.")
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=200)
    options = parser.parse_args(arguments)
    for table in measure(options.contacts, options.requests):
        table.show()


def measure(contacts: int, requests: int) -> Iterator[Table]:
    """A table for each database."""
    for postgres in (False, True) if os.environ.get(POSTGRES) else (False,):
        name = "PostgreSQL" if postgres else "SQLite"
        columns = ("", "contacts", "CPU ms", "p50 ms", "p99 ms", f"{USERS} users: p50 ms", "a second", "goal")
        table = Table(f"The CRM's own pages, on {name}, {PROCESSES} processes", columns)
        small: dict[str, float] = {}
        for size in (max(1, contacts // 10), contacts):
            for asked, alone, at_once in _measure(size, requests, postgres=postgres):
                before = small.setdefault(asked, alone.timed.wall_ms(0.5))
                table.add(asked, number(size), *_cells(asked, alone, at_once, before))
        table.notes.append(
            f"{requests} requests of one user, then of {USERS} at once. CPU is that of the process that serves one; "
            "the database server's is not in it, and neighbours on the same processors make it larger, too."
        )
        table.notes.append(
            f"Goals: p50 alone; no more than {SLOWER} times that of the smaller size; {RATE} record pages a second."
        )
        yield table


def _cells(asked: str, alone: Run, crowd: Run, before: float) -> Sequence[str]:
    p50, rate = alone.timed.wall_ms(0.5), crowd.rate
    met = p50 <= GOALS[asked] and p50 <= SLOWER * before and (asked != "record page" or rate >= RATE)
    goal = f"{'met' if met else 'NOT MET'} ({GOALS[asked]} ms, {p50 / before:.1f} ×)"
    p99, many = alone.timed.wall_ms(0.99), crowd.timed.wall_ms(0.5)
    return number(alone.cpu_ms, 1), number(p50, 1), number(p99, 1), number(many, 1), number(rate), goal


def _measure(size: int, requests: int, *, postgres: bool) -> Iterator[tuple[str, Run, Run]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ledgertab-bench-")))
        url = stack.enter_context(postgres_database() if postgres else nullcontext(f"sqlite:///{folder / 'crm.db'}"))
        settings = {
            "crm.home": str(folder),
            "sqlalchemy.url": url,
            "crm.url": "http://localhost",
            "crm.make_key": "yes",
        }
        pages = app.make_app(read_settings(settings, {}))
        _fill(pages.registry.services, size)
        visitor = Visitor(pages)
        visitor.post("/login", {"login": "sales", "password": DEMO_PASSWORD})
        token = CSRF.search(visitor.get("/contacts/new").body.decode())
        servers = [stack.enter_context(served(make, settings, threads=1)) for _ in range(PROCESSES)]
        for asked in _asked(size, visitor, token[1] if token else ""):
            headers = {"Cookie": visitor.cookie, "Content-Type": "application/x-www-form-urlencoded"}
            _run(servers, asked, headers, WARM * PROCESSES, PROCESSES)
            alone = _run(servers[:1], asked, headers, requests, 1)
            yield asked.name, alone, _run(servers, asked, headers, requests, USERS)


def make(settings: Mapping[str, str]) -> Any:
    """The application once more, for a process of its own: as a server starts it."""
    return app.main({}, **settings)


def _fill(services: Services, size: int) -> None:
    migrations.upgrade(services.db.url)
    db: Database = services.db
    with db.begin() as session:
        seed_demo_users(session, services.clock)
        seed_contacts(session, services.clock, size, add_new)
        storage.optimize(session.connection())
    settle(db.engine)


def _asked(size: int, visitor: Visitor, token: str) -> Iterator[Asked]:
    hundredth = "/contacts"
    for _ in range(99):
        found = NEXT.search(visitor.get(hundredth).body.decode())
        hundredth = f"/contacts{unescape(found[1])}" if found else hundredth
    yield Asked("record page", lambda dice: ("GET", f"/contacts/{dice.randint(1, size)}", ""))
    yield Asked("list, page 1", lambda dice: ("GET", "/contacts", ""))
    yield Asked("list, page 100", lambda dice: ("GET", hundredth, ""))
    yield Asked("search by fragment", lambda dice: ("GET", "/search?" + urlencode({"q": dice.choice(FRAGMENTS)}), ""))
    yield Asked("create", lambda dice: ("POST", "/contacts/new", urlencode(_new(dice, token))))


def _new(dice: random.Random, token: str) -> dict[str, str]:
    name = f"Kahu{dice.randrange(10**9)}n{next(MADE)}"  # an e-mail address that is there already is asked about
    kinds = {"email_kind": "Work", "phone_kind": "Work", "address_kind": "Office"}
    return {"csrf_token": token, "first_name": name, "last_name": "Rata", "email": f"{name}@example.net", **kinds}


def _run(servers: Sequence[Server], asked: Asked, headers: Mapping[str, str], requests: int, users: int) -> Run:
    """So many requests by so many users at once."""
    timed = [Timed() for _ in range(users)]

    def user(place: int) -> None:
        dice = random.Random(place)
        with Line(HOST, servers[place % len(servers)].port, headers) as line:
            for _ in range(requests // users):
                timed[place].run(lambda: _ask(line, asked.each(dice)))

    threads = [threading.Thread(target=user, args=(place,)) for place in range(users)]
    before, started = sum(server.cpu for server in servers), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds, done = time.perf_counter() - started, requests // users * users
    cpu = sum(server.cpu for server in servers) - before
    return Run(Timed([wall for one in timed for wall in one.walls]), done / seconds, cpu / done * 1000)


def _ask(line: Line, what: tuple[str, str, str]) -> None:
    status = line.ask(*what)
    if status not in (200, 303):
        raise RuntimeError(f"{what[0]} {what[1]}: {status}")


if __name__ == "__main__":
    main(sys.argv[1:])
