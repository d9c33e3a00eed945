"""The lines of a document: read, filled in from items and accounts, reckoned."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

from plugins.xero.sandbox.arithmetic import ZERO, cents, line_amount, line_tax, unit_price
from plugins.xero.sandbox.asking import Ask
from plugins.xero.sandbox.store import Books
from plugins.xero.sandbox.wire import BadValue, Record, read_id, read_number, read_text

NUMBERS = ("Quantity", "UnitAmount", "DiscountRate", "DiscountAmount", "LineAmount", "TaxAmount")
TEXTS = ("Description", "ItemCode", "AccountCode", "TaxType", "LineItemID")
ONE = Decimal(1)


def read_lines(ask: Ask, document: Record, given: object, *, sales: bool) -> list[Record]:
    """The lines a document will have: the given ones, each laid over the kept line of the same LineItemID.

    A kept line that is not among the given ones is gone, as at Xero. Raises BadValue.
    """
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        raise BadValue("LineItems must be an array of objects.")
    kept = {row["LineItemID"]: row for row in document.get("LineItems", [])}
    return [_line(ask, document, row, kept, sales=sales) for row in given]


def _line(ask: Ask, document: Record, given: Record, kept: dict[str, Record], *, sales: bool) -> Record:
    values = _read(given)
    old = kept.get(values.get("LineItemID", ""))
    if old is not None and not {"Quantity", "UnitAmount", "LineAmount"} & values.keys():
        values.setdefault("LineAmount", None)
    line = {**(old or {}), **values}
    if old is not None:
        _forget_reckoned(line, values)
    line["LineItemID"] = old["LineItemID"] if old else str(uuid4())
    _from_item(ask.books, line, sales=sales)
    _from_account(ask.books, line)
    _reckon(ask, line)
    retax(ask.books, line, document["LineAmountTypes"], given_tax=values.get("TaxAmount"))
    return line


def _read(given: Record) -> Record:
    values: Record = {name: read_number(given[name]) for name in NUMBERS if name in given}
    values |= {name: read_text(given[name]) for name in TEXTS if name in given}
    if values.get("LineItemID"):
        values["LineItemID"] = read_id(values["LineItemID"])
    if given.get("AccountID"):
        values["AccountID"] = read_id(given["AccountID"])
    if "Tracking" in given:
        tracking = given["Tracking"] or []
        if not isinstance(tracking, list) or not all(isinstance(row, dict) for row in tracking):
            raise BadValue("Tracking must be an array of objects.")
        values["Tracking"] = [
            {key: value for key, value in row.items() if key != "ValidationErrors"} for row in tracking
        ]
    return {key: value for key, value in values.items() if value is not None or key in NUMBERS}


def _forget_reckoned(line: Record, values: Record) -> None:
    """What was reckoned from the old values is reckoned again, unless it was given."""
    for name in ("LineAmount", "TaxAmount"):
        if values.get(name) is None:
            line.pop(name, None)
    for given, other in (("DiscountRate", "DiscountAmount"), ("DiscountAmount", "DiscountRate")):
        if given in values and other not in values:
            line.pop(other, None)
    if "ItemCode" in values and "AccountCode" not in values:
        line.pop("AccountCode", None)
    if "AccountCode" in values:
        line.pop("AccountID", None)


def _from_item(books: Books, line: Record, *, sales: bool) -> None:
    item = next(iter(books["Items"].numbered(line.get("ItemCode"))), None)
    if item is None:
        return
    details = item["SalesDetails" if sales else "PurchaseDetails"]
    line["Item"] = {"ItemID": item["ItemID"], "Name": item["Name"], "Code": item["Code"]}
    text = item.get("Description" if sales else "PurchaseDescription") or item["Name"]
    line["Description"] = line.get("Description") or text
    if line.get("UnitAmount") is None and line.get("LineAmount") is None:
        line["UnitAmount"] = details.get("UnitPrice")
    for field in ("AccountCode", "TaxType"):
        if not line.get(field) and details.get(field):
            line[field] = details[field]


def _from_account(books: Books, line: Record) -> None:
    by_code = next(iter(books["Accounts"].numbered(line.get("AccountCode"))), None)
    account = by_code or books["Accounts"].get(line.get("AccountID"))
    if account is None:
        return
    line["AccountCode"], line["AccountID"] = account.get("Code"), account["AccountID"]
    if not line.get("TaxType"):
        line["TaxType"] = account["TaxType"]


def _reckon(ask: Ask, line: Record) -> None:
    """Quantity, unit price and amount; what is missing follows from the other two."""
    if line.get("UnitAmount") is not None:
        line["UnitAmount"] = unit_price(line["UnitAmount"], ask.places)
    unit, quantity, amount = line.get("UnitAmount"), line.get("Quantity"), line.get("LineAmount")
    if unit is None and amount is None:
        line.pop("LineAmount", None)
        return
    if unit is None and amount is not None:
        line["Quantity"] = quantity = quantity or ONE
        line["UnitAmount"] = unit_price(amount / quantity, ask.places)
        line["LineAmount"] = cents(amount)
        return
    line["Quantity"] = quantity = ONE if quantity is None else quantity
    reckoned = line_amount(quantity, unit or ZERO, line.get("DiscountRate"), line.get("DiscountAmount"))
    if amount is not None and cents(amount) != reckoned:
        line["_mismatch"] = (cents(amount), reckoned)
    line["LineAmount"] = reckoned


def retax(books: Books, line: Record, line_amount_types: str, given_tax: Decimal | None = None) -> None:
    """The line's tax, from its rate; an amount of tax that the caller gave stands."""
    if line.get("LineAmount") is None:
        return
    if line_amount_types == "NoTax":
        line["TaxType"], line["TaxAmount"] = "NONE", ZERO
        return
    if given_tax is not None:
        line["TaxAmount"] = cents(given_tax)
        return
    rate = books["TaxRates"].get(line.get("TaxType"))
    percent = rate["EffectiveRate"] if rate else ZERO
    line["TaxAmount"] = line_tax(line["LineAmount"], percent, line_amount_types)
