"""What people say: the words for kinds and states of documents, and how urgent they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.accounting.models import CREDIT_KINDS, DocumentRow
from core.contract.values import DocumentKind, DocumentStatus, TermsKind

KINDS = {
    DocumentKind.SALES_INVOICE.value: ("Invoice", "Invoices"),
    DocumentKind.BILL.value: ("Bill", "Bills"),
    DocumentKind.SALES_CREDIT_NOTE.value: ("Credit note", "Credit notes"),
    DocumentKind.BILL_CREDIT_NOTE.value: ("Supplier credit", "Supplier credits"),
    DocumentKind.OVERPAYMENT.value: ("Overpayment", "Overpayments"),
    DocumentKind.PREPAYMENT.value: ("Prepayment", "Prepayments"),
    DocumentKind.ESTIMATE.value: ("Estimate", "Estimates"),
}
TERMS = {
    TermsKind.DAYS_AFTER_DATE: "{} days",
    TermsKind.DAYS_AFTER_MONTH_END: "{} days after the month",
    TermsKind.DAY_OF_THIS_MONTH: "day {} of the month",
    TermsKind.DAY_OF_NEXT_MONTH: "day {} of the next month",
}
BILL_KINDS = frozenset({DocumentKind.BILL.value, DocumentKind.BILL_CREDIT_NOTE.value})


def title_of(document: DocumentRow) -> str:
    """What a document is called in a sentence: ``Invoice INV-0012``, ``Bill without a number``."""
    return f"{KINDS[document.kind][0]} {document.number or 'without a number'}"


def due_word(*, estimate: bool) -> str:
    """What the last day of a document is called: an estimate is never due, it holds until then."""
    return "Valid until" if estimate else "Due"


@dataclass(frozen=True, slots=True)
class Status:
    """A status as people say it; `tone`: good, info, warn, mute or bad."""

    words: str
    tone: str


def status_of(row: DocumentRow, today: date) -> Status:
    """The words for where a document stands today; an unknown status keeps the vendor's word."""
    state = row.status
    if state == DocumentStatus.AUTHORISED.value:
        return _approved(row, today)
    fixed = {
        DocumentStatus.DRAFT.value: Status("Draft", "mute"),
        DocumentStatus.SUBMITTED.value: Status("Awaiting approval", "warn"),
        DocumentStatus.PAID.value: Status("Used" if row.kind in CREDIT_KINDS else "Paid", "good"),
        DocumentStatus.VOIDED.value: Status("Void", "mute"),
        DocumentStatus.DELETED.value: Status("Deleted", "mute"),
    }
    return fixed.get(state, Status(row.vendor_status or "Unknown", "mute"))


def _approved(row: DocumentRow, today: date) -> Status:
    if row.kind in CREDIT_KINDS:
        return Status("Open credit", "info")
    if row.kind == DocumentKind.ESTIMATE.value:
        return Status("Accepted", "info")
    if row.due_date is not None and row.due_date < today:
        return Status(f"Overdue {(today - row.due_date).days} d", "bad")
    return Status("Part paid" if row.amount_paid > 0 else "Awaiting payment", "info")
