"""What a person types to find documents: words, dates, invoices or bills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from core.contract.values import DocumentKind, DocumentQuery
from core.forms import clean

INVOICES = frozenset({DocumentKind.SALES_INVOICE, DocumentKind.SALES_CREDIT_NOTE})
BILLS = frozenset({DocumentKind.BILL, DocumentKind.BILL_CREDIT_NOTE})
LONGEST = 100


@dataclass(frozen=True)
class FindForm:
    """What was typed, as typed, with what is wrong at each field; `query` is None until something right is asked."""

    what: str
    text: str
    date_from: str
    date_to: str
    problems: Mapping[str, str]
    query: DocumentQuery | None

    @property
    def asked(self) -> bool:
        """Whether anything was typed."""
        return bool(self.text or self.date_from or self.date_to)


def parse_find(asked: Mapping[str, str]) -> FindForm:
    """The form from a page's query: ``what`` (invoices or bills), ``q``, ``from``, ``to``, ``cursor``."""
    what = "bills" if asked.get("what") == "bills" else "invoices"
    text = clean(asked.get("q", ""))
    typed_from, typed_to = asked.get("from", "").strip(), asked.get("to", "").strip()
    problems: dict[str, str] = {}
    first, last = _day("from", typed_from, problems), _day("to", typed_to, problems)
    if len(text) > LONGEST:
        problems["q"] = f"At most {LONGEST} letters: a number or a part of it is enough."
    if first and last and last < first:
        problems["to"] = "The end is before the beginning. Swap the two dates."
    query = None
    if not problems and (text or first or last):
        kinds = BILLS if what == "bills" else INVOICES
        query = DocumentQuery(text=text, kinds=kinds, date_from=first, date_to=last, cursor=asked.get("cursor") or None)
    return FindForm(what, text, typed_from, typed_to, problems, query)


def _day(name: str, text: str, problems: dict[str, str]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        problems[name] = "Write the date as year-month-day, for instance 2026-03-31."
        return None
