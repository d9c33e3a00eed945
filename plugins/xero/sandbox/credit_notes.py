"""GET, PUT and POST /CreditNotes, for sales and for purchases."""

from __future__ import annotations

from plugins.xero.sandbox import documents
from plugins.xero.sandbox.asking import Answer, Ask
from plugins.xero.sandbox.kinds import CREDIT_NOTE
from plugins.xero.sandbox.rendering import as_pdf, document, wants_pdf
from plugins.xero.sandbox.serving import by_id, listed, one, written, written_all
from plugins.xero.sandbox.wire import Record


def render(ask: Ask, record: Record, full: bool) -> Record:
    """A credit note; Xero repeats its id as `ID`."""
    return {**document(ask, record, full), "ID": record["CreditNoteID"]}


def read(ask: Ask) -> Answer:
    """A list of credit notes."""
    return listed(ask, "CreditNotes", ask.books["CreditNotes"].all(), render)


def read_one(ask: Ask) -> Answer:
    """One credit note, by id or number; as PDF for who accepts that only."""
    return pdf(ask) if wants_pdf(ask) else one(ask, "CreditNotes", render)


def pdf(ask: Ask) -> Answer:
    """One credit note as PDF."""
    return as_pdf(ask, "CreditNotes", "CreditNoteNumber")


def create(ask: Ask) -> Answer:
    """PUT: new credit notes."""
    return written(ask, "CreditNotes", lambda ask, element: documents.save(ask, CREDIT_NOTE, element, None), render)


def upsert(ask: Ask) -> Answer:
    """POST: update the credit note of this id (or sales number); create it if there is none."""
    return written(ask, "CreditNotes", _upsert, render)


def update_one(ask: Ask) -> Answer:
    """POST /CreditNotes/{id}."""
    found = by_id(ask, "CreditNotes")
    elements = [{**row, "CreditNoteID": found["CreditNoteID"]} for row in ask.elements("CreditNotes")]
    return written_all(ask, "CreditNotes", elements, _upsert, render)


def _upsert(ask: Ask, element: Record) -> tuple[Record, list[str]]:
    return documents.save(ask, CREDIT_NOTE, element, documents.find(ask, CREDIT_NOTE, element))
