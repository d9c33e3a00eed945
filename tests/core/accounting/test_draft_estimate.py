"""A provider without draft invoices: the page offers an estimate, says so, and nothing is posted to its ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from core.services import Services
from tests.conftest import Browser, LogIn
from tests.core.accounting.changing import begin, press
from tests.core.accounting.drafting import button, draft_form, fields_of, key_in, open_form, send, the_draft
from tests.core.pages import words

pytestmark = pytest.mark.slow  # walks through pages


@pytest.fixture
def ini(ini: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return {**ini, "quickbooks_stub.ledger_file": str(tmp_path / "ledger.json")}


@pytest.fixture
def sales(log_in: LogIn, services: Services) -> Browser:
    """A sales person's browser; the toy company is connected."""
    admin = log_in("admin")
    away = urlsplit(admin.send("/admin/accounting/connect/quickbooks_stub/consent", status=303).location)
    admin.get(f"{away.path}?{away.query}", status=302)
    services.jobs.drain()
    return log_in("sales")


def test_the_item_that_each_line_needs_stands_in_its_row_and_no_account_theme_or_tracking_is_asked_for(
    sales: Browser, refit: str
) -> None:
    page = open_form(sales, refit, provider="quickbooks_stub")
    line = page.html.find(id="line-0")
    assert [cell["data-label"] for cell in line.find("tr").find_all("td")] == [
        "Description",
        "Qty",
        "Price",
        "Item",
        "Tax",
        "Amount",
    ]
    assert [one.get_text() for one in page.html.find(id="lines").find_all("th")][3:5] == ["Item", "Tax"]
    assert line.find("summary").get_text() == "Discount"
    names = {field["name"] for field in page.html.find(id="draft-form").find_all(("input", "select"))}
    assert not names & {"theme", "lines-0-account", "lines-0-tracking_0"}
    form = draft_form(page)
    form["lines-0-item"] = "3"
    filled = button(page, "recalculate")
    line = filled.html.find(id="line-0")
    assert line.find("textarea").get_text().strip()
    assert "account" not in {cell["data-label"].lower() for cell in line.find("tr").find_all("td")}


def test_an_estimate_is_offered_and_made_once(sales: Browser, services: Services, refit: str, tmp_path: Path) -> None:
    page = open_form(sales, refit, "?q=a", provider="quickbooks_stub")
    assert "as an estimate" in page
    assert "has no draft invoices" in page
    assert "It posts nothing" in page
    form = draft_form(page)
    party = page.html.find(class_="found").find("button", disabled=False)["value"].removeprefix("party-")
    form["party"].force_value(party)
    form["lines-0-description"], form["lines-0-unit_price"] = "Hood", "6,400.00"
    page = form.submit("action", value="send", status=422)
    assert "Choose an item" in page.html.find(id="lines-0-item-error").get_text()
    form = draft_form(page)
    form["lines-0-item"] = next(value for value, _, _ in form["lines-0-item"].options if value)
    fields = fields_of(form, "send")
    answer = send(page)
    services.jobs.drain()
    assert sales.post(str(answer.request.path), fields, status=303).location == answer.location
    services.jobs.drain()
    draft = the_draft(services, key_in(answer.location))
    assert (draft.state, draft.document_kind) == ("made", "estimate")
    assert draft.noted_at is None
    told = words(sales.get(answer.location))
    assert "Accounts turn it into an invoice in QuickBooks (stub)" in told
    assert "until it is paid" not in told
    given = json.loads((tmp_path / "ledger.json").read_text())
    marked = [row for row in given["rows"].values() if draft.key in row.get("PrivateNote", "")]
    assert [row["Type"] for row in marked] == ["Estimate"]
    assert "Estimates" in sales.get(f"{refit}/tabs/quickbooks_stub")


def test_an_estimate_is_changed_and_deleted_while_it_is_pending(
    sales: Browser, services: Services, refit: str, tmp_path: Path
) -> None:
    page = open_form(sales, refit, "?q=a", provider="quickbooks_stub")
    form = draft_form(page)
    form["party"].force_value(
        page.html.find(class_="found").find("button", disabled=False)["value"].removeprefix("party-")
    )
    form["lines-0-description"], form["lines-0-unit_price"] = "Hood", "6,400.00"
    form["lines-0-item"] = next(value for value, _, _ in form["lines-0-item"].options if value)
    key = key_in(send(page).location)
    services.jobs.drain()

    page = begin(sales, key)
    assert "where it stays an estimate" in words(page)
    draft_form(page)["lines-0-unit_price"] = "6,000.00"
    answer = draft_form(page).submit("action", value="send", status=303)
    services.jobs.drain()
    assert "Changed in QuickBooks (stub)" in answer.follow()
    assert [row["Line"][0]["UnitPrice"] for row in estimates(tmp_path, key)] == ["6000.00"]

    press(begin(sales, key, "delete"), "send")
    services.jobs.drain()
    assert [row["status"] for row in estimates(tmp_path, key)] == ["Deleted"]


def estimates(tmp_path: Path, key: str) -> list[dict[str, Any]]:
    """What carries the mark of a draft in the toy ledger."""
    given = json.loads((tmp_path / "ledger.json").read_text())
    return [row for row in given["rows"].values() if key in row.get("PrivateNote", "")]
