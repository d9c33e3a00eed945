"""GET, PUT and POST /CreditNotes, for sales and for purchases."""

from __future__ import annotations

from plugins.xero.sandbox.asking import Answer, Ask
from plugins.xero.sandbox.document_calls import DocumentCalls
from plugins.xero.sandbox.kinds import CREDIT_NOTE
from plugins.xero.sandbox.rendering import document
from plugins.xero.sandbox.serving import listed
from plugins.xero.sandbox.wire import Record


def render(ask: Ask, record: Record, full: bool) -> Record:
    """A credit note; Xero repeats its id as `ID`."""
    return {**document(ask, record, full), "ID": record["CreditNoteID"]}


calls = DocumentCalls(CREDIT_NOTE, render)


def read(ask: Ask) -> Answer:
    """A list of credit notes."""
    return listed(ask, "CreditNotes", ask.books["CreditNotes"].all(), render)
