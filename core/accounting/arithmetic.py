"""What an invoice adds up to, as the accounting system will reckon it, before it is sent.

Each line after its discount is rounded half up to two places, its tax is rounded half up to two places, then both are
added up, as accounting systems document it (tax is rounded per line); amounts are in the document's currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from core.contract.values import AmountsAre

HUNDRED = Decimal(100)
ZERO = Decimal("0.00")
CENT = Decimal("0.01")
EXACT = Context(prec=80, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class LineSum:
    """One line: `amount` after discount, tax in or out as the document says, and the tax on or in it."""

    amount: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """A document: `subtotal` without tax, `tax`, `total` with tax; `lines` in their order."""

    subtotal: Decimal
    tax: Decimal
    total: Decimal
    lines: tuple[LineSum, ...]


def line_sum(
    quantity: Decimal, unit_price: Decimal, discount: Decimal, rate: Decimal, amounts_are: AmountsAre
) -> LineSum:
    """One line; `discount` and the tax `rate` are per cent, `unit_price` has up to four decimals."""
    with localcontext(EXACT):
        amount = (quantity * unit_price * (HUNDRED - discount) / HUNDRED).quantize(CENT)
        if amounts_are is AmountsAre.NO_TAX:
            return LineSum(amount, ZERO)
        if amounts_are is AmountsAre.INCLUSIVE:
            return LineSum(amount, (amount * rate / (HUNDRED + rate)).quantize(CENT))
        return LineSum(amount, (amount * rate / HUNDRED).quantize(CENT))


def totals(lines: Sequence[LineSum], amounts_are: AmountsAre) -> Totals:
    """The document that these lines make."""
    with localcontext(EXACT):
        amount = sum((line.amount for line in lines), ZERO)
        tax = sum((line.tax for line in lines), ZERO)
    if amounts_are is AmountsAre.INCLUSIVE:
        return Totals(amount - tax, tax, amount, tuple(lines))
    return Totals(amount, tax, amount + tax, tuple(lines))
