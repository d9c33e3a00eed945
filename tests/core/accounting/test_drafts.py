"""One invoice, whatever people and workers do: the state machine of drafts against the sandbox."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from core import ManualClock
from core.accounting import draft_notes, drafts, intents, sending
from core.accounting.models import DocumentLink, DocumentRow, Draft
from core.audit.models import AuditEntry
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser
from tests.core.accounting.drafting import (
    books,
    draft_form,
    fields_of,
    fill,
    key_in,
    open_form,
    puts,
    state,
    the_draft,
)

pytestmark = pytest.mark.slow


def test_a_made_draft_is_linked_audited_and_noted(services: Services, sandbox: Sandbox, queued: str) -> None:
    services.jobs.drain()
    draft = the_draft(services, queued)
    (invoice,) = books(sandbox, queued)
    assert draft.state == "made"
    assert draft.document_id == invoice["InvoiceID"]
    assert draft.noted_at is not None
    with services.db.read() as session:
        link = session.scalars(select(DocumentLink)).one()
        assert (link.kind, link.document_id, link.linked_by) == (
            "opportunities",
            invoice["InvoiceID"],
            draft.created_by,
        )
        assert session.scalars(select(DocumentRow).filter_by(document_id=draft.document_id)).one().status == "draft"
        entry = session.scalars(select(AuditEntry).filter_by(deed="draft made")).one()
        assert entry.new["document"] == invoice["InvoiceNumber"]
        assert entry.user_id == draft.created_by
    notes = [one for one in sandbox.records("History") if "Ledgertab" in str(one)]
    assert "Draft made by" in str(notes)
    assert "Roastery refit, stage 1" in str(notes)


def test_the_link_back_leads_to_the_record_and_names_no_provider(
    services: Services, sandbox: Sandbox, queued: str, refit: str
) -> None:
    services.jobs.drain()
    (invoice,) = books(sandbox, queued)
    assert invoice["Url"] == f"http://localhost{refit}?draft={queued}"
    assert "xero" not in invoice["Url"]


def test_a_second_click_makes_no_second_invoice(
    sales: Browser, services: Services, sandbox: Sandbox, refit: str
) -> None:
    page = open_form(sales, refit)
    fields = fields_of(fill(draft_form(page)), "send")
    first = sales.post(f"{refit}/tabs/xero/draft", fields, status=303)
    second = sales.post(f"{refit}/tabs/xero/draft", fields, status=303)
    services.jobs.drain()
    third = sales.post(f"{refit}/tabs/xero/draft", fields, status=303)
    services.jobs.drain()
    assert first.location == second.location == third.location
    assert len(books(sandbox, key_in(first.location))) == 1
    assert puts(sandbox) == 1


def test_two_posts_at_the_same_instant_make_one_invoice(
    sales: Browser, services: Services, sandbox: Sandbox, refit: str
) -> None:
    page = open_form(sales, refit)
    fields = fields_of(fill(draft_form(page)), "send")
    gate, locations = threading.Barrier(4), []

    def click() -> None:
        browser = Browser(sales.app)
        browser.cookiejar = sales.cookiejar
        gate.wait()
        locations.append(browser.post(f"{refit}/tabs/xero/draft", fields, status=303).location)

    clicks = [threading.Thread(target=click) for _ in range(4)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    services.jobs.drain()
    assert len(locations) == 4
    assert len(set(locations)) == 1
    assert puts(sandbox) == 1


def test_two_workers_with_the_same_job_send_it_once(services: Services, sandbox: Sandbox, queued: str) -> None:
    draft = the_draft(services, queued)
    gate = threading.Barrier(4)

    def work() -> None:
        gate.wait()
        sending.send(services, drafts.DEED, draft.id)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert puts(sandbox) == 1
    assert state(services, queued) == "made"


def test_what_is_typed_after_the_draft_was_sent_is_kept_as_a_new_draft(
    sales: Browser, services: Services, sandbox: Sandbox, queued: str, clock: ManualClock, refit: str
) -> None:
    page = open_form(sales, refit)
    form = fill(draft_form(page))
    form["key"].force_value(queued)
    form["lines-0-description"] = "Changed after the click"
    answer = form.submit("action", value="send", status=409)
    assert "Your text is here" in answer
    assert "Changed after the click" in answer
    assert draft_form(answer)["key"].value != queued
    services.jobs.drain()
    assert len(books(sandbox, queued)) == 1


def test_a_mended_draft_posted_twice_goes_out_once(
    sales: Browser, services: Services, sandbox: Sandbox, queued: str, refit: str
) -> None:
    sandbox.deeds.archive_account("200", Sandbox.tenant_id)
    services.jobs.drain()
    page = sales.get(f"/accounting/drafts/{queued}/edit")
    form = draft_form(page)
    form["lines-0-account"] = "210"
    fields = fields_of(form, "send")
    for _ in range(3):
        sales.post(f"{refit}/tabs/xero/draft", fields, status=303)
    services.jobs.drain()
    sales.post(f"{refit}/tabs/xero/draft", fields, status=303)
    services.jobs.drain()
    assert len(books(sandbox, queued)) == 1


def test_a_note_that_fails_harms_nothing(services: Services, sandbox: Sandbox, queued: str) -> None:
    sandbox.faults.add("500", path="/api.xro/2.0/Invoices/", method="PUT")
    services.jobs.drain()
    assert state(services, queued) == "made"
    assert len(books(sandbox, queued)) == 1


def test_a_note_that_was_throttled_is_written_later(
    services: Services, sandbox: Sandbox, queued: str, clock: ManualClock
) -> None:
    sandbox.faults.add("429-concurrent", path="/api.xro/2.0/Invoices/", method="PUT", times=1)
    services.jobs.drain()
    assert the_draft(services, queued).noted_at is None
    clock.advance(timedelta(minutes=3))
    draft_notes.sweep(services, drafts.NOTE)
    services.jobs.drain()
    assert the_draft(services, queued).noted_at is not None


def test_a_deleted_record_still_gets_its_draft_but_no_link(
    services: Services, sandbox: Sandbox, queued: str, refit: str
) -> None:
    with services.db.begin() as session:
        session.execute(update(Draft).values(record_id=999_999))
    services.jobs.drain()
    assert state(services, queued) == "made"
    with services.db.read() as session:
        assert session.scalar(select(func.count()).select_from(DocumentLink)) == 0


def test_a_key_that_was_sent_is_at_most_fifty_characters() -> None:
    key = intents.new_key()
    assert intents.is_key(key)
    assert len(intents.send_key(Draft(key=key, version=9999))) <= 50
