"""Notes on records, and tasks with or without one."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Moment

OPEN, DONE, CANCELLED = "open", "done", "cancelled"
LONGEST = 10_000  # characters of a note


class TaskReminder(Base):
    """The last day, in the user's time zone, of which a user was reminded of tasks."""

    __tablename__ = "task_reminders"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[dt.date]


class Note(Base):
    """What somebody wrote about a record (its `kind` and `record_id`), as plain text with line breaks.

    `edited_at`: when the author last changed it, None for never.
    """

    __tablename__ = "notes"
    __table_args__ = (Index("ix_notes_record", "kind", "record_id", "created_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str] = mapped_column(String(20))
    record_id: Mapped[int] = mapped_column()
    text: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    edited_at: Mapped[dt.datetime | None] = mapped_column(Moment)

    __mapper_args__ = {"version_id_col": version}

    @property
    def path(self) -> str:
        """The address that its own pages begin with."""
        return f"/notes/{self.id}"


class Task(Base):
    """Something to do, for a user, until a day, about a record (`kind` and `record_id`; "" and None for none).

    `state`: open, done or cancelled; `closed_at` and `closed_by` tell when it came out of open, and by whom.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        Index("ix_tasks_record", "kind", "record_id", "created_at", "id"),
        Index("ix_tasks_record_closed", "kind", "record_id", "closed_at", "id"),
        Index("ix_tasks_assignee", "assignee_id", "state", "due_on", "id"),
        Index("ix_tasks_state", "state", "due_on", "id"),
        {"sqlite_autoincrement": True},  # an address of a task that is gone must not lead to another
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    title: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(Text, default="")
    due_on: Mapped[dt.date | None]
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    kind: Mapped[str] = mapped_column(String(20), default="")
    record_id: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(12), default=OPEN)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    closed_at: Mapped[dt.datetime | None] = mapped_column(Moment)

    __mapper_args__ = {"version_id_col": version}

    @property
    def path(self) -> str:
        """The address of its page."""
        return f"/tasks/{self.id}"
