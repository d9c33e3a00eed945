"""What was agreed beside what was billed, over all opportunities: won but not invoiced, and invoiced more than agreed.

Billed is what it is on an opportunity's tab: linked sales invoices that await approval, are approved or paid, less
credit notes, without tax, in the opportunity's own currency. Other currencies are counted beside it, never added. What
was agreed is agreed once, so that invoices in several connections are added up against it here, each one's part told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, case, func, literal, select, type_coerce
from sqlalchemy.orm import Session, joinedload

from core.accounting.committed import drafts_waiting, on_the_way
from core.accounting.models import DocumentLink, DocumentRow, Draft
from core.accounting.project import BILLED
from core.accounting.rules import CREDIT, DRAFT, SALE
from core.db import Amount
from core.records.lists import PAGE_SIZE
from core.records.models import Opportunity
from core.services import Services

NOTHING = literal(0)
UNBILLED, EXCEEDED = "unbilled", "exceeded"


@dataclass(frozen=True)
class Line:
    """One opportunity: `billed` and `drafted` in its currency, without tax; `left` is what was agreed less billed.

    `elsewhere` counts its invoices and credit notes in other currencies; `connection_id` is where its documents are,
    None where there are none, or in several: then `parts` says what was billed in each. `drafts` are its invoices that
    are drafts there, in whatever currency, `waiting` what was raised here and is not there yet, and `on_the_way` what
    that comes to in its currency: estimates among it bill nothing.
    """

    record: Opportunity
    billed: Decimal
    drafted: Decimal
    left: Decimal
    elsewhere: int
    connection_id: int | None
    parts: Sequence[tuple[int, Decimal]] = ()
    drafts: Sequence[DocumentRow] = ()
    waiting: Sequence[Draft] = ()
    on_the_way: Decimal = Decimal(0)

    @property
    def is_covered(self) -> bool:
        """Whether what is drafted already, here and there, comes to all that is left."""
        return self.drafted + self.on_the_way >= self.left


@dataclass(frozen=True)
class Sum:
    """What the whole list comes to in one currency."""

    currency: str
    count: int
    agreed: Decimal
    billed: Decimal
    left: Decimal


@dataclass(frozen=True)
class Compared:
    """A page of a list, and the sums of all of it by currency.

    `unpriced`: of what is won but not invoiced, how many more are won, have no amount, and no invoice either.
    """

    records: Sequence[Line]
    sums: Sequence[Sum]
    total: int
    page: int
    unpriced: int = 0

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE_SIZE))

    @property
    def first(self) -> int:
        """The number of the first row on the page."""
        return (self.page - 1) * PAGE_SIZE + 1 if self.records else 0

    @property
    def last(self) -> int:
        """The number of the last row on the page."""
        return max(0, self.first + len(self.records) - 1)


def compare(
    session: Session, services: Services, which: str, *, hidden: Collection[int] = (), page: int = 1
) -> Compared:
    """A page of one of the two lists, without what is linked in `hidden` connections, by when they close.

    A page behind the last is the last.
    """
    sums = _sums(hidden)
    billed, drafted = (_amount(func.coalesce(column, NOTHING)) for column in (sums.c.billed, sums.c.drafted))
    left = _amount(Opportunity.amount - billed)
    listed = _condition(which, billed)
    totals = _totals(session, sums, listed, billed, left)
    total = sum(one.count for one in totals)
    page = min(max(page, 1), max(1, -(-total // PAGE_SIZE)))
    query = (
        select(Opportunity, billed, drafted, left, sums.c.elsewhere, sums.c.first, sums.c.last)
        .outerjoin(sums, sums.c.record_id == Opportunity.id)
        .where(listed)
        .options(joinedload(Opportunity.organization))
        .order_by(Opportunity.close_date.asc().nulls_last(), Opportunity.id)
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    )
    lines = [_line(row) for row in session.execute(query)]
    unpriced = _unpriced(session, hidden) if which == UNBILLED else 0
    return Compared(_with_drafts(session, services, lines, hidden), totals, total, page, unpriced)


def _amount(expression: Any) -> Any:
    """The expression as an amount: sums and cases forget what they are made of."""
    return type_coerce(expression, Amount)


def _line(row: Any) -> Line:
    record, billed, drafted, left, elsewhere, first, last = row
    return Line(record, billed, drafted, left, elsewhere or 0, first if first == last else None)


def _with_drafts(session: Session, services: Services, lines: Sequence[Line], hidden: Collection[int]) -> list[Line]:
    """The lines of a page with their drafts, and with what was billed in each of several connections."""
    ids = [line.record.id for line in lines]
    several = [line.record.id for line in lines if line.billed and line.connection_id is None]
    parts, made, waiting = defaultdict(list), defaultdict(list), defaultdict(list)
    if several:
        for record_id, connection_id, billed in session.execute(_parts(several, hidden)):
            parts[record_id].append((connection_id, billed))
    whole: Any = select(DocumentLink.record_id, DocumentRow)
    drafts = _linked(whole, hidden)
    drafts = drafts.where(DocumentRow.status == DRAFT, DocumentRow.kind == SALE, DocumentLink.record_id.in_(ids))
    for record_id, document in session.execute(drafts.order_by(DocumentRow.id)):
        made[record_id].append(document)
    for draft in drafts_waiting(session, Opportunity.kind, ids, hidden):
        waiting[draft.record_id].append(draft)
    return [
        replace(
            line,
            parts=told if len(told) > 1 else (),
            drafts=made[number],
            waiting=waiting[number],
            on_the_way=on_the_way(services, waiting[number], line.record.currency),
        )
        for line, number in zip(lines, ids, strict=True)
        for told in (parts[number],)
    ]


def _condition(which: str, billed: Any) -> Any:
    if which == UNBILLED:
        return and_(Opportunity.outcome == "won", Opportunity.amount > billed)
    return and_(Opportunity.amount.is_not(None), billed > Opportunity.amount)


def _unpriced(session: Session, hidden: Collection[int]) -> int:
    """How many opportunities are won without an amount and without an invoice."""
    billed = _linked(select(DocumentLink.record_id), hidden).where(DocumentRow.status.in_(BILLED))
    mine = (Opportunity.outcome == "won", Opportunity.amount.is_(None), Opportunity.id.not_in(billed))
    return session.scalar(select(func.count()).select_from(Opportunity).where(*mine)) or 0


def _sums(hidden: Collection[int]) -> Any:
    """What is linked to each opportunity, in its currency and beside it."""
    linked = select(
        DocumentLink.record_id,
        _total(DocumentRow.status.in_(BILLED), "billed"),
        _total(DocumentRow.status == DRAFT, "drafted"),
        func.count(case((DocumentRow.currency != Opportunity.currency, 1))).label("elsewhere"),
        func.min(DocumentLink.connection_id).label("first"),
        func.max(DocumentLink.connection_id).label("last"),
    )
    return _linked(linked, hidden).group_by(DocumentLink.record_id).subquery()


def _parts(ids: Collection[int], hidden: Collection[int]) -> Select[Any]:
    """What was billed of each of these opportunities in each connection."""
    by = (DocumentLink.record_id, DocumentLink.connection_id)
    billed = select(*by, _total(DocumentRow.status.in_(BILLED), "billed"))
    mine = (DocumentRow.status.in_(BILLED), DocumentLink.record_id.in_(ids))
    return _linked(billed, hidden).where(*mine).group_by(*by).order_by(*by)


def _total(condition: Any, name: str) -> Any:
    """The sum of what meets the condition, in the opportunity's currency, without tax and less credit notes."""
    net = DocumentRow.total - DocumentRow.tax
    worth = case((DocumentRow.kind == CREDIT, -net), else_=net)
    ours = DocumentRow.currency == Opportunity.currency
    return _amount(func.sum(case((and_(ours, condition), worth), else_=NOTHING))).label(name)


def _linked(query: Select[Any], hidden: Collection[int]) -> Select[Any]:
    """The same over the sales invoices and credit notes that are linked to opportunities, drafts among them."""
    same = and_(
        DocumentRow.connection_id == DocumentLink.connection_id, DocumentRow.document_id == DocumentLink.document_id
    )
    return (
        query.join_from(DocumentLink, DocumentRow, same)
        .join(Opportunity, Opportunity.id == DocumentLink.record_id)
        .where(DocumentLink.kind == Opportunity.kind, DocumentRow.kind.in_((SALE, CREDIT)))
        .where(DocumentRow.status.in_((*BILLED, DRAFT)), DocumentLink.connection_id.not_in(hidden))
    )


def _totals(session: Session, sums: Any, listed: Any, billed: Any, left: Any) -> list[Sum]:
    query = (
        select(
            Opportunity.currency, func.count(), *(_amount(func.sum(one)) for one in (Opportunity.amount, billed, left))
        )
        .outerjoin(sums, sums.c.record_id == Opportunity.id)
        .where(listed)
        .group_by(Opportunity.currency)
        .order_by(func.count().desc(), Opportunity.currency)
    )
    return [Sum(*row) for row in session.execute(query)]
