"""Faults on demand: what a hosted service does on a bad day, switched on by a test or by a visitor."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import httpx2
from waitress.channel import ClientDisconnected

from plugins.xero.sandbox.envelope import Refused, bad_query, problem
from plugins.xero.sandbox.limits import too_many

KINDS: Mapping[str, str] = {
    "429-minute": "too many calls this minute",
    "429-day": "too many calls today",
    "429-concurrent": "too many calls at once",
    "429-app": "too many calls by the app this minute",
    "503": "the organisation is offline",
    "500": "an error of the server's own",
    "401": "the access token is refused",
    "403": "the organisation is refused",
    "slow": "the answer comes late",
    "drop-before": "the connection closes before anything was done",
    "drop-after": "the work is done, then the connection closes without an answer",
    "malformed": "the answer is cut in the middle",
    "html": "a page of HTML instead of JSON",
    "where-refused": "a where is refused, as on large organisations",
    "invalid_grant": "the log-in server takes no code and no refresh token",
}
MOST_SECONDS = 7 * 24 * 3600
_WAITS = {"429-minute": 30, "429-day": 6 * 3600, "429-concurrent": 1, "429-app": 30}
_NAMES = {"429-minute": "minute", "429-day": "day", "429-concurrent": "concurrent", "429-app": "appminute"}


class Dropped(httpx2.RemoteProtocolError, ClientDisconnected):  # type: ignore[misc]
    """The connection closed with no answer: waitress closes its socket, an in-process client sees a transport error."""

    def __init__(self) -> None:
        httpx2.RemoteProtocolError.__init__(self, "Server disconnected without sending a response.")


@dataclass
class Fault:
    """One fault: its kind, how many more times (None: until cleared), seconds, and which calls it meets."""

    kind: str
    times: int | None = None
    seconds: float | None = None
    path: str | None = None
    method: str | None = None

    def meets(self, method: str, path: str) -> bool:
        """Whether it applies to this call; without a path it meets the accounting API only."""
        if self.method and self.method.upper() != method:
            return False
        usual = "/connect/token" if self.kind == "invalid_grant" else "/api.xro/"
        return path.lower().startswith((self.path or usual).lower())


class Faults:
    """The faults that are switched on, met in the order in which they were added. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(
        self,
        kind: str,
        *,
        times: int | None = None,
        seconds: float | None = None,
        path: str | None = None,
        method: str | None = None,
    ) -> Fault:
        """Switch a fault on, `times` times or until `clear()`. Raises ValueError with a sentence for what is none."""
        if kind not in KINDS:
            raise ValueError(f"There is no fault {kind!r}; there are {', '.join(KINDS)}")
        if times is not None and times < 1:
            raise ValueError("A fault is met once or more often: times is a whole number from 1.")
        if seconds is not None and not 0 <= seconds <= MOST_SECONDS:
            raise ValueError(f"The seconds of a fault are between 0 and {MOST_SECONDS}.")
        if not f"{path}{method}".isprintable():
            raise ValueError("The path and the method of a fault are text that can be printed.")
        fault = Fault(kind, times, seconds, path, method)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Switch every fault off."""
        with self._lock:
            self._faults.clear()

    def all(self) -> list[dict[str, Any]]:
        """The faults that are on, as plain values."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def take(self, method: str, path: str) -> Fault | None:
        """The fault this call meets, counted down."""
        with self._lock:
            found = next((fault for fault in self._faults if fault.meets(method, path)), None)
            if found is not None and found.times is not None:
                found.times -= 1
                if found.times <= 0:
                    self._faults.remove(found)
            return found


def refusal(fault: Fault, query: Mapping[str, str]) -> Refused | None:
    """The answer a fault puts in place of the real one, if it is of that sort."""
    kind = fault.kind
    if kind in _WAITS:
        return too_many(_NAMES[kind], int(fault.seconds or _WAITS[kind]))
    if kind == "503":
        wait = {"Retry-After": str(int(fault.seconds or 300))}
        return problem(503, "Service Unavailable", "The Organisation for this access token is offline", wait)
    if kind == "500":
        return problem(500, "Internal Server Error", "An error occurred in Xero. Check the API Status page.")
    if kind == "401":
        return problem(401, "Unauthorized", "TokenExpired: token expired")
    if kind == "403":
        return problem(403, "Forbidden", "AuthenticationUnsuccessful")
    if kind == "invalid_grant":
        return Refused(400, {"error": "invalid_grant"})
    if kind == "where-refused" and any(name.lower() == "where" for name in query):
        return bad_query("The where filter is too expensive for this organisation")
    return None
