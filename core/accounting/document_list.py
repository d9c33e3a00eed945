"""The lists of documents on a tab: narrowed as the address says, in what order, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, selectinload

from core.accounting.document_filter import BY_DUE_DATE, Facet, Narrowing, conditions, narrow
from core.accounting.document_view import insides
from core.accounting.documents import Row
from core.accounting.models import DocumentRow
from core.accounting.words import KINDS, status_of
from core.contract.values import DocumentKind
from core.forms import number_in

PAGE = 25
LISTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "invoices": ("Invoices", (DocumentKind.SALES_INVOICE.value,)),
    "bills": ("Bills", (DocumentKind.BILL.value, DocumentKind.BILL_CREDIT_NOTE.value)),
    "credits": (
        "Credit notes and prepayments",
        (DocumentKind.SALES_CREDIT_NOTE.value, DocumentKind.OVERPAYMENT.value, DocumentKind.PREPAYMENT.value),
    ),
    "estimates": ("Estimates", (DocumentKind.ESTIMATE.value,)),
}


@dataclass(frozen=True)
class Listing:
    """One list. `name` is what its fields in the address begin with: its key, told from the same list of others."""

    key: str
    name: str
    title: str
    narrowing: Narrowing
    rows: Sequence[Row]
    page: int = 1
    pages: int = 1

    @property
    def fields(self) -> tuple[str, ...]:
        """Its fields in the address."""
        return (self.name, f"{self.name}_kind", f"{self.name}_currency", f"{self.name}_page")


@dataclass(frozen=True)
class Shown:
    """What the lists of one block share: whose documents, their counts, today, where to look at one, and the links."""

    record: Any
    whose: ColumnElement[bool]
    found: Sequence[Facet]
    today: date
    url: Callable[[DocumentRow], str | None]
    links: Mapping[str, int]
    usual: str = ""


def listing(session: Session, shown: Shown, key: str, name: str, asked: Mapping[str, str]) -> Listing:
    """One list: the first due first among what is open, else the newest."""
    title, kinds = LISTS[key]
    of_all = asked.get(key, "")  # what is asked of a list in general holds for that of each connection
    wishes = {
        "state": asked.get(name, of_all),
        "kind": asked.get(f"{name}_kind", ""),
        "currency": asked.get(f"{name}_currency", ""),
    }
    narrowing = narrow(shown.found, kinds, wishes, KINDS, shown.usual)
    pages = max(1, -(-narrowing.count // PAGE))
    page = min(max(1, number_in(asked.get(f"{name}_page"), 1)), pages)
    rows = _rows(session, shown, kinds, narrowing, page) if narrowing.count else []
    return Listing(key, name, title, narrowing, rows, page, pages)


def _rows(session: Session, shown: Shown, kinds: Sequence[str], narrowing: Narrowing, page: int) -> list[Row]:
    by_due_date = narrowing.wanted.state in BY_DUE_DATE
    newest = (DocumentRow.date.desc(), DocumentRow.id.desc())
    order = (DocumentRow.due_date, DocumentRow.id) if by_due_date else newest
    ids = session.scalars(  # sorted by themselves: whole rows of ten thousand documents take four times as long
        select(DocumentRow.id)
        .where(shown.whose, DocumentRow.kind.in_(kinds), *conditions(narrowing.wanted, shown.today))
        .order_by(*order)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    parts = (selectinload(DocumentRow.lines), selectinload(DocumentRow.payments))
    found = session.scalars(select(DocumentRow).where(DocumentRow.id.in_(ids)).options(*parts).order_by(*order)).all()
    inside = insides(session, found[0].connection_id, found, shown.record) if found else {}
    return [
        Row(row, status_of(row, shown.today), shown.url(row), shown.links.get(row.document_id), inside[row.id])
        for row in found
    ]
