"""What was agreed beside what was billed, over all opportunities: won but not invoiced, and invoiced more than agreed.

Billed is what it is on an opportunity's tab: linked sales invoices that await approval, are approved or paid, less
credit notes, without tax, in the opportunity's own currency. Other currencies are counted beside it, never added.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, case, func, literal, select, type_coerce
from sqlalchemy.orm import Session, joinedload

from core.accounting.models import DocumentLink, DocumentRow
from core.accounting.project import BILLED
from core.accounting.rules import CREDIT, DRAFT, SALE
from core.db import Amount
from core.records.lists import PAGE_SIZE
from core.records.models import Opportunity

NOTHING = literal(0)
UNBILLED, EXCEEDED = "unbilled", "exceeded"


@dataclass(frozen=True)
class Line:
    """One opportunity: `billed` and `drafted` in its currency, without tax; `left` is what was agreed less billed.

    `elsewhere` counts its invoices and credit notes in other currencies; `connection_id` is where its documents are,
    None where there are none, or in several.
    """

    record: Opportunity
    billed: Decimal
    drafted: Decimal
    left: Decimal
    elsewhere: int
    connection_id: int | None


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
    """A page of a list, and the sums of all of it by currency."""

    records: Sequence[Line]
    sums: Sequence[Sum]
    total: int
    page: int

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


def compare(session: Session, which: str, *, hidden: Collection[int] = (), page: int = 1) -> Compared:
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
    return Compared([_line(row) for row in session.execute(query)], totals, total, page)


def _amount(expression: Any) -> Any:
    """The expression as an amount: sums and cases forget what they are made of."""
    return type_coerce(expression, Amount)


def _line(row: Any) -> Line:
    record, billed, drafted, left, elsewhere, first, last = row
    return Line(record, billed, drafted, left, elsewhere or 0, first if first == last else None)


def _condition(which: str, billed: Any) -> Any:
    if which == UNBILLED:
        return and_(Opportunity.stage == "Won", Opportunity.amount > billed)
    return and_(Opportunity.amount.is_not(None), billed > Opportunity.amount)


def _sums(hidden: Collection[int]) -> Any:
    """What is linked to each opportunity, in its currency and beside it."""
    net = DocumentRow.total - DocumentRow.tax
    worth = case((DocumentRow.kind == CREDIT, -net), else_=net)
    ours = DocumentRow.currency == Opportunity.currency

    def total(condition: Any, name: str) -> Any:
        return _amount(func.sum(case((and_(ours, condition), worth), else_=NOTHING))).label(name)

    linked: Select[Any] = (
        select(
            DocumentLink.record_id,
            total(DocumentRow.status.in_(BILLED), "billed"),
            total(DocumentRow.status == DRAFT, "drafted"),
            func.count(case((DocumentRow.currency != Opportunity.currency, 1))).label("elsewhere"),
            func.min(DocumentLink.connection_id).label("first"),
            func.max(DocumentLink.connection_id).label("last"),
        )
        .join(
            DocumentRow,
            and_(
                DocumentRow.connection_id == DocumentLink.connection_id,
                DocumentRow.document_id == DocumentLink.document_id,
            ),
        )
        .join(Opportunity, Opportunity.id == DocumentLink.record_id)
        .where(DocumentLink.kind == Opportunity.kind, DocumentRow.kind.in_((SALE, CREDIT)))
        .where(DocumentRow.status.in_((*BILLED, DRAFT)), DocumentLink.connection_id.not_in(hidden))
        .group_by(DocumentLink.record_id)
    )
    return linked.subquery()


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
