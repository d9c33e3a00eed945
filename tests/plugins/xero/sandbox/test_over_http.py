"""What only a real connection shows: closing it, compression, several at once, stopping the server."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from plugins.xero.sandbox import Sandbox
from tests.live import served
from tests.plugins.xero.sandbox.conftest import API

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {sandbox.token()['access_token']}", "xero-tenant-id": sandbox.tenant_id}
    with served(sandbox) as url, httpx2.Client(base_url=url, headers=headers, timeout=10) as client:
        yield client


def test_an_answer_comes_over_the_wire(http: httpx2.Client) -> None:
    answer = http.get(f"{API}/Invoices", params={"page": "1"})
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.json()["Invoices"]) == 100


@pytest.mark.parametrize("kind", ["drop-before", "drop-after"])
def test_a_dropped_connection_is_closed_without_a_byte(http: httpx2.Client, sandbox: Sandbox, kind: str) -> None:
    sandbox.faults.add(kind, times=1)
    with pytest.raises(httpx2.RemoteProtocolError):
        http.put(f"{API}/Contacts", json={"Name": "Lost or kept"})
    kept = "Lost or kept" in {row["Name"] for row in sandbox.records("Contacts")}
    assert kept == (kind == "drop-after")
    assert http.get(f"{API}/Organisation").status_code == 200


def test_a_raw_socket_sees_the_end_at_once(http: httpx2.Client, sandbox: Sandbox) -> None:
    sandbox.faults.add("drop-before", times=1)
    url = httpx2.URL(str(http.base_url))
    with socket.create_connection((str(url.host), url.port or 80), timeout=10) as wire:
        wire.sendall(f"GET {API}/Organisation HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert wire.recv(1000) == b""


def test_an_answer_without_a_body_leaves_the_connection_usable(http: httpx2.Client, sandbox: Sandbox) -> None:
    connection = sandbox.connections()[0]["id"]
    assert http.delete(f"/connections/{connection}").status_code == 204
    assert http.get("/connections").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_server_stops_cleanly_when_told_to(tmp_path: Path, stop: signal.Signals) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = f"from plugins.xero.sandbox import serve; serve('127.0.0.1', {port}, state_file={str(tmp_path / 's.db')!r})"
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        document = _wait_for(f"http://localhost:{port}/.well-known/openid-configuration")
        assert document["issuer"] == f"http://localhost:{port}"
        process.send_signal(stop)
        _, errors = process.communicate(timeout=15)
    finally:
        process.kill()
    assert (process.returncode, errors) == (0, "")


def _wait_for(url: str) -> dict[str, str]:
    for _ in range(100):
        try:
            found: dict[str, str] = httpx2.get(url, timeout=5).json()
        except httpx2.TransportError:
            time.sleep(0.1)
        else:
            return found
    raise AssertionError(f"{url} does not answer")
