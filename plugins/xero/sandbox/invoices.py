"""GET, PUT and POST /Invoices (sales invoices and bills), /Invoices/{id}/OnlineInvoice, /Invoices/{id}/pdf."""

from __future__ import annotations

from hashlib import sha256

from plugins.xero.sandbox.asking import Answer, Ask
from plugins.xero.sandbox.document_calls import DocumentCalls
from plugins.xero.sandbox.envelope import bad_argument, envelope
from plugins.xero.sandbox.kinds import INVOICE
from plugins.xero.sandbox.rendering import document, summarised
from plugins.xero.sandbox.serving import by_id, listed
from plugins.xero.sandbox.wire import Record

calls = DocumentCalls(INVOICE, document)


def read(ask: Ask) -> Answer:
    """A list of invoices and bills."""
    return listed(ask, "Invoices", _narrowed(ask, _candidates(ask)), summarised)


def _candidates(ask: Ask) -> list[Record]:
    """The smallest set an index gives: ids, numbers, contacts, or everything."""
    table = ask.books["Invoices"]
    ids, numbers = ask.query.ids("IDs"), ask.query.words("InvoiceNumbers")
    contact_ids = ask.query.ids("ContactIDs")
    if ids:
        return [row for key in ids if (row := table.get(key))]
    if numbers:
        return [row for number in numbers for row in table.numbered(number)]
    if contact_ids:
        return [row for key in contact_ids for row in table.of_contact(key)]
    return table.all()


def _narrowed(ask: Ask, rows: list[Record]) -> list[Record]:
    contact_ids = set(ask.query.ids("ContactIDs"))
    statuses = {status.upper() for status in ask.query.words("Statuses")}
    if contact_ids:
        rows = [row for row in rows if row["Contact"]["ContactID"] in contact_ids]
    if statuses:
        rows = [row for row in rows if row["Status"] in statuses]
    if ask.flag("createdByMyApp"):
        rows = [row for row in rows if row.get("_app") == ask.client]
    term = ask.query.text("searchTerm").casefold()
    if term:
        rows = [row for row in rows if term in searched(row)]
    return rows


def searched(record: Record) -> str:
    """The text that `searchTerm` looks in: number and reference."""
    return f"{record.get('InvoiceNumber') or ''}\n{record.get('Reference') or ''}".casefold()


def email(ask: Ask) -> Answer:
    """Mark an approved sales invoice as sent to its contact; no mail leaves the machine. Raises Refused (400)."""
    found = by_id(ask, "Invoices")
    contact = ask.books["Contacts"].get(found["Contact"]["ContactID"]) or {}
    if found["Type"] != "ACCREC" or found["Status"] not in {"SUBMITTED", "AUTHORISED", "PAID"}:
        raise bad_argument("Only an approved sales invoice can be e-mailed.")
    if not contact.get("EmailAddress"):
        raise bad_argument("The contact has no e-mail address.")
    ask.books["Invoices"].put({**found, "SentToContact": True, "UpdatedDateUTC": ask.ms})
    return Answer(b"", 204)


def online(ask: Ask) -> Answer:
    """The address at which the customer sees an approved sales invoice; an empty one for everything else."""
    found = by_id(ask, "Invoices")
    token = sha256(str(found["InvoiceID"]).encode()).hexdigest()[:40]
    base = ask.state.base_url or "https://in.example"
    url = f"{base}/online/{found['InvoiceID']}?t={token}" if _is_public(found) else ""
    return Answer(envelope(ask.now, "OnlineInvoices", [{"OnlineInvoiceUrl": url}]))


def _is_public(found: Record) -> bool:
    """Whether the customer may see it: a draft is nobody's yet."""
    return found["Type"] == "ACCREC" and found["Status"] in {"AUTHORISED", "PAID"}
