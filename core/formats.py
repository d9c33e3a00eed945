"""How money, numbers and times are written on pages: in the style of who looks, or in the default one.

Jobs, files and JSON have no viewer, so that they always have the default style.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import get_currency_precision, get_territory_currencies
from markupsafe import Markup, escape

# Signs people know without thinking; every other currency is written with its three letters.
SIGNS = {
    "AUD": "AU$",
    "CAD": "CA$",
    "EUR": "€",
    "FJD": "FJ$",
    "GBP": "£",
    "HKD": "HK$",
    "JPY": "¥",
    "NZD": "NZ$",
    "SGD": "SG$",
    "USD": "US$",
}
COMMON = ("NZD", "AUD", "USD", "GBP", "EUR", "CAD", "SGD", "HKD", "JPY", "FJD")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MINUTE, HOUR, DAY = 60, 3600, 86400
NO_BREAK = "\N{NO-BREAK SPACE}"
MINUS = "\u2212"  # as long as a plus, and no line breaks behind it

# What stands between thousands, what before the decimals; the example is what people choose by.
NUMBERS = {"comma": (",", "."), "point": (".", ","), "space": (NO_BREAK, ","), "quote": ("'", ".")}
NUMBER_STYLES = {"comma": "1,234.50", "point": "1.234,50", "space": "1 234,50", "quote": "1'234.50"}
DATE_STYLES = {"words": "22 Nov 2026", "iso": "2026-11-22", "day": "22/11/2026", "month": "11/22/2026"}


@dataclass(frozen=True)
class Style:
    """How one person wants numbers, dates and times: keys of `NUMBER_STYLES` and `DATE_STYLES`, and a time zone."""

    numbers: str = "comma"
    dates: str = "words"
    zone: dt.tzinfo = field(default_factory=lambda: ZoneInfo("UTC"))

    @property
    def group(self) -> str:
        """What stands between thousands."""
        return NUMBERS[self.numbers][0]

    @property
    def point(self) -> str:
        """What stands before the decimals."""
        return NUMBERS[self.numbers][1]


DEFAULT = Style()
# A function, so that nobody is looked up for a page that writes no number.
_STYLE: ContextVar[Callable[[], Style]] = ContextVar("style", default=lambda: DEFAULT)


def style() -> Style:
    """The style that is written and read in now."""
    return _STYLE.get()()


def begin_style(find: Callable[[], Style]) -> Token[Callable[[], Style]]:
    """Write and read in the style that `find` gives, until `end_style`."""
    return _STYLE.set(find)


def end_style(token: Token[Callable[[], Style]]) -> None:
    """Write and read as before."""
    _STYLE.reset(token)


@contextmanager
def using(wanted: Style) -> Iterator[None]:
    """Write and read in a style within the block: the default one for what is kept or sent away."""
    token = begin_style(lambda: wanted)
    try:
        yield
    finally:
        end_style(token)


def localised(text: str) -> str:
    """Digits with commas between thousands and a point before the decimals, in the present style."""
    now = style()
    return text if now.numbers == "comma" else text.translate({ord(","): now.group, ord("."): now.point})


def currencies() -> list[str]:
    """The codes of the currencies that are legal tender somewhere today, the common ones first.

    Source: CLDR's currencies by territory. ISO 4217's codes of old money, metals, funds and tests are not among them.
    """
    places = (code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha())
    tender = {currency for place in places for currency in get_territory_currencies(place)}
    return [*COMMON, *sorted(tender - set(COMMON))]


def decimals(currency: str) -> int:
    """How many decimals amounts of a currency have: 2 for most, 0 for JPY."""
    return int(get_currency_precision(currency)) if currency else 2


def amount(value: Decimal | None, currency: str = "") -> str:
    """An amount without its currency: ``1,234.50``, ``−5.00``; nothing for None.

    Where a currency has no decimals and the amount has some all the same they are shown, not rounded away.
    """
    if value is None:
        return ""
    places = decimals(currency)
    if places < 2 and value != value.to_integral_value():
        places = 2
    return _signed(localised(f"{value:,.{places}f}"))


def money(value: Decimal | None, currency: str) -> str:
    """An amount with its currency: ``NZ$ 1,234.50``, ``£1,234.50``, ``−£5.00``; nothing for None.

    The space in it does not break, so that no line ends between a sign and its amount.
    """
    if value is None:
        return ""
    sign, whole = SIGNS.get(currency, currency), amount(abs(value), currency)
    return f"{MINUS if value < 0 else ''}{sign}{'' if len(sign) < 2 else NO_BREAK}{whole}"


def exact(value: Decimal, currency: str) -> str:
    """An amount with its currency for whatever keeps it as text, to the cent and no digit lost: ``11.50 NZD``."""
    return f"{_padded(value, decimals(currency))} {currency}".strip()


def _padded(value: Decimal, places: int) -> str:
    own = -int(value.normalize().as_tuple().exponent)
    return f"{value:.{max(places, own)}f}"


def compact(value: Decimal) -> str:
    """An amount in few letters, for the axis of a chart: ``0``, ``750``, ``12.5k``, ``−2M``."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if abs(value) >= size and (letter == "M" or abs(value) >= 10_000):
            return number(value / size) + letter
    return number(value)


def _signed(text: str) -> str:
    return text.replace("-", MINUS, 1)


def number(value: Decimal | int | None) -> str:
    """A quantity or a rate, without needless zeros: ``1.5``, ``1,000``."""
    if value is None:
        return ""
    text = f"{value:,f}"
    return _signed(localised(text.rstrip("0").rstrip(".") if "." in text else text))


def price(value: Decimal, currency: str = "") -> str:
    """A price without its currency: with the currency's decimals (two without one), with more where there are more."""
    places = decimals(currency) if currency else 2
    return amount(value, currency) if value == round(value, places) else number(value)


def local(value: dt.datetime) -> dt.datetime:
    """The moment in the viewer's time zone."""
    return value.astimezone(style().zone)


def today(now: dt.datetime) -> dt.date:
    """The day it is for the viewer."""
    return local(now).date()


def begin_of(day: dt.date) -> dt.datetime:
    """The first moment of a day of the viewer's; at the ends of the calendar that of the day in UTC."""
    try:
        return dt.datetime.combine(day, dt.time(), style().zone).astimezone(dt.UTC)
    except OverflowError:
        return dt.datetime.combine(day, dt.time(), dt.UTC)


def day(value: dt.date | dt.datetime | None) -> str:
    """A date: ``22 Nov 2026``; that of a moment is the viewer's; nothing for None."""
    if value is None:
        return ""
    value, dates = _date(value), style().dates
    if dates == "words":
        return f"{value.day} {MONTHS[value.month - 1]} {value.year}"
    if dates == "iso":
        return value.isoformat()
    first, second = (value.day, value.month) if dates == "day" else (value.month, value.day)
    return f"{first:02}/{second:02}/{value.year:04}"


def short_day(value: dt.date | dt.datetime | None, today: dt.date) -> str:
    """A date without its year where that is this year's: ``22 Nov``."""
    if value is None or style().dates != "words" or _date(value).year != today.year:
        return day(value)
    value = _date(value)
    return f"{value.day} {MONTHS[value.month - 1]}"


def moment(value: dt.datetime | None) -> str:
    """A moment to the minute, in the viewer's zone: ``22 Nov 2026, 09:05 UTC``, ``22 Nov 2026, 22:05 NZDT``."""
    if value is None:
        return ""
    here = local(value)
    name = here.tzname() or ""
    return f"{day(value)}, {here:%H:%M} {'UTC' if name[:1] in '+-' else ''}{name}"


def _date(value: dt.date | dt.datetime) -> dt.date:
    return local(value).date() if isinstance(value, dt.datetime) else value


def ago(value: dt.datetime | None, now: dt.datetime) -> str:
    """How long ago, in words: ``just now``, ``2 minutes ago``; a date after two weeks; ``never`` for None."""
    if value is None:
        return "never"
    seconds = (now - value).total_seconds()
    if seconds < -MINUTE:
        return f"on {day(value)}" if seconds < -14 * DAY else _in_words(-seconds, "in {}")
    if seconds < MINUTE:
        return "just now"
    return _in_words(seconds, "{} ago") if seconds < 14 * DAY else f"on {day(value)}"


def _in_words(seconds: float, pattern: str) -> str:
    for size, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return pattern.format(f"{count} {name}{'' if count == 1 else 's'}")
    return pattern.format("a moment")


_WEB = re.compile(r"(?:https?://|www\.)[^\s<>\"'“”‘’]+", re.IGNORECASE)
_AFTER = ".,;:!?…"


def linked(text: str) -> Markup:
    """A text with its addresses of the web as links; all else in it is shown as it was typed, never as HTML."""
    parts, end = [], 0
    for found in _WEB.finditer(text):
        address = _bare(found[0])
        parts += [escape(text[end : found.start()]), _link(address)]
        end = found.start() + len(address)
    return Markup("").join([*parts, escape(text[end:])])


def _bare(address: str) -> str:
    """An address without the marks of the sentence behind it; a closing bracket belongs to it if its opening does."""
    while address and (address[-1] in _AFTER or (address[-1] in ")]" and not _is_closed_by(address))):
        address = address[:-1]
    return address


def _is_closed_by(address: str) -> bool:
    opening = {")": "(", "]": "["}[address[-1]]
    return address.count(opening) >= address.count(address[-1])


def _link(address: str) -> Markup:
    target = address if "://" in address else f"https://{address}"
    return Markup('<a href="{}" rel="noopener noreferrer nofollow">{}</a>').format(target, address)


def cell(text: str) -> str:
    """A text for a cell of a file that a spreadsheet may open: what it would take for a formula gets an apostrophe."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def initials(name: str) -> str:
    """Two letters for a face: the first of the first word and of the last."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def field_words(name: str) -> str:
    """A field's name in words: ``close_date`` is ``close date``, ``organization_id`` is ``organization``."""
    return name.removesuffix("_id").replace("_", " ")
