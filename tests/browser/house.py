"""The real thing as `make demo` runs it: pages, worker and Xero sandbox as processes of their own, in a new folder."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 90.0
GRACE = 15.0
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class House:
    """A running demo: the addresses of its pages and of its sandbox, and its folder."""

    url: str
    sandbox: str
    home: Path

    def fault(self, kind: str, **more: Any) -> None:
        """Switch a fault of the sandbox on."""
        self._ask("POST", "/sandbox/faults", {"kind": kind, **more})

    def all_well(self) -> None:
        """Switch every fault off."""
        self._ask("DELETE", "/sandbox/faults")

    def faults(self) -> list[dict[str, Any]]:
        """The faults that are on."""
        found: list[dict[str, Any]] = self._ask("GET", "/sandbox/faults")["faults"]
        return found

    def calls(self) -> list[dict[str, Any]]:
        """The latest calls that the sandbox received."""
        found: list[dict[str, Any]] = self._ask("GET", "/sandbox/calls")["calls"]
        return found

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.sandbox}{path}", data, {"Accept": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())


@contextmanager
def running(home: Path) -> Iterator[House]:
    """A demo of its own in that folder, stopped afterwards with everything it started."""
    port, sandbox_port = _free_ports()
    house = House(f"http://localhost:{port}", f"http://localhost:{sandbox_port}", home)
    home.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEDGERTAB_")}
    environ = kept | {"PORT": str(port), "SANDBOX_PORT": str(sandbox_port), "LEDGERTAB_HOME": str(home)}
    with (home / "demo.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "core.cli", "demo"],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_the_tests,
        )
        try:
            _wait_until_ready(house, process)
            yield house
        finally:
            _stop(process)


def _end_with_the_tests() -> None:
    """On Linux: a test run that is killed takes the demo along (prctl, PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _wait_until_ready(house: House, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while not _answers(f"{house.url}/readyz") or not _answers(f"{house.sandbox}/sandbox/faults"):
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"The demo did not come up:\n{_logs(house.home)}")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _logs(home: Path) -> str:
    found = [home / "demo.log", *sorted((home / "logs").glob("*.log"))]
    return "\n".join(f"{path.name}:\n{path.read_text(errors='replace')[-2000:]}" for path in found if path.is_file())


def _stop(process: subprocess.Popen[bytes]) -> None:
    """The demo stops its parts by itself; what is left of its process group after a while is killed."""
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
