"""Drafts written by people with different styles of numbers: nobody reads a thousand where one was meant."""

from __future__ import annotations

from typing import Any

import pytest

from core.services import Services
from core.users.models import User
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.core.accounting.drafting import books, button, draft_form, fill, key_in, open_form, send

pytestmark = pytest.mark.slow


def restyle(services: Services, login: str, numbers: str) -> None:
    with services.db.begin() as session:
        session.query(User).filter_by(login=login).update({"numbers": numbers})


def texts(form: Any) -> list[str]:
    return [form[f"lines-0-{name}"].value for name in ("quantity", "unit_price", "discount")]


def test_a_draft_typed_in_one_style_is_read_in_another_and_sent_as_it_was_meant(
    sales: Browser, refit: str, services: Services, sandbox: Sandbox, log_in: LogIn
) -> None:
    restyle(services, "sales", "point")
    page = open_form(sales, refit)
    fill(draft_form(page), price="1.234,5", lines_0_quantity="1,5", lines_0_discount="12,5")
    page = button(page, "recalculate")
    assert texts(draft_form(page)) == ["1,5", "1.234,5", "12,5"], "hx-posted too"
    assert "1.620,28" in page.text, "1.5 × 1234.5 less 12.5 %"
    key = key_in(send(page).location)
    kept = sales.get(f"/accounting/drafts/{key}")
    assert "1.234,50" in kept.text
    accounts = log_in("accounts").get(f"/accounting/drafts/{key}")
    assert "1,234.50" in accounts.text
    services.jobs.drain()
    (line,) = books(sandbox, key)[0]["LineItems"]
    assert [float(line[name]) for name in ("Quantity", "UnitAmount", "DiscountRate")] == [1.5, 1234.5, 12.5]


def test_a_draft_that_was_kept_opens_in_the_style_of_who_opens_it(
    sales: Browser, refit: str, services: Services
) -> None:
    restyle(services, "sales", "point")
    page = open_form(sales, refit)
    fill(draft_form(page), price="1.234", lines_0_quantity="1,5")
    key = key_in(draft_form(page).submit("action", value="save", status=303).location)
    restyle(services, "sales", "")
    again = sales.get(f"/accounting/drafts/{key}/edit")
    assert texts(draft_form(again))[:2] == ["1.5", "1,234"]
    restyle(services, "sales", "space")
    again = sales.get(f"/accounting/drafts/{key}/edit")
    assert texts(draft_form(again))[:2] == ["1,5", "1\u00a0234"]
