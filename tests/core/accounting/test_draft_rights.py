"""Who may see and do what with drafts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core import ManualClock
from core.accounting.models import Draft
from core.services import Services
from core.users.models import Role
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.core.accounting.drafting import (
    draft_form,
    fields_of,
    fill,
    key_in,
    open_form,
    send,
    the_draft,
)

pytestmark = pytest.mark.slow


def without(services: Services, role: str, right: str) -> None:
    with services.db.begin() as session:
        row = session.scalars(select(Role).filter_by(key=role)).one()
        row.rights = [one for one in row.rights if one != right]


def test_who_may_not_see_amounts_sees_no_overdue_and_no_total_of_others(
    sales: Browser, log_in: LogIn, services: Services, refit: str
) -> None:
    page = open_form(sales, refit)
    fill(draft_form(page))
    key = key_in(send(page).location)
    services.jobs.drain()
    saved = draft_form(open_form(sales, refit)).submit("action", value="save", status=303)
    without(services, "accounts", "accounting.see_amounts")
    clerk = log_in("accounts")
    assert "7,360" not in clerk.get("/accounting/drafts")
    assert "7,360" not in clerk.get(f"/accounting/drafts/{key}")
    assert "overdue" not in open_form(clerk, refit).html.find(id="draft-before").get_text()
    clerk.get(f"/accounting/drafts/{key_in(saved.location)}/edit", status=403)
    fields = dict(fields_of(draft_form(open_form(clerk, refit)), "save"))
    clerk.post(f"{refit}/tabs/xero/draft", {**fields, "key": key_in(saved.location)}, status=403)
    page = open_form(clerk, refit)
    fill(draft_form(page), price="1,234.00")
    assert "1,419.10" in send(page).follow()


def test_the_providers_own_words_are_for_who_may_read_the_draft(
    sales: Browser, log_in: LogIn, services: Services, sandbox: Sandbox, queued: str, clock: ManualClock
) -> None:
    without(services, "accounts", "accounting.see_amounts")
    clerk, at, words = log_in("accounts"), f"/accounting/drafts/{queued}", "6,400.00 is more than was agreed"
    for state, later in (("queued", timedelta(minutes=5)), ("unknown", None), ("refused", None)):
        with services.db.begin() as session:
            when = clock.now() + later if later else None
            told = {"error": "Xero is away.", "error_detail": words}
            session.execute(update(Draft).values(state=state, next_try_at=when, **told))
        assert "Xero is away." in clerk.get(at)
        assert words not in clerk.get(at)
        page = sales.get(at)
        shown = page.follow() if page.status_int == 303 else page
        assert (words in shown) is (state == "refused")  # of a refusal they are about this draft alone


def test_every_address_of_drafts_is_closed_to_who_may_not_draft(
    sales: Browser, log_in: LogIn, services: Services, refit: str
) -> None:
    draft_form(open_form(sales, refit)).submit("action", value="save", status=303)
    key = the_draft(services).key
    reader = log_in("reader")
    for path in (f"{refit}/tabs/xero/draft", "/accounting/drafts", f"/accounting/drafts/{key}"):
        reader.get(path, status=403)
    reader.get(f"/accounting/drafts/{key}/edit", status=403)
    for path in (f"{refit}/tabs/xero/draft", f"{refit}/tabs/xero/draft/lines"):
        reader.send(path, {"action": "send"}, status=403)
    for deed in ("look", "retry", "back", "delete"):
        reader.send(f"/accounting/drafts/{key}/{deed}", status=403)
    assert the_draft(services).state == "open"
