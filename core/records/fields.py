"""Fields of forms that WTForms does not have: amounts, dates with a sentence, and links to other records."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from markupsafe import Markup
from wtforms import Field, StringField, TextAreaField
from wtforms.validators import Length, Optional, StopValidation, ValidationError
from wtforms.widgets import DateInput, TextInput

from core import formats
from core.forms import a_or_an, can_be_seen, clean, parse_amount
from core.records import tags

FEW = 200
EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")
NOT_AN_EMAIL = "Write one e-mail address, such as name@example.com."
NOT_A_PHONE = "Write a telephone number, such as +64 21 555 0199; there is no digit in this."
_NUMBERED = re.compile(r"#(\d{1,18})\s*$", re.ASCII)


def tidy(text: Any) -> Any:
    """The filter of text fields: what was typed, cleaned; None stays None."""
    return clean(text) if isinstance(text, str) else text


class Required:
    """Something that can be seen must be written."""

    def __init__(self, message: str) -> None:
        self.message = message
        self.field_flags = {"required": True}

    def __call__(self, form: Any, field: Any) -> None:
        """Refuse what is empty."""
        if not can_be_seen(field.data or ""):
            field.errors = []
            raise StopValidation(self.message)


def text(label: str, longest: int, *, required: bool = False, **options: Any) -> StringField:
    """A line of text of at most `longest` characters."""
    return StringField(label, validators=_checks(label, longest, required), filters=[tidy], **options)


def lines(label: str, longest: int, **options: Any) -> TextAreaField:
    """Several lines of text."""
    return TextAreaField(label, validators=_checks(label, longest, False), filters=[tidy], **options)


def _checks(label: str, longest: int, required: bool) -> list[Any]:
    message = f"Write at most {longest} characters."
    first = Required(f"Write {a_or_an(label.lower())}.") if required else Optional()
    return [first, Length(max=longest, message=message)]


def is_email(form: Any, field: Any) -> None:
    """One address such as ``name@example.com``."""
    if field.data and not EMAIL.fullmatch(field.data):
        raise ValidationError(NOT_AN_EMAIL)


def is_phone(form: Any, field: Any) -> None:
    """Whatever people type for a telephone number, as long as there is a digit in it."""
    if field.data and not has_digits(field.data):
        raise ValidationError(NOT_A_PHONE)


def has_digits(text: str) -> bool:
    """Whether there is a digit of any script in the text."""
    return any(char.isdecimal() for char in text)


def is_website(form: Any, field: Any) -> None:
    """An address of the web; ``https://`` is put in front where it is missing."""
    if not field.data:
        return
    address = field.data if "://" in field.data else f"https://{field.data}"
    if not re.fullmatch(r"https?://[^\s/$.?#][^\s]*\.[^\s]+", address, re.IGNORECASE):
        raise ValidationError("Write an address such as www.example.com.")
    field.data = address


class AmountField(Field):
    """A sum of money without its currency, as Decimal or None; keeps what was typed when it cannot be read."""

    widget = TextInput()

    def __init__(self, label: str, *, maximum: Decimal = Decimal("999999999.99"), **options: Any) -> None:
        super().__init__(label, render_kw={"inputmode": "decimal", "class": "n"}, **options)
        self.maximum = maximum
        self.typed = ""

    def _value(self) -> str:
        if self.raw_data:
            return self.typed
        return formats.amount(self.data) if self.data is not None else ""

    def put(self, value: Decimal, currency: str) -> None:
        """Write an amount into the field, over what was typed."""
        self.data, self.typed, self.process_errors = value, formats.amount(value, currency), []

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed. Raises ValueError with a sentence."""
        if valuelist:
            self.typed, self.data = str(valuelist[0]).strip()[:100], None
            self.data = parse_amount(self.typed, maximum=self.maximum) if self.typed else None


class NumberField(AmountField):
    """A number with at most four decimals, as Decimal or None; shown without needless zeros."""

    def __init__(self, label: str, *, minimum: Decimal, **options: Any) -> None:
        super().__init__(label, **options)
        self.minimum = minimum

    def _value(self) -> str:
        return self.typed if self.raw_data else formats.number(self.data)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed. Raises ValueError with a sentence."""
        if valuelist:
            self.typed, self.data = str(valuelist[0]).strip()[:100], None
            if self.typed:
                limits = {"minimum": self.minimum, "maximum": self.maximum}
                self.data = parse_amount(self.typed, places=4, **limits, word="number")


class DayField(Field):
    """A date, typed or picked as ``2026-11-30``; keeps what was typed when it cannot be read."""

    widget = DateInput()

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, **options)
        self.typed = ""

    def _value(self) -> str:
        if self.raw_data:
            return self.typed
        return self.data.isoformat() if self.data else ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed. Raises ValueError with a sentence."""
        if valuelist:
            self.typed, self.data = str(valuelist[0]).strip()[:100], None
            self.data = _day(self.typed) if self.typed else None


def _day(typed: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(typed)
    except ValueError as error:
        raise ValueError("Write the date as year-month-day, such as 2026-11-30.") from error
    if not 1900 <= day.year <= 2200:
        raise ValueError("Write a year between 1900 and 2200.")
    return day


class PerCentField(Field):
    """A whole number from 0 to 100, or None."""

    widget = TextInput()

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, render_kw={"inputmode": "numeric", "class": "n"}, **options)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed. Raises ValueError with a sentence."""
        if not valuelist:
            return
        typed = str(valuelist[0]).strip().removesuffix("%").strip()
        self.data = None
        if typed:
            if not re.fullmatch(r"\d{1,3}", typed, re.ASCII) or int(typed) > 100:
                raise ValueError("Write a whole number from 0 to 100.")
            self.data = int(typed)


class ChoiceField(Field):
    """One of a few words; an unknown one is refused with a sentence, unless the record has it already."""

    def __init__(self, label: str, *, choices: Sequence[str], **options: Any) -> None:
        super().__init__(label, **options)
        self.choices = tuple(choices)

    def offer(self, choices: Sequence[str]) -> None:
        """Have other choices; the one that the record has stays among them."""
        kept = () if not self.object_data or self.object_data in choices else (self.object_data,)
        self.choices = (*choices, *kept)

    def process_data(self, value: Any) -> None:
        """Take what the record has; what is offered no longer stays a choice for it."""
        super().process_data(value)
        if isinstance(value, str) and value and value not in self.choices:
            self.choices = (*self.choices, value)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep what was chosen."""
        if valuelist:
            self.data = clean(str(valuelist[0]))[:100]

    def pre_validate(self, form: Any) -> None:
        """Refuse what is not in the list; nothing at all is the empty choice, where there is one."""
        if (self.data or "") not in self.choices:
            raise StopValidation("Choose one of the list.")

    def widget(self, field: Any, **attributes: Any) -> Markup:
        """A list to choose from."""
        return _select(self, [(choice, choice or "–") for choice in self.choices], self.data, attributes)


class YesNoField(ChoiceField):
    """True, False, or None for neither."""

    WORDS: ClassVar[dict[bool | None, str]] = {None: "", True: "Yes", False: "No"}

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, choices=tuple(self.WORDS.values()), **options)

    def process_data(self, value: Any) -> None:
        """Take what the record has."""
        super().process_data(value if isinstance(value, bool) else None)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep what was chosen; what is no choice is refused when the form is checked."""
        if valuelist:
            word = str(valuelist[0])
            self.data = next((value for value, known in self.WORDS.items() if known == word), word)

    def pre_validate(self, form: Any) -> None:
        """Refuse what is not in the list."""
        if self.data not in self.WORDS:
            raise StopValidation("Choose one of the list.")

    def _value(self) -> str:
        return self.WORDS.get(self.data, "")

    def widget(self, field: Any, **attributes: Any) -> Markup:
        """A list to choose from."""
        return _select(self, [(word, word or "–") for word in self.choices], self._value(), attributes)


class TagsField(Field):
    """Tags as a tuple of words, typed with commas between; `known` are offered while typing."""

    widget = TextInput()

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, default=(), render_kw={"list": "known-tags", "autocomplete": "off"}, **options)
        self.known: Sequence[str] = ()

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data and self.process_errors else ", ".join(self.data or ())

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the words; the same word twice is one. Raises ValueError with a sentence."""
        if not valuelist:
            return
        words = (" ".join(clean(one).split()) for one in str(valuelist[0]).split(","))
        self.data = tuple({word.casefold(): word for word in words if can_be_seen(word)}.values())
        if any(len(word) > tags.LONGEST for word in self.data):
            raise ValueError(f"A tag has at most {tags.LONGEST} characters. Put commas between tags.")
        if len(self.data) > tags.MOST:
            raise ValueError(f"At most {tags.MOST} tags fit; there are {len(self.data)}.")


class PersonField(Field):
    """A user of the CRM, as id or None. `offer` fills in the list."""

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, **options)
        self.people: list[tuple[int, str]] = []

    def offer(self, people: Sequence[tuple[int, str]], *, current: tuple[int, str] | None = None) -> None:
        """Fill in the list; the current owner is in it even when deactivated."""
        self.people = list(people)
        if current is not None and current[0] not in [number for number, _ in people]:
            self.people.append(current)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the id; -1, which is nobody's, for what is none."""
        if valuelist:
            typed = str(valuelist[0])
            number = int(typed) if re.fullmatch(r"\d{1,18}", typed, re.ASCII) else -1
            self.data = number if typed else None

    def pre_validate(self, form: Any) -> None:
        """Refuse who is not in the list."""
        if self.data is not None and self.data not in [number for number, _ in self.people]:
            raise StopValidation("Choose one of the list.")

    def widget(self, field: Any, **attributes: Any) -> Markup:
        """A list to choose from."""
        return _select(self, [("", "Nobody"), *self.people], self.data, attributes)


class LinkField(Field):
    """A link to another record: `data` is its id or None, `of` the other kind's key.

    It is a list to choose from while there are few records, and a text with suggestions when there are many. What is
    typed is the name, or the name and ``#id`` where two have the same. `settle` tells it what was meant.
    """

    def __init__(self, label: str, of: str, **options: Any) -> None:
        super().__init__(label, **options)
        self.of = of
        self.typed = ""
        self.choices: Sequence[tuple[int, str]] | None = None
        self.title = ""
        self.render_kw = {}

    @property
    def number(self) -> int | None:
        """The id that the typed text ends in, if it does."""
        found = _NUMBERED.search(self.typed)
        return int(found[1]) if found else None

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep what was typed; it is looked up later."""
        if valuelist:
            self.typed = clean(str(valuelist[0]))[:300]
            self.data = self.number

    def settle(self, found: int | None, problem: str = "") -> bool:
        """Say which record was meant, or what is wrong with what was typed. True when nothing is."""
        self.data = found
        if problem:
            self.errors = [*self.errors, problem]
        return not problem

    def widget(self, field: Any, **attributes: Any) -> Markup:
        """A list to choose from for few records, a text with suggestions for many."""
        if self.choices is None:
            return _suggest(self, attributes)
        named = [(f"#{number}", title) for number, title in self.choices]
        return _select(self, [("", "None"), *named], f"#{self.data}", attributes)


def _select(field: Field, options: Sequence[tuple[Any, str]], chosen: Any, attributes: dict[str, Any]) -> Markup:
    drawn = [
        Markup('<option value="{}"{}>{}</option>').format(value, Markup(" selected") if value == chosen else "", text)
        for value, text in options
    ]
    return Markup("<select{}>{}</select>").format(_attributes(field, attributes), Markup("").join(drawn))


def _suggest(field: LinkField, attributes: dict[str, Any]) -> Markup:
    shown = field.typed or (f"{field.title} #{field.data}" if field.data else "")
    asks = {
        "list": f"{field.id}-list",
        "value": shown,
        "autocomplete": "off",
        "placeholder": "Type a name",
        "hx-get": f"/{field.of}/choices",
        "hx-trigger": "input changed delay:200ms",
        "hx-target": f"#{field.id}-list",
    }
    return Markup('<input type="text"{}><datalist id="{}-list"></datalist>').format(
        _attributes(field, {**asks, **attributes}), field.id
    )


def _attributes(field: Field, attributes: dict[str, Any]) -> Markup:
    named = {"id": field.id, "name": field.name, **attributes}
    pairs = [
        Markup(' {}="{}"').format(key.replace("_", "-"), value) for key, value in named.items() if value is not False
    ]
    return Markup("").join(pairs)
