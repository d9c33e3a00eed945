"""What people type, read strictly: amounts, and sentences that say how to write one."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal

_AMOUNT = re.compile(r"(\d{1,3}(,\d{3})+|\d+)(\.(\d+))?", re.ASCII)
_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009\t")
MAXIMUM = Decimal("999999999.9999")


_BARRED = frozenset({"Cc", "Cs"})
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})


def is_iso_day(text: str) -> bool:
    """Whether a date picker would show this text (``2026-11-22``); any other it would swallow."""
    try:
        return re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def clean(text: str) -> str:
    """What was typed, without blanks around it and without control characters, which no database likes."""
    if text.isprintable():  # by far the most texts, and many times as quick
        return text.strip()
    kept = (char for char in text.replace("\r\n", "\n") if char in "\n\t" or unicodedata.category(char) not in _BARRED)
    return "".join(kept).strip()


def number_in(text: str | None, default: int = 0) -> int:
    """The id or the page in a form or an address; `default` for what cannot be one."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else default


def can_be_seen(text: str) -> bool:
    """Whether there is anything in the text but blanks and characters without a shape."""
    return any(unicodedata.category(char) not in _UNSEEN for char in text)


def parse_amount(
    text: str,
    *,
    places: int = 2,
    minimum: Decimal = Decimal(0),
    maximum: Decimal = MAXIMUM,
) -> Decimal:
    """The amount in a text such as ``1000``, ``1,000.00`` or ``1000.5``, exact.

    A point before the decimals, commas only between thousands. `places` is how many decimals may stand there,
    `minimum` and `maximum` are both allowed. Raises ValueError with a sentence that says what to write.
    """
    bare = text.strip().translate(_SPACES)
    negative = bare.startswith(("-", "\u2212"))
    found = _AMOUNT.fullmatch(bare[1:] if negative else bare)
    if found is None:
        raise ValueError("Write an amount such as 1000 or 1,000.00: digits, and a point before the decimals.")
    if len((found[4] or "").rstrip("0")) > places:
        raise ValueError(_too_many_decimals(places))
    value = Decimal(found[1].replace(",", "") + (found[3] or ""))
    value = -value if negative else value
    if value < minimum:
        raise ValueError(_too_small(minimum))
    if value > maximum:
        raise ValueError(f"Write an amount of at most {maximum:,f}.")
    return value


def _too_many_decimals(places: int) -> str:
    if places == 0:
        return "Write a whole number, without decimals."
    return f"Write at most {places} decimals."


def _too_small(minimum: Decimal) -> str:
    if minimum == 0:
        return "Write an amount that is not below zero."
    return f"Write an amount of at least {minimum:,f}."
