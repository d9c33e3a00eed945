"""Work done every so often: each job has a row that says when it last began, so that several workers share it.

Whoever moves the row on by a compare-and-set UPDATE runs the job; the others go past it.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from sqlalchemy import String, Text, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from core.contract.clock import Clock
from core.contract.extensions import PeriodicJob
from core.db import Base, Database, Moment
from core.loader import Plugins

log = logging.getLogger(__name__)
NEVER = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


class PeriodicRun(Base):
    """When a periodic job last began and what went wrong with it, if anything did."""

    __tablename__ = "periodic_run"
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    last_run: Mapped[dt.datetime] = mapped_column(Moment)
    last_error: Mapped[str] = mapped_column(Text, default="")


class Ticking(Protocol):
    """What `tick` needs of an application; `core.services.Services` has it."""

    @property
    def clock(self) -> Clock:
        """What tells the time."""

    @property
    def db(self) -> Database:
        """Where the rows are."""

    @property
    def plugins(self) -> Plugins:
        """Whose periodic jobs are run."""

    @property
    def periodic(self) -> Sequence[PeriodicJob]:
        """The core's own periodic jobs."""


def tick(services: Ticking) -> list[str]:
    """Run what is due, one after the other, and tell the keys of what ran. A failing job stops no other.

    Jobs are the core's own (`services.periodic`) and those of plugins. They hold up the ones behind them: what
    takes long is put into the queue by its periodic job.
    """
    jobs = [*services.periodic, *services.plugins.periodic_jobs()]
    return [job.key for job in _due(services, jobs) if _claim(services, job) and _run(services, job)]


def _due(services: Ticking, jobs: Sequence[PeriodicJob]) -> list[PeriodicJob]:
    with services.db.read() as session:
        last = {row.key: row.last_run for row in session.scalars(select(PeriodicRun))}
    now = services.clock.now()
    return [job for job in jobs if last.get(job.key, NEVER) <= now - timedelta(seconds=job.every_seconds)]


def _claim(services: Ticking, job: PeriodicJob) -> bool:
    """Move the row on. False when another worker was quicker."""
    _make_row(services.db, job.key)
    now = services.clock.now()
    due = PeriodicRun.last_run <= now - timedelta(seconds=job.every_seconds)
    with services.db.begin() as session:
        moved = session.execute(update(PeriodicRun).where(PeriodicRun.key == job.key, due).values(last_run=now))
        return bool(moved.rowcount)  # type: ignore[attr-defined]


def _make_row(db: Database, key: str) -> None:
    with db.read() as session:
        if session.get(PeriodicRun, key) is not None:
            return
    try:
        with db.begin() as session:
            session.execute(insert(PeriodicRun).values(key=key, last_run=NEVER, last_error=""))
    except IntegrityError:
        log.debug("another worker made the row of %s", key)


def _run(services: Ticking, job: PeriodicJob) -> bool:
    """Run it and keep how it ended. True: it was run, well or not."""
    problem = ""
    try:
        job.run(services)
    except Exception as error:
        log.exception("the periodic job %s failed", job.key)
        problem = f"{type(error).__name__}: {error}"
    with services.db.begin() as session:
        session.execute(update(PeriodicRun).where(PeriodicRun.key == job.key).values(last_error=problem))
    return True
