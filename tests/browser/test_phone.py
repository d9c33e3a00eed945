"""The main road on a phone: the places at the thumb, rows as cards, nothing wider than the window."""

from __future__ import annotations

import pytest

from tests.browser.conftest import PHONE, Enter, Shoot
from tests.browser.house import House
from tests.browser.roads import (
    HARBOUR,
    HARBOUR_IN_XERO,
    REFIT,
    connect_xero,
    fill_line,
    find_invoices,
    invoices_in_xero,
    link_invoice,
    link_party,
    row_of,
    send_draft,
    show_linked,
)
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
REFERENCE = "Counter, oiled"


def test_the_main_road_on_a_phone(fresh_house: House, enter: Enter, shoot: Shoot) -> None:
    admin = enter(fresh_house, "admin", **PHONE)
    connect_xero(admin)
    fits(admin)
    sales = enter(fresh_house, "sales", **PHONE)
    link_harbour(sales, shoot)
    find_and_link(sales)
    draft(sales, shoot)


def fits(visitor: Visitor) -> None:
    """Nothing makes the page wider than the window."""
    assert visitor.overflow() == []


def picture(visitor: Visitor, shoot: Shoot, name: str) -> None:
    """A long picture of the page, from its top, with the bar at its lower edge."""
    page = visitor.page
    for toast in page.get_by_role("button", name="Dismiss").all():
        toast.tap()
    page.set_viewport_size({"width": 375, "height": 1400})
    page.evaluate("scrollTo(0, 0)")
    shoot(page, name, scale="css")
    page.set_viewport_size(PHONE["viewport"])


def tap_place(visitor: Visitor, name: str) -> None:
    """One of the main places at the lower edge."""
    bar = visitor.page.get_by_role("navigation", name="Main places")
    bar.get_by_role("link", name=name).tap()
    visitor.expect(visitor.page.get_by_role("heading", level=1)).to_have_text(name)


def open_xero(visitor: Visitor, place: str, name: str) -> None:
    """By the bar and the list to a record's tab."""
    tap_place(visitor, place)
    fits(visitor)
    visitor.main.get_by_role("link", name=name, exact=True).first.tap()
    visitor.choose_tab("Xero")
    visitor.expect(visitor.page.locator("nav.tabs [aria-current]")).to_be_in_viewport()


def link_harbour(sales: Visitor, shoot: Shoot) -> None:
    """The organization; an invoice unfolds beneath its card."""
    open_xero(sales, "Organizations", HARBOUR)
    fits(sales)
    link_party(sales, HARBOUR_IN_XERO)
    sales.sees("12-month value", "INV-")
    fits(sales)
    picture(sales, shoot, "tab-phone")
    sales.main.locator("table.docs summary").first.tap()
    lines = sales.main.locator("tr.unfolds").first
    sales.expect(lines).to_be_visible()
    sales.expect(lines).to_contain_text("Without tax")
    fits(sales)


def find_and_link(sales: Visitor) -> None:
    """An invoice by its reference, to the opportunity."""
    open_xero(sales, "Opportunities", REFIT)
    found = find_invoices(sales, "Roastery")
    fits(sales)
    number = found.first.locator("td").first.inner_text().split("\n")[0]
    link_invoice(sales, number)
    show_linked(sales)
    sales.expect(row_of(sales, number)).to_be_visible()
    fits(sales)


def draft(sales: Visitor, shoot: Shoot) -> None:
    """One line, sent once."""
    sales.follow("Create invoice draft", sales.page.locator(".head"))
    sales.page.wait_for_url("**/draft?*")
    fits(sales)
    fill_line(sales, 1, "Counter top, oak", "3,200.00")
    sales.page.get_by_label("Reference").fill(REFERENCE)
    sales.page.get_by_label("Reference").blur()
    sales.expect(sales.page.locator("#draft-sums")).to_contain_text("NZ$ 3,680.00")
    fits(sales)
    picture(sales, shoot, "draft-phone")
    send_draft(sales)
    fits(sales)
    sales.expect(invoices_in_xero(sales, REFERENCE)).to_have_count(1)
