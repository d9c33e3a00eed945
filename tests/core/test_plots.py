"""Axes of charts: few ticks, round, even, zero among them, and room for every bar."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.formats import compact
from core.plots import scale


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        (["4025", "1150", "3162.5", "0"], ["5,000", "4,000", "3,000", "2,000", "1,000", "0"]),
        (["131905", "48260"], ["150k", "100k", "50k", "0"]),
        (["1300", "-400"], ["1,500", "1,000", "500", "0", "−500"]),
        (["-30"], ["0", "−10", "−20", "−30"]),
        (["0.03"], ["0.03", "0.02", "0.01", "0"]),
        (["8200000"], ["10M", "8M", "6M", "4M", "2M", "0"]),
        ([], ["1", "0"]),
    ],
)
def test_ticks_are_round_and_few(values: list[str], ticks: list[str]) -> None:
    assert [compact(tick) for tick in scale(Decimal(value) for value in values).ticks] == ticks


@given(st.lists(st.decimals(min_value=-(10**12), max_value=10**12, places=2), max_size=13))
def test_every_value_finds_its_place(values: list[Decimal]) -> None:
    axis = scale(values)
    assert 2 <= len(axis.ticks) <= 8
    assert 0 in axis.ticks
    assert all(0 <= axis.at(value) <= 100 for value in (Decimal(0), *values))
    assert axis.at(axis.high) == 0
    assert axis.at(axis.low) == 100
