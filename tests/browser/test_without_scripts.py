"""The main road with scripts switched off: every step is a page or a form."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Enter
from tests.browser.house import House
from tests.browser.roads import (
    COMPANY,
    HARBOUR,
    HARBOUR_IN_XERO,
    REFIT,
    approve_and_pay,
    connect_xero,
    fill_line,
    find_invoices,
    invoices_in_xero,
    link_invoice,
    link_party,
    open_record,
    open_xero_tab,
    reload_until,
    row_of,
    send_draft,
    show_linked,
)
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
REFERENCE = "Signs for the yard"


def test_the_main_road_without_scripts(fresh_house: House, enter: Enter) -> None:
    off = {"java_script_enabled": False}
    connect_xero(enter(fresh_house, "admin", **off), COMPANY, "Kererū Trading Australia Pty Ltd")
    sales = enter(fresh_house, "sales", **off)
    edit_a_record(sales)
    link_and_look(sales)
    find_and_link(sales)
    number = draft(sales)
    approve_and_pay(enter(fresh_house, "accounts", **off), number)
    see_it_paid(sales, number)


def test_a_contact_is_found_changed_and_moved_about_without_scripts(shared_house: House, enter: Enter) -> None:
    sales = enter(shared_house, "sales", java_script_enabled=False)
    find_and_change(sales)
    filter_and_leave(sales)
    move_a_deal(sales)


def find_and_change(sales: Visitor) -> None:
    """By the search field, a page of what was found, the record, its form, and back; a mistake keeps what was typed."""
    sales.expected.add(422)
    sales.page.get_by_role("combobox", name="Search").fill("fifi sio")
    sales.page.get_by_role("combobox", name="Search").press("Enter")
    sales.follow("Sione Fifita", sales.main)
    sales.follow("Edit", sales.main)
    sales.page.get_by_label("Job title").fill("Practice owner")
    sales.page.get_by_label("E-mail", exact=True).fill("no address")
    sales.press("Save")
    sales.expect(sales.page.get_by_role("alert")).to_contain_text("E-mail")
    sales.expect(sales.page.get_by_label("Job title")).to_have_value("Practice owner")
    sales.page.get_by_label("E-mail", exact=True).fill("sione@wgtnphysio.example")
    sales.press("Save")
    sales.expect(sales.page.get_by_role("heading", level=1)).to_have_text("Sione Fifita")
    sales.sees("Practice owner")


def filter_and_leave(sales: Visitor) -> None:
    """A filter of the panel, and its chip away."""
    sales.go("/contacts")
    sales.main.get_by_text("More filters").click()
    sales.page.get_by_label("City").fill("Bristol")
    sales.press("Filter", sales.main.locator(".panel"))
    sales.expect(sales.main.locator("table.rows tbody tr")).to_have_count(1)
    sales.sees("Harriet Sloane")
    sales.main.get_by_role("link", name="Remove the filter", exact=False).click()
    sales.sees("Ruth Tane")


def move_a_deal(sales: Visitor) -> None:
    """On the board by its menu, which is a form."""
    sales.go("/opportunities/new")
    sales.page.get_by_label("Name").fill("Ferry kiosk")
    sales.press("Save")
    sales.go("/opportunities/board")
    card = sales.main.locator(".deal", has_text="Ferry kiosk")
    card.locator("summary").click()
    sales.press("Qualified", card)
    sales.expect(sales.main.get_by_role("region", name="Qualified")).to_contain_text("Ferry kiosk")


def edit_a_record(sales: Visitor) -> None:
    """A record is changed."""
    open_record(sales, "organizations", HARBOUR)
    sales.follow("Edit", sales.main)
    sales.page.get_by_label("City").fill("Ōhinehou / Lyttelton")
    sales.press("Save")
    sales.sees("Ōhinehou / Lyttelton")


def link_and_look(sales: Visitor) -> None:
    """Linked, loaded again, unfolded."""
    open_xero_tab(sales, "organizations", HARBOUR)
    link_party(sales, HARBOUR_IN_XERO)
    reload_until(sales, sales.main.get_by_text("12-month value"))
    sales.main.locator("table.docs summary").first.click()
    sales.expect(sales.main.locator("tr.unfolds").first).to_be_visible()


def find_and_link(sales: Visitor) -> None:
    """An invoice by its reference, linked and listed."""
    open_xero_tab(sales, "opportunities", REFIT)
    number = find_invoices(sales, "Roastery").first.locator("td").first.inner_text().split("\n")[0]
    link_invoice(sales, number)
    show_linked(sales)
    sales.expect(row_of(sales, number)).to_be_visible()


def draft(sales: Visitor) -> str:
    """Two lines; the page reloads itself until it is made. Its number in Xero."""
    sales.follow("Create invoice draft", sales.page.locator(".head"))
    sales.page.get_by_label("Reference").fill(REFERENCE)
    fill_line(sales, 1, "Sign, enamelled", "480.00", "2")
    sales.press("Add a line")
    fill_line(sales, 2, "Posts", "35.50", "4")
    sales.press("Update totals")
    sales.expect(sales.page.locator("#draft-sums")).to_contain_text("1,102.00")
    number = send_draft(sales)
    sales.expect(invoices_in_xero(sales, REFERENCE)).to_have_count(1)
    return number


def see_it_paid(sales: Visitor, number: str) -> None:
    """After Refresh and a moment."""
    open_xero_tab(sales, "opportunities", REFIT)
    sales.press("Refresh")
    reload_until(sales, row_of(sales, number).locator(".st", has_text="Paid"))
