"""Fixtures of tests that run on the stub alone: import those you use, and name them in ``__all__``."""

from __future__ import annotations

import pytest

from core.services import Services
from tests.conftest import Browser, LogIn
from tests.core.accounting.books import Books, connect, four_records

__all__ = ["books", "ini", "sales"]


@pytest.fixture
def ini() -> dict[str, str]:
    """The stub and no other plugin."""
    return {"crm.plugins": "quickbooks_stub"}


@pytest.fixture
def books(services: Services, log_in: LogIn) -> Books:
    """The stub connected, the four records, and Harbour linked to the organization."""
    connect(log_in("admin"), services)
    made = Books(services)
    four_records(made)
    made.link_party("organization", "harbour")
    return made


@pytest.fixture
def sales(log_in: LogIn) -> Browser:
    """A sales person's browser."""
    return log_in("sales")
