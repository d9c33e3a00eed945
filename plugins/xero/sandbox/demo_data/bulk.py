"""One contact with as many invoices as asked for, to see how things behave when they are many."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from plugins.xero.sandbox.demo_data.ids import made
from plugins.xero.sandbox.demo_data.people import Person
from plugins.xero.sandbox.demo_data.writer import Line, Plan, Writer

BULK_NAME = "Ten Thousand Teas Ltd"
BULK_ID = made("NZ", "contact", BULK_NAME)
PERSON = Person(BULK_NAME, "accounts@tenthousandteas.example", city="Auckland")


def write(writer: Writer, today: date, many: int, name: str = BULK_NAME, letters: str = "TEA") -> None:
    """So many sales invoices of a contact over three years: most paid, the latest open, some drafts."""
    for rank in range(many):
        ago = 1095 - rank * 1094 // many
        day = today - timedelta(days=ago)
        price = Decimal(rank * 7919 % 49_000 + 1000) / 100
        lines = (Line("Tea, assorted, carton", Decimal(rank % 9 + 1), price, "200", "OUTPUT2"),)
        open_still = ago < 45 or rank % 211 == 0
        status = "DRAFT" if ago < 3 else "AUTHORISED"
        paid = () if open_still else ((18 + rank % 23, Decimal(1)),)
        writer.invoice(
            Plan(
                name,
                "ACCREC",
                day,
                day + timedelta(days=20),
                lines,
                "NZD",
                status,
                number=f"{letters}-{rank + 1:06d}",
                paid=paid,
                rank=rank,
                remembers=False,
            )
        )
