"""Who made or changed a draft stands in its history: once, late where it was held up, never dropped without a word."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from core import ManualClock
from core.accounting import draft_changes, draft_notes, drafts, sending
from core.accounting.models import Draft, Failure
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.core.accounting.changing import begin, made, the_change
from tests.core.accounting.changing import send as send_change
from tests.core.accounting.drafting import draft_form, the_draft

__all__ = ["made"]
pytestmark = pytest.mark.slow
NOTES: dict[str, Any] = {"path": "/api.xro/2.0/Invoices/", "method": "PUT"}


def notes(sandbox: Sandbox, verb: str = "made") -> list[str]:
    """The notes in the histories of the books."""
    return [row["Details"] for row in sandbox.records("History") if f"Draft {verb} by" in row["Details"]]


def pass_time(services: Services, clock: ManualClock, hours: float, note: draft_notes.Note = drafts.NOTE) -> None:
    """Let time pass as a worker would live it, sweeping every ten minutes."""
    for _ in range(round(hours * 6)):
        clock.advance(timedelta(minutes=10))
        draft_notes.sweep(services, note)
        services.jobs.drain()


def listed(services: Services) -> list[Failure]:
    """The notes among the failures."""
    with services.db.read() as session:
        return list(session.scalars(select(Failure).where(Failure.deed.startswith("note"))))


@pytest.mark.parametrize("fault", ["429-concurrent", "503"])
def test_the_note_on_a_change_that_was_throttled_is_written_later_once_and_is_no_failure(
    sales: Browser, services: Services, sandbox: Sandbox, made: str, clock: ManualClock, fault: str
) -> None:
    sandbox.faults.add(fault, times=1, **NOTES)
    page = begin(sales, made)
    draft_form(page)["reference"] = "PO 1"
    send_change(page)
    services.jobs.drain()
    assert the_change(services).noted_at is None
    assert notes(sandbox, "changed") == []
    pass_time(services, clock, 0.5, draft_changes.NOTE)
    assert len(notes(sandbox, "changed")) == 1
    assert the_change(services).noted_at is not None
    assert listed(services) == []


def test_a_note_waits_for_as_long_as_the_system_says_and_tells_when_the_draft_was_made(
    services: Services, sandbox: Sandbox, clock: ManualClock, queued: str
) -> None:
    sandbox.faults.add("429-day", seconds=18 * 3600, times=1, **NOTES)
    services.jobs.drain()
    at = clock.now()
    pass_time(services, clock, 17)
    asked = len(sandbox.calls.all())
    pass_time(services, clock, 0.5)
    assert (notes(sandbox), len(sandbox.calls.all())) == ([], asked), "nothing is asked before its time"
    pass_time(services, clock, 1)
    (note,) = notes(sandbox)
    assert f"at {at:%H:%M:%S} UTC in Ledgertab" in note
    assert listed(services) == []


def test_a_note_whose_answer_was_lost_is_looked_for_before_it_is_sent_again(
    services: Services, sandbox: Sandbox, clock: ManualClock, queued: str
) -> None:
    """Ten minutes later the system has forgotten the key under which it was sent."""
    sandbox.faults.add("drop-after", times=1, **NOTES)
    services.jobs.drain()
    assert the_draft(services, queued).noted_at is None
    pass_time(services, clock, 1)
    assert len(notes(sandbox)) == 1
    assert the_draft(services, queued).noted_at is not None


def test_a_note_that_was_lost_before_it_arrived_is_written(
    services: Services, sandbox: Sandbox, clock: ManualClock, queued: str
) -> None:
    sandbox.faults.add("drop-before", times=1, **NOTES)
    services.jobs.drain()
    pass_time(services, clock, 1)
    assert len(notes(sandbox)) == 1


def test_a_note_that_was_held_up_for_three_days_is_listed_and_can_be_tried_again(
    services: Services, sandbox: Sandbox, clock: ManualClock, queued: str, log_in: LogIn
) -> None:
    sandbox.faults.add("503", **NOTES)
    services.jobs.drain()
    pass_time(services, clock, 71)
    assert listed(services) == []
    pass_time(services, clock, 8)
    (failure,) = listed(services)
    assert (failure.job, failure.settled_at) == (drafts.NOTE.job, None)
    sandbox.faults.clear()
    log_in("admin").send(f"/admin/failures/{failure.reference}/retry", status=303)
    services.jobs.drain()
    assert len(notes(sandbox)) == 1
    assert [one.settled_at for one in listed(services)] == [clock.now()]


def test_a_note_for_which_an_admin_must_reconnect_is_listed_at_once_and_written_afterwards(
    services: Services, sandbox: Sandbox, clock: ManualClock, queued: str
) -> None:
    sandbox.faults.add("403", times=1, **NOTES)
    services.jobs.drain()
    (failure,) = listed(services)
    assert (failure.job, failure.settled_at) == (drafts.NOTE.job, None)
    pass_time(services, clock, 1)
    assert len(notes(sandbox)) == 1
    assert [one.settled_at is None for one in listed(services)] == [False]


def test_a_note_that_is_refused_is_listed_and_tried_no_more(
    services: Services, sandbox: Sandbox, clock: ManualClock, queued: str
) -> None:
    sending.send(services, drafts.DEED, the_draft(services, queued).id)
    with services.db.begin() as session:
        session.execute(update(Draft).values(document_id=str(uuid.uuid4())))
    services.jobs.drain()
    pass_time(services, clock, 1)
    assert [one.job for one in listed(services)] == [""]
