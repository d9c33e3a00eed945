"""Time as a thing that is handed in, so that limits, expiry and retries are tested on virtual time."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What tells the time to the core, to plugins and to sandboxes."""

    def now(self) -> datetime:
        """The moment, as an aware datetime in UTC."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The moment, as an aware datetime in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that moves only when told to; for tests and for demonstrations. Safe between threads."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("A clock starts at an aware datetime")
        self._now = start.astimezone(UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The moment, as an aware datetime in UTC."""
        with self._lock:
            return self._now

    def advance(self, by: timedelta | None = None, *, seconds: float = 0) -> datetime:
        """Move on by a timedelta or by seconds, and tell the new moment."""
        with self._lock:
            self._now += by if by is not None else timedelta(seconds=seconds)
            return self._now
