"""The queue on Redis: the same as on SQLite, and what lies in it is JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.jobs import JobQueue

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
