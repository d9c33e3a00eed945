"""The second backend on the same pages: figures of its own, its notice, an estimate in place of a draft."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Enter
from tests.browser.house import House
from tests.browser.roads import STUB, open_harbour

pytestmark = pytest.mark.browser


def test_the_stub_shows_its_figures_says_what_it_is_and_takes_an_estimate(shared_house: House, enter: Enter) -> None:
    sales = enter(shared_house, "sales")
    open_harbour(sales, STUB)
    sales.sees("This is a stub over a toy ledger", "12-month value", "US$")
    sales.expect(sales.main.locator("dl.figs")).not_to_contain_text("NZ$")
    sales.follow("Create estimate", sales.page.locator(".head"))
    sales.sees("has no draft invoices", "An estimate is the nearest")
    page = sales.page
    page.get_by_label("Item, line 1").select_option(label="Coffee grinder")
    page.get_by_label("Description, line 1").fill("Grinder for the tasting room")
    page.get_by_label("Quantity, line 1").fill("2")
    page.get_by_label("Price, line 1").fill("349.90")
    sales.expect(page.locator("#draft-sums")).to_contain_text("US$")
    sales.press(f"Create estimate in {STUB.title}")
    page.wait_for_url("**/accounting/drafts/*")
    sales.sees(f"Made in {STUB.title}")
    open_harbour(sales, STUB)
    estimates = sales.main.locator("section.card", has=page.get_by_role("heading", name="Estimates", exact=True))
    sales.follow("Drafts", estimates.locator(".seg"), exact=False)
    sales.expect(estimates).to_contain_text("Grinder for the tasting room")
