"""A sandbox, or any application, over real HTTP, for tests that need a socket."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from waitress.server import create_server
from waitress.wasyncore import dispatcher

from plugins.xero.sandbox import Sandbox


@contextmanager
def served(sandbox: Sandbox) -> Iterator[str]:
    """Serve a sandbox on a free port of this machine while the block runs; gives its address."""
    with serving(sandbox.app) as address:
        yield address


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The same of a WSGI application."""
    sockets: dict[int, object] = {}
    server = create_server(app, host="127.0.0.1", port=0, threads=8, map=sockets)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()

    def close() -> None:  # runs in the server's own loop, which then has nothing left to wait for
        for each in list(sockets.values()):
            if each is not server.trigger:  # a request that ends just now may pull it once more
                with suppress(OSError):
                    # A server's own close would close the trigger, too, which is being pulled this very moment.
                    dispatcher.close(each) if each is server else each.close()  # type: ignore[attr-defined]
        sockets.clear()

    try:
        yield f"http://localhost:{server.effective_port}"
    finally:
        server.trigger.pull_trigger(close)
        server.task_dispatcher.shutdown()
        thread.join(5)
        assert not thread.is_alive()
        server.trigger.close()
