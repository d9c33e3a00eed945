"""Typing faster than the server answers: nothing typed is lost, and no press of a button."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Enter
from tests.browser.house import House

if TYPE_CHECKING:
    from playwright.sync_api import Route

pytestmark = pytest.mark.browser


def test_what_is_typed_and_pressed_while_an_answer_is_on_its_way_stays(shared_house: House, enter: Enter) -> None:
    sales = enter(shared_house, "sales")
    page = sales.page
    sales.go("/opportunities/2/tabs/xero/draft")
    gate = Gate()
    page.route("**/draft/lines", gate.meet)
    page.get_by_label("Description, line 1").fill("Counter")
    page.get_by_label("Price, line 1").fill("1,200.00")
    page.get_by_label("Account, line 1").select_option("200")
    sales.press("Add a line")
    page.get_by_label("Description, line 1").press_sequentially(", oak, oiled")
    page.wait_for_timeout(300)
    assert len(gate.held) >= 2
    gate.open()
    sales.expect(page.get_by_label("Description, line 2")).to_be_visible()
    sales.expect(page.get_by_label("Description, line 1")).to_have_value("Counter, oak, oiled")
    sales.expect(page.get_by_label("Account, line 1")).to_have_value("200")
    sales.expect(page.locator("#draft-sums")).to_contain_text("NZ$ 1,380.00")
    sales.expect(page.get_by_label("Description, line 3")).to_have_count(0)
    page.unroute_all(behavior="wait")
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("width", [375, 1181, 1280, 1600])
def test_prices_and_choices_of_a_line_are_seen_whole(shared_house: House, enter: Enter, width: int) -> None:
    sales = enter(shared_house, "sales", viewport={"width": width, "height": 900})
    page = sales.page
    sales.go("/opportunities/2/tabs/xero/draft")
    page.get_by_label("Price, line 1").fill("24,000.1234")
    for name in ("unit_price", "quantity"):
        seen, whole = page.locator(f"#lines-0-{name}").evaluate("one => [one.clientWidth, one.scrollWidth]")
        assert whole <= seen, name
    for name in ("account", "tax_rate"):
        room, words = page.locator(f"#lines-0-{name}").evaluate(ROOM_AND_WORDS)
        assert words <= room, name
    assert page.evaluate("document.documentElement.scrollWidth") <= width


# The width of the chosen words beside that of the field without its padding and the arrow.
ROOM_AND_WORDS = """one => {
  const style = getComputedStyle(one), pen = document.createElement("canvas").getContext("2d");
  pen.font = style.font;
  const room = one.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - 20;
  return [room, pen.measureText(one.selectedOptions[0].textContent).width];
}"""


def test_a_style_that_a_browsers_helper_put_on_a_field_is_no_fault_when_the_form_is_filled(
    shared_house: House, enter: Enter
) -> None:
    """Managers of passwords and such style the fields of a page: htmx copied that over, which the policy forbids."""
    sales = enter(shared_house, "sales")
    page = sales.page
    sales.go("/opportunities/2/tabs/xero/draft")
    page.evaluate("document.querySelectorAll('#draft-form [id]').forEach(one => { one.style.caretColor = 'auto'; })")
    sales.press("Fill from the opportunity")
    sales.expect(page.get_by_label("Description, line 1")).to_have_value("Roastery refit, stage 2")
    page.wait_for_load_state("networkidle")


class Gate:
    """Holds requests back until it is opened."""

    def __init__(self) -> None:
        self.held: list[Route] = []
        self._is_open = False

    def meet(self, route: Route) -> None:
        """Let a request pass, or hold it."""
        if self._is_open:
            route.continue_()
        else:
            self.held.append(route)

    def open(self) -> None:
        """Let all pass."""
        self._is_open = True
        for route in self.held:
            route.continue_()
