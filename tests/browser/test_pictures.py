"""The pictures of the user guide and the admin guide, each taken where a person came by doing what the guide says."""

from __future__ import annotations

import pytest

from tests.browser.conftest import PHONE, Enter, Shoot
from tests.browser.house import House
from tests.browser.test_importing import choose_columns, upload
from tests.browser.test_records import well
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


def test_the_pictures_of_the_user_guide(fresh_house: House, enter: Enter, shoot: Shoot) -> None:
    sales = enter(fresh_house, "sales")
    see_the_day(sales, shoot)
    write_beside_a_record(sales, shoot)
    filter_a_list(sales, shoot)
    see_the_board(sales, shoot)
    search(sales, shoot)
    merge(sales, shoot)
    check_a_file(sales, shoot)
    phone = enter(fresh_house, "sales", **PHONE)
    phone.go("/contacts/1")
    shoot(phone.page, "record-phone")
    phone.go("/opportunities/board")
    shoot(phone.page, "board-phone")


def test_the_pictures_of_the_admin_guide(fresh_house: House, enter: Enter, shoot: Shoot) -> None:
    admin = enter(fresh_house, "admin")
    admin.go("/organizations/1")
    admin.follow("Edit", admin.main)
    admin.page.get_by_label("Website").fill("https://harbour.example")
    admin.press("Save")
    admin.sees("harbour.example")
    define(admin, "Contract since", "Date")
    define(admin, "Roast they like", "Choice", "Light\nMedium\nDark")
    for path, heading, name in (
        ("/admin/users", "Users", "users-desktop"),
        ("/admin/fields", "Custom fields", "fields-desktop"),
        ("/admin/audit", "Audit trail", "audit-desktop"),
    ):
        admin.go(path)
        admin.expect(admin.page.get_by_role("heading", level=1)).to_have_text(heading)
        well(admin)
        shoot(admin.page, name)


def define(admin: Visitor, label: str, kind: str, choices: str = "") -> None:
    """A custom field of contacts."""
    admin.go("/admin/fields")
    admin.page.get_by_label("Name").fill(label)
    admin.page.get_by_label("Kind").select_option(label=kind)
    admin.page.get_by_label("Choices").fill(choices)
    admin.press("Add the field")
    admin.sees(label)


def see_the_day(sales: Visitor, shoot: Shoot) -> None:
    """The start page, with a task that is due."""
    sales.go("/")
    sales.expect(sales.page.get_by_role("heading", level=1)).to_contain_text("Hello")
    well(sales)
    shoot(sales.page, "day-desktop")


def write_beside_a_record(sales: Visitor, shoot: Shoot) -> None:
    """A note beside the facts, and the timeline that has it."""
    sales.go("/organizations/1")
    sales.page.get_by_placeholder("Write a note").fill("They would like to see the offer before the board meets.")
    sales.press("Add note")
    sales.sees("before the board meets")
    well(sales)
    shoot(sales.page, "record-desktop")


def filter_a_list(sales: Visitor, shoot: Shoot) -> None:
    """Two filters, and their chips above the list."""
    sales.go("/opportunities?owner=me&sort=-amount&stage=Proposal")
    well(sales)
    shoot(sales.page, "list-desktop")


def see_the_board(sales: Visitor, shoot: Shoot) -> None:
    """The pipeline by stages."""
    sales.go("/opportunities/board")
    well(sales)
    shoot(sales.page, "board-desktop")


def search(sales: Visitor, shoot: Shoot) -> None:
    """What the box suggests while one types, with a letter left out."""
    sales.go("/")
    sales.page.keyboard.press("/")
    sales.page.keyboard.type("harb")
    sales.expect(sales.page.get_by_role("option").first).to_be_visible()
    shoot(sales.page, "search-desktop")


def merge(sales: Visitor, shoot: Shoot) -> None:
    """Two side by side, with a choice for each field."""
    sales.go("/contacts/1/merge/2")
    well(sales)
    tall = sales.main.locator("tr.differs").evaluate_all("rows => rows.map(row => row.offsetHeight)")
    assert 0 < max(tall) < 100, "a choice takes a line or two"
    shoot(sales.page, "merge-desktop")


def check_a_file(sales: Visitor, shoot: Shoot) -> None:
    """What would become of the rows of a file, before anything is written."""
    upload(sales, "fair", 40)
    choose_columns(sales)
    sales.sees("Ready to import", "Nothing is written yet.")
    shoot(sales.page, "import-desktop")
