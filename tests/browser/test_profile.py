"""The profile in the browser: the zone of the browser is offered, and pages then speak the user's way."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Enter
from tests.browser.house import House

pytestmark = pytest.mark.browser


def test_the_browsers_zone_is_taken_at_a_press_and_amounts_are_typed_the_users_way(
    fresh_house: House, enter: Enter
) -> None:
    visitor = enter(fresh_house, "accounts", timezone_id="Pacific/Auckland")
    page = visitor.page
    visitor.go("/profile")
    visitor.sees("Your browser is in Pacific/Auckland.", "UTC for you")
    visitor.press("Use that")
    page.get_by_label("Numbers").select_option("1.234,50")
    visitor.press("Save")
    visitor.sees("Your profile was saved.", "NZ")
    visitor.does_not_see("Your browser is in Pacific")
    visitor.go("/opportunities/1/edit")
    page.get_by_label("Amount", exact=True).fill("1.234,5")
    visitor.press("Save")
    visitor.sees("1.234,50")
