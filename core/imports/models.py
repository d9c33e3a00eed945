"""What is stored of an import: the file's row, the records that it touched, and the rows that were refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Json, Moment

NEW, CHECKING, CHECKED, RUNNING, DONE = "new", "checking", "checked", "running", "done"
CANCELLED, UNDOING, UNDONE, FAILED = "cancelled", "undoing", "undone", "failed"
AT_WORK = (CHECKING, RUNNING, UNDOING)
MADE, CHANGED, BINNED, KEPT = "made", "changed", "binned", "kept"


class Import(Base):
    """A file to import and how far that is.

    `state` goes new → checking → checked → running → done, or cancelled, failed; then undoing → undone. `mapping` has
    the target of every column, "" for none. `position` counts the rows that are done with, of `total`. `counts` are
    those of the check: made, changed, skipped, refused. `lease` names the worker that has it until `lease_until`.
    """

    __tablename__ = "imports"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    file_name: Mapped[str] = mapped_column(String(200))
    stored_as: Mapped[str] = mapped_column(String(60))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(Moment, index=True)
    state: Mapped[str] = mapped_column(String(10), default=NEW, index=True)
    problem: Mapped[str] = mapped_column(Text, default="")

    encoding: Mapped[str] = mapped_column(String(20))
    delimiter: Mapped[str] = mapped_column(String(1))
    decimal: Mapped[str] = mapped_column(String(1), default=".")
    dates: Mapped[str] = mapped_column(String(3), default="ymd")
    headers: Mapped[list[str]] = mapped_column(Json, default=list)
    mapping: Mapped[list[str]] = mapped_column(Json, default=list)
    duplicates: Mapped[str] = mapped_column(String(10), default="skip")
    make_organizations: Mapped[bool] = mapped_column(default=True)
    currency: Mapped[str] = mapped_column(String(3), default="NZD")

    total: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    made: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)  # one after the other; a piece that went well begins anew
    lease: Mapped[str] = mapped_column(String(40), default="")
    lease_until: Mapped[dt.datetime | None] = mapped_column(Moment)
    started_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    finished_at: Mapped[dt.datetime | None] = mapped_column(Moment)

    @property
    def path(self) -> str:
        """The address of its page."""
        return f"/imports/{self.id}"

    @property
    def share(self) -> int:
        """How much of it is done, per cent."""
        return min(100, self.position * 100 // max(1, self.total))


class ImportedRecord(Base):
    """A record that an import made or changed, with the version that it had then; after undoing, what became of it."""

    __tablename__ = "imported_records"
    __table_args__ = (Index("ix_imported_records_deed", "import_id", "deed", "kind", "record_id"),)

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    record_id: Mapped[int] = mapped_column(primary_key=True)
    deed: Mapped[str] = mapped_column(String(10))
    version: Mapped[int] = mapped_column(default=1)


class RefusedRow(Base):
    """A row of the file that was not imported: its line, its cells as they were, and why."""

    __tablename__ = "refused_rows"

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    cells: Mapped[list[Any]] = mapped_column(Json, default=list)
    problem: Mapped[str] = mapped_column(Text, default="")
