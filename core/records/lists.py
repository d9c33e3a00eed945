"""Finding records: lists by page, by words, by what they belong to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, literal, literal_column, or_, select
from sqlalchemy.orm import Session, defer, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from core.db import Base, look_up, table_of
from core.records import keyset, sorting
from core.records.hiding import WITH
from core.records.keyset import Order, Place
from core.records.models import MODELS, Contact, Opportunity, Organization, Project, Record
from core.records.tags import RecordTag

PAGE_SIZE = 25
COUNTED = 1_000
Conditions = Sequence[ColumnElement[bool]]
SINGULAR = {
    "contacts": "contact",
    "organizations": "organization",
    "opportunities": "opportunity",
    "projects": "project",
}

_FULL_NAME = Contact.first_name + " " + Contact.last_name
SEARCHED: dict[str, tuple[Any, ...]] = {
    "contacts": (_FULL_NAME, Contact.email),
    "organizations": (Organization.name, Organization.email),
    "opportunities": (Opportunity.name,),
    "projects": (Project.name,),
}
SHOWN_LINKS: dict[str, tuple[Any, ...]] = {
    "contacts": (Contact.organization,),
    "organizations": (),
    "opportunities": (Opportunity.organization, Opportunity.contact),
    "projects": (Project.organization, Project.contact, Project.opportunity),
}


@dataclass(frozen=True)
class Related:
    """A list of records that belong to a record: their kind, how the tab is called, and by which column."""

    kind: str
    title: str
    column: Any


RELATED: dict[str, tuple[Related, ...]] = {
    "organizations": (
        Related("contacts", "People", Contact.organization_id),
        Related("opportunities", "Opportunities", Opportunity.organization_id),
        Related("projects", "Projects", Project.organization_id),
    ),
    "contacts": (
        Related("opportunities", "Opportunities", Opportunity.contact_id),
        Related("projects", "Projects", Project.contact_id),
    ),
    "opportunities": (Related("projects", "Projects", Project.opportunity_id),),
    "projects": (),
}


@dataclass(frozen=True)
class Found:
    """A page of a list that goes by numbers: `total` counts all of it, `page` from one."""

    records: Sequence[Any]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE_SIZE))

    @property
    def first(self) -> int:
        """The number of the first record on the page."""
        return (self.page - 1) * PAGE_SIZE + 1 if self.records else 0

    @property
    def last(self) -> int:
        """The number of the last record on the page."""
        return max(0, self.first + len(self.records) - 1)


@dataclass(frozen=True)
class Listed:
    """A page of a list. `total` counts all of it up to `COUNTED`; beyond that `uncounted` is true.

    `sort` is the order it has, as an address names it; `first` the number of its first record, 0 when that is not
    known; `previous` and `next` are the places to go on from, "" where there is nothing more.
    """

    records: Sequence[Record]
    total: int
    uncounted: bool = False
    sort: str = ""
    first: int = 0
    previous: str = ""
    next: str = ""
    bad_cursor: bool = False

    @property
    def last(self) -> int:
        """The number of the last record on the page, 0 when that is not known."""
        return self.first + len(self.records) - 1 if self.first else 0

    @property
    def shown_total(self) -> str:
        """How many there are: ``312``, ``1,000+``."""
        return f"{self.total:,}{'+' if self.uncounted else ''}"


@dataclass(frozen=True)
class At:
    """Where in a list a page is asked for: behind a place, before one, or by number, as old addresses do."""

    after: str = ""
    before: str = ""
    page: int = 1


FIRST_PAGE = At()


def find(
    session: Session, kind: str, *, text: str = "", sort: str = "", at: At = FIRST_PAGE, where: Conditions = ()
) -> Listed:
    """A page of the records of a kind.

    `text` stands anywhere in a name or an e-mail address, `sort` is a key of `sorting.SORTS` or the name of a custom
    field with a minus in front for the other way round, `where` holds further conditions, all of which must be met.
    A page behind the last is the last; a place that cannot be read is the beginning.
    """
    conditions = [*where, *matching(kind, text)]
    total = count(session, kind, conditions)
    name, order = sorting.choose(session, kind, sort)
    if not total:
        return Listed([], 0, sort=name)
    reading = _Reading(session, kind, conditions, order, total)
    rows, first, has_previous, has_next, bad = reading.by_place(at) if at.after or at.before else reading.by_page(at)
    read_tags(session, kind, [row[0] for row in rows])
    ends = (_place(rows[0], first), _place(rows[-1], first and first + len(rows) - 1)) if rows else None
    return Listed(
        records=[row[0] for row in rows],
        total=min(total, COUNTED),
        uncounted=total > COUNTED,
        sort=name,
        first=first,
        previous=keyset.seal(ends[0], order) if ends and has_previous else "",
        next=keyset.seal(ends[1], order) if ends and has_next else "",
        bad_cursor=bad,
    )


def _all_of(kind: str) -> Any:
    table = Base.metadata.tables[kind]
    some: Any = select(literal_column("1")).select_from(table).where(table.c.deleted_at.is_(None)).limit(COUNTED + 1)
    return select(func.count()).select_from(some.subquery())


_ALL = {kind: _all_of(kind) for kind in MODELS}


def count(session: Session, kind: str, where: Conditions, *, most: int = COUNTED) -> int:
    """How many records meet the conditions, up to one more than `most`: nothing beyond is looked at."""
    if not where and most == COUNTED:
        return look_up(session, _ALL[kind]).scalar() or 0
    model: Any = MODELS[kind]
    some = select(literal(1)).select_from(model).where(model.deleted_at.is_(None), *where).limit(most + 1)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


Page = tuple[list[Any], int, bool, bool, bool]


@dataclass(frozen=True)
class _Reading:
    """The reading of one page: rows, number of the first, whether more come before, or behind, or it went wrong."""

    session: Session
    kind: str
    conditions: Conditions
    order: Order
    total: int

    def rows(self, start: Place | None = None, *, backward: bool = False, more: int = 1) -> list[Any]:
        query = _SHOWN[self.kind].where(*self.conditions)
        return keyset.rows(self.session, query, self.order, limit=PAGE_SIZE + more, start=start, backward=backward)

    def by_place(self, at: At) -> Page:
        """The page behind or before a place."""
        try:
            place = keyset.unseal(at.before or at.after, self.order)
        except keyset.BadCursor:
            return (*self.by_page(FIRST_PAGE)[:4], True)
        rows = self.rows(place, backward=bool(at.before))
        more = len(rows) > PAGE_SIZE
        if not at.before:
            return rows[:PAGE_SIZE], place.number and place.number + 1, True, more, False
        if not more:  # the beginning, whatever was added before it meanwhile: a whole page of it
            return self.by_page(FIRST_PAGE)
        return rows[1:], max(0, place.number - PAGE_SIZE), True, True, False

    def by_page(self, at: At) -> Page:
        """The page of that number; the last where there are not so many."""
        page = max(1, at.page) if self.total > COUNTED else min(max(1, at.page), max(1, -(-self.total // PAGE_SIZE)))
        if page == 1:
            rows = self.rows()
            return rows[:PAGE_SIZE], int(bool(rows)), False, len(rows) > PAGE_SIZE, False
        start = keyset.nth(self.session, self.conditions, self.order, (page - 1) * PAGE_SIZE)
        rows = self.rows(start) if start else []
        if start is None or not rows:
            return self.rows(backward=True, more=0), 0, True, False, False
        return rows[:PAGE_SIZE], start.number + 1, True, len(rows) > PAGE_SIZE, False


def _place(row: Any, number: int) -> Place:
    return Place(tuple(row[1:]), row[0].id, number)


def recent(session: Session, kind: str, limit: int) -> Sequence[Record]:
    """The records of a kind that changed last."""
    model: Any = MODELS[kind]
    query = select(model).order_by(model.changed_at.desc(), model.id.desc()).limit(limit)
    return session.scalars(_with_links(query, kind)).all()


def suggestions(session: Session, kind: str, text: str, *, limit: int = 10) -> Sequence[Record]:
    """Records whose name holds the text, for a field that links to one."""
    model: Any = MODELS[kind]
    by_name = sorting.SORTS[kind]["name"].columns
    return session.scalars(select(model).where(*matching(kind, text)).order_by(*by_name, model.id).limit(limit)).all()


def _count_of(related: Related) -> Any:
    table = Base.metadata.tables[related.kind]
    mine = (table.c[related.column.key] == bindparam("id"), table.c.deleted_at.is_(None))
    return select(func.count()).select_from(table).where(*mine).scalar_subquery()


_COUNTS = {kind: select(*map(_count_of, related)) for kind, related in RELATED.items() if related}


def related_counts(session: Session, record: Record) -> list[tuple[Related, int]]:
    """How many records of each kind belong to this one."""
    counts = look_up(session, _COUNTS[record.kind], id=record.id).one() if record.kind in _COUNTS else ()
    return list(zip(RELATED[record.kind], counts, strict=True))


def titles(session: Session, kind: str, ids: Iterable[int]) -> dict[int, str]:
    """What the records of a kind are called, by id; without those that are not there."""
    model: Any = MODELS[kind]
    return {record.id: record.title for record in session.scalars(select(model).where(model.id.in_(list(ids))))}


def titles_of_links(kind: str) -> list[Any]:
    """Options of a query that read the titles of what records lead to along with them."""
    names = {Contact: (Contact.first_name, Contact.last_name), Organization: (Organization.name,)}
    links = SHOWN_LINKS[kind]
    return [joinedload(link).load_only(*names.get(link.entity.class_, (Opportunity.name,))) for link in links]


_TAG_ROWS = table_of(RecordTag)
_ANY_TAG = (
    select(_TAG_ROWS.c.record_id)
    .where(_TAG_ROWS.c.kind == bindparam("kind"), _TAG_ROWS.c.record_id.in_(bindparam("ids", expanding=True)))
    .limit(1)
)
_TAGS = (
    select(RecordTag)
    .where(RecordTag.kind == bindparam("kind"), RecordTag.record_id.in_(bindparam("ids", expanding=True)))
    .order_by(RecordTag.tag)
    .execution_options(**WITH)
)


def read_tags(session: Session, kind: str, records: Sequence[Record]) -> None:
    """Read the tags of records in one go, by the key of their table, which no join of the two would use."""
    rows: dict[int, list[RecordTag]] = {record.id: [] for record in records}
    if rows and look_up(session, _ANY_TAG, kind=kind, ids=list(rows)).first():  # most have none
        for row in session.scalars(_TAGS, {"kind": kind, "ids": list(rows)}):
            rows[row.record_id].append(row)
    for record in records:
        set_committed_value(record, "tag_rows", rows[record.id])


def _shown(kind: str) -> Any:
    """The query of a list without its conditions: what no column shows is read only if it is asked for all the same."""
    model: Any = MODELS[kind]
    unseen = [defer(getattr(model, name)) for name in _UNSEEN if hasattr(model, name)]
    return select(model).options(*titles_of_links(kind), *unseen)


_REACHED = ("kept_emails", "kept_phones", "kept_addresses", "email_kind", "phone_kind", "address_kind")
_UNSEEN = (*_REACHED, "address", "region", "postal_code", "website", "tax_number", "created_at")
_SHOWN = {kind: _shown(kind) for kind in MODELS}


def _with_links(query: Any, kind: str) -> Any:
    return query.options(*titles_of_links(kind))


def matching(kind: str, text: str) -> list[ColumnElement[bool]]:
    """What records must meet for their name or e-mail address to hold a text; nothing for an empty one."""
    words = text.split()[:8]
    if not words:
        return []
    phrase = " ".join(words)
    return [or_(*(column.icontains(phrase, autoescape=True) for column in SEARCHED[kind]))]


def closing(
    session: Session, limit: int, *, owner_id: int | None = None, until: dt.date | None = None
) -> Sequence[Opportunity]:
    """The open opportunities that should close first: of one owner, and until a day, where these are given."""
    conditions: list[ColumnElement[bool]] = [
        Opportunity.outcome == "open",
        Opportunity.close_date.is_not(None),
    ]
    if owner_id is not None:
        conditions.append(Opportunity.owner_id == owner_id)
    if until is not None:
        conditions.append(Opportunity.close_date <= until)
    query = select(Opportunity).where(*conditions).options(joinedload(Opportunity.organization))
    return session.scalars(query.order_by(Opportunity.close_date, Opportunity.id).limit(limit)).all()
