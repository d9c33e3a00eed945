"""The sandbox over real HTTP, until it is stopped."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

from waitress.server import create_server

from plugins.xero.sandbox.sandbox import make_sandbox

THREADS = 12


def serve(host: str = "127.0.0.1", port: int = 8888, **options: Any) -> None:
    """Serve a sandbox until SIGTERM or Ctrl-C; options are those of `make_sandbox`."""
    options.setdefault("base_url", f"http://localhost:{port}")
    sandbox = make_sandbox(**options)
    server = create_server(sandbox.app, host=host, port=port, threads=THREADS, ident="ledgertab-sandbox")
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):  # the latter is ignored in what a script put in the background
            signal.signal(number, _stop)
    try:
        server.run()
    finally:
        server.close()
        sandbox.close()


def _stop(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
