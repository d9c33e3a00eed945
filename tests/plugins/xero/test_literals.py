from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.xero import answers, literals, structs

CENT = Decimal("0.01")


@given(st.datetimes(timezones=st.just(dt.UTC)))
def test_a_moment_comes_back_to_the_millisecond_whatever_offset_is_written(when: dt.datetime) -> None:
    when = when.replace(microsecond=when.microsecond // 1000 * 1000)
    ms = (when - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(milliseconds=1)
    assert literals.moment(f"/Date({ms}+0000)/") == when
    assert literals.moment(f"/Date({ms}+1300)/") == when
    assert literals.moment(f"/Date({ms})/") == when


@given(st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2200, 1, 1)))
def test_a_day_is_the_same_from_milliseconds_and_from_its_date_string(day: dt.date) -> None:
    ms = (day - dt.date(1970, 1, 1)).days * 86_400_000
    assert literals.day(f"/Date({ms}+0000)/") == day
    assert literals.day(f"{day.isoformat()}T00:00:00") == day
    assert literals.day(day.isoformat()) == day


def test_the_first_date_that_is_there_counts() -> None:
    assert literals.day(None, "", "2026-03-01T00:00:00", "/Date(0+0000)/") == dt.date(2026, 3, 1)
    assert literals.day(None, None) is None


@pytest.mark.parametrize(
    "text", ["tomorrow", "/Date(12", "/Date()/", "/Date(99999999999999999+0000)/", "2026-13-01", "/Date(x+0000)/"]
)
def test_a_date_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no date"):
        literals.moment(text)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**14), max_value=10**14, places=4))
def test_money_is_the_literal_of_the_answer_as_number_and_as_text(value: Decimal) -> None:
    for literal in (f"{value:f}", f'"{value:f}"'):
        raw = f'{{"Amount": {literal}}}'.encode()
        assert str(msgspec.json.decode(raw, type=structs.Payment).amount) == f"{value:f}"
        assert literals.amount(answers.reader(structs.Payment)(raw).amount) == value


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e15", "1e400"])
def test_what_cannot_be_an_amount_of_money_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no amount"):
        literals.amount(Decimal(text))


def test_a_missing_amount_is_never_zero_by_itself() -> None:
    with pytest.raises(ValueError, match="missing"):
        literals.amount(None)
    assert literals.amount(None, Decimal(7)) == Decimal(7)


def test_the_rate_of_the_base_currency_is_one_whatever_xero_says() -> None:
    assert literals.rate("NZD", "NZD", Decimal("0.5")) == 1
    assert literals.rate("NZD", "NZD", None) == 1


def test_a_foreign_document_without_a_rate_has_none() -> None:
    assert literals.rate("USD", "NZD", None) is None


@pytest.mark.parametrize("text", ["0", "-1", "NaN", "Infinity"])
def test_a_rate_that_is_none_tells_nothing(text: str) -> None:
    assert literals.rate("USD", "NZD", Decimal(text)) is None


@pytest.mark.parametrize(
    ("raw", "told"),
    [(b"0.85", "0.85"), (b'"0.8500000000"', "0.8500000000"), (b"1e-2", "0.01")],
)
def test_a_number_is_read_digit_for_digit_bare_or_in_quotation_marks(raw: bytes, told: str) -> None:
    assert str(literals.readable_number(raw)) == told


@pytest.mark.parametrize("raw", [b"", b"null", b'""', b'"a lot"', b"{}", b"[1]", b"true", b"\xff"])
def test_what_is_no_number_is_none(raw: bytes) -> None:
    assert literals.readable_number(raw) is None


@pytest.mark.parametrize(
    ("told", "kept"),
    [("0.33333", "0.3333"), ("0.00005", "0.0001"), ("-0.00005", "-0.0001"), ("2.5", "2.5"), ("2.500000", "2.500000")],
)
def test_a_number_of_a_line_is_rounded_half_up_where_it_has_more_than_four_decimals(told: str, kept: str) -> None:
    assert str(literals.four_decimals(Decimal(told))) == kept


def test_an_amount_on_half_a_cent_is_not_lost_by_the_inverse_rate() -> None:
    rate = literals.rate("USD", "NZD", Decimal("1.2"))
    assert rate is not None
    assert (Decimal("0.15") * rate).quantize(CENT, ROUND_HALF_UP) == Decimal("0.13")


@given(
    st.decimals(min_value=Decimal("-99999999.99"), max_value=Decimal("99999999.99"), places=2),
    st.decimals(min_value=Decimal("0.000001"), max_value=Decimal("99999"), places=6).filter(bool),
)
def test_multiplying_by_the_rate_rounds_as_dividing_by_xeros_rate_does(amount: Decimal, theirs: Decimal) -> None:
    ours = literals.rate("USD", "NZD", theirs)
    assert ours is not None
    exact = (amount / theirs).quantize(CENT, ROUND_HALF_UP)
    assert (amount * ours).quantize(CENT, ROUND_HALF_UP) == exact
