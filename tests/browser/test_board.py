"""The pipeline as a board: a deal is dragged, moved by its menu, and lost with a reason; at a desk and on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import PHONE, Enter
from tests.browser.house import House
from tests.browser.test_records import well
from tests.browser.visitor import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser
OFFERED = "Offered to them before the summer."


def test_a_deal_on_the_board_at_a_desk(shared_house: House, enter: Enter) -> None:
    sales = enter(shared_house, "sales")
    sales.expected.add(422)  # a lost deal needs a reason, which is asked on a page of its own
    new_deal(sales, "Verandah carts")
    drag(sales, "Verandah carts", "Qualified")
    by_menu(sales, "Verandah carts", "Proposal")
    lose(sales, "Verandah carts", dragged=True)


def test_a_deal_on_the_board_on_a_phone(shared_house: House, enter: Enter) -> None:
    sales = enter(shared_house, "sales", **PHONE)
    new_deal(sales, "Market stall")
    by_menu(sales, "Market stall", "Qualified")
    lose(sales, "Market stall", dragged=False)


def new_deal(sales: Visitor, name: str) -> None:
    """A deal in the first stage, seen on the board."""
    sales.go("/opportunities/new")
    sales.page.get_by_label("Name").fill(name)
    sales.press("Save")
    sales.go("/opportunities")
    sales.follow("Board", sales.main)
    sales.expect(deal(stage(sales, "New"), name)).to_be_visible()
    well(sales)


def drag(sales: Visitor, name: str, to: str) -> None:
    """It stands in the other stage at once, and still after the page is loaded again."""
    before = count(stage(sales, to))
    deal(sales.main, name).drag_to(stage(sales, to).get_by_role("heading"))
    sales.expect(deal(stage(sales, to), name)).to_be_visible()
    sales.expect(stage(sales, to).get_by_role("heading")).to_have_text(f"{to} {before + 1}")
    sales.expect(sales.page.get_by_role("link", name=name)).to_be_focused()
    sales.page.reload()
    sales.expect(deal(stage(sales, to), name)).to_be_visible()


def by_menu(sales: Visitor, name: str, to: str) -> None:
    """The same for those who do not drag; the board then says what was done."""
    menu(sales, name)
    well(sales)
    sales.press(to, deal(sales.main, name))
    sales.expect(sales.page.locator("#toasts")).to_contain_text(f"{name} was moved to {to}.")
    sales.expect(deal(stage(sales, to), name)).to_be_visible()


def lose(sales: Visitor, name: str, *, dragged: bool) -> None:
    """Without a reason it stays where it is."""
    sales.expected.add(422)
    if dragged:
        deal(sales.main, name).drag_to(stage(sales, "Lost").get_by_role("heading"))
    else:
        menu(sales, name)
        sales.press("Lost", deal(sales.main, name))
    sales.expect(sales.page.get_by_role("heading", level=1)).to_have_text(f"Move {name}")
    sales.expect(sales.page.get_by_label("Stage")).to_have_value("Lost")
    assert sales.main.locator("[aria-invalid]").count() == 0
    well(sales)
    sales.press("Move")
    sales.sees("Write why it was lost.")
    well(sales)
    sales.page.get_by_label("Reason").fill(OFFERED)
    sales.press("Move")
    sales.expect(deal(stage(sales, "Lost"), name)).to_be_visible()
    sales.follow(name, sales.main)
    sales.sees("Lost", OFFERED)


def menu(sales: Visitor, name: str) -> None:
    deal(sales.main, name).locator("summary").click()


def stage(sales: Visitor, name: str) -> Locator:
    return sales.main.get_by_role("region", name=name)


def deal(within: Locator, name: str) -> Locator:
    return within.locator(".deal", has=within.page.get_by_role("link", name=name))


def count(column: Locator) -> int:
    return int(column.get_by_role("heading").inner_text().split()[-1])
