"""Finding and not doubling: suggestions by keyboard, a typing error, a duplicate told while typing, two made one."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import PHONE, Enter
from tests.browser.house import House
from tests.browser.roads import HARBOUR
from tests.browser.test_records import well
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


def test_finding_and_merging_at_a_desk(shared_house: House, enter: Enter) -> None:
    sales = enter(shared_house, "sales")
    suggested(sales)
    misspelt(sales)
    told_while_typing(sales, "Marama", "Tuhoro")
    merge(sales, "Marama", "Tuhoro")


def test_finding_and_merging_on_a_phone(shared_house: House, enter: Enter) -> None:
    sales = enter(shared_house, "sales", **PHONE)
    misspelt(sales)
    told_while_typing(sales, "Anahera", "Pohatu")
    merge(sales, "Anahera", "Pohatu")


def suggested(sales: Visitor) -> None:
    """The slash goes to the field, arrows walk through what was found and back, Escape folds it, Enter opens one."""
    page = sales.page
    sales.go("/")
    page.keyboard.press("/")
    page.keyboard.type("harb")
    options = page.get_by_role("listbox", name="Found").get_by_role("option")
    sales.expect(options.first).to_be_visible()
    well(sales)
    page.keyboard.press("ArrowDown")
    sales.expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    sales.expect(options.first).to_have_attribute("aria-selected", "false")
    page.keyboard.press("ArrowUp")
    sales.expect(page.get_by_role("combobox", name="Search")).to_have_attribute("aria-activedescendant", "search-1")
    page.keyboard.press("Escape")
    sales.expect(options.first).to_be_hidden()
    page.keyboard.press("ArrowDown")
    sales.expect(options.first).to_contain_text(HARBOUR)
    page.keyboard.press("Enter")
    sales.expect(page.get_by_role("heading", level=1)).to_have_text(HARBOUR)


def misspelt(sales: Visitor) -> None:
    """What is called nearly so is shown as similar."""
    sales.go("/")
    field = sales.page.get_by_role("combobox", name="Search")
    field.fill("Harbuor Cofee")
    field.press("Enter")
    sales.page.wait_for_url("**/search?*")
    sales.expect(sales.main.locator("section.card", has_text="Similar")).to_contain_text(HARBOUR)
    well(sales)
    sales.follow(HARBOUR, sales.main)
    sales.expect(sales.page.get_by_role("heading", level=1)).to_have_text(HARBOUR)


def told_while_typing(sales: Visitor, first: str, last: str) -> None:
    """The second one of a name is told of the first before it is saved, and may be saved all the same."""
    page = sales.page
    sales.expected.add(409)
    address = f"{first}.{last}@twice.example".lower()
    new_contact(sales, first, last, address)
    sales.press("Save")
    sales.expect(page.get_by_role("heading", level=1)).to_have_text(f"{first} {last}")
    new_contact(sales, first, last, "")
    page.get_by_label("E-mail", exact=True).fill(address)
    page.get_by_label("E-mail", exact=True).blur()
    sales.expect(page.locator("#twins")).to_contain_text(f"Perhaps there already: {first} {last}")
    well(sales)
    page.get_by_label("City", exact=True).first.fill("Nelson")
    page.get_by_label("Job title").fill("Buyer")
    sales.press("Save")
    sales.sees("This contact seems to be there already.")
    well(sales)
    sales.expect(page.get_by_label("Job title")).to_have_value("Buyer")
    sales.press("Save as a new one all the same")
    sales.expect(page.get_by_role("heading", level=1)).to_have_text(f"{first} {last}")


def new_contact(sales: Visitor, first: str, last: str, address: str) -> None:
    sales.go("/contacts/new")
    sales.page.get_by_label("First name").fill(first)
    sales.page.get_by_label("Last name").fill(last)
    sales.page.get_by_label("E-mail", exact=True).fill(address)


def merge(sales: Visitor, first: str, last: str) -> None:
    """Of both on the page of duplicates one is made, with what only the other one had."""
    page = sales.page
    sales.go("/duplicates?kind=contacts")
    group = sales.main.get_by_role("region", name=re.compile(f"^{first} {last}, ")).first
    well(sales)
    group.get_by_role("link", name=re.compile(f"^Merge {first} {last} ")).click()
    sales.expect(page.get_by_role("heading", level=1)).to_have_text("Merge two contacts")
    well(sales)
    box = sales.main.locator("label.one-of", has_text="Buyer").bounding_box()
    assert box is not None
    assert box["width"] > 60, "what is to be chosen stands in one line"
    page.get_by_role("radio", name=re.compile("^Job title of ")).last.check()
    sales.press("Merge")
    sales.expect(page.locator("#toasts")).to_contain_text(f"{first} {last} was merged into {first} {last}.")
    sales.sees("Buyer")
    sales.go(f"/contacts?q={last}")
    sales.expect(sales.main.locator("table.rows tbody tr")).to_have_count(1)
