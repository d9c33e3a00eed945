"""The calls received, for visitors and for tests that count and check them."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

KEPT = 5000
# Of answers only the latest are kept: a page of a thousand invoices weighs a megabyte and a half.
KEPT_BYTES = 50_000_000


@dataclass
class Call:
    """One call: what was asked, what was answered (status 0: the connection was dropped), and how long it took."""

    at: datetime
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    status: int = 0
    answer: bytes = b""
    milliseconds: float = 0.0
    fault: str | None = None

    @property
    def tenant(self) -> str | None:
        """The organisation the call named."""
        return self.headers.get("xero-tenant-id")

    @property
    def size(self) -> int:
        """Bytes of what was asked and answered."""
        return len(self.body) + len(self.answer) + 1000

    def shown(self) -> dict[str, Any]:
        """Plain values, without headers and bodies."""
        return {
            "at": self.at.isoformat(timespec="milliseconds"),
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "status": self.status,
            "milliseconds": round(self.milliseconds, 1),
            "tenant": self.tenant,
            "fault": self.fault,
        }


@dataclass
class CallLog:
    """The latest calls and how many there were for each path. Safe between threads.

    Of calls further back the bodies are let go of, so that a sandbox may run for weeks.
    """

    _calls: deque[Call] = field(default_factory=lambda: deque(maxlen=KEPT))
    _counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _heavy: deque[Call] = field(default_factory=deque)
    _bytes: int = 0

    def add(self, call: Call) -> None:
        """Note a call."""
        with self._lock:
            self._calls.append(call)
            self._heavy.append(call)
            self._bytes += call.size
            while self._bytes > KEPT_BYTES:
                light = self._heavy.popleft()
                self._bytes -= light.size
                light.body = light.answer = b""
            self._counts[f"{call.method} {call.path}"] += 1

    def all(self) -> list[Call]:
        """The latest calls, oldest first."""
        with self._lock:
            return list(self._calls)

    def counts(self) -> dict[str, int]:
        """How many calls since the last reset, by method and path."""
        with self._lock:
            return dict(self._counts)

    def count(self, prefix: str = "") -> int:
        """How many calls since the last reset whose `METHOD /path`, or path, begins so."""
        return sum(
            many
            for name, many in self.counts().items()
            if name.startswith(prefix) or name.partition(" ")[2].startswith(prefix)
        )

    def reset(self) -> None:
        """Forget all."""
        with self._lock:
            self._calls.clear()
            self._heavy.clear()
            self._bytes = 0
            self._counts.clear()
