"""Xero's dates, moments, amounts, rates and words, read from their literals. No network.

A total or a moment that makes no sense raises `ValueError`: it is noticed and never guessed at. What a document can do
without is left out or made to fit instead, for one odd document must not keep all others back.
"""

from __future__ import annotations

import datetime as dt
import re
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, ROUND_UP, Context, Decimal, InvalidOperation
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = re.compile(r"/Date\((-?[0-9]{1,17})([+-][0-9]{4})?\)/")
_RATE = Context(prec=28, rounding=ROUND_UP)
_DIGITS = 15  # more digits before the point than any amount of money has
_FOUR = Decimal("0.0001")
# What no database takes, and what turns the words behind it around.
_UNWRITABLE = re.compile("[\x00\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def moment(text: str | None) -> datetime | None:
    """An aware UTC datetime from ``/Date(ms+0000)/`` or from ISO 8601 without an offset; None for nothing.

    The milliseconds are UTC whatever offset stands behind them.
    """
    if not text:
        return None
    found = _MS.fullmatch(text)
    try:
        if found:
            return _EPOCH + timedelta(milliseconds=int(found[1]))
        parsed = datetime.fromisoformat(text)
    except (OverflowError, ValueError) as error:
        raise ValueError(f"{text!r} is no date") from error
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def clean(text: str | None) -> str:
    """A word without characters that cannot be kept; "" for nothing."""
    return _UNWRITABLE.sub("", text) if text else ""


def readable_moment(text: str | None) -> datetime | None:
    """The moment; None also for what cannot be read."""
    try:
        return moment(text)
    except ValueError:
        return None


def readable_day(*texts: str | None) -> dt.date | None:
    """The calendar day of the first text that can be read; None without any."""
    return next((found for text in texts if text and (found := _readable_day(text))), None)


@lru_cache(maxsize=8192)
def _readable_day(text: str) -> dt.date | None:
    """The same days stand on thousands of documents."""
    when = readable_moment(text)
    return None if when is None else when.date()


def day(*texts: str | None) -> dt.date | None:
    """The calendar day of the first text that is there, in the organisation's own calendar; None for nothing.

    Xero writes a day as its midnight, labelled UTC.
    """
    when = moment(next((text for text in texts if text), None))
    return None if when is None else when.date()


def amount(value: Decimal | None, otherwise: Decimal | None = None) -> Decimal:
    """A finite amount of money; `otherwise` stands in for one that is missing. Raises when there is none."""
    if value is None:
        value = otherwise
    if value is None:
        raise ValueError("An amount is missing")
    if not value.is_finite() or (value and value.adjusted() >= _DIGITS):
        raise ValueError(f"{value} is no amount")
    return value


def four_decimals(value: Decimal | None) -> Decimal:
    """A number of a line, rounded half up to four decimals where it has more; 0 for one that is missing."""
    number = amount(value, Decimal(0))
    return number if number == round(number, 4) else number.quantize(_FOUR, ROUND_HALF_UP)


def readable_number(raw: bytes) -> Decimal | None:
    """A number as it stands in JSON, bare or in quotation marks; None for anything else."""
    try:
        return Decimal(raw.decode().strip('"'))
    except (InvalidOperation, UnicodeDecodeError):
        return None


def rate(currency: str, base_currency: str, currency_rate: Decimal | None) -> Decimal | None:
    """What one unit of `currency` is worth in the base currency; 1 for the base currency itself, None if not told.

    A rate of zero or less, or of no number, tells nothing.

    Xero tells foreign units for one base unit, so this is the inverse. Its last digit (the 28th) is rounded up:
    an amount that falls on half a cent must not fall below it by the division (0.15 / 1.2 is 0.125 exactly).
    """
    if currency and currency == base_currency:
        return Decimal(1)
    if currency_rate is None or not currency_rate.is_finite() or currency_rate <= 0:
        return None
    return _RATE.divide(Decimal(1), currency_rate)
