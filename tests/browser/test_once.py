"""One invoice, however often somebody clicks, reloads or comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Enter
from tests.browser.house import House
from tests.browser.roads import fill_line, invoices_in_xero, open_xero_tab
from tests.browser.visitor import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Request

pytestmark = pytest.mark.browser
REFERENCE = "Pressed twice"
BILL_TO = "Aoraki Outdoor Co"


def test_a_double_click_a_reload_and_a_way_back_make_one_invoice(shared_house: House, enter: Enter) -> None:
    sales = enter(shared_house, "sales")
    page = sales.page
    open_xero_tab(sales, "opportunities", "Staff kitchens, three sites")
    sales.follow("Create invoice draft", sales.page.locator(".head"))
    page.wait_for_url("**/draft?key=*")
    form = page.url
    bill_someone(sales)
    page.get_by_label("Reference").fill(REFERENCE)
    fill_line(sales, 1, "Kitchen plan", "760.00")
    sales.expect(page.locator("#draft-sums")).to_contain_text("NZ$ 874.00")
    posts: list[Request] = []
    page.on("request", lambda request: posts.append(request) if request.method == "POST" else None)
    page.get_by_role("button", name="Create draft in Xero").dblclick()
    sales.sees("Made in Xero")
    one = page.url
    sales.go("/opportunities")
    page.go_back()
    sales.sees("Made in Xero")
    sales.expect(page.locator("nav.side")).to_be_visible()
    page.reload()
    sales.sees("Made in Xero")
    assert send_again(sales, next(post for post in posts if post.url.endswith("/draft"))) == one
    go_back_and_press(sales, one)
    page.goto(form)
    assert page.url == one
    sales.expect(invoices_in_xero(sales, REFERENCE)).to_have_count(1)


def send_again(sales: Visitor, post: Request) -> str:
    """The same post once more, to the letter, as a browser or a proxy may do; where it leads."""
    headers = {"content-type": post.headers["content-type"], "origin": sales.house.url, "referer": post.url}
    answer = sales.context.request.post(post.url, data=post.post_data_buffer, headers=headers)
    assert answer.ok
    return answer.url


def go_back_and_press(sales: Visitor, one: str) -> None:
    """The way back leads to the form before its last fields were filled in: pressed, it meets the draft it made."""
    sales.expected = {409}
    while not sales.path.endswith("/draft/lines"):  # a double click may leave two steps
        sales.page.go_back()
    sales.press("Create draft in Xero")
    sales.sees("The draft of this form was sent before")
    sales.follow("Open the one that was sent")
    sales.page.wait_for_url(one)


def bill_someone(sales: Visitor) -> None:
    """Somebody found by a part of the name, for nobody is linked."""
    page = sales.page
    if page.get_by_label("Bill to").locator("option:checked").inner_text().startswith(BILL_TO):
        return
    details = page.locator("details.else")
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    page.get_by_label("Name or e-mail").fill("aoraki")
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_role("button", name=f"Bill {BILL_TO}").click()
    sales.expect(page.get_by_label("Bill to").locator("option:checked")).to_contain_text(BILL_TO)
