"""A contact's parts as they are given: persons, addresses, phones, payment terms. Raises BadValue for what is none."""

from __future__ import annotations

from plugins.xero.sandbox.wire import BadValue, Record, read_flag, read_text

TEXTS: dict[str, tuple[str, ...]] = {
    "ContactPersons": ("FirstName", "LastName", "EmailAddress"),
    "SalesTrackingCategories": ("TrackingCategoryName", "TrackingOptionName"),
    "PurchasesTrackingCategories": ("TrackingCategoryName", "TrackingOptionName"),
    "Addresses": (
        "AddressType",
        "AddressLine1",
        "AddressLine2",
        "AddressLine3",
        "AddressLine4",
        "City",
        "Region",
        "PostalCode",
        "Country",
        "AttentionTo",
    ),
    "Phones": ("PhoneType", "PhoneNumber", "PhoneAreaCode", "PhoneCountryCode"),
}
KINDS = {
    "Addresses": ("AddressType", frozenset({"POBOX", "STREET"})),
    "Phones": ("PhoneType", frozenset({"DEFAULT", "DDI", "MOBILE", "FAX", "OFFICE"})),
}


def given_parts(element: Record, kept: Record) -> Record:
    """The parts that the element brings, laid over those of the kept contact."""
    found: Record = {}
    for part in TEXTS:
        if element.get(part) is not None:
            rows = [_row(part, row) for row in _list(part, element[part])]
            found[part] = _by_kind(part, kept.get(part) or [], rows) if part in KINDS else rows
    terms = element.get("PaymentTerms")
    if terms not in (None, ""):  # the latter is an empty element of XML
        sides = _object("PaymentTerms", terms)
        found["PaymentTerms"] = {side: _term(sides[side]) for side in ("Bills", "Sales") if sides.get(side)}
    return found


def _list(part: str, value: object) -> list[object]:
    if not isinstance(value, list):
        raise BadValue(f"{part} must be an array.")
    return value


def _object(part: str, value: object) -> Record:
    if not isinstance(value, dict):
        raise BadValue(f"{part} must hold objects.")
    return value


def _row(part: str, value: object) -> Record:
    given = _object(part, value)
    row: Record = {name: read_text(given[name]) or "" for name in TEXTS[part] if name in given}
    if "IncludeInEmails" in given:
        row["IncludeInEmails"] = read_flag(given["IncludeInEmails"])
    if part in KINDS:
        name, kinds = KINDS[part]
        if row.get(name) not in kinds:
            raise BadValue(f"{name} '{row.get(name, '')}' is not valid.")
    return row


def _by_kind(part: str, kept: list[Record], given: list[Record]) -> list[Record]:
    """One address or phone for each kind: the given ones replace those of their kind."""
    name = KINDS[part][0]
    return list({row[name]: row for row in [*kept, *given]}.values())


def _term(value: object) -> Record:
    given = _object("PaymentTerms", value)
    day = str(given.get("Day"))
    return {"Day": int(day) if day.isascii() and day.isdigit() else None, "Type": read_text(given.get("Type"))}
