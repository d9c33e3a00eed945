"""Scratch databases on a PostgreSQL server, where the environment names one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

POSTGRES = "LEDGERTAB_TEST_POSTGRES"


@contextmanager
def postgres_database() -> Iterator[str]:
    """A new empty database on the server that LEDGERTAB_TEST_POSTGRES names; dropped at the end."""
    server, name = os.environ[POSTGRES], f"ledgertab_bench_{uuid4().hex[:12]}"
    _administer(server, f'CREATE DATABASE "{name}" TEMPLATE "template0"')
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        _administer(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def settle(engine: Engine) -> None:
    """Leave the tables of PostgreSQL as its autovacuum does within a minute or two of so many new rows."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _administer(server: str, statement: str) -> None:
    url = server.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
