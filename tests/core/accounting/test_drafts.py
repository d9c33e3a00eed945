"""One invoice, whatever happens: the state machine of drafts against the sandbox and its faults, on virtual time."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from core import ManualClock, Unavailable
from core.accounting import connections, drafts, intents, sending
from core.accounting.models import Connection, DocumentLink, DocumentRow, Draft
from core.audit.models import AuditEntry
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.core.accounting.drafting import (
    books,
    draft_form,
    fields_of,
    fill,
    key_in,
    link_harbour,
    pass_time,
    send,
    the_draft,
)
from tests.story.conftest import Connect

pytestmark = pytest.mark.slow

WRITES: dict[str, Any] = {"method": "PUT", "path": "/api.xro/2.0/Invoices"}
LOOKS: dict[str, Any] = {"method": "GET", "path": "/api.xro/2.0/Invoices"}
HOUR = 3600


@pytest.fixture
def sales(connect: Connect, log_in: LogIn, services: Services, harbour: str) -> Browser:
    """A sales person's browser; the organization is linked and the lists are read."""
    connect()
    browser = log_in("sales")
    link_harbour(browser, services, harbour)
    return browser


@pytest.fixture
def queued(sales: Browser, refit: str) -> str:
    """The key of a draft that was just sent: its job waits in the queue."""
    page = sales.get(f"{refit}/tabs/xero/draft")
    fill(draft_form(page))
    return key_in(send(page).location)


def puts(sandbox: Sandbox) -> int:
    """How many times an invoice was sent."""
    return sandbox.calls.counts().get("PUT /api.xro/2.0/Invoices", 0)


def state(services: Services, key: str) -> str:
    return the_draft(services, key).state


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
    page = sales.get(f"{refit}/tabs/xero/draft")
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
    page = sales.get(f"{refit}/tabs/xero/draft")
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


def test_an_answer_lost_after_the_write_is_found_by_our_mark(
    sales: Browser, services: Services, sandbox: Sandbox, queued: str
) -> None:
    sandbox.faults.add("drop-after", times=1, **WRITES)
    services.jobs.drain()
    assert state(services, queued) == "made"
    assert len(books(sandbox, queued)) == 1
    assert puts(sandbox) == 1


def test_a_lost_answer_that_cannot_be_looked_up_is_said_not_known(
    sales: Browser, services: Services, sandbox: Sandbox, queued: str, clock: ManualClock
) -> None:
    sandbox.faults.add("drop-after", times=1, **WRITES)
    sandbox.faults.add("503", **LOOKS)
    services.jobs.drain()
    page = sales.get(f"/accounting/drafts/{queued}")
    assert state(services, queued) == "unknown"
    assert "We do not know yet" in page
    assert "Look again" in page
    assert "Try again" not in page
    pass_time(services, clock, seconds=600)
    assert puts(sandbox) == 1
    sandbox.faults.clear()
    form = next(form for form in page.forms.values() if form.action.endswith("/look"))
    form.submit(status=303)
    services.jobs.drain()
    assert "Made in Xero" in sales.get(f"/accounting/drafts/{queued}")
    assert len(books(sandbox, queued)) == 1


def test_a_draft_in_doubt_that_was_refused_and_mended_finds_what_the_first_send_made(
    sales: Browser, services: Services, sandbox: Sandbox, queued: str, clock: ManualClock
) -> None:
    sandbox.faults.add("drop-after", times=1, **WRITES)
    sandbox.faults.add("503", **LOOKS)
    services.jobs.drain()
    assert state(services, queued) == "unknown"
    with services.db.begin() as session:  # as if a resend had been refused before the first write showed
        session.execute(update(Draft).values(state="refused", next_try_at=None))
    sandbox.faults.clear()
    form = draft_form(sales.get(f"/accounting/drafts/{queued}/edit"))
    form["lines-0-description"] = "Mended"
    form.submit("action", value="send")
    services.jobs.drain()
    assert state(services, queued) == "made"
    assert [one["LineItems"][0]["Description"] for one in books(sandbox, queued)] == ["Extraction hood"]


def test_what_is_typed_after_the_draft_was_sent_is_kept_as_a_new_draft(
    sales: Browser, services: Services, sandbox: Sandbox, queued: str, clock: ManualClock, refit: str
) -> None:
    page = sales.get(f"{refit}/tabs/xero/draft")
    form = fill(draft_form(page))
    form["key"].force_value(queued)
    form["lines-0-description"] = "Changed after the click"
    answer = form.submit("action", value="send", status=409)
    assert "Your text is here" in answer
    assert "Changed after the click" in answer
    assert draft_form(answer)["key"].value != queued
    services.jobs.drain()
    assert len(books(sandbox, queued)) == 1


def test_what_was_dropped_before_the_write_counts_as_not_there_only_after_the_margin(
    services: Services, sandbox: Sandbox, queued: str, clock: ManualClock
) -> None:
    sandbox.faults.add("drop-before", times=1, **WRITES)
    services.jobs.drain()
    assert state(services, queued) == "unknown"
    pass_time(services, clock, seconds=sending.MARGIN.total_seconds() - 1)
    assert (state(services, queued), puts(sandbox)) == ("unknown", 1)
    pass_time(services, clock, seconds=60)
    assert state(services, queued) == "made"
    assert len(books(sandbox, queued)) == 1


def test_it_is_sent_again_under_the_same_key(
    services: Services, sandbox: Sandbox, queued: str, clock: ManualClock
) -> None:
    sandbox.faults.add("drop-before", times=1, **WRITES)
    services.jobs.drain()
    pass_time(services, clock, seconds=120)
    sent = [call for call in sandbox.calls.all() if call.method == "PUT" and call.path.endswith("/Invoices")]
    assert [call.headers["idempotency-key"] for call in sent] == [queued, queued]
    assert sent[0].body == sent[1].body


def test_every_resend_follows_a_look_up(services: Services, sandbox: Sandbox, queued: str, clock: ManualClock) -> None:
    sandbox.faults.add("drop-before", **WRITES)
    services.jobs.drain()
    pass_time(services, clock, seconds=HOUR)
    asked = [
        call for call in sandbox.calls.all() if call.path.endswith("/Invoices") and call.at >= drafts_since(services)
    ]
    sends = [number for number, call in enumerate(asked) if call.method == "PUT"]
    assert len(sends) == sending.AUTOMATIC
    for number in sends[1:]:
        assert asked[number - 1].method == "GET"
        assert "createdByMyApp=true" in asked[number - 1].query
        assert asked[number - 1].status == 200


def drafts_since(services: Services) -> Any:
    return the_draft(services).created_at


def test_after_three_times_a_person_decides_and_it_is_looked_up_once_more(
    sales: Browser, services: Services, sandbox: Sandbox, queued: str, clock: ManualClock
) -> None:
    sandbox.faults.add("drop-before", **WRITES)
    services.jobs.drain()
    pass_time(services, clock, seconds=HOUR)
    page = sales.get(f"/accounting/drafts/{queued}")
    assert state(services, queued) == "missing"
    assert "It did not arrive" in page
    sandbox.faults.clear()
    next(form for form in page.forms.values() if form.action.endswith("/retry")).submit(status=303)
    services.jobs.drain()
    assert state(services, queued) == "made"
    assert len(books(sandbox, queued)) == 1


def test_what_turns_up_late_is_found_instead_of_sent_again(
    sales: Browser, services: Services, sandbox: Sandbox, queued: str, clock: ManualClock
) -> None:
    """Three answers lost after the write, and looking up impossible all the while: still one invoice."""
    sandbox.faults.add("drop-after", **WRITES)
    sandbox.faults.add("500", **LOOKS)
    services.jobs.drain()
    pass_time(services, clock, seconds=HOUR)
    sandbox.faults.clear()
    pass_time(services, clock, seconds=HOUR)
    assert state(services, queued) == "made"
    assert len(books(sandbox, queued)) == 1
    assert puts(sandbox) == 1


def test_a_retry_after_an_hour_makes_no_second_invoice(
    services: Services, sandbox: Sandbox, queued: str, clock: ManualClock
) -> None:
    """The worker died after the write; its queue and everything else slept for an hour, longer than any key lives."""
    draft = the_draft(services, queued)
    claimed = sending._claim(services, drafts.DEED, draft.id, (Draft.state == "queued",))
    assert claimed is not None
    drafts.DEED.send(services, connections.open_provider(services, draft.connection_id), claimed)
    clock.advance(timedelta(hours=1))
    services.jobs.drain()
    assert state(services, queued) == "sending"
    pass_time(services, clock, seconds=30)
    assert state(services, queued) == "made"
    assert len(books(sandbox, queued)) == 1
    assert puts(sandbox) == 1


def test_the_late_answer_of_a_sender_given_up_for_dead_changes_nothing(
    services: Services, sandbox: Sandbox, queued: str, clock: ManualClock
) -> None:
    """It was only asleep: meanwhile its draft was looked up, found and written down."""
    draft = the_draft(services, queued)
    claimed = sending._claim(services, drafts.DEED, draft.id, (Draft.state == "queued",))
    assert claimed is not None
    answer = drafts.DEED.send(services, connections.open_provider(services, draft.connection_id), claimed)
    pass_time(services, clock, seconds=180)
    made = the_draft(services, queued)
    assert made.state == "made"
    clock.advance(seconds=60)
    sending._keep(services, drafts.DEED, draft.id, answer)
    sending._failed(services, drafts.DEED, claimed, Unavailable("Too late."), again=False)
    assert the_draft(services, queued).updated_at == made.updated_at
    with services.db.read() as session:
        assert len(session.scalars(select(AuditEntry).filter_by(deed="draft made")).all()) == 1


def test_a_worker_that_died_before_the_write_loses_nothing(
    services: Services, sandbox: Sandbox, queued: str, clock: ManualClock
) -> None:
    sending._claim(services, drafts.DEED, the_draft(services, queued).id, (Draft.state == "queued",))
    services.jobs.drain()
    assert (state(services, queued), puts(sandbox)) == ("sending", 0)
    pass_time(services, clock, seconds=sending.LEASE.total_seconds() - 15)
    assert state(services, queued) == "sending"
    pass_time(services, clock, seconds=60)
    assert state(services, queued) == "made"
    assert len(books(sandbox, queued)) == 1


def test_a_look_up_that_was_overtaken_sends_nothing(
    services: Services, sandbox: Sandbox, queued: str, clock: ManualClock
) -> None:
    """Two look-ups found nothing; the first sent again and lost its answer; the second must not send on old news."""
    sandbox.faults.add("drop-before", times=1, **WRITES)
    services.jobs.drain()
    clock.advance(seconds=90)
    before = the_draft(services, queued)
    sandbox.faults.add("drop-after", times=1, **WRITES)
    sandbox.faults.add("503", times=1, **LOOKS)
    sending._send_again(services, drafts.DEED, before)
    assert state(services, queued) == "unknown"
    sending._send_again(services, drafts.DEED, before)
    assert puts(sandbox) == 2
    assert len(books(sandbox, queued)) == 1


def test_a_job_lost_by_the_queue_is_swept_up(
    services: Services, sandbox: Sandbox, queued: str, clock: ManualClock
) -> None:
    while services.jobs.huey.dequeue() is not None:
        pass
    pass_time(services, clock, seconds=15)
    assert state(services, queued) == "queued"
    pass_time(services, clock, seconds=30)
    assert state(services, queued) == "made"
    assert puts(sandbox) == 1


@pytest.mark.parametrize(("fault", "seconds"), [("429-minute", 30), ("429-concurrent", 1), ("429-day", 6 * HOUR)])
def test_too_many_calls_wait_until_the_provider_says_and_then_go_out(
    sales: Browser, services: Services, sandbox: Sandbox, queued: str, clock: ManualClock, fault: str, seconds: int
) -> None:
    sandbox.faults.add(fault, times=1, **WRITES)
    services.jobs.drain()
    draft = the_draft(services, queued)
    assert draft.state == "queued"
    assert draft.next_try_at == clock.now() + timedelta(seconds=seconds)
    if seconds > 1:
        assert "Nothing was written there. It goes out by itself" in sales.get(f"/accounting/drafts/{queued}")
    pass_time(services, clock, seconds=seconds + 60)
    assert state(services, queued) == "made"
    assert len(books(sandbox, queued)) == 1


def test_one_that_waits_is_not_sent_by_an_old_job_before_its_time(
    services: Services, sandbox: Sandbox, queued: str, clock: ManualClock
) -> None:
    sandbox.faults.add("429-day", times=1, **WRITES)
    services.jobs.drain()
    tried = the_draft(services, queued)
    clock.advance(seconds=10)
    services.jobs.enqueue(drafts.JOB, intent_id=tried.id)
    services.jobs.drain()
    assert the_draft(services, queued).sent_at == tried.sent_at
    assert puts(sandbox) == 1


def test_throttled_after_a_lost_answer_is_looked_up_again_before_it_is_sent(
    services: Services, sandbox: Sandbox, queued: str, clock: ManualClock
) -> None:
    sandbox.faults.add("drop-before", times=1, **WRITES)
    sandbox.faults.add("429-minute", times=1, **WRITES)
    services.jobs.drain()
    pass_time(services, clock, seconds=75)
    assert (state(services, queued), puts(sandbox)) == ("unknown", 2)
    pass_time(services, clock, seconds=120)
    assert state(services, queued) == "made"
    last = [call for call in sandbox.calls.all() if call.path.endswith("/Invoices")][-2:]
    assert [call.method for call in last] == ["GET", "PUT"]


@pytest.mark.parametrize("fault", ["malformed", "html", "500", "503"])
def test_an_answer_that_makes_no_sense_ends_with_one_invoice(
    services: Services, sandbox: Sandbox, queued: str, clock: ManualClock, fault: str
) -> None:
    sandbox.faults.add(fault, times=1, **WRITES)
    services.jobs.drain()
    pass_time(services, clock, seconds=600)
    assert state(services, queued) == "made"
    assert len(books(sandbox, queued)) == 1


def test_a_disconnected_organisation_leaves_the_draft_open_with_a_plain_sentence(
    sales: Browser, services: Services, sandbox: Sandbox, queued: str
) -> None:
    sandbox.faults.add("403", **WRITES)
    services.jobs.drain()
    assert state(services, queued) == "open"
    page = sales.get(f"/accounting/drafts/{queued}")
    assert "It was not sent." in page
    assert "Connect it again" in page
    with services.db.read() as session:
        assert session.scalars(select(Connection)).one().state == "reconnect"
    sandbox.faults.clear()
    with services.db.begin() as session:
        session.execute(update(Connection).values(state="connected"))
    form = page.click("Go on with it")
    assert draft_form(form)["lines-0-unit_price"].value == "6,400.00"
    send(form).follow()
    services.jobs.drain()
    assert state(services, queued) == "made"
    assert len(books(sandbox, queued)) == 1


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


def test_a_customer_merged_meanwhile_is_refused_at_bill_to(
    sales: Browser, services: Services, sandbox: Sandbox, queued: str
) -> None:
    party = the_draft(services, queued).party_id
    sandbox.deeds.archive_contact(party)
    services.jobs.drain()
    assert state(services, queued) == "refused"
    page = sales.get(f"/accounting/drafts/{queued}/edit")
    assert page.html.find(id="party-error") is not None


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
    drafts.sweep_notes(services)
    services.jobs.drain()
    assert the_draft(services, queued).noted_at is not None


def test_a_provider_that_raises_what_it_should_not_counts_as_unknown(
    services: Services, sandbox: Sandbox, queued: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here the provider is broken on purpose: its fault cannot be brought about at the wire."""
    send_well = drafts.DEED.send

    def break_after_the_write(*args: Any) -> Any:
        send_well(*args)
        raise KeyError("Total")

    monkeypatch.setattr(drafts.DEED, "send", break_after_the_write)
    services.jobs.drain()
    assert state(services, queued) == "made"
    assert puts(sandbox) == 1


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
