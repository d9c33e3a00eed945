"""Fixtures of tests whose workers are processes of their own: the sandbox over real HTTP, the queue in a file."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from plugins.xero.sandbox import Sandbox
from tests.live import served

__all__ = ["address", "http", "ini"]


@pytest.fixture
def address(sandbox: Sandbox) -> Iterator[str]:
    """The sandbox over real HTTP."""
    with served(sandbox) as url:
        yield url


@pytest.fixture
def ini(ini: dict[str, str], address: str) -> dict[str, str]:
    """All of Xero's addresses are the sandbox's; the queue is a file that other processes read."""
    urls = dict.fromkeys(("xero.api_url", "xero.identity_url", "xero.login_url", "xero.web_url"), address)
    return {**ini, **urls, "crm.queue": "sqlite"}


@pytest.fixture
def http() -> Iterator[httpx2.Client]:
    """A client that goes over the wire."""
    with httpx2.Client() as client:
        yield client
