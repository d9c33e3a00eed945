"""When an invoice falls due: the party's own terms, else the organisation's, else the admin's rule."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from core.contract.values import Organisation, Party, PaymentTerms, TermsKind
from core.settings import Settings, StartError

SETTING = "accounting.default_due_days"
DEFAULT_DAYS, MOST_DAYS = 14, 3650


@dataclass(frozen=True, slots=True)
class Due:
    """A proposed due date, whose rule it follows, and the rule in words; `own` when the party has terms of its own."""

    on: date
    words: str
    own: bool

    @property
    def sentence(self) -> str:
        """The rule as the beginning of a sentence."""
        return self.words[:1].upper() + self.words[1:]


def default_days(settings: Settings) -> int:
    """The admin's rule: days after the invoice date (setting ``accounting.default_due_days``, 14 without it).

    Raises `StartError` for what is no number of days.
    """
    text = settings.all.get(SETTING, "").strip() or str(DEFAULT_DAYS)
    if not (text.isascii() and text.isdigit() and int(text) <= MOST_DAYS):
        raise StartError(f"The setting {SETTING} is {text!r}. It must be a number of days from 0 to {MOST_DAYS}.")
    return int(text)


def propose(issued: date, party: Party | None, organisation: Organisation, days: int) -> Due:
    """The due date of a sales invoice dated `issued`."""
    if party is not None and party.sales_terms is not None:
        return Due(falls_due(issued, party.sales_terms), f"their terms, {in_words(party.sales_terms)}", own=True)
    if organisation.sales_terms is not None:
        words = f"the terms of {organisation.name}, {in_words(organisation.sales_terms)}"
        return Due(falls_due(issued, organisation.sales_terms), words, own=False)
    terms = PaymentTerms(days, TermsKind.DAYS_AFTER_DATE)
    return Due(falls_due(issued, terms), f"the usual {in_words(terms)}", own=False)


def falls_due(issued: date, terms: PaymentTerms) -> date:
    """The due date by these terms; never before `issued`, so a day of this month that has passed counts next month.

    A day that the month does not have is its last.
    """
    if terms.kind is TermsKind.DAYS_AFTER_DATE:
        return issued + timedelta(days=terms.days)
    if terms.kind is TermsKind.DAYS_AFTER_MONTH_END:
        return _day_of(issued, 31) + timedelta(days=terms.days)
    if terms.kind is TermsKind.DAY_OF_THIS_MONTH and _day_of(issued, terms.days) >= issued:
        return _day_of(issued, terms.days)
    return _day_of(_day_of(issued, 31) + timedelta(days=1), terms.days)


def _day_of(month: date, day: int) -> date:
    last = calendar.monthrange(month.year, month.month)[1]
    return month.replace(day=max(1, min(day, last)))


def in_words(terms: PaymentTerms) -> str:
    """The terms as people say them."""
    if terms.kind is TermsKind.DAYS_AFTER_DATE:
        return f"{terms.days} days"
    if terms.kind is TermsKind.DAYS_AFTER_MONTH_END:
        return f"{terms.days} days after the end of the month"
    which = "this" if terms.kind is TermsKind.DAY_OF_THIS_MONTH else "next"
    return f"day {terms.days} of {which} month"
