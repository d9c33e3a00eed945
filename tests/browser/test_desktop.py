"""The whole story on a desktop: connect, link, look, explain, find, draft, approve and pay, in running servers."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import Enter, Shoot
from tests.browser.house import House
from tests.browser.roads import (
    AUSTRALIA,
    COMPANY,
    HARBOUR,
    HARBOUR_IN_XERO,
    REFIT,
    approve_and_pay,
    connect_stub,
    connect_xero,
    explain_a_figure,
    fill_line,
    find_invoices,
    invoices_in_xero,
    link_invoice,
    link_party,
    open_xero_tab,
    row_of,
    send_draft,
    show_linked,
)
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
REFERENCE = "Roastery refit, electrician"


def test_the_whole_story_on_a_desktop(fresh_house: House, enter: Enter, shoot: Shoot) -> None:
    connect(enter(fresh_house, "admin"))
    sales = enter(fresh_house, "sales")
    link_hana_and_look(sales)
    explain_a_figure(sales)
    link_harbour(sales)
    numbers = find_and_link(sales)
    unlink_one(sales, numbers)
    number = draft(sales, shoot)
    accounts = enter(fresh_house, "accounts")
    approve_and_pay(accounts, number)
    see_it_paid(sales, number)
    take_pictures(accounts, shoot)
    take_picture_of_connections(enter(fresh_house, "admin"), shoot)
    take_picture_in_the_dark(enter(fresh_house, "accounts", color_scheme="dark"), shoot)


def connect(admin: Visitor) -> None:
    """Of two organisations that the consent reaches one is picked; the page fills itself in."""
    connect_xero(admin, COMPANY, AUSTRALIA)
    admin.page.evaluate("window.stayed = true")
    admin.sees("NZD", "Pacific/Auckland", "read just now")
    admin.does_not_see(AUSTRALIA)
    assert admin.page.evaluate("window.stayed")


def link_hana_and_look(sales: Visitor) -> None:
    """The figures come by themselves; an invoice unfolds to its lines and opens in Xero."""
    open_xero_tab(sales, "contacts", "Hana Whitiora")
    link_party(sales, "Hana Whitiora")
    sales.page.evaluate("window.stayed = true")
    sales.sees("12-month value", "Lifetime value", "Outstanding", "INV-")
    assert sales.page.evaluate("window.stayed")
    sales.follow("All", sales.page.get_by_role("navigation", name="Invoices shown"), exact=False)
    first = sales.main.locator("table.docs > tbody > tr").first
    lines = sales.main.locator("tr.unfolds").first
    sales.expect(lines).to_be_hidden()
    first.locator("summary").click()
    sales.expect(lines).to_be_visible()
    sales.expect(lines).to_contain_text("Description")
    sales.expect(lines).to_contain_text("Without tax")
    number = first.locator("summary").inner_text().split(",")[0]
    with sales.page.expect_popup() as opened:
        sales.follow(f"View {number} in Xero")
    opened.value.wait_for_load_state()
    assert opened.value.url.startswith(sales.house.sandbox)
    sales.expect(opened.value.get_by_role("heading", level=1)).to_have_text(f"Invoice {number}")
    opened.value.close()


def link_harbour(sales: Visitor) -> None:
    """An organization, by suggestion; what is overdue is said in words."""
    open_xero_tab(sales, "organizations", HARBOUR)
    link_party(sales, HARBOUR_IN_XERO)
    sales.sees("Overdue", "3 invoices", "not part of these figures", "NZ$")
    sales.does_not_see("Bills")


def find_and_link(sales: Visitor) -> list[str]:
    """By part of the reference, by number and by dates; three invoices are linked to the opportunity."""
    open_xero_tab(sales, "opportunities", REFIT)
    sales.sees("No invoice or bill is linked")
    found = find_invoices(sales, "roastery refit")
    sales.expect(found).to_have_count(4)
    numbers = [one.split("\n")[0] for one in found.locator("td:first-child").all_inner_texts()]
    link_invoice(sales, numbers[0])
    sales.expect(sales.page.get_by_role("button", name=f"Unlink {numbers[0]}")).to_be_visible()
    by_number = find_invoices(sales, numbers[1])
    sales.expect(by_number).to_have_count(1)
    link_invoice(sales, numbers[1])
    day = day_of(sales.main.locator("table.docs td.dt").first.inner_text())
    by_date = find_invoices(sales, "", day, day)
    sales.expect(by_date.filter(has_text=numbers[1])).to_have_count(1)
    find_invoices(sales, numbers[2])
    link_invoice(sales, numbers[2])
    return numbers[:3]


def day_of(shown: str) -> str:
    """``22 Oct 2026`` as a date field takes it."""
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    day, month, year = shown.split()
    return f"{year}-{months.index(month) + 1:02}-{int(day):02}"


def unlink_one(sales: Visitor, numbers: list[str]) -> None:
    """The linked ones are listed with what was billed; unlinking changes nothing in Xero."""
    show_linked(sales)
    for number in numbers:
        sales.expect(row_of(sales, number)).to_be_visible()
    sales.sees("Billed so far", "From agreed to paid", "24,000.00")
    billed = sales.main.locator(".fig", has_text="Billed so far").locator("dd").first
    before = billed.inner_text()
    sales.press(f"Unlink {numbers[2]}")
    sales.sees("Unlinked. Nothing changed in Xero.")
    sales.expect(row_of(sales, numbers[2])).to_have_count(0)
    sales.expect(billed).not_to_have_text(before)


def draft(sales: Visitor, shoot: Shoot) -> str:
    """Two lines, totals at once, sent once, made by itself; its number in Xero."""
    sales.follow("Create invoice draft", sales.page.locator(".head"))
    page = sales.page
    sales.expect(page.get_by_label("Reference")).to_have_value(REFIT)
    sales.expect(page.get_by_label("Bill to").locator("option:checked")).to_have_text(HARBOUR_IN_XERO)
    page.get_by_label("Reference").fill(REFERENCE)
    fill_line(sales, 1, "Extraction hood, supply and fit", "6,400.00")
    sales.press("Add a line")
    sales.expect(page.get_by_label("Description, line 2")).to_be_focused()
    fill_line(sales, 2, "Electrician, hours", "92.50", "11.5")
    page.get_by_label("Tax, line 2").focus()
    sums = page.locator("#draft-sums")
    sales.expect(sums).to_contain_text("7,463.75")
    sales.expect(sums).to_contain_text("NZ$ 8,583.31")
    sales.expect(page.locator("#amount-1")).to_have_text("1,063.75")
    page.evaluate("document.activeElement.blur()")
    shoot(page, "draft-desktop")
    number = send_draft(sales)
    assert re.fullmatch(r"INV-\d+", number)
    sales.expect(invoices_in_xero(sales, REFERENCE)).to_have_count(1)
    return number


def see_it_paid(sales: Visitor, number: str) -> None:
    """What accounts did is on the opportunity's tab after a refresh, without loading the page again."""
    open_xero_tab(sales, "opportunities", REFIT)
    sales.expect(row_of(sales, number)).to_be_visible()
    sales.press("Refresh")
    sales.sees_status(row_of(sales, number), "Paid")
    sales.go("/accounting/drafts")
    sales.expect(sales.main.locator("tr", has_text=number)).to_contain_text("Paid")


def take_pictures(accounts: Visitor, shoot: Shoot) -> None:
    """The tab and the search as they stand in the docs."""
    open_xero_tab(accounts, "organizations", HARBOUR)
    accounts.sees("12-month value")
    shoot(accounts.page, "tab-desktop")
    open_xero_tab(accounts, "opportunities", REFIT)
    find_invoices(accounts, "Roastery")
    accounts.page.evaluate("document.activeElement.blur()")
    shoot(accounts.page, "find-desktop")


def take_picture_of_connections(admin: Visitor, shoot: Shoot) -> None:
    """Both backends connected, each with one organisation."""
    connect_stub(admin)
    admin.press("Dismiss")
    shoot(admin.page, "connect-desktop")


def take_picture_in_the_dark(accounts: Visitor, shoot: Shoot) -> None:
    """The tab again, by night, with an invoice unfolded."""
    open_xero_tab(accounts, "organizations", HARBOUR)
    accounts.main.locator("table.docs summary").first.click()
    shoot(accounts.page, "tab-desktop-dark")
