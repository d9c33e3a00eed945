"""What Xero asks of invoices, bills and credit notes. Messages are Xero's own where they are known.

Source: Xero, "Invoices", "Credit notes".
"""

from __future__ import annotations

from urllib.parse import urlsplit

from plugins.xero.sandbox import line_rules
from plugins.xero.sandbox.kinds import LINE_AMOUNT_TYPES, MOVES, STATUSES, Kind
from plugins.xero.sandbox.store import Books
from plugins.xero.sandbox.wire import Record

LONGEST = {"InvoiceNumber": 255, "CreditNoteNumber": 255, "Reference": 255, "Url": 2048}
ARCHIVED = (
    "The contact with the specified contact details has been archived. "
    "The contact must be un-archived before creating new invoices or credit notes."
)
UNMODIFIABLE = "{noun} not of valid status for modification"
ALLOCATED = "This document cannot be edited as it has a payment or credit note allocated to it."


def closed(kind: Kind, kept: Record, element: Record) -> list[str]:
    """Why a kept document may not be changed as asked."""
    status = str(element.get("Status") or kept["Status"])
    if status not in STATUSES:
        return [f"{kind.noun} status '{status}' is not valid."]
    if status not in MOVES.get(kept["Status"], frozenset()):
        return [UNMODIFIABLE.format(noun=kind.noun)]
    settled = kept.get("AmountPaid") or kept.get("AmountCredited") or kept.get("Allocations")
    if kept["Status"] == "AUTHORISED" and settled:
        return [ALLOCATED]
    if element.get("Type") and element["Type"] != kept["Type"]:
        return [f"{kind.noun} type cannot be changed."]
    return []


def problems(books: Books, kind: Kind, record: Record, kept: Record | None) -> list[str]:
    """Everything that is wrong with a document as it would be kept."""
    first = _choices(books, kind, record, kept)
    if first:
        return first
    sales, complete = record["Type"] == kind.sales, record["Status"] in {"SUBMITTED", "AUTHORISED"}
    found = [*_contact(books, record, kept), *_texts(record), *_number(books, kind, record)]
    if complete:
        found += _complete(kind, record)
    if record["Status"] == "AUTHORISED":
        found += locked(books, record["Date"])
    for line in record["LineItems"]:
        wrong = line_rules.problems(books, line, sales=sales, complete=complete)
        found += [text for text in wrong if text not in found]
    if not found and record["Total"] < 0:
        found.append(f"{kind.noun} total must be greater than or equal to zero.")
    return found


def _choices(books: Books, kind: Kind, record: Record, kept: Record | None) -> list[str]:
    found = []
    if record["Type"] not in kind.types:
        found.append(f"{kind.noun} type '{record['Type'] or ''}' is not valid.")
    if record["LineAmountTypes"] not in LINE_AMOUNT_TYPES:
        found.append(f"Line amount type '{record['LineAmountTypes']}' is not valid.")
    if record["Status"] not in STATUSES or (kept is None and record["Status"] not in MOVES):
        found.append(f"{kind.noun} status '{record['Status']}' is not valid.")
    if not books["Currencies"].get(record["CurrencyCode"]):
        found.append(f"Organisation is not subscribed to currency {record['CurrencyCode']}")
    theme = record.get("BrandingThemeID")
    if theme and not books["BrandingThemes"].get(theme):
        found.append("Branding theme could not be found.")
    return found


def _contact(books: Books, record: Record, kept: Record | None) -> list[str]:
    if record.get("_contact_problem"):
        return [str(record["_contact_problem"])]
    contact = books["Contacts"].get(record["Contact"].get("ContactID"))
    if contact is None:
        return [] if record.get("_new_contact") else ["A Contact must be specified for this type of transaction"]
    moved = kept is None or kept["Contact"]["ContactID"] != contact["ContactID"]
    return [ARCHIVED] if contact["ContactStatus"] != "ACTIVE" and moved else []


def _texts(record: Record) -> list[str]:
    found = [
        f"{field} must not be longer than {most} characters."
        for field, most in LONGEST.items()
        if len(record.get(field) or "") > most
    ]
    url = record.get("Url") or ""
    parts = urlsplit(url)
    if url and (parts.scheme not in {"http", "https"} or not parts.netloc):
        found.append("Url must be a valid absolute address.")
    if "xero" in url.lower():
        found.append("The Url must not contain 'xero'.")
    if record.get("CurrencyRate") is not None and record["CurrencyRate"] <= 0:
        found.append("Currency rate must be greater than zero.")
    return found


def _number(books: Books, kind: Kind, record: Record) -> list[str]:
    if record["Type"] != kind.sales:
        return []
    for other in books[kind.table].numbered(record.get(kind.number)):
        same = other[kind.key] == record[kind.key] or other["Type"] != kind.sales
        if not same and other["Status"] not in {"DELETED", "VOIDED"}:
            return [f"{kind.noun} # must be unique."]
    return []


def _complete(kind: Kind, record: Record) -> list[str]:
    found = []
    if not record["LineItems"]:
        found.append("One or more line items must be specified")
    if kind.noun == "Invoice" and not record.get("DueDate"):
        found.append("Due Date cannot be empty")
    return found


def locked(books: Books, day: str) -> list[str]:
    """Why nothing of that day (ISO) can be approved, voided or paid: the books are locked up to then, and with it."""
    for field, words in (("PeriodLockDate", "period"), ("EndOfYearLockDate", "end of year")):
        lock = books.organisation.get(field)
        if lock and day <= lock:
            return [f"The document date cannot be before the {words} lock date, currently set at {lock}"]
    return []
