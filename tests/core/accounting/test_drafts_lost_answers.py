"""An answer that is lost: looked up, found or sent again, and still one invoice; on virtual time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from core import ManualClock, Unavailable
from core.accounting import connections, drafts, sending
from core.accounting.models import Draft
from core.audit.models import AuditEntry
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser
from tests.core.accounting.drafting import (
    HOUR,
    LOOKS,
    WRITES,
    books,
    draft_form,
    pass_time,
    puts,
    state,
    the_draft,
)

pytestmark = pytest.mark.slow


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
    sending._failed(services, drafts.DEED, claimed, Unavailable("Too late."))
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


@pytest.mark.parametrize("fault", ["malformed", "html", "500", "503"])
def test_an_answer_that_makes_no_sense_ends_with_one_invoice(
    services: Services, sandbox: Sandbox, queued: str, clock: ManualClock, fault: str
) -> None:
    sandbox.faults.add(fault, times=1, **WRITES)
    services.jobs.drain()
    pass_time(services, clock, seconds=600)
    assert state(services, queued) == "made"
    assert len(books(sandbox, queued)) == 1


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
