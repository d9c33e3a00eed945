"""Finding entries of the audit trail: filters that combine, pages by key."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, false, or_, select
from sqlalchemy.orm import Session

from core.audit.models import AuditEntry

BATCH = 500


@dataclass(frozen=True)
class Wanted:
    """What is looked for; what is empty narrows nothing.

    `text` stands somewhere in an old or a new value, or in the title of a record: `titled` has queries for their ids by
    kind; values of the deeds in `unread` are not looked into, for who asks may not read them. `since` and `until` are
    moments, the first in, the second out. `nothing`: what was asked for cannot be there.
    """

    user_id: int | None = None
    by_itself: bool = False
    deed: str = ""
    kind: str = ""
    text: str = ""
    titled: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    unread: Collection[str] = ()
    nothing: bool = False


@dataclass(frozen=True)
class Found:
    """A page, newest first. `older` and `newer` are the keys of the pages beside it, None where there are none."""

    entries: Sequence[AuditEntry]
    older: int | None
    newer: int | None


def find(session: Session, wanted: Wanted, *, limit: int, before: int | None = None, after: int | None = None) -> Found:
    """The newest entries, or those older than the id `before`, or the nearest newer than the id `after`."""
    if after is not None:
        query = _query(wanted).where(AuditEntry.id > after).order_by(AuditEntry.id).limit(limit + 1)
        rows = session.scalars(query).all()
        if len(rows) <= limit:  # the first page, filled up
            return find(session, wanted, limit=limit)
        entries = list(reversed(rows[:limit]))
        return Found(entries, entries[-1].id, entries[0].id)
    query = _query(wanted).order_by(AuditEntry.id.desc()).limit(limit + 1)
    rows = session.scalars(query if before is None else query.where(AuditEntry.id < before)).all()
    entries = list(rows[:limit])
    newer = (entries[0].id if entries else before - 1) if before is not None else None
    return Found(entries, entries[-1].id if len(rows) > limit else None, newer)


def every(session: Session, wanted: Wanted) -> Iterator[Sequence[AuditEntry]]:
    """All of them, newest first, in batches, so that memory stays flat."""
    before: int | None = None
    while True:
        found = find(session, wanted, limit=BATCH, before=before)
        if found.entries:
            yield found.entries
        session.expunge_all()
        if found.older is None:
            return
        before = found.older


def _query(wanted: Wanted) -> Any:
    return select(AuditEntry).where(*_conditions(wanted))


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.nothing:
        yield false()
    if wanted.user_id is not None:
        yield AuditEntry.user_id == wanted.user_id
    if wanted.by_itself:
        yield AuditEntry.user_id.is_(None)
    if wanted.deed:
        yield AuditEntry.deed == wanted.deed
    if wanted.kind:
        yield AuditEntry.kind == wanted.kind
    if wanted.text:
        said = and_(or_(*_saying(wanted.text)), AuditEntry.deed.not_in(wanted.unread))
        yield or_(said, *_on(wanted.titled))
    if wanted.since is not None:
        yield AuditEntry.at >= wanted.since
    if wanted.until is not None:
        yield AuditEntry.at < wanted.until


def _saying(text: str) -> Iterator[ColumnElement[bool]]:
    """The text in a value, as JSON writes it."""
    written = json.dumps(text, ensure_ascii=False)[1:-1]
    for column in (AuditEntry.old, AuditEntry.new):
        yield cast(column, Text).icontains(written, autoescape=True)


def _on(titled: Mapping[str, Sequence[Any]]) -> Iterator[ColumnElement[bool]]:
    for kind, queries in titled.items():
        yield and_(AuditEntry.kind == kind, or_(*(AuditEntry.record_id.in_(ids) for ids in queries)))


def deleted_titles(kinds: Collection[str], text: str) -> dict[str, Any]:
    """By kind a query for the ids of the deleted records whose title, as written down then, holds the text."""
    written = json.dumps(text, ensure_ascii=False)[1:-1]
    gone = select(AuditEntry.record_id).where(
        AuditEntry.deed == "record.deleted", cast(AuditEntry.old, Text).icontains(written, autoescape=True)
    )
    return {kind: gone.where(AuditEntry.kind == kind) for kind in kinds}
