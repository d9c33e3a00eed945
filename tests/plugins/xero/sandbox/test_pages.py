"""The pages for people: what one would do in Xero itself."""

from __future__ import annotations

from urllib.parse import quote

import httpx2
import pytest
from bs4 import BeautifulSoup, Tag

from plugins.xero.sandbox import Sandbox
from tests.plugins.xero.sandbox.conftest import HARBOUR


class Visitor:
    """A person with a browser, without JavaScript."""

    def __init__(self, sandbox: Sandbox) -> None:
        transport = httpx2.WSGITransport(app=sandbox.app)
        self.http = httpx2.Client(transport=transport, base_url="http://localhost", follow_redirects=True)

    def see(self, path: str, status: int = 200) -> BeautifulSoup:
        response = self.http.get(path)
        assert response.status_code == status, response.text
        return BeautifulSoup(response.text, "html.parser")

    def press(self, page: BeautifulSoup | Tag, words: str, **typed: str) -> BeautifulSoup:
        """Press the first button that says so, sending its form."""
        button = next(each for each in page.find_all("button") if each.get_text(strip=True) == words)
        form = button.find_parent("form")
        assert form is not None
        fields = {str(each["name"]): str(each.get("value", "")) for each in form.find_all("input")} | typed
        response = self.http.post(str(form.get("action") or "/sandbox/panel"), data=fields)
        assert response.status_code == 200
        return BeautifulSoup(response.text, "html.parser")


@pytest.fixture
def visitor(sandbox: Sandbox) -> Visitor:
    return Visitor(sandbox)


def invoice(sandbox: Sandbox, status: str, kind: str = "ACCREC") -> dict[str, str]:
    return next(row for row in sandbox.records("Invoices") if (row["Status"], row["Type"]) == (status, kind))


def path(row: dict[str, str]) -> str:
    if row["Type"] == "ACCREC":
        return f"/AccountsReceivable/View.aspx?InvoiceID={row['InvoiceID']}"
    return f"/AccountsPayable/Edit.aspx?InvoiceID={row['InvoiceID']}"


def text(page: BeautifulSoup) -> str:
    return page.get_text(" ", strip=True)


PAGES = [
    "/",
    "/sandbox/invoices",
    "/sandbox/contacts",
    "/sandbox/apps",
    "/sandbox/log",
    "/sandbox/panel",
    "/sandbox/webhooks",
]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_that_it_is_a_sandbox(visitor: Visitor, page: str) -> None:
    seen = visitor.see(page)
    assert "This is a sandbox , not Xero" in text(seen)
    assert seen.html is not None
    assert seen.html["lang"] == "en"


@pytest.mark.parametrize("page", ["/nowhere", "/Contacts/View/none", "/AccountsReceivable/View.aspx", "/online/none"])
def test_what_is_not_there_is_404_and_says_so(visitor: Visitor, page: str) -> None:
    assert "no such page" in text(visitor.see(page, status=404))


def test_a_machine_is_told_404_in_json(visitor: Visitor) -> None:
    answer = visitor.http.get("/nowhere", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["Status"]) == (404, 404)


def test_the_invoices_can_be_filtered(visitor: Visitor, sandbox: Sandbox) -> None:
    page = visitor.see(f"/sandbox/invoices?type=ACCREC&status=AUTHORISED&text={quote('roastery refit')}")
    rows = [row.get_text(" ", strip=True) for row in page.select("tbody tr")]
    assert rows
    assert all(HARBOUR in row and "Awaiting payment" in row for row in rows)
    other = visitor.see(f"/sandbox/invoices?org={sandbox.other_tenant_id}")
    assert f"{len(sandbox.records('Invoices', sandbox.other_tenant_id))} found" in text(other)


def test_a_draft_goes_all_the_way_to_paid(visitor: Visitor, sandbox: Sandbox) -> None:
    row = invoice(sandbox, "DRAFT")
    page = visitor.press(visitor.see(path(row)), "Submit")
    assert "Awaiting approval" in text(page)
    page = visitor.press(page, "Approve")
    assert "Awaiting payment" in text(page)
    page = visitor.press(page, "Pay", amount="1.50")
    assert sandbox.record("Invoices", row["InvoiceID"])["AmountPaid"] == 1.5
    assert "1.50 paid on" in text(page)
    page = visitor.press(page, "Pay")
    assert "Paid" in text(page)
    assert sandbox.record("Invoices", row["InvoiceID"])["Status"] == "PAID"


@pytest.mark.parametrize(("kind", "status", "words", "after"), [
    ("ACCREC", "DRAFT", "Delete", "DELETED"),
    ("ACCPAY", "SUBMITTED", "Approve", "AUTHORISED"),
    ("ACCREC", "AUTHORISED", "Credit all", "PAID"),
])  # fmt: skip
def test_each_button_does_its_deed(
    visitor: Visitor, sandbox: Sandbox, kind: str, status: str, words: str, after: str
) -> None:
    row = invoice(sandbox, status, kind)
    assert "Done." in text(visitor.press(visitor.see(path(row)), words))
    assert sandbox.record("Invoices", row["InvoiceID"])["Status"] == after


def test_only_what_nobody_paid_can_be_voided(visitor: Visitor, sandbox: Sandbox) -> None:
    rows = [row for row in sandbox.records("Invoices") if row["Status"] == "AUTHORISED"]
    unpaid, part = (next(row for row in rows if bool(row["AmountPaid"]) == paid) for paid in (False, True))
    visitor.press(visitor.see(path(unpaid)), "Void")
    assert sandbox.record("Invoices", unpaid["InvoiceID"])["Status"] == "VOIDED"
    assert "Void" not in [button.get_text() for button in visitor.see(path(part)).find_all("button")]
    answer = visitor.http.post(f"/sandbox/do/void/{part['InvoiceID']}", data={"back": path(part)})
    assert "Only an approved document on which nothing was paid can be voided." in answer.text


@pytest.mark.parametrize("amount", ["-5", "0", "1e9", "many", "NaN", "1,000.00"])
def test_a_wrong_amount_is_explained_and_pays_nothing(visitor: Visitor, sandbox: Sandbox, amount: str) -> None:
    row = invoice(sandbox, "AUTHORISED")
    page = visitor.press(visitor.see(path(row)), "Pay", amount=amount)
    assert page.find(None, {"role": "status"}) is not None
    assert "Done." not in text(page)
    assert sandbox.record("Invoices", row["InvoiceID"])["AmountPaid"] == row["AmountPaid"]


def test_a_contact_is_archived_and_restored(visitor: Visitor, sandbox: Sandbox) -> None:
    contact = sandbox.contact_id(HARBOUR)
    page = visitor.press(visitor.see(f"/Contacts/View/{contact}"), "Archive")
    assert sandbox.record("Contacts", contact)["ContactStatus"] == "ARCHIVED"
    visitor.press(page, "Restore")
    assert sandbox.record("Contacts", contact)["ContactStatus"] == "ACTIVE"


def test_a_merged_contact_has_no_button_to_restore_it(visitor: Visitor, sandbox: Sandbox) -> None:
    tui = sandbox.contact_id("Tūī Design Studio Limited")
    sandbox.deeds.merge_contact(tui, into=sandbox.contact_id(HARBOUR))
    for page in (f"/Contacts/View/{tui}", f"/sandbox/contacts?text={quote('Tūī Design')}"):
        seen = visitor.see(page)
        assert "Archived" in text(seen)
        assert "Restore" not in text(seen)
    visitor.http.post(f"/sandbox/do/restore/{tui}")
    assert sandbox.record("Contacts", tui)["ContactStatus"] == "ARCHIVED"


def test_an_app_is_disconnected(visitor: Visitor, sandbox: Sandbox) -> None:
    assert "No app is connected" in text(visitor.see("/sandbox/apps"))
    sandbox.token()
    visitor.press(visitor.see("/sandbox/apps"), "Disconnect")
    assert len(sandbox.connections()) == 1


def test_faults_are_switched_on_and_off(visitor: Visitor, sandbox: Sandbox) -> None:
    page = visitor.press(visitor.see("/sandbox/panel"), "Switch on", kind="503", times="2")
    assert [fault["kind"] for fault in sandbox.faults.all()] == ["503"]
    assert "2 more times" in text(page)
    visitor.press(page, "Switch all off")
    assert sandbox.faults.all() == []
    assert "There is no fault" in text(visitor.press(visitor.see("/sandbox/panel"), "Switch on", kind="bogus"))


def test_the_calls_received_are_shown(visitor: Visitor, sandbox: Sandbox) -> None:
    visitor.http.get("/connections")
    assert "GET /connections" in text(visitor.see("/sandbox/log"))


def test_links_into_xero_arrive(visitor: Visitor, sandbox: Sandbox) -> None:
    for row in (invoice(sandbox, "PAID"), invoice(sandbox, "PAID", "ACCPAY")):
        link = f"/organisationlogin/default.aspx?shortcode={quote('!kR3ru')}&redirecturl={quote(path(row), safe='')}"
        assert row["InvoiceNumber"] in text(visitor.see(link))
    contact = sandbox.contact_id(HARBOUR)
    link = f"/organisationlogin/default.aspx?shortcode=%21kR3ru&redirecturl=/Contacts/View/{contact}"
    assert HARBOUR in text(visitor.see(link))
    for note in sandbox.records("CreditNotes"):
        side = "AccountsReceivable" if note["Type"] == "ACCRECCREDIT" else "AccountsPayable"
        page = visitor.see(f"/{side}/ViewCreditNote.aspx?creditNoteID={note['CreditNoteID']}")
        assert note["CreditNoteNumber"] in text(page)


NOWHERE_ELSE = [
    "//evil.example/",
    "///evil.example/",
    "https://evil.example/",
    "/\\evil.example",
    "x",
    "//[",
    "/\u20ac",
    "/\r\nX:1",
    "/\t/evil.example",
]


@pytest.mark.parametrize("target", NOWHERE_ELSE)
def test_links_lead_nowhere_else(visitor: Visitor, target: str) -> None:
    link = f"/organisationlogin/default.aspx?shortcode=%21kR3ru&redirecturl={quote(target, safe='')}"
    assert visitor.http.get(link).status_code == 404
    answer = visitor.http.post("/sandbox/do/approve/x", data={"back": target}, follow_redirects=False)
    assert answer.headers["Location"].startswith("http://localhost/?said=")


def test_a_wrong_short_code_is_404(visitor: Visitor) -> None:
    visitor.see("/organisationlogin/default.aspx?shortcode=%21other&redirecturl=/", status=404)


def test_html_in_a_name_stays_text(visitor: Visitor, sandbox: Sandbox) -> None:
    contact = sandbox.contact_id(HARBOUR)
    sandbox.deeds.rename_contact(contact, "<script>alert(1)</script> & Sons")
    for page in (f"/Contacts/View/{contact}", "/sandbox/contacts?text=Sons", "/sandbox/invoices?text=Sons"):
        seen = visitor.see(page)
        assert seen.find("script") is None
        assert "<script>alert(1)</script> & Sons" in text(seen)


def test_a_link_back_is_only_followed_over_http(visitor: Visitor, sandbox: Sandbox) -> None:
    row = {**sandbox.record("Invoices", invoice(sandbox, "DRAFT")["InvoiceID"])}
    for url, shown in (("https://crm.example/o/1", True), ("javascript:alert(1)", False)):
        sandbox.books()["Invoices"].put({**row, "Url": url})
        assert (visitor.see(path(row)).find("a", href=url) is not None) == shown


def test_a_customer_sees_an_invoice_and_no_bill(visitor: Visitor, sandbox: Sandbox) -> None:
    sale, bill = invoice(sandbox, "PAID"), invoice(sandbox, "PAID", "ACCPAY")
    assert sale["InvoiceNumber"] in text(visitor.see(f"/online/{sale['InvoiceID']}"))
    visitor.see(f"/online/{bill['InvoiceID']}", status=404)
