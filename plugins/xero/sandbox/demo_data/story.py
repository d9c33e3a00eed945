"""Documents with a story: one customer in full, credit of every kind, and the awkward cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from plugins.xero.sandbox.demo_data.people import HARBOUR
from plugins.xero.sandbox.demo_data.writer import Line, Plan, Writer
from plugins.xero.sandbox.store import Books
from plugins.xero.sandbox.wire import Record

ONE = Decimal(1)
REFIT = "Roastery refit, stage 1"
REGION = ("Region", "North Island")

# Days ago, reference, status, payments (days after the date, share), lines (text, quantity, price, account, item).
_HARBOUR_SALES: tuple[
    tuple[int, str, str, tuple[tuple[int, str], ...], tuple[tuple[str, str, str, str, str], ...]],
    ...,
] = (
    (
        1010,
        "Opening order",
        "AUTHORISED",
        ((25, "1"),),
        (("Espresso machine, two groups", "1", "7950.00", "200", "ESP-2G"),),
    ),
    (820, "", "AUTHORISED", ((31, "1"),), (("House blend, 1 kg", "12", "36.90", "200", "BEAN-HB"),)),
    (640, "PO 2217", "AUTHORISED", ((22, "1"),), (("Grinder, 64 mm burrs", "2", "1185.50", "200", "GRN-01"),)),
    (455, "", "AUTHORISED", ((19, "0.3"), (34, "1")), (("Consulting, hour", "14.5", "185.00", "210", "CONS-HR"),)),
    (345, "Service 1", "AUTHORISED", ((20, "1"),), (("Service plan, month", "3", "219.00", "230", "SVC-MTH"),)),
    (250, "Service 2", "AUTHORISED", ((44, "1"),), (("Service plan, month", "3", "219.00", "230", "SVC-MTH"),)),
    (190, REFIT, "AUTHORISED", ((28, "1"),), (("Design of counter and signage", "1", "3875.00", "210", ""),)),
    (
        130,
        REFIT,
        "AUTHORISED",
        ((36, "1"),),
        (
            ("Fit-out, day on site", "6", "1280.00", "220", "FIT-DAY"),
            ("Timber and fittings at cost", "1", "2148.33", "220", ""),
        ),
    ),
    (
        78,
        REFIT,
        "AUTHORISED",
        ((30, "0.5"),),
        (
            ("Fit-out, day on site", "4", "1280.00", "220", "FIT-DAY"),
            ("Paper cup, 200 ml", "2500", "0.2375", "200", "CUP-200"),
        ),
    ),
    (58, "PO 2301", "AUTHORISED", (), (("Grinder, 64 mm burrs", "1", "1185.50", "200", "GRN-01"),)),
    (31, REFIT, "AUTHORISED", (), (("Fit-out works, progress claim", "1", "4250.00", "220", ""),)),
    (12, "Service 3", "AUTHORISED", (), (("Service plan, month", "3", "219.00", "230", "SVC-MTH"),)),
    (5, "Beans, spring", "SUBMITTED", (), (("Single origin, 1 kg", "18", "52.40", "200", "BEAN-SO"),)),
    (2, "", "DRAFT", (), (("Barista training, half day", "1", "620.00", "210", "TRAIN-HD"),)),
    (160, "Sent by mistake", "VOIDED", (), (("Service plan, month", "3", "219.00", "230", "SVC-MTH"),)),
    (88, "Typed twice", "DELETED", (), (("Grinder, 64 mm burrs", "1", "1185.50", "200", "GRN-01"),)),
)
_HARBOUR_BILLS = (
    (500, "HCR-0118", "AUTHORISED", ((18, "1"),), "612.40"),
    (300, "HCR-0164", "AUTHORISED", ((21, "1"),), "744.00"),
    (95, "HCR-0201", "AUTHORISED", ((20, "1"),), "688.25"),
    (40, "HCR-0219", "AUTHORISED", (), "705.10"),
    (6, "HCR-0226", "SUBMITTED", (), "698.00"),
)


def _paid(rows: tuple[tuple[int, str], ...]) -> tuple[tuple[int, Decimal], ...]:
    return tuple((days, Decimal(share)) for days, share in rows)


def harbour(today: date) -> list[Plan]:
    """Everything that passed between us and Harbour Coffee Roasters."""
    found = []
    for rank, (ago, reference, status, paid, rows) in enumerate(_HARBOUR_SALES):
        day = today - timedelta(days=ago)
        lines = tuple(
            Line(text, Decimal(many), Decimal(price), account, "OUTPUT2", item=item, tracking=(REGION,))
            for text, many, price, account, item in rows
        )
        found.append(
            Plan(
                HARBOUR, "ACCREC", day, day + timedelta(days=20), lines, "NZD", status, reference,
                paid=_paid(paid), rank=rank, theme="Projects" if reference == REFIT else "Standard",
            )
        )  # fmt: skip
    for rank, (ago, number, status, paid, price) in enumerate(_HARBOUR_BILLS):
        day = today - timedelta(days=ago)
        line = Line("Coffee for the showroom", ONE, Decimal(price), "420", "INPUT2")
        due = day + timedelta(days=20)
        found.append(
            Plan(
                HARBOUR, "ACCPAY", day, due, (line,), "NZD", status, number=number, paid=_paid(paid), rank=200 + rank
            )
        )  # fmt: skip
    return [*found, _in_dollars(today)]


def _in_dollars(today: date) -> Plan:
    """The one invoice to Harbour that is in Australian dollars, for their stand at the Melbourne fair."""
    day = today - timedelta(days=47)
    line = Line("Machine hire, Melbourne fair", ONE, Decimal("1450.00"), "200", "ZERORATEDOUTPUT")
    due = day + timedelta(days=20)
    return Plan(HARBOUR, "ACCREC", day, due, (line,), "AUD", reference="Melbourne fair", rank=300)


class Credits:
    """Credit notes, an overpayment and a prepayment, and what was done with them."""

    def __init__(self, books: Books, writer: Writer, today: date) -> None:
        self._books, self._writer, self._today = books, writer, today
        self._notes = 0

    def write(self) -> None:
        """All of them."""
        self._settled_by_credit_alone("Wellington Physio Group Ltd", 210, "395.00")
        self._settled_by_credit_alone("Aoraki Outdoor Co", 320, "860.00")
        self._part_credit("Tūī Design Studio Limited", 90, "1200.00", "300.00")
        self._note(HARBOUR, 70, "240.00", "Grinder returned", "AUTHORISED")
        self._note(HARBOUR, 4, "80.00", "Beans, short delivery", "DRAFT")
        self._note("Blue Gum Brewing Pty Ltd", 50, "410.00", "Damaged in transit", "AUTHORISED", currency="AUD")
        self._note("Lambton Quay Espresso", 33, "55.00", "Overcharged", "SUBMITTED")
        self._note("Cuba Street Deli", 140, "75.00", "Entered twice", "VOIDED")
        for name, price in (("Southern Cross Logistics", "132.60"), ("Capital Power Ltd", "48.20")):
            self._note(name, 61, price, "", "AUTHORISED", kind="ACCPAYCREDIT")
        for rank, name in enumerate(("Te Aro Tech Hub", "Island Bay Books", "Karori Community Trust")):
            self._part_credit(name, 120 + 30 * rank, "640.00", "640.00")
        self._overpayment("James O'Connell", 26, "150.00")
        self._prepayment("Mere Parata", 15, "500.00")

    def _plan(self, name: str, kind: str, ago: int, price: str, **more: str) -> Plan:
        day = self._today - timedelta(days=ago)
        currency = more.get("currency", "NZD")
        spend = kind.startswith("ACCPAY")
        tax = "INPUT2" if spend else "OUTPUT2" if currency == "NZD" else "ZERORATEDOUTPUT"
        tax = more.get("tax", tax)
        line = Line(more.get("text", "Goods and services"), ONE, Decimal(price), "300" if spend else "200", tax)
        return Plan(
            name, kind, day, day + timedelta(days=20), (line,), currency, more.get("status", "AUTHORISED"),
            more.get("reference", ""), more.get("number", ""), rank=400 + self._notes,
        )  # fmt: skip

    def _note(
        self,
        name: str,
        ago: int,
        price: str,
        text: str,
        status: str,
        *,
        kind: str = "ACCRECCREDIT",
        currency: str = "NZD",
    ) -> Record:
        self._notes += 1
        number = f"CN-{self._notes:04d}" if kind == "ACCRECCREDIT" else f"CR{7000 + self._notes}"
        plan = self._plan(name, kind, ago, price, reference=text, status=status, number=number, currency=currency)
        return self._writer.credit_note(plan)

    def _invoice(self, name: str, ago: int, price: str, text: str) -> Record:
        self._notes += 1
        plan = self._plan(name, "ACCREC", ago, price, reference=text, number=f"INV-C{self._notes:03d}")
        return self._writer.invoice(plan)

    def _settled_by_credit_alone(self, name: str, ago: int, price: str) -> None:
        """An invoice that nobody paid: a credit note took all of it. It says nothing about how fast they pay."""
        invoice = self._invoice(name, ago, price, "Cancelled order")
        note = self._note(name, ago - 9, price, "Order cancelled", "AUTHORISED")
        day = self._today - timedelta(days=ago - 9)
        self._writer.allocate("CreditNotes", note, invoice, invoice["Total"], day)

    def _part_credit(self, name: str, ago: int, price: str, credit: str) -> None:
        """An invoice with part of it credited; a note of the full price leaves nothing due."""
        invoice = self._invoice(name, ago, price, "Price adjusted")
        note = self._note(name, ago - 12, credit, "Price adjusted", "AUTHORISED")
        amount = note["Total"] if Decimal(credit) == Decimal(price) else note["Total"] / 2
        day = self._today - timedelta(days=ago - 12)
        self._writer.allocate("CreditNotes", note, invoice, amount.quantize(Decimal("0.01")), day)

    def _overpayment(self, name: str, ago: int, price: str) -> None:
        plan = self._plan(name, "RECEIVE-OVERPAYMENT", ago, price, tax="NONE", text="Paid too much")
        self._writer.money_held("Overpayments", replace(plan, amounts="NoTax"))

    def _prepayment(self, name: str, ago: int, price: str) -> None:
        plan = self._plan(name, "RECEIVE-PREPAYMENT", ago, price, reference="Deposit for fit-out")
        self._writer.money_held("Prepayments", plan)
