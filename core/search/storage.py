"""The index beneath the search box, made beside its table: a trigram table on SQLite, a trigram index on PostgreSQL.

The revision that makes the table calls `make_index` (see `core.migrations.new`): on a database that is there already
its work is done once and never again, so a change of what it makes takes a function of another name.
"""

from __future__ import annotations

import logging

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)
TABLE, FTS, GIN = "search_entries", "search_fts", "ix_search_entries_text"
BEGIN = f"{GIN}_begin"
BEGINNING = 80  # letters of a title that are indexed to find what begins so
MARKED = "(lower(substr(section, 1, 3)) || text)"  # what PostgreSQL indexes: the section stands in front
MADE_BY_HAND = (FTS, GIN)  # and whatever begins so: no model tells of them
REFUSED = (
    "Searching works, but slowly: the extension pg_trgm is missing, and the database refused to make it. "
    "Have its administrator run CREATE EXTENSION pg_trgm in it, then run `ledgertab search reindex`."
)

# The trigram table knows which entry has which three letters, not where (detail=none), and holds no text (content=''):
# what it gives is compared with the entry itself. The section stands in front in capitals, which no folded text has.
# So a row is taken out by telling what was in it.
_DOCUMENT = "upper(substr({row}.section, 1, 3)) || {row}.text"
_INSERT = f"INSERT INTO {FTS}"
_SQLITE = (
    f"CREATE VIRTUAL TABLE {FTS} USING fts5(text, content='', detail='none', columnsize=0, "
    "tokenize='trigram case_sensitive 1')",
    f"CREATE TRIGGER {FTS}_added AFTER INSERT ON {TABLE} BEGIN {_INSERT} (rowid, text) "  # noqa: S608
    f"VALUES (new.id, {_DOCUMENT.format(row='new')}); END",
    f"CREATE TRIGGER {FTS}_gone AFTER DELETE ON {TABLE} BEGIN {_INSERT} ({FTS}, rowid, text) "
    f"VALUES ('delete', old.id, {_DOCUMENT.format(row='old')}); END",
)


def section_mark(section: str) -> str:
    """The three letters of a section in the trigram table."""
    return section[:3].upper()


def make_index(connection: Connection, *, extension: str = "pg_trgm") -> bool:
    """Make what makes searching quick; False where the database refuses the extension that it takes.

    Then searching reads through all rows. The transaction goes on either way; what is there already is left alone.
    """
    if connection.dialect.name == "sqlite":
        connection.execute(
            text(f"CREATE INDEX IF NOT EXISTS {BEGIN} ON {TABLE} (section, substr(text, 1, {BEGINNING}))")
        )
        if not connection.scalar(text("SELECT 1 FROM sqlite_master WHERE name = :name"), {"name": FTS}):
            for statement in _SQLITE:
                connection.execute(text(statement))
        return True
    beginnings = f"(section, substr(text, 1, {BEGINNING}) text_pattern_ops)"
    connection.execute(text(f"CREATE INDEX IF NOT EXISTS {BEGIN} ON {TABLE} {beginnings}"))
    try:
        with connection.begin_nested():
            connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))
            index = f"CREATE INDEX IF NOT EXISTS {GIN} ON {TABLE} USING gin ({MARKED} gin_trgm_ops)"
            connection.execute(text(index))
    except DBAPIError as error:
        log.warning("%s (%s)", REFUSED, str(error.orig).strip())
        return False
    return True


def clear(connection: Connection) -> None:
    """Take everything out of the table and the index, at once."""
    if connection.dialect.name == "sqlite":
        for statement in (f"DROP TABLE IF EXISTS {FTS}", f"DROP TRIGGER IF EXISTS {FTS}_added"):
            connection.execute(text(statement))
        connection.execute(text(f"DROP TRIGGER IF EXISTS {FTS}_gone"))
        connection.execute(text(f"DELETE FROM {TABLE}"))  # noqa: S608
    else:
        connection.execute(text(f"TRUNCATE {TABLE}"))
    make_index(connection)


def optimize(connection: Connection) -> None:
    """Put the pieces of the index that bulk writing leaves into one, and let the database count its rows."""
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"INSERT INTO {FTS} ({FTS}) VALUES ('optimize')"))  # noqa: S608
    else:
        connection.execute(text(f"ANALYZE {TABLE}"))
