"""The figures of the overview, summed by the database from the snapshot.

All figures are in the connection's base currency; documents in other currencies are told beside them, never added. The
same rules stand in `rules` as pure functions that explain a figure; a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, case, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from core.accounting.models import DocumentRow
from core.accounting.rules import AUTHORISED, BILL, CREDIT, CREDITS, DEAD, DRAFT, PAID, SALE, SUBMITTED, ZERO, Day


@dataclass(frozen=True)
class Other:
    """Documents in one other currency, not part of the figures: open sales invoices and, apart, open bills.

    `overdue_count` counts the approved invoices that are due before today, `oldest_days` how long the oldest is.
    """

    currency: str
    invoices: Decimal = ZERO
    invoice_count: int = 0
    bills: Decimal = ZERO
    bill_count: int = 0
    overdue_count: int = 0
    oldest_days: int = 0


@dataclass(frozen=True)
class Figures:
    """The overview of some parties of one connection, in its base `currency`. With tax, but for the two values.

    `paid_elsewhere` counts the sales invoices that *days to pay* leaves out for their currency alone.
    """

    currency: str
    day: Day
    invoices_submitted: Decimal = ZERO
    invoices_authorised: Decimal = ZERO
    bills_submitted: Decimal = ZERO
    bills_authorised: Decimal = ZERO
    outstanding: Decimal = ZERO
    outstanding_count: int = 0
    overdue: Decimal = ZERO
    overdue_count: int = 0
    oldest_due: date | None = None
    unused_credit: Decimal = ZERO
    drafts: Decimal = ZERO
    drafts_count: int = 0
    lifetime: Decimal = ZERO
    twelve_months: Decimal = ZERO
    first_sale: date | None = None
    days_to_pay: Decimal | None = None
    paid_elsewhere: int = 0
    other: tuple[Other, ...] = field(default=())

    @property
    def invoices(self) -> Decimal:
        """Sales invoices submitted and authorised."""
        return self.invoices_submitted + self.invoices_authorised

    @property
    def oldest_days(self) -> int:
        """How many days the oldest overdue invoice is overdue."""
        return (self.day.today - self.oldest_due).days if self.oldest_due else 0

    @property
    def late_elsewhere(self) -> tuple[Other, ...]:
        """The other currencies in which an invoice is overdue."""
        return tuple(one for one in self.other if one.overdue_count)


@dataclass(frozen=True)
class Light:
    """How sales invoices stand in any currency, without an amount: how many are due and overdue, since how long."""

    due: int
    overdue: int
    oldest_days: int


def light(session: Session, whose: ColumnElement[bool], today: date) -> Light:
    """The traffic light for who may see how things stand, and no amounts."""
    late = DocumentRow.due_date < today
    due, overdue, oldest = session.execute(
        select(func.count(), func.count(case((late, 1))), func.min(case((late, DocumentRow.due_date)))).where(
            whose, DocumentRow.kind == SALE, DocumentRow.status == AUTHORISED, DocumentRow.amount_due > 0
        )
    ).one()
    return Light(due, overdue, (today - oldest).days if oldest else 0)


class _Sums:
    """Grouped sums of the documents that a condition picks: by kind, status, late (due before today) and recent."""

    def __init__(self, session: Session, whose: ColumnElement[bool], currency: str, day: Day) -> None:
        late = and_(DocumentRow.due_date.is_not(None), DocumentRow.due_date < day.today)
        recent = and_(DocumentRow.date > day.year_ago, DocumentRow.date <= day.today)
        columns = (
            DocumentRow.kind,
            DocumentRow.status,
            case((late, 1), else_=0).label("late"),
            case((recent, 1), else_=0).label("recent"),
        )
        sums = (
            func.count().label("number"),
            func.sum(DocumentRow.total).label("total"),
            func.sum(DocumentRow.tax).label("tax"),
            func.sum(DocumentRow.amount_due).label("due"),
            func.min(DocumentRow.due_date).label("oldest_due"),
            func.min(DocumentRow.date).label("oldest"),
        )
        counts = (whose, DocumentRow.currency == currency, DocumentRow.status.not_in(DEAD))
        query = select(*columns, *sums).where(*counts)
        self._rows: list[Any] = list(
            session.execute(query.group_by(DocumentRow.kind, DocumentRow.status, "late", "recent"))
        )

    def rows(self, kinds: Sequence[str], states: Sequence[str], **flags: int) -> list[Any]:
        """The groups of these kinds and states, and flags."""
        found = (row for row in self._rows if row.kind in kinds and row.status in states)
        return [row for row in found if all(getattr(row, flag) == value for flag, value in flags.items())]

    def sum(self, column: str, kinds: Sequence[str], states: Sequence[str], **flags: int) -> Decimal:
        """Their sum of total, tax or due."""
        return sum((getattr(row, column) for row in self.rows(kinds, states, **flags)), ZERO)

    def sold(self, **flags: int) -> Decimal:
        """Approved and paid sales invoices less credit notes, without tax."""
        closed = (AUTHORISED, PAID)
        invoiced = self.sum("total", (SALE,), closed, **flags) - self.sum("tax", (SALE,), closed, **flags)
        credited = self.sum("total", (CREDIT,), closed, **flags) - self.sum("tax", (CREDIT,), closed, **flags)
        return invoiced - credited


def figures(session: Session, whose: ColumnElement[bool], currency: str, today: date) -> Figures:
    """The figures of the documents that `whose` picks (a condition on `DocumentRow`), summed by the database."""
    day = Day(today)
    sums = _Sums(session, whose, currency, day)
    approved = sums.rows((SALE,), (AUTHORISED,))
    late = sums.rows((SALE,), (AUTHORISED,), late=1)
    days_to_pay, paid_elsewhere = _days_to_pay(session, whose, currency, day)
    return Figures(
        currency=currency,
        day=day,
        invoices_submitted=sums.sum("total", (SALE,), (SUBMITTED,)),
        invoices_authorised=sums.sum("total", (SALE,), (AUTHORISED,)),
        bills_submitted=sums.sum("total", (BILL,), (SUBMITTED,)),
        bills_authorised=sums.sum("total", (BILL,), (AUTHORISED,)),
        outstanding=sums.sum("due", (SALE,), (AUTHORISED,)),
        outstanding_count=sum(row.number for row in approved),
        overdue=sums.sum("due", (SALE,), (AUTHORISED,), late=1),
        overdue_count=sum(row.number for row in late),
        oldest_due=min((row.oldest_due for row in late), default=None),
        unused_credit=sums.sum("due", CREDITS, (AUTHORISED,)),
        drafts=sums.sum("total", (SALE,), (DRAFT,)),
        drafts_count=sum(row.number for row in sums.rows((SALE,), (DRAFT,))),
        lifetime=sums.sold(),
        twelve_months=sums.sold(recent=1),
        first_sale=min((row.oldest for row in sums.rows((SALE,), (AUTHORISED, PAID))), default=None),
        days_to_pay=days_to_pay,
        paid_elsewhere=paid_elsewhere,
        other=_others(session, whose, currency, today),
    )


def _days_to_pay(session: Session, whose: ColumnElement[bool], currency: str, day: Day) -> tuple[Decimal | None, int]:
    """The median, and how many invoices it leaves out for their currency alone."""
    ours = case((DocumentRow.currency == currency, 1), else_=0).label("ours")
    taken = _DaysBetween(DocumentRow.fully_paid_on, DocumentRow.date)
    rows = session.execute(
        select(ours, taken, func.count())
        .where(
            whose,
            DocumentRow.kind == SALE,
            DocumentRow.status == PAID,
            DocumentRow.fully_paid_on > day.two_years_ago,
            DocumentRow.fully_paid_on <= day.today,
            DocumentRow.amount_paid > 0,
        )
        .group_by("ours", taken)
    ).all()
    days = [number for is_ours, number, count in rows if is_ours for _ in range(count)]
    return Decimal(str(median(days))) if days else None, sum(count for is_ours, _, count in rows if not is_ours)


class _DaysBetween(FunctionElement[int]):
    """How many days the first date is after the second."""

    type = Integer()
    inherit_cache = True


@compiles(_DaysBetween)
def _days_between(element: Any, compiler: Any, **options: Any) -> str:
    """Dates that subtract to days, as the SQL standard and PostgreSQL have it."""
    later, earlier = (compiler.process(one, **options) for one in element.clauses)
    return f"({later} - {earlier})"


@compiles(_DaysBetween, "sqlite")
def _days_between_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    """SQLite keeps dates as text; between two midnights its Julian days differ by a whole number."""
    later, earlier = (compiler.process(one, **options) for one in element.clauses)
    return f"CAST(julianday({later}) - julianday({earlier}) AS INTEGER)"


def _others(session: Session, whose: ColumnElement[bool], currency: str, today: date) -> tuple[Other, ...]:
    late = and_(DocumentRow.status == AUTHORISED, DocumentRow.due_date < today, DocumentRow.amount_due > 0)
    rows = session.execute(
        select(
            DocumentRow.currency,
            DocumentRow.kind,
            func.sum(DocumentRow.total).label("total"),
            func.count().label("number"),
            func.count(case((late, 1))).label("late"),
            func.min(case((late, DocumentRow.due_date))).label("oldest"),
        )
        .where(
            whose,
            DocumentRow.currency != currency,
            DocumentRow.kind.in_((SALE, BILL)),
            DocumentRow.status.in_((SUBMITTED, AUTHORISED)),
        )
        .group_by(DocumentRow.currency, DocumentRow.kind)
        .order_by(DocumentRow.currency)
    ).all()
    found: dict[str, Other] = {}
    for row in rows:
        before = found.get(row.currency, Other(row.currency))
        if row.kind == BILL:
            found[row.currency] = replace(before, bills=row.total, bill_count=row.number)
        else:
            oldest = (today - row.oldest).days if row.oldest else 0
            sums = {"invoices": row.total, "invoice_count": row.number}
            found[row.currency] = replace(before, **sums, overdue_count=row.late, oldest_days=oldest)
    return tuple(found.values())
