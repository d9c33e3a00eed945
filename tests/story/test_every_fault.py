"""Each fault, as long as Xero may have it, met by a tab that is looked at and by a draft that is sent.

In all of them the tab keeps its last known copy under a plain banner, nothing is asked while Xero says to wait, and in
the end there is one invoice.
"""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest

from core import ManualClock
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.core.accounting.drafting import (
    books,
    draft_form,
    fill,
    key_in,
    link_harbour,
    open_form,
    pass_time,
    send,
    state,
    the_draft,
)
from tests.story.conftest import Connect
from tests.story.test_keeping_up import look_later

pytestmark = pytest.mark.slow
HOUR = 3600
WAITS = [
    *(("429-minute", seconds) for seconds in (1, 60, HOUR)),
    *(("429-concurrent", seconds) for seconds in (1, 30)),
    *(("429-app", seconds) for seconds in (1, 60)),
    *(("429-day", seconds) for seconds in (1, HOUR, 18 * HOUR)),
]
BREAKS = ("drop-before", "drop-after", "malformed", "html", "500", "slow")


@pytest.fixture
def sales(connect: Connect, log_in: LogIn, services: Services, harbour: str) -> Browser:
    """A sales person's browser; the organization is linked and loaded."""
    connect()
    browser = log_in("sales")
    link_harbour(browser, services, harbour)
    return browser


@pytest.fixture
def tab(sales: Browser, harbour: str) -> str:
    return f"{harbour}/tabs/xero"


@pytest.fixture
def patience(sandbox: Sandbox) -> None:
    """An answer that takes longer than the client waits: the work is done all the same."""

    def too_long(seconds: float) -> None:
        if seconds >= 20:
            raise httpx2.ReadTimeout(f"nothing for {seconds} seconds")

    sandbox.pause = too_long


def is_whole(text: str) -> bool:
    """Whether the tab shows its figures and its invoices."""
    return "12-month value" in text and "INV-" in text


def api_calls(sandbox: Sandbox) -> int:
    """How often the accounting API was asked."""
    return sum(count for call, count in sandbox.calls.counts().items() if "/api.xro/" in call)


@pytest.mark.parametrize(("kind", "seconds"), WAITS)
def test_while_xero_says_to_wait_the_tab_keeps_its_copy_and_nobody_asks(
    tab: str, sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox, kind: str, seconds: int
) -> None:
    sandbox.faults.add(kind, times=1, seconds=seconds)
    text = look_later(sales, services, clock, tab)
    assert is_whole(text)
    asked = sandbox.calls.count()
    if seconds > 5:
        text = look_later(sales, services, clock, tab, seconds=seconds // 2)
        assert is_whole(text)
        assert "last known copy" in text
        assert sandbox.calls.count() == asked
    text = look_later(sales, services, clock, tab, seconds=seconds + 301)
    assert is_whole(text)
    assert "last known copy" not in text
    assert sandbox.calls.count() > asked


def test_an_organisation_that_is_offline_for_an_hour_is_asked_now_and_then(
    tab: str, sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox
) -> None:
    sandbox.faults.add("503")
    asked = api_calls(sandbox)
    for _ in range(60):
        text = look_later(sales, services, clock, tab, seconds=60)
        assert is_whole(text)
    assert "last known copy" in text
    assert 1 < api_calls(sandbox) - asked <= 12
    sandbox.faults.clear()
    assert "last known copy" not in look_later(sales, services, clock, tab)


@pytest.mark.parametrize(("kind", "seconds"), [*WAITS, ("503", HOUR)])
def test_while_xero_says_to_wait_a_draft_waits_and_then_goes_out_once(
    sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox, refit: str, kind: str, seconds: int
) -> None:
    page = open_form(sales, refit)
    fill(draft_form(page))
    sandbox.faults.add(kind, times=1, seconds=seconds, path="/api.xro/2.0/Invoices", method="PUT")
    key = key_in(send(page).location)
    services.jobs.drain()
    row = the_draft(services, key)
    assert row.state == "queued"
    assert row.next_try_at is not None
    assert row.next_try_at <= clock.now() + timedelta(seconds=max(seconds, 60) + 5)
    assert sales.get(f"/accounting/drafts/{key}").status_int == 200
    clock.advance(seconds=max(seconds, 60))
    pass_time(services, clock, seconds=400)
    assert state(services, key) == "made"
    assert len(books(sandbox, key)) == 1


@pytest.mark.usefixtures("patience")
@pytest.mark.parametrize("kind", BREAKS)
def test_an_answer_that_breaks_leaves_the_copy_and_is_asked_again(
    tab: str, sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox, kind: str
) -> None:
    sandbox.faults.add(kind, seconds=30)
    text = look_later(sales, services, clock, tab)
    assert is_whole(text)
    assert "last known copy" in text
    sandbox.faults.clear()
    text = look_later(sales, services, clock, tab, seconds=601)
    assert is_whole(text)
    assert "last known copy" not in text


@pytest.mark.usefixtures("patience")
@pytest.mark.parametrize("kind", BREAKS)
def test_a_draft_whose_answer_breaks_is_one_invoice(
    sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox, refit: str, kind: str
) -> None:
    page = open_form(sales, refit)
    fill(draft_form(page))
    sandbox.faults.add(kind, times=1, seconds=30, path="/api.xro/2.0/Invoices", method="PUT")
    key = key_in(send(page).location)
    services.jobs.drain()
    assert sales.get(f"/accounting/drafts/{key}").status_int == 200
    pass_time(services, clock, seconds=1200)
    assert state(services, key) == "made"
    assert len(books(sandbox, key)) == 1


# What changes in Xero between the page and the click.


def test_an_invoice_voided_between_search_and_link_is_linked_and_said_to_be_void(
    sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox, refit: str
) -> None:
    tab = f"{refit}/tabs/xero"
    unpaid = next(
        one
        for one in sandbox.records("Invoices")
        if one["Status"] == "AUTHORISED"
        and not one.get("AmountPaid")
        and one["Type"] == "ACCREC"
        and not one.get("AmountCredited")
    )
    found = sales.get(f"{tab}/find", {"what": "invoices", "q": unpaid["InvoiceNumber"]})
    clock.advance(seconds=5)
    sandbox.deeds.void(unpaid["InvoiceID"])
    form = next(form for form in found.forms.values() if form.action.endswith("/documents/link"))
    form.submit(status=303)
    services.jobs.drain()
    text = look_later(sales, services, clock, tab)
    assert unpaid["InvoiceNumber"] in text
    assert "Void" in text


@pytest.mark.parametrize("deed", ["archive", "merge", "rename"])
def test_a_customer_that_changes_between_form_and_click_leaves_no_half_invoice(
    sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox, refit: str, deed: str
) -> None:
    page = open_form(sales, refit)
    fill(draft_form(page))
    customer = sandbox.contact_id("Harbour Coffee Roasters Ltd")
    clock.advance(seconds=5)
    if deed == "archive":
        sandbox.deeds.archive_contact(customer)
    elif deed == "merge":
        sandbox.deeds.merge_contact(customer, sandbox.contact_id("Tūī Design Studio Limited"))
    else:
        sandbox.deeds.rename_contact(customer, "Harbour Coffee Company Ltd")
    key = key_in(send(page).location)
    services.jobs.drain()
    pass_time(services, clock, seconds=300)
    if deed == "rename":
        assert state(services, key) == "made"
        assert len(books(sandbox, key)) == 1
    else:
        assert state(services, key) == "refused"
        assert books(sandbox, key) == []
        text = sales.get(f"/accounting/drafts/{key}/edit")
        assert "Extraction hood" in text


def test_a_draft_deleted_in_xero_is_said_to_be_deleted(
    sales: Browser, services: Services, clock: ManualClock, sandbox: Sandbox, refit: str
) -> None:
    page = open_form(sales, refit)
    fill(draft_form(page))
    key = key_in(send(page).location)
    services.jobs.drain()
    clock.advance(seconds=5)
    sandbox.deeds.delete(books(sandbox, key)[0]["InvoiceID"])
    text = look_later(sales, services, clock, f"{refit}/tabs/xero")
    assert "Deleted" in text or "deleted" in text
    assert len(books(sandbox, key)) == 1
