"""The sandbox over real HTTP, until it is stopped."""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType
from typing import Any

from waitress.server import create_server

from plugins.xero.sandbox.sandbox import Sandbox, make_sandbox

log = logging.getLogger(__name__)
THREADS = 12
DELIVER_EVERY = 0.5  # seconds


def serve(host: str = "127.0.0.1", port: int = 8888, **options: Any) -> None:
    """Serve a sandbox until SIGTERM or Ctrl-C; options are those of `make_sandbox`."""
    options.setdefault("base_url", f"http://localhost:{port}")
    sandbox = make_sandbox(**options)
    server = create_server(sandbox.app, host=host, port=port, threads=THREADS, ident="ledgertab-sandbox")
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):  # the latter is ignored in what a script put in the background
            signal.signal(number, _stop)
    stop = threading.Event()
    threading.Thread(target=_deliver, args=(sandbox, stop), name="webhooks", daemon=True).start()
    try:
        server.run()
    finally:
        stop.set()
        server.close()
        sandbox.close()


def _deliver(sandbox: Sandbox, stop: threading.Event) -> None:
    """Send webhooks until the server ends."""
    while not stop.wait(DELIVER_EVERY):
        try:
            sandbox.webhooks.deliver()
        except Exception:
            log.exception("webhooks could not be delivered; they will be tried again")


def _stop(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
