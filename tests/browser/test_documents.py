"""Documents on the tab, by hand: narrowed, unfolded, their history and the customer's link asked for, the PDF kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import PHONE, Enter
from tests.browser.house import House
from tests.browser.roads import STUB, XERO, Backend, explain_a_figure, open_harbour, reload_until
from tests.browser.visitor import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser


def test_documents_are_narrowed_looked_into_and_handed_on(shared_house: House, enter: Enter) -> None:
    accounts = enter(shared_house, "accounts", permissions=["clipboard-read", "clipboard-write"])
    open_harbour(accounts)
    narrow(accounts)
    page = look_into(accounts)
    hand_on(accounts)
    without = enter(shared_house, "accounts", java_script_enabled=False)
    ask_without_scripts(without, page)
    on_a_phone = enter(shared_house, "accounts", **PHONE)
    on_a_phone.go(page)
    on_a_phone.sees("Total", "History in Xero")
    assert on_a_phone.overflow() == []


@pytest.mark.parametrize("backend", [XERO, STUB], ids=str)
def test_what_is_paid_is_found_unfolded_and_a_figure_explained(
    shared_house: House, enter: Enter, backend: Backend
) -> None:
    accounts = enter(shared_house, "accounts")
    open_harbour(accounts, backend)
    card = invoices(accounts)
    card.locator(".filter > summary").click()
    card.get_by_label("Status").select_option("paid")
    accounts.press("Show", card)
    accounts.page.wait_for_url("**invoices=paid*")
    accounts.expect(card.locator(".seg [aria-current]")).to_contain_text("Paid")
    row = card.locator("tr:has(summary)").first
    accounts.sees_status(row, "Paid")
    row.locator("summary").click()
    accounts.expect(card.locator("tr.unfolds:visible")).to_contain_text("Payment")
    explain_a_figure(accounts)


def invoices(visitor: Visitor) -> Locator:
    """The card with the list of invoices."""
    return visitor.main.locator("section.card", has=visitor.page.get_by_role("heading", name="Invoices", exact=True))


def narrow(visitor: Visitor) -> None:
    """Overdue in one currency, by the form; the address keeps it; one link undoes it."""
    card = invoices(visitor)
    card.locator(".filter > summary").click()
    card.get_by_label("Status").select_option("overdue")
    card.get_by_label("Currency").select_option("AUD")
    visitor.press("Show", card)
    visitor.page.wait_for_url("**invoices_currency=AUD*")
    visitor.expect(card.locator("tr:has(summary)")).to_have_count(1)
    visitor.expect(card).to_contain_text("overdue, in AUD")
    visitor.page.reload()
    visitor.expect(card.locator("tr:has(summary)")).to_have_count(1)
    visitor.follow("Show all invoices", card)
    visitor.expect(card.locator("tr:has(summary)").nth(9)).to_be_visible()


def look_into(visitor: Visitor) -> str:
    """A paid invoice unfolds to lines, sums and payment; its history comes by a click. Its own page's address."""
    visitor.follow("Paid", visitor.page.get_by_role("navigation", name="Invoices shown"), exact=False)
    visitor.main.locator("details.doc summary").first.click()
    inside = visitor.main.locator("tr.unfolds:visible")
    visitor.expect(inside).to_contain_text("Without tax")
    visitor.expect(inside).to_contain_text("Payment")
    visitor.follow("More about", inside, exact=False)
    visitor.press("Show history", inside)
    visitor.expect(inside.locator(".timeline")).to_contain_text("Created")
    visitor.expect(inside).to_contain_text("As of just now")
    visitor.follow("Open it on its own page", inside)
    visitor.page.wait_for_url("**/documents/*")
    visitor.expect(visitor.main.locator(".timeline")).to_contain_text("Created")
    return visitor.path


def hand_on(visitor: Visitor) -> None:
    """The customer's link is got, copied and leads to the invoice; the PDF comes under its name."""
    with visitor.page.expect_download() as kept:
        visitor.follow("Download PDF")
    assert kept.value.suggested_filename.startswith("Invoice")
    assert kept.value.suggested_filename.endswith(".pdf")
    visitor.press("Get the customer's link")
    field = visitor.page.locator("input[readonly]")
    visitor.expect(field).to_be_visible()
    visitor.press("Copy")
    visitor.expect(visitor.page.get_by_role("button", name="Copied")).to_be_visible()
    address = field.input_value()
    assert visitor.page.evaluate("navigator.clipboard.readText()") == address
    visitor.page.goto(address)
    visitor.expect(visitor.page.locator("h1")).to_contain_text("Invoice INV-")


def ask_without_scripts(visitor: Visitor, page: str) -> None:
    """The same by a form and a page that is loaded again; the link stands in a field to copy from."""
    visitor.go(page)
    visitor.expect(visitor.page.locator("input[readonly]")).to_be_visible()
    visitor.press("Ask again")
    reload_until(visitor, visitor.main.get_by_text("As of just now"))
