"""The server of ``use = egg:ledgertab#server``: waitress, and the worker beside it where `crm.worker` says so.

The worker belongs to the server and not to the application: making an application starts nothing.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import waitress

from core.app import make_worker
from core.services import Services


def run(app: Any, global_config: Mapping[str, str], **options: str) -> None:
    """Serve `app` until SIGTERM or Ctrl-C. `options` are waitress's own (listen, threads, …)."""
    services: Services = app.registry.services
    with _orderly_end(), worker_beside(services):
        waitress.serve(app, **options)


@contextmanager
def worker_beside(services: Services) -> Iterator[None]:
    """The worker in threads of this process, for as long as the server runs."""
    if services.settings.worker != "thread":
        yield
        return
    worker = make_worker(services)
    worker.start()
    try:
        yield
    finally:
        worker.stop()


@contextmanager
def _orderly_end() -> Iterator[None]:
    """SIGTERM ends the server as Ctrl-C does, so that the jobs at hand are finished."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(number: int, frame: Any) -> None:
    raise SystemExit(0)
