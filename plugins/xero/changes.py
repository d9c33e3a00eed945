"""What changed in an organisation, list after list. How a list is walked through without a gap: `plugins.xero.walking`.

Over- and prepayments are told apart (`advances`): they are two lists more to ask for, and change seldom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from core import Change, Page, Party
from plugins.xero.listing import CONTACTS, CREDIT_NOTES, INVOICES, OVERPAYMENTS, PREPAYMENTS, Endpoint, Lists
from plugins.xero.walking import OLDEST_FIRST, Position, following

OVERLAP = timedelta(minutes=15)  # our clock may be ten minutes fast, and Xero's lists lag behind its writes
_ENDPOINTS: Mapping[str, Endpoint[Any]] = {
    "contacts": CONTACTS,
    "invoices": INVOICES,
    "creditnotes": CREDIT_NOTES,
    "overpayments": OVERPAYMENTS,
    "prepayments": PREPAYMENTS,
}
_CHANGES, _FIRST = ("contacts", "invoices", "creditnotes"), ("contacts",)
_ADVANCES = ("overpayments", "prepayments")


def changes(lists: Lists, since: datetime | None, cursor: str | None) -> Page[Change]:
    """One page of the contacts, invoices, bills and credit notes changed after `since`; with None all contacts."""
    return _page(lists, _CHANGES if since else _FIRST, since, cursor)


def advances(lists: Lists, since: datetime | None, cursor: str | None) -> Page[Change]:
    """One page of the over- and prepayments changed after `since`; with None all of them, used up or not."""
    return _page(lists, _ADVANCES, since, cursor)


def _page(lists: Lists, stages: Sequence[str], since: datetime | None, cursor: str | None) -> Page[Change]:
    start = since - OVERLAP if since else None
    at = Position.read(cursor, stages) if cursor else Position(stages[0], start)
    part = lists.part(_ENDPOINTS[at.stage], _params(at.stage), page=abs(at.page), modified_since=at.since)
    goes_on = following(at, part) or _next_list(at, stages, start)
    return Page([_change(item) for item in part.items], goes_on.text() if goes_on else None)


def _next_list(at: Position, stages: Sequence[str], start: datetime | None) -> Position | None:
    rest = stages[stages.index(at.stage) + 1 :]
    return Position(rest[0], start) if rest else None


def _params(stage: str) -> dict[str, str]:
    return {**OLDEST_FIRST, **({"includeArchived": "true"} if stage == "contacts" else {})}


def _change(item: Any) -> Change:
    return Change(party=item) if isinstance(item, Party) else Change(document=item)
