"""The main road by keyboard alone: every step is reached with Tab, and where one is can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.users.seed import DEMO_PASSWORD
from tests.browser.conftest import Enter
from tests.browser.house import House
from tests.browser.visitor import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser
JAMES = "James O'Connell"
SEEN = """() => {
  const style = getComputedStyle(document.activeElement);
  const box = document.activeElement.getBoundingClientRect();
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 0
    && box.bottom > 0 && box.top < innerHeight;
}"""


def test_log_in_search_open_and_link_by_keyboard(shared_house: House, enter: Enter) -> None:
    somebody = enter(shared_house)
    page, keys = somebody.page, somebody.page.keyboard
    somebody.go("/login")
    tab_to(somebody, page.get_by_label("Name", exact=True))
    keys.type("sales")
    tab_to(somebody, page.get_by_label("Password"))
    keys.type(DEMO_PASSWORD)
    keys.press("Enter")
    page.wait_for_url(f"{shared_house.url}/")
    keys.press("Tab")
    somebody.expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    somebody.expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    keys.press("/")
    somebody.expect(page.get_by_role("combobox", name="Search")).to_be_focused()
    keys.type("o'conn")
    keys.press("Enter")
    somebody.sees("Found for")
    tab_to(somebody, page.get_by_role("link", name=JAMES))
    keys.press("Enter")
    somebody.expect(page.get_by_role("heading", level=1)).to_have_text(JAMES)
    tab_to(somebody, page.get_by_role("link", name="Xero", exact=True))
    keys.press("Enter")
    tab_to(somebody, page.get_by_role("button", name=f"Link {JAMES}"))
    keys.press("Enter")
    somebody.sees(f"Linked to {JAMES}", "12-month value")
    unfold(somebody)
    leave_the_menu(somebody)


def unfold(somebody: Visitor) -> None:
    """An invoice opens and closes with Enter."""
    tab_to(somebody, somebody.main.locator("table.docs summary").first)
    somebody.page.keyboard.press("Enter")
    somebody.expect(somebody.main.locator("tr.unfolds").first).to_be_visible()
    somebody.page.keyboard.press("Enter")
    somebody.expect(somebody.main.locator("tr.unfolds").first).to_be_hidden()


def leave_the_menu(somebody: Visitor) -> None:
    """Escape closes one's menu and goes back to what opened it."""
    opener = somebody.page.locator("details.who > summary")
    opener.focus()
    somebody.page.keyboard.press("Enter")
    somebody.expect(somebody.page.get_by_role("button", name="Log out")).to_be_visible()
    somebody.page.keyboard.press("Tab")
    somebody.page.keyboard.press("Escape")
    somebody.expect(somebody.page.get_by_role("button", name="Log out")).to_be_hidden()
    somebody.expect(opener).to_be_focused()


def tab_to(somebody: Visitor, thing: Locator) -> None:
    """Press Tab until it has the focus; the focus is seen at every stop."""
    somebody.expect(thing).to_be_visible()
    for _ in range(80):
        if thing.evaluate("it => it === document.activeElement"):
            return
        somebody.page.keyboard.press("Tab")
        if somebody.page.evaluate("document.activeElement !== document.body"):
            where = somebody.page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
            assert somebody.page.evaluate(SEEN), f"the focus is not seen on {where}"
    raise AssertionError(f"Tab does not lead to {thing}")
