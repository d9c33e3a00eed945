"""Tags: free words on records."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Index, String, bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, look_up, table_of

LONGEST, MOST = 40, 20


class RecordTag(Base):
    """One tag on one record."""

    __tablename__ = "record_tags"
    __table_args__ = (Index("ix_record_tags_tag", "kind", "tag", "record_id"),)

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    record_id: Mapped[int] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(String(LONGEST), primary_key=True)


_ROWS = table_of(RecordTag)
_KNOWN = (
    select(_ROWS.c.tag)
    .where(_ROWS.c.kind == bindparam("kind"))
    .group_by(_ROWS.c.tag)
    .order_by(func.count().desc(), _ROWS.c.tag)
    .limit(bindparam("most"))
)


def known_tags(session: Session, kind: str, *, limit: int = 200) -> Sequence[str]:
    """The tags that records of a type have, the most used first."""
    return look_up(session, _KNOWN, kind=kind, most=limit).scalars().all()
