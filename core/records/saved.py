"""Saved views of lists: a name for filters and an order, one's own or shared with everybody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import ForeignKey, Index, String, Text, bindparam, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, Moment
from core.records.hiding import WITH

LONGEST, LONGEST_QUERY, MOST = 60, 4_000, 50
TOO_MANY = "These filters are too many for a view. Take some away."


class NameTaken(ValueError):
    """The user has a view of that name already: `view`."""

    def __init__(self, view: SavedView) -> None:
        super().__init__(f"You have a view called “{view.name}” already. Write another name.")
        self.view = view


class SavedView(Base):
    """One view: `query` is what stands behind the ``?`` of the list's address, `user_id` who saved it."""

    __tablename__ = "saved_views"
    __table_args__ = (Index("ix_saved_views_kind", "kind", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(LONGEST))
    query: Mapped[str] = mapped_column(Text, default="")
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    shared: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)

    @property
    def url(self) -> str:
        """The address that shows it."""
        return f"/{self.kind}?{self.query}"


_SEEN = (
    select(SavedView)
    .where(SavedView.kind == bindparam("kind"), or_(SavedView.user_id == bindparam("user_id"), SavedView.shared))
    .order_by(func.lower(SavedView.name), SavedView.id)
    .execution_options(**WITH)
)


def views_of(session: Session, kind: str, user_id: int) -> Sequence[SavedView]:
    """The views of a type that a user sees: own ones, and those that others share, by name."""
    return session.scalars(_SEEN, {"kind": kind, "user_id": user_id}).all()


def save(
    session: Session, *, kind: str, name: str, query: str, user_id: int, shared: bool, when: dt.datetime
) -> SavedView:
    """A new view. Raises ValueError with a sentence where the name or the view cannot be had."""
    if len(query) > LONGEST_QUERY:
        raise ValueError(TOO_MANY)
    own = session.scalars(select(SavedView).where(SavedView.kind == kind, SavedView.user_id == user_id)).all()
    if len(own) >= MOST:
        raise ValueError(f"You have {MOST} views of this list already. Delete one that you do not need.")
    view = SavedView(kind=kind, name=_name(own, name), query=query, user_id=user_id, shared=shared, created_at=when)
    session.add(view)
    session.flush()
    return view


def replace(session: Session, view: SavedView, query: str) -> None:
    """Let a view show something else. Raises ValueError with a sentence."""
    if len(query) > LONGEST_QUERY:
        raise ValueError(TOO_MANY)
    view.query = query


def rename(session: Session, view: SavedView, name: str) -> None:
    """Give a view another name. Raises ValueError with a sentence."""
    same = select(SavedView).where(SavedView.kind == view.kind, SavedView.user_id == view.user_id)
    view.name = _name(session.scalars(same.where(SavedView.id != view.id)).all(), name)


def _name(others: Sequence[SavedView], name: str) -> str:
    if not name:
        raise ValueError("Write a name for the view.")
    if len(name) > LONGEST:
        raise ValueError(f"Write a name of at most {LONGEST} characters.")
    same = next((other for other in others if other.name.casefold() == name.casefold()), None)
    if same is not None:
        raise NameTaken(same)
    return name
