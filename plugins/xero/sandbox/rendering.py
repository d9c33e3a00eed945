"""Documents as Xero sends them: full, in an unpaged list (no lines), or summarised."""

from __future__ import annotations

from plugins.xero.sandbox.arithmetic import unit_price
from plugins.xero.sandbox.asking import Answer, Ask
from plugins.xero.sandbox.kinds import Kind
from plugins.xero.sandbox.pdf import document_pdf
from plugins.xero.sandbox.serving import by_id
from plugins.xero.sandbox.wire import Record, iso_text, shown

# What a `summaryOnly` list leaves out.
HEAVY = frozenset({"LineItems", "Payments", "CreditNotes", "Prepayments", "Overpayments"})
_CONTACT = {
    "Addresses": (),
    "Phones": (),
    "ContactGroups": (),
    "ContactPersons": (),
    "HasValidationErrors": False,
}


def contact_inside(ask: Ask, contact_id: str | None, *, full: bool) -> Record:
    """The contact as it stands inside a document: its name, and its address when one document is read."""
    contact = ask.books["Contacts"].get(contact_id)
    if contact is None:
        return {}
    if not full:
        return {"ContactID": contact["ContactID"], "Name": contact["Name"], **_CONTACT}
    fields = ("ContactID", "ContactNumber", "ContactStatus", "Name", "FirstName", "LastName", "EmailAddress")
    inside = {name: contact[name] for name in fields if contact.get(name)}
    parts = {name: contact[name] for name in ("Addresses", "Phones", "ContactPersons")}
    return {**inside, **_CONTACT, **parts}


def document(ask: Ask, record: Record, full: bool) -> Record:
    """An invoice, bill, credit note, over- or prepayment."""
    row = shown(record)
    single = len(ask.parts) > 1
    if "Contact" in record:
        row["Contact"] = contact_inside(ask, record["Contact"].get("ContactID"), full=single)
    if "UpdatedDateUTC" in record:
        row["UpdatedDateUTCString"] = iso_text(record["UpdatedDateUTC"])
    if not full:
        row["LineItems"] = []
    for line in row.get("LineItems", ()):
        if line.get("UnitAmount") is not None:
            line["UnitAmount"] = unit_price(line["UnitAmount"], ask.places)
    return row


def summarised(ask: Ask, record: Record, full: bool) -> Record:
    """The same, or the light form when a list was asked for with `summaryOnly=true`."""
    row = document(ask, record, full)
    if len(ask.parts) == 1 and ask.method == "GET" and ask.flag("summaryOnly"):
        return {key: value for key, value in row.items() if key not in HEAVY}
    return row


def as_pdf(ask: Ask, kind: Kind) -> Answer:
    """The document that the path names, as PDF. Raises Refused (404)."""
    found = by_id(ask, kind.table)
    contact = ask.books["Contacts"].get(found["Contact"].get("ContactID")) or {"Name": ""}
    organisation = str(ask.books.organisation["LegalName"])
    body = document_pdf(found, str(found.get(kind.number) or ""), str(contact["Name"]), organisation)
    return Answer(body, content_type="application/pdf")


def wants_pdf(ask: Ask) -> bool:
    """Whether a single document is asked for as PDF."""
    return "application/pdf" in (ask.headers.get("Accept") or "")


def payment(ask: Ask, record: Record, full: bool) -> Record:
    """A payment with the document that it pays."""
    row = shown(record)
    row["UpdatedDateUTCString"] = iso_text(record["UpdatedDateUTC"])
    contact_id = record["Invoice"]["Contact"]["ContactID"]
    row["Invoice"] = {
        **row["Invoice"],
        "Contact": contact_inside(ask, contact_id, full=False),
        "HasErrors": False,
        "IsDiscounted": False,
        "LineItems": [],
        "Payments": [],
        "CreditNotes": [],
        "Prepayments": [],
        "Overpayments": [],
    }
    return row
