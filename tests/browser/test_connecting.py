"""Connecting with less, seeing what is allowed, allowing more: on a desktop, on a phone, and without scripts."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Enter
from tests.browser.house import House
from tests.browser.roads import ACCOUNTING, AUSTRALIA, COMPANY
from tests.browser.test_every_page import look_at
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
FORM = f"{ACCOUNTING}/connect/xero/code"
PHONE = {"viewport": {"width": 375, "height": 812}}


def allow(admin: Visitor, company: str) -> None:
    """Allow exactly this company at Xero."""
    admin.page.wait_for_url(f"{admin.house.sandbox}/**")
    for name in (COMPANY, AUSTRALIA):
        admin.page.get_by_label(f"{name} (", exact=False).set_checked(name == company)
    admin.press("Allow access")


def test_connect_with_less_then_allow_more_and_a_wrong_organisation_is_no_silent_swap(
    fresh_house: House, enter: Enter
) -> None:
    admin = enter(fresh_house, "admin", reduced_motion="reduce")
    admin.go(ACCOUNTING)
    admin.follow("Connect Xero")
    assert look_at(admin, FORM) == []
    admin.page.get_by_label("Make invoice drafts in Xero", exact=False).uncheck()
    admin.press("Connect", admin.main)
    allow(admin, COMPANY)
    admin.page.wait_for_url(f"**{ACCOUNTING}")
    card = admin.main.locator("article.connection")
    admin.expect(card).to_contain_text("Contacts known")
    admin.expect(card).to_contain_text("changes read")
    assert look_at(admin, ACCOUNTING) == []
    admin.follow("Allow drafts", card, exact=False)
    admin.expect(admin.page.get_by_label("Make invoice drafts in Xero", exact=False)).to_be_checked()
    admin.press("Reconnect", admin.main)
    allow(admin, AUSTRALIA)
    admin.sees("Another organisation", "Nothing was changed")
    assert look_at(admin, admin.page.url) == []
    admin.follow(f"Try {COMPANY} again")
    admin.press("Reconnect", admin.main)
    allow(admin, COMPANY)
    admin.page.wait_for_url(f"**{ACCOUNTING}")
    admin.sees(f"Connected to {COMPANY}.")
    without = enter(fresh_house, "admin", java_script_enabled=False, **PHONE)
    without.go(ACCOUNTING)
    without.page.get_by_label("Include other currencies", exact=False).check()
    without.press(f"Save for {COMPANY}")
    without.sees(f"Saved for {COMPANY}.")
    without.expect(without.page.get_by_label("Include other currencies", exact=False)).to_be_checked()
