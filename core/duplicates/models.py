"""By what records are recognised as the same, which are known not to be, and which were merged."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Moment

WIDTH = 120


class MatchKey(Base):
    """Something of a record that another may have too; `what` is one of `core.duplicates.keys.REASONS`."""

    __tablename__ = "match_keys"
    # All columns: with fewer SQLite would rather read the keys of the whole kind.
    __table_args__ = (Index("ix_match_keys_record", "record_id", "kind", "what", "value"),)

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    what: Mapped[str] = mapped_column(String(10), primary_key=True)
    value: Mapped[str] = mapped_column(String(WIDTH), primary_key=True)
    record_id: Mapped[int] = mapped_column(primary_key=True)


class NotDuplicates(Base):
    """Two records, the lower id first, of which a person said that they are not the same."""

    __tablename__ = "not_duplicates"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    first_id: Mapped[int] = mapped_column(primary_key=True)
    second_id: Mapped[int] = mapped_column(primary_key=True)
    said_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    said_at: Mapped[dt.datetime] = mapped_column(Moment)


class RecordMerge(Base):
    """A record that was merged into another: its address leads there as long as it is in the bin, and after."""

    __tablename__ = "record_merges"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    from_id: Mapped[int] = mapped_column(primary_key=True)
    into_id: Mapped[int] = mapped_column()
    merged_at: Mapped[dt.datetime] = mapped_column(Moment)
