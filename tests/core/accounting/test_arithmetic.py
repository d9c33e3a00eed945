"""Totals are held against a second computation in fractions, which shares no code and no number type with the first."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.accounting.arithmetic import LineSum, line_sum, totals
from core.contract.values import AmountsAre

EXCLUSIVE, INCLUSIVE, NO_TAX = AmountsAre.EXCLUSIVE, AmountsAre.INCLUSIVE, AmountsAre.NO_TAX
FREE = Decimal(0)
quantities = st.decimals(min_value="0.0001", max_value="999999.9999", places=4)
prices = st.decimals(min_value=0, max_value="9999999.9999", places=4)
percents = st.decimals(min_value=0, max_value=100, places=2)
rates = st.sampled_from(
    [Decimal(text) for text in ("0", "5", "7.7", "9", "10", "12.5", "15", "20", "8.875", "13.6421")]
)
ways = st.sampled_from(AmountsAre)
line = st.tuples(quantities, prices, percents, rates)


def cents(value: Fraction) -> int:
    """Half up, in whole cents; amounts here are never below zero."""
    return floor(value * 100 + Fraction(1, 2))


def by_hand(lines: list[tuple[Decimal, Decimal, Decimal, Decimal]], way: AmountsAre) -> tuple[int, int, int]:
    """Subtotal, tax and total in cents."""
    amounts, taxes = [], []
    for quantity, price, discount, rate in (map(Fraction, one) for one in lines):
        amount = cents(quantity * price - quantity * price * discount / 100)
        amounts.append(amount)
        if way is NO_TAX:
            taxes.append(0)
        elif way is INCLUSIVE:
            without = Fraction(amount, 100) / (1 + rate / 100)
            taxes.append(cents(Fraction(amount, 100) - without))
        else:
            taxes.append(cents(Fraction(amount, 100) * rate / 100))
    tax = sum(taxes)
    subtotal = sum(amounts) - (tax if way is INCLUSIVE else 0)
    return subtotal, tax, subtotal + tax


@given(st.lists(line, min_size=1, max_size=30), ways)
@example([(Decimal("0.5"), Decimal("0.01"), FREE, Decimal(15))], EXCLUSIVE)
@example([(Decimal(1), Decimal("0.1000"), FREE, Decimal(5))] * 3, EXCLUSIVE)
@example([(Decimal(3), Decimal("33.3333"), Decimal("33.33"), Decimal("8.875"))], INCLUSIVE)
def test_totals_agree_with_a_computation_in_fractions(
    lines: list[tuple[Decimal, Decimal, Decimal, Decimal]], way: AmountsAre
) -> None:
    made = totals([line_sum(*one, way) for one in lines], way)
    assert tuple(int(value * 100) for value in (made.subtotal, made.tax, made.total)) == by_hand(lines, way)


@given(st.lists(line, min_size=1, max_size=10), ways)
def test_every_sum_is_in_whole_cents_and_total_is_subtotal_and_tax(
    lines: list[tuple[Decimal, Decimal, Decimal, Decimal]], way: AmountsAre
) -> None:
    made = totals([line_sum(*one, way) for one in lines], way)
    assert made.total == made.subtotal + made.tax
    assert all(value.as_tuple().exponent == -2 for value in (made.subtotal, made.tax, made.total))


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "rate", "way", "amount", "tax"),
    [
        ("1", "6400.00", "0", "15", EXCLUSIVE, "6400.00", "960.00"),
        ("11.5", "92.50", "0", "0", EXCLUSIVE, "1063.75", "0.00"),
        ("1", "0.005", "0", "15", EXCLUSIVE, "0.01", "0.00"),
        ("1", "0.0049", "0", "15", EXCLUSIVE, "0.00", "0.00"),
        ("3", "0.3350", "0", "10", EXCLUSIVE, "1.01", "0.10"),
        ("1", "115.00", "0", "15", INCLUSIVE, "115.00", "15.00"),
        ("1", "100.00", "0", "15", INCLUSIVE, "100.00", "13.04"),
        ("1", "100.00", "0", "15", NO_TAX, "100.00", "0.00"),
        ("1", "19.99", "33.33", "20", EXCLUSIVE, "13.33", "2.67"),
        ("2", "10.00", "100", "15", EXCLUSIVE, "0.00", "0.00"),
        ("1", "0.10", "0", "5", EXCLUSIVE, "0.10", "0.01"),
    ],
)
def test_known_lines(
    quantity: str, price: str, discount: str, rate: str, way: AmountsAre, amount: str, tax: str
) -> None:
    made = line_sum(Decimal(quantity), Decimal(price), Decimal(discount), Decimal(rate), way)
    assert made == LineSum(Decimal(amount), Decimal(tax))


def test_tax_is_rounded_for_each_line_before_it_is_added() -> None:
    line = line_sum(Decimal(1), Decimal("0.10"), FREE, Decimal(5), EXCLUSIVE)
    assert totals([line] * 3, EXCLUSIVE).tax == Decimal("0.03")  # 5 % of 0.30 would be 0.02


def test_amounts_of_eighteen_digits_stay_exact() -> None:
    made = line_sum(Decimal("9999999.9999"), Decimal("99999999.9999"), Decimal("0.01"), Decimal("12.3456"), EXCLUSIVE)
    by_fractions = cents(Fraction("9999999.9999") * Fraction("99999999.9999") * Fraction("0.9999"))
    assert int(made.amount * 100) == by_fractions
