"""What the plugin sends to Xero: bodies of writes and filters of reads, made from the core's values. No network.

Inside `Contact` a document carries the id and nothing else: any other field would overwrite the contact. Tax amounts,
exchange rates, the number and the totals are Xero's own affair and are never sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from core import Line, NewDocument, NewParty
from plugins.xero import structs
from plugins.xero.mapping import AMOUNTS_ARE, postal

_AMOUNTS_ARE = {ours: theirs for theirs, ours in AMOUNTS_ARE.items()}
_SIMPLE = {
    "name": "Name",
    "first_name": "FirstName",
    "last_name": "LastName",
    "email": "EmailAddress",
    "tax_number": "TaxNumber",
    "record_ref": "ContactNumber",
}
_IN_A_LINE = {"description": "Description", "item": "ItemCode", "account": "AccountCode", "tax_rate": "TaxType"}
_PLACE = {"city": "City", "region": "Region", "postal_code": "PostalCode", "country": "Country"}
_TERM_LENGTH = 100  # a letter takes up to twelve characters of an address
_NOTE_LENGTH = 250  # what the documents of Xero say a history takes


def draft(new: NewDocument, kept: Collection[Line] = ()) -> dict[str, Any]:
    """A sales invoice with the status DRAFT; `kept` are the lines that the one to be changed has now."""
    old = {line.id: line for line in kept if line.id}
    body: dict[str, Any] = {
        "Type": "ACCREC",
        "Status": "DRAFT",
        "Contact": {"ContactID": new.party_id},
        "Date": new.date.isoformat(),
        "LineAmountTypes": _AMOUNTS_ARE[new.amounts_are],
        "Reference": new.reference,
        "LineItems": [_line(line, old.get(line.id)) for line in new.lines],
    }
    if new.due_date is not None:
        body["DueDate"] = new.due_date.isoformat()
    optional = {"CurrencyCode": new.currency, "BrandingThemeID": new.theme, "Url": new.mark_url}
    return body | {name: value for name, value in optional.items() if value}


def _line(line: Line, old: Line | None) -> dict[str, Any]:
    """One line; with its id where it has one, since a line whose id is missing is deleted by an update.

    What is given of a line is laid over the `old` one, and there is no way to say that something is empty now: a line
    that lost something takes the place of the old one.
    """
    ident = "" if old is not None and _lost(line, old) else line.id
    if ident and not line.quantity and not line.unit_price and not line.item:
        return {"LineItemID": ident, "Description": line.description}  # a text between lines stays one
    body: dict[str, Any] = {"Quantity": line.quantity, "UnitAmount": line.unit_price}
    if line.discount_amount:
        body["DiscountAmount"] = line.discount_amount
    elif line.discount or ident:
        body["DiscountRate"] = line.discount
    if line.tracking or (ident and old is not None and old.tracking):
        body["Tracking"] = [{"Name": name, "Option": option} for name, option in line.tracking]
    optional = {"LineItemID": ident} | {theirs: getattr(line, ours) for ours, theirs in _IN_A_LINE.items()}
    return body | {name: value for name, value in optional.items() if value}


def _lost(line: Line, old: Line) -> bool:
    return any(getattr(old, name) and not getattr(line, name) for name in _IN_A_LINE)


def new_party(new: NewParty) -> dict[str, Any]:
    """A contact to be made: what is filled in."""
    fields = {name: getattr(new, name) for name in (*_SIMPLE, *_PLACE, "phone", "address")}
    return party_changes({name: value for name, value in fields.items() if value}, structs.Contact(contact_id=""))


def party_changes(changes: Mapping[str, str], now: structs.Contact) -> dict[str, Any]:
    """The changed fields of a contact. An address goes whole, with what it holds `now` in the other parts."""
    body: dict[str, Any] = {_SIMPLE[name]: value for name, value in changes.items() if name in _SIMPLE}
    if "phone" in changes:
        body["Phones"] = [
            {
                "PhoneType": "DEFAULT",
                "PhoneNumber": changes["phone"],
                "PhoneAreaCode": "",
                "PhoneCountryCode": "",
            }
        ]
    if changes.keys() & {"address", *_PLACE}:
        body["Addresses"] = [_address(changes, postal(now))]
    return body


def _address(changes: Mapping[str, str], now: structs.Address) -> dict[str, str]:
    typed = (changes["address"].splitlines() + [""] * 4) if "address" in changes else None
    body = {"AddressType": "POBOX"}
    for number in range(1, 5):
        value = typed[number - 1] if typed else getattr(now, f"address_line{number}")
        body[f"AddressLine{number}"] = value or ""
    if typed and len(lines := changes["address"].splitlines()) > 4:
        body["AddressLine4"] = ", ".join(lines[3:])
    return body | {theirs: changes.get(ours, getattr(now, ours)) or "" for ours, theirs in _PLACE.items()}


def note(text: str) -> dict[str, Any]:
    """A line for a document's history."""
    return {"HistoryRecords": [{"Details": text[:_NOTE_LENGTH]}]}


def where(*conditions: str) -> dict[str, str]:
    """The `where` parameter of all conditions that are there; nothing without any."""
    held = [condition for condition in conditions if condition]
    return {"where": " AND ".join(held)} if held else {}


def dated(first: dt.date | None, last: dt.date | None) -> str:
    """Documents dated from the first to the last day, both in; `Date` is a field Xero has an index for."""
    parts = [_compared(">=", first), _compared("<=", last)]
    return " AND ".join(part for part in parts if part)


def _compared(operator: str, day: dt.date | None) -> str:
    return "" if day is None else f"Date{operator}DateTime({day.year},{day.month:02},{day.day:02})"


def types(names: Iterable[str], of: Collection[str]) -> str:
    """Documents of some of an endpoint's types; no condition where all are wanted."""
    wanted = [name for name in of if name in set(names)]
    return "" if len(wanted) == len(of) else any_of("Type", (f'"{name}"' for name in wanted))


def any_of(name: str, values: Iterable[str]) -> str:
    """A field with one of some values, which are written as Xero's filter language wants them."""
    parts = [f"{name}=={value}" for value in values]
    return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"


def guid(ident: str) -> str:
    """An id in Xero's filter language."""
    return f'guid("{ident}")'


def contacts(idents: Iterable[str]) -> str:
    """Documents of one of some contacts."""
    return any_of("Contact.ContactID", map(guid, idents))


def search_term(text: str) -> str:
    """What Xero looks for; only the beginning of a long text, for it stands in the address."""
    return text.strip()[:_TERM_LENGTH].strip()
