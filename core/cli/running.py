"""``ledgertab serve`` and ``ledgertab worker``."""

from __future__ import annotations

import argparse
import signal
import sys
from typing import Any

import plaster

from core.app import make_worker
from core.cli import config_file
from core.cli.opening import open_app
from core.settings import StartError


def serve(options: argparse.Namespace) -> int:
    """Serve the pages until stopped, as `pserve` would. Raises `StartError`."""
    loader = plaster.get_loader(str(config_file(options)), protocols=["wsgi"])
    loader.setup_logging()
    try:
        app = loader.get_wsgi_app()
    except SystemExit as stop:
        if isinstance(stop.__cause__, StartError):
            raise stop.__cause__ from None
        raise
    loader.get_wsgi_server()(app)
    return 0


def worker(options: argparse.Namespace) -> int:
    """Carry out jobs and periodic work until SIGTERM or Ctrl-C; the jobs at hand are finished. Raises `StartError`."""
    plaster.get_loader(str(config_file(options)), protocols=["wsgi"]).setup_logging()
    with open_app(options) as app:
        works = make_worker(app.registry.services)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _leave)
        works.start()
        sys.stdout.write("The worker is ready.\n")
        sys.stdout.flush()
        try:
            works.wait()
        except SystemExit:
            works.stop()
    return 0


def _leave(number: int, frame: Any) -> None:
    raise SystemExit(0)
