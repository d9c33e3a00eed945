"""The toy company on a clock that moves only when told to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from core import AccountingProvider, ManualClock
from core.testing import StaticContext
from plugins.quickbooks_stub import company, mapping, plugin

Open = Callable[[], AccountingProvider]


@pytest.fixture
def clock() -> ManualClock:
    """Noon in London on a Wednesday, still early morning in California."""
    return ManualClock(dt.datetime(2026, 6, 17, 11, 30, tzinfo=dt.UTC))


@pytest.fixture
def ledger_file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "ledger.json"


@pytest.fixture
def context(clock: ManualClock) -> StaticContext:
    return StaticContext(mapping.to_organisation(company.REALM), clock)


@pytest.fixture
def provider(context: StaticContext) -> AccountingProvider:
    """The stub with a ledger in memory, opened through the front door."""
    return plugin.accounting_providers({})[0].open(context)


@pytest.fixture
def process(context: StaticContext, ledger_file: Path) -> Open:
    """Each call opens the stub as another process would: only the file is shared."""
    settings = {"quickbooks_stub.ledger_file": str(ledger_file)}
    return lambda: plugin.accounting_providers(settings)[0].open(context)
