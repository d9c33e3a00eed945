"""Processes that ask Xero something with one connection's token at the same moment.

Usage: python -m tests.story.token_askers SETTINGS.json NOW NOW … with the time that each one's clock shows. Each makes
an application of its own and waits for the others. Printed as JSON: for each the refreshes it sent and the name of the
organisation, or the error.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2

from core import ManualClock
from core.accounting import connections
from core.app import make_app
from core.contract.errors import ProviderError
from core.settings import read_settings

FORK = multiprocessing.get_context("fork")  # from a process that has one thread and nothing open


def ask(settings: dict[str, str], now: str, barrier: Any, told: Any) -> None:
    """Ask once, when all the others do."""
    refreshes: list[str] = []

    def note(request: httpx2.Request) -> None:
        if request.url.path == "/connect/token":
            refreshes.append(request.url.path)

    with httpx2.Client(timeout=20, event_hooks={"request": [note]}) as http:
        clock = ManualClock(datetime.fromisoformat(now))
        app = make_app(read_settings(settings, {}), clock=clock, http=http)
        barrier.wait()
        try:
            answer = connections.open_provider(app.registry.services, 1).organisation().name
        except ProviderError as error:
            answer = repr(error)
        told.put([len(refreshes), answer])


def main() -> None:
    """Start them and gather what they were told."""
    settings, times = json.loads(Path(sys.argv[1]).read_text("utf-8")), sys.argv[2:]
    barrier, told = FORK.Barrier(len(times)), FORK.SimpleQueue()
    processes = [FORK.Process(target=ask, args=(settings, now, barrier, told), daemon=True) for now in times]
    for process in processes:
        process.start()
    sys.stdout.write(json.dumps([told.get() for _ in processes]))


if __name__ == "__main__":
    main()
