"""WSGI applications in processes of their own, behind waitress on loopback."""

from __future__ import annotations

import logging
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

SPAWN = multiprocessing.get_context("spawn")
START_SECONDS = 60
HOST = "127.0.0.1"


@dataclass
class Server:
    """A server that runs: where it is, and how much CPU it used so far."""

    port: int
    _pipe: Connection

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self.port}"

    @property
    def cpu(self) -> float:
        """Seconds of CPU of its process since it started."""
        self._pipe.send("cpu")
        return float(self._pipe.recv())


@contextmanager
def served(make: Callable[..., Any], *arguments: Any, threads: int = 4) -> Iterator[Server]:
    """Serve what ``make(*arguments)`` gives, in a new process that ends with the block."""
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=_serve, args=(there, make, arguments, threads), daemon=True)
    process.start()
    there.close()
    try:
        if not here.poll(START_SECONDS):
            raise RuntimeError(f"The server of {make.__name__} did not start")
        yield Server(here.recv(), here)
    finally:
        process.terminate()
        process.join(10)


def _serve(pipe: Connection, make: Callable[..., Any], arguments: tuple[Any, ...], threads: int) -> None:
    logging.disable(logging.WARNING)
    from waitress.server import create_server

    server = create_server(make(*arguments), host=HOST, port=0, threads=threads)
    threading.Thread(target=_answer, args=(pipe,), daemon=True).start()
    pipe.send(server.effective_port)
    server.run()


def _answer(pipe: Connection) -> None:
    while True:
        try:
            pipe.recv()
        except EOFError:
            return
        pipe.send(time.process_time())
