"""The rules of the overview's figures, each once: which documents count, with which part, and why others do not.

The sums of `overview` and the explanations of `explaining` both follow this table. Source of the rules: the product's
description of the overview (docs/user-guide.md, *What the figures say*); a property test reckons it a second time from
that description alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from statistics import median
from typing import Protocol

from core.contract.values import DocumentKind, DocumentStatus
from core.formats import decimals

ZERO = Decimal(0)
SALE, BILL = DocumentKind.SALES_INVOICE.value, DocumentKind.BILL.value
CREDIT, BILL_CREDIT = DocumentKind.SALES_CREDIT_NOTE.value, DocumentKind.BILL_CREDIT_NOTE.value
ADVANCES = (DocumentKind.OVERPAYMENT.value, DocumentKind.PREPAYMENT.value)
CREDITS = (CREDIT, *ADVANCES)
DRAFT, SUBMITTED = DocumentStatus.DRAFT.value, DocumentStatus.SUBMITTED.value
AUTHORISED, PAID = DocumentStatus.AUTHORISED.value, DocumentStatus.PAID.value
DEAD = (DocumentStatus.VOIDED.value, DocumentStatus.DELETED.value)
# How late an approved invoice is: the first number is not late, the others are days up to and with.
AGES = (0, 30, 60, 90, None)
NOT_DUE, LATE = 0, (1, 2, 3, 4)
_EXACT = Context(prec=120)  # an amount of 18 digits times a rate of 40 is never rounded before its time


class Counted(Protocol):
    """What a rule looks at: a row of the snapshot, or anything with the same attributes."""

    kind: str
    status: str
    date: dt.date
    due_date: dt.date | None
    currency: str
    rate: Decimal | None
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

    def late(self, due: date | None) -> int:
        """How late something due on a day is, as a place in `AGES`."""
        days = (self.today - due).days if due is not None else 0
        return next(place for place, most in enumerate(AGES) if most is None or days <= most)


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


@dataclass(frozen=True)
class Lens:
    """In what a figure is told: the documents of one currency, or with `converted` all of them, in that currency."""

    currency: str
    day: Day
    converted: bool = False


def convert(amount: Decimal, rate: Decimal, currency: str) -> Decimal:
    """An amount at its document's own rate, rounded half-up (away from zero) to the cent of `currency`."""
    cent = Decimal(1).scaleb(-decimals(currency))
    return _EXACT.multiply(amount, rate).quantize(cent, ROUND_HALF_UP, context=_EXACT)


@dataclass(frozen=True)
class Rule:
    """One figure's rule: what it looks at, the part of a document it adds, and what it says of itself.

    `part`: total (with tax), net (without tax), due (what is left of it), days (from its date to full payment, of which
    the median is told). Kinds in `minus` are taken off. `ages` are places in `AGES`, empty where it does not matter how
    late a document is; `recent` counts the last 12 months alone. `bills`: it would give a bill away.
    """

    key: str
    title: str
    kinds: tuple[str, ...]
    states: tuple[str, ...]
    part: str
    says: str
    minus: tuple[str, ...] = ()
    ages: tuple[int, ...] = ()
    recent: bool = False

    @property
    def bills(self) -> bool:
        """Whether only those who may see bills may see it."""
        return BILL in self.kinds or BILL_CREDIT in self.kinds

    def since(self, day: Day) -> date | None:
        """The first day that counts, None where all do."""
        if self.part == "days":
            return day.two_years_ago + timedelta(days=1)
        return day.year_ago + timedelta(days=1) if self.recent else None

    def sign(self, kind: str) -> int:
        """Whether a kind of document is added (1) or taken off (-1)."""
        return -1 if kind in self.minus else 1


_VALUE = "approved and paid sales invoices less credit notes, without tax"
_DUE = "what is still due on approved sales invoices"
_OPEN = (SUBMITTED, AUTHORISED)
_BILLED = (SUBMITTED, AUTHORISED, PAID)
_TAKEN_OFF = "less supplier credits, without tax"


def _aged(key: str, title: str, age: int) -> Rule:
    says = f"{_DUE}, with tax: those {'not due yet' if age == NOT_DUE else title.lower()}"
    return Rule(key, title, (SALE,), (AUTHORISED,), "due", says, ages=(age,))


def _sold(key: str, title: str, says: str, *, recent: bool = False) -> Rule:
    return Rule(key, title, (SALE, CREDIT), (AUTHORISED, PAID), "net", says, minus=(CREDIT,), recent=recent)


AGEING: tuple[Rule, ...] = (
    _aged("not_due", "Not due", 0),
    _aged("late_30", "1–30 days overdue", 1),
    _aged("late_60", "31–60 days overdue", 2),
    _aged("late_90", "61–90 days overdue", 3),
    _aged("late_more", "Over 90 days overdue", 4),
)
RULES: tuple[Rule, ...] = (
    Rule(
        "invoices",
        "Invoices",
        (SALE,),
        _OPEN,
        "total",
        "total of sales invoices awaiting approval or payment, with tax",
    ),
    Rule(
        "invoices_submitted",
        "Invoices awaiting approval",
        (SALE,),
        (SUBMITTED,),
        "total",
        "sales invoices awaiting approval, with tax",
    ),
    Rule(
        "invoices_authorised",
        "Approved invoices",
        (SALE,),
        (AUTHORISED,),
        "total",
        "total of approved sales invoices that are not fully paid, with tax",
    ),
    Rule("outstanding", "Outstanding", (SALE,), (AUTHORISED,), "due", f"{_DUE}, with tax"),
    Rule(
        "overdue",
        "Overdue",
        (SALE,),
        (AUTHORISED,),
        "due",
        f"{_DUE} whose due date has passed, with tax",
        ages=LATE,
    ),
    Rule(
        "unused_credit",
        "Unused credit",
        CREDITS,
        (AUTHORISED,),
        "due",
        "what is left of approved credit notes, overpayments and prepayments, with tax",
    ),
    Rule("bills", "Bills", (BILL,), (SUBMITTED,), "total", "total of bills awaiting approval, with tax"),
    Rule(
        "bills_authorised",
        "Approved bills",
        (BILL,),
        (AUTHORISED,),
        "total",
        "total of approved bills that are not fully paid, with tax",
    ),
    Rule("open_bills", "Open bills", (BILL,), _OPEN, "total", "total of bills awaiting approval or payment, with tax"),
    _sold("twelve_months", "12-month value", f"{_VALUE}, of the last 12 months", recent=True),
    _sold("lifetime", "Lifetime value", _VALUE),
    Rule(
        "drafts",
        "Drafts",
        (SALE,),
        (DRAFT,),
        "total",
        "draft sales invoices, with tax; part of no other figure",
    ),
    Rule(
        "bill_drafts",
        "Draft bills",
        (BILL,),
        (DRAFT,),
        "total",
        "draft bills, with tax; part of no other figure",
    ),
    Rule(
        "days_to_pay",
        "Days to pay",
        (SALE,),
        (PAID,),
        "days",
        "median of the days from invoice date to full payment, of sales invoices paid in the last 24 months; those "
        "settled by credit alone are left out",
    ),
    # Of opportunities and projects, over the documents linked to them.
    Rule(
        "billed",
        "Billed so far",
        (SALE, CREDIT),
        _BILLED,
        "net",
        "linked sales invoices that await approval, are approved or paid, less credit notes, without tax",
        minus=(CREDIT,),
    ),
    Rule(
        "costs",
        "Costs so far",
        (BILL, BILL_CREDIT),
        _BILLED,
        "net",
        f"linked bills that await approval, are approved or paid, {_TAKEN_OFF}",
        minus=(BILL_CREDIT,),
    ),
    Rule(
        "net",
        "Net",
        (SALE, CREDIT, BILL, BILL_CREDIT),
        _BILLED,
        "net",
        "billed so far less costs so far, without tax: bills and credit notes to the customer are taken off",
        minus=(CREDIT, BILL),
    ),
    *AGEING,
)
BY_KEY = {rule.key: rule for rule in RULES}
BILL_FIGURES = frozenset(rule.key for rule in RULES if rule.bills)
STATUS_REASONS = {
    DRAFT: "still a draft",
    SUBMITTED: "awaiting approval",
    AUTHORISED: "not paid yet",
    PAID: "paid already",
    DocumentStatus.VOIDED.value: "void",
    DocumentStatus.DELETED.value: "deleted",
}


def left_out(rule: Rule, document: Counted, lens: Lens) -> str:
    """Why a figure does not count a document, "" when it does; its currency only where nothing else speaks against."""
    if document.kind not in rule.kinds:
        return "another kind of document"
    if document.status not in rule.states:
        if document.status == AUTHORISED and PAID not in rule.states:
            return "approved already"
        return STATUS_REASONS.get(document.status, "in a state this version does not know")
    return _wrong_time(rule, document, lens.day) or _wrong_currency(rule, document, lens)


def _wrong_currency(rule: Rule, document: Counted, lens: Lens) -> str:
    if document.currency == lens.currency:
        return ""
    if not lens.converted:
        return f"in {document.currency}, not {lens.currency}"
    return "" if document.rate or rule.part == "days" else f"in {document.currency}, without an exchange rate"


def _wrong_time(rule: Rule, document: Counted, day: Day) -> str:
    if rule.part == "days":
        return _unpaid_or_old(document, day)
    if rule.ages and day.late(document.due_date) not in rule.ages:
        return _how_late(rule, document, day)
    if rule.recent and document.date > day.today:
        return "dated in the future"
    return "more than 12 months ago" if rule.recent and document.date <= day.year_ago else ""


def _how_late(rule: Rule, document: Counted, day: Day) -> str:
    if document.due_date is None:
        return "no due date"
    late = day.late(document.due_date)
    return "not due yet" if late == NOT_DUE else AGEING[late].title.lower()


def _unpaid_or_old(document: Counted, day: Day) -> str:
    if document.fully_paid_on is None:
        return "not fully paid"
    if not day.two_years_ago < document.fully_paid_on <= day.today:
        return "not paid in the last 24 months"
    return "" if document.amount_paid > 0 else "settled by credit alone"


def part_of(rule: Rule, document: Counted, lens: Lens) -> Decimal:
    """What a counted document adds to a figure, in the currency of the lens; below zero what it takes off."""
    if rule.part == "days":
        return Decimal((document.fully_paid_on - document.date).days) if document.fully_paid_on else ZERO
    amount = {
        "total": document.total,
        "due": document.amount_due,
        "net": document.total - document.tax,
    }[rule.part] * rule.sign(document.kind)
    if document.currency == lens.currency:
        return amount
    return convert(amount, document.rate or ZERO, lens.currency)


@dataclass(frozen=True)
class Explanation:
    """What a figure is made of: documents counted with their part, documents left out with the reason."""

    rule: Rule
    value: Decimal | None
    counted: tuple[tuple[Counted, Decimal], ...]
    omitted: tuple[tuple[Counted, str], ...]


def explain(rule: Rule, documents: Iterable[Counted], lens: Lens) -> Explanation:
    """Part the documents of the rule's kinds into counted and left out; the value is the sum (or the median)."""
    counted: list[tuple[Counted, Decimal]] = []
    omitted: list[tuple[Counted, str]] = []
    for document in documents:
        if document.kind not in rule.kinds:
            continue
        reason = left_out(rule, document, lens)
        if reason:
            omitted.append((document, reason))
        else:
            counted.append((document, part_of(rule, document, lens)))
    parts = [part for _, part in counted]
    value: Decimal | None = sum(parts, ZERO)
    if rule.part == "days":
        value = Decimal(str(median(parts))) if parts else None
    return Explanation(rule, value, tuple(counted), tuple(omitted))
