"""The second backend on the same pages: figures of its own, its notice, an estimate in place of a draft."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Enter
from tests.browser.house import House
from tests.browser.roads import HARBOUR, HARBOUR_IN_XERO, open_record, reload_until

pytestmark = pytest.mark.browser


def test_the_stub_shows_its_figures_and_says_what_it_is(shared_house: House, enter: Enter) -> None:
    sales = enter(shared_house, "sales")
    open_record(sales, "organizations", HARBOUR)
    sales.choose_tab("QuickBooks (stub)")
    sales.sees("This is a stub over a toy ledger")
    button = sales.page.get_by_role("button", name=f"Link {HARBOUR_IN_XERO}", exact=True)
    reload_until(sales, button)
    button.click()
    sales.sees("Linked to Harbour Coffee Roasters Ltd in Redwood Toy Traders (stub).", "12-month value", "US$")
    sales.sees("This is a stub over a toy ledger")
    sales.expect(sales.main.locator("dl.figs")).not_to_contain_text("NZ$")
    sales.follow("Create estimate", sales.page.locator(".head"))
    sales.sees("has no draft invoices", "An estimate is the nearest")
    sales.expect(sales.page.get_by_role("button", name="Create estimate in QuickBooks (stub)")).to_be_visible()
