"""Writing invoices, bills and credit notes: read what was given, check it, keep it.

Source: Xero, "Invoices", "Credit notes".
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from uuid import uuid4

from plugins.xero.sandbox import contacts, document_rules, history
from plugins.xero.sandbox.arithmetic import ZERO, totals
from plugins.xero.sandbox.asking import Ask
from plugins.xero.sandbox.contacts import NO_ID
from plugins.xero.sandbox.envelope import not_found
from plugins.xero.sandbox.kinds import CREDIT_NOTE, RATES, Kind
from plugins.xero.sandbox.line_rules import complete_tracking
from plugins.xero.sandbox.lines import read_lines, retax
from plugins.xero.sandbox.store import Books
from plugins.xero.sandbox.wire import BadValue, Record, read_day, read_flag, read_id, read_number, read_text

TEXTS = ("Type", "Reference", "Url", "CurrencyCode", "LineAmountTypes", "Status")
DAYS = ("Date", "DueDate", "ExpectedPaymentDate", "PlannedPaymentDate")


def save(ask: Ask, kind: Kind, element: Record, kept: Record | None) -> tuple[Record, list[str]]:
    """Keep a document, new or changed, or tell what is wrong with it. Raises BadValue."""
    if kept is not None:
        wrong = document_rules.closed(kind, kept, element)
        if wrong:
            return kept, wrong
        if str(element.get("Status")) in {"DELETED", "VOIDED"}:
            if kept["Status"] == "AUTHORISED" and (wrong := document_rules.locked(ask.books, kept["Date"])):
                return kept, wrong
            return end(ask.books, kind, kept, str(element["Status"]), ask.ms), []
    record = _drafted(ask, kind, element, kept)
    wrong = document_rules.problems(ask.books, kind, record, kept) or _save_contact(ask, record, element)
    if wrong:
        return _refused(record, kind, kept), wrong
    return _keep(ask, kind, record, new=kept is None), []


def end(books: Books, kind: Kind, kept: Record, status: str, ms: int) -> Record:
    """Delete a draft or void an authorised document: it stays, with nothing due."""
    record = {**kept, "Status": status, "UpdatedDateUTC": ms}
    record["AmountDue" if "AmountDue" in kept else "RemainingCredit"] = ZERO
    history.add(books, kept[kind.key], status.capitalize(), f"{kind.noun} {status.lower()}", ms)
    return books[kind.table].put(record)


def find(ask: Ask, kind: Kind, element: Record) -> Record | None:
    """The document that a POSTed element means: by id, or for sales by number. Raises Refused (404)."""
    table = ask.books[kind.table]
    if element.get(kind.key):
        found = table.get(read_id(element[kind.key]))
        if found is None:
            raise not_found()
        return found
    if element.get("Type") != kind.sales:
        return None
    named = table.numbered(read_text(element.get(kind.number)))
    return next((row for row in named if row["Type"] == kind.sales and row["Status"] != "DELETED"), None)


def next_number(books: Books, kind: Kind) -> str:
    """The number after the highest of the organisation's own sequence."""
    pattern = re.compile(re.escape(kind.prefix) + r"(\d{1,9})")
    found = (pattern.fullmatch(str(row.get(kind.number) or "")) for row in books[kind.table].all())
    highest = max((int(match[1]) for match in found if match), default=0)
    return f"{kind.prefix}{highest + 1:04d}"


def _drafted(ask: Ask, kind: Kind, element: Record, kept: Record | None) -> Record:
    """The document as it would be kept, before it is checked."""
    record: Record = {**kept} if kept else _blank(ask, kind)
    for name in (*TEXTS, kind.number):
        if element.get(name) is not None:
            record[name] = read_text(element[name])
    for name in DAYS:
        if name in element and (name != "Date" or element[name]):
            record[name] = read_day(element[name])
    if element.get("BrandingThemeID"):
        record["BrandingThemeID"] = read_id(element["BrandingThemeID"])
    if "SentToContact" in element:
        record["SentToContact"] = read_flag(element["SentToContact"])
    _find_contact(ask, record, element)
    _currency(ask, record, element, kept)
    if kept is None and record["Type"] == kind.sales and not record.get(kind.number):
        record[kind.number] = next_number(ask.books, kind)
    _lines(ask, kind, record, element)
    return record


def _blank(ask: Ask, kind: Kind) -> Record:
    lists = {"Payments": [], "HasAttachments": False, "HasErrors": False, "LineItems": []}
    record: Record = {
        kind.key: str(uuid4()),
        "Type": "",
        kind.number: "",
        "Reference": "",
        "Status": "DRAFT",
        "LineAmountTypes": "Exclusive",
        "Date": ask.today,
        "Contact": {},
        "SentToContact": False,
        "_app": ask.client,
        **lists,
    }
    if kind.key == "InvoiceID":
        record |= {"CreditNotes": [], "Prepayments": [], "Overpayments": []}
        record |= {"AmountPaid": ZERO, "AmountCredited": ZERO, "IsDiscounted": False}
    else:
        record |= {"Allocations": []}
    return record


def _find_contact(ask: Ask, record: Record, element: Record) -> None:
    """Which contact is meant; one that only has an unknown name will be created, as at Xero."""
    given = element.get("Contact")
    if given is None:
        return
    if not isinstance(given, dict):
        raise BadValue("Contact must be an object.")
    table = ask.books["Contacts"]
    if given.get("ContactID"):
        found = table.get(read_id(given["ContactID"]))
        if found is None:
            record["_contact_problem"] = "The Contact could not be found."
    else:
        found = contacts.find(ask, given)
        if found is None and given.get("Name"):
            record["_new_contact"] = given
    record["Contact"] = {"ContactID": found["ContactID"]} if found else {}


def _currency(ask: Ask, record: Record, element: Record, kept: Record | None) -> None:
    base = ask.books.base_currency
    contact = ask.books["Contacts"].get(record["Contact"].get("ContactID")) or {}
    record["CurrencyCode"] = record.get("CurrencyCode") or contact.get("DefaultCurrency") or base
    if record["CurrencyCode"] == base:
        record["CurrencyRate"] = Decimal("1.0000000000")
        return
    given = read_number(element.get("CurrencyRate"))
    same = kept is not None and kept["CurrencyCode"] == record["CurrencyCode"]
    if given is not None:
        record["CurrencyRate"] = given
    elif not same:
        record["CurrencyRate"] = Decimal(RATES.get((base, record["CurrencyCode"]), "1"))


def _lines(ask: Ask, kind: Kind, record: Record, element: Record) -> None:
    if element.get("LineItems") is not None:
        sales = record["Type"] == kind.sales
        record["LineItems"] = read_lines(ask, record, element["LineItems"], sales=sales)
    elif "LineAmountTypes" in element:
        record["LineItems"] = [dict(line) for line in record["LineItems"]]
        for line in record["LineItems"]:
            retax(ask.books, line, record["LineAmountTypes"])
    add_up(kind, record)


def add_up(kind: Kind, record: Record) -> None:
    """Totals of a document that nothing has been paid on."""
    sub, tax, total = totals(record["LineItems"], record["LineAmountTypes"])
    record |= {"SubTotal": sub, "TotalTax": tax, "Total": total}
    if kind.key == "InvoiceID":
        record["AmountDue"] = total
        discounted = any(line.get("DiscountRate") or line.get("DiscountAmount") for line in record["LineItems"])
        record["IsDiscounted"] = discounted
    else:
        record["RemainingCredit"] = total


def credit_for(books: Books, invoice: Record, amount: Decimal, day: str, ms: int) -> Record:
    """An approved credit note over a part (tax included) of an invoice, not kept yet."""
    sales = invoice["Type"] == "ACCREC"
    line = {**invoice["LineItems"][0], "LineItemID": str(uuid4()), "Quantity": Decimal(1), "UnitAmount": amount}
    line |= {"LineAmount": amount, "Description": f"Credit on {invoice['InvoiceNumber']}"}
    line.pop("DiscountRate", None)
    retax(books, line, "Inclusive")
    record: Record = {
        "CreditNoteID": str(uuid4()),
        "Type": "ACCRECCREDIT" if sales else "ACCPAYCREDIT",
        "CreditNoteNumber": next_number(books, CREDIT_NOTE) if sales else "",
        "Reference": "",
        "Status": "AUTHORISED",
        "LineAmountTypes": "Inclusive",
        "Date": day,
        "LineItems": [line],
        "Payments": [],
        "Allocations": [],
        "HasAttachments": False,
        "HasErrors": False,
        "SentToContact": False,
        "UpdatedDateUTC": ms,
        **{name: invoice[name] for name in ("Contact", "CurrencyCode", "CurrencyRate")},
    }
    add_up(CREDIT_NOTE, record)
    return record


def _save_contact(ask: Ask, record: Record, element: Record) -> list[str]:
    """Create the contact that only has a name; write over the fields that came along with an id, as Xero does."""
    new = record.pop("_new_contact", None)
    given: Any = element.get("Contact") or {}
    if new is not None:
        contact, wrong = contacts.save(ask, new, None)
        record["Contact"] = {"ContactID": contact["ContactID"]}
        return wrong
    contact = ask.books["Contacts"].get(record["Contact"].get("ContactID")) or {}
    if set(given) & set(contacts.TEXTS) and contact.get("ContactStatus") == "ACTIVE":
        return contacts.save(ask, given, contact)[1]
    return []


def _refused(record: Record, kind: Kind, kept: Record | None) -> Record:
    shown = {name: value for name, value in record.items() if name != "LineItems"}
    lines = [{name: value for name, value in line.items() if name != "LineItemID"} for line in record["LineItems"]]
    return {**shown, kind.key: kept[kind.key] if kept else NO_ID, "LineItems": lines}


def _keep(ask: Ask, kind: Kind, record: Record, *, new: bool) -> Record:
    record["LineItems"] = [dict(line) for line in record["LineItems"]]
    complete_tracking(ask.books, record["LineItems"])
    record["UpdatedDateUTC"] = ask.ms
    ask.books[kind.table].put(record)
    what = "Created" if new else "Edited"
    history.add(ask.books, record[kind.key], what, f"{kind.noun} {what.lower()} through the API", ask.ms)
    return record
