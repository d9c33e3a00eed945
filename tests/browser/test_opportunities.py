"""What is sold line by line, and the invoices for it found and linked several at once: at a desk and on a phone."""

from __future__ import annotations

import pytest

from tests.browser.conftest import PHONE, Enter
from tests.browser.house import House
from tests.browser.roads import HARBOUR, STUB, XERO, Backend, find_invoices
from tests.browser.test_every_page import violations
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("backend", [XERO, STUB], ids=str)
def test_lines_are_typed_and_several_invoices_linked_at_a_desk(
    shared_house: House, enter: Enter, backend: Backend
) -> None:
    story(enter(shared_house, "sales"), f"Tasting room for {backend}", backend)


def test_lines_are_typed_and_several_invoices_linked_on_a_phone(shared_house: House, enter: Enter) -> None:
    story(enter(shared_house, "sales", **PHONE), "Tasting room, upstairs", XERO)


def story(sales: Visitor, name: str, backend: Backend) -> None:
    type_lines(sales, name)
    link_two(sales, backend)
    unlink_both(sales, backend)


def type_lines(sales: Visitor, name: str) -> None:
    """Rows come and go in place, the sum follows, and nothing typed is lost."""
    sales.go("/opportunities/new")
    page = sales.page
    page.get_by_label("Name").fill(name)
    page.get_by_label("Organization").select_option(label=HARBOUR)
    type_line(sales, 1, "Counter of oak", "2", "1,250.00")
    sales.press("Add a line")
    sales.expect(page.get_by_label("Description, line 2")).to_be_focused()
    type_line(sales, 2, "A mistake", "1", "99")
    sales.press("Add a line")
    type_line(sales, 3, "Fitting", "1.5", "80")
    page.get_by_label("Disc. %, line 3").fill("12.5")
    page.get_by_label("Disc. %, line 3").blur()
    sales.expect(page.locator("#lines-sum")).to_contain_text("2,704.00")
    sales.press("Remove line 2")
    sales.expect(page.get_by_label("Description, line 2")).to_have_value("Fitting")
    sales.expect(page.get_by_label("Description, line 3")).to_have_count(0)
    sales.expect(page.locator("#lines-sum")).to_contain_text("2,605.00")
    sales.expect(page.get_by_label("Name")).to_have_value(name)
    well(sales)
    sales.press("Save")
    sales.expect(page.get_by_role("heading", level=1)).to_have_text(name)
    sales.sees("Counter of oak", "105.00", "2,605.00")
    well(sales)


def type_line(sales: Visitor, number: int, description: str, quantity: str, price: str) -> None:
    page = sales.page
    page.get_by_label(f"Description, line {number}").fill(description)
    page.get_by_label(f"Qty, line {number}").fill(quantity)
    page.get_by_label(f"Price, line {number}").fill(price)


def link_two(sales: Visitor, backend: Backend) -> None:
    """Two of those found are ticked and linked with one press."""
    sales.choose_tab(backend.title)
    rows = find_invoices(sales, backend.text, backend=backend)
    for place in range(2):
        rows.nth(place).get_by_role("checkbox").check()
    well(sales)
    sales.press("Link selected")
    sales.expect(sales.main.get_by_role("button", name="Unlink", exact=False)).to_have_count(2)
    sales.follow("Show linked invoices")
    sales.expect(sales.main.get_by_role("checkbox")).to_have_count(2)
    well(sales)


def unlink_both(sales: Visitor, backend: Backend) -> None:
    """They are asked about, unlinked, and could be linked again."""
    for box in sales.main.get_by_role("checkbox").all():
        box.check()
    sales.press("Unlink selected")
    sales.sees("Unlink 2 invoices?", f"Nothing changes in {backend.title}")
    well(sales)
    sales.press("Unlink 2 invoices")
    sales.sees(f"Nothing changed in {backend.title}", "No invoice is linked")
    sales.expect(sales.main.get_by_role("button", name="Link again")).to_be_visible()


def well(sales: Visitor) -> None:
    """Nothing sticks out, and axe finds nothing."""
    assert sales.overflow() == []
    assert violations(sales) == []


def test_what_names_a_figure_on_a_phone_does_not_stand_beside_its_heading_at_a_desk(
    shared_house: House, enter: Enter
) -> None:
    for width, shown in ((1280, False), (375, True)):
        sales = enter(shared_house, "sales", viewport={"width": width, "height": 900})
        sales.go("/accounting/won-but-not-invoiced")
        sales.expect(sales.page.locator("td .only-card").first).to_be_visible(visible=shown)
