"""History and notes: GET and PUT /{Invoices|Contacts|CreditNotes|Overpayments|Prepayments}/{id}/History."""

from __future__ import annotations

from uuid import uuid4

from plugins.xero.sandbox.asking import Answer, Ask
from plugins.xero.sandbox.envelope import bad_argument, envelope
from plugins.xero.sandbox.serving import by_id
from plugins.xero.sandbox.store import Books
from plugins.xero.sandbox.wire import Record, shown

NAMES = {
    "invoices": "Invoices",
    "contacts": "Contacts",
    "creditnotes": "CreditNotes",
    "overpayments": "Overpayments",
    "prepayments": "Prepayments",
}
LONGEST = 250
BOOKKEEPER = "Aroha Ngata"  # who works in the demo companies


def add(
    books: Books,
    subject: str,
    changes: str,
    details: str,
    ms: int,
    user: str = "System Generated",
    *,
    key: str | None = None,
) -> Record:
    """Write one line into the history of a document or contact (its id)."""
    return books["History"].put(
        {
            "_id": key or str(uuid4()),
            "_of": subject,
            "Changes": changes,
            "DateUTC": ms,
            "User": user,
            "Details": details,
        }
    )


def _subject(ask: Ask) -> str:
    name = NAMES[ask.parts[0].lower()]
    return str(by_id(ask, name)[ask.books[name].key])


def read(ask: Ask) -> Answer:
    """The history of one document or contact, the latest first."""
    subject = _subject(ask)
    rows = [shown(row) for row in ask.books["History"].numbered(subject)]
    return Answer(envelope(ask.now, "HistoryRecords", rows[::-1]))


def note(ask: Ask) -> Answer:
    """Add notes. Raises Refused (400) for an empty one or one of more than 250 characters."""
    subject = _subject(ask)
    rows = []
    for element in ask.elements("HistoryRecords"):
        details = str(element.get("Details") or "").strip()
        if not 0 < len(details) <= LONGEST:
            raise bad_argument(f"Details must have between 1 and {LONGEST} characters.")
        rows.append(shown(add(ask.books, subject, "Note", details, ask.ms, "Ledgertab demo app")))
    return Answer(envelope(ask.now, "HistoryRecords", rows))
