"""What an invoice adds up to, as the accounting system will reckon it, before it is sent.

Each line after its discount is rounded half up, its tax is rounded half up, then both are added up, as accounting
systems document it (tax is rounded per line). Amounts are in the document's currency, with as many places as the system
gives them there: two at most of them, whatever the currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from core.contract.values import AmountsAre

HUNDRED = Decimal(100)
ZERO = Decimal(0)
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
    quantity: Decimal,
    unit_price: Decimal,
    discount: Decimal,
    rate: Decimal,
    amounts_are: AmountsAre,
    places: int = 2,
    money_off: Decimal = ZERO,
) -> LineSum:
    """One line, rounded to `places`; `discount` and tax `rate` are per cent, `unit_price` has at most four decimals.

    `money_off` is a discount in money.
    """
    with localcontext(EXACT):
        least = Decimal(1).scaleb(-places)
        amount = (quantity * unit_price * (HUNDRED - discount) / HUNDRED - money_off).quantize(least)
        if amounts_are is AmountsAre.NO_TAX:
            return LineSum(amount, ZERO.quantize(least))
        if amounts_are is AmountsAre.INCLUSIVE:
            return LineSum(amount, (amount * rate / (HUNDRED + rate)).quantize(least))
        return LineSum(amount, (amount * rate / HUNDRED).quantize(least))


def totals(lines: Sequence[LineSum], amounts_are: AmountsAre) -> Totals:
    """The document that these lines make."""
    with localcontext(EXACT):
        amount = sum((line.amount for line in lines), ZERO)
        tax = sum((line.tax for line in lines), ZERO)
    if amounts_are is AmountsAre.INCLUSIVE:
        return Totals(amount - tax, tax, amount, tuple(lines))
    return Totals(amount, tax, amount + tax, tuple(lines))
