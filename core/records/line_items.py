"""What an opportunity is for, line by line, as plain values: what each comes to, and all of them together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from core import formats

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class LineItem:
    """One line: `unit_price` without tax, in the opportunity's currency, at most four decimals, as `quantity` has.

    `item` is the code of what is sold, "" for free text; `discount` is per cent.
    """

    item: str = ""
    description: str = ""
    quantity: Decimal = Decimal(1)
    unit_price: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)

    def amount(self, currency: str) -> Decimal:
        """What it comes to after its discount, rounded half up to the currency's decimals."""
        exact = self.quantity * self.unit_price * (HUNDRED - self.discount) / HUNDRED
        return exact.quantize(Decimal(1).scaleb(-formats.decimals(currency)), ROUND_HALF_UP)

    def __str__(self) -> str:
        """The line as the audit trail keeps it, the same whoever writes it."""
        name = " ".join(part for part in (self.item, self.description) if part)
        with formats.using(formats.DEFAULT):
            off = f" less {formats.number(self.discount)} %" if self.discount else ""
            return f"{name}: {formats.number(self.quantity)} at {formats.price(self.unit_price)}{off}"


@dataclass(frozen=True, slots=True)
class SoldItem:
    """What may be sold: its code, its words, and its unit price without tax in `currency`; None where it has none."""

    code: str
    title: str
    description: str = ""
    price: Decimal | None = None
    currency: str = ""


def came_from(amount: Decimal | None, lines: Sequence[LineItem], currency: str) -> bool:
    """Whether an opportunity's amount is that of its lines, so that it follows when they change."""
    return bool(lines) and amount == total(lines, currency)


def total(lines: Iterable[LineItem], currency: str) -> Decimal:
    """What the lines come to together."""
    return sum((line.amount(currency) for line in lines), Decimal(0))
