"""Tests that need a provider run against the sandbox, as the story does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.orm import Session

from core.accounting.models import Connection
from core.db import Database
from tests.core.accounting.drafting import queued, sales
from tests.story.conftest import connect, hana, harbour, http, ini, refit, sandbox

__all__ = ["connect", "hana", "harbour", "http", "ini", "queued", "refit", "sales", "sandbox"]


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    """A session on a database with one connection, 1, whose snapshot is empty; for tests without an application."""
    db = Database(database_url)
    books: dict[str, Any] = {"organisation": {"id": "o", "name": "Books"}, "organisation_id": "o", "name": "Books"}
    with db.begin() as session:
        session.add(Connection(id=1, provider="p", connected_at=dt.datetime(2026, 11, 22, tzinfo=dt.UTC), **books))
        session.flush()
        yield session
    db.engine.dispose()
