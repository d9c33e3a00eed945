"""A contact with several addresses, a deal lost and won, a record deleted and brought back: at a desk, on a phone."""

from __future__ import annotations

import pytest

from tests.browser.conftest import PHONE, Enter
from tests.browser.house import House
from tests.browser.test_every_page import violations
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


def test_a_day_with_records_at_a_desk(shared_house: House, enter: Enter) -> None:
    sales = enter(shared_house, "sales")
    by_keyboard(sales)
    several_ways(sales, "Hine")
    lose_and_win(sales, "Tasting evening")
    delete_and_restore(sales, "Hine")


def test_a_day_with_records_on_a_phone(shared_house: House, enter: Enter) -> None:
    sales = enter(shared_house, "sales", **PHONE)
    several_ways(sales, "Rangi")
    delete_and_restore(sales, "Rangi")


def test_stages_and_fields_are_defined(shared_house: House, enter: Enter) -> None:
    admin = enter(shared_house, "admin")
    admin.go("/admin/stages")
    admin.press("Add a stage")
    admin.expect(admin.page.get_by_label("Name of stage 6")).to_be_visible()
    well(admin)
    admin.press("Remove stage 6")
    admin.press("Save")
    admin.sees("The stages were saved.")
    admin.go("/admin/fields?kind=projects")
    admin.page.get_by_label("Name").fill("Site visit")
    admin.page.get_by_label("Kind").select_option("date")
    admin.press("Add the field")
    admin.sees("Site visit was added to projects.")
    well(admin)
    admin.go("/projects/1/edit")
    admin.page.get_by_label("Site visit").fill("2026-12-24")
    admin.press("Save")
    admin.sees("24 Dec 2026")
    admin.go("/admin/fields?kind=projects")
    admin.press("Retire Site visit")
    admin.sees("Retired")


def by_keyboard(sales: Visitor) -> None:
    """The keys that the list of keys names."""
    sales.go("/")
    sales.page.keyboard.press("?")
    sales.expect(sales.page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    sales.page.keyboard.press("Escape")
    sales.page.keyboard.press("n")
    sales.expect(sales.page.locator(".new a", has_text="Contact")).to_be_focused()
    sales.page.keyboard.press("Enter")
    sales.expect(sales.page.get_by_role("heading", level=1)).to_have_text("New contact")
    sales.go("/organizations")
    sales.page.keyboard.press("n")
    sales.expect(sales.page.get_by_role("heading", level=1)).to_have_text("New organization")


def several_ways(sales: Visitor, name: str) -> None:
    """A second e-mail address and a second address are added in place; nothing typed is lost."""
    page = sales.page
    sales.go("/contacts/new")
    page.get_by_label("First name").fill(name)
    page.get_by_label("E-mail", exact=True).fill(f"{name}@work.example".lower())
    sales.press("Add another e-mail")
    sales.expect(page.get_by_label("E-mail 2", exact=True)).to_be_focused()
    page.keyboard.type(f"{name}@home.example".lower())
    sales.press("Add another address")
    sales.expect(page.locator("#more_addresses textarea")).to_be_focused()
    page.locator("#more_addresses").get_by_label("City").fill("Nelson")
    sales.expect(page.get_by_label("First name")).to_have_value(name)
    well(sales)
    sales.press("Save")
    sales.sees(f"{name}@work.example".lower(), f"{name}@home.example".lower(), "Nelson")
    well(sales)


def lose_and_win(sales: Visitor, name: str) -> None:
    """Lost takes a reason; won starts a project."""
    page = sales.page
    sales.expected.add(422)
    sales.go("/opportunities/new")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Stage").select_option("Lost")
    sales.press("Save")
    sales.sees("Write why it was lost.")
    well(sales)
    page.get_by_label("Stage").select_option("Won")
    sales.press("Save")
    sales.press("Start the project")
    sales.sees(f"The project {name} was started.", "Planned")


def delete_and_restore(sales: Visitor, name: str) -> None:
    """Asked first, gone, and back by the button beside the words."""
    sales.go("/contacts")
    sales.follow(name, sales.main)
    sales.follow("Delete this contact")
    sales.sees("What happens")
    well(sales)
    sales.press("Delete")
    sales.sees(f"{name} was deleted.")
    sales.press("Restore")
    sales.sees(f"{name} was restored.")
    sales.expect(sales.page.get_by_role("heading", level=1)).to_have_text(name)


def well(sales: Visitor) -> None:
    """No violation that axe finds, and nothing wider than the window."""
    assert sales.overflow() == []
    assert violations(sales) == []
