"""Xero's limits: five calls at once, so many a minute and a day for each organisation, so many a minute for the app.

Windows roll: a call counts for 60 seconds, or for 24 hours. Source: Xero, "OAuth 2.0 API limits".
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from plugins.xero.sandbox.envelope import Refused, problem

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@dataclass
class Limits:
    """How much is allowed. Set a field to change it while the sandbox runs; the free tier has 1,000 a day."""

    concurrent: int = 5
    minute: int = 60
    day: int = 5000
    app_minute: int = 10_000


@dataclass
class _Window:
    """When the calls still counted were made."""

    span: timedelta
    calls: deque[datetime] = field(default_factory=deque)

    def left(self, now: datetime, allowed: int) -> int:
        while self.calls and self.calls[0] <= now - self.span:
            self.calls.popleft()
        return max(0, allowed - len(self.calls))

    def wait(self, now: datetime) -> int:
        return max(1, ceil((self.calls[0] + self.span - now).total_seconds())) if self.calls else 1


class LimitBook:
    """Counts calls by organisation and by app. Safe between threads."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._lock = threading.Lock()
        self._minute: dict[str, _Window] = {}
        self._day: dict[str, _Window] = {}
        self._app: dict[str, _Window] = {}
        self._running: dict[str, int] = {}

    @contextmanager
    def slot(self, tenant: str, client: str, now: datetime) -> Iterator[dict[str, str]]:
        """Count one call and hold one of the five slots; gives the headers. Raises Refused (429)."""
        with self._lock:
            headers = self._count(tenant, client, now)
            self._running[tenant] = self._running.get(tenant, 0) + 1
        try:
            yield headers
        finally:
            with self._lock:
                self._running[tenant] -= 1

    def left(self, tenant: str, client: str, now: datetime) -> dict[str, str]:
        """The headers that tell how many calls are left, without counting one."""
        with self._lock:
            return self._headers(self._windows(tenant, client), now)

    def reset(self) -> None:
        """Forget every call counted so far."""
        with self._lock:
            for windows in (self._minute, self._day, self._app):
                windows.clear()

    def _count(self, tenant: str, client: str, now: datetime) -> dict[str, str]:
        windows = self._windows(tenant, client)
        checks = list(zip(("day", "minute", "appminute"), windows, self._allowed(), strict=True))
        for name, window, allowed in checks:
            if window.left(now, allowed) == 0:
                raise too_many(name, window.wait(now), self._headers(windows, now))
        if self._running.get(tenant, 0) >= self.limits.concurrent:
            raise too_many("concurrent", 1, self._headers(windows, now))
        for window in windows:
            window.calls.append(now)
        return self._headers(windows, now)

    def _windows(self, tenant: str, client: str) -> tuple[_Window, _Window, _Window]:
        return (
            self._day.setdefault(tenant, _Window(DAY)),
            self._minute.setdefault(tenant, _Window(MINUTE)),
            self._app.setdefault(client, _Window(MINUTE)),
        )

    def _allowed(self) -> tuple[int, int, int]:
        return self.limits.day, self.limits.minute, self.limits.app_minute

    def _headers(self, windows: tuple[_Window, _Window, _Window], now: datetime) -> dict[str, str]:
        day, minute, app = (window.left(now, allowed) for window, allowed in zip(windows, self._allowed(), strict=True))
        return {
            "X-DayLimit-Remaining": str(day),
            "X-MinLimit-Remaining": str(minute),
            "X-AppMinLimit-Remaining": str(app),
        }


def too_many(which: str, wait: int, headers: dict[str, str] | None = None) -> Refused:
    """429 as Xero words it: which limit, and how many seconds to wait."""
    all_headers = {**(headers or {}), "X-Rate-Limit-Problem": which, "Retry-After": str(wait)}
    return problem(429, "Too Many Requests", f"The {which} rate limit has been exceeded.", all_headers)
