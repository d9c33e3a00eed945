"""The server of the settings files: the worker beside it, and an orderly end."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from core.server import worker_beside
from core.services import Services

ROOT = Path(__file__).parent.parent


@pytest.fixture
def ini(request: pytest.FixtureRequest) -> dict[str, str]:
    return {"crm.worker": getattr(request, "param", "thread")}


def test_the_worker_carries_out_jobs_while_the_server_runs_and_stops_with_it(services: Services) -> None:
    done: list[int] = []
    first = threading.Event()

    def work(number: int) -> None:
        done.append(number)
        first.set()

    services.jobs.add("work", work)
    with worker_beside(services):
        services.jobs.enqueue("work", number=1)
        assert first.wait(10)
    services.jobs.enqueue("work", number=2)
    time.sleep(0.6)
    assert done == [1]


@pytest.mark.parametrize("ini", ["none"], indirect=True)
def test_without_the_setting_no_worker_is_started(services: Services) -> None:
    before = threading.active_count()
    with worker_beside(services):
        assert threading.active_count() == before


@contextmanager
def served(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`pserve` with the project's development.ini, on another port and in a folder that has nothing else."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    text = (ROOT / "development.ini").read_text(encoding="utf-8")
    (folder / "development.ini").write_text(re.sub(r"\b6543\b", str(port), text), encoding="utf-8")
    pserve = Path(sys.executable).with_name("pserve")
    command = [str(pserve), "development.ini"]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield server, f"http://localhost:{port}"
    finally:
        server.kill()
        server.communicate()


@pytest.mark.slow
def test_pserve_just_runs_on_a_fresh_checkout_and_ends_in_order(tmp_path: Path) -> None:
    with served(tmp_path) as (server, address):
        end = time.monotonic() + 60
        status = 0
        while not status and time.monotonic() < end and server.poll() is None:
            with suppress(OSError), urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:
                status = answer.status
            time.sleep(0.2)
        server.send_signal(signal.SIGTERM)
        said, _ = server.communicate(timeout=20)
    assert status == 200, said
    assert server.returncode == 0, said
    assert "Traceback" not in said
    assert (tmp_path / "var" / "ledgertab.db").exists()
    assert (tmp_path / "var" / "key").stat().st_mode & 0o777 == 0o600
