"""What happened on a record, newest first: notes, tasks made and closed, and the deeds of the audit trail.

Each source is read from where the page before it ended, by an index that holds its order, and only as far as a page
needs: a record with ten thousand entries costs what one with ten does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import and_, bindparam, literal_column, or_, select, union_all
from sqlalchemy.orm import Session

from core.activity.models import Note, Task
from core.activity.service import DEEDS
from core.audit.models import AuditEntry
from core.db import look_up, table_of

# What happened at the same moment stands in this order, the last first.
SOURCES = ("deed", "made", "note", "closed")
AT_THE_END = ("record.merged_into", "record.deleted")  # of a record that became part of another
OWN_DEEDS = tuple(DEEDS)  # told by the notes and tasks themselves

What: TypeAlias = Note | Task | AuditEntry
Place: TypeAlias = tuple[dt.datetime, int, int]


@dataclass(frozen=True)
class Happening:
    """One entry: `source` is one of `SOURCES`, `what` the row that tells of it."""

    when: dt.datetime
    source: str
    what: Any

    @property
    def place(self) -> Place:
        """Where it stands among the others."""
        return self.when, SOURCES.index(self.source), self.what.id


@dataclass(frozen=True)
class Page:
    """A page of a timeline; `older` is where the next one begins, "" where there is none."""

    happenings: Sequence[Happening]
    older: str


def page(
    session: Session,
    kind: str,
    record_id: int,
    *,
    limit: int,
    before: str = "",
    left_out: Collection[str] = (),
    may_read: Callable[[AuditEntry], bool] = lambda _: True,
    origins: Collection[int] = (),
) -> Page:
    """A page of the timeline of a record, from behind `before` (the `older` of another page) on.

    Deeds of `left_out` are not read at all, others shown where `may_read` says so. `origins` are records that became
    part of this one: what was done to them is told, too.
    """
    found: list[Happening] = []
    place, whole = _read_place(before), False
    while len(found) <= limit and not whole:
        batch, whole = _batch(session, kind, (record_id, *origins), place, limit + 1, left_out)
        found += [one for one in batch if not isinstance(one.what, AuditEntry) or may_read(one.what)]
        place = batch[-1].place if batch else place
    shown = found[:limit]
    return Page(shown, _write_place(shown[-1].place) if len(found) > limit else "")


def _of(source: str) -> tuple[Any, Any]:
    """The table of a source and the column with the moment."""
    if source == "deed":
        return AuditEntry, AuditEntry.at
    if source == "note":
        return Note, Note.created_at
    return Task, Task.closed_at if source == "closed" else Task.created_at


def _part(source: str, place: Place | None, *, several: bool) -> Any:
    """The next entries of one source: which source, when, and the id; of `several` records only deeds."""
    model, moment = _of(source)
    rows = table_of(model)
    when, number = rows.c[moment.key], rows.c.id
    query = select(literal_column(str(SOURCES.index(source))).label("source"), when.label("moment"), number.label("id"))
    query = query.where(rows.c.kind == bindparam("kind"))
    mine = rows.c.record_id == bindparam("record_id")
    if source == "deed":
        query = query.where(rows.c.deed.not_in(bindparam("left_out", expanding=True)))
        if several:
            others = rows.c.record_id.in_(bindparam("others", expanding=True))
            mine = or_(mine, and_(others, rows.c.deed.not_in(AT_THE_END)))
    elif source == "closed":
        query = query.where(when.is_not(None))
    query = query.where(mine)
    if place is not None:
        query = query.where(_behind(place, source, when, number))
    return query.order_by(when.desc(), number.desc()).limit(bindparam("limit"))


def _places(place: Place | None, *, several: bool = False) -> Any:
    """The next entries of all sources, each from its own index."""
    parts = (_part(source, place, several=several).subquery() for source in SOURCES)
    return union_all(*(select(part.c.source, part.c.moment, part.c.id) for part in parts))


_FIRST = _places(None)  # built once: it takes longer than it does


def _batch(
    session: Session, kind: str, ids: Sequence[int], place: Place | None, limit: int, left_out: Collection[str]
) -> tuple[list[Happening], bool]:
    """The next entries, and whether these were all."""
    values = {"kind": kind, "record_id": ids[0], "limit": limit, "left_out": [*OWN_DEEDS, *left_out]}
    several = len(ids) > 1
    values |= {"others": ids[1:]} if several else {}
    query = _FIRST if place is None and not several else _places(place, several=several)
    found = look_up(session, query, **values).all()
    latest = sorted(found, key=lambda row: (row.moment, row.source, row.id), reverse=True)[:limit]
    rows = _rows(session, latest)
    there = [Happening(row.moment, SOURCES[row.source], rows.get((row.source, row.id))) for row in latest]
    return [one for one in there if one.what is not None], len(found) < limit


def _rows(session: Session, found: Sequence[Any]) -> dict[tuple[int, int], What]:
    """What tells of these entries, by source and id."""
    rows: dict[tuple[int, int], What] = {}
    for source in {row.source for row in found}:
        model, _ = _of(SOURCES[source])
        query = select(model).where(model.id.in_([row.id for row in found if row.source == source]))
        rows |= {(source, one.id): one for one in session.scalars(query)}
    return rows


def _behind(place: Place, source: str, moment: Any, number: Any) -> Any:
    """The condition for the entries of a source that come after a place."""
    when, order, last = place
    mine = SOURCES.index(source)
    if mine == order:
        return and_(moment <= when, or_(moment < when, number < last))
    return moment <= when if mine < order else moment < when


def _write_place(place: Place) -> str:
    when, order, number = place
    return f"{when.isoformat()}~{order}~{number}"


def _read_place(text: str) -> Place | None:
    """The place that an address names; None, the beginning, for what names none."""
    parts = text.split("~")
    try:
        when, order, number = dt.datetime.fromisoformat(parts[0]), int(parts[1]), int(parts[2])
    except (ValueError, IndexError):
        return None
    known = when.tzinfo is not None and 1900 < when.year < 2200 and 0 <= order < len(SOURCES)
    return (when, order, number) if known and 0 <= number < 2**31 else None
