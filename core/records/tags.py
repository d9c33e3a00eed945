"""Tags: free words on records."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Index, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base

LONGEST, MOST = 40, 20


class RecordTag(Base):
    """One tag on one record."""

    __tablename__ = "record_tags"
    __table_args__ = (Index("ix_record_tags_tag", "kind", "tag", "record_id"),)

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    record_id: Mapped[int] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(String(LONGEST), primary_key=True)


def known_tags(session: Session, kind: str, *, limit: int = 200) -> Sequence[str]:
    """The tags that records of a type have, the most used first."""
    query = select(RecordTag.tag).where(RecordTag.kind == kind).group_by(RecordTag.tag)
    return session.scalars(query.order_by(func.count().desc(), RecordTag.tag).limit(limit)).all()
