"""What a provider does not offer is not on the pages: no button that leads nowhere, no field with nothing to choose."""

from __future__ import annotations

from typing import Any

import pytest

from core import Capability
from core.services import Services
from tests.conftest import Browser, LogIn
from tests.core.conftest import Make
from tests.core.pages import words
from tests.testing.desk import extra, house, ini, make
from tests.testing.stranger import KEY, Ledgerhouse

__all__ = ["extra", "house", "ini", "make"]

pytestmark = pytest.mark.slow


@pytest.fixture
def browser(log_in: LogIn, services: Services) -> Browser:
    """An admin who connected Ledgerhouse."""
    admin = log_in("admin")
    admin.send(f"/admin/accounting/connect/{KEY}/api_key", {"api_key": "lh_1"}, status=303)
    services.jobs.drain()
    return admin


@pytest.fixture
def bakery(make: Make) -> str:
    return f"/organizations/{make('organizations', name='Mill Bakery')}/tabs/{KEY}"


@pytest.fixture
def oven(make: Make) -> str:
    return f"/opportunities/{make('opportunities', name='Oven', currency='NZD')}/tabs/{KEY}"


def claim(house: Ledgerhouse, *more: Capability, drafts: bool = True) -> None:
    able = {*more, *({Capability.DRAFT_INVOICE} if drafts else ())}
    house.spoilt["capabilities"] = lambda answer: frozenset(able)


def makes_contacts(browser: Browser, bakery: str, oven: str) -> list[bool]:
    """Whether the tab, a search without a find and the draft's form offer to make a new contact."""
    paths = (bakery, f"{bakery}/search?connection=1&q=nobody", f"{oven}/draft")
    return ["new-party" in str(form(browser, path)) for path in paths]


def form(browser: Browser, path: str) -> Any:
    return browser.get(path).maybe_follow().html


def test_no_new_contact_is_offered_where_none_can_be_made(
    browser: Browser, house: Ledgerhouse, bakery: str, oven: str
) -> None:
    assert makes_contacts(browser, bakery, oven) == [False, False, False]
    claim(house, Capability.PARTIES_CREATE)
    assert makes_contacts(browser, bakery, oven) == [True, True, True]


def test_no_draft_is_offered_on_a_tab_without_links_where_none_can_be_made(
    browser: Browser, house: Ledgerhouse, oven: str
) -> None:
    assert "Create invoice draft" in browser.get(oven)
    claim(house, drafts=False)
    page = browser.get(oven)
    assert "Create" not in page
    assert "raise a draft" not in page


def test_a_draft_asks_for_nothing_that_there_is_none_of(browser: Browser, oven: str) -> None:
    page = form(browser, f"{oven}/draft")
    assert [one.get_text() for one in page.find(id="lines").find_all("th")] == [
        "Description",
        "Qty",
        "Price",
        "Tax",
        "Amount",
    ]
    assert page.find(id="theme") is None
    assert page.find(id="line-0").find("summary").get_text() == "Discount"


def test_what_a_grant_lacks_is_said_in_the_providers_words(browser: Browser, house: Ledgerhouse) -> None:
    assert "missing" not in words(browser.get("/admin/accounting"))
    house.spoilt["lacks"] = lambda answer: {"ledger.read": "seeing the books", "mail": "reminders"}
    said = words(browser.get("/admin/accounting"))
    assert "2 permissions are missing. Without ledger.read this does not work: seeing the books." in said
    assert "Press Reconnect and allow ledger.read , mail" in said


@pytest.mark.parametrize("wrong", [["ledger.read"], {"ledger.read": None}, None])
def test_a_way_to_connect_that_cannot_tell_what_is_missing_takes_no_page_down(
    browser: Browser, house: Ledgerhouse, wrong: Any
) -> None:
    house.spoilt["lacks"] = lambda answer: wrong
    assert "missing" not in words(browser.get("/admin/accounting"))
    assert "api_key.lacks" in words(browser.get("/admin/plugins"))
