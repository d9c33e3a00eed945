"""Named jobs on Huey: on SQLite in a file of its own, on Redis, or in memory for tests.

A job is a name and JSON arguments; its handler must be idempotent, for the queue may lose a running task when the
process is killed, and the sweeper then sends it again from the rows that hold the intent.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import huey
from huey.registry import Message
from huey.serializer import Serializer

log = logging.getLogger(__name__)
Handler = Callable[..., None]


class JsonSerializer(Serializer):  # type: ignore[misc]
    """Messages as JSON, so that nobody who can write to the queue can make the worker run code of theirs."""

    def _serialize(self, data: Any) -> bytes:
        if isinstance(data, Message):
            data = {"message": {key: value for key, value in data._asdict().items() if value is not None}}
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Any:
        value = json.loads(data)
        if isinstance(value, dict) and "message" in value:
            fields = value["message"]
            fields["args"] = tuple(fields.get("args") or ())
            return Message(**fields)
        return value


class JobQueue:
    """Puts jobs into the queue and carries them out by the handlers that rooms register."""

    def __init__(self, where: str, home: Path) -> None:
        self._handlers: dict[str, Handler] = {}
        self.huey = _open(where, home)
        self._run = self.huey.task(name="run")(self._carry_out)
        self._before: list[tuple[str, Mapping[str, Any]]] = []

    def add(self, name: str, handler: Handler) -> None:
        """Register what carries out the job `name`."""
        if name in self._handlers:
            raise ValueError(f"The job {name} has a handler already")
        self._handlers[name] = handler

    def __contains__(self, name: str) -> bool:
        """Whether there is a handler for jobs of that name."""
        return name in self._handlers

    def enqueue(self, name: str, **arguments: Any) -> None:
        """Put a job into the queue now. Call it after the commit that it depends on."""
        if name not in self._handlers:
            raise KeyError(f"No handler for the job {name}")
        self._run(name, arguments)

    def drain(self) -> int:
        """Carry out all that waits, here and now, jobs that jobs add included; how many there were."""
        done = 0
        while (task := self.huey.dequeue()) is not None:
            self.huey.execute(task)
            done += 1
        return done

    def _carry_out(self, name: str, arguments: dict[str, Any]) -> None:
        handler = self._handlers.get(name)
        if handler is None:
            log.error("no handler for the job %s: is its plugin switched off?", name)
            return
        try:
            handler(**arguments)
        except Exception:
            log.exception("the job %s %s failed", name, arguments)


def _open(where: str, home: Path) -> Any:
    options: dict[str, Any] = {"results": False, "serializer": JsonSerializer(), "utc": True}
    if where == "memory":
        return huey.MemoryHuey("ledgertab", **options)
    if where.startswith(("redis://", "rediss://")):
        return huey.RedisHuey("ledgertab", url=where, **options)
    home.mkdir(parents=True, exist_ok=True)
    return huey.SqliteHuey("ledgertab", filename=str(home / "queue.db"), **options)
