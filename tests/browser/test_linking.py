"""A contact made in the accounting system without leaving the tab, and its fields copied back and forth."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Enter
from tests.browser.house import House
from tests.browser.roads import STUB, XERO, Backend, open_tab, open_xero_tab
from tests.browser.test_every_page import violations
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("backend", "person"), [(XERO, "Daniel Koroma"), (STUB, "Mere Parata")], ids=str)
def test_a_contact_is_made_in_place_and_fields_are_copied_after_a_look(
    shared_house: House, enter: Enter, backend: Backend, person: str
) -> None:
    sales = enter(shared_house, "sales")
    open_tab(sales, "contacts", person, backend)
    make_in_place(sales, backend, person)
    change_the_record(sales)
    copy_back(sales, backend, person)
    sales.check()


def test_fields_are_copied_on_a_phone_without_scripts(shared_house: House, enter: Enter) -> None:
    sales = enter(shared_house, "sales", java_script_enabled=False, viewport={"width": 375, "height": 812})
    open_xero_tab(sales, "organizations", "Albion Bicycle Works")
    sales.main.locator(".candidates").get_by_role("button").first.click()
    sales.sees("Linked to")
    sales.main.get_by_role("link", name="Copy fields", exact=True).click()
    field = sales.main.locator("select").first
    field.select_option(index=1)
    sales.press("Preview")
    sales.sees("Will be written to")
    sales.main.get_by_role("button", name="Copy th").click()
    sales.expect(sales.page.get_by_text("Copied:")).to_be_visible()
    sales.check()


def make_in_place(sales: Visitor, backend: Backend, person: str) -> None:
    """The form stands where the tab was, and gives way to the tab once the contact is there."""
    where = sales.path
    sales.expected.add(422)
    sales.follow(f"New {backend.title} contact")
    sales.sees(f"New contact in {backend.company}")
    assert sales.path == where, "the page was left"
    sales.page.get_by_label("Name", exact=True).fill("")
    sales.press(f"Create in {backend.title} and link")
    sales.sees("Write the name it should have")
    assert sales.path == where
    sales.page.get_by_label("Name", exact=True).fill(person)
    sales.press(f"Create in {backend.title} and link")
    sales.expect(sales.page.locator(".conn")).to_contain_text(f"Linked to {person} in {backend.company}")
    assert sales.path == where
    sales.expect(sales.page.get_by_text("differ")).to_have_count(0)


def change_the_record(sales: Visitor) -> None:
    """A phone is written down here; the tab says quietly that a field differs."""
    tab = sales.path
    sales.go(f"{tab.partition('/tabs')[0]}/edit")
    sales.page.get_by_label("Phone", exact=True).fill("+64 9 555 0123")
    sales.press("Save")
    sales.go(tab)
    sales.follow("1 field differs")


def copy_back(sales: Visitor, backend: Backend, person: str) -> None:
    """The gap is proposed to be filled; it is looked at, copied, and the notice is gone."""
    sales.expect(sales.page.get_by_label("Phone", exact=True)).to_have_value("there")
    assert violations(sales) == []
    sales.press("Preview")
    assert violations(sales) == []
    sales.sees(f"Will be written to {person} in {backend.company}", "+64 9 555 0123")
    sales.page.get_by_role("button", name="Copy this field").dblclick()
    sales.sees(f"Copied: Phone to {backend.company}.")
    sales.expect(sales.page.get_by_text("differs")).to_have_count(0)
    if backend is STUB:
        return  # its ledger is no server whose calls could be counted
    changes = [call for call in sales.house.calls() if call["method"] == "POST" and "/Contacts/" in call["path"]]
    assert len(changes) == 1
