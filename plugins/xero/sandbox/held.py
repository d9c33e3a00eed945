"""Money that a customer paid in advance: over- and prepayments as a bank transaction makes them."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

from plugins.xero.sandbox.arithmetic import cents
from plugins.xero.sandbox.settle import CREDITS
from plugins.xero.sandbox.store import Books
from plugins.xero.sandbox.wire import Record

KINDS = {"Overpayments": "RECEIVE-OVERPAYMENT", "Prepayments": "RECEIVE-PREPAYMENT"}


def received(books: Books, table: str, contact_id: str, amount: Decimal, day: str, ms: int, text: str) -> Record:
    """An approved over- or prepayment of a customer in the base currency, without tax, not kept yet."""
    amount, account = cents(amount), books["Accounts"].numbered("610")[0]
    line: Record = {
        "LineItemID": str(uuid4()),
        "Description": "Paid in advance",
        "Quantity": Decimal(1),
        "UnitAmount": amount,
        "LineAmount": amount,
        "TaxAmount": Decimal("0.00"),
        "TaxType": "NONE",
        "AccountCode": account["Code"],
        "AccountID": account["AccountID"],
        "Tracking": [],
    }
    record: Record = {
        CREDITS[table]: str(uuid4()),
        "Type": KINDS[table],
        "Status": "AUTHORISED",
        "LineAmountTypes": "NoTax",
        "Contact": {"ContactID": contact_id},
        "Date": day,
        "LineItems": [line],
        "Payments": [],
        "Allocations": [],
        "HasAttachments": False,
        "SubTotal": amount,
        "TotalTax": Decimal("0.00"),
        "Total": amount,
        "RemainingCredit": amount,
        "CurrencyCode": books.base_currency,
        "CurrencyRate": Decimal("1.0000000000"),
        "UpdatedDateUTC": ms,
    }
    return record | _called(table, text)


def _called(table: str, text: str) -> Record:
    """An overpayment's reference; of a prepayment the invoice number, which Xero gives as its reference too."""
    if table == "Prepayments":
        return {"Reference": text, **({"InvoiceNumber": text} if text else {})}
    return {"Reference": text} if text else {}
