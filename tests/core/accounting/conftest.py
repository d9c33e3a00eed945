"""Tests that need a provider run against the sandbox, as the story does; what is written down is checked after each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounting.deeds import RIGHTS
from core.accounting.models import Connection
from core.audit.models import AuditEntry
from core.db import Database
from core.services import Services
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


@pytest.fixture(autouse=True)
def _deeds_say_where(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test of this folder did in a connection names it in the audit trail, and says who may read it."""
    services: Services | None = request.getfixturevalue("services") if "services" in request.fixturenames else None
    yield
    if services is None:
        return
    with services.db.read() as session:
        entries = session.execute(select(AuditEntry.deed, AuditEntry.old, AuditEntry.new)).all()
    done = [(deed, {**old, **new}) for deed, old, new in entries if not deed.startswith(("record.", "user."))]
    assert {deed for deed, values in done if not isinstance(values.get("in_id"), int)} == set(), "use `in_connection`"
    assert {deed for deed, _ in done} - set(RIGHTS) == set(), "say in `deeds.RIGHTS` who may read it"
