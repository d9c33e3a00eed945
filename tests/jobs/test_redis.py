"""What lies on Redis: the queue, the same as on SQLite and all of it JSON; the API's count, one for all processes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.api.gate import Limits
from core.api.problems import Problem
from core.jobs import JobQueue
from core.settings import Settings, read_settings

pytestmark = pytest.mark.redis


@pytest.fixture
def address() -> str:
    found = os.environ.get("LEDGERTAB_TEST_REDIS", "")
    if not found:
        pytest.skip("LEDGERTAB_TEST_REDIS names no server")
    return found


@pytest.fixture
def queue(address: str, tmp_path: Path) -> Iterator[JobQueue]:
    found = JobQueue(address, tmp_path)
    found.huey.storage.conn.flushdb()
    yield found
    found.huey.storage.conn.flushdb()
    found.huey.storage.conn.connection_pool.disconnect()


def test_a_job_put_in_by_one_process_is_carried_out_by_another(queue: JobQueue, address: str, tmp_path: Path) -> None:
    done: list[tuple[int, str]] = []
    worker = JobQueue(address, tmp_path)
    for each in (queue, worker):
        each.add("note", lambda number, text: done.append((number, text)))
    queue.enqueue("note", number=7, text="Kererū 🕊")
    assert worker.drain() == 1
    assert done == [(7, "Kererū 🕊")]
    worker.huey.storage.conn.connection_pool.disconnect()


def test_what_lies_in_redis_is_json(queue: JobQueue) -> None:
    queue.add("note", lambda number: None)
    queue.enqueue("note", number=7)
    [raw] = queue.huey.storage.enqueued_items()
    assert json.loads(raw)["message"]["args"] == ["note", {"number": 7}]


@pytest.fixture
def settings(queue: JobQueue, address: str) -> Settings:
    """Three requests an hour; `queue` empties the server before and after."""
    return read_settings({"crm.url": "http://localhost", "crm.queue": address, "api.rate": "3/hour"}, {})


def test_two_processes_count_the_requests_of_a_token_together(settings: Settings) -> None:
    one, other = Limits(settings), Limits(settings)
    one.count(7)
    other.count(7)
    one.count(7)
    with pytest.raises(Problem) as told:
        other.count(7)
    assert told.value.name == "too-many"
    assert 1 <= int(told.value.headers["Retry-After"]) <= 3602
    other.count(8)


def test_two_processes_count_the_wrong_tokens_of_an_address_together(settings: Settings) -> None:
    one, other = Limits(settings), Limits(settings)
    for _ in range(15):
        one.count_wrong("192.0.2.1")
        other.count_wrong("192.0.2.1")
    with pytest.raises(Problem):
        one.count_wrong("192.0.2.1")
    other.count_wrong("192.0.2.2")
