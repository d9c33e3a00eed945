"""Posts that no form of ours makes: answered in a sentence, never with a fault, and nothing is sent."""

from __future__ import annotations

from typing import Any

import pytest

from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser
from tests.core.accounting.drafting import draft_form, fields_of, fill, open_form, puts

pytestmark = pytest.mark.slow

ODD: list[dict[str, str]] = [
    {"key": "' OR 1=1"},
    {"key": ""},
    {"version": "abc"},
    {"version": "9" * 40},
    {"version": "-1"},
    {"action": "remove-999999"},
    {"action": "party-<script>alert(1)</script>"},
    {"action": "party-"},
    {"action": "\u0000"},
    {"action": "fill"},
    {"lines-999999-description": "far down"},
    {"lines-0-nonsense": "x"},
    {"lines-00-description": "twice"},
    {"amounts_are": "sometimes"},
    {"currency": "<b>"},
    {"theme": "' --"},
    {"lines-0-item": "\u0000"},
    {"lines-0-tracking_0": "<script>alert(1)</script>"},
    {"date": "9999-99-99", "due_date": "-"},
    {"reference": "\u0000\u0007"},
    {"due_proposed": "x" * 5000},
    {"q": "%_\\'\"" * 50},
]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: " ".join(f"{name}={value[:12]!r}" for name, value in odd.items()))
def test_an_odd_post_is_no_fault_and_puts_nothing_strange_into_the_page(
    sales: Browser, services: Services, sandbox: Sandbox, refit: str, odd: dict[str, str]
) -> None:
    fields: dict[str, Any] = dict(fields_of(fill(draft_form(open_form(sales, refit))), "recalculate"))
    for path, more in (("draft/lines", {}), ("draft", {"action": "save"})):
        answer = sales.post(f"{refit}/tabs/xero/{path}", {**fields, **more, **odd}, expect_errors=True)
        assert answer.status_int in (200, 303, 404, 422)
        page = answer.maybe_follow()
        assert "<script>alert" not in page
    sales.get("/accounting/drafts")
    services.jobs.drain()
    assert puts(sandbox) == 0


@pytest.mark.parametrize(
    "name", ["party", "date", "currency", "amounts_are", "lines-0-quantity", "lines-0-description"]
)
def test_a_field_that_is_missing_altogether_is_an_empty_one(
    sales: Browser, sandbox: Sandbox, refit: str, name: str
) -> None:
    fields = dict(fields_of(fill(draft_form(open_form(sales, refit))), "send"))
    del fields[name]
    page = sales.post(f"{refit}/tabs/xero/draft", fields, status=422)
    assert page.html.find(id=f"{name}-error").get_text()
    assert puts(sandbox) == 0
