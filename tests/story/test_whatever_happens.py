"""Whatever accounts people do, in whatever order news of it comes, the snapshot is the books in the end.

Random deeds in the sandbox's books; webhooks lost, doubled and backwards; refreshes at random moments; limits, errors
and lost answers in between. After one ordinary refresh in quiet every document is as it is in the books, and so is
every figure; then the whole of it once more after a night. A seed that fails fails again.
"""

from __future__ import annotations

import random
from collections import Counter

import httpx2
import pytest
from sqlalchemy import and_, select

from core import ManualClock
from core.accounting import connections
from core.accounting.linking import link_party
from core.accounting.models import Connection, DocumentRow, PartyLink, PartyRow
from core.accounting.overview import figures
from core.jobs.periodic import tick
from core.records.models import Organization
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.story.accounts import ADVANCES, Accounts
from tests.story.conftest import Connect, large_bodies
from tests.story.hearing import KEY, Line
from tests.story.raw import as_told, differences, independent, read_raw

pytestmark = pytest.mark.slow
SEEDS, STEPS, LINKED = 8, 90, 7
FAULTS = ("429-minute", "429-concurrent", "429-app", "500", "503", "drop-before", "drop-after", "malformed", "401")


@pytest.fixture
def ini(ini: dict[str, str]) -> dict[str, str]:
    return {**ini, "xero.webhook_key": KEY}


class Turmoil:
    """Time, webhooks, refreshes and bad days, at random."""

    def __init__(
        self, services: Services, sandbox: Sandbox, clock: ManualClock, line: Line, accounts: Accounts, seed: int
    ) -> None:
        self._services, self._sandbox, self._clock = services, sandbox, clock
        self._line, self._accounts = line, accounts
        self._chance = random.Random(seed)
        self.done: Counter[str] = Counter()

    def step(self) -> None:
        """A deed of accounts, and something around it."""
        for _ in range(self._chance.randrange(1, 4)):
            self._accounts.work()
        around = (
            self.wait,
            self.wait,
            self.wait_long,
            self.deliver,
            self.webhooks,
            self.refresh,
            self.refresh,
            self.fail,
        )
        something = self._chance.choice(around)
        something()
        self.done[something.__name__] += 1

    def wait(self) -> None:
        self._clock.advance(seconds=self._chance.uniform(0.2, 40))
        tick(self._services)
        self._services.jobs.drain()

    def wait_long(self) -> None:
        self._clock.advance(seconds=self._chance.choice((301, 700, 3700)))
        self.refresh()

    def refresh(self) -> None:
        force = self._chance.random() < 0.5
        self._services.jobs.enqueue("accounting.refresh", connection_id=1, force=force)
        self._services.jobs.drain()

    def deliver(self) -> None:
        self._line.bring()

    def webhooks(self) -> None:
        """Held back, and then lost, doubled or backwards."""
        if not self._line.holds:
            self._line.holds = True
            return
        if self._chance.random() < 0.3:
            self._line.held.clear()
        self._line.let_go(self._chance.choice((1, 2)), backwards=self._chance.random() < 0.5)

    def fail(self) -> None:
        """Something goes wrong with the next calls, and somebody looks."""
        path = self._chance.choice(
            (None, "/api.xro/2.0/Invoices", "/api.xro/2.0/CreditNotes", "/api.xro/2.0/Prepayments")
        )
        self._sandbox.faults.add(
            self._chance.choice(FAULTS), times=self._chance.choice((1, 1, 2)), seconds=20, path=path
        )
        self._clock.advance(seconds=self._chance.choice((6, 301)))
        self.refresh()


@pytest.fixture
def parties(connect: Connect, services: Services, clock: ManualClock, sandbox: Sandbox) -> list[str]:
    """Customers with open invoices and credits, each linked to an organization."""
    connect()
    busy = Counter(row["Contact"]["ContactID"] for row in sandbox.records("Invoices") if row["Type"] == "ACCREC")
    credited = [row["Contact"]["ContactID"] for table in ADVANCES for row in sandbox.records(table)]
    chosen = list(dict.fromkeys([*credited, *(party for party, _ in busy.most_common())]))[:LINKED]
    with services.db.begin() as session:
        for party in chosen:
            record = Organization(name=party, created_at=clock.now(), changed_at=clock.now())
            session.add(record)
            session.flush()
            link_party(session, record, session.get_one(Connection, 1), party, user_id=1, now=clock.now())
    return chosen


def quiet(services: Services, clock: ManualClock, seconds: int) -> None:
    """Nobody does anything for a while; then one refresh."""
    clock.advance(seconds=seconds)
    services.jobs.enqueue("accounting.refresh", connection_id=1)
    services.jobs.drain()


def compare(services: Services, sandbox: Sandbox, clock: ManualClock, http: httpx2.Client) -> None:
    """The snapshot against the books: contacts, documents, figures."""
    sandbox.reset_limits()
    raw = read_raw(http)
    sandbox.reset_limits()
    contacts = {row["ContactID"]: row for row in sandbox.records("Contacts")}
    with services.db.read() as session:
        connection = session.get_one(Connection, 1)
        assert connection.last_error == ""
        linked = set(session.scalars(select(PartyLink.party_id)))
        index = {row.party_id: row for row in session.scalars(select(PartyRow))}
        now = connections.today(connection, clock)
        assert {one: (index[one].name, index[one].state) for one in contacts} == {
            one: (row["Name"], row["ContactStatus"].lower()) for one, row in contacts.items()
        }
        assert not [one for one in linked if contacts[one].get("MergedToContactID")], "merged contacts are followed"
        assert differences(services, raw, linked) == []
        for party in linked:
            mine = and_(DocumentRow.connection_id == 1, DocumentRow.party_id == party)
            theirs = {name: value for name, value in independent(raw, party, now).items() if value}
            assert as_told(figures(session, mine, "NZD", now)) == theirs, contacts[party]["Name"]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_happens_the_snapshot_is_the_books_in_the_end(
    app: object,
    parties: list[str],
    services: Services,
    sandbox: Sandbox,
    clock: ManualClock,
    http: httpx2.Client,
    seed: int,
) -> None:
    line = Line(app, sandbox, services)
    line.bring()
    accounts = Accounts(sandbox, clock, random.Random(1000 + seed), parties)
    turmoil = Turmoil(services, sandbox, clock, line, accounts, seed)
    with large_bodies():
        for _ in range(STEPS):
            turmoil.step()
        line.answers.clear()
    assert len(accounts.done) > 10, accounts.done
    sandbox.faults.clear()
    line.held.clear()  # what was not delivered by now is lost
    quiet(services, clock, 16 * 60)
    compare(services, sandbox, clock, http)
    quiet(services, clock, 25 * 3600)
    compare(services, sandbox, clock, http)
