"""GET /Organisation and /Organisation/Actions."""

from __future__ import annotations

from plugins.xero.sandbox.asking import Answer, Ask
from plugins.xero.sandbox.envelope import envelope
from plugins.xero.sandbox.wire import shown

_ACTIONS = (
    "CreateApprovedInvoice",
    "CreateDraftPurchaseOrder",
    "CreateApprovedBill",
    "AttachFilesIntoInvoice",
    "UseMulticurrency",
    "CreateDraftInvoice",
    "CreateRepeatingInvoice",
    "CreateRepeatingBill",
    "CreateSentQuote",
    "CreateInvoicePayment",
    "CreateApprovedPurchaseOrder",
    "CreateDraftQuote",
    "CreateDraftBill",
)


def read(ask: Ask) -> Answer:
    """The organisation of the call."""
    return Answer(envelope(ask.now, "Organisations", [shown(ask.books.organisation)]))


def actions(ask: Ask) -> Answer:
    """What the connected user may do."""
    rows = [{"Name": name, "Status": "ALLOWED"} for name in _ACTIONS]
    return Answer(envelope(ask.now, "Actions", rows))
