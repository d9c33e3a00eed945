"""An answer that leaves documents out: deleted, or a short answer? A figure may be old, it may not be wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update

from core import DocumentKind, ManualClock
from core.accounting import rereading
from core.accounting.models import Connection, DocumentRow
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.story.conftest import Connect
from tests.story.test_keeping_up import look_later
from tests.story.test_missing_permission import connect_without, link, look

pytestmark = pytest.mark.slow
ROWS = ("Invoices", "CreditNotes", "Overpayments", "Prepayments")
DAY = timedelta(hours=25)
LATER = timedelta(hours=5)


class Line(httpx2.BaseTransport):
    """The line to the sandbox; what is asked for by ids comes short of it where `most` or `lost` say so."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._through = httpx2.WSGITransport(app=sandbox.app)
        self.most: int | None = None
        self.lost: set[str] = set()
        self.breaks_after: int | None = None
        self.asked: list[int] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = self._through.handle_request(request)
        path, wanted = request.url.path.split("/"), request.url.params.get("IDs", "")
        alone = len(path) == 5 and path[3] in ROWS
        if answer.status_code != 200 or request.method != "GET" or not (wanted or alone):
            return answer
        self.asked.append(len(wanted.split(",")))
        if self.breaks_after is not None and len(self.asked) > self.breaks_after:
            return httpx2.Response(503, json={"Title": "Away"}, request=request)
        return self._short(answer, request)

    def _short(self, answer: httpx2.Response, request: httpx2.Request) -> httpx2.Response:
        answer.read()
        told: dict[str, Any] = json.loads(answer.content)
        for name in ROWS:
            rows = [row for row in told.get(name, []) if row[f"{name[:-1]}ID"] not in self.lost]
            if name in told:
                told[name] = rows[: self.most]
        return httpx2.Response(200, json=told, request=request)


@pytest.fixture
def line(sandbox: Sandbox) -> Line:
    return Line(sandbox)


@pytest.fixture
def http(line: Line) -> Iterator[httpx2.Client]:
    with httpx2.Client(transport=line) as client:
        yield client


@pytest.fixture
def tab(connect: Connect, log_in: LogIn, services: Services, harbour: str) -> str:
    """The address of a tab that is linked and loaded."""
    connect()
    sales, path = log_in("sales"), f"{harbour}/tabs/xero"
    link(sales, path)
    services.jobs.drain()
    return path


@pytest.fixture
def sales(log_in: LogIn) -> Browser:
    return log_in("sales")


def statuses(services: Services) -> dict[str, str]:
    with services.db.read() as session:
        return {row[0]: row[1] for row in session.execute(select(DocumentRow.document_id, DocumentRow.status))}


def is_open(services: Services) -> list[str]:
    """The open invoices of the linked party, the oldest first."""
    with services.db.read() as session:
        mine = select(DocumentRow.document_id).where(DocumentRow.kind == "sales_invoice", rereading.is_linked())
        return list(session.scalars(mine.where(DocumentRow.status == "authorised").order_by(DocumentRow.id)))


def figures(browser: Browser, tab: str) -> list[str]:
    found: list[str] = re.findall(r"NZ\$\s[\d,.]+", browser.get(tab).html.find(class_="figs").get_text())
    assert found, "there are figures"
    return found


def day_later(browser: Browser, services: Services, clock: ManualClock, tab: str) -> str:
    clock.advance(DAY)
    return look(browser, services, tab)


def test_a_short_answer_takes_no_document_out_of_the_figures(
    tab: str, sales: Browser, services: Services, clock: ManualClock, line: Line
) -> None:
    before, shown = statuses(services), figures(sales, tab)
    assert len(is_open(services)) > 1
    line.most = 1
    day_later(sales, services, clock, tab)
    assert line.asked[0] > 1
    assert statuses(services) == before
    assert figures(sales, tab) == shown


def test_what_is_left_out_again_when_asked_for_alone_counts_no_longer_and_the_rest_does(
    tab: str, sales: Browser, services: Services, clock: ManualClock, line: Line
) -> None:
    before, shown = statuses(services), figures(sales, tab)
    gone = is_open(services)[0]
    line.lost = {gone}
    day_later(sales, services, clock, tab)
    assert statuses(services) == before, "once may be a short answer"
    assert line.asked.count(1) == 0
    look_later(sales, services, clock, tab)
    assert len(line.asked) == 1, "it is asked for again some hours later, not at each refresh"
    day_later(sales, services, clock, tab)
    assert statuses(services) == {**before, gone: "deleted"}
    assert figures(sales, tab) != shown
    assert line.asked.count(1) == 1
    day_later(sales, services, clock, tab)
    assert line.asked.count(1) == 1, "what counts no longer is not asked for alone again"
    line.lost = set()
    day_later(sales, services, clock, tab)
    assert statuses(services) == before, "the accounting system knows it after all"
    assert figures(sales, tab) == shown


def test_an_answer_with_nothing_in_it_is_told_and_takes_nothing_out(
    tab: str, sales: Browser, services: Services, clock: ManualClock, line: Line
) -> None:
    before = statuses(services)
    line.most = 0
    assert "could not be read" in day_later(sales, services, clock, tab)
    assert statuses(services) == before
    line.most = None
    clock.advance(LATER)
    assert "could not be read" not in look(sales, services, tab)
    assert statuses(services) == before


def test_of_many_that_are_left_out_a_few_are_asked_for_alone_at_a_time(
    tab: str, sales: Browser, services: Services, clock: ManualClock, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rereading, "ALONE", 1)
    before, line.lost = statuses(services), set(is_open(services)[:2])
    day_later(sales, services, clock, tab)
    day_later(sales, services, clock, tab)
    assert len(statuses(services).items() - before.items()) == 1
    day_later(sales, services, clock, tab)
    assert statuses(services) == {**before, **dict.fromkeys(line.lost, "deleted")}


@pytest.mark.parametrize("after", [0, 1])
def test_an_error_half_way_takes_nothing_out_of_the_figures(
    tab: str, sales: Browser, services: Services, clock: ManualClock, line: Line, after: int
) -> None:
    before = statuses(services)
    line.most = 1
    day_later(sales, services, clock, tab)
    line.asked, line.breaks_after = [], after
    said = day_later(sales, services, clock, tab)
    assert len(line.asked) == after + 1
    assert statuses(services) == before
    assert "What is shown is the last known copy" in said


@pytest.mark.parametrize("scope", ["accounting.invoices", "accounting.payments.read"])
def test_a_permission_that_went_takes_nothing_out_of_the_figures(
    tab: str,
    log_in: LogIn,
    sandbox: Sandbox,
    services: Services,
    clock: ManualClock,
    scope: str,
) -> None:
    before = statuses(services)
    connect_without(log_in, sandbox, services, scope)
    day_later(log_in("sales"), services, clock, tab)
    assert statuses(services) == before


def test_what_somebody_told_of_meanwhile_is_not_taken_out(
    tab: str, services: Services, clock: ManualClock, line: Line
) -> None:
    gone = is_open(services)[0]
    started = clock.now()
    with services.db.begin() as session:
        session.execute(update(DocumentRow).values(seen_at=started + timedelta(seconds=1)))
        connection = session.scalars(select(Connection.id)).one()
        kind = DocumentKind.SALES_INVOICE
        assert rereading.counted(session, connection, [(kind, gone)], started) == []
        rereading.note_deleted(session, connection, (kind, gone), started)
    assert statuses(services)[gone] == "authorised"
