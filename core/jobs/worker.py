"""The worker: carries out jobs and ticks, in a thread of the server or as a process of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from huey.consumer import Consumer

log = logging.getLogger(__name__)


class QuietConsumer(Consumer):  # type: ignore[misc]
    """Huey's consumer without signal handlers: those belong to whoever owns the process."""

    def _set_signal_handlers(self) -> None:
        """Leave signals alone."""


class Worker:
    """Runs the jobs of a queue in `threads` threads and calls `tick` every `every` seconds until stopped."""

    def __init__(self, huey: Any, tick: Callable[[], object], *, threads: int = 2, every: float = 5.0) -> None:
        self._consumer = QuietConsumer(
            huey,
            workers=threads,
            periodic=False,
            initial_delay=0.05,
            backoff=1.15,
            max_delay=0.5,
            check_worker_health=False,
        )
        self._tick = tick
        self._every = every
        self._stop = threading.Event()
        self._ticker = threading.Thread(target=self._loop, name="ledgertab-tick", daemon=True)

    def start(self) -> None:
        """Start, and return at once."""
        self._consumer.start()
        self._ticker.start()

    def stop(self) -> None:
        """Stop after the jobs at hand."""
        self._stop.set()
        self._consumer.stop(graceful=True)

    def wait(self) -> None:
        """Block until `stop` is called (from a signal handler)."""
        self._stop.wait()

    def _loop(self) -> None:
        while not self._stop.is_set():
            try:
                self._tick()
            except Exception:
                log.exception("the tick failed; it will be tried again")
            self._stop.wait(self._every)
