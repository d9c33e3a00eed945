"""Processes that belong together: started, watched and stopped as one, with a log file for each."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

GRACE = 7.0
LOOK_EVERY = 0.1
TAIL = 15


class Died(Exception):
    """A process ended that should have gone on: a sentence, then the end of its log."""


@dataclass
class Child:
    """One process and its log."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def ended(self) -> bool:
        """Whether it is gone."""
        return self.process.poll() is not None

    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL:])


@dataclass
class Children:
    """The processes of one run. `stopping` is set by SIGINT, SIGTERM and SIGHUP once `heed_signals` was called."""

    logs: Path
    environ: Mapping[str, str]
    stopping: bool = False
    all: list[Child] = field(default_factory=list)

    def heed_signals(self) -> None:
        """Turn signals into `stopping`; nothing is interrupted half-way."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop_soon)

    def _stop_soon(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def start(self, name: str, command: Sequence[str]) -> Child:
        """Start a process of this process group, its output in a log file of its own."""
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - commands of our own, no shell
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(self.environ),
            )
        child = Child(name, process, log)
        self.all.append(child)
        return child

    def wait_until(self, ready: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait until `ready` says so, or a signal came. Raises `Died`."""
        end = time.monotonic() + seconds
        while not self.stopping and not ready():
            self.check()
            if time.monotonic() > end:
                raise Died(f"{what} did not come up within {seconds:.0f} seconds. Logs are in {self.logs}.")
            time.sleep(LOOK_EVERY)

    def watch(self) -> None:
        """Block until a signal came. Raises `Died` when a process ended by itself."""
        while not self.stopping:
            self.check()
            time.sleep(LOOK_EVERY)

    def check(self) -> None:
        """Raise `Died` when a process is gone, unless all are being stopped (a signal may have reached them first)."""
        for child in self.all:
            if child.ended():
                time.sleep(LOOK_EVERY)  # Ctrl-C reaches every process of the terminal, this one perhaps last
                if self.stopping:
                    return
                code = child.process.returncode
                raise Died(
                    f"The {child.name} ended by itself (exit code {code}); its last words:\n{child.last_words()}"
                )

    def stop(self) -> None:
        """Ask every process to end, last started first; kill what has not ended after the time of grace."""
        for child in reversed(self.all):
            if not child.ended():
                child.process.terminate()
        end = time.monotonic() + GRACE
        for child in self.all:
            try:
                child.process.wait(timeout=max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()


def port_is_free(port: int) -> bool:
    """Whether a server may listen on that port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def answers(port: int) -> bool:
    """Whether something listens on that port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
