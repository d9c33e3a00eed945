"""The migrated database and the models agree on PostgreSQL too, and two upgrades at once do the work once."""

from __future__ import annotations

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from core import migrations
from core.db import Base, engine_without_pool
from core.migrations.new import belongs, import_models
from core.settings import StartError
from tests.databases import postgres_database

pytestmark = pytest.mark.postgres


def test_the_models_and_the_migrated_database_agree(postgres_url: str) -> None:
    import_models()
    engine = engine_without_pool(postgres_url)
    with engine.connect() as connection:
        options = {"compare_type": True, "include_object": belongs("", ["xero"])}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
    engine.dispose()
    assert found == []


def test_two_upgrades_at_once_do_the_work_once() -> None:
    with postgres_database() as url:
        done: list[list[str]] = []
        together = threading.Barrier(2)

        def work() -> None:
            together.wait()
            done.append(migrations.upgrade(url))

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(map(bool, done)) == [False, True]
        assert migrations.pending(url) == []


def test_a_database_newer_than_the_code_is_refused(postgres_url: str) -> None:
    engine = engine_without_pool(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StartError, match="newer version of Ledgertab"):
        migrations.upgrade(postgres_url)
