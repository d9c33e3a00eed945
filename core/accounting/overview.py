"""The figures of the overview, summed by the database from the snapshot.

All figures are in the connection's base currency; documents in other currencies are told beside them, never added.
Where an admin wants it, a second column has them too, each converted at its document's own rate. The documents are
grouped once by all that a rule of `rules` may ask of them; each figure then adds the groups that its rule counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, and_, case, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from core.accounting.models import DocumentRow
from core.accounting.rules import (
    AGES,
    AUTHORISED,
    DEAD,
    LATE,
    PAID,
    RULES,
    SALE,
    ZERO,
    Day,
    Lens,
    Rule,
    convert,
)
from core.contract.values import DocumentKind

SUMMED = tuple(rule for rule in RULES if rule.part != "days")
ALL, OWED, RECENT = "all", "owed", "recent"


class Group(NamedTuple):
    """Documents that no rule tells apart, summed.

    There are three slices of the same documents, and a rule adds up the groups of one: `ALL` has what was billed and
    its tax, `OWED` what is due of approved documents by how `late` they are (a place in `AGES`), `RECENT` is `ALL` of
    the last 12 months. `number` counts those with a rest due where that is what is added, `documents` all of them.
    """

    slice: str
    kind: str
    status: str
    currency: str
    number: int
    total: Decimal = ZERO
    net: Decimal = ZERO
    due: Decimal = ZERO
    late: int = 0
    oldest_due: date | None = None
    first: date | None = None
    lacking: int = 0
    documents: int = 0


@dataclass(frozen=True)
class Sum:
    """A figure: its `value`, of how many documents (of those with a rest due, where that is what is added).

    `oldest_due` is the first due date among those with a rest due, `first` the first date of all; `lacking` counts what
    could not be converted for want of a rate.
    """

    value: Decimal = ZERO
    number: int = 0
    oldest_due: date | None = None
    first: date | None = None
    lacking: int = 0


NOTHING = Sum()


@dataclass(frozen=True)
class Column:
    """The figures of one currency, or of all of them converted into it, by the key of their rule.

    `days_to_pay` is None where no invoice tells.
    """

    currency: str
    day: Day
    sums: Mapping[str, Sum] = field(default_factory=dict)
    days_to_pay: Decimal | None = None

    def __getitem__(self, key: str) -> Sum:
        """The figure of a rule."""
        return self.sums[key]

    @property
    def oldest_days(self) -> int:
        """How many days the oldest overdue invoice is overdue."""
        due = self["overdue"].oldest_due
        return (self.day.today - due).days if due else 0


@dataclass(frozen=True)
class Figures(Column):
    """The overview of some parties of one connection, in its base currency. With tax, but for the values.

    `paid_elsewhere` counts the sales invoices that *days to pay* leaves out for their currency alone. `other` has a
    column for each other currency in which there is anything to tell, `converted` the second column where it is wanted.
    `groups` is what all of it was added up from.
    """

    paid_elsewhere: int = 0
    other: tuple[Column, ...] = ()
    converted: Column | None = None
    groups: Sequence[Group] = ()

    @property
    def late_elsewhere(self) -> tuple[Column, ...]:
        """The other currencies in which an invoice is overdue."""
        return tuple(one for one in self.other if one["overdue"].number)


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


def figures(
    session: Session, whose: ColumnElement[bool], currency: str, today: date, *, converted: bool = False
) -> Figures:
    """The figures of the documents that `whose` picks (a condition on `DocumentRow`), summed by the database."""
    day = Day(today)
    groups = _groups(session, whose, day)
    days = _days_to_pay(session, whose, day)
    base = [group for group in groups if group.currency == currency]
    lens = Lens(currency, day, converted=True)
    return _figures(lens, groups, days, _converted(session, whose, lens, base, days) if converted else None)


def headline(session: Session, whose: ColumnElement[bool], currency: str, today: date) -> Figures:
    """Of the figures only what is owed and overdue, and *days to pay*: what to know before a call, read in no time."""
    day = Day(today)
    owed = _owed(session, and_(whose, DocumentRow.kind == SALE), day)
    return _figures(Lens(currency, day), owed, _days_to_pay(session, whose, day))


def _figures(
    lens: Lens, groups: Sequence[Group], days: Mapping[str, Mapping[int, int]], converted: Column | None = None
) -> Figures:
    codes = sorted({group.currency for group in groups} - {lens.currency})
    others = [Column(code, lens.day, _sums(group for group in groups if group.currency == code)) for code in codes]
    return Figures(
        currency=lens.currency,
        day=lens.day,
        sums=_sums(group for group in groups if group.currency == lens.currency),
        days_to_pay=_median(days.get(lens.currency, {})),
        paid_elsewhere=sum(sum(counts.values()) for code, counts in days.items() if code != lens.currency),
        other=tuple(one for one in others if any(amount.number or amount.value for amount in one.sums.values())),
        converted=converted,
        groups=groups,
    )


def _sums(groups: Iterable[Group]) -> dict[str, Sum]:
    """Every figure over some groups."""
    held = list(groups)
    return {rule.key: _sum(rule, held) for rule in SUMMED}


def _sum(rule: Rule, groups: Sequence[Group]) -> Sum:
    mine = [group for group in groups if _counts(rule, group)]
    if not mine:
        return NOTHING
    return Sum(
        value=sum((getattr(group, rule.part) * rule.sign(group.kind) for group in mine), ZERO),
        number=sum(group.number for group in mine),
        oldest_due=min((group.oldest_due for group in mine if group.oldest_due), default=None),
        first=min((group.first for group in mine if group.first), default=None),
        lacking=sum(group.lacking for group in mine),
    )


def _counts(rule: Rule, group: Group) -> bool:
    return (
        group.kind in rule.kinds
        and group.status in rule.states
        and group.slice == _slice(rule)
        and (not rule.ages or group.late in rule.ages)
    )


def _slice(rule: Rule) -> str:
    """The slice of the groups that a rule adds up."""
    return OWED if rule.part == "due" else RECENT if rule.recent else ALL


def _late(day: Day) -> ColumnElement[int]:
    """How late a document is, as a place in `AGES`: the same as `Day.late`, in SQL."""
    whens = [
        (DocumentRow.due_date >= date.fromordinal(day.today.toordinal() - most), place)
        for place, most in enumerate(AGES)
        if most is not None
    ]
    return case((DocumentRow.due_date.is_(None), 0), *whens, else_=LATE[-1])


# What is grouped by stands in the index in this order behind the party, so that the database sorts nothing.
_BY = (DocumentRow.kind, DocumentRow.status, DocumentRow.currency)
_BILLED = (func.count(), func.sum(DocumentRow.total), func.sum(DocumentRow.tax), func.min(DocumentRow.date))
_ALL = select(*_BY, *_BILLED).group_by(*_BY)
_KINDS = tuple(kind.value for kind in DocumentKind)  # named, so that the index leads to the status behind the kind
_OWING = DocumentRow.amount_due > 0
_REST = (
    func.count(),
    func.count(case((_OWING, 1))),
    func.sum(DocumentRow.amount_due),
    func.min(case((_OWING, DocumentRow.due_date))),
)


def _groups(session: Session, whose: ColumnElement[bool], day: Day) -> list[Group]:
    return [*_billed(session, whose, day), *_owed(session, whose, day)]


def _billed(session: Session, whose: ColumnElement[bool], day: Day) -> Iterator[Group]:
    """All documents and, of them, those of the last 12 months, summed in one reading."""
    lately = and_(DocumentRow.date > day.year_ago, DocumentRow.date <= day.today)
    query = _ALL.add_columns(*(one.filter(lately) for one in _BILLED)).where(whose)
    for kind, status, currency, *sums in session.execute(query):
        for slice_, (number, total, tax, first) in ((ALL, sums[:4]), (RECENT, sums[4:])):
            if number:
                of = (slice_, kind, status, currency)
                yield Group(*of, number, total, total - tax, first=first, documents=number)


def _owed(session: Session, whose: ColumnElement[bool], day: Day) -> list[Group]:
    query = (
        select(*_BY, _late(day).label("late"), *_REST)
        .where(whose, DocumentRow.kind.in_(_KINDS), DocumentRow.status == AUTHORISED)
        .group_by(*_BY, "late")
    )
    return [
        Group(OWED, kind, status, currency, number, due=due, late=late, oldest_due=oldest_due, documents=documents)
        for kind, status, currency, late, documents, number, due, oldest_due in session.execute(query)
    ]


def _converted(
    session: Session,
    whose: ColumnElement[bool],
    lens: Lens,
    base: list[Group],
    days: Mapping[str, Mapping[int, int]],
) -> Column:
    """The second column: what is in the base currency as it is, all else rounded document by document, then added.

    The rounding is one function of Python's, the same that an explanation uses; only documents in other currencies are
    read for it.
    """
    foreign = session.execute(
        select(
            DocumentRow.kind,
            DocumentRow.status,
            DocumentRow.rate,
            DocumentRow.total,
            DocumentRow.tax,
            DocumentRow.amount_due,
            DocumentRow.due_date,
            DocumentRow.date,
        ).where(whose, DocumentRow.status.not_in(DEAD), DocumentRow.currency != lens.currency)
    )
    groups = [group for row in foreign for group in _one(row, lens)]
    taken: dict[int, int] = {}
    for counts in days.values():
        for number, count in counts.items():
            taken[number] = taken.get(number, 0) + count
    return Column(lens.currency, lens.day, _sums([*base, *groups]), _median(taken))


def _one(row: Any, lens: Lens) -> Iterator[Group]:
    """One document in another currency, converted; without a rate it adds nothing and is counted as lacking."""
    kind, status, rate, total, tax, due, due_date, issued = row
    of, late = (kind, status, lens.currency), lens.day.late(due_date)
    lately = lens.day.year_ago < issued <= lens.day.today
    if not rate:
        billed, owed = Group(ALL, *of, 0, lacking=1), Group(OWED, *of, 0, late=late, lacking=1)
    else:
        whole, net, rest = (convert(amount, rate, lens.currency) for amount in (total, total - tax, due))
        owing = due > 0
        billed = Group(ALL, *of, 1, whole, net, first=issued)
        owed = Group(OWED, *of, int(owing), due=rest, late=late, oldest_due=due_date if owing else None)
    yield from (billed, owed)
    if lately:
        yield billed._replace(slice=RECENT)


def _days_to_pay(session: Session, whose: ColumnElement[bool], day: Day) -> dict[str, dict[int, int]]:
    """How many invoices took how many days, by currency."""
    taken = _DaysBetween(DocumentRow.fully_paid_on, DocumentRow.date)
    rows = session.execute(
        select(DocumentRow.currency, taken, func.count())
        .where(
            whose,
            DocumentRow.kind == SALE,
            DocumentRow.status == PAID,
            DocumentRow.fully_paid_on > day.two_years_ago,
            DocumentRow.fully_paid_on <= day.today,
            DocumentRow.amount_paid > 0,
        )
        .group_by(DocumentRow.currency, taken)
    ).all()
    found: dict[str, dict[int, int]] = {}
    for code, number, count in rows:
        found.setdefault(code, {})[number] = count
    return found


def _median(counts: Mapping[int, int]) -> Decimal | None:
    days = [number for number, count in counts.items() for _ in range(count)]
    return Decimal(str(median(days))) if days else None


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
