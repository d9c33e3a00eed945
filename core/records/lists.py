"""Finding records: lists by page, by words, by what they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from core.records.models import MODELS, Contact, Opportunity, Organization, Project, Record

PAGE_SIZE = 25
SINGULAR = {
    "contacts": "contact",
    "organizations": "organization",
    "opportunities": "opportunity",
    "projects": "project",
}

# By which columns a list may be sorted, in the order of their names in an address; the first is the default.
SORTS: dict[str, dict[str, tuple[Any, ...]]] = {
    "contacts": {
        "name": (func.lower(Contact.last_name), func.lower(Contact.first_name)),
        "email": (func.lower(Contact.email),),
        "changed": (Contact.changed_at,),
    },
    "organizations": {
        "name": (func.lower(Organization.name),),
        "city": (func.lower(Organization.city),),
        "changed": (Organization.changed_at,),
    },
    "opportunities": {
        "name": (func.lower(Opportunity.name),),
        "stage": (Opportunity.probability, Opportunity.stage),
        "amount": (Opportunity.amount,),
        "close": (Opportunity.close_date,),
        "changed": (Opportunity.changed_at,),
    },
    "projects": {
        "name": (func.lower(Project.name),),
        "status": (Project.status,),
        "ends": (Project.ends_on,),
        "changed": (Project.changed_at,),
    },
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
    """A page of a list: `total` counts all of it, `page` from one."""

    records: Sequence[Record]
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


def find(session: Session, kind: str, *, text: str = "", sort: str = "", page: int = 1, of: Any = None) -> Found:
    """A page of the records of a kind.

    `text` stands anywhere in a name or an e-mail address, `sort` is a key of `SORTS` with a minus in front for the
    other way round, `of` a condition such as "of this organization". A page behind the last is the last.
    """
    model: Any = MODELS[kind]
    conditions = [condition for condition in (_matching(kind, text), of) if condition is not None]
    total = session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE_SIZE)))
    query = select(model).where(*conditions).order_by(*_order(kind, sort), model.id)
    query = query.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE)
    return Found(session.scalars(_with_links(query, kind)).all(), total, page)


def recent(session: Session, kind: str, limit: int) -> Sequence[Record]:
    """The records of a kind that changed last."""
    model: Any = MODELS[kind]
    query = select(model).order_by(model.changed_at.desc(), model.id.desc()).limit(limit)
    return session.scalars(_with_links(query, kind)).all()


def suggestions(session: Session, kind: str, text: str, *, limit: int = 10) -> Sequence[Record]:
    """Records whose name holds the text, for a field that links to one."""
    condition = _matching(kind, text)
    model: Any = MODELS[kind]
    query = select(model).order_by(*_order(kind, "")).limit(limit)
    return session.scalars(query if condition is None else query.where(condition)).all()


def related_counts(session: Session, record: Record) -> list[tuple[Related, int]]:
    """How many records of each kind belong to this one."""
    counted = []
    for related in RELATED[record.kind]:
        query = select(func.count()).select_from(MODELS[related.kind]).where(related.column == record.id)
        counted.append((related, session.scalar(query) or 0))
    return counted


def titles(session: Session, kind: str, ids: Iterable[int]) -> dict[int, str]:
    """What the records of a kind are called, by id; without those that are not there."""
    model: Any = MODELS[kind]
    return {record.id: record.title for record in session.scalars(select(model).where(model.id.in_(list(ids))))}


def _with_links(query: Any, kind: str) -> Any:
    return query.options(*(joinedload(link) for link in SHOWN_LINKS[kind]))


def _matching(kind: str, text: str) -> ColumnElement[bool] | None:
    words = text.split()[:8]
    if not words:
        return None
    phrase = " ".join(words)
    return or_(*(column.icontains(phrase, autoescape=True) for column in SEARCHED[kind]))


def _order(kind: str, sort: str) -> list[Any]:
    sorts = SORTS[kind]
    chosen = sorts.get(sort.removeprefix("-")) or next(iter(sorts.values()))
    descending = sort.startswith("-") and sort[1:] in sorts
    return [column.desc().nulls_last() if descending else column.asc().nulls_last() for column in chosen]


def closing(session: Session, limit: int) -> Sequence[Opportunity]:
    """The open opportunities that should close first."""
    still_open = Opportunity.outcome == "open"
    query = select(Opportunity).where(still_open, Opportunity.close_date.is_not(None))
    query = query.options(joinedload(Opportunity.organization)).order_by(Opportunity.close_date, Opportunity.id)
    return session.scalars(query.limit(limit)).all()
