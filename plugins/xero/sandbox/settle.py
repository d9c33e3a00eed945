"""How documents are settled: payments, and credit (credit notes, over- and prepayments) allocated to invoices.

Amounts are in the document's currency, tax included. A document whose due amount comes to nothing becomes PAID.
"""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

from plugins.xero.sandbox.arithmetic import ZERO, cents
from plugins.xero.sandbox.kinds import CREDIT_NOTE, INVOICE
from plugins.xero.sandbox.store import Books
from plugins.xero.sandbox.wire import Record

PAYMENT_TYPES = {
    "ACCREC": "ACCRECPAYMENT",
    "ACCPAY": "ACCPAYPAYMENT",
    "ACCRECCREDIT": "ARCREDITPAYMENT",
    "ACCPAYCREDIT": "APCREDITPAYMENT",
}
# Table of the credit, its key, the list inside the invoice that shows it.
CREDITS = {"CreditNotes": "CreditNoteID", "Overpayments": "OverpaymentID", "Prepayments": "PrepaymentID"}


def settle(invoice: Record) -> None:
    """Reckon what is paid, credited and due, and whether the invoice is PAID."""
    paid = sum((row["Amount"] for row in invoice["Payments"]), ZERO)
    credits = [row for name in CREDITS for row in invoice[name]]
    credited = sum((row["AppliedAmount"] for row in credits), ZERO)
    invoice["AmountPaid"], invoice["AmountCredited"] = paid, credited
    invoice["AmountDue"] = invoice["Total"] - paid - credited
    settled = [row["Date"] for row in invoice["Payments"]] + [row["_on"] for row in credits]
    if invoice["AmountDue"] == 0 and settled and invoice["Status"] in {"AUTHORISED", "PAID"}:
        invoice["Status"], invoice["FullyPaidOnDate"] = "PAID", max(settled)
    elif invoice["Status"] == "PAID":
        invoice["Status"] = "AUTHORISED"
        invoice.pop("FullyPaidOnDate", None)


def pay(
    books: Books,
    invoice: Record,
    amount: Decimal,
    day: str,
    account: Record,
    ms: int,
    *,
    reference: str = "",
    key: str | None = None,
) -> Record:
    """Record a payment of an authorised invoice or bill. Raises ValueError with Xero's sentence."""
    amount = cents(amount)
    if invoice["Status"] != "AUTHORISED":
        raise ValueError("Payments can only be made against Authorised documents")
    if amount <= 0 or amount > invoice["AmountDue"]:
        raise ValueError("Payment amount exceeds the amount outstanding on this document")
    payment = _payment(books, invoice, amount, day, account, ms, reference, key or str(uuid4()))
    invoice["Payments"] = [*invoice["Payments"], _inside(payment)]
    invoice["UpdatedDateUTC"] = max(ms, invoice["UpdatedDateUTC"])
    settle(invoice)
    books[INVOICE.table].put(invoice)
    return books["Payments"].put(payment)


def _payment(
    books: Books,
    invoice: Record,
    amount: Decimal,
    day: str,
    account: Record,
    ms: int,
    reference: str,
    key: str,
) -> Record:
    return {
        "PaymentID": key,
        "Date": day,
        "BankAmount": amount,
        "Amount": amount,
        "Reference": reference,
        "CurrencyRate": invoice["CurrencyRate"],
        "PaymentType": PAYMENT_TYPES[invoice["Type"]],
        "Status": "AUTHORISED",
        "UpdatedDateUTC": ms,
        "HasAccount": True,
        "IsReconciled": False,
        "Account": {"AccountID": account["AccountID"], "Code": account["Code"], "Name": account["Name"]},
        "Invoice": {
            "Type": invoice["Type"],
            "InvoiceID": invoice["InvoiceID"],
            "InvoiceNumber": invoice.get("InvoiceNumber") or "",
            "CurrencyCode": invoice["CurrencyCode"],
            "Contact": {"ContactID": invoice["Contact"]["ContactID"]},
        },
    }


def _inside(payment: Record) -> Record:
    """A payment as it stands inside its invoice."""
    fields = ("PaymentID", "Date", "Amount", "Reference", "CurrencyRate")
    return {name: payment[name] for name in fields} | {"HasAccount": False, "HasValidationErrors": False}


def allocate(
    books: Books,
    table: str,
    credit: Record,
    invoice: Record,
    amount: Decimal,
    day: str,
    ms: int,
    *,
    key: str | None = None,
) -> Record:
    """Set credit against an authorised invoice of the same contact and currency. Raises ValueError."""
    amount = cents(amount)
    if credit["Status"] != "AUTHORISED" or invoice["Status"] != "AUTHORISED":
        raise ValueError("Credit can only be allocated from and to Authorised documents")
    if amount <= 0 or amount > credit["RemainingCredit"] or amount > invoice["AmountDue"]:
        raise ValueError("Allocation amount exceeds the amount outstanding on this document")
    if (credit["CurrencyCode"], credit["Contact"]) != (invoice["CurrencyCode"], invoice["Contact"]):
        raise ValueError("Credit can only be allocated to documents of the same contact and currency")
    row = {"AllocationID": key or str(uuid4()), "Amount": amount, "Date": day, "Invoice": _named(invoice)}
    credit["Allocations"] = [*credit["Allocations"], row]
    use_up(credit, day)
    invoice[table] = [*invoice[table], _applied(table, credit, amount, day)]
    settle(invoice)
    for document in (credit, invoice):
        document["UpdatedDateUTC"] = max(ms, document["UpdatedDateUTC"])
    books[table].put(credit)
    books[INVOICE.table].put(invoice)
    return row


def refund(books: Books, table: str, credit: Record, amount: Decimal, day: str, account: Record, ms: int) -> Record:
    """Pay (a part of) what remains of a credit back, as the credit itself tells it. Raises ValueError."""
    amount = cents(amount)
    if credit["Status"] != "AUTHORISED" or not ZERO < amount <= credit["RemainingCredit"]:
        raise ValueError("Payment amount exceeds the amount outstanding on this document")
    payment = _inside(
        {"PaymentID": str(uuid4()), "Date": day, "Amount": amount, "Reference": account["Name"]}
        | {"CurrencyRate": credit["CurrencyRate"]}
    )
    credit["Payments"] = [*credit["Payments"], payment]
    use_up(credit, day)
    credit["UpdatedDateUTC"] = max(ms, credit["UpdatedDateUTC"])
    return books[table].put(credit)


def use_up(credit: Record, day: str) -> None:
    """Reckon what remains of a credit; used up it is PAID."""
    used = sum((row["Amount"] for row in [*credit["Allocations"], *credit["Payments"]]), ZERO)
    credit["RemainingCredit"] = credit["Total"] - used
    if credit["RemainingCredit"] == 0:
        credit["Status"] = "PAID"
        if "CreditNoteID" in credit:
            credit["FullyPaidOnDate"] = day


def _named(invoice: Record) -> Record:
    return {
        "InvoiceID": invoice["InvoiceID"],
        "InvoiceNumber": invoice.get("InvoiceNumber") or "",
        "HasErrors": False,
    }


def _applied(table: str, credit: Record, amount: Decimal, day: str) -> Record:
    key = CREDITS[table]
    row = {
        key: credit[key],
        "ID": credit[key],
        "AppliedAmount": amount,
        "Date": credit["Date"],
        "Total": credit["Total"],
        "LineItems": [],
        "_on": day,
    }
    if table == CREDIT_NOTE.table:
        row |= {"CreditNoteNumber": credit.get("CreditNoteNumber") or "", "HasErrors": False}
    return row
