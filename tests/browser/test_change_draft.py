"""A draft in the books is changed and deleted from the CRM, with a mouse, and on a phone."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Enter
from tests.browser.house import House
from tests.browser.roads import fill_line, invoices_in_xero, open_xero_tab, send_draft
from tests.browser.test_once import bill_someone

pytestmark = pytest.mark.browser
OPPORTUNITY = "Staff kitchens, three sites"


def test_a_draft_is_changed_and_deleted_while_it_is_one(shared_house: House, enter: Enter) -> None:
    sales = enter(shared_house, "sales")
    open_xero_tab(sales, "opportunities", OPPORTUNITY)
    sales.follow("Create invoice draft", sales.page.locator(".head"))
    bill_someone(sales)
    fill_line(sales, 1, "Extraction hood", "6,400.00")
    number = send_draft(sales)

    sales.press(f"Change {number}")
    sales.page.get_by_label("Reference").fill("PO 4711")
    sales.page.get_by_label("Price, line 1").fill("6,150.00")
    sales.press("Change it in Xero")
    sales.sees("Changed in Xero")
    sales.expect(invoices_in_xero(sales, number)).to_contain_text("PO 4711")

    open_xero_tab(sales, "opportunities", OPPORTUNITY)
    sales.main.locator("summary", has_text=number).click()
    sales.press(f"Delete {number}")
    sales.sees(f"Delete {number} in Xero?", "It cannot be brought back")
    assert sales.overflow() == []
    sales.press("Delete it in Xero")
    sales.sees("Deleted in Xero")
    sales.expect(invoices_in_xero(sales, number)).to_contain_text("Deleted")
