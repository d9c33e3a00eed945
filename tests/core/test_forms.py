"""Amounts as people type them, and figures as pages write them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import formats
from core.forms import can_be_seen, clean, is_iso_day, parse_amount

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("0", "0"),
        ("1000", "1000"),
        ("1,000.00", "1000"),
        ("1000.5", "1000.5"),
        ("1,234,567.89", "1234567.89"),
        (" 12 ", "12"),
        ("1\u00a0000", "1000"),
        ("007", "7"),
        ("0.10", "0.10"),
    ],
)
def test_usual_ways_to_write_an_amount(typed: str, meant: str) -> None:
    assert parse_amount(typed) == Decimal(meant)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "1.000,00",
        "1,00",
        "1,0000",
        ",100",
        "1e9",
        "NaN",
        "inf",
        "0x10",
        "1_000",
        ".5",
        "5.",
        "+5",
        "1.2.3",
        "½",
    ],
)
def test_what_is_no_amount_is_refused_with_what_to_write(typed: str) -> None:
    with pytest.raises(ValueError, match="Write an amount such as"):
        parse_amount(typed)


def test_limits_are_told() -> None:
    with pytest.raises(ValueError, match="not below zero"):
        parse_amount("-0.01")
    with pytest.raises(ValueError, match=r"at least 0\.01"):
        parse_amount("0", minimum=Decimal("0.01"))
    with pytest.raises(ValueError, match="at most 100"):
        parse_amount("100.01", maximum=Decimal(100))
    with pytest.raises(ValueError, match="at most 4 decimals"):
        parse_amount("1.23456", places=4)
    assert parse_amount("-5", minimum=Decimal(-10)) == -5
    assert parse_amount("1.2345", places=4) == Decimal("1.2345")
    assert parse_amount("1.00", places=0) == 1


@given(st.decimals(0, 999_999_999, places=2))
def test_what_a_page_writes_can_be_typed_again(value: Decimal) -> None:
    assert parse_amount(formats.amount(value)) == value


@given(st.text())
def test_no_text_breaks_the_reading_of_an_amount(typed: str) -> None:
    said = ""
    try:
        assert parse_amount(typed) >= 0
    except ValueError as error:
        said = str(error)
    assert not said or said.startswith("Write ")


@given(st.text())
def test_cleaning_twice_changes_nothing_more(typed: str) -> None:
    assert clean(clean(typed)) == clean(typed)
    assert "\x00" not in clean(typed)


def test_a_name_must_have_something_to_see() -> None:
    assert can_be_seen("ﷺ")
    assert not can_be_seen(" \u200b\u200d\u3000\n")


@pytest.mark.parametrize(
    ("value", "currency", "written"),
    [
        ("1234.5", "NZD", "NZ$\N{NO-BREAK SPACE}1,234.50"),
        ("0", "AUD", "AU$\N{NO-BREAK SPACE}0.00"),
        ("-5", "GBP", "−£5.00"),
        ("1234", "JPY", "¥1,234"),
        ("1234.5", "JPY", "¥1,234.50"),
        ("1", "CHF", "CHF\N{NO-BREAK SPACE}1.00"),
        ("1", "", "1.00"),
    ],
)
def test_money_is_written_with_its_currency(value: str, currency: str, written: str) -> None:
    assert formats.money(Decimal(value), currency) == written


def test_nothing_is_written_for_nothing() -> None:
    assert formats.money(None, "NZD") == formats.amount(None) == formats.day(None) == formats.number(None) == ""
    assert formats.ago(None, NOW) == "never"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (7199, "1 hour ago"),
        (2 * 86400, "2 days ago"),
        (15 * 86400, "on 7 Nov 2026"),
        (-30, "just now"),
        (-3600, "in 1 hour"),
        (-30 * 86400, "on 22 Dec 2026"),
    ],
)
def test_how_long_ago(seconds: int, written: str) -> None:
    assert formats.ago(NOW - dt.timedelta(seconds=seconds), NOW) == written


def test_days_and_numbers() -> None:
    assert formats.day(NOW) == "22 Nov 2026"
    assert formats.short_day(dt.date(2026, 1, 3), NOW.date()) == "3 Jan"
    assert formats.short_day(dt.date(2025, 1, 3), NOW.date()) == "3 Jan 2025"
    assert formats.moment(NOW) == "22 Nov 2026, 12:00 UTC"
    assert formats.number(Decimal("11.50")) == "11.5"
    assert formats.number(Decimal("1000")) == "1,000"
    assert formats.initials("Mere Te Tautari") == "MT"
    assert formats.initials("") == ""
    assert formats.currencies()[:2] == ["NZD", "AUD"]


def test_the_currencies_to_choose_from_are_money_that_is_in_use() -> None:
    offered = formats.currencies()
    assert offered[0] == "NZD"
    assert {"EUR", "JPY", "KWD", "ZMW", "XPF"} < set(offered)
    old, metal, fund, test = {"DEM", "FRF", "HRK", "ZWD"}, {"XAU", "XAG"}, {"CLF", "CHE", "USN"}, {"XTS", "XXX"}
    assert not set(offered) & (old | metal | fund | test)
    assert len(offered) == len(set(offered))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-22", True),
        ("2026-99-99", False),
        ("2026-W01-1", False),
        ("20261122", False),
        ("", False),
        ("soon", False),
    ],
)
def test_a_date_picker_is_given_only_what_it_shows(text: str, shown: bool) -> None:
    assert is_iso_day(text) is shown
