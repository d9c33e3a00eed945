"""What the charts of a tab are drawn from: invoiced and paid by month, owed by age; in the base currency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from core.accounting import payments
from core.accounting.models import DocumentRow
from core.accounting.overview import Figures
from core.accounting.rules import AGEING, CREDIT, SALE, ZERO
from core.formats import MONTHS
from core.plots import Scale, scale

# How bad each age of `AGEING` is; its words stand beside it.
TONES = ("accent", "warn", "warn", "bad", "bad")


@dataclass(frozen=True)
class Month:
    """A calendar month, with tax: `invoiced` less credit notes, by their dates, and `paid`, by the day it came in."""

    year: int
    month: int
    invoiced: Decimal = ZERO
    paid: Decimal = ZERO

    @property
    def label(self) -> str:
        """``Nov 2026``."""
        return f"{MONTHS[self.month - 1]} {self.year}"


@dataclass(frozen=True)
class Bucket:
    """What is owed of one age; `key` is the rule that explains it, `tone` how bad it is."""

    key: str
    label: str
    value: Decimal
    number: int
    tone: str


@dataclass(frozen=True)
class Charts:
    """The two charts of a tab, in `currency`: twelve months up to the present one, and ages from not due to oldest."""

    currency: str
    months: Sequence[Month]
    ages: Sequence[Bucket]

    @property
    def empty(self) -> bool:
        """Whether nothing happened in twelve months and nothing is owed."""
        return not self.traded and not any(one.number for one in self.ages)

    @property
    def traded(self) -> bool:
        """Whether anything was invoiced or paid in the twelve months."""
        return any(one.invoiced or one.paid for one in self.months)

    @property
    def scale_of_months(self) -> Scale:
        """The axis of the months."""
        return scale(amount for one in self.months for amount in (one.invoiced, one.paid))

    @property
    def scale_of_ages(self) -> Scale:
        """The axis of the ages."""
        return scale(one.value for one in self.ages)


def charts(session: Session, whose: ColumnElement[bool], figures: Figures) -> Charts:
    """The charts beside some figures."""
    return Charts(figures.currency, _months(session, whose, figures), ages(figures))


def ages(figures: Figures) -> list[Bucket]:
    """What is owed by age; the buckets add up to what is outstanding."""
    return [
        Bucket(rule.key, rule.title.removesuffix(" overdue"), figures[rule.key].value, figures[rule.key].number, tone)
        for rule, tone in zip(AGEING, TONES, strict=True)
    ]


def _months(session: Session, whose: ColumnElement[bool], figures: Figures) -> list[Month]:
    today = figures.day.today
    since = date(today.year - 1, today.month + 1, 1) if today.month < 12 else date(today.year, 1, 1)
    invoiced = _invoiced(session, whose, figures.currency, since, today)
    paid: dict[tuple[int, int], Decimal] = {}
    for day, amount in payments.received(session, whose, figures.currency, since, today).items():
        paid[day.year, day.month] = paid.get((day.year, day.month), ZERO) + amount
    places = [((since.month - 1 + step) // 12, (since.month - 1 + step) % 12 + 1) for step in range(12)]
    keys = [(since.year + years, month) for years, month in places]
    return [Month(*key, invoiced.get(key, ZERO), paid.get(key, ZERO)) for key in keys]


def _invoiced(
    session: Session, whose: ColumnElement[bool], currency: str, since: date, until: date
) -> dict[tuple[int, int], Decimal]:
    signed = case((DocumentRow.kind == CREDIT, -DocumentRow.total), else_=DocumentRow.total)
    rows = session.execute(
        select(DocumentRow.date, func.sum(signed))
        .where(
            whose,
            DocumentRow.kind.in_((SALE, CREDIT)),
            payments.STANDING,
            DocumentRow.currency == currency,
            DocumentRow.date.between(since, until),
        )
        .group_by(DocumentRow.date)
    )
    found: dict[tuple[int, int], Decimal] = {}
    for day, amount in rows:
        found[day.year, day.month] = found.get((day.year, day.month), ZERO) + amount
    return found
