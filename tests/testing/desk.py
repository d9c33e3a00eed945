"""An admin before a record linked to the stranger's customer 7, and a way to break things."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from core import ManualClock
from core.services import Services
from tests.conftest import Browser, LogIn
from tests.core.conftest import Make, make
from tests.core.pages import words
from tests.testing.stranger import KEY, Ledgerhouse

__all__ = ["Desk", "boom", "desk", "extra", "house", "ini", "make"]


@pytest.fixture
def house() -> Ledgerhouse:
    return Ledgerhouse()


@pytest.fixture
def ini() -> dict[str, str]:
    return {"crm.plugins": KEY}


@pytest.fixture
def extra(house: Ledgerhouse) -> Mapping[str, ModuleType]:
    return {KEY: house.module()}


@dataclass
class Desk:
    """An admin before a record linked to customer 7."""

    browser: Browser
    services: Services
    clock: ManualClock
    path: str

    def later(self) -> str:
        """The tab a quarter of an hour later, when it was read again."""
        self.clock.advance(dt.timedelta(minutes=15))
        self.browser.get(self.path, status=200)
        self.services.jobs.drain()
        return self.tab()

    def tab(self) -> str:
        return words(self.browser.get(self.path, status=200))

    def plugins(self) -> str:
        return words(self.browser.get("/admin/plugins", status=200))


@pytest.fixture
def desk(log_in: LogIn, services: Services, make: Make, clock: ManualClock) -> Desk:
    number = make("organizations", name="Ann's Bakery")
    browser = log_in("admin")
    browser.send(f"/admin/accounting/connect/{KEY}/api_key", {"api_key": "lh_1"}, status=303)
    services.jobs.drain()
    desk = Desk(browser, services, clock, f"/organizations/{number}/tabs/{KEY}")
    browser.send(f"{desk.path}/link", {"connection": "1", "party": "7"}, status=303)
    services.jobs.drain()
    assert "Outstanding NZ$ 115.00" in desk.tab()
    return desk


def boom(_: Any) -> Any:
    raise RuntimeError("the key is lh_1")
