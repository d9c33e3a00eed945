"""Walks through Xero's lists, page by page, by cursors that any process can go on from, without a gap.

A walk goes by the moments at which rows changed, oldest first: a full page is followed by asking for what changed since
its last row. So it makes no difference what becomes of rows that were read: one that changes moves to the end and is
told again, one that leaves the list (a draft that goes to another contact) moves no other past the edge of a page, as
it would where pages are counted.

Only where a page does not get beyond its own start (a merge changes thousands of rows within a second) must pages be
counted, and then from the last to the first: whatever leaves or changes, the rows behind it move towards pages still to
be read. The page that showed it is then asked for once more, at the end. What changes while a walk goes on is for the
next reading of changes to tell, which begins before this walk began.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from core import NotFound
from plugins.xero.listing import Part

OLDEST_FIRST = {"order": "UpdatedDateUTC ASC"}
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a walk stands: in which list, since when, and at which page; below zero it goes backwards (-1: page 1)."""

    stage: str
    since: datetime | None = None
    page: int = 1

    def text(self) -> str:
        """The cursor, opaque to the core."""
        return f"{self.stage}|{self.since.isoformat() if self.since else ''}|{self.page}"

    @classmethod
    def read(cls, cursor: str, stages: Collection[str]) -> Position:
        """The position of a cursor. Raises `NotFound` for one we never gave."""
        try:
            stage, since, page = cursor.split("|")
            position = cls(stage, datetime.fromisoformat(since) if since else None, int(page))
        except ValueError as error:
            raise NotFound("This part of the list does not exist.") from error
        if stage not in stages or not position.page:
            raise NotFound("This part of the list does not exist.")
        return position


def following(at: Position, part: Part[Any]) -> Position | None:
    """Where the walk goes on in the same list; None at its end."""
    if at.page < 0:
        return replace(at, page=at.page + 1) if at.page < -1 else None
    if part.last:
        return None
    reached = part.changed.replace(microsecond=0) - _SECOND if part.changed else None
    if reached and (at.since is None or reached > at.since):
        return Position(at.stage, reached)
    return replace(at, page=-part.pages if part.pages else at.page + 1)
