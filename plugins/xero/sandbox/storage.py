"""What outlives the process: one SQLite file into which every change is written through."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from plugins.xero.sandbox.wire import Record, decoded, encoded

_TABLE = "CREATE TABLE IF NOT EXISTS kept (space TEXT, id TEXT, body BLOB, PRIMARY KEY (space, id))"


class StateFile:
    """Rows by space and id. Used under the store's lock only, from any thread."""

    def __init__(self, path: str | Path) -> None:
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(_TABLE)

    def rows(self) -> Iterator[tuple[str, str, Record]]:
        """All that is kept, in the order it was first written."""
        for space, key, body in self._db.execute("SELECT space, id, body FROM kept ORDER BY rowid"):
            yield space, key, decoded(body)

    def write(self, changes: Iterable[tuple[str, str, Record | None]]) -> None:
        """Keep or drop (where the record is None) each row, all of them or none."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for space, key, record in changes:
                self._write_one(space, key, record)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _write_one(self, space: str, key: str, record: Record | None) -> None:
        if record is None:
            self._db.execute("DELETE FROM kept WHERE space = ? AND id = ?", (space, key))
            return
        self._db.execute(
            "INSERT INTO kept (space, id, body) VALUES (?, ?, ?)"
            " ON CONFLICT (space, id) DO UPDATE SET body = excluded.body",
            (space, key, encoded(record)),
        )

    def close(self) -> None:
        """Close the file."""
        self._db.close()
