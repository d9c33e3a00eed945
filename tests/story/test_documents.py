"""One document, looked at closely against the sandbox: PDF, history, and the link that its customer gets."""

from __future__ import annotations

import pytest

from core import ManualClock
from core.accounting.models import Connection, DocumentRow
from core.services import Services
from core.users.models import Role
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.core.accounting.drafting import draft_form, fill, open_form, send
from tests.core.pages import words
from tests.story.conftest import Connect

pytestmark = pytest.mark.slow  # walks through pages

API = "/api.xro/2.0/"


@pytest.fixture
def linked(connect: Connect, services: Services, log_in: LogIn, harbour: str) -> Browser:
    """A salesman's browser; the organization is linked and everything of it was read."""
    connect()
    sales = log_in("sales")
    next(f for f in sales.get(f"{harbour}/tabs/xero").forms.values() if f.action.endswith("/link")).submit()
    services.jobs.drain()
    return sales


def address(services: Services, harbour: str, **of: str) -> str:
    """The page of the newest document that is like this."""
    with services.db.read() as session:
        row = session.query(DocumentRow).filter_by(**of).order_by(DocumentRow.date.desc()).first()
        assert row is not None
        return f"{harbour}/tabs/xero/documents/{row.id}"


def sale(services: Services, harbour: str, status: str = "authorised") -> str:
    return address(services, harbour, kind="sales_invoice", status=status)


def ident(services: Services, page: str) -> str:
    """The document's id at the provider."""
    with services.db.read() as session:
        return session.get_one(DocumentRow, int(page.rpartition("/")[2])).document_id


def calls(sandbox: Sandbox, ending: str) -> int:
    return sum(many for name, many in sandbox.calls.counts().items() if name.endswith(ending))


def ask(browser: Browser, page: str, what: str) -> None:
    browser.send(f"{page}/ask/{what}", status=303)


def test_a_pdf_is_downloaded_under_the_documents_own_name(linked: Browser, services: Services, harbour: str) -> None:
    page = sale(services, harbour)
    answer = linked.get(f"{page}/pdf")
    assert answer.content_type == "application/pdf"
    assert answer.body.startswith(b"%PDF")
    assert 'attachment; filename="Invoice-INV-' in answer.headers["Content-Disposition"]
    assert f'href="{page}/pdf"' in linked.get(page)


def test_a_pdf_that_cannot_be_had_is_a_plain_page(
    linked: Browser, services: Services, harbour: str, sandbox: Sandbox
) -> None:
    page = sale(services, harbour)
    sandbox.faults.add("503", path=f"{API}Invoices/{ident(services, page)}/pdf")
    answer = linked.get(f"{page}/pdf", status=503)
    assert "There is no PDF to show" in words(answer, "[role=alert]")
    with services.db.read() as session:
        connection = session.get_one(Connection, 1)
        assert (connection.last_error, connection.retry_at) == ("", None), "the other documents are read as before"
    assert "INV-" in words(answer, "h2")


def test_a_pdf_that_failed_is_tried_again_from_the_failures_and_settled_when_it_comes(
    linked: Browser, services: Services, harbour: str, sandbox: Sandbox, log_in: LogIn, clock: ManualClock
) -> None:
    page, admin = sale(services, harbour), log_in("admin")
    sandbox.faults.add("503", path=f"{API}Invoices/{ident(services, page)}/pdf")
    linked.get(f"{page}/pdf", status=503)
    failed = admin.get("/admin/failures")
    assert "Fetching a PDF in Kererū Trading for Harbour Coffee Roasters" in words(failed)

    def try_again() -> None:
        clock.advance(seconds=600)
        next(form for form in failed.forms.values() if form.action.endswith("/retry")).submit(status=303)
        services.jobs.drain()

    try_again()
    assert "2 times since" in words(admin.get("/admin/failures")), "it counts up"
    sandbox.faults.clear()
    try_again()
    assert "Nothing is open" in words(admin.get("/admin/failures"))
    assert "Fetching a PDF" in words(admin.get("/admin/failures?show=settled"))


def test_a_bills_pdf_and_history_are_for_who_sees_bills(
    linked: Browser, services: Services, harbour: str, log_in: LogIn
) -> None:
    bill = address(services, harbour, kind="bill")
    assert log_in("admin").get(f"{bill}/pdf").body.startswith(b"%PDF")
    with services.db.begin() as session:
        role = session.query(Role).filter_by(key="sales").one()
        role.rights = [right for right in role.rights if right != "accounting.see_bills"]
    linked.get(bill, status=404)
    linked.get(f"{bill}/pdf", status=404)
    linked.send(f"{bill}/ask/history", status=404)


def test_looking_at_a_document_calls_nobody(
    linked: Browser, services: Services, harbour: str, sandbox: Sandbox
) -> None:
    before = sandbox.calls.count()
    linked.get(sale(services, harbour))
    linked.get(sale(services, harbour), headers={"HX-Request": "true"})
    services.jobs.drain()
    assert sandbox.calls.count() == before


def test_the_history_is_asked_for_once_a_click_and_shown_with_its_age(
    linked: Browser, services: Services, harbour: str, sandbox: Sandbox, clock: ManualClock
) -> None:
    page = sale(services, harbour)
    ask(linked, page, "history")
    assert "Asking Kererū Trading" in words(linked.get(page), "#more")
    ask(linked, page, "history")
    services.jobs.drain()
    assert calls(sandbox, "/History") == 1
    told = words(linked.get(page), "#more")
    assert "As of just now" in told
    assert "Ask again" in told
    clock.advance(seconds=7200)
    assert "As of 2 hours ago" in words(linked.get(page), "#more")


def test_who_made_a_draft_is_read_in_its_history(
    linked: Browser, services: Services, harbour: str, sandbox: Sandbox
) -> None:
    page = open_form(linked, harbour)
    fill(draft_form(page))
    send(page)
    services.jobs.drain()
    page = sale(services, harbour, "draft")
    ask(linked, page, "history")
    services.jobs.drain()
    told = words(linked.get(page), ".timeline")
    assert "Draft made by" in told
    assert "in Ledgertab for Harbour Coffee Roasters" in told


def test_the_customers_link_is_got_and_kept(
    linked: Browser, services: Services, harbour: str, sandbox: Sandbox
) -> None:
    page = sale(services, harbour)
    ask(linked, page, "customer_url")
    services.jobs.drain()
    field = linked.get(page).html.select_one("#more input[readonly]")
    assert field["value"].startswith("http://sandbox.example/online/")
    linked.get(page)
    assert calls(sandbox, "/OnlineInvoice") == 1


@pytest.mark.parametrize("kind", ["sales_invoice", "bill"])
def test_a_draft_and_a_bill_have_no_link_for_a_customer(
    linked: Browser, services: Services, harbour: str, log_in: LogIn, kind: str
) -> None:
    admin = log_in("admin")
    page = address(services, harbour, kind=kind, status="draft" if kind == "sales_invoice" else "authorised")
    assert "customer's link" not in admin.get(page)
    admin.send(f"{page}/ask/customer_url", status=404)


def test_a_history_that_cannot_be_had_says_why_and_may_be_asked_again(
    linked: Browser, services: Services, harbour: str, sandbox: Sandbox
) -> None:
    page = sale(services, harbour)
    sandbox.faults.add("503", times=1, path=f"{API}Invoices/{ident(services, page)}/History")
    ask(linked, page, "history")
    services.jobs.drain()
    told = linked.get(page)
    assert words(told, ".told-bad")
    assert "Ask again" in words(told, "#more")
    ask(linked, page, "history")
    services.jobs.drain()
    assert "As of just now" in words(linked.get(page), "#more")


def test_a_job_that_was_lost_is_not_waited_for(
    linked: Browser, services: Services, harbour: str, clock: ManualClock, sandbox: Sandbox
) -> None:
    page = sale(services, harbour)
    ask(linked, page, "history")
    services.jobs.huey.flush()
    clock.advance(seconds=180)
    assert "No answer came. Ask again." in words(linked.get(page), "#more")
    ask(linked, page, "history")
    services.jobs.drain()
    assert calls(sandbox, "/History") == 1
    assert "As of just now" in words(linked.get(page), "#more")


def test_a_piece_asks_by_itself_until_the_answer_is_there(linked: Browser, services: Services, harbour: str) -> None:
    page, piece = sale(services, harbour), {"HX-Request": "true"}
    ask(linked, page, "history")
    assert "every 1s" in linked.get(page, headers=piece)
    services.jobs.drain()
    answer = linked.get(page, headers=piece)
    assert "every 1s" not in answer
    assert "<html" not in answer


def test_a_draft_in_the_books_may_be_changed_from_its_row_and_from_its_page(
    linked: Browser, services: Services, harbour: str
) -> None:
    page = sale(services, harbour, "draft")
    for shown in (linked.get(f"{harbour}/tabs/xero?invoices=drafts"), linked.get(page)):
        form = shown.html.find("input", {"name": "deed", "value": "change"}).find_parent("form")
        sent = {field["name"]: field["value"] for field in form.find_all("input")}
        assert (sent["kind"], sent["record_id"]) == ("organizations", harbour.rpartition("/")[2])
    assert 'value="delete"' not in linked.get(sale(services, harbour))
