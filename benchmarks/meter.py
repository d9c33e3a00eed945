"""What is measured: the time and the CPU of repeated work, and what goes over the wire."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import httpx2
from sqlalchemy import Engine, event

ASIDE = ("/connect/", "/connections", "/identity/")
FEED = frozenset({"Contacts", "Invoices", "CreditNotes", "Overpayments", "Prepayments"})
FIRST_LOAD, CHANGES, ORGANISATION, LOG_IN = "first load", "changes", "organisation and choices", "log-in server"


@dataclass
class Timed:
    """Seconds of wall time of each run, and of CPU of all runs together."""

    walls: list[float] = field(default_factory=list)
    cpu: float = 0.0

    def run(self, work: Callable[[], object]) -> None:
        """Do the work once and keep how long it took."""
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        self.walls.append(time.perf_counter() - wall)
        self.cpu += time.process_time() - cpu

    def wall_ms(self, share: float) -> float:
        """The time that this share of the runs stayed within, in milliseconds: 0.5 is the median."""
        ordered = sorted(self.walls)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000

    @property
    def cpu_ms(self) -> float:
        """CPU of one run, in milliseconds."""
        return self.cpu / len(self.walls) * 1000

    @property
    def rate(self) -> float:
        """Runs in a second, one after the other."""
        return len(self.walls) / sum(self.walls)


def in_turn(works: Sequence[Callable[[], object]], times: int, warm_up: int) -> list[Timed]:
    """Time several pieces of work in turn, so that what else the machine does falls on all of them alike."""
    timed = [Timed() for _ in works]
    for count in range(-warm_up, times):
        for work, one in zip(works, timed, strict=True):
            if count < 0:
                work()
            else:
                one.run(work)
    return timed


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """The SQL statements that run in the block, without BEGIN and COMMIT."""
    ran: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            ran.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        event.remove(engine, "before_cursor_execute", note)


@dataclass
class Tally:
    """Calls and bytes of answers (as they came over the wire, compressed or not), by what they were for."""

    calls: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)

    @property
    def api_calls(self) -> int:
        """Calls that count against the provider's limits: all but those to its log-in server."""
        return sum(count for kind, count in self.calls.items() if kind != LOG_IN)

    @property
    def api_bytes(self) -> int:
        """Bytes received in these."""
        return sum(count for kind, count in self.bytes.items() if kind != LOG_IN)

    def __sub__(self, other: Tally) -> Tally:
        return Tally(self.calls - other.calls, self.bytes - other.bytes)


class Wire:
    """Counts every call of an HTTP client. Safe between threads."""

    def __init__(self) -> None:
        self._tally = Tally()
        self._lock = Lock()

    def note(self, response: Any) -> None:
        """The client's event hook: read the answer and count it."""
        response.read()
        kind = _kind(response.request)
        with self._lock:
            self._tally.calls[kind] += 1
            self._tally.bytes[kind] += response.num_bytes_downloaded

    def client(self, transport: httpx2.BaseTransport | None = None) -> httpx2.Client:
        """A client that is counted."""
        hooks: dict[str, list[Callable[..., Any]]] = {"response": [self.note]}
        return httpx2.Client(transport=transport, timeout=30.0, event_hooks=hooks)

    @property
    def tally(self) -> Tally:
        """A copy of what was counted so far."""
        with self._lock:
            return Tally(self._tally.calls.copy(), self._tally.bytes.copy())


def _kind(request: Any) -> str:
    """What a call is for, by its address."""
    path, asked = request.url.path, dict(request.url.params)
    if path.startswith(ASIDE):
        return LOG_IN
    if "ContactIDs" in asked or "Contact.ContactID" in asked.get("where", ""):
        return FIRST_LOAD
    return CHANGES if path.rpartition("/")[2] in FEED else ORGANISATION
