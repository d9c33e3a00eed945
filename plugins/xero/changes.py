"""What changed in an organisation, list after list, without a gap.

Page numbers alone would leave a gap: when a row changes while the list is read, it moves to the end and the row after a
page's edge slips onto the page before. So a full page is followed by asking for what changed since its last row; only
where a page did not get beyond its own start (many rows changed within a second) does the page number go up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core import Change, NotFound, Page, Party
from plugins.xero import outgoing
from plugins.xero.listing import CONTACTS, CREDIT_NOTES, INVOICES, OVERPAYMENTS, PREPAYMENTS, Endpoint, Lists, Part

OVERLAP = timedelta(minutes=3)  # clocks differ, and Xero's lists lag behind its writes
_SECOND = timedelta(seconds=1)
_ALL: Mapping[str, Endpoint[Any]] = {
    "contacts": CONTACTS,
    "invoices": INVOICES,
    "creditnotes": CREDIT_NOTES,
    "overpayments": OVERPAYMENTS,
    "prepayments": PREPAYMENTS,
}
_FIRST = ("contacts", "overpayments", "prepayments")
_OPEN = outgoing.where('Status=="AUTHORISED"')


@dataclass(frozen=True, slots=True)
class Position:
    """Where a walk through the lists stands: the list, since when, and the page."""

    stage: str
    since: datetime | None
    page: int = 1

    def text(self) -> str:
        """The cursor, opaque to the core."""
        return f"{self.stage}|{self.since.isoformat() if self.since else ''}|{self.page}"

    @classmethod
    def read(cls, cursor: str) -> Position:
        """The position of a cursor. Raises `NotFound` for one we never gave."""
        try:
            stage, since, page = cursor.split("|")
            position = cls(stage, datetime.fromisoformat(since) if since else None, int(page))
        except ValueError as error:
            raise NotFound("This part of the list does not exist.") from error
        if stage not in _ALL:
            raise NotFound("This part of the list does not exist.")
        return position


def changes(lists: Lists, since: datetime | None, cursor: str | None) -> Page[Change]:
    """One page of what changed after `since`; with None all contacts and the open credits of customers."""
    stages = tuple(_ALL) if since else _FIRST
    start = since - OVERLAP if since else None
    at = Position.read(cursor) if cursor else Position(stages[0], start)
    part = lists.part(_ALL[at.stage], _params(at.stage, since), page=at.page, modified_since=at.since)
    following = _following(at, part, stages, start)
    return Page([_change(item) for item in part.items], following.text() if following else None)


def _params(stage: str, since: datetime | None) -> dict[str, str]:
    params = {"order": "UpdatedDateUTC ASC"}
    if stage == "contacts":
        params["includeArchived"] = "true"
    if since is None and stage in ("overpayments", "prepayments"):
        params |= _OPEN
    return params


def _following(at: Position, part: Part[Any], stages: tuple[str, ...], start: datetime | None) -> Position | None:
    if part.last:
        rest = stages[stages.index(at.stage) + 1 :] if at.stage in stages else ()
        return Position(rest[0], start) if rest else None
    reached = part.changed.replace(microsecond=0) - _SECOND if part.changed else None
    if reached and (at.since is None or reached > at.since):
        return Position(at.stage, reached)
    return Position(at.stage, at.since, at.page + 1)


def _change(item: Any) -> Change:
    return Change(party=item) if isinstance(item, Party) else Change(document=item)
