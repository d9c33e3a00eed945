"""How values look on the wire: Xero's dates, its flags and its numbers.

Inside the sandbox a record is a plain dict in Xero's own field names. Dates are ISO text (`2026-01-31`), moments
are whole milliseconds since 1970 in UTC, money and rates are `Decimal`; keys that begin with an underscore stay
inside. This module turns that into what Xero sends, and what callers send into that. Source: Xero, "Requests and
responses", JSON dates (`/Date(ms+0000)/`, where the offset says nothing: the moment is UTC).
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import msgspec

Record = dict[str, Any]

EPOCH = date(1970, 1, 1)
DAYS_WITH_TEXT = frozenset({"Date", "DueDate", "ExpectedPaymentDate", "PlannedPaymentDate"})
DAYS = DAYS_WITH_TEXT | {"FullyPaidOnDate", "PeriodLockDate", "EndOfYearLockDate"}
MOMENTS = frozenset({"UpdatedDateUTC", "CreatedDateUTC", "DateUTC"})
MOMENTS_WITH_TEXT = frozenset({"DateUTC"})

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_MS_DATE = re.compile(r"/Date\((-?\d+)([+-]\d{4})?\)/")


class BadValue(ValueError):
    """A value that cannot be read; its text goes into the answer."""


def encoded(value: object) -> bytes:
    """JSON bytes, with decimals written digit for digit as numbers."""
    return _ENCODER.encode(value)


def decoded(data: bytes) -> Any:
    """The JSON value, with decimals read digit for digit. Raises BadValue."""
    try:
        return _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, InvalidOperation, RecursionError) as error:
        raise BadValue(str(error)) from error


def milliseconds(moment: datetime) -> int:
    """Whole milliseconds since 1970 in UTC of an aware moment."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def moment_of(ms: int) -> datetime:
    """The aware UTC moment of so many milliseconds since 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


def day_ms(day: str) -> int:
    """Milliseconds at midnight UTC of an ISO date."""
    return (date.fromisoformat(day) - EPOCH).days * 86_400_000


def shown(record: Record) -> Record:
    """A copy as Xero sends it: dates in its own way, inner fields left out."""
    out: Record = {}
    for key, value in record.items():
        if key[0] == "_":
            continue
        if key in DAYS:
            _show_day(out, key, value)
        elif key in MOMENTS and isinstance(value, int):
            _show_moment(out, key, value)
        elif isinstance(value, dict):
            out[key] = shown(value)
        elif isinstance(value, list):
            out[key] = [shown(each) if isinstance(each, dict) else each for each in value]
        elif value is not None:
            out[key] = value
    return out


def _show_day(out: Record, key: str, value: str | None) -> None:
    if value is None:
        return
    if key in DAYS_WITH_TEXT:
        out[f"{key}String"] = f"{value}T00:00:00"
    out[key] = f"/Date({day_ms(value)}+0000)/"


def _show_moment(out: Record, key: str, value: int) -> None:
    out[key] = f"/Date({value}+0000)/"
    if key in MOMENTS_WITH_TEXT:
        out[f"{key}String"] = moment_of(value).strftime("%Y-%m-%dT%H:%M:%S")


def iso_text(ms: int) -> str:
    """The moment as ISO 8601 with a Z, whole seconds."""
    return moment_of(ms).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_day(value: object) -> str | None:
    """An ISO date out of `2026-01-31`, `2026-01-31T00:00:00Z` or `/Date(ms+0000)/`. Raises BadValue."""
    if value is None or value == "":
        return None
    text = str(value).strip()
    found = _MS_DATE.fullmatch(text)
    try:
        if found:
            return (EPOCH + timedelta(milliseconds=int(found[1]))).isoformat()
        return date.fromisoformat(text[:10]).isoformat() if len(text) == 10 else _day_of_moment(text)
    except (ValueError, OverflowError) as error:
        raise BadValue(f"The string '{text}' is not a valid AllXsd value.") from error


def _day_of_moment(text: str) -> str:
    return datetime.fromisoformat(text).date().isoformat()


def read_ms(value: object) -> int:
    """The milliseconds of `/Date(ms+0000)/`. Raises BadValue."""
    found = _MS_DATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise BadValue(f"{value!r} is not a date as Xero writes it.")
    return int(found[1])


def read_number(value: object) -> Decimal | None:
    """A finite Decimal out of a JSON number, or of text that holds one, as Xero accepts it. Raises BadValue."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise BadValue(f"Could not convert to decimal: {value!r}.")
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise BadValue(f"Could not convert string to decimal: {value}.") from error
    if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        raise BadValue(f"Value was either too large or too small for a Decimal: {value}.")
    return number


def read_text(value: object) -> str | None:
    """Text without outer blanks; numbers are taken as text, as Xero takes them. Raises BadValue."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise BadValue(f"Unexpected value {value!r} where text was expected.")
    return str(value).strip()


def read_id(value: object) -> str:
    """An id as records are filed under it: capitals, braces or no dashes are set right. Other text in small letters."""
    text = str(value or "").strip().lower()
    with suppress(ValueError):
        return str(UUID(text))
    return text


def read_flag(value: object, *, otherwise: bool = False) -> bool:
    """A flag as clients send it: `true`, `True`, `1`, and the contrary."""
    if isinstance(value, bool):
        return value
    if value is None or value == "":
        return otherwise
    return str(value).strip().lower() in {"true", "1", "yes"}
