"""Of many workers on PostgreSQL that tick together, one runs a periodic job."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from core.contract.clock import ManualClock
from core.contract.extensions import PeriodicJob
from core.db import Database
from core.jobs.periodic import tick
from tests.databases import NOW
from tests.jobs.test_periodic import Application

pytestmark = pytest.mark.postgres


@pytest.fixture
def db(postgres_url: str) -> Iterator[Database]:
    found = Database(postgres_url)
    yield found
    found.engine.dispose()


def test_of_many_workers_that_tick_together_one_runs_the_job(db: Database) -> None:
    ran: list[object] = []
    application = Application(ManualClock(NOW), db, periodic=[PeriodicJob("sweep", 60, ran.append)])
    for turn in range(1, 6):
        together = threading.Barrier(8)

        def work(together: threading.Barrier = together) -> None:
            together.wait()
            tick(application)

        workers = [threading.Thread(target=work) for _ in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert len(ran) == turn
        application.clock.advance(seconds=60)
