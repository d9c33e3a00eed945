"""Every page: no violation that axe finds, by day and by night, and nothing wider than a phone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import Enter
from tests.browser.house import House
from tests.browser.roads import (
    HARBOUR,
    HARBOUR_IN_XERO,
    REFIT,
    fill_line,
    find_invoices,
    link_invoice,
    link_party,
    open_xero_tab,
)
from tests.browser.visitor import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser
TAB, REFIT_TAB = "/organizations/1/tabs/xero", "/opportunities/1/tabs/xero"
PAGES = (
    "/",
    "/contacts",
    "/contacts?q=nobody+is+called+so",
    "/contacts?city=Wellington&owner=me&sort=-name",
    "/contacts?country=Nowhere&changed_since=never",
    "/organizations?sort=-name",
    "/opportunities/board",
    "/opportunities/board?owner=me",
    "/opportunities/2/stage?stage=Lost",
    "/opportunities",
    "/projects",
    "/contacts/new",
    "/organizations/1/edit",
    "/opportunities/new",
    "/organizations/1",
    "/organizations/1/contacts",
    "/organizations/8/projects",
    "/organizations/1/delete",
    "/opportunities/1",
    "/projects/1",
    "/organizations/1/timeline",
    "/contacts/1/merge/2",
    "/duplicates",
    "/duplicates?kind=organizations",
    "/imports",
    "/imports/new",
    "/notes/1/edit",
    "/notes/1/delete",
    "/tasks",
    "/tasks?of=all&state=closed",
    "/tasks/new?of=organizations/1",
    "/tasks/1",
    "/tasks/1/edit",
    "/search?q=har",
    "/search?q=nobody+is+called+so",
    TAB,
    f"{TAB}?invoices=all",
    "/organizations/2/tabs/xero",
    "/organizations/1/tabs/quickbooks_stub",
    REFIT_TAB,
    "/opportunities/2/tabs/xero",
    "/projects/1/tabs/xero",
    f"{REFIT_TAB}/find?what=invoices&q=Roastery",
    f"{REFIT_TAB}/find?what=bills&from=2026-99-99",
    f"{TAB}/explain/overdue?connection=1",
    f"{TAB}/explain/days_to_pay?connection=1",
    f"{TAB}/search?q=har&connection=1",
    f"{TAB}/new-party?connection=1",
    f"{TAB}/documents/1",
    f"{TAB}/documents/2",
    f"{TAB}?invoices=all&invoices_currency=AUD",
    f"{REFIT_TAB}/documents/linked?what=invoices",
    "/accounting/won-but-not-invoiced",
    "/accounting/invoiced-more-than-agreed",
    f"{REFIT_TAB}/draft",
    "/opportunities/1/tabs/quickbooks_stub/draft",
    "/accounting/drafts",
    "/admin/accounting",
    "/admin/accounting/1/disconnect",
    "/admin/accounting/connect/xero/custom",
    "/admin/accounting/connect/xero/code?connection=1&more=drafts",
    "/admin/accounting/1/access",
    "/admin/accounting/connect/xero/code",
    "/admin/failures",
    "/bin",
    "/imports",
    "/imports/new",
    "/admin/stages",
    "/admin/fields",
    "/admin/plugins",
    "/profile",
    "/profile/tokens",
    "/admin/users",
    "/admin/users/2",
    "/admin/users/invite",
    "/admin/roles",
    "/admin/roles/2",
    "/admin/roles/new",
    "/admin/mail",
    "/admin/audit",
    "/admin/audit?q=nobody+wrote+so",
    "/admin/styleguide",
    "/contacts/999999",
)
PARTS = 4  # each well within the time that a test may take
SANDBOX_PAGES = (
    "/",
    "/sandbox/invoices",
    "/sandbox/contacts",
    "/sandbox/apps",
    "/sandbox/log",
    "/sandbox/panel",
    "/nothing-here",
)


@pytest.fixture
def admin(shared_house: House, enter: Enter) -> Visitor:
    """An admin; the pages have something to show, and nothing moves."""
    visitor = enter(shared_house, "admin", reduced_motion="reduce")
    visitor.expected = {404}
    furnish(visitor)
    return visitor


def furnish(admin: Visitor) -> None:
    """A linked organization, a linked invoice, a draft that is saved: what other tests of the house left out of it."""
    open_xero_tab(admin, "organizations", HARBOUR)
    if not admin.page.get_by_text("12-month value").count():
        link_party(admin, HARBOUR_IN_XERO)
        admin.sees("12-month value")
        open_xero_tab(admin, "opportunities", REFIT)
        number = find_invoices(admin, "Roastery").first.locator("td").first.inner_text().split("\n")[0]
        link_invoice(admin, number)
    if not saved_drafts(admin).count():
        admin.go(f"{REFIT_TAB}/draft")
        fill_line(admin, 1, "Something for later", "10.00")
        admin.press("Save for later")
        admin.sees("Saved, not sent")


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_of_the_crm(admin: Visitor, part: int) -> None:
    assert [problem for path in PAGES[part::PARTS] for problem in look_at(admin, path)] == []


def test_the_form_of_a_draft_that_was_saved(admin: Visitor) -> None:
    assert look_at(admin, admin.house.url + unfinished_form(admin)) == []


def test_copying_fields(admin: Visitor) -> None:
    admin.go(TAB)
    admin.follow("Copy fields")
    assert look_at(admin, admin.house.url + admin.path) == []


def test_every_page_of_the_sandbox(shared_house: House, enter: Enter) -> None:
    anybody = enter(shared_house)
    anybody.expected = {404}
    assert [problem for path in SANDBOX_PAGES for problem in look_at(anybody, shared_house.sandbox + path)] == []


def test_the_pages_before_one_is_logged_in(shared_house: House, enter: Enter) -> None:
    anybody = enter(shared_house)
    anybody.expected = {422}
    assert look_at(anybody, "/login") == []
    anybody.page.get_by_label("Name", exact=True).fill("nobody")
    anybody.page.get_by_label("Password").fill("wrong")
    anybody.press("Log in")
    anybody.expect(anybody.page.get_by_role("alert")).to_be_visible()
    assert violations(anybody) == []


def test_a_form_with_errors_says_them_first_and_leads_to_the_fields(shared_house: House, enter: Enter) -> None:
    sales = enter(shared_house, "sales")
    sales.expected = {422}
    sales.go(f"{REFIT_TAB}/draft")
    sales.page.get_by_label("Price, line 1").fill("a lot")
    sales.press("Create draft in Xero")
    summary = sales.page.get_by_role("alert").first
    sales.expect(summary).to_be_focused()
    assert violations(sales) == []
    sales.expect(sales.page.get_by_label("Price, line 1")).to_have_value("a lot")
    summary.get_by_role("link").first.click()
    assert sales.page.evaluate("document.activeElement.matches('[aria-invalid=true]')")


def saved_drafts(admin: Visitor) -> Locator:
    """The rows of the drafts that are saved, on the page of all drafts."""
    admin.go("/accounting/drafts")
    return admin.main.get_by_role("row").filter(has=admin.page.locator(".st", has_text="Saved"))


def unfinished_form(admin: Visitor) -> str:
    """The form of the draft that was saved."""
    saved_drafts(admin).first.get_by_role("link").first.click()
    admin.follow("Go on with it")
    admin.page.wait_for_url("**/edit")
    return admin.path


def look_at(visitor: Visitor, path: str) -> list[str]:
    """What is wrong with a page on a desktop by day and by night, and on a phone."""
    page = visitor.page
    page.goto(path if path.startswith("http") else f"{visitor.house.url}{path}")
    found = violations(visitor)
    page.emulate_media(color_scheme="dark")
    found += [f"by night: {one}" for one in violations(visitor, rules=["color-contrast"])]
    page.emulate_media(color_scheme="light")
    before = page.viewport_size
    page.set_viewport_size({"width": 375, "height": 812})
    found += [f"on a phone: {one}" for one in violations(visitor)]
    found += [f"wider than a phone: {one}" for one in visitor.overflow()]
    assert before is not None
    page.set_viewport_size(before)
    return [f"{path}: {one}" for one in found]


STILL = """() => Promise.allSettled(document.getAnimations()
  .filter(one => one.effect.getComputedTiming().endTime < Infinity).map(one => one.finished))"""


def violations(visitor: Visitor, rules: list[str] | None = None) -> list[str]:
    """What axe finds on the page at hand, once it stands still: what fades in has its colours only then."""
    from axe_playwright_python.sync_playwright import Axe

    visitor.page.evaluate(STILL)
    only = {"runOnly": rules} if rules else {}
    answer: dict[str, Any] = Axe().run(visitor.page, options={"resultTypes": ["violations"], **only}).response
    return [
        f"{one['id']}: {one['help']}: {json.dumps([node['html'][:200] for node in one['nodes'][:3]])}"
        for one in answer["violations"]
    ]
