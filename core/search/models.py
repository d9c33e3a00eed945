"""What the search box looks through: a row for each record, and one for each note or whatever else hangs on one."""

from __future__ import annotations

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import BY_HAND, Base
from core.search.storage import make_index


class SearchEntry(Base):
    """Something that can be found.

    `section` is the group it is shown in: the kind of the record itself, or the key of a source such as ``notes``; its
    thing is `item_id`. `kind` and `record_id` name the record it leads to. `title` and `detail` are shown, `text` is
    what is looked through (`core.search.words`). A row is never changed but replaced, so that what changed last has
    the highest id: the index gives the latest first without sorting.
    """

    __tablename__ = "search_entries"
    __table_args__ = (
        Index("ix_search_entries_section", "section", "id"),
        Index("ix_search_entries_record", "kind", "record_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    section: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(20))
    record_id: Mapped[int] = mapped_column()
    item_id: Mapped[int] = mapped_column(default=0)
    title: Mapped[str] = mapped_column(String(300))
    detail: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text)

    @property
    def path(self) -> str:
        """The address of the record that it leads to."""
        return f"/{self.kind}/{self.record_id}"


Base.metadata.info.setdefault(BY_HAND, {})[SearchEntry.__tablename__] = make_index
