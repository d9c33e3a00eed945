"""GET, PUT and POST /Contacts.

PUT creates; POST updates the contact of the given id, number or name, and creates one if there is none.
Source: Xero, "Contacts".
"""

from __future__ import annotations

from uuid import uuid4

from plugins.xero.sandbox import contact_rules, history
from plugins.xero.sandbox.asking import Answer, Ask
from plugins.xero.sandbox.balances import balances, sides
from plugins.xero.sandbox.contact_parts import given_parts
from plugins.xero.sandbox.envelope import not_found
from plugins.xero.sandbox.serving import listed, one, updated, written
from plugins.xero.sandbox.wire import Record, read_id, read_text, shown

NO_ID = "00000000-0000-0000-0000-000000000000"
TEXTS = (
    "Name",
    "FirstName",
    "LastName",
    "EmailAddress",
    "ContactNumber",
    "AccountNumber",
    "CompanyNumber",
    "TaxNumber",
    "TaxNumberType",
    "BankAccountDetails",
    "ContactStatus",
    "DefaultCurrency",
    "AccountsReceivableTaxType",
    "AccountsPayableTaxType",
    "SalesDefaultAccountCode",
    "PurchasesDefaultAccountCode",
    "SalesDefaultLineAmountType",
    "PurchasesDefaultLineAmountType",
    "XeroNetworkKey",
)
# What Xero gives only in pages and for a single contact.
FULL_ONLY = frozenset(
    {
        "ContactPersons",
        "PaymentTerms",
        "Balances",
        "Website",
        "BrandingTheme",
        "BatchPayments",
        "Discount",
        "MergedToContactID",
        "SalesDefaultAccountCode",
        "PurchasesDefaultAccountCode",
        "SalesDefaultLineAmountType",
        "PurchasesDefaultLineAmountType",
        "SalesTrackingCategories",
        "PurchasesTrackingCategories",
    }
)
# `summaryOnly` leaves out what has to be computed or joined.
HEAVY = FULL_ONLY | {"Addresses", "Phones", "ContactGroups", "IsSupplier", "IsCustomer"}


def render(ask: Ask, record: Record, full: bool) -> Record:
    """A contact as Xero sends it: everything, or without what only pages carry."""
    row = shown(record)
    contact_id = record["ContactID"]
    row["IsCustomer"], row["IsSupplier"] = sides(ask.books, contact_id)
    row["HasAttachments"] = row["HasValidationErrors"] = False
    if ask.method == "GET" and len(ask.parts) == 1 and ask.flag("summaryOnly"):
        return {key: value for key, value in row.items() if key not in HEAVY}
    if not full:
        row = {key: value for key, value in row.items() if key not in FULL_ONLY}
        return {**row, "ContactPersons": []}
    found = balances(ask.books, contact_id, ask.today)
    if found is not None:
        row["Balances"] = found
    return row


def read(ask: Ask) -> Answer:
    """A list of contacts; archived ones only with `includeArchived=true` or by id."""
    table, wanted = ask.books["Contacts"], ask.query.ids("IDs")
    rows = [row for key in wanted if (row := table.get(key))] if wanted else table.all()
    if not wanted and not ask.flag("includeArchived") and "contactstatus" not in ask.query.text("where").lower():
        rows = [row for row in rows if row["ContactStatus"] == "ACTIVE"]
    term = ask.query.text("searchTerm").casefold()
    if term:
        rows = [row for row in rows if term in searched(row)]
    return listed(ask, "Contacts", rows, render)


def searched(record: Record) -> str:
    """The text that `searchTerm` looks in."""
    fields = ("Name", "FirstName", "LastName", "ContactNumber", "EmailAddress", "CompanyNumber")
    return "\n".join(str(record.get(field) or "") for field in fields).casefold()


def read_one(ask: Ask) -> Answer:
    """One contact by id, contact number or name."""
    asked = ask.parts[1].casefold()
    table = ask.books["Contacts"]
    numbered = [row for row in table.all() if (row.get("ContactNumber") or "").casefold() == asked]
    if table.get(asked) is None and numbered:
        ask.parts[1] = str(numbered[0]["ContactID"])
    return one(ask, "Contacts", render)


def create(ask: Ask) -> Answer:
    """PUT: new contacts, each with a name no active contact has."""
    return written(ask, "Contacts", _create, render)


def upsert(ask: Ask) -> Answer:
    """POST: update the contact of this id, number or name; create it if there is none."""
    return written(ask, "Contacts", _upsert, render)


def update_one(ask: Ask) -> Answer:
    """POST /Contacts/{id}."""
    return updated(ask, "Contacts", _upsert, render)


def _create(ask: Ask, element: Record) -> tuple[Record, list[str]]:
    return save(ask, element, None)


def _upsert(ask: Ask, element: Record) -> tuple[Record, list[str]]:
    return save(ask, element, find(ask, element))


def find(ask: Ask, element: Record) -> Record | None:
    """The contact an element means: by id, contact number or, among the active ones, name. Raises Refused (404)."""
    table = ask.books["Contacts"]
    if element.get("ContactID"):
        found = table.get(read_id(element["ContactID"]))
        if found is None:
            raise not_found()
        return found
    number, name = read_text(element.get("ContactNumber")), read_text(element.get("Name"))
    if number:
        numbered = [row for row in table.all() if row.get("ContactNumber") == number]
        if numbered:
            return numbered[0]
    named = [row for row in table.numbered(name) if row["ContactStatus"] == "ACTIVE"]
    return named[0] if named else None


def save(ask: Ask, element: Record, kept: Record | None) -> tuple[Record, list[str]]:
    """Keep a contact, new or changed, or tell what is wrong with it."""
    record = _merged(ask, element, kept)
    wrong = contact_rules.problems(ask.books, record)
    if kept is not None and kept["ContactStatus"] == "ARCHIVED" and record["ContactStatus"] == "ARCHIVED":
        wrong.insert(0, "The contact with the specified contact details has been archived.")
    if wrong:
        return {**record, "ContactID": kept["ContactID"] if kept else NO_ID}, wrong
    record["UpdatedDateUTC"] = ask.ms
    ask.books["Contacts"].put(record)
    what = "Edited" if kept else "Created"
    history.add(ask.books, record["ContactID"], what, f"{what} through the API", ask.ms)
    return record, []


def _merged(ask: Ask, element: Record, kept: Record | None) -> Record:
    record = dict(kept) if kept else _blank()
    for field in TEXTS:
        if field in element:
            record[field] = read_text(element[field])
            if field in contact_rules.CHOSEN:  # no list of choices has an empty one: that means none
                record[field] = record[field] or None
    return record | given_parts(element, record)


def _blank() -> Record:
    return {
        "ContactID": str(uuid4()),
        "ContactStatus": "ACTIVE",
        "Name": "",
        "EmailAddress": "",
        "BankAccountDetails": "",
        "Addresses": [
            {"AddressType": kind, "City": "", "Region": "", "PostalCode": "", "Country": ""}
            for kind in ("STREET", "POBOX")
        ],
        "Phones": [
            {"PhoneType": kind, "PhoneNumber": "", "PhoneAreaCode": "", "PhoneCountryCode": ""}
            for kind in ("DDI", "DEFAULT", "FAX", "MOBILE")
        ],
        "ContactGroups": [],
        "SalesTrackingCategories": [],
        "PurchasesTrackingCategories": [],
        "ContactPersons": [],
    }
