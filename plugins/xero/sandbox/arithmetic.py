"""What a document adds up to, as Xero reckons it.

The line after its discount is rounded half up to two places, the tax is rounded for each line, then both are added up.
Source: Xero, "Invoices: rounding"; amounts are in the document's currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CENT = Decimal("0.01")
HUNDRED = Decimal(100)
ZERO = Decimal("0.00")


def cents(amount: Decimal) -> Decimal:
    """Rounded half up to two places."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def unit_price(amount: Decimal, places: int = 2) -> Decimal:
    """A unit price rounded half up to two places, or to four when the caller asked for `unitdp=4`."""
    return amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def line_amount(
    quantity: Decimal, unit: Decimal, rate: Decimal | None = None, discount: Decimal | None = None
) -> Decimal:
    """Quantity times unit price, less a discount in percent or in money, to the cent."""
    full = quantity * unit
    if rate:
        full -= full * rate / HUNDRED
    elif discount:
        full -= discount
    return cents(full)


def line_tax(amount: Decimal, rate: Decimal, line_amount_types: str) -> Decimal:
    """The tax of one line, to the cent: on top of it, within it, or none."""
    if line_amount_types == "NoTax":
        return ZERO
    if line_amount_types == "Inclusive":
        return cents(amount * rate / (HUNDRED + rate))
    return cents(amount * rate / HUNDRED)


def totals(lines: Iterable[Mapping[str, Any]], line_amount_types: str) -> tuple[Decimal, Decimal, Decimal]:
    """Sub-total without tax, tax, and total with tax, out of lines that carry LineAmount and TaxAmount."""
    amount, tax = ZERO, ZERO
    for line in lines:
        amount += line.get("LineAmount") or ZERO
        tax += line.get("TaxAmount") or ZERO
    if line_amount_types == "Inclusive":
        return amount - tax, tax, amount
    return amount, tax, amount + tax
