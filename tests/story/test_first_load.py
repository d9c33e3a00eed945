"""The first load of a customer with more pages of documents than Xero takes calls in a minute.

Pages are of ten documents here, so that seven hundred of them are seventy pages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from core import ManualClock
from core.accounting import budget
from core.accounting.linking import link_party, unlink_party
from core.accounting.models import BegunWalk, CallWindow, Connection, Failure, PartyRow
from core.app import make_app
from core.jobs.periodic import tick
from core.records.models import Organization
from core.services import Services
from core.settings import Settings
from plugins.xero import listing
from plugins.xero.sandbox import Sandbox
from plugins.xero.sandbox.demo_data import bulk
from plugins.xero.sandbox.demo_data.writer import Writer
from plugins.xero.sandbox.wire import milliseconds
from tests.conftest import LogIn
from tests.core.pages import words
from tests.story.conftest import Connect
from tests.story.raw import differences, read_raw

pytestmark = pytest.mark.slow
MANY = 700
PARTY = "Harbour Coffee Roasters Ltd"


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    original = listing.Lists.part
    monkeypatch.setattr(
        listing.Lists, "part", lambda self, *args, **more: original(self, *args, **{"size": 10, **more})
    )


@pytest.fixture
def party(connect: Connect, services: Services, clock: ManualClock, sandbox: Sandbox) -> str:
    """The customer with many invoices, linked and not read yet."""
    with sandbox.work():
        bulk.write(Writer(sandbox.books(), "NZ", clock.now().date()), clock.now().date(), MANY, PARTY, "TEA")
    connect()
    found = sandbox.contact_id(PARTY)
    link(services, clock, found)
    return found


def link(services: Services, clock: ManualClock, party: str) -> Organization:
    """Link a new organization to a party."""
    with services.db.begin() as session:
        record = Organization(name="Whoever", created_at=clock.now(), changed_at=clock.now())
        session.add(record)
        session.flush()
        link_party(session, record, session.get_one(Connection, 1), party, user_id=1, now=clock.now())
        session.expunge(record)
    return record


def work(services: Services, clock: ManualClock, seconds: int = 10) -> None:
    """The worker, for a while."""
    clock.advance(seconds=seconds)
    tick(services)
    services.jobs.drain()


def is_loaded(services: Services, party: str) -> bool:
    with services.db.read() as session:
        row = session.scalars(select(PartyRow).where(PartyRow.party_id == party)).one()
        return row.documents_at is not None


def pages_asked(sandbox: Sandbox) -> Counter[tuple[str, str]]:
    """What was asked of the first load and answered: the query and since when."""
    return Counter(
        (call.query, call.headers.get("if-modified-since", ""))
        for call in sandbox.calls.all()
        if "ContactIDs" in call.query and call.status == 200
    )


def start(services: Services) -> None:
    services.jobs.enqueue("accounting.refresh", connection_id=1)
    services.jobs.drain()


def test_a_load_that_meets_the_minutes_limit_goes_on_where_it_stopped(
    party: str,
    services: Services,
    clock: ManualClock,
    sandbox: Sandbox,
    http: httpx2.Client,
    log_in: LogIn,
    harbour: str,
) -> None:
    start(services)
    assert not is_loaded(services, party)
    with services.db.read() as session:
        assert session.get_one(Connection, 1).last_error == "", "nothing is wrong: it takes its time"
        assert session.scalars(select(Failure)).all() == []
        assert session.scalars(select(BegunWalk)).one().party_ids == [party]
    minutes = 0
    while not is_loaded(services, party):
        for _ in range(6):
            work(services, clock)
        minutes += 1
        assert minutes < 4
    asked = pages_asked(sandbox)
    assert len(asked) >= MANY / 10 + 1
    assert set(asked.values()) == {1}, "no page was asked for twice"
    assert [call.path for call in sandbox.calls.all() if call.status == 429] == []
    with services.db.read() as session:
        assert session.scalars(select(BegunWalk)).all() == []
    sandbox.reset_limits()
    assert differences(services, read_raw(http), [party]) == []


def test_who_waits_sees_that_it_is_being_read_and_drafts_have_calls_left(
    party: str, services: Services, clock: ManualClock, sandbox: Sandbox, log_in: LogIn, harbour: str
) -> None:
    with sandbox.work():
        bulk.write(Writer(sandbox.books(), "NZ", clock.now().date()), clock.now().date(), MANY, PARTY, "COF")
    with services.db.begin() as session:
        record = session.get_one(Organization, int(harbour.rpartition("/")[2]))
        link_party(session, record, session.get_one(Connection, 1), party, user_id=1, now=clock.now())
    start(services)
    tab = words(log_in("sales").get(f"{harbour}/tabs/xero"))
    assert "for the first time" in tab
    assert "last known copy" not in tab
    for _ in range(7):
        work(services, clock)
    assert not is_loaded(services, party)
    with services.db.read() as session:
        minute = session.get_one(CallWindow, (1, "minute"))
        assert minute.used > 40
        assert minute.remaining is not None
        assert minute.remaining >= budget.KEPT["minute"]


Restart = Callable[[], Services]


@pytest.fixture
def restart(settings: Settings, clock: ManualClock, http: httpx2.Client, extra: Mapping[str, ModuleType]) -> Any:
    """Another worker on the same database."""
    made = []

    def begin() -> Services:
        app = make_app(settings, clock=clock, http=http, extra=extra)
        made.append(app)
        services: Services = app.registry.services
        return services

    yield begin
    for app in made:
        app.registry.services.db.engine.dispose()


def test_a_worker_killed_in_the_middle_is_gone_on_with_by_another(
    party: str,
    services: Services,
    clock: ManualClock,
    sandbox: Sandbox,
    http: httpx2.Client,
    restart: Restart,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Killed(BaseException):
        pass

    pages, original = [0], listing.Lists.part

    def dies(self: Any, *args: Any, **more: Any) -> Any:
        pages[0] += 1
        if pages[0] == 20:
            raise Killed
        return original(self, *args, **more)

    monkeypatch.setattr(listing.Lists, "part", dies)
    with pytest.raises(Killed):
        start(services)
    other = restart()
    for _ in range(60):
        work(other, clock)
        if is_loaded(other, party):
            break
    asked = pages_asked(sandbox)
    assert set(asked.values()) == {1}
    sandbox.reset_limits()
    assert differences(services, read_raw(http), [party]) == []


def test_what_changes_while_a_load_waits_is_told_by_the_feed_and_nothing_else_is_missed(
    party: str, services: Services, clock: ManualClock, sandbox: Sandbox, http: httpx2.Client
) -> None:
    mine = [row for row in sandbox.records("Invoices") if row["Contact"]["ContactID"] == party]
    mine.sort(key=lambda row: row["UpdatedDateUTC"])
    open_still = [row["InvoiceID"] for row in mine if row["Status"] == "AUTHORISED" and not row["AmountPaid"]]
    drafts = [row["InvoiceID"] for row in mine if row["Status"] == "DRAFT"]
    away = sandbox.contact_id("Aoraki Outdoor Co")
    start(services)
    assert not is_loaded(services, party)
    clock.advance(seconds=20)
    sandbox.deeds.pay(open_still[0])  # its page was read: it moves to the end
    sandbox.deeds.void(open_still[-1])  # its page was not
    for row in mine[:25]:  # a merge the other way round: they leave the list, from pages that were read
        move(sandbox, row["InvoiceID"], away, clock)
    move(sandbox, drafts[-1], away, clock)
    add(sandbox, party, clock)
    for _ in range(60):
        work(services, clock)
        if is_loaded(services, party):
            break
    assert set(pages_asked(sandbox).values()) == {1}
    clock.advance(seconds=301)
    start(services)
    sandbox.reset_limits()
    assert differences(services, read_raw(http), [party]) == []


def add(sandbox: Sandbox, party: str, clock: ManualClock) -> None:
    """Accounts write new invoices."""
    with sandbox.work():
        bulk.write(Writer(sandbox.books(), "NZ", clock.now().date()), clock.now().date(), 15, PARTY, "NEW")
    for row in sandbox.records("Invoices"):
        if (row["InvoiceNumber"] or "").startswith("NEW-"):
            clock.advance(seconds=2)
            move(sandbox, row["InvoiceID"], party, clock)


def move(sandbox: Sandbox, invoice: str, to: str, clock: ManualClock) -> None:
    """Accounts put another contact on an invoice."""
    with sandbox.work():
        table = sandbox.books()["Invoices"]
        kept = table.get(invoice)
        assert kept is not None
        table.put({**kept, "Contact": {"ContactID": to}, "UpdatedDateUTC": milliseconds(clock.now())})


def test_a_thousand_changed_in_one_second_are_read_backwards_and_none_is_missed(
    party: str, services: Services, clock: ManualClock, sandbox: Sandbox, http: httpx2.Client
) -> None:
    """A merge changes all documents at once: there is no moment to go on from, only pages."""
    mine = [row["InvoiceID"] for row in sandbox.records("Invoices") if row["Contact"]["ContactID"] == party]
    for invoice in mine:
        move(sandbox, invoice, party, clock)
    clock.advance(seconds=600)
    away = sandbox.contact_id("Aoraki Outdoor Co")
    start(services)
    for number in range(60):
        if is_loaded(services, party):
            break
        move(sandbox, mine[number * 7], away, clock)
        work(services, clock)
    assert is_loaded(services, party)
    assert max(pages_asked(sandbox).values()) == 2, "of the page that showed it alone"
    clock.advance(seconds=301)
    start(services)
    for _ in range(20):
        work(services, clock)
    sandbox.reset_limits()
    assert differences(services, read_raw(http), [party]) == []


def test_who_is_linked_again_while_a_load_waits_is_read_from_the_beginning(
    party: str, services: Services, clock: ManualClock, sandbox: Sandbox, http: httpx2.Client
) -> None:
    start(services)
    with services.db.begin() as session:
        record = session.scalars(select(Organization).where(Organization.name == "Whoever")).one()
        unlink_party(session, record, 1, user_id=1, now=clock.now())
    add(sandbox, party, clock)
    before = sandbox.calls.count("GET /api.xro/2.0/Invoices")
    clock.advance(seconds=301)
    work(services, clock)
    assert sandbox.calls.count("GET /api.xro/2.0/Invoices") == before, "nobody is linked: nobody goes on"
    link(services, clock, party)
    start(services)
    for _ in range(60):
        work(services, clock)
        if is_loaded(services, party):
            break
    sandbox.reset_limits()
    assert differences(services, read_raw(http), [party]) == []
