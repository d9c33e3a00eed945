"""A list is sorted, filtered, walked through, kept as a view, changed in one go, exported: at a desk, on a phone."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.conftest import PHONE, Enter
from tests.browser.house import ROOT, House
from tests.browser.test_records import well
from tests.browser.visitor import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser
ACCOUNTS = "Tom Fielding"


def test_a_long_list_at_a_desk_and_on_a_phone(fresh_house: House, enter: Enter) -> None:
    many_contacts(fresh_house)
    sales = enter(fresh_house, "sales")
    sort(sales)
    walk(sales)
    narrow(sales, "Wellington")
    keep(sales, "People in Wellington")
    take_away(sales, "Wellington")
    give_away(sales)
    export(sales)
    phone = enter(fresh_house, "sales", **PHONE)
    phone.go("/contacts")
    walk(phone)
    narrow(phone, "Auckland")
    take_away(phone, "Auckland")
    phone.follow("People in Wellington", phone.main)
    phone.expect(phone.page.get_by_role("list", name="Filters that are on")).to_contain_text("Wellington")
    well(phone)


def many_contacts(house: House) -> None:
    """Sixty more than those of the demo."""
    settings = next(house.home.glob("*.ini"))
    command = [sys.executable, "-P", "-m", "core.cli", "seed", "--contacts", "60", "--config", str(settings)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def rows(visitor: Visitor) -> Locator:
    return visitor.main.locator("table.rows tbody tr")


def sort(sales: Visitor) -> None:
    """Once for one way, twice for the other; the head says which."""
    sales.go("/contacts")
    head = sales.main.get_by_role("columnheader", name="Name")
    head.get_by_role("link").click()
    sales.expect(head).to_have_attribute("aria-sort", re.compile("ascending|descending"))
    first = rows(sales).first.locator("td.title").inner_text()
    before = head.get_attribute("aria-sort")
    head.get_by_role("link").click()
    sales.expect(head).not_to_have_attribute("aria-sort", before or "")
    sales.expect(rows(sales).first.locator("td.title")).not_to_have_text(first)
    well(sales)


def walk(sales: Visitor) -> None:
    """On and back: the same rows as before, and none of the first page on the second."""
    first = rows(sales).locator("td.title").all_inner_texts()
    sales.follow("Next", sales.main)
    sales.sees("26–50")
    assert not set(first) & set(rows(sales).locator("td.title").all_inner_texts())
    well(sales)
    sales.follow("Previous", sales.main)
    sales.sees("1–25")
    assert rows(sales).locator("td.title").all_inner_texts() == first


def narrow(sales: Visitor, city: str) -> None:
    """Only those of a city."""
    sales.go("/contacts")
    sales.main.get_by_text("More filters").click()
    sales.page.get_by_label("City").fill(city)
    well(sales)
    sales.press("Filter", sales.main.locator(".panel"))
    sales.expect(sales.page.get_by_role("list", name="Filters that are on")).to_contain_text(city)
    well(sales)


def keep(sales: Visitor, name: str) -> None:
    """The view stands above the list and is the one that is shown."""
    sales.main.get_by_text("Save this view").click()
    sales.page.get_by_label("Name", exact=True).fill(name)
    sales.press("Save", sales.main)
    sales.expect(sales.page.locator("#toasts")).to_contain_text(f"The view “{name}” was saved.")
    sales.expect(sales.main.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
    well(sales)
    sales.go("/contacts")
    sales.follow(name, sales.main)


def take_away(sales: Visitor, city: str) -> None:
    """A chip is a filter that goes with one press; the keyboard reaches it."""
    before = sales.main.locator(".count").inner_text()
    chip = sales.main.get_by_role("link", name=re.compile(f"^Remove the filter .*{city}"))
    chip.focus()
    sales.page.keyboard.press("Enter")
    sales.expect(chip).to_have_count(0)
    sales.expect(sales.main.locator(".count")).not_to_have_text(before)


def give_away(sales: Visitor) -> None:
    """Two are given to somebody else: asked first, done, and undone."""
    sales.go("/contacts?q=harbour.example")
    sales.expect(rows(sales)).to_have_count(2)
    sales.page.get_by_label("Choose all on this page").check()
    sales.expect(sales.main.locator(".chosen")).to_have_text("2 chosen")
    sales.page.get_by_label("Choose Ngaire Cooper").uncheck()
    sales.expect(sales.main.locator(".chosen")).to_have_text("1 chosen")
    sales.expect(sales.page.get_by_label("Choose all on this page")).not_to_be_checked()
    sales.page.get_by_label("Choose Ngaire Cooper").check()
    sales.page.locator("#bulk-owner").select_option(label=ACCOUNTS)
    well(sales)
    sales.press("Give")
    sales.expect(sales.page.get_by_role("heading", level=1)).to_have_text(f"Give to {ACCOUNTS}?")
    sales.sees("2 contacts")
    well(sales)
    sales.press(f"Give to {ACCOUNTS}")
    sales.sees("2 changed.")
    well(sales)
    done = sales.path
    sales.go("/contacts?q=harbour.example")
    sales.expect(rows(sales).filter(has_text=ACCOUNTS)).to_have_count(2)
    sales.go(done)
    sales.press("Undo")
    sales.expect(sales.page.locator("#toasts")).to_contain_text("It was undone.")
    sales.go("/contacts?q=harbour.example")
    sales.expect(rows(sales).filter(has_text=ACCOUNTS)).to_have_count(0)


def export(sales: Visitor) -> None:
    """What the list shows comes as a file."""
    with sales.page.expect_download() as coming:
        sales.follow("Export", sales.main)
    assert coming.value.suggested_filename.endswith(".csv")
    with open(coming.value.path(), encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    assert {row["E-mail"] for row in found} == {"ngaire@harbour.example", "daniel@harbour.example"}
    assert parse_qs(urlsplit(sales.page.url).query) == {"q": ["harbour.example"]}
