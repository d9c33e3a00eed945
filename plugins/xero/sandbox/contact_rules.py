"""What Xero asks of a contact. Source: Xero, "Contacts"; the messages are Xero's own where they are known."""

from __future__ import annotations

import re

from plugins.xero.sandbox.store import Books
from plugins.xero.sandbox.wire import Record

LENGTHS = {
    "Name": 255,
    "FirstName": 255,
    "LastName": 255,
    "EmailAddress": 255,
    "ContactNumber": 50,
    "AccountNumber": 50,
    "CompanyNumber": 50,
    "TaxNumber": 50,
    "BankAccountDetails": 255,
}
ADDRESS_LENGTHS = {
    "AddressLine1": 500,
    "AddressLine2": 500,
    "AddressLine3": 500,
    "AddressLine4": 500,
    "City": 255,
    "Region": 255,
    "PostalCode": 50,
    "Country": 50,
    "AttentionTo": 255,
}
PHONE_LENGTHS = {"PhoneNumber": 50, "PhoneAreaCode": 10, "PhoneCountryCode": 20}
STATUSES = frozenset({"ACTIVE", "ARCHIVED", "GDPRREQUEST"})
TERM_TYPES = frozenset({"DAYSAFTERBILLDATE", "DAYSAFTERBILLMONTH", "OFCURRENTMONTH", "OFFOLLOWINGMONTH"})
WORDS = {
    "TaxNumberType": frozenset({"SSN", "EIN", "ITIN", "ATIN"}),
    "SalesDefaultLineAmountType": frozenset({"INCLUSIVE", "EXCLUSIVE", "NONE"}),
    "PurchasesDefaultLineAmountType": frozenset({"INCLUSIVE", "EXCLUSIVE", "NONE"}),
}
CHOSEN = frozenset({*WORDS, "DefaultCurrency"})
MOST_PERSONS = 5
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def problems(books: Books, record: Record) -> list[str]:
    """Everything that is wrong with a contact as it would be kept."""
    return [
        *_name(books, record),
        *_number(books, record),
        *_lengths(record),
        *_choices(books, record),
        *_parts(record),
        *_terms(record),
    ]


def _name(books: Books, record: Record) -> list[str]:
    name = record.get("Name")
    if not name:
        return ["The contact name must be specified."]
    if record["ContactStatus"] != "ACTIVE":
        return []
    for other in books["Contacts"].numbered(name):
        if other["ContactID"] != record["ContactID"] and other["ContactStatus"] == "ACTIVE":
            return [
                f"The contact name {name} is already assigned to another contact. "
                "The contact name must be unique across all active contacts."
            ]
    return []


def _number(books: Books, record: Record) -> list[str]:
    """Unique among all contacts, the archived ones too. Source: Xero's developer community, and its users."""
    number = record.get("ContactNumber")
    if not number:
        return []
    for other in books["Contacts"].all():
        if other["ContactID"] != record["ContactID"] and (other.get("ContactNumber") or "") == number:
            return [
                f"The contact number {number} is already assigned to another contact. "
                "The contact number must be unique across all contacts."
            ]
    return []


def _lengths(record: Record) -> list[str]:
    found = [
        f"The {field} field must not be longer than {most} characters."
        for field, most in LENGTHS.items()
        if len(record.get(field) or "") > most
    ]
    number = record.get("EmailAddress")
    if number and not _MAIL.fullmatch(number):
        found.append("Email address must be valid.")
    return found


def _choices(books: Books, record: Record) -> list[str]:
    found = []
    if record["ContactStatus"] not in STATUSES:
        found.append(f"Contact status '{record['ContactStatus']}' is not valid.")
    if record["ContactStatus"] == "ACTIVE" and record.get("MergedToContactID"):
        found.append("The contact has been merged into another contact and cannot be restored.")
    for field, words in WORDS.items():
        if record.get(field) and record[field] not in words:
            found.append(f"The {field} '{record[field]}' is not valid.")
    currency = record.get("DefaultCurrency")
    if currency and not books["Currencies"].get(currency):
        found.append(f"Organisation is not subscribed to currency {currency}")
    for field in ("AccountsReceivableTaxType", "AccountsPayableTaxType"):
        tax = record.get(field)
        if tax and not books["TaxRates"].get(tax):
            found.append(f"The TaxType code '{tax}' does not exist.")
    return found


def _parts(record: Record) -> list[str]:
    found = []
    if len(record.get("ContactPersons") or []) > MOST_PERSONS:
        found.append(f"A contact may have at most {MOST_PERSONS} contact persons.")
    for part, lengths in (("Addresses", ADDRESS_LENGTHS), ("Phones", PHONE_LENGTHS)):
        for row in record.get(part) or []:
            found += [
                f"The {field} field must not be longer than {most} characters."
                for field, most in lengths.items()
                if len(str(row.get(field) or "")) > most
            ]
    return found


def _terms(record: Record) -> list[str]:
    found = []
    for side, term in (record.get("PaymentTerms") or {}).items():
        if not term:
            continue
        if term.get("Type") not in TERM_TYPES:
            found.append(f"Payment terms type '{term.get('Type')}' for {side} is not valid.")
        if term.get("Day") is None or term["Day"] > 365:
            found.append(f"Payment terms day for {side} is not valid.")
    return found
