"""Open documents are read again every day, however many there are, though nobody looks."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from core import ManualClock
from core.accounting import budget, rereading
from core.accounting.linking import link_party
from core.accounting.models import CallWindow, Connection, DocumentRow, PartyRow
from core.jobs.periodic import tick
from core.records.models import Organization
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.story.conftest import Connect

pytestmark = pytest.mark.slow
FEW = 10  # are asked for in one call


@pytest.fixture(autouse=True)
def _few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rereading, "AT_ONCE", FEW)


@pytest.fixture
def many(connect: Connect, services: Services, clock: ManualClock) -> int:
    """Every contact of the books is linked and read; how many of their documents are open."""
    connect()
    with services.db.begin() as session:
        record = Organization(name="Everybody", created_at=clock.now(), changed_at=clock.now())
        session.add(record)
        session.flush()
        for party in session.scalars(select(PartyRow.party_id)).all():
            link_party(session, record, session.get_one(Connection, 1), party, user_id=1, now=clock.now())
    services.jobs.enqueue("accounting.refresh", connection_id=1)
    services.jobs.drain()
    number = len(seen(services))
    assert number > 5 * FEW
    return number


def seen(services: Services) -> list[datetime]:
    """When each open document was read last, the oldest first."""
    with services.db.read() as session:
        mine = select(DocumentRow.seen_at).where(DocumentRow.status.in_(rereading.OPEN), rereading.is_linked())
        return sorted(session.scalars(mine))


def work(services: Services, clock: ManualClock, seconds: int, times: int = 1) -> None:
    for _ in range(times):
        clock.advance(seconds=seconds)
        tick(services)
        services.jobs.drain()


def test_none_is_older_than_a_day_a_few_minutes_after_it_was_due(
    many: int, services: Services, clock: ManualClock, sandbox: Sandbox
) -> None:
    work(services, clock, 24 * 3600 + 1)
    asked = sandbox.calls.count("GET /api.xro/")
    work(services, clock, 10, times=many // FEW + 2)
    assert seen(services)[0] > clock.now() - timedelta(hours=1)
    calls = sandbox.calls.count("GET /api.xro/") - asked
    assert calls <= many // FEW + 10, "each was asked for once, with a round of the feed or two"
    work(services, clock, 10, times=10)
    assert sandbox.calls.count("GET /api.xro/") - asked <= calls + 1, "then there is nothing to go on with"


def test_none_waits_longer_because_a_connection_was_used_in_between(
    many: int, services: Services, clock: ManualClock
) -> None:
    """The light call of a day came while they were not a day old yet; the next is due much later."""
    work(services, clock, 3600, times=31)
    work(services, clock, 10, times=many // FEW + 2)
    assert seen(services)[0] > clock.now() - timedelta(hours=8)


def test_what_is_left_waits_while_the_days_calls_run_low(many: int, services: Services, clock: ManualClock) -> None:
    clock.advance(seconds=24 * 3600 + 1)
    low = {"used": budget.PLANNED - budget.LOW, "remaining": None, "started_at": clock.now()}
    with services.db.begin() as session:
        session.execute(update(CallWindow).where(CallWindow.window == "day").values(**low))
    work(services, clock, 10, times=many // FEW + 2)
    assert len([one for one in seen(services) if one > clock.now() - timedelta(hours=1)]) <= 2 * FEW
