"""The clock of this computer and Xero's are ten minutes apart, either way: nothing is lost, ours stays ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import select

from core import ManualClock
from core.accounting.models import PartyLink, PartyRow
from core.records.models import Contact
from core.services import Services
from plugins.xero.sandbox import Sandbox, make_sandbox
from plugins.xero.sandbox.wire import milliseconds
from tests.conftest import Browser, LogIn
from tests.core.accounting.test_new_party import WRITES, filled, named, pass_time, puts
from tests.story.conftest import SANDBOX_URL, Connect, add_record
from tests.story.raw import differences, read_raw
from tests.story.test_keeping_up import look_later, press

pytestmark = pytest.mark.slow
PARTY = "Harbour Coffee Roasters Ltd"


class Theirs:
    """Xero's clock: as far from ours as ours is wrong."""

    def __init__(self, ours: ManualClock, behind: timedelta) -> None:
        self._ours, self._behind = ours, behind

    def now(self) -> datetime:
        """The moment, by Xero."""
        return self._ours.now() - self._behind


@pytest.fixture(params=[10, -10], ids=["ours-is-fast", "ours-is-slow"])
def theirs(request: pytest.FixtureRequest, clock: ManualClock) -> Theirs:
    return Theirs(clock, timedelta(minutes=request.param))


@pytest.fixture
def sandbox(theirs: Theirs) -> Iterator[Sandbox]:
    made = make_sandbox(clock=theirs, base_url=SANDBOX_URL)
    yield made
    made.close()


@pytest.fixture
def sales(connect: Connect, log_in: LogIn) -> Browser:
    connect()
    return log_in("sales")


def write_invoice(sandbox: Sandbox, theirs: Theirs, party: str) -> str:
    """Accounts write a new invoice, as another one was; its id."""
    with sandbox.work():
        table = sandbox.books()["Invoices"]
        like = next(one for one in table.all() if one["Type"] == "ACCREC" and one["Status"] == "SUBMITTED")
        new: dict[str, object] = {"InvoiceID": str(uuid4()), "Contact": {"ContactID": party}, "Status": "AUTHORISED"}
        new |= {"InvoiceNumber": f"LATE-{uuid4().hex[:6]}", "UpdatedDateUTC": milliseconds(theirs.now())}
        table.put({**like, **new})
    return str(new["InvoiceID"])


def test_new_and_changed_invoices_are_seen_at_the_next_look_in_three_calls(
    sales: Browser,
    services: Services,
    clock: ManualClock,
    theirs: Theirs,
    sandbox: Sandbox,
    http: httpx2.Client,
    harbour: str,
) -> None:
    party, tab = sandbox.contact_id(PARTY), f"{harbour}/tabs/xero"
    press(sales.get(tab), "/link")
    services.jobs.drain()
    for _ in range(4):
        written = write_invoice(sandbox, theirs, party)
        look_later(sales, services, clock, tab)
        assert differences(services, read_raw(http), [party]) == []
        sandbox.deeds.pay(written)
        asked = sandbox.calls.count("GET /api.xro/")
        look_later(sales, services, clock, tab)
        assert sandbox.calls.count("GET /api.xro/") - asked <= 5, "a round of the feed, over- and prepayments with it"
        assert differences(services, read_raw(http), [party]) == []


def test_a_contact_of_ours_found_after_a_lost_answer_is_linked(
    sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox
) -> None:
    person = Contact(first_name="Ngaio", last_name="Blackwood", email="ngaio@blackwood.example")
    record = add_record(services, clock, person)
    sandbox.faults.add("drop-after", times=1, **WRITES)
    filled(sales, record).submit(status=303)
    services.jobs.drain()
    pass_time(services, clock, 60)
    (contact,) = named(sandbox, "Ngaio Blackwood")
    assert puts(sandbox) == 1
    with services.db.read() as session:
        assert session.scalars(select(PartyLink.party_id)).all() == [contact["ContactID"]]


def test_a_contact_that_accounts_made_can_be_linked_minutes_later(
    sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox, harbour: str
) -> None:
    tab = f"{harbour}/tabs/xero"
    press(sales.get(tab), "/link")
    services.jobs.drain()
    look_later(sales, services, clock, tab)
    sandbox.deeds.rename_contact(sandbox.contact_id("Aoraki Outdoor Co"), "Aoraki Tents")
    look_later(sales, services, clock, tab)
    with services.db.read() as session:
        assert session.scalars(select(PartyRow.name).where(PartyRow.name == "Aoraki Tents")).all()
