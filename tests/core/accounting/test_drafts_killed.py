"""A worker killed or stopped, as a real process over a real database, queue and connection: still one invoice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from core import ManualClock
from core.accounting import draft_notes, drafts, parties, sending
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.core.accounting.doomed_worker import STOPS
from tests.core.accounting.drafting import (
    HOUR,
    books,
    draft_form,
    fill,
    key_in,
    link_harbour,
    open_form,
    pass_time,
    send,
    the_draft,
)
from tests.core.accounting.over_http import address, http, ini
from tests.story.conftest import Connect

__all__ = ["address", "http", "ini"]

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
PUT = "PUT /api.xro/2.0/Invoices"
POINTS = (
    "before it is taken",
    "before the call",
    "in the call",
    "after the call",
    "while it is written down",
    "after it was written down",
)


@pytest.fixture
def queued(connect: Connect, log_in: LogIn, services: Services, harbour: str, refit: str) -> str:
    """The key of a draft whose job waits in the queue's file."""
    connect()
    sales: Browser = log_in("sales")
    link_harbour(sales, services, harbour)
    page = open_form(sales, refit)
    fill(draft_form(page))
    return key_in(send(page).location)


def start(services: Services, clock: ManualClock, tmp_path: Path, point: str) -> subprocess.Popen[bytes]:
    """A worker that will die at the point."""
    where = tmp_path / "doom.json"
    where.write_text(json.dumps({"settings": dict(services.settings.all), "now": clock.now().isoformat()}))
    command = [sys.executable, "-W", "ignore", "-m", "tests.core.accounting.doomed_worker", str(where), point]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def kill_a_worker(services: Services, clock: ManualClock, tmp_path: Path, point: str) -> None:
    """Start a worker and see it die at the point."""
    with start(services, clock, tmp_path, point) as worker:
        _, said = worker.communicate(timeout=60)
    assert worker.returncode == -9, said.decode()


def kill_a_worker_in_the_call(services: Services, clock: ManualClock, sandbox: Sandbox, tmp_path: Path) -> None:
    """Kill it while the other side has its request and takes its time; what was sent is then written all the same."""
    arrived, dead = threading.Event(), threading.Event()

    def take_time(seconds: float) -> None:
        arrived.set()
        dead.wait(60)

    sandbox.pause = take_time
    sandbox.faults.add("slow", times=1, method="PUT")
    with start(services, clock, tmp_path, "in the call") as worker:
        assert arrived.wait(60)
        worker.kill()
        worker.communicate(timeout=60)
        dead.set()
    for _ in range(200):
        if sandbox.calls.counts().get(PUT):
            return
        time.sleep(0.05)
    raise AssertionError("The call was never ended.")


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_any_point_leaves_one_invoice(
    services: Services, sandbox: Sandbox, clock: ManualClock, queued: str, tmp_path: Path, point: str
) -> None:
    if point == "in the call":
        kill_a_worker_in_the_call(services, clock, sandbox, tmp_path)
    else:
        kill_a_worker(services, clock, tmp_path, point)
    assert the_draft(services, queued).state == {
        "before it is taken": "queued",
        "after it was written down": "made",
    }.get(point, "sending")
    pass_time(services, clock, seconds=300)
    draft_notes.sweep(services, drafts.NOTE)
    services.jobs.drain()
    draft = the_draft(services, queued)
    assert draft.state == "made"
    (invoice,) = books(sandbox, queued)
    assert draft.document_id == invoice["InvoiceID"]
    assert draft.noted_at is not None
    assert sandbox.calls.counts()[PUT] == 1


def test_workers_killed_one_after_the_other_leave_one_invoice(
    services: Services, sandbox: Sandbox, clock: ManualClock, queued: str, tmp_path: Path
) -> None:
    """The first dies after the write, the one that looks it up dies over its notes; the third ends it."""
    kill_a_worker(services, clock, tmp_path, "after the call")
    clock.advance(sending.LEASE + timedelta(seconds=10))

    sending.sweep(services, drafts.DEED)
    kill_a_worker(services, clock, tmp_path, "while it is written down")
    assert the_draft(services, queued).state == "unknown"
    pass_time(services, clock, seconds=300)
    assert the_draft(services, queued).state == "made"
    assert len(books(sandbox, queued)) == 1


@contextmanager
def a_worker_stopped(services: Services, clock: ManualClock, tmp_path: Path, point: str) -> Iterator[None]:
    """A worker that stands still at the point while the block runs, and then goes on to its end."""
    with start(services, clock, tmp_path, point) as worker:
        try:
            _, status = os.waitpid(worker.pid, os.WUNTRACED)
            assert os.WIFSTOPPED(status), worker.communicate()[1].decode()
            yield
            worker.send_signal(signal.SIGCONT)
            _, said = worker.communicate(timeout=60)
            assert worker.returncode == 0, said.decode()
        finally:
            worker.kill()


@pytest.mark.parametrize("point", STOPS)
def test_a_worker_that_stood_still_before_its_request_finds_the_draft_sent_and_sends_nothing(
    services: Services, sandbox: Sandbox, clock: ManualClock, queued: str, tmp_path: Path, point: str
) -> None:
    with a_worker_stopped(services, clock, tmp_path, point):
        assert the_draft(services, queued).state == "sending"
        pass_time(services, clock, seconds=sending.LEASE.total_seconds() + 30)
        made = the_draft(services, queued)
        assert (made.state, sandbox.calls.counts()[PUT]) == ("made", 1)
        clock.advance(seconds=HOUR)  # beyond the time for which a key is remembered
    assert sandbox.calls.counts()[PUT] == 1
    (invoice,) = books(sandbox, queued)
    draft = the_draft(services, queued)
    assert (draft.document_id, draft.updated_at) == (invoice["InvoiceID"], made.updated_at)


@pytest.mark.parametrize("point", STOPS)
def test_a_worker_that_stood_still_before_its_request_makes_no_second_contact(
    services: Services,
    sandbox: Sandbox,
    clock: ManualClock,
    connect: Connect,
    log_in: LogIn,
    harbour: str,
    tmp_path: Path,
    point: str,
) -> None:
    connect()
    sales: Browser = log_in("sales")
    page = sales.get(f"{harbour}/tabs/xero/new-party")
    form = next(form for form in page.forms.values() if form.action.endswith("/new-party"))
    form["name"] = "Harbour Tea"
    form.submit(status=303)
    with a_worker_stopped(services, clock, tmp_path, point):
        pass_time(services, clock, seconds=sending.LEASE.total_seconds() + 30, deed=parties.DEED)
        (made,) = [one for one in sandbox.records("Contacts") if one["Name"] == "Harbour Tea"]
        # Xero refuses a second of the name: renamed by accounts, it would take one.
        sandbox.deeds.rename_contact(made["ContactID"], "Harbour Tea Rooms")
        clock.advance(seconds=HOUR)
    assert sandbox.calls.counts()["PUT /api.xro/2.0/Contacts"] == 1
    assert [one for one in sandbox.records("Contacts") if one["Name"] == "Harbour Tea"] == []
