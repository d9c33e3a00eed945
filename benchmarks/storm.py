"""The parts of the storm: workers that are killed, a sandbox that has bad days, and what stands in its books."""

from __future__ import annotations

import logging
import multiprocessing
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from benchmarks.shared_clock import SharedClock
from core.app import make_app
from core.jobs import Worker
from core.jobs.periodic import tick
from core.settings import read_settings
from plugins.xero.sandbox import Sandbox, make_sandbox
from plugins.xero.sandbox.limits import Limits

# A process forked from one that has everything imported starts at once, so that a killed one is soon followed.
FORKED = multiprocessing.get_context("forkserver")
WORKERS = 4
TICK = 0.2  # seconds of real time; in virtual time about as often as a worker ticks
WRITES = {"method": "PUT", "path": "/api.xro/2.0/Invoices"}
LOOKS = {"method": "GET", "path": "/api.xro/2.0/Invoices"}
CALLS_TO_A_FAULT = 3
ANYWHERE: dict[str, str] = {}
BAD_DAYS = (
    "drop-before",
    "drop-after",
    "429-minute",
    "429-concurrent",
    "429-app",
    "401",
    "503",
    "500",
    "malformed",
    "html",
)


def make_sandbox_app(clock_file: str, a_day: int) -> Any:
    """A sandbox on the shared clock that allows so many calls a day, for a process of its own."""
    return make_sandbox(clock=SharedClock(clock_file), limits=Limits(day=a_day)).app


def work(settings: Mapping[str, str], clock_file: str) -> None:
    """A worker process; it ends by being killed."""
    logging.disable(logging.CRITICAL)
    app = make_app(read_settings(dict(settings), {}), clock=SharedClock(clock_file))
    services = app.registry.services

    def do_periodic_work() -> None:
        tick(services)

    worker = Worker(services.jobs.huey, do_periodic_work, threads=1, every=TICK)
    worker.start()
    worker.wait()


@dataclass
class Workers:
    """The worker processes. One that is killed is followed by a new one."""

    settings: Mapping[str, str]
    clock_file: str
    kills: int = 0
    _running: list[Any] = field(default_factory=list)

    def start(self) -> None:
        """Start all of them."""
        FORKED.set_forkserver_preload(["benchmarks.storm"])
        self._running = [self._new() for _ in range(WORKERS)]

    def _new(self) -> Any:
        process = FORKED.Process(target=work, args=(dict(self.settings), self.clock_file), daemon=True)
        process.start()
        return process

    def kill_one(self, dice: random.Random) -> None:
        """SIGKILL one of them, whatever it is doing, and start another."""
        place = dice.randrange(WORKERS)
        self._running[place].kill()
        self._running[place].join()
        self._running[place] = self._new()
        self.kills += 1

    def stop(self) -> None:
        """End all of them."""
        for process in self._running:
            process.kill()
        for process in self._running:
            process.join()


@dataclass
class Weather:
    """Faults of the sandbox, over HTTP as everything else."""

    url: str
    told: Counter[str] = field(default_factory=Counter)
    _seen: int = 0

    def change(self, dice: random.Random) -> None:
        """One more fault for every few calls that were made since, for the next call or two that it fits."""
        calls = int(httpx2.get(f"{self.url}/sandbox/calls").raise_for_status().json()["count"])
        if calls >= self._seen + CALLS_TO_A_FAULT:
            self._seen = calls
            self._worsen(dice)

    def _worsen(self, dice: random.Random) -> None:
        kind = "429-day" if dice.random() < 0.01 else dice.choice(BAD_DAYS)
        where = dice.choice((WRITES, WRITES, LOOKS, ANYWHERE))
        given = {"kind": kind, "times": dice.randrange(1, 3), **where}
        httpx2.post(f"{self.url}/sandbox/faults", json=given).raise_for_status()
        self.told[kind] += 1

    def clear_up(self) -> None:
        """No faults from now on."""
        httpx2.delete(f"{self.url}/sandbox/faults").raise_for_status()


def marks_in_books(url: str, keys: set[str], clock: SharedClock) -> Counter[str]:
    """How many invoices in the sandbox's books carry each draft's mark, whatever their state; read by its API.

    Where the sandbox's limits say to wait, the clock is moved.
    """
    found: Counter[str] = Counter()
    page = 1
    while True:
        headers = {"Authorization": f"Bearer {_token(url)}", "xero-tenant-id": Sandbox.tenant_id}
        answer = httpx2.get(f"{url}/api.xro/2.0/Invoices", params={"page": page, "pageSize": 1000}, headers=headers)
        if answer.status_code == 429:
            clock.advance(seconds=int(answer.headers["Retry-After"]) + 1)
            continue
        rows = answer.raise_for_status().json()["Invoices"]
        if not rows:
            return found
        for row in rows:
            mark = str(row.get("Url") or "").partition("?draft=")[2].partition("-")[0]
            if mark in keys:
                found[mark] += 1
        page += 1


def _token(url: str) -> str:
    app = (Sandbox.client_id, Sandbox.client_secret)
    asked = {"grant_type": "client_credentials", "scope": "accounting.invoices"}
    answer = httpx2.post(f"{url}/connect/token", data=asked, auth=app)
    return str(answer.raise_for_status().json()["access_token"])
