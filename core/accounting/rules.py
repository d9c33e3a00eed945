"""The rules of the overview's figures, one document at a time: counted with how much, or left out and why.

The same rules as the sums of `overview`, written a second time as pure functions, so that every figure can be explained
document by document; a property test holds the two together. Source of the rules: the product's description of the
overview (docs/user-guide.md, *What the figures say*).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from typing import Protocol

from core.contract.values import DocumentKind, DocumentStatus

ZERO = Decimal(0)
SALE, BILL = DocumentKind.SALES_INVOICE.value, DocumentKind.BILL.value
CREDIT, BILL_CREDIT = DocumentKind.SALES_CREDIT_NOTE.value, DocumentKind.BILL_CREDIT_NOTE.value
CREDITS = (CREDIT, DocumentKind.OVERPAYMENT.value, DocumentKind.PREPAYMENT.value)
DRAFT, SUBMITTED = DocumentStatus.DRAFT.value, DocumentStatus.SUBMITTED.value
AUTHORISED, PAID = DocumentStatus.AUTHORISED.value, DocumentStatus.PAID.value
DEAD = (DocumentStatus.VOIDED.value, DocumentStatus.DELETED.value)


class Counted(Protocol):
    """What a rule looks at: a row of the snapshot, or anything with the same attributes."""

    kind: str
    status: str
    date: dt.date
    due_date: dt.date | None
    currency: str
    total: Decimal
    tax: Decimal
    amount_due: Decimal
    amount_paid: Decimal
    amount_credited: Decimal
    fully_paid_on: dt.date | None


@dataclass(frozen=True)
class Day:
    """Today where the organisation keeps its books, and the days that the rules count from."""

    today: date

    @property
    def year_ago(self) -> date:
        """This day last year (29 February counts from the 28th); 12-month figures begin the day after it."""
        return _years_before(self.today, 1)

    @property
    def two_years_ago(self) -> date:
        """This day two years ago; *days to pay* begins the day after it."""
        return _years_before(self.today, 2)


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


Part = Callable[[Counted], Decimal]


@dataclass(frozen=True)
class Rule:
    """One figure's rule: which kinds it looks at, the part of a document it adds, and why it leaves one out.

    `since` is the first day that counts, None where all do.
    """

    key: str
    title: str
    kinds: tuple[str, ...]
    states: tuple[str, ...]
    part: Part
    says: str
    since: Callable[[Day], date | None] = lambda day: None
    dated: Callable[[Counted, Day], str] = lambda document, day: ""


def _not_recent(document: Counted, day: Day) -> str:
    if document.date > day.today:
        return "dated in the future"
    return "" if document.date > day.year_ago else "more than 12 months ago"


def _not_late(document: Counted, day: Day) -> str:
    if document.due_date is None:
        return "no due date"
    return "" if document.due_date < day.today else "not due yet"


def _unpaid_or_old(document: Counted, day: Day) -> str:
    if document.fully_paid_on is None:
        return "not fully paid"
    if not day.two_years_ago < document.fully_paid_on <= day.today:
        return "not paid in the last 24 months"
    return "" if document.amount_paid > 0 else "settled by credit alone"


def _sold(document: Counted) -> Decimal:
    net = document.total - document.tax
    return -net if document.kind in (CREDIT, BILL_CREDIT) else net


def _days(document: Counted) -> Decimal:
    return Decimal((document.fully_paid_on - document.date).days) if document.fully_paid_on else ZERO


_VALUE = "approved and paid sales invoices less credit notes, without tax"
RULES: tuple[Rule, ...] = (
    Rule(
        "invoices",
        "Invoices",
        (SALE,),
        (SUBMITTED, AUTHORISED),
        lambda one: one.total,
        "total of sales invoices awaiting approval or payment, with tax",
    ),
    Rule(
        "outstanding",
        "Outstanding",
        (SALE,),
        (AUTHORISED,),
        lambda one: one.amount_due,
        "what is still due on approved sales invoices, with tax",
    ),
    Rule(
        "overdue",
        "Overdue",
        (SALE,),
        (AUTHORISED,),
        lambda one: one.amount_due,
        "what is still due on approved sales invoices whose due date has passed, with tax",
        dated=_not_late,
    ),
    Rule(
        "unused_credit",
        "Unused credit",
        CREDITS,
        (AUTHORISED,),
        lambda one: one.amount_due,
        "what is left of approved credit notes, overpayments and prepayments, with tax",
    ),
    Rule(
        "bills",
        "Bills",
        (BILL,),
        (SUBMITTED,),
        lambda one: one.total,
        "total of bills awaiting approval, with tax",
    ),
    Rule(
        "twelve_months",
        "12-month value",
        (SALE, CREDIT),
        (AUTHORISED, PAID),
        _sold,
        _VALUE + ", of the last 12 months",
        lambda day: day.year_ago + timedelta(days=1),
        _not_recent,
    ),
    Rule("lifetime", "Lifetime value", (SALE, CREDIT), (AUTHORISED, PAID), _sold, _VALUE),
    Rule(
        "days_to_pay",
        "Days to pay",
        (SALE,),
        (PAID,),
        _days,
        "median of the days from invoice date to full payment, sales invoices in the base currency paid in the last 24 "
        "months; those in other currencies are left out, and those settled by credit alone",
        lambda day: day.two_years_ago + timedelta(days=1),
        _unpaid_or_old,
    ),
)
# The figures of opportunities and projects, over the documents linked to them (`core.accounting.project`).
PROJECT_RULES: tuple[Rule, ...] = (
    Rule(
        "billed",
        "Billed so far",
        (SALE, CREDIT),
        (SUBMITTED, AUTHORISED, PAID),
        _sold,
        "linked sales invoices that await approval, are approved or paid, less credit notes, without tax",
    ),
    Rule(
        "costs",
        "Costs so far",
        (BILL, BILL_CREDIT),
        (SUBMITTED, AUTHORISED, PAID),
        _sold,
        "linked bills that await approval, are approved or paid, less supplier credits, without tax",
    ),
)
BY_KEY = {rule.key: rule for rule in (*RULES, *PROJECT_RULES)}
BILL_FIGURES = frozenset({"bills", "costs"})
STATUS_REASONS = {
    DRAFT: "still a draft",
    SUBMITTED: "awaiting approval",
    AUTHORISED: "not paid yet",
    PAID: "paid already",
    DocumentStatus.VOIDED.value: "void",
    DocumentStatus.DELETED.value: "deleted",
}


def left_out(rule: Rule, document: Counted, currency: str, day: Day) -> str:
    """Why a figure does not count a document, "" when it does; its currency only where nothing else speaks against."""
    if document.kind not in rule.kinds:
        return "another kind of document"
    if document.status not in rule.states:
        if document.status == AUTHORISED and PAID not in rule.states:
            return "approved already"
        return STATUS_REASONS.get(document.status, "in a state this version does not know")
    ours = document.currency == currency
    return rule.dated(document, day) or ("" if ours else f"in {document.currency}, not {currency}")


@dataclass(frozen=True)
class Explanation:
    """What a figure is made of: documents counted with their part, documents left out with the reason."""

    rule: Rule
    value: Decimal | None
    counted: tuple[tuple[Counted, Decimal], ...]
    omitted: tuple[tuple[Counted, str], ...]


def explain(rule: Rule, documents: Iterable[Counted], currency: str, today: date) -> Explanation:
    """Part the documents of the rule's kinds into counted and left out; the value is the sum (or the median)."""
    day = Day(today)
    counted: list[tuple[Counted, Decimal]] = []
    omitted: list[tuple[Counted, str]] = []
    for document in documents:
        if document.kind not in rule.kinds:
            continue
        reason = left_out(rule, document, currency, day)
        if reason:
            omitted.append((document, reason))
        else:
            counted.append((document, rule.part(document)))
    parts = [part for _, part in counted]
    value: Decimal | None = sum(parts, ZERO)
    if rule.key == "days_to_pay":
        value = Decimal(str(median(parts))) if parts else None
    return Explanation(rule, value, tuple(counted), tuple(omitted))
