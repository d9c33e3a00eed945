"""A draft that the provider refuses: its words at the field, everything typed still there, mended and sent."""

from __future__ import annotations

import pytest

from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser
from tests.core.accounting.drafting import (
    books,
    draft_form,
    press,
    send,
    state,
    the_draft,
)

pytestmark = pytest.mark.slow


def test_a_refusal_stands_at_its_field_with_everything_typed_and_goes_out_once_mended(
    sales: Browser, services: Services, sandbox: Sandbox, queued: str
) -> None:
    sandbox.deeds.archive_account("200", Sandbox.tenant_id)
    services.jobs.drain()
    draft = the_draft(services, queued)
    assert draft.state == "refused"
    assert books(sandbox, queued) == []
    page = sales.get(f"/accounting/drafts/{queued}").follow()
    form = draft_form(page)
    assert form["lines-0-unit_price"].value == "6,400.00"
    assert "Sales is archived" in page.html.find(id="lines-0-account-error").get_text()
    assert "Sales (may not be used)" in page
    form["lines-0-account"] = "210"
    again = send(page)
    assert again.location.endswith(queued)
    services.jobs.drain()
    assert state(services, queued) == "made"
    (invoice,) = books(sandbox, queued)
    assert f"{queued}-2" in invoice["Url"]
    keys = [call.headers["idempotency-key"] for call in sandbox.calls.all() if call.method == "PUT"]
    assert keys[:2] == [queued, f"{queued}-2"]


def test_a_refusal_is_told_in_the_providers_own_words_while_the_lists_are_still_old(
    sales: Browser, services: Services, sandbox: Sandbox, queued: str
) -> None:
    sandbox.deeds.archive_account("200", Sandbox.tenant_id)
    sandbox.faults.add("503", method="GET")
    services.jobs.drain()
    page = sales.get(f"/accounting/drafts/{queued}").follow()
    assert "Xero refused this. One thing to mend" in page
    assert "Account code '200'" in page.html.find(id="lines-0-account-error").get_text()
    draft_form(page)["lines-0-account"] = "210"
    send(page)
    services.jobs.drain()
    assert state(services, queued) == "made"


def test_a_customer_merged_meanwhile_is_refused_at_bill_to(
    sales: Browser, services: Services, sandbox: Sandbox, queued: str
) -> None:
    party = the_draft(services, queued).party_id
    sandbox.deeds.archive_contact(party)
    services.jobs.drain()
    assert state(services, queued) == "refused"
    page = sales.get(f"/accounting/drafts/{queued}/edit")
    assert page.html.find(id="party-error") is not None


def test_one_refused_after_its_record_was_deleted_says_so_and_can_be_deleted(
    sales: Browser, services: Services, sandbox: Sandbox, queued: str, refit: str
) -> None:
    sales.send(f"{refit}/delete", {"version": "1"}, status=303)
    assert "Take it back" in sales.get(f"/accounting/drafts/{queued}")
    sandbox.deeds.archive_account("200", Sandbox.tenant_id)
    services.jobs.drain()
    assert state(services, queued) == "refused"
    page = sales.get("/accounting/drafts").click("Open")
    assert "The record was deleted, so that this can neither be edited nor sent" in page
    assert "Account code '200'" in page.html.find(id="draft-state").get_text()
    assert "Mend it" not in page
    assert sales.get(f"/accounting/drafts/{queued}/edit", status=303).location.endswith(queued)
    assert press(page, "delete").location.endswith("/accounting/drafts")
    assert "No drafts yet" in sales.get("/accounting/drafts")
