"""Records for tests of the core: made directly, without a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.duplicates import keys
from core.records.models import MODELS
from core.search.indexing import index
from core.services import Services
from tests.databases import NOW

Make = Callable[..., int]


@pytest.fixture
def make(services: Services) -> Make:
    """`make("contacts", last_name="Parata")` stores a record and gives its id."""

    def store(kind: str, **values: Any) -> int:
        with services.db.begin() as session:
            record = MODELS[kind](created_at=NOW, changed_at=NOW, **values)
            session.add(record)
            session.flush()
            index(session, kind, [record.id])
            keys.index(session, kind, [record.id])
            return record.id

    return store
