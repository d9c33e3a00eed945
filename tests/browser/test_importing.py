"""A file comes in: uploaded, its columns chosen, looked at, imported, its refused rows taken back out, undone."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import PHONE, Enter
from tests.browser.house import House
from tests.browser.test_records import well
from tests.browser.visitor import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser


def test_a_file_is_imported_and_undone_at_a_desk(shared_house: House, enter: Enter) -> None:
    story(enter(shared_house, "sales"), "fair", 120)


def test_a_file_is_imported_and_undone_on_a_phone(shared_house: House, enter: Enter) -> None:
    story(enter(shared_house, "sales", **PHONE), "market", 3)


def story(sales: Visitor, event: str, number: int) -> None:
    upload(sales, event, number)
    choose_columns(sales)
    look(sales, number)
    run(sales, event, number)
    take_the_refused(sales, event)
    undo(sales, event, number)


def upload(sales: Visitor, event: str, number: int) -> None:
    """From the empty or the full list to the columns of the file."""
    sales.go("/imports")
    well(sales)
    sales.follow("New import", sales.page.locator(".head"))
    well(sales)
    sales.page.get_by_label("What the rows are").select_option("contacts")
    sales.page.get_by_label("CSV file").set_input_files(file_of(event, number))
    sales.press("Go on")
    sales.expect(sales.page.get_by_role("heading", level=1)).to_have_text("What the columns are")


def file_of(event: str, number: int) -> Any:
    """So many people who were met, and one row whose e-mail address is none."""
    lines = [f"Guest {place};{event}{place}@met.example;Nelson" for place in range(1, number + 1)]
    text = "\n".join(["Who;E-mail;Town", "Wrong Row;not an address;Picton", *lines, ""])
    return {"name": f"{event}.csv", "mimeType": "text/csv", "buffer": text.encode()}


def choose_columns(sales: Visitor) -> None:
    """Two were known by their headings, one is chosen."""
    goes = sales.page.get_by_label
    sales.expect(goes("Goes into: E-mail")).to_have_value("email")
    sales.expect(goes("Goes into: Town")).to_have_value("city")
    goes("Goes into: Who").select_option(label="Full name")
    well(sales)
    sales.press("Check the file", sales.page.locator("form .foot"))


def look(sales: Visitor, number: int) -> None:
    """What would become of the rows is said before anything is written."""
    sales.sees("Ready to import", "Nothing is written yet.")
    sales.expect(figure(sales, "New")).to_have_text(str(number))
    sales.expect(figure(sales, "Refused")).to_have_text("1")
    sales.sees("not an address", "The first rows as they would become")
    well(sales)


def run(sales: Visitor, event: str, number: int) -> None:
    """The page goes on by itself from the progress to the report."""
    sales.press("Import now")
    sales.expect(sales.page.get_by_role("heading", name="Imported")).to_be_visible()
    sales.expect(figure(sales, "Made")).to_have_text(str(number))
    sales.expect(sales.main.get_by_role("table", name="Refused rows")).to_contain_text("Wrong Row")
    well(sales)
    mine = sales.path
    sales.follow("See the contacts")
    sales.sees("Guest 1")
    well(sales)
    sales.go(mine)


def take_the_refused(sales: Visitor, event: str) -> None:
    """The one row as it was written, with what is wrong with it."""
    with sales.page.expect_download() as coming:
        sales.follow("Download refused rows")
    with open(coming.value.path(), encoding="utf-8-sig", newline="") as file:
        text = file.read()
    dialect = csv.Sniffer().sniff(text.splitlines()[0], ",;")
    (row,) = csv.DictReader(text.splitlines(), dialect=dialect)
    assert (row["Who"], row["E-mail"], row["Town"]) == ("Wrong Row", "not an address", "Picton")


def undo(sales: Visitor, event: str, number: int) -> None:
    """Asked first; then none of them is left in the list."""
    sales.main.get_by_text("Undo this import").click()
    well(sales)
    sales.press("Undo it")
    sales.expect(sales.page.get_by_role("heading", name="Undone")).to_be_visible()
    sales.sees(f"{number} are in the bin")
    well(sales)
    sales.go(f"/contacts?q={event}1@met.example")
    sales.sees("Nothing found")


def figure(sales: Visitor, label: str) -> Locator:
    return sales.main.locator(".fig", has=sales.page.get_by_text(label, exact=True)).locator("dd").first
