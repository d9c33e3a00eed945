"""A provider that is away, throttled or disconnected before anything was written: the draft waits and goes out once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby

import httpx2
import pytest
from sqlalchemy import select, update

from core import ManualClock
from core.accounting import connections, drafts
from core.accounting.models import Connection
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser
from tests.core.accounting.drafting import (
    HOUR,
    WRITES,
    books,
    draft_form,
    pass_time,
    puts,
    send,
    state,
    the_draft,
)

pytestmark = pytest.mark.slow


class Line(httpx2.BaseTransport):
    """The line to the sandbox, which somebody may cut: then a connection is refused before a byte is sent."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._through = httpx2.WSGITransport(app=sandbox.app)
        self.cut = ""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if self.cut and request.url.path.startswith(self.cut):
            raise httpx2.ConnectError("[Errno 111] Connection refused")
        return self._through.handle_request(request)


@pytest.fixture
def line(sandbox: Sandbox) -> Line:
    return Line(sandbox)


@pytest.fixture
def http(line: Line) -> Iterator[httpx2.Client]:
    with httpx2.Client(transport=line) as client:
        yield client


def test_a_refused_connection_leaves_it_waiting_and_the_page_says_when_and_why(
    sales: Browser, services: Services, sandbox: Sandbox, queued: str, clock: ManualClock, line: Line
) -> None:
    line.cut = "/api.xro/2.0/Invoices"
    services.jobs.drain()
    draft = the_draft(services, queued)
    assert (draft.state, draft.in_doubt, draft.next_try_at) == ("queued", False, clock.now() + timedelta(minutes=1))
    page = sales.get(f"/accounting/drafts/{queued}")
    assert "We do not know yet" not in page
    assert "Xero cannot be reached. Nothing was written there. It goes out by itself within a minute" in page
    assert "Connection refused" not in page  # the words of a machine are for who manages connections
    assert the_draft(services, queued).error_detail.endswith("Connection refused")
    line.cut = ""
    pass_time(services, clock, seconds=90)
    assert state(services, queued) == "made"
    (invoice,) = books(sandbox, queued)
    (sent,) = [call for call in sandbox.calls.all() if call.method == "PUT" and call.path.endswith("/Invoices")]
    assert sent.headers["idempotency-key"] == queued
    assert invoice["Url"].endswith(f"?draft={queued}")


def test_an_organisation_that_is_offline_leaves_it_waiting_and_it_is_looked_up_before_it_goes_out(
    sales: Browser, services: Services, sandbox: Sandbox, queued: str, clock: ManualClock
) -> None:
    sandbox.faults.add("503", times=2, **WRITES)
    services.jobs.drain()
    draft = the_draft(services, queued)
    assert (draft.state, draft.in_doubt, draft.next_try_at) == ("queued", True, clock.now() + timedelta(minutes=5))
    page = sales.get(f"/accounting/drafts/{queued}")
    offline = "The organisation is offline at Xero. It is looked up there first, and goes out by itself in 5 minutes"
    assert offline in page
    assert "We do not know yet" not in page
    assert "Nothing was written" not in page
    pass_time(services, clock, seconds=660)
    assert state(services, queued) == "made"
    assert len(books(sandbox, queued)) == 1
    calls = [call for call in sandbox.calls.all() if call.path.endswith("/Invoices")]
    asked = [call.method for call in calls if call.method == "PUT" or "createdByMyApp" in call.query]
    assert [method for method, _ in groupby(asked)] == ["PUT", "GET", "PUT", "GET", "PUT"]


def test_what_was_written_behind_a_gateway_that_said_offline_is_found(
    services: Services, sandbox: Sandbox, queued: str, clock: ManualClock
) -> None:
    sandbox.faults.add("503", times=1, **WRITES)
    services.jobs.drain()
    draft = the_draft(services, queued)
    drafts.DEED.send(services, connections.open_provider(services, draft.connection_id), draft)
    clock.advance(timedelta(hours=1))  # longer than a key is remembered
    pass_time(services, clock, seconds=60)
    assert state(services, queued) == "made"
    assert len(books(sandbox, queued)) == 1


def test_a_log_in_server_that_is_away_leaves_it_waiting(
    sales: Browser, services: Services, sandbox: Sandbox, queued: str, clock: ManualClock, line: Line
) -> None:
    """The token ran out and cannot be renewed: not even the request was begun."""
    clock.advance(timedelta(minutes=31))
    line.cut = "/connect/token"
    services.jobs.drain()
    assert (state(services, queued), puts(sandbox)) == ("queued", 0)
    assert "Nothing was written there" in sales.get(f"/accounting/drafts/{queued}")
    line.cut = ""
    pass_time(services, clock, seconds=360)
    assert state(services, queued) == "made"
    assert len(books(sandbox, queued)) == 1


@pytest.mark.parametrize("cut", ["/api.xro/2.0/Invoices", "/connect/token"])
def test_hindered_after_a_lost_answer_that_was_looked_up_it_waits_and_is_looked_up_before_it_goes_out(
    services: Services, sandbox: Sandbox, queued: str, clock: ManualClock, line: Line, cut: str
) -> None:
    """Once it was looked up in time nothing is unknown any more; still the next send asks first."""
    sandbox.faults.add("drop-before", times=1, **WRITES)
    services.jobs.drain()
    pass_time(services, clock, seconds=45)
    assert state(services, queued) == "unknown"
    sandbox.faults.add("429-minute", times=1, **WRITES)
    pass_time(services, clock, seconds=30)
    assert (state(services, queued), the_draft(services, queued).in_doubt) == ("queued", True)
    line.cut = cut
    clock.advance(timedelta(minutes=31))
    pass_time(services, clock, seconds=45)
    assert (state(services, queued), puts(sandbox)) == ("queued", 2)
    line.cut = ""
    pass_time(services, clock, seconds=360)
    assert state(services, queued) == "made"
    last = [call for call in sandbox.calls.all() if call.path.endswith("/Invoices")][-2:]
    assert [call.method for call in last] == ["GET", "PUT"]
    assert len(books(sandbox, queued)) == 1


def test_what_a_lost_send_wrote_after_all_is_found_by_one_that_had_to_wait(
    services: Services, sandbox: Sandbox, queued: str, clock: ManualClock
) -> None:
    """The write showed only after the look-up, and the resend was throttled: the next one finds it."""
    sandbox.faults.add("drop-before", times=1, **WRITES)
    sandbox.faults.add("429-minute", times=1, **WRITES)
    services.jobs.drain()
    pass_time(services, clock, seconds=75)
    draft = the_draft(services, queued)
    assert draft.state == "queued"
    clock.advance(timedelta(seconds=30))  # until Xero takes calls again
    drafts.DEED.send(services, connections.open_provider(services, draft.connection_id), draft)
    pass_time(services, clock, seconds=120)
    assert state(services, queued) == "made"
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
    assert (state(services, queued), puts(sandbox)) == ("queued", 2)
    pass_time(services, clock, seconds=120)
    assert state(services, queued) == "made"
    last = [call for call in sandbox.calls.all() if call.path.endswith("/Invoices")][-2:]
    assert [call.method for call in last] == ["GET", "PUT"]


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
