"""The tab while the books change and while Xero has a bad day: always the snapshot, a plain banner, no traceback."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from sqlalchemy import select

from core import ManualClock
from core.accounting.models import Connection, DocumentLink, DocumentRow, PartyRow
from core.jobs.periodic import tick
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.story.conftest import Connect

pytestmark = pytest.mark.slow


@pytest.fixture
def tab(connect: Connect, log_in: LogIn, services: Services, harbour: str) -> str:
    """The address of a tab that is linked and loaded."""
    connect()
    path = f"{harbour}/tabs/xero"
    press(log_in("sales").get(path), "/link")
    services.jobs.drain()
    return path


@pytest.fixture
def sales(log_in: LogIn) -> Browser:
    return log_in("sales")


def press(page: object, ending: str) -> None:
    """Submit the first form whose address ends so."""
    forms = page.forms.values()  # type: ignore[attr-defined]
    next(form for form in forms if form.action.endswith(ending)).submit(status=303)


def look_later(browser: Browser, services: Services, clock: ManualClock, tab: str, seconds: int = 301) -> str:
    """What the tab says after some time: opened once, refreshed by the worker, opened again."""
    clock.advance(seconds=seconds)
    browser.get(tab)
    services.jobs.drain()
    return str(browser.get(tab).html.get_text(" ", strip=True))


def open_invoice(services: Services) -> DocumentRow:
    with services.db.read() as session:
        approved = select(DocumentRow).where(
            DocumentRow.kind == "sales_invoice", DocumentRow.status == "authorised", DocumentRow.currency == "NZD"
        )
        return session.scalars(approved.order_by(DocumentRow.id)).first() or pytest.fail("no open invoice")


def test_a_payment_made_in_xero_shows_within_five_minutes(
    tab: str, sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox
) -> None:
    invoice = open_invoice(services)
    clock.advance(seconds=10)
    sandbox.deeds.pay(invoice.document_id)
    look_later(sales, services, clock, tab)
    with services.db.read() as session:
        row = session.get_one(DocumentRow, invoice.id)
        assert (row.status, row.amount_due) == ("paid", Decimal(0))


def test_a_voided_invoice_leaves_the_figures(
    tab: str, sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox
) -> None:
    with services.db.read() as session:
        unpaid = select(DocumentRow).where(DocumentRow.status == "authorised", DocumentRow.amount_paid == 0)
        invoice = session.scalars(unpaid.where(DocumentRow.kind == "sales_invoice")).first()
    assert invoice is not None
    clock.advance(seconds=10)
    sandbox.deeds.void(invoice.document_id)
    look_later(sales, services, clock, tab)
    with services.db.read() as session:
        assert session.get_one(DocumentRow, invoice.id).status == "voided"


def test_a_party_archived_in_xero_is_shown_as_archived(
    tab: str, sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox
) -> None:
    with services.db.read() as session:
        party = session.scalars(select(PartyRow).where(PartyRow.documents_at.is_not(None))).one()
    clock.advance(seconds=10)
    sandbox.deeds.archive_contact(party.party_id)
    assert "Archived" in look_later(sales, services, clock, tab)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("429-minute", "last known copy"),
        ("429-day", "tried again at"),
        ("429-concurrent", "last known copy"),
        ("429-app", "last known copy"),
        ("503", "last known copy"),
        ("500", "last known copy"),
        ("drop-before", "last known copy"),
        ("drop-after", "last known copy"),
        ("malformed", "last known copy"),
        ("html", "last known copy"),
        ("403", "needs to be renewed"),
    ],
)
def test_when_xero_has_a_bad_day_the_tab_shows_the_snapshot_and_says_so(
    tab: str, sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox, kind: str, says: str
) -> None:
    sandbox.faults.add(kind)
    text = look_later(sales, services, clock, tab)
    assert says in text
    assert "12-month value" in text
    assert "INV-" in text


def test_after_the_bad_day_all_is_well_again(
    tab: str, sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox
) -> None:
    sandbox.faults.add("503")
    assert "last known copy" in look_later(sales, services, clock, tab)
    sandbox.faults.clear()
    assert "last known copy" not in look_later(sales, services, clock, tab, seconds=700)


def test_while_xero_asks_to_wait_nobody_asks(
    tab: str, sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox
) -> None:
    sandbox.faults.add("429-day", times=1, seconds=18 * 3600)
    look_later(sales, services, clock, tab)
    before = sandbox.calls.count()
    for _ in range(5):
        look_later(sales, services, clock, tab, seconds=3600)
    assert sandbox.calls.count() == before
    look_later(sales, services, clock, tab, seconds=14 * 3600)
    assert sandbox.calls.count() > before


def test_a_disconnect_made_in_xero_is_noticed_and_offers_to_reconnect(
    tab: str, services: Services, clock: ManualClock, sandbox: Sandbox, log_in: LogIn
) -> None:
    sandbox.deeds.disconnect()
    text = look_later(log_in("admin"), services, clock, tab)
    assert "needs to be renewed" in text
    assert "Reconnect" in text
    assert "Reconnect" in log_in("admin").get("/admin/accounting")


def test_a_refusal_that_passes_is_over_when_somebody_presses_refresh(
    tab: str, sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox
) -> None:
    sandbox.faults.add("403", times=1)
    assert "needs to be renewed" in look_later(sales, services, clock, tab)
    clock.advance(seconds=60)
    page = sales.send(f"{tab}/refresh", status=303).follow()
    assert "being refreshed" in page
    assert page.html.select("#toasts > *") == [], (
        "what becomes of it is said where it is shown, and nothing stays above"
    )
    services.jobs.drain()
    assert "needs to be renewed" not in sales.get(tab)


def test_a_token_that_was_revoked_in_the_middle_is_renewed_unseen(
    tab: str, sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox
) -> None:
    sandbox.faults.add("401", times=1)
    assert "last known copy" not in look_later(sales, services, clock, tab)


def test_htmx_is_told_nothing_while_nothing_changed(tab: str, sales: Browser) -> None:
    page = sales.get(tab)
    body = page.html.find(id="accounting-tab")
    mark = body["hx-vals"].split('"')[3]
    sales.get(tab, {"mark": mark}, headers={"HX-Request": "true"}, status=204)
    piece = sales.get(tab, {"mark": "older"}, headers={"HX-Request": "true"}, status=200)
    assert "<html" not in piece
    assert 'id="accounting-tab"' in piece


def test_the_refresh_button_works_without_scripts(
    tab: str, sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock
) -> None:
    before = sandbox.calls.count()
    clock.advance(seconds=6)
    press(sales.get(tab), "/refresh")
    services.jobs.drain()
    after = sandbox.calls.count()
    assert after > before
    press(sales.get(tab), "/refresh")
    services.jobs.drain()
    assert sandbox.calls.count() == after, "an impatient finger costs no calls"


def test_unlinking_keeps_the_books_and_offers_to_link_again(tab: str, sales: Browser, services: Services) -> None:
    press(sales.get(tab), "/unlink")
    page = sales.get(tab)
    assert "same name" in page
    with services.db.read() as session:
        assert session.scalars(select(Connection)).first() is not None


def test_a_search_that_xero_cannot_answer_says_so_and_keeps_what_was_typed(
    tab: str, sales: Browser, sandbox: Sandbox
) -> None:
    sandbox.faults.add("503")
    page = sales.get(f"{tab}/search", {"q": "Harbour <b>☕"})
    assert "Harbour &lt;b&gt;☕" in page
    assert page.html.find(attrs={"role": "alert"}) is not None


def test_searching_finds_parties_and_links_one(tab: str, sales: Browser, services: Services) -> None:
    page = sales.get(f"{tab}/search", {"q": "Aoraki"})
    assert "Aoraki Outdoor Co" in page
    press(page, "/link")
    services.jobs.drain()
    assert "Aoraki Outdoor Co" in sales.get(tab)


def figures(browser: Browser, tab: str) -> list[str]:
    return [one.get_text(strip=True) for one in browser.get(tab).html.select(".figs .fig dd:not(.small)")]


def test_a_party_linked_again_shows_what_happened_meanwhile(
    tab: str, sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox, log_in: LogIn
) -> None:
    invoice = open_invoice(services)
    before = figures(sales, tab)
    press(sales.get(tab), "/unlink")
    clock.advance(seconds=60)
    sandbox.deeds.pay(invoice.document_id)
    for _ in range(2):
        clock.advance(seconds=24 * 3600 + 60)
        tick(services)
        services.jobs.drain()
    press(sales.get(tab), "/link")
    services.jobs.drain()
    after = figures(sales, tab)
    assert "0.00" not in after[0]
    assert after != before
    with services.db.read() as session:
        row = session.scalars(select(DocumentRow).where(DocumentRow.document_id == invoice.document_id)).one()
        assert row.status == "paid"


def test_what_one_person_asks_in_vain_puts_no_banner_on_everybodys_tab(
    tab: str, sales: Browser, sandbox: Sandbox
) -> None:
    sales.get(f"{tab}/search", {"q": "a", "cursor": "zzz"})
    assert "last known copy" not in sales.get(tab)


@pytest.mark.parametrize("odd", ["", "0", "-1", "9" * 30, "9" * 5000, "1e3", "²", "\x00"])
def test_odd_numbers_in_forms_remove_nothing_and_break_nothing(tab: str, sales: Browser, odd: str) -> None:
    for action in ("unlink", "documents/unlink"):
        sales.send(f"{tab}/{action}", {"link": odd}, status=303)
    sales.send(f"{tab}/link", {"connection": odd, "party": odd}, status=404)
    sales.send(f"{tab}/link", {"connection": "1", "party": odd}, status=303)
    sales.send(f"{tab}/documents/unlink", {"link": odd, "back": f"{tab}/find?q=1\r\nX: y"}, status=303)
    assert "Linked to" in sales.get(tab)


def test_a_payment_that_no_feed_tells_is_seen_within_a_day(
    tab: str, sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox
) -> None:
    invoice = open_invoice(services)
    record = sandbox.record("Invoices", invoice.document_id)
    sandbox.deeds.pay(invoice.document_id)  # at the very moment of the last look: the feed begins after it
    with services.db.begin() as session:
        session.get_one(Connection, 1).changes_at = clock.now() + timedelta(hours=2)
    assert record is not None
    look_later(sales, services, clock, tab, seconds=25 * 3600)
    with services.db.read() as session:
        assert session.get_one(DocumentRow, invoice.id).status == "paid"


def test_an_invoice_settled_by_what_was_paid_ahead_has_that_read_at_once_and_once(
    tab: str, sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox
) -> None:
    """What changed is told again for a quarter of an hour; that is no reason to ask again."""
    with services.db.read() as session:
        mine = session.scalars(select(PartyRow.party_id).where(PartyRow.documents_at.is_not(None))).one()
    invoice = open_invoice(services)
    assert invoice.party_id == mine
    held = sandbox.deeds.receive(mine, Decimal(5))
    for _ in range(2):
        look_later(sales, services, clock, tab)
    sandbox.deeds.apply("Overpayments", held["OverpaymentID"], invoice.document_id, Decimal(5))
    asked = [sandbox.calls.count("GET /api.xro/2.0/Overpayments")]
    for _ in range(2):
        look_later(sales, services, clock, tab)
        asked.append(sandbox.calls.count("GET /api.xro/2.0/Overpayments"))
    assert [later - before for before, later in pairwise(asked)] == [1, 0]


def test_a_linked_document_that_xero_does_not_know_is_said_once_and_not_asked_for_all_day(
    connect: Connect, sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox, refit: str
) -> None:
    connect()
    with services.db.begin() as session:
        link = {"kind": "opportunities", "record_id": int(refit.rpartition("/")[2]), "connection_id": 1}
        ghost = "00000000-0000-4000-8000-000000000000"
        session.add(DocumentLink(**link, document_id=ghost, document_kind="sales_invoice", linked_at=clock.now()))
    path = f"{refit}/tabs/xero"
    sales.get(path)
    services.jobs.drain()
    before = sandbox.calls.count()
    for _ in range(5):
        assert "not in Kererū Trading any more" in sales.get(path).html.get_text(" ", strip=True)
        services.jobs.drain()
    assert sandbox.calls.count() == before
