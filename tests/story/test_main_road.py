"""The main job, end to end: connect, link, look, find, on the pages and against the sandbox."""

from __future__ import annotations

from core import ManualClock
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import LogIn
from tests.story.conftest import Connect


def test_an_admin_connects_an_organisation_by_the_consent_page(connect: Connect) -> None:
    page = connect().get("/admin/accounting")
    assert "Kererū Trading" in page
    assert "Connected" in page
    assert "NZD" in page


def test_of_several_organisations_the_admin_picks(connect: Connect) -> None:
    admin = connect(tenants=2)
    page = admin.get("/admin/accounting")
    assert "No organisation is connected" in page


def test_an_organization_is_linked_by_suggestion_and_shows_its_figures(
    connect: Connect, log_in: LogIn, services: Services, harbour: str
) -> None:
    connect()
    sales = log_in("sales")
    page = sales.get(f"{harbour}/tabs/xero")
    assert "Harbour Coffee Roasters Ltd" in page
    assert "same name" in page
    form = next(form for form in page.forms.values() if form.action.endswith("/link"))
    form.submit(status=303)
    services.jobs.drain()
    page = sales.get(f"{harbour}/tabs/xero")
    assert "Linked to" in page
    assert "12-month value" in page
    assert "INV-" in page


def test_a_tab_that_is_drawn_calls_nobody(
    connect: Connect, log_in: LogIn, services: Services, harbour: str, sandbox: Sandbox, clock: ManualClock
) -> None:
    connect()
    sales = log_in("sales")
    next(f for f in sales.get(f"{harbour}/tabs/xero").forms.values() if f.action.endswith("/link")).submit()
    services.jobs.drain()
    before = sandbox.calls.count()
    for _ in range(10):
        sales.get(harbour)
        sales.get(f"{harbour}/tabs/xero")
    clock.advance(seconds=3600)
    sales.get(f"{harbour}/tabs/xero")
    assert sandbox.calls.count() == before


def test_an_invoice_is_found_by_its_number_and_linked_to_an_opportunity(
    connect: Connect, log_in: LogIn, services: Services, refit: str
) -> None:
    connect()
    sales = log_in("sales")
    found = sales.get(f"{refit}/tabs/xero/find?what=invoices&q=Roastery")
    assert "Roastery refit, stage 1" in found
    next(form for form in found.forms.values() if form.action.endswith("/documents/link")).submit(status=303)
    page = sales.get(f"{refit}/tabs/xero")
    assert "Billed so far" in page
    assert "Unlink" in page
