"""A made draft that was changed from here: its page, its copy, its history."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from core import ManualClock
from core.accounting import failures
from core.accounting.models import ConnectionAccess, Draft
from core.services import Services
from core.users.models import User
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser
from tests.core.accounting.changing import begin, invoice, made, send, the_change
from tests.core.accounting.drafting import draft_form, fill, the_draft
from tests.core.accounting.drafting import send as send_draft
from tests.core.pages import words

__all__ = ["made"]
pytestmark = pytest.mark.slow


def change(browser: Browser, services: Services, key: str, **fields: str) -> None:
    """Change the draft from here, and see it through."""
    page = begin(browser, key)
    fill(draft_form(page), **fields)
    send(page)
    services.jobs.drain()
    assert the_change(services).state == "made"


def copy_of(browser: Browser, key: str) -> Any:
    """Press *Duplicate* on the page of a draft: the form."""
    page = browser.get(f"/accounting/drafts/{key}")
    return page.click("^Duplicate$").follow()


def test_the_page_of_a_draft_shows_what_was_changed_and_its_copy_holds_it(
    sales: Browser, services: Services, made: str
) -> None:
    change(sales, services, made, description="Extraction hood, larger", price="7,100.50")
    page = sales.get(f"/accounting/drafts/{made}")
    whole = words(page, "#draft-whole")
    assert "Extraction hood, larger" in whole
    assert "7,100.50" in whole
    assert "6,400.00" not in whole
    assert "Below stands what was sent last" in words(page)
    form = draft_form(copy_of(sales, made))
    assert form["lines-0-description"].value == "Extraction hood, larger"
    assert form["lines-0-unit_price"].value == "7,100.50"


def test_a_change_that_leaves_the_theme_as_it_is_does_not_lose_it_in_the_copy(
    sales: Browser, services: Services, made: str
) -> None:
    first = the_draft(services, made).payload
    head = {**first["typed"]["head"], "theme": "a-theme"}
    with services.db.begin() as session:
        payload = {**first, "typed": {**first["typed"], "head": head}}
        session.execute(update(Draft).where(Draft.key == made).values(payload=payload))
    change(sales, services, made, price="10.00")
    assert draft_form(copy_of(sales, made))["theme"].value == "a-theme"


def test_the_open_page_of_a_draft_learns_of_a_change(sales: Browser, services: Services, made: str) -> None:
    asks = sales.get(f"/accounting/drafts/{made}").html.select_one("#draft-state")["hx-get"]
    piece = {"HX-Request": "true"}
    assert sales.get(asks, headers=piece).status_int == 204
    change(sales, services, made, description="A hood of the same price")
    assert "A hood of the same price" in sales.get(asks, headers=piece)


def test_an_author_who_sees_no_amounts_is_not_shown_what_another_made_of_the_draft(
    sales: Browser, services: Services, made: str
) -> None:
    change(sales, services, made, price="7,100.50")
    with services.db.begin() as session:
        role = session.scalars(select(User.role_id).where(User.login == "sales")).one()
        rights = ["accounting.see_status", "accounting.draft"]
        session.add(ConnectionAccess(role_id=role, connection_id=1, rights=rights))
    page = sales.get(f"/accounting/drafts/{made}")
    assert "7,100.50" not in page
    assert "6,400.00" in page
    assert "/accounting/changes/" not in page
    assert draft_form(copy_of(sales, made))["lines-0-unit_price"].value == "6,400.00"


def test_a_copy_says_what_it_was_copied_from(sales: Browser, services: Services, made: str) -> None:
    copy = send_draft(copy_of(sales, made))
    services.jobs.drain()
    page = sales.get(copy.location)
    link = page.html.find("a", href=f"/accounting/drafts/{made}")
    assert link.text.startswith("INV-")
    assert "Copied from" in words(page)


def test_giving_a_refused_change_up_settles_what_failed_of_it(
    sales: Browser, services: Services, sandbox: Sandbox, made: str
) -> None:
    page = begin(sales, made)
    draft_form(page)["lines-0-account"] = "210"
    sandbox.deeds.archive_account("210", Sandbox.tenant_id)
    send(page)
    services.jobs.drain()
    with services.db.read() as session:
        assert failures.open_count(session) == 1
    sales.send(f"/accounting/changes/{the_change(services).key}/discard", status=303)
    with services.db.read() as session:
        assert failures.open_count(session) == 0


def test_a_discount_in_money_survives_a_change_and_is_in_the_totals(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, made: str
) -> None:
    kept = invoice(sandbox, made)["LineItems"][0]
    clock.advance(seconds=1)
    with_discount = {"LineItemID": kept["LineItemID"], "DiscountAmount": 400}
    sandbox.deeds.edit(invoice(sandbox, made)["InvoiceID"], {"LineItems": [with_discount]})
    clock.advance(seconds=360)
    services.jobs.enqueue("accounting.refresh", connection_id=1, force=True)
    services.jobs.drain()
    page = begin(sales, made)
    assert "NZ$ 400.00 is taken off already" in words(page)
    assert "6,900.00" in words(page, "#draft-sums"), "6,000 and 15 % tax"
    form = draft_form(page)
    form["reference"], form["lines-0-quantity"] = "PO 81", "2"
    send(page)
    services.jobs.drain()
    after = invoice(sandbox, made)
    assert (after["Reference"], after["LineItems"][0]["DiscountAmount"]) == ("PO 81", 400)
    assert after["SubTotal"] == 2 * 6400 - 400
    assert "The totals differ" not in sales.get(f"/accounting/changes/{the_change(services).key}")
    page = begin(sales, made)
    draft_form(page)["lines-0-discount"] = "10"
    send(page)
    services.jobs.drain()
    (line,) = invoice(sandbox, made)["LineItems"]
    assert (line["DiscountRate"], line.get("DiscountAmount"), line["LineAmount"]) == (10, None, 11520)


def test_what_is_emptied_in_the_form_is_empty_in_the_books(
    sales: Browser, services: Services, sandbox: Sandbox, made: str
) -> None:
    page = begin(sales, made)
    form = draft_form(page)
    assert form["lines-0-account"].value == "200"
    form["lines-0-account"].force_value("")
    form["lines-0-tax_rate"].force_value("")
    send(page)
    services.jobs.drain()
    (line,) = invoice(sandbox, made)["LineItems"]
    assert (line.get("AccountCode"), line.get("TaxType"), line["Description"]) == (None, None, "Extraction hood")
    assert the_change(services).payload["unmet"] == []


def test_what_the_books_keep_of_what_was_emptied_is_said(
    sales: Browser, services: Services, sandbox: Sandbox, made: str
) -> None:
    """An item brings its account with it: there is no way to take it out."""
    item = next(row for row in sandbox.records("Items") if (row.get("SalesDetails") or {}).get("AccountCode"))
    page = begin(sales, made)
    form = draft_form(page)
    form["lines-0-item"].force_value(item["Code"])
    form["lines-0-account"].force_value(item["SalesDetails"]["AccountCode"])
    send(page)
    services.jobs.drain()
    page = begin(sales, made)
    draft_form(page)["lines-0-account"].force_value("")
    send(page)
    services.jobs.drain()
    change = the_change(services)
    assert change.payload["unmet"] == ["Line 1, account"]
    told = words(sales.get(f"/accounting/changes/{change.key}"))
    assert "Not everything is there as you asked: Line 1, account." in told


def test_an_emptied_due_date_is_refused_at_its_field(
    sales: Browser, services: Services, sandbox: Sandbox, made: str
) -> None:
    page = begin(sales, made)
    draft_form(page)["due_date"] = ""
    answer = send(page)
    services.jobs.drain()
    page = answer.follow().follow()
    assert "keeps a due date" in words(page)
    assert invoice(sandbox, made)["DueDate"]
