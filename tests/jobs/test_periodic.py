"""Periodic work: run when due, once among several workers, and a failing job stops no other."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core.contract.clock import ManualClock
from core.contract.extensions import PeriodicJob
from core.db import Base, Database
from core.jobs.periodic import PeriodicRun, tick
from core.loader import Plugins


@dataclass
class Application:
    """The few parts that ticking needs."""

    clock: ManualClock
    db: Database
    plugins: Plugins = field(default_factory=lambda: Plugins(()))
    periodic: list[PeriodicJob] = field(default_factory=list)


@pytest.fixture
def application(tmp_path: Path) -> Application:
    db = Database(f"sqlite:///{tmp_path / 'ticks.db'}")
    Base.metadata.create_all(db.engine, tables=[PeriodicRun.metadata.tables["periodic_run"]])
    return Application(ManualClock(datetime(2026, 11, 22, tzinfo=UTC)), db)


def counting(application: Application, key: str, every: int = 60) -> list[datetime]:
    ran: list[datetime] = []
    job: Callable[[Application], None] = lambda services: ran.append(services.clock.now())  # noqa: E731
    application.periodic.append(PeriodicJob(key, every, job))
    return ran


def test_a_job_runs_at_the_first_tick_and_then_when_its_time_has_passed(application: Application) -> None:
    ran = counting(application, "sweep", every=60)
    assert tick(application) == ["sweep"]
    assert tick(application) == []
    application.clock.advance(seconds=59)
    assert tick(application) == []
    application.clock.advance(seconds=1)
    assert tick(application) == ["sweep"]
    assert ran == [datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 22, 0, 1, tzinfo=UTC)]


def test_each_job_has_a_rhythm_of_its_own(application: Application) -> None:
    often, seldom = counting(application, "often", every=10), counting(application, "seldom", every=3600)
    for _ in range(7):
        tick(application)
        application.clock.advance(seconds=10)
    assert (len(often), len(seldom)) == (7, 1)


def test_a_failing_job_stops_no_other_and_its_error_is_kept(
    application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(services: Application) -> None:
        raise RuntimeError("no such table")

    application.periodic.append(PeriodicJob("broken", 60, fail))
    ran = counting(application, "sound")
    with caplog.at_level(logging.ERROR):
        assert tick(application) == ["broken", "sound"]
    assert len(ran) == 1
    assert "the periodic job broken failed" in caplog.text
    with application.db.read() as session:
        errors = {row.key: row.last_error for row in session.scalars(select(PeriodicRun))}
    assert errors == {"broken": "RuntimeError: no such table", "sound": ""}


def test_an_error_is_forgotten_when_the_job_runs_well_again(application: Application) -> None:
    troubles = [RuntimeError("away"), None]

    def run(services: Application) -> None:
        if trouble := troubles.pop(0):
            raise trouble

    application.periodic.append(PeriodicJob("refresh", 60, run))
    tick(application)
    application.clock.advance(timedelta(minutes=1))
    tick(application)
    with application.db.read() as session:
        assert session.get_one(PeriodicRun, "refresh").last_error == ""


def test_of_many_workers_that_tick_together_one_runs_the_job(application: Application) -> None:
    ran = counting(application, "sweep")
    together = threading.Barrier(4)

    def work() -> None:
        together.wait()
        tick(application)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(ran) == 1


def test_a_worker_that_read_before_another_claimed_does_not_run_it_too(application: Application) -> None:
    """The other worker's whole tick falls between this one's look and its claim."""
    ran = counting(application, "second")

    def meanwhile(services: Application) -> None:
        other = Application(services.clock, services.db, periodic=application.periodic[1:])
        assert tick(other) == ["second"]

    application.periodic.insert(0, PeriodicJob("first", 60, meanwhile))
    assert tick(application) == ["first"]
    assert len(ran) == 1
