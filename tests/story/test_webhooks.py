"""What Xero tells by itself is read at once; lost, doubled, backwards or forged it changes nothing but the haste."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
import webtest
from sqlalchemy import func, select, update

from core import ManualClock
from core.accounting import telling
from core.accounting.models import Connection, DocumentRow, PartyLink, PartyRow, Told
from core.jobs.periodic import tick
from core.services import Services
from plugins.xero.models import HeardEvent
from plugins.xero.sandbox import Sandbox
from plugins.xero.sandbox.webhooks import signature
from tests.conftest import Browser, LogIn
from tests.core.pages import words
from tests.story.conftest import Connect, large_bodies
from tests.story.hearing import KEY, Line

HARBOUR = "Harbour Coffee Roasters Ltd"


@pytest.fixture
def ini(ini: dict[str, str]) -> dict[str, str]:
    return {**ini, "xero.webhook_key": KEY}


@pytest.fixture
def tab(connect: Connect, log_in: LogIn, services: Services, harbour: str) -> str:
    """The address of a tab that is linked and loaded."""
    connect()
    path = f"{harbour}/tabs/xero"
    next(form for form in log_in("sales").get(path).forms.values() if form.action.endswith("/link")).submit()
    services.jobs.drain()
    return path


@pytest.fixture
def line(app: Any, sandbox: Sandbox, services: Services, tab: str, clock: ManualClock) -> Line:
    """The line, its intent to receive checked, a minute after the tab was loaded."""
    made = Line(app, sandbox, services)
    made.bring()
    clock.advance(seconds=60)
    return made


@pytest.fixture
def sales(log_in: LogIn) -> Browser:
    return log_in("sales")


def invoice(services: Services, status: str = "authorised") -> DocumentRow:
    with services.db.read() as session:
        mine = (DocumentRow.kind == "sales_invoice", DocumentRow.status == status, DocumentRow.currency == "NZD")
        found = session.scalars(select(DocumentRow).where(*mine).order_by(DocumentRow.id)).first()
        assert found is not None
        return found


def status_of(services: Services, row: DocumentRow) -> str:
    with services.db.read() as session:
        return session.get_one(DocumentRow, row.id).status


def test_the_intent_to_receive_is_met(line: Line, sandbox: Sandbox) -> None:
    assert sandbox.webhooks.subscription is not None
    assert sandbox.webhooks.subscription.state == "OK"
    assert sorted(one.status_int for one in line.answers) == [200, 401, 401, 401]
    for answer in line.answers:
        assert (answer.body, answer.headers.getall("Set-Cookie")) == (b"", [])


@pytest.mark.slow
def test_a_payment_shows_at_once_and_costs_two_calls_at_most(
    line: Line, services: Services, sandbox: Sandbox, sales: Browser, tab: str
) -> None:
    paid, before = invoice(services), sandbox.calls.count("/api.xro")
    mark = sales.get(tab).html.find(id="accounting-tab")["hx-vals"].split('"')[3]
    sandbox.deeds.pay(paid.document_id)
    line.bring()
    assert status_of(services, paid) == "paid"
    assert sandbox.calls.count("/api.xro") - before <= 2
    sales.get(tab, {"mark": mark}, headers={"HX-Request": "true"}, status=200)


@pytest.mark.slow
def test_an_open_tab_looks_again_soon_while_what_was_told_waits_to_be_read_and_says_when_it_was(
    line: Line, services: Services, sandbox: Sandbox, sales: Browser, tab: str, clock: ManualClock
) -> None:
    sandbox.deeds.rename_contact(sandbox.contact_id(HARBOUR), "Harbour Roastery")
    line.bring()
    page = sales.get(tab)
    assert "as of 1 minute ago, changes told since read just now" in words(page)
    body = page.html.find(id="accounting-tab")
    assert body["hx-trigger"] == "every 10s"
    clock.advance(seconds=2)
    paid = invoice(services)
    sandbox.deeds.pay(paid.document_id)
    line.bring()
    assert status_of(services, paid) == "authorised", "readings keep some seconds apart"
    piece = sales.get(tab, {"mark": body["hx-vals"].split('"')[3]}, headers={"HX-Request": "true"}, status=200)
    body = piece.html.find(id="accounting-tab")
    assert body["hx-trigger"] == "every 2s"
    clock.advance(seconds=15)
    telling.read_what_waits(services)
    services.jobs.drain()
    piece = sales.get(tab, {"mark": body["hx-vals"].split('"')[3]}, headers={"HX-Request": "true"}, status=200)
    assert piece.html.find(id="accounting-tab")["hx-trigger"] == "every 10s"
    assert status_of(services, paid) == "paid"


@pytest.mark.slow
def test_a_new_invoice_of_a_linked_party_is_there_at_once(
    line: Line, services: Services, sandbox: Sandbox, clock: ManualClock
) -> None:
    known = sandbox.record("Invoices", invoice(services).document_id)
    made = {**known, "InvoiceID": "11111111-2222-4333-8444-555555555555", "InvoiceNumber": "INV-NEW"}
    with sandbox.work():
        sandbox.books()["Invoices"].put({**made, "UpdatedDateUTC": int(clock.now().timestamp() * 1000)})
    line.bring()
    with services.db.read() as session:
        assert session.scalar(select(func.count()).where(DocumentRow.number == "INV-NEW")) == 1


@pytest.mark.slow
def test_a_renamed_party_has_its_new_name_at_once(
    line: Line, services: Services, sandbox: Sandbox, sales: Browser, tab: str
) -> None:
    sandbox.deeds.rename_contact(sandbox.contact_id(HARBOUR), "Harbour Roastery")
    line.bring()
    assert "Harbour Roastery" in sales.get(tab)


@pytest.mark.slow
def test_the_same_webhook_five_times_and_backwards_is_read_once_and_rightly(
    line: Line, services: Services, sandbox: Sandbox, clock: ManualClock
) -> None:
    paid, voided = invoice(services), invoice(services, "submitted")
    line.holds = True
    for deed in (sandbox.deeds.approve, sandbox.deeds.void):
        deed(voided.document_id)
        clock.advance(seconds=20)
        sandbox.webhooks.deliver()
    sandbox.deeds.pay(paid.document_id)
    sandbox.webhooks.deliver()
    assert len(line.held) == 3
    before = sandbox.calls.count("/api.xro")
    line.let_go(5, backwards=True)
    clock.advance(seconds=20)
    tick(services)
    services.jobs.drain()
    assert (status_of(services, paid), status_of(services, voided)) == ("paid", "voided")
    assert sandbox.calls.count("/api.xro") - before <= 2
    with services.db.read() as session:
        assert session.scalar(select(func.count()).select_from(HeardEvent)) == 3
        assert session.scalar(select(func.count()).select_from(Told)) == 0


@pytest.mark.slow
def test_a_burst_of_webhooks_becomes_few_readings(
    line: Line, services: Services, sandbox: Sandbox, clock: ManualClock
) -> None:
    contact, before = sandbox.contact_id(HARBOUR), sandbox.calls.count("/api.xro")
    for number in range(30):
        clock.advance(seconds=1)
        sandbox.deeds.rename_contact(contact, f"Harbour {number}")
        line.bring()
    clock.advance(seconds=20)
    tick(services)
    services.jobs.drain()
    with services.db.read() as session:
        assert session.scalars(select(PartyRow.name).where(PartyRow.party_id == contact)).one() == "Harbour 29"
    assert sandbox.calls.count("/api.xro") - before <= 4


@pytest.mark.slow
def test_many_parties_told_of_at_once_are_read_by_the_feed(
    line: Line, services: Services, sandbox: Sandbox, clock: ManualClock
) -> None:
    contacts = [row["ContactID"] for row in sandbox.records("Contacts") if row["ContactStatus"] == "ACTIVE"][:30]
    with services.db.begin() as session:
        connection = session.scalars(select(Connection)).one()
        known = set(session.scalars(select(PartyLink.party_id)))
        for number, contact in enumerate(one for one in contacts if one not in known):
            where = {"kind": "organizations", "record_id": 1000 + number, "connection_id": connection.id}
            session.add(PartyLink(**where, party_id=contact, linked_at=clock.now()))
        session.execute(update(PartyRow).values(documents_at=clock.now()))
    before = sandbox.calls.count("/api.xro")
    for number, contact in enumerate(contacts):
        sandbox.deeds.rename_contact(contact, f"Renamed {number}")
    line.bring()
    with services.db.read() as session:
        renamed = select(func.count()).where(PartyRow.name.startswith("Renamed "))
        assert session.scalar(renamed) == len(contacts) > 10
        assert session.scalar(select(func.count()).select_from(Told)) == 0
    assert sandbox.calls.count("/api.xro") - before <= 6


@pytest.mark.slow
def test_what_nobody_linked_costs_no_call(line: Line, services: Services, sandbox: Sandbox) -> None:
    before = sandbox.calls.count("/api.xro")
    sandbox.deeds.rename_contact(sandbox.contact_id("Aoraki Outdoor Co"), "Aoraki Outdoors")
    line.bring()
    assert sandbox.calls.count("/api.xro") == before


@pytest.mark.slow
def test_an_organisation_that_is_not_connected_is_passed_over(
    line: Line, services: Services, sandbox: Sandbox, app: Any
) -> None:
    event = {
        "resourceId": invoice(services).document_id,
        "tenantId": "99999999-9999-4999-8999-999999999999",
        "eventCategory": "INVOICE",
        "eventDateUtc": "2026-11-22T00:00:00.000",
    }
    before = sandbox.calls.count("/api.xro")
    post(app, json.dumps({"events": [event]}).encode(), 200)
    services.jobs.drain()
    assert sandbox.calls.count("/api.xro") == before


def post(app: Any, body: bytes, status: int, **headers: str) -> Any:
    signed = {"x-xero-signature": signature(body, KEY), **headers}
    return webtest.TestApp(app).post("/webhooks/xero", body, headers=signed, status=status)


@pytest.mark.slow
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"events": 3}', b'{"events": [{}]}', b"\xff\xfe"])
def test_a_signed_body_that_makes_no_sense_is_taken_and_does_nothing(app: Any, services: Services, body: bytes) -> None:
    post(app, body, 200)
    assert services.jobs.drain() == 0


@pytest.mark.slow
def test_a_body_that_is_too_large_is_not_read(app: Any) -> None:
    with large_bodies():
        post(app, b" " * 1_000_001, 413)


@pytest.mark.parametrize("signed", ["", "x", "ü", "A" * 44])
def test_a_wrong_signature_is_refused_and_leaves_nothing(app: Any, services: Services, signed: str) -> None:
    body = b'{"events": []}'
    answer = webtest.TestApp(app).post("/webhooks/xero", body, headers={"x-xero-signature": signed}, expect_errors=True)
    assert (answer.status_int, answer.body, answer.headers.getall("Set-Cookie")) == (401, b"", [])
    assert services.jobs.drain() == 0


@pytest.mark.slow
def test_the_answer_waits_for_no_database(line: Line, services: Services, sandbox: Sandbox) -> None:
    paid = invoice(services)
    with services.db.begin():  # somebody writes, and goes on writing
        sandbox.deeds.pay(paid.document_id)
        assert sandbox.webhooks.deliver() == 1
    services.jobs.drain()
    assert status_of(services, paid) == "paid"


@pytest.mark.slow
def test_while_xero_asks_to_wait_what_was_told_waits_too(
    line: Line, services: Services, sandbox: Sandbox, clock: ManualClock
) -> None:
    sandbox.faults.add("429-minute", times=1, seconds=120)
    paid = invoice(services)
    sandbox.deeds.pay(paid.document_id)
    line.bring()
    before = sandbox.calls.count("/api.xro")
    for _ in range(5):
        clock.advance(seconds=20)
        tick(services)
        services.jobs.drain()
    assert (sandbox.calls.count("/api.xro"), status_of(services, paid)) == (before, "authorised")
    clock.advance(seconds=40)
    tick(services)
    services.jobs.drain()
    assert status_of(services, paid) == "paid"


@pytest.mark.slow
def test_an_open_tab_looks_more_often_where_xero_tells(sales: Browser, tab: str) -> None:
    assert sales.get(tab).html.find(id="accounting-tab")["hx-trigger"] == "every 10s"


@pytest.mark.slow
def test_when_it_was_told_is_kept_and_shown_to_admins(
    line: Line, services: Services, sandbox: Sandbox, clock: ManualClock, log_in: LogIn
) -> None:
    sandbox.deeds.pay(invoice(services).document_id, Decimal(1))
    line.bring()
    with services.db.read() as session:
        connection = session.scalars(select(Connection)).one()
        assert (connection.told_at, connection.told_read_at) == (clock.now(), clock.now())
    clock.advance(seconds=120)
    assert "Told of a change 2 minutes ago" in words(log_in("admin").get("/admin/accounting"))


@pytest.mark.slow
def test_events_heard_long_ago_are_forgotten(
    line: Line, services: Services, sandbox: Sandbox, clock: ManualClock
) -> None:
    sandbox.deeds.pay(invoice(services).document_id)
    line.bring()
    clock.advance(seconds=31 * 24 * 3600)
    tick(services)
    with services.db.read() as session:
        assert session.scalar(select(func.count()).select_from(HeardEvent)) == 0


@pytest.mark.slow
class TestWithoutAKey:
    """Webhooks that nobody set up."""

    @pytest.fixture
    def ini(self, ini: dict[str, str]) -> dict[str, str]:
        return {name: value for name, value in ini.items() if name != "xero.webhook_key"}

    def test_there_is_nothing_to_be_told(self, app: Any) -> None:
        post(app, b"{}", 404)

    def test_a_tab_looks_as_often_as_ever(self, sales: Browser, tab: str) -> None:
        assert sales.get(tab).html.find(id="accounting-tab")["hx-trigger"] == "every 60s"
