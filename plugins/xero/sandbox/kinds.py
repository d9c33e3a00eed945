"""The two kinds of document that are written through the API, side by side: invoices (with bills) and credit notes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """How Xero names the parts of one kind of document."""

    table: str
    key: str
    number: str
    noun: str
    sales: str
    purchase: str
    prefix: str

    @property
    def types(self) -> frozenset[str]:
        """The values of `Type`."""
        return frozenset({self.sales, self.purchase})


INVOICE = Kind("Invoices", "InvoiceID", "InvoiceNumber", "Invoice", "ACCREC", "ACCPAY", "INV-")
CREDIT_NOTE = Kind(
    "CreditNotes",
    "CreditNoteID",
    "CreditNoteNumber",
    "Credit Note",
    "ACCRECCREDIT",
    "ACCPAYCREDIT",
    "CN-",
)
STATUSES = frozenset({"DRAFT", "SUBMITTED", "AUTHORISED", "PAID", "VOIDED", "DELETED"})
LINE_AMOUNT_TYPES = frozenset({"Exclusive", "Inclusive", "NoTax"})
# Where a status may go; source: Xero, "Invoices: status codes". AUTHORISED cannot go back.
MOVES = {
    "DRAFT": frozenset({"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"}),
    "SUBMITTED": frozenset({"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"}),
    "AUTHORISED": frozenset({"AUTHORISED", "VOIDED"}),
}
# Day rates against the base currency: foreign units for one of the base's.
RATES = {
    ("NZD", "AUD"): "0.9120",
    ("NZD", "USD"): "0.5980",
    ("NZD", "GBP"): "0.4610",
    ("AUD", "NZD"): "1.0965",
    ("AUD", "USD"): "0.6550",
    ("AUD", "GBP"): "0.5050",
}
