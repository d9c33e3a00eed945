"""Writes demo documents: lines reckoned as the API reckons them, settled as people settle them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from plugins.xero.sandbox import history, settle
from plugins.xero.sandbox.arithmetic import ZERO, cents, line_amount
from plugins.xero.sandbox.demo_data.ids import made
from plugins.xero.sandbox.documents import add_up
from plugins.xero.sandbox.kinds import CREDIT_NOTE, INVOICE, RATES, Kind
from plugins.xero.sandbox.lines import retax
from plugins.xero.sandbox.store import Books
from plugins.xero.sandbox.wire import Record, day_ms

MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what, how many, at what price, on which account and at which tax; an item's code if it is one."""

    text: str
    quantity: Decimal
    price: Decimal
    account: str
    tax: str
    item: str = ""
    discount: Decimal = ZERO
    tracking: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """One document to write. `paid` holds how many days after the document's date which share was paid."""

    contact: str
    kind: str
    day: date
    due: date
    lines: tuple[Line, ...]
    currency: str
    status: str = "AUTHORISED"
    reference: str = ""
    number: str = ""
    amounts: str = "Exclusive"
    paid: tuple[tuple[int, Decimal], ...] = ()
    rank: int = 0
    theme: str = ""
    extra: dict[str, str] = field(default_factory=dict)
    remembers: bool = True  # a hundred thousand without a history are quicker made

    def numbered(self, number: str) -> Plan:
        """The same plan with its number."""
        return replace(self, number=number)


class Writer:
    """Writes plans into the books of one organisation."""

    def __init__(self, books: Books, country: str, today: date) -> None:
        self._books, self._country, self._today = books, country, today
        self._bank = books["Accounts"].numbered("090")[0]
        self._written = 0

    def invoice(self, plan: Plan) -> Record:
        """A sales invoice or a bill, with its payments."""
        record = self._document(INVOICE, plan)
        record |= {"CreditNotes": [], "Prepayments": [], "Overpayments": []}
        record |= {"AmountPaid": ZERO, "AmountCredited": ZERO}
        record["DueDate"] = plan.due.isoformat()
        add_up(INVOICE, record)
        if plan.status in {"VOIDED", "DELETED"}:
            record["AmountDue"] = ZERO
        self._books["Invoices"].put(record)
        if plan.remembers:
            self._remember(record, INVOICE, plan)
        for rank, (days, share) in enumerate(plan.paid):
            self._pay(record, rank, plan.day + timedelta(days=days), share, remembers=plan.remembers)
        return record

    def credit_note(self, plan: Plan) -> Record:
        """A credit note, not yet allocated."""
        record = self._document(CREDIT_NOTE, plan) | {"Allocations": []}
        add_up(CREDIT_NOTE, record)
        if plan.status in {"VOIDED", "DELETED"}:
            record["RemainingCredit"] = ZERO
        self._remember(record, CREDIT_NOTE, plan)
        return self._books["CreditNotes"].put(record)

    def money_held(self, table: str, plan: Plan) -> Record:
        """An overpayment or a prepayment that a customer made."""
        key = settle.CREDITS[table]
        kind = replace_kind(table, key)
        record = self._document(kind, plan) | {"Allocations": []}
        record["Type"] = plan.kind
        add_up(kind, record)
        for name in ("SentToContact", "HasErrors", "_app", kind.number):
            record.pop(name, None)
        if table == "Prepayments":
            record["Reference"] = plan.reference
        return self._books[table].put(record)

    def allocate(self, table: str, credit: Record, invoice: Record, amount: Decimal, day: date) -> None:
        """Set credit against an invoice."""
        key = made(self._country, "allocation", credit[settle.CREDITS[table]], invoice["InvoiceID"])
        settle.allocate(self._books, table, credit, invoice, amount, day.isoformat(), self._moment(day), key=key)

    def _pay(self, record: Record, rank: int, day: date, share: Decimal, *, remembers: bool) -> None:
        amount = record["AmountDue"] if share == 1 else cents(record["Total"] * share)
        if amount <= 0:
            return
        paid = settle.pay(
            self._books,
            record,
            min(amount, record["AmountDue"]),
            day.isoformat(),
            self._bank,
            self._moment(day),
            reference=(record["InvoiceNumber"] or "") if rank % 2 == 0 else "",  # some write it on the transfer
            key=made(self._country, "payment", record["InvoiceID"], rank),
        )
        said = f"{paid['Amount']} paid on {day.isoformat()}"
        if remembers:
            self._say(record["InvoiceID"], "Paid", said, self._moment(day))

    def _remember(self, record: Record, kind: Kind, plan: Plan) -> None:
        """What its history says: made, and what became of it."""
        written = record["UpdatedDateUTC"]
        self._say(record[kind.key], "Created", f"{kind.noun} created", written)
        if plan.status not in {"DRAFT", "SUBMITTED"}:
            word = "Approved" if plan.status in {"AUTHORISED", "PAID"} else plan.status.capitalize()
            self._say(record[kind.key], word, f"{kind.noun} {word.lower()}", written + MINUTE)

    def _say(self, subject: str, changes: str, details: str, ms: int) -> None:
        key = made(self._country, "history", subject, details, ms)
        history.add(self._books, subject, changes, details, ms, history.BOOKKEEPER, key=key)

    def _document(self, kind: Kind, plan: Plan) -> Record:
        sales = plan.kind in {"ACCREC", "ACCRECCREDIT"}
        key = made(self._country, kind.table, plan.contact, plan.day, plan.number, plan.rank)
        base = self._books.base_currency
        rate = RATES.get((base, plan.currency), "1.0000000000")
        record: Record = {
            kind.key: key,
            "Type": plan.kind,
            kind.number: plan.number,
            "Reference": plan.reference if sales else "",
            "Payments": [],
            "HasAttachments": False,
            "HasErrors": False,
            "SentToContact": sales and plan.status in {"AUTHORISED", "PAID"},
            "CurrencyRate": Decimal(rate),
            "Contact": {"ContactID": made(self._country, "contact", plan.contact)},
            "Date": plan.day.isoformat(),
            "Status": plan.status,
            "LineAmountTypes": plan.amounts,
            "LineItems": [self._line(key, rank, line, plan) for rank, line in enumerate(plan.lines)],
            "UpdatedDateUTC": self._moment(plan.day),
            "CurrencyCode": plan.currency,
            **plan.extra,
        }
        if sales and plan.theme:
            record["BrandingThemeID"] = made(self._country, "theme", plan.theme)
        return record

    def _line(self, document: str, rank: int, line: Line, plan: Plan) -> Record:
        account = self._books["Accounts"].numbered(line.account)[0]
        row: Record = {
            "LineItemID": made(document, rank),
            "Description": line.text,
            "Quantity": line.quantity,
            "UnitAmount": line.price,
            "TaxType": line.tax,
            "LineAmount": line_amount(line.quantity, line.price, line.discount),
            "AccountCode": line.account,
            "AccountID": account["AccountID"],
            "Tracking": [self._tracked(*pair) for pair in line.tracking],
        }
        if line.item:
            item = self._books["Items"].numbered(line.item)[0]
            row |= {"ItemCode": line.item, "Item": {name: item[name] for name in ("ItemID", "Name", "Code")}}
        if line.discount:
            row["DiscountRate"] = line.discount
        retax(self._books, row, plan.amounts)
        return row

    def _tracked(self, name: str, option: str) -> Record:
        return {
            "Name": name,
            "Option": option,
            "TrackingCategoryID": made(self._country, "tracking", name),
            "TrackingOptionID": made(self._country, "option", name, option),
        }

    def _moment(self, day: date) -> int:
        """Some minute of that day; never later than the midnight at which today began."""
        self._written += 1
        last = day_ms(self._today.isoformat()) - MINUTE
        return min(day_ms(day.isoformat()) + (480 + self._written % 600) * MINUTE, last)


def replace_kind(table: str, key: str) -> Kind:
    """Over- and prepayments are shaped as credit notes are."""
    return Kind(table, key, "_number", table, "", "", "")
