"""Databases for tests: each test gets a copy of one that was migrated and seeded once in the run.

``pytest --database postgresql`` runs every test that has an application on the server of LEDGERTAB_TEST_POSTGRES.
The databases made there are called ``ledgertab_test_…`` and dropped afterwards.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from argon2 import PasswordHasher
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from core import ManualClock, migrations
from core.db import Database
from core.users import passwords
from core.users.seed import seed_demo_users
from tests.shared import SharedApp

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
# Or each log-in would make the cheap hashes of the demo users anew, at full price.
passwords.HASHER = CHEAP


def pytest_addoption(parser: pytest.Parser) -> None:
    """The choice of database."""
    kinds = ("sqlite", "postgresql")
    parser.addoption("--database", choices=kinds, default="sqlite", help="what tests with an application run on")


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a database of this test's own, at the newest revision, with roles and demo users."""
    fixture = "postgres_url" if request.config.getoption("--database") == "postgresql" else "sqlite_url"
    return str(request.getfixturevalue(fixture))


@pytest.fixture
def shared(request: pytest.FixtureRequest) -> SharedApp | None:
    """The application that tests share, for one that wants an application and changes no setting of it."""
    names = request.fixturenames
    alike = "app" in names and not any(request.getfixturevalue(each) for each in ("ini", "extra"))
    found: SharedApp | None = request.getfixturevalue("shared_app").begin() if alike else None
    return found


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path, shared: SharedApp | None) -> str:
    """A copy of the migrated SQLite file."""
    if shared:
        return shared.copy_of(sqlite_template)
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'test.db')}"


@pytest.fixture
def postgres_url(postgres_template: str, shared: SharedApp | None) -> Iterator[str]:
    """A copy of the migrated PostgreSQL database; dropped afterwards."""
    with postgres_database(template=postgres_template, name=shared.database if shared else "") as url:
        yield url
        if shared:
            shared.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated and seeded SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    _fill(f"sqlite:///{path}")
    assert not path.with_name("template.db-wal").exists()
    return path


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """The name of a migrated and seeded PostgreSQL database, to be copied."""
    with postgres_database() as url:
        _fill(url)
        yield str(make_url(url).database)


def _fill(url: str) -> None:
    migrations.upgrade(url)
    db = Database(url)
    with db.begin() as session:
        seed_demo_users(session, ManualClock(NOW), hasher=CHEAP)
    db.engine.dispose()  # the last connection gone, SQLite folds its write-ahead log into the file


@contextmanager
def postgres_database(template: str = "template0", name: str = "") -> Iterator[str]:
    """A new database on the server of LEDGERTAB_TEST_POSTGRES; dropped at the end. Skips where there is no server."""
    server = os.environ.get("LEDGERTAB_TEST_POSTGRES", "")
    if not server:
        pytest.skip("LEDGERTAB_TEST_POSTGRES names no server")
    name = name or f"ledgertab_test_{uuid4().hex[:12]}"
    with _administering(server) as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with _administering(server) as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@contextmanager
def _administering(server: str) -> Iterator[Any]:
    url = server.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()
