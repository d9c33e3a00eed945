"""A token that ran out, needed by eight processes at once, with clocks that go wrong and a database that fails.

Xero takes each refresh token once, with half an hour of grace: a second refresh, or a lost answer, must cost nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from core import ManualClock, Unavailable
from core.accounting import connections
from core.accounting.models import Connection, GrantRow
from core.services import Services
from core.settings import Settings
from plugins.xero.sandbox import Sandbox, make_sandbox
from tests.live import served
from tests.story.conftest import Connect

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
AT_ONCE = 8
OVER = timedelta(minutes=31)
TEN = timedelta(minutes=10)


@pytest.fixture(params=["sqlite_url", pytest.param("postgres_url", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Both databases, whatever the run is on."""
    return str(request.getfixturevalue(request.param))


@dataclass
class Xero:
    """The sandbox on a real port, with a clock of its own."""

    sandbox: Sandbox
    clock: ManualClock
    url: str

    def refreshes(self) -> int:
        """How many times a token was asked for."""
        return self.sandbox.calls.count("POST /connect/token")


@pytest.fixture
def xero(clock: ManualClock) -> Iterator[Xero]:
    theirs = ManualClock(clock.now())
    sandbox = make_sandbox(clock=theirs, base_url="http://sandbox.example")
    with served(sandbox) as url:
        yield Xero(sandbox, theirs, url)
    sandbox.close()


@pytest.fixture
def sandbox(xero: Xero) -> Sandbox:
    return xero.sandbox


@pytest.fixture
def http() -> Iterator[httpx2.Client]:
    with httpx2.Client(timeout=20) as client:
        yield client


@pytest.fixture
def ini(ini: dict[str, str], xero: Xero) -> dict[str, str]:
    return {**ini, **{f"xero.{name}_url": xero.url for name in ("api", "identity", "login", "web")}}


def ask_at_once(settings: Settings, folder: Path, times: list[datetime]) -> list[tuple[int, str]]:
    """As many processes as times on their clocks, all asking at once: refreshes sent and what each was told."""
    told = folder / "settings.json"
    told.write_text(json.dumps(dict(settings.all)), "utf-8")
    command = [sys.executable, "-m", "tests.story.token_askers", str(told), *(time.isoformat() for time in times)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert run.returncode == 0, run.stderr
    return [(refreshes, name) for refreshes, name in json.loads(run.stdout)]


def state(services: Services) -> str:
    with services.db.read() as session:
        return session.scalars(select(Connection.state)).one()


def use(services: Services) -> str:
    """What any use of the connection ends in."""
    return connections.open_provider(services, 1).organisation().name


def test_eight_processes_at_once_refresh_once_and_all_are_answered(
    connect: Connect, services: Services, settings: Settings, clock: ManualClock, xero: Xero, tmp_path: Path
) -> None:
    connect()
    clock.advance(OVER)
    xero.clock.advance(OVER)
    before = xero.refreshes()
    answers = ask_at_once(settings, tmp_path, [clock.now()] * AT_ONCE)
    assert [name for _, name in answers] == ["Kererū Trading"] * AT_ONCE
    assert sum(refreshes for refreshes, _ in answers) == 1
    assert xero.refreshes() - before == 1
    assert state(services) == "connected"


def test_eight_processes_half_of_whose_clocks_go_ten_minutes_wrong_either_way_lose_no_connection(
    connect: Connect, services: Services, settings: Settings, clock: ManualClock, xero: Xero, tmp_path: Path
) -> None:
    connect()
    clock.advance(OVER)
    xero.clock.advance(OVER)
    now = clock.now()
    answers = ask_at_once(settings, tmp_path, [now - TEN, now - TEN, now + TEN, now + TEN, now, now, now, now])
    assert [name for _, name in answers] == ["Kererū Trading"] * AT_ONCE
    assert state(services) == "connected"
    for _ in range(3):
        clock.advance(OVER)
        xero.clock.advance(OVER)
        assert use(services) == "Kererū Trading"


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_ten_minutes_off_costs_one_more_call_at_most_and_never_the_connection(
    connect: Connect, services: Services, clock: ManualClock, xero: Xero, minutes: int
) -> None:
    connect()
    for away in (minutes, 0, minutes):  # it goes wrong, is set right, goes wrong again
        clock.advance(xero.clock.now() + timedelta(minutes=away) - clock.now())
        for _ in range(4):
            clock.advance(seconds=25 * 60)
            xero.clock.advance(seconds=25 * 60)
            before = xero.sandbox.calls.count("GET /api.xro")
            assert use(services) == "Kererū Trading"
            assert xero.sandbox.calls.count("GET /api.xro") - before <= 2
    assert state(services) == "connected"


@contextmanager
def no_grant_can_be_saved(services: Services) -> Iterator[None]:
    """A database that is away just when a new token is to be written down, and comes back later."""

    def away(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.startswith("UPDATE accounting_grant SET secret"):
            raise OperationalError(statement, None, Exception("the disk is full"))

    event.listen(services.db.engine, "before_cursor_execute", away)
    try:
        yield
    finally:
        event.remove(services.db.engine, "before_cursor_execute", away)


def test_a_token_that_could_not_be_saved_costs_no_connection_within_the_half_hour_of_grace(
    connect: Connect, services: Services, clock: ManualClock, xero: Xero
) -> None:
    connect()
    clock.advance(OVER)
    xero.clock.advance(OVER)
    with services.db.read() as session:
        stored = session.scalars(select(GrantRow.secret)).one()
    before = xero.refreshes()
    with no_grant_can_be_saved(services), pytest.raises(Unavailable):
        use(services)
    assert xero.refreshes() - before == 1
    with services.db.read() as session:
        assert session.scalars(select(GrantRow.secret)).one() == stored
    clock.advance(seconds=20 * 60)
    xero.clock.advance(seconds=20 * 60)
    assert use(services) == "Kererū Trading"
    clock.advance(OVER)
    xero.clock.advance(OVER)
    assert use(services) == "Kererū Trading"
    assert state(services) == "connected"
