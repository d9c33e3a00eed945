"""What people type, read strictly: amounts, and sentences that say how to write one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from core import formats

_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009\t")
_QUOTES = str.maketrans({"\u2019": "'", "\u02bc": "'"})
MAXIMUM = Decimal("999999999.9999")
_EMAIL = re.compile(r"[^@\s,;:<>()\[\]\\\"]{1,64}@[^@\s,;:<>()\[\]\\\"]+\.[^@\s,;:<>()\[\]\\\".]+")

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


def is_email_address(text: str) -> bool:
    """Whether this is one plain address such as ``name@example.com``, which can be put into a mail's head as it is."""
    return len(text) <= 254 and text.isprintable() and _EMAIL.fullmatch(text) is not None


def as_text(value: Any) -> str:
    """What was typed, as it was; nothing for what is no text, such as a file in its place."""
    return value if isinstance(value, str) else ""


def typed_in(fields: Mapping[str, Any], name: str) -> str:
    """The same of a field of a post or an address; nothing where it was not sent."""
    return as_text(fields.get(name, ""))


def one_line(value: Any) -> str:
    """What was typed, cleaned and on one line; nothing for what is no text."""
    return " ".join(clean(as_text(value)).split())


def number_in(text: str | None, default: int = 0) -> int:
    """The id or the page in a form or an address; `default` for what cannot be one."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else default


def can_be_seen(text: str) -> bool:
    """Whether there is anything in the text but blanks and characters without a shape."""
    return any(unicodedata.category(char) not in _UNSEEN for char in text)


@cache
def _amount_pattern(numbers: str) -> re.Pattern[str]:
    """How an amount is written in a style. Blanks are gone before, so where they part thousands nothing does."""
    group, point = formats.NUMBERS[numbers]
    between = rf"\d{{1,3}}(?:{re.escape(group)}\d{{3}})+|" if group.strip() else ""
    return re.compile(rf"({between}\d+)(?:{re.escape(point)}(\d+))?", re.ASCII)


def in_default_style(text: str) -> str:
    """An amount that was typed in the present style, as one writes it in the default one; all else as it is."""
    return _rewritten(text, formats.style(), formats.DEFAULT)


def in_present_style(text: str) -> str:
    """An amount that was typed in the default style, as one writes it in the present one; all else as it is."""
    return _rewritten(text, formats.DEFAULT, formats.style())


def _rewritten(text: str, old: formats.Style, new: formats.Style) -> str:
    if old.numbers == new.numbers:
        return text
    bare = text.translate(_QUOTES)
    read = bare.strip().translate(_SPACES).lstrip("-\u2212")
    if _amount_pattern(old.numbers).fullmatch(read) is None:
        return text
    if old.group == formats.NO_BREAK:
        bare = re.sub(r"(?<=\d)[ \u00a0\u202f\u2009](?=\d)", old.group, bare)
    return bare.translate({ord(old.group): new.group, ord(old.point): new.point})


def parse_amount(
    text: str,
    *,
    places: int = 2,
    minimum: Decimal = Decimal(0),
    maximum: Decimal = MAXIMUM,
    word: str = "amount",
) -> Decimal:
    """The amount in a text such as ``1000``, ``1,000.00`` or ``1000.5``, exact; written in the viewer's style.

    A point before the decimals and commas only between thousands, or what the style has in place of them. `places`
    is how many decimals may stand there, `minimum` and `maximum` are both allowed, `word` is what it is called. Raises
    ValueError with a sentence that says what to write.
    """
    bare, now = text.strip().translate(_SPACES).translate(_QUOTES), formats.style()
    negative = bare.startswith(("-", "\u2212"))
    found = _amount_pattern(now.numbers).fullmatch(bare[1:] if negative else bare)
    if found is None:
        sign = "a point" if now.point == "." else "a comma"
        example = formats.localised("1,000.00")
        raise ValueError(f"Write {a_or_an(word)} such as 1000 or {example}: digits, and {sign} before the decimals.")
    if len((found[2] or "").rstrip("0")) > places:
        raise ValueError(_too_many_decimals(places))
    value = Decimal(found[1].replace(now.group, "") + (f".{found[2]}" if found[2] else ""))
    value = -value if negative else value
    if value < minimum:
        raise ValueError(_too_small(minimum, word))
    if value > maximum:
        raise ValueError(f"Write {a_or_an(word)} of at most {formats.number(maximum)}.")
    return value


def _too_many_decimals(places: int) -> str:
    if places == 0:
        return "Write a whole number, without decimals."
    return f"Write at most {places} decimals."


def _too_small(minimum: Decimal, word: str) -> str:
    if minimum == 0:
        return f"Write {a_or_an(word)} that is not below zero."
    return f"Write {a_or_an(word)} of at least {formats.number(minimum)}."


def a_or_an(word: str) -> str:
    """A word behind its article: *an amount*, *a number*."""
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"
