"""The steps of the main road, as a person takes them: the same on a desktop, on a phone and without scripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.browser.visitor import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Locator

ACCOUNTING = "/admin/accounting"
COMPANY = "Kererū Trading"
AUSTRALIA = "Kererū Trading Australia Pty Ltd"
HARBOUR, HARBOUR_IN_XERO = "Harbour Coffee Roasters", "Harbour Coffee Roasters Ltd"
REFIT = "Roastery refit, stage 1"


@dataclass(frozen=True)
class Backend:
    """An accounting system as its tab calls it, its demo company, and a text that finds several of its invoices."""

    key: str
    title: str
    company: str
    text: str

    def __str__(self) -> str:
        return self.key


XERO = Backend("xero", "Xero", COMPANY, "Service")
STUB = Backend("quickbooks_stub", "QuickBooks (stub)", "Redwood Toy Traders (stub)", "PO-")


def connect_xero(admin: Visitor, *companies: str) -> None:
    """Connect Xero by its consent page. Of several companies the first named is picked back in the CRM."""
    companies = companies or (COMPANY,)
    admin.go(ACCOUNTING)
    admin.follow("Connect Xero")
    admin.press("Connect", admin.main)
    admin.page.wait_for_url(f"{admin.house.sandbox}/**")
    for name in (COMPANY, AUSTRALIA):
        admin.page.get_by_label(f"{name} (", exact=False).set_checked(name in companies)
    admin.press("Allow access")
    if len(companies) > 1:
        admin.sees("Which organisations?")
        admin.page.get_by_label(companies[0], exact=False).first.check()
        admin.press("Connect", admin.main)
    admin.page.wait_for_url(f"**{ACCOUNTING}")
    admin.sees(companies[0], "Connected", "nothing is linked until you say so")


def connect_stub(admin: Visitor) -> None:
    """Connect the toy ledger; its consent page answers by itself."""
    admin.go(ACCOUNTING)
    admin.press("Connect QuickBooks (stub)")
    admin.page.wait_for_url(f"**{ACCOUNTING}")
    card = admin.main.locator("section.card", has_text="Redwood Toy Traders")
    admin.expect(card).to_contain_text("America/Los_Angeles")
    admin.expect(card).to_contain_text("read just now")


def open_record(visitor: Visitor, kind: str, name: str) -> None:
    """From a list page to a record."""
    visitor.go(f"/{kind}")
    visitor.follow(name, visitor.main)
    visitor.expect(visitor.page.get_by_role("heading", level=1)).to_have_text(name)


def open_tab(visitor: Visitor, kind: str, name: str, backend: Backend) -> None:
    """A backend's tab of a record."""
    open_record(visitor, kind, name)
    visitor.choose_tab(backend.title)


def open_xero_tab(visitor: Visitor, kind: str, name: str) -> None:
    """The Xero tab of a record."""
    open_tab(visitor, kind, name, XERO)


def open_harbour(visitor: Visitor, backend: Backend = XERO) -> None:
    """The organization's tab, linked by whichever test came first."""
    open_tab(visitor, "organizations", HARBOUR, backend)
    if not visitor.main.get_by_text(f"Linked to {HARBOUR_IN_XERO}").count():
        link_party(visitor, HARBOUR_IN_XERO, backend)
    reload_until(visitor, visitor.main.get_by_text("12-month value"))


def link_party(visitor: Visitor, party: str, backend: Backend = XERO) -> None:
    """Link the candidate of that name; it is on offer once the list of contacts was read."""
    button = visitor.page.get_by_role("button", name=f"Link {party}", exact=True)
    reload_until(visitor, button)
    button.click()
    visitor.sees(f"Linked to {party} in {backend.company}.")


def explain_a_figure(visitor: Visitor) -> None:
    """A figure opens the documents that it counted, down to their sum, and those left out; each of them opens, too."""
    value = visitor.main.locator(".fig", has_text="Lifetime value").locator("dd").first.inner_text()
    visitor.follow("Explain Lifetime value", visitor.main.locator("dl.figs"), exact=False)
    visitor.sees(f"Lifetime value: {value}", "Counted (", "Left out (")
    visitor.expect(visitor.main.locator("tfoot td").first).to_have_text(value.split()[-1])
    first = visitor.main.locator("a.opens").first
    number = first.inner_text()
    first.click()
    visitor.expect(visitor.main.locator(".one-doc h2")).to_contain_text(number)
    visitor.page.go_back()
    visitor.follow("Back", visitor.main)
    visitor.sees("12-month value")


def find_invoices(
    visitor: Visitor, text: str = "", date_from: str = "", date_to: str = "", backend: Backend = XERO
) -> Locator:
    """Search for invoices to link, from an opportunity's tab or from the search; the rows found."""
    if not visitor.path.endswith("/find"):
        visitor.follow("Find invoices to link")
    visitor.page.get_by_label("Number or reference").fill(text)
    visitor.page.get_by_label("Dated from").fill(date_from)
    visitor.page.get_by_label("up to").fill(date_to)
    visitor.press(f"Find in {backend.title}")
    visitor.page.wait_for_url("**/find?*")
    return visitor.main.locator("table.docs > tbody > tr")


def link_invoice(visitor: Visitor, number: str) -> None:
    """Link an invoice that was found."""
    visitor.press(f"Link {number}")
    visitor.sees(f"Linked {number} to")


def show_linked(visitor: Visitor) -> None:
    """From the search to what is linked, and on to the tab."""
    visitor.follow("Show linked invoices")
    visitor.page.wait_for_url("**/documents/linked?*")
    visitor.follow("Back", visitor.main)
    visitor.page.wait_for_url("**/tabs/xero")


def row_of(visitor: Visitor, number: str) -> Locator:
    """The row of a document on a tab."""
    return visitor.main.locator("table.docs > tbody > tr", has=visitor.page.locator("summary", has_text=number))


def fill_line(visitor: Visitor, number: int, description: str, price: str, quantity: str = "1") -> None:
    """Fill a line of the draft in; the account is the one for sales."""
    page = visitor.page
    page.get_by_label(f"Description, line {number}").fill(description)
    page.get_by_label(f"Quantity, line {number}").fill(quantity)
    page.get_by_label(f"Price, line {number}").fill(price)
    page.get_by_label(f"Account, line {number}").select_option("200")


def send_draft(visitor: Visitor) -> str:
    """Send the draft; its number in Xero, once it is made."""
    visitor.press("Create draft in Xero")
    visitor.page.wait_for_url("**/accounting/drafts/*")
    visitor.sees("Made in Xero")
    return visitor.main.locator("#draft-state b").first.inner_text()


def invoices_in_xero(visitor: Visitor, text: str) -> Locator:
    """The rows of the sandbox's list whose number, reference or contact holds the text."""
    visitor.visit_sandbox("/sandbox/invoices")
    visitor.page.get_by_label("Number, reference or contact").fill(text)
    visitor.press("Show")
    return visitor.page.locator("tbody tr", has_text=text)


def approve_and_pay(visitor: Visitor, number: str) -> None:
    """What accounts people do in Xero."""
    row = invoices_in_xero(visitor, number)
    visitor.press("Approve", row)
    visitor.expect(row).to_contain_text("Awaiting payment")
    visitor.press("Pay", row)
    visitor.expect(row).to_contain_text("Paid")


def reload_until(visitor: Visitor, thing: Locator, times: int = 60) -> None:
    """Load the page again, as a person without scripts would, until something is there."""
    for _ in range(times):
        if thing.count():
            return
        visitor.page.wait_for_timeout(500)
        visitor.page.reload()
    visitor.expect(thing).to_be_visible()
