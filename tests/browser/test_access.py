"""An admin takes a right away in one connection; a failure is found by its reference and tried again."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import Enter
from tests.browser.house import House
from tests.browser.roads import COMPANY, connect_stub, connect_xero, link_party, open_xero_tab, reload_until
from tests.browser.test_bad_days import PHYSIO, PHYSIO_IN_XERO, refresh_until_seen
from tests.browser.test_every_page import look_at
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
REFERENCE = re.compile(r"LT-[0-9A-Z]{5}")


def test_rights_are_taken_away_and_failures_are_tried_again(fresh_house: House, enter: Enter) -> None:
    admin, sales = enter(fresh_house, "admin"), enter(fresh_house, "sales")
    connect_xero(admin)
    connect_stub(admin)
    open_xero_tab(sales, "organizations", PHYSIO)
    link_party(sales, PHYSIO_IN_XERO)
    sales.sees("12-month value")
    take_amounts_away(admin, sales)
    something_fails(fresh_house, admin, sales)


def take_amounts_away(admin: Visitor, sales: Visitor) -> None:
    """In one connection, by a tick; it holds from the next page on, and the page says that the role differs here."""
    admin.go("/admin/accounting")
    admin.follow(f"Who may see what of {COMPANY}")
    admin.page.get_by_label("Sales: See amounts of sales").uncheck()
    admin.press("Save", admin.main)
    admin.sees("It holds from the next page on", "Differs here")
    assert look_at(admin, admin.path) == []
    sales.page.reload()
    sales.sees("Your role shows the state, not the amounts.")
    sales.does_not_see("12-month value")


def something_fails(house: House, admin: Visitor, sales: Visitor) -> None:
    """Who met with it reads a reference; by that the admin finds it, with the words of the other side."""
    house.fault("503", seconds=1)
    refresh_until_seen(sales, "Reference for support")
    found = REFERENCE.search(sales.main.inner_text())
    assert found is not None
    admin.go("/admin/failures")
    assert look_at(admin, "/admin/failures") == []
    admin.page.get_by_label("Reference", exact=True).fill(found[0].lower())
    admin.press("Show", admin.main)
    admin.sees(found[0], "Reading what is new", "In its own words")
    house.all_well()
    admin.press(f"Try again: {found[0]}")
    reload_until(admin, admin.main.locator(".failures .st", has_text="Settled"))
