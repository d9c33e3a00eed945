"""Three ways to add up an invoice agree: the page's, the sandbox's, and one in whole numbers that shares no code.

The third is written from what Xero says of itself: a line after its discount is rounded half up to two places, tax is
rounded per line, then added; unit prices have up to four decimals.
"""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from core.accounting.arithmetic import line_sum, totals
from core.contract.values import AmountsAre
from plugins.xero.sandbox import arithmetic as sandbox

INVOICES, SEED = 10_000, 20261122
WAYS = {"Exclusive": AmountsAre.EXCLUSIVE, "Inclusive": AmountsAre.INCLUSIVE, "NoTax": AmountsAre.NO_TAX}
RATES = ("0", "5", "7.7", "8.875", "9", "10", "12.5", "13.6421", "15", "17.5", "20", "25")
SCALE = 10_000
Line = tuple[int, int, int, int]  # quantity, price, discount and tax rate (per cent), all in 1/10,000


def some_line(dice: random.Random) -> Line:
    """A line as people write them: mostly round figures, now and then four decimals, small and large."""
    quantity = dice.choice((SCALE, dice.randint(1, 40) * SCALE, dice.randint(1, 999_999), dice.randint(1, 10**9)))
    price = dice.choice((dice.randint(0, 99) * 100, dice.randint(0, 10**8), dice.randint(0, 10**6) * 100))
    discount = dice.choice((0, 0, 0, dice.randint(0, 100) * SCALE, dice.randint(0, 10_000) * 100))
    return quantity, price, discount, int(Decimal(dice.choice(RATES)) * SCALE)


def half_up(above: int, below: int) -> int:
    """The fraction as the nearest whole number, a half upwards; nothing here is below zero."""
    return (2 * above + below) // (2 * below)


def in_whole_cents(lines: list[Line], way: str) -> tuple[int, int, int]:
    """Subtotal, tax and total in cents."""
    net = tax = 0
    for quantity, price, discount, rate in lines:
        amount = half_up(quantity * price * (100 * SCALE - discount), SCALE * SCALE * SCALE)
        hundred = 100 * SCALE
        if way == "NoTax":
            mine = 0
        elif way == "Inclusive":
            mine = half_up(amount * rate, hundred + rate)
        else:
            mine = half_up(amount * rate, hundred)
        net, tax = net + amount - (mine if way == "Inclusive" else 0), tax + mine
    return net, tax, net + tax


def on_the_page(lines: list[Line], way: str) -> tuple[Decimal, ...]:
    sums = []
    for line in lines:
        quantity, price, discount, rate = (Decimal(part) / SCALE for part in line)
        sums.append(line_sum(quantity, price, discount, rate, WAYS[way]))
    made = totals(sums, WAYS[way])
    return made.subtotal, made.tax, made.total


def in_the_sandbox(lines: list[Line], way: str) -> tuple[Decimal, ...]:
    rows = []
    for line in lines:
        quantity, price, discount, rate = (Decimal(part) / SCALE for part in line)
        amount = sandbox.line_amount(quantity, sandbox.unit_price(price, 4), discount)
        rows.append({"LineAmount": amount, "TaxAmount": sandbox.line_tax(amount, rate, way)})
    return sandbox.totals(rows, way)


@pytest.mark.slow
def test_page_sandbox_and_whole_numbers_agree_over_ten_thousand_invoices() -> None:
    dice = random.Random(SEED)
    for number in range(INVOICES):
        way = dice.choice(tuple(WAYS))
        lines = [some_line(dice) for _ in range(dice.randint(1, 12))]
        page, other, cents = on_the_page(lines, way), in_the_sandbox(lines, way), in_whole_cents(lines, way)
        assert page == other == tuple(Decimal(one) / 100 for one in cents), (number, way, lines)


@pytest.mark.parametrize(("places", "amount", "tax"), [(0, "1005", "101"), (2, "1005.00", "100.50")])
def test_yen_are_rounded_as_the_system_rounds_them(places: int, amount: str, tax: str) -> None:
    made = line_sum(Decimal(3), Decimal(335), Decimal(0), Decimal(10), AmountsAre.EXCLUSIVE, places)
    assert (str(made.amount), str(made.tax)) == (amount, tax)


def test_dinars_keep_their_third_decimal() -> None:
    made = line_sum(Decimal("1.5"), Decimal("10.125"), Decimal(0), Decimal(10), AmountsAre.INCLUSIVE, 3)
    assert (str(made.amount), str(made.tax)) == ("15.188", "1.381")
