"""Payments, overpayments and prepayments: read; payments of invoices and bills also made."""

from __future__ import annotations

from plugins.xero.sandbox import settle
from plugins.xero.sandbox.asking import Answer, Ask
from plugins.xero.sandbox.contacts import NO_ID
from plugins.xero.sandbox.document_rules import locked
from plugins.xero.sandbox.rendering import document, payment
from plugins.xero.sandbox.serving import listed, one, written
from plugins.xero.sandbox.wire import BadValue, Record, read_day, read_id, read_number, read_text


def read(ask: Ask) -> Answer:
    """A list of payments."""
    return listed(ask, "Payments", ask.books["Payments"].all(), payment)


def read_one(ask: Ask) -> Answer:
    """One payment."""
    return one(ask, "Payments", payment)


def read_overpayments(ask: Ask) -> Answer:
    """A list of overpayments, or only those with one of the `References`."""
    return listed(ask, "Overpayments", _named(ask, "Overpayments", "References", "Reference"), _over)


def read_overpayment(ask: Ask) -> Answer:
    """One overpayment."""
    return one(ask, "Overpayments", _over)


def read_prepayments(ask: Ask) -> Answer:
    """A list of prepayments, or only those with one of the `InvoiceNumbers`."""
    return listed(ask, "Prepayments", _named(ask, "Prepayments", "InvoiceNumbers", "InvoiceNumber"), _pre)


def read_prepayment(ask: Ask) -> Answer:
    """One prepayment."""
    return one(ask, "Prepayments", _pre)


def create(ask: Ask) -> Answer:
    """Pay authorised invoices or bills from a bank account."""
    return written(ask, "Payments", _create, _rendered)


def _named(ask: Ask, table: str, parameter: str, field: str) -> list[Record]:
    """The rows of a table, only those with one of the texts that the parameter lists, whatever the case."""
    wanted = {word.casefold() for word in ask.query.words(parameter)}
    rows = ask.books[table].all()
    return [row for row in rows if str(row.get(field) or "").casefold() in wanted] if wanted else rows


def _over(ask: Ask, record: Record, full: bool) -> Record:
    return {**document(ask, record, full), "ID": record["OverpaymentID"]}


def _pre(ask: Ask, record: Record, full: bool) -> Record:
    return {**document(ask, record, full), "ID": record["PrepaymentID"]}


def _rendered(ask: Ask, record: Record, full: bool) -> Record:
    return payment(ask, record, full) if "PaymentType" in record else {**record}


def _create(ask: Ask, element: Record) -> tuple[Record, list[str]]:
    amount, day = read_number(element.get("Amount")), read_day(element.get("Date")) or ask.today
    refused = {"PaymentID": NO_ID, "Amount": amount, "Status": "AUTHORISED"}
    invoice, account = _invoice(ask, element), _account(ask, element)
    if invoice is None:
        return refused, ["Payment must have a valid Invoice, Credit Note, Prepayment or Overpayment"]
    if account is None or not (account["Type"] == "BANK" or account["EnablePaymentsToAccount"]):
        return refused, ["Account could not be found"]
    if amount is None:
        return refused, ["Amount must be specified"]
    if wrong := locked(ask.books, day):
        return refused, wrong
    try:
        text = read_text(element.get("Reference")) or ""
        return settle.pay(ask.books, dict(invoice), amount, day, account, ask.ms, reference=text), []
    except BadValue:
        raise
    except ValueError as error:
        return refused, [str(error)]


def _part(element: Record, name: str) -> Record:
    part = element.get(name) or {}
    if not isinstance(part, dict):
        raise BadValue(f"{name} must be an object.")
    return part


def _invoice(ask: Ask, element: Record) -> Record | None:
    part, table = _part(element, "Invoice"), ask.books["Invoices"]
    number = read_text(part.get("InvoiceNumber") or element.get("InvoiceNumber"))
    by_number = table.numbered(number)
    return table.get(read_id(part.get("InvoiceID"))) or (by_number[0] if len(by_number) == 1 else None)


def _account(ask: Ask, element: Record) -> Record | None:
    part, table = _part(element, "Account"), ask.books["Accounts"]
    by_code = table.numbered(read_text(part.get("Code") or element.get("Code")))
    return table.get(read_id(part.get("AccountID"))) or (by_code[0] if by_code else None)
