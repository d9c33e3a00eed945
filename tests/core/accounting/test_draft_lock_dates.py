"""Books that are locked: the sandbox refuses what Xero refuses, the form of a draft says so beforehand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core import ManualClock
from core.services import Services
from plugins.xero.sandbox import Sandbox
from plugins.xero.sandbox.deeds import Impossible
from tests.conftest import Browser
from tests.core.accounting.drafting import books, button, draft_form, fill, open_form
from tests.core.pages import words

pytestmark = pytest.mark.slow
LATER = date(2027, 6, 30)


@pytest.mark.parametrize("which", ["period", "end_of_year"])
def test_a_draft_dated_before_a_lock_date_is_made_and_cannot_be_approved(
    services: Services, sandbox: Sandbox, queued: str, which: str
) -> None:
    sandbox.deeds.lock(**{which: LATER})  # type: ignore[arg-type]
    services.jobs.drain()
    (made,) = books(sandbox, queued)
    assert made["Status"] == "DRAFT"
    with pytest.raises(Impossible, match="lock date, currently set at 2027-06-30"):
        sandbox.deeds.approve(made["InvoiceID"])


def test_what_was_approved_before_the_books_were_locked_is_neither_voided_nor_paid(
    services: Services, sandbox: Sandbox, queued: str
) -> None:
    services.jobs.drain()
    (made,) = books(sandbox, queued)
    sandbox.deeds.approve(made["InvoiceID"])
    sandbox.deeds.lock(period=LATER)
    for deed in (sandbox.deeds.void, sandbox.deeds.pay):
        with pytest.raises(Impossible, match="lock date"):
            deed(made["InvoiceID"])
    sandbox.deeds.lock()
    sandbox.deeds.void(made["InvoiceID"])


def test_the_form_warns_of_the_later_lock_date_and_says_what_to_do(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, refit: str
) -> None:
    sandbox.deeds.lock(period=date(2026, 1, 31), end_of_year=LATER)
    clock.advance(timedelta(days=1, minutes=1))
    services.jobs.enqueue("accounting.refresh", connection_id=1, force=True)
    services.jobs.drain()
    page = open_form(sales, refit)
    fill(draft_form(page))
    told = words(button(page, "recalculate"))
    assert "is not after 30 Jun 2027, up to which the books are locked" in told
    assert "Choose a later date, or ask accounts." in told
