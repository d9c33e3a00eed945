"""The figures reckoned a second time, from the description of the overview alone.

What stands in `Oracle` shares nothing with the rules of the code: whole cents and fractions instead of decimals, words
instead of tables. Any set of documents must give the same sums by the database, the same explanations document by
document, and the same second column.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from core.accounting.charts import charts
from core.accounting.models import DocumentRow, PaymentRow
from core.accounting.overview import Column, Figures, figures, headline
from core.accounting.payments import last_payment
from core.accounting.rules import BY_KEY, Day, Lens, explain
from core.contract.values import DocumentKind, DocumentStatus

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
TODAYS = (dt.date(2026, 11, 22), dt.date(2028, 2, 29), dt.date(2025, 3, 1), dt.date(2027, 1, 31))
Row = dict[str, Any]
SALES, BILLS = "sales_invoice", "bill"
NOTE, BILL_NOTE = "sales_credit_note", "bill_credit_note"


def cents(value: Decimal) -> int:
    return int(value * 100)


def a_year_before(day: dt.date, years: int) -> dt.date:
    last = 28 if (day.month, day.day) == (2, 29) else day.day
    return dt.date(day.year - years, day.month, last)


@dataclass
class Oracle:
    """The figures in cents of `base`, of the documents given; `mixed` is the second column."""

    rows: Sequence[Row]
    today: dt.date
    base: str = "NZD"
    mixed: bool = False

    def worth(self, row: Row, amount: Decimal) -> int | None:
        """An amount of a document in cents of the base currency; None where the document does not count."""
        if row["currency"] == self.base:
            return cents(amount)
        if not self.mixed or row["rate"] is None:
            return None
        exact = Fraction(amount) * Fraction(row["rate"]) * 100
        half_up = int(abs(exact) + Fraction(1, 2))
        return half_up if exact >= 0 else -half_up

    def add(self, kind: str, words: str, what: str, only: Any = lambda row: True) -> int:
        """The sum over documents of a kind in the states named."""
        total = 0
        for row in self.rows:
            if row["kind"] == kind and row["status"] in words.split() and only(row):
                amount = row["total"] - row["tax"] if what == "before tax" else row[what]
                total += self.worth(row, amount) or 0
        return total

    def late(self, low: int, high: int) -> int:
        def between(row: Row) -> bool:
            days = (self.today - row["due_date"]).days if row["due_date"] else 0
            return low <= max(days, 0) <= high

        return self.add(SALES, "authorised", "amount_due", between)

    def sold(self, only: Any = lambda row: True) -> int:
        added = self.add(SALES, "authorised paid", "before tax", only)
        return added - self.add(NOTE, "authorised paid", "before tax", only)

    def project(self, kind: str, credit: str) -> int:
        states = "submitted authorised paid"
        return self.add(kind, states, "before tax") - self.add(credit, states, "before tax")

    def sums(self) -> dict[str, int]:
        """Every figure but the days."""
        since = a_year_before(self.today, 1)
        billed, costs = self.project(SALES, NOTE), self.project(BILLS, BILL_NOTE)
        submitted, approved = self.add(SALES, "submitted", "total"), self.add(SALES, "authorised", "total")
        bills, approved_bills = self.add(BILLS, "submitted", "total"), self.add(BILLS, "authorised", "total")
        open_credit = sum(self.add(kind, "authorised", "amount_due") for kind in (NOTE, "overpayment", "prepayment"))
        return {
            "invoices": submitted + approved,
            "invoices_submitted": submitted,
            "invoices_authorised": approved,
            "outstanding": self.add(SALES, "authorised", "amount_due"),
            "overdue": self.late(1, 10**6),
            "unused_credit": open_credit,
            "bills": bills,
            "bills_authorised": approved_bills,
            "open_bills": bills + approved_bills,
            "twelve_months": self.sold(lambda row: since < row["date"] <= self.today),
            "lifetime": self.sold(),
            "drafts": self.add(SALES, "draft", "total"),
            "bill_drafts": self.add(BILLS, "draft", "total"),
            "billed": billed,
            "costs": costs,
            "net": billed - costs,
            "not_due": self.late(0, 0),
            "late_30": self.late(1, 30),
            "late_60": self.late(31, 60),
            "late_90": self.late(61, 90),
            "late_more": self.late(91, 10**6),
        }

    def days_to_pay(self) -> Fraction | None:
        """The median over sales invoices fully paid in the last 24 months, not by credit alone."""
        since = a_year_before(self.today, 2)
        took = sorted(
            (row["fully_paid_on"] - row["date"]).days
            for row in self.rows
            if row["kind"] == SALES
            and row["status"] == "paid"
            and row["fully_paid_on"]
            and since < row["fully_paid_on"] <= self.today
            and row["amount_paid"] > 0
            and (self.mixed or row["currency"] == self.base)
        )
        middle = len(took) // 2
        if not took:
            return None
        return Fraction(took[middle]) if len(took) % 2 else Fraction(took[middle - 1] + took[middle], 2)


CENTS = st.integers(-50_000, 5_000_000).map(lambda amount: Decimal(amount) / 100)
RATES = st.decimals(Decimal("0.00001"), Decimal(400), places=12) | st.sampled_from([Decimal("0.5"), Decimal("1.005")])
NEAR = st.integers(-4, 4).flatmap(
    lambda off: st.sampled_from([0, 30, 31, 60, 61, 90, 91, 364, 365, 366, 730, 731]).map(lambda days: days + off)
)
PAYMENTS = st.lists(
    st.tuples(st.integers(-3, 800), CENTS, st.sampled_from(["payment", "payment", "credit", "prepayment"])), max_size=2
)


@st.composite
def documents(draw: st.DrawFn) -> tuple[dt.date, list[tuple[Row, list[tuple[int, Decimal, str]]]]]:
    """A day, and documents with their payments around the days on which rules turn."""
    today = draw(st.sampled_from(TODAYS))
    days = NEAR | st.integers(-60, 1500)

    def day(ago: int) -> dt.date:
        return today - dt.timedelta(days=ago)

    one = st.fixed_dictionaries(
        {
            "kind": st.sampled_from([SALES, SALES, SALES, *(kind.value for kind in DocumentKind)]),
            "status": st.sampled_from([status.value for status in DocumentStatus]),
            "date": days.map(day),
            "due_date": st.none() | days.map(day),
            "fully_paid_on": st.none() | days.map(day),
            "currency": st.sampled_from(["NZD", "NZD", "AUD", "USD"]),
            "rate": st.none() | RATES,
            **dict.fromkeys(("total", "tax", "amount_due", "amount_paid", "amount_credited"), CENTS),
        }
    )
    return today, draw(st.lists(st.tuples(one, PAYMENTS), max_size=8))


def store(session: Session, today: dt.date, given: Sequence[tuple[Row, list[tuple[int, Decimal, str]]]]) -> list[Row]:
    """Put documents and payments into the snapshot."""
    session.execute(delete(PaymentRow))
    session.execute(delete(DocumentRow))
    same = {"connection_id": 1, "party_id": "p1", "amounts_are": "exclusive", "seen_at": NOW}
    rows, paid = [], []
    for number, (row, payments) in enumerate(given):
        money = [today - dt.timedelta(days=ago) for ago, _, kind in payments if kind == "payment"]
        advance = [row["date"]] if row["kind"] in ("overpayment", "prepayment") else []
        last = max([*money, *advance], default=None)
        rows.append({**same, **row, "id": number + 1, "document_id": str(number), "last_paid_on": last})
        for ago, amount, kind in payments:
            at = today - dt.timedelta(days=ago)
            paid.append({"document": number + 1, "date": at, "amount": amount, "kind": kind})
    if rows:
        session.execute(insert(DocumentRow), rows)
    if paid:
        session.execute(insert(PaymentRow), paid)
    return rows


ANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def agree(found: Column, oracle: Oracle) -> None:
    assert {key: cents(found[key].value) for key in found.sums} == oracle.sums()
    median = oracle.days_to_pay()
    assert found.days_to_pay == (None if median is None else Decimal(str(float(median))))


@pytest.mark.slow
@ANY
@given(given=documents())
def test_sums_equal_what_the_description_says_in_every_currency_and_converted(session: Session, given: Any) -> None:
    today, rows = given[0], store(session, *given)
    found = figures(session, DocumentRow.connection_id == 1, "NZD", today, converted=True)
    agree(found, Oracle(rows, today))
    assert found.converted is not None
    agree(found.converted, Oracle(rows, today, mixed=True))
    told = {one.currency: {key: cents(amount.value) for key, amount in one.sums.items()} for one in found.other}
    for currency in ("AUD", "USD"):
        sums = Oracle(rows, today, currency).sums()
        assert told.get(currency, dict.fromkeys(sums, 0)) == sums
    alone = headline(session, DocumentRow.connection_id == 1, "NZD", today)
    assert [alone[key] for key in ("outstanding", "overdue")] == [found[key] for key in ("outstanding", "overdue")]
    assert alone.days_to_pay == found.days_to_pay


@pytest.mark.slow
@ANY
@given(given=documents())
def test_what_is_explained_parts_the_whole_and_adds_up_to_what_is_summed(session: Session, given: Any) -> None:
    today = given[0]
    store(session, *given)
    rows = session.execute(select(DocumentRow)).scalars().all()
    found = figures(session, DocumentRow.connection_id == 1, "NZD", today, converted=True)
    lenses: list[tuple[Column | None, Lens]] = [(one, Lens(one.currency, Day(today))) for one in (found, *found.other)]
    for column, lens in [*lenses, (found.converted, Lens("NZD", Day(today), converted=True))]:
        assert column is not None
        for key, rule in BY_KEY.items():
            if key == "days_to_pay" and column not in (found, found.converted):
                continue
            explained = explain(rule, rows, lens)
            assert explained.value == (column.days_to_pay if key == "days_to_pay" else column[key].value), key
            counted = [row.document_id for row, _ in explained.counted]  # type: ignore[attr-defined]
            omitted = [row.document_id for row, _ in explained.omitted]  # type: ignore[attr-defined]
            assert sorted(counted + omitted) == sorted(row.document_id for row in rows if row.kind in rule.kinds)
            assert all(reason for _, reason in explained.omitted)


def by_month(rows: Sequence[Row], given: Any, today: dt.date) -> dict[str, tuple[int, int]]:
    """Invoiced and paid of the twelve months up to today's, in cents: a second computation."""
    found: dict[str, list[int]] = {}
    first = today.year * 12 + today.month - 12
    months = {f"{one // 12}-{one % 12 + 1:02}" for one in range(first, first + 12)}

    def note(day: dt.date, place: int, amount: Decimal) -> None:
        if f"{day:%Y-%m}" in months and day <= today:
            found.setdefault(f"{day:%Y-%m}", [0, 0])[place] += cents(amount)

    for row, (_, payments) in zip(rows, given, strict=True):
        if row["status"] not in ("authorised", "paid") or row["currency"] != "NZD":
            continue
        if row["kind"] in (SALES, NOTE):
            note(row["date"], 0, row["total"] if row["kind"] == SALES else -row["total"])
        if row["kind"] in ("overpayment", "prepayment"):
            note(row["date"], 1, row["total"])
        if row["kind"] in (SALES, NOTE, "overpayment", "prepayment"):
            for ago, amount, kind in payments:
                if kind == "payment":
                    note(today - dt.timedelta(days=ago), 1, amount if row["kind"] == SALES else -amount)
    return {month: (sums[0], sums[1]) for month, sums in found.items() if any(sums)}


@pytest.mark.slow
@ANY
@given(given=documents())
def test_the_charts_say_what_was_invoiced_and_paid_and_their_ages_add_up(session: Session, given: Any) -> None:
    today, rows = given[0], store(session, *given)
    found = figures(session, DocumentRow.connection_id == 1, "NZD", today)
    drawn = charts(session, DocumentRow.connection_id == 1, found)
    told = {f"{one.year}-{one.month:02}": (cents(one.invoiced), cents(one.paid)) for one in drawn.months}
    assert list(told)[-1] == f"{today:%Y-%m}"
    assert len(told) == 12
    assert {month: sums for month, sums in told.items() if any(sums)} == by_month(rows, given[1], today)
    assert sum(one.value for one in drawn.ages) == found["outstanding"].value


@pytest.mark.slow
@ANY
@given(given=documents())
def test_the_last_payment_is_what_came_in_on_the_last_day_that_anything_did(session: Session, given: Any) -> None:
    today, rows = given[0], store(session, *given)
    came: dict[dt.date, dict[str, int]] = {}
    for row, (_, payments) in zip(rows, given[1], strict=True):
        if row["status"] not in ("authorised", "paid"):
            continue
        money = [(today - dt.timedelta(days=ago), amount) for ago, amount, kind in payments if kind == "payment"]
        if row["kind"] != SALES:
            money = [(row["date"], row["total"])] if row["kind"] in ("overpayment", "prepayment") else []
        for day, amount in money:
            if day <= today:
                of_day = came.setdefault(day, {})
                of_day[row["currency"]] = of_day.get(row["currency"], 0) + cents(amount)
    found = last_payment(session, DocumentRow.connection_id == 1, "NZD", today)
    if not came:
        assert found is None
    else:
        assert found is not None
        assert (found.day, {code: cents(amount) for code, amount in found.amounts}) == (max(came), came[max(came)])


def test_a_half_cent_is_rounded_up_for_each_document_before_it_is_added(session: Session) -> None:
    row: Row = {"kind": SALES, "status": "authorised", "date": TODAYS[0], "due_date": None, "fully_paid_on": None}
    amounts: Row = {"total": Decimal("0.01"), "tax": Decimal(0), "amount_due": Decimal("0.01"), "currency": "AUD"}
    settled: Row = {"amount_paid": Decimal(0), "amount_credited": Decimal(0)}
    document = {**row, **amounts, **settled, "rate": Decimal("0.5")}
    store(session, TODAYS[0], [(document, [])] * 3)
    found = figures(session, DocumentRow.connection_id == 1, "NZD", TODAYS[0], converted=True)
    assert found["invoices"].value == 0
    assert found.converted is not None
    assert found.converted["invoices"].value == Decimal("0.03")


def test_the_figures_alone_say_of_a_document_without_a_rate_that_it_is_left_out(session: Session) -> None:
    row: Row = {"kind": SALES, "status": "authorised", "date": TODAYS[0], "due_date": None, "fully_paid_on": None}
    money: Row = dict.fromkeys(("total", "amount_due"), Decimal(10)) | dict.fromkeys(
        ("tax", "amount_paid", "amount_credited"), Decimal(0)
    )
    store(session, TODAYS[0], [({**row, **money, "currency": "AUD", "rate": rate}, []) for rate in (None, Decimal(2))])
    found: Figures = figures(session, DocumentRow.connection_id == 1, "NZD", TODAYS[0], converted=True)
    assert found.converted is not None
    assert (found.converted["invoices"].value, found.converted["invoices"].lacking) == (Decimal(20), 1)
