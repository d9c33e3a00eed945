"""From the cells of a row to values that can be stored, by the rules of the forms that people type into.

The rules are held once, in the forms: here a cell is only brought into the words a form takes (a point before the
decimals, dates as year-month-day, people by id), and one form is filled in anew for every row, which is many times
quicker than making one (a test holds both against each other).
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.duplicates.merge import UNITED
from core.imports.targets import FULL_NAME, LISTS
from core.records.custom_form import form_class
from core.records.fields import AmountField, ChoiceField, DayField, LinkField, PersonField, TagsField, YesNoField
from core.records.forms import OpportunityForm, RecordForm
from core.records.kinds import KINDS
from core.records.models import Record
from core.records.stages import stages
from core.records.ways_field import WaysField
from core.users.models import User

DECIMALS = {".": "1,234.50", ",": "1.234,50"}
DATES = {"ymd": "2026-11-30", "dmy": "30/11/2026 or 30.11.2026", "mdy": "11/30/2026"}
_DAY = re.compile(r"(\d{1,4})[-/. ]{1,2}(\d{1,2})[-/. ]{1,2}(\d{1,4})\.?(?:[T ]0?0:00(?::00(?:\.0+)?)?Z?)?", re.ASCII)
_COMMA = re.compile(r"[-\u2212]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?", re.ASCII)
_SIGNS = re.compile(r"^(-?)\s*(?:[A-Z]{0,3}[$€£¥]|[A-Z]{3}(?=[\s\d]))\s*|\s*[$€£¥]$")
_SWAP = str.maketrans(",.", ".,")
_KIND_BEHIND = re.compile(r"(.*\S)\s*\((\w+)\)")
NOTHING = frozenset({"n/a", "-", "--", "\u2013", "\u2014"})  # what people write where they have nothing to say
_YES = frozenset({"yes", "y", "true", "1", "x", "ja", "oui", "si", "sí", "sim"})
_NO = frozenset({"no", "n", "false", "0", "nein", "non", "não", "nee"})


class Typed(dict[str, str]):
    """What a row says, by the names of the form's fields, as a post that a form can read."""

    def getlist(self, name: str) -> list[str]:
        """The one text of a field, or nothing."""
        return [self[name]] if name in self else []


@dataclass(frozen=True, slots=True)
class Options:
    """How cells are to be read: the sign before decimals, the order in dates, the currency where none is given."""

    decimal: str = "."
    dates: str = "ymd"
    currency: str = "NZD"


@dataclass(slots=True)
class Read:
    """A row as it was read: texts for the form, names of linked records, and what is wrong, by target."""

    typed: Typed
    links: dict[str, str]
    problems: dict[str, str]


class RowReader:
    """Reads the rows of one import: made once for a piece of work, with the people, stages and fields there are."""

    def __init__(self, session: Session, kind: str, mapping: Sequence[str], options: Options) -> None:
        self.kind, self.mapping, self.options = kind, tuple(mapping), options
        self._class = form_class(session, kind, KINDS[kind].form)
        self._stages = stages(session)
        self._people = _people(session)
        self._form = self.fresh(Typed())
        self._fields: dict[str, Any] = {field.short_name: field for field in self._form}
        self._blank = self._form.values()
        self._leave_out()

    def _leave_out(self) -> None:
        """Take the fields that no column goes into out of the form, which is twice as quick, as far as no rule of the
        whole form looks at them; what they hold in an empty form is what a new record gets.
        """
        looked_at = {"first_name", "last_name", "name", *(field.name for field in self._class.CUSTOM)}
        if self.kind in ("contacts", "organizations"):
            wanted = looked_at | set(self.mapping)
        else:
            wanted = set(self._fields) - ({"owner_id", "tags", "version", "was"} - set(self.mapping))
        for name in set(self._fields) - wanted:
            del self._form[name]

    def fresh(self, typed: Typed, record: Record | None = None) -> RecordForm:
        """A new form with these texts in it, over the record where there is one."""
        form = self._class(typed, obj=record)
        known = {number for numbers in self._people.values() for number in numbers}
        form.owner_id.offer([(number, "") for number in known])
        if isinstance(form, OpportunityForm):
            form.offer_stages(self._stages)
        return form

    def read(self, cells: Sequence[str]) -> Read:
        """Bring the cells of a row into the form's words; what cannot be is said."""
        found = Read(Typed(), {}, {})
        for key, text in self._texts(cells).items():
            try:
                self._take(found, key, text)
            except ValueError as error:
                found.problems[key] = str(error)
        return found

    def check_new(self, row: Read) -> tuple[dict[str, Any], dict[str, str]]:
        """The values of a new record, links left out, and what is wrong, by the names of fields."""
        for field in self._form:
            if hasattr(field, "typed"):
                field.typed = ""  # of the row before
        self._form.process(self.completed(row.typed))
        values, problems = self._checked(self._form)
        return self._blank | values, problems

    def check_change(self, row: Read, record: Record) -> tuple[dict[str, Any], dict[str, str]]:
        """The values that filled cells give a record that is there, and what is wrong."""
        values, problems = self._checked(self.fresh(row.typed, record))
        custom = {field.name for field in self._class.CUSTOM} & set(row.typed)
        kept = {name: value for name, value in values.items() if name in row.typed}
        kept |= {name: _united(record, name, kept[name]) for name in LISTS if name in kept}
        for name in LISTS & kept.keys():
            most = UNITED[name][1]
            if len(kept[name]) > most:
                problems[name] = f"With those it has they are more than {most}."
        return kept | ({"custom": values["custom"]} if custom else {}), problems

    def completed(self, typed: Typed) -> Typed:
        """The texts with those that follow where a cell is empty: the currency, the first stage."""
        more = {}
        if "currency" in self._fields:
            more["currency"] = self.options.currency
        if "stage" in self._fields:
            more["stage"] = self._stages[0].name
        return Typed(more | typed)

    def _checked(self, form: RecordForm) -> tuple[dict[str, Any], dict[str, str]]:
        if form.validate():
            return form.values(), {}
        told = {field.short_name: " ".join(map(str, field.errors)) for field in form if field.errors}
        if FULL_NAME in self.mapping and "first_name" not in self.mapping and "first_name" in told:
            told[FULL_NAME] = told.pop("first_name")
        return {}, told

    def _texts(self, cells: Sequence[str]) -> dict[str, str]:
        """What stands in the cells that are filled, by target; several columns of one list are put together."""
        texts: dict[str, str] = {}
        for key, cell in zip(self.mapping, cells, strict=False):
            text = cell.strip()
            if key and text and not self._says_nothing(key, text):
                texts[key] = f"{texts[key]}; {text}" if key in texts else text
        return texts

    def _says_nothing(self, key: str, text: str) -> bool:
        """Whether a text only holds the place of a value; a choice that is called so is one."""
        field = self._fields.get(key)
        named = isinstance(field, ChoiceField) and text.casefold() in {choice.casefold() for choice in field.choices}
        return text.casefold() in NOTHING and not named

    def _take(self, found: Read, key: str, text: str) -> None:
        if key == FULL_NAME:
            for name, part in zip(("first_name", "last_name"), split_name(text), strict=True):
                if part:
                    found.typed.setdefault(name, part)
            return
        field = self._fields[key]
        if isinstance(field, LinkField):
            found.links[key] = " ".join(text.split())
        else:
            found.typed[key] = self._in_words(field, text)

    def _in_words(self, field: Any, text: str) -> str:
        """The text that the form's field takes. Raises ValueError with a sentence."""
        if isinstance(field, AmountField):
            return number_text(text, self.options.decimal)
        if isinstance(field, DayField):
            return day_text(text, self.options.dates)
        if isinstance(field, YesNoField):
            return "Yes" if text.casefold() in _YES else "No" if text.casefold() in _NO else text
        if isinstance(field, ChoiceField):
            return next((choice for choice in field.choices if choice.casefold() == text.casefold()), text)
        if isinstance(field, PersonField):
            return self._person(text)
        if isinstance(field, WaysField):
            return ways_text(field, text)
        return text.replace(";", ",") if isinstance(field, TagsField) else text

    def _person(self, text: str) -> str:
        found = self._people.get(text.casefold(), set())
        if len(found) == 1:
            return str(next(iter(found)))
        if found:
            raise ValueError(f"More than one user is called {text[:60]}. Write the log-in name.")
        raise ValueError(f"No user is called {text[:60]}.")


def _united(record: Record, name: str, new: Sequence[Any]) -> tuple[Any, ...]:
    """What a record has in a list with what a row adds: an update takes nothing away. The first e-mail address or
    number of the record is not among the further ones again.
    """
    has = tuple(getattr(record, name))
    if name == "tags":
        return tuple(dict.fromkeys((*has, *new)))
    first = getattr(record, {"more_emails": "email", "more_phones": "phone"}[name])
    known = {first.casefold(), *(way.value.casefold() for way in has)}
    return (*has, *(way for way in new if way.value.casefold() not in known))


def split_name(text: str) -> tuple[str, str]:
    """First and last name of a whole one: ``Parata, Mere`` and ``Mere Parata``; one word is a last name."""
    last, comma, first = text.partition(",")
    if comma and first.strip():
        return first.strip(), last.strip()
    before, _, behind = " ".join(text.split()).rpartition(" ")
    return before, behind


def number_text(text: str, decimal: str) -> str:
    """A number as forms take it, without the sign of a currency. Raises ValueError with a sentence."""
    bare = _SIGNS.sub(r"\1", text.strip())
    if decimal == ".":
        return bare
    if not _COMMA.fullmatch(bare.replace(" ", "").replace("\u00a0", "").replace("\u202f", "")):
        raise ValueError("Write a number such as 1.234,50, or choose a point before the decimals above.")
    return bare.translate(_SWAP)


def day_text(text: str, order: str) -> str:
    """A date as forms take it, year-month-day. Raises ValueError with a sentence."""
    found = _DAY.fullmatch(text.strip())
    parts = dict(zip(order, map(int, found.groups()), strict=True)) if found else {}
    if found and order != "ymd" and len(found[1]) == 4:  # a date that begins with its year is clear in any file
        parts = dict(zip("ymd", map(int, found.groups()), strict=True))
    try:
        year = parts["y"] + (2000 if parts["y"] < 70 else 1900 if parts["y"] < 100 else 0)
        return dt.date(year, parts["m"], parts["d"]).isoformat()
    except (KeyError, ValueError) as error:
        raise ValueError(f"Write a date such as {DATES[order]}.") from error


def ways_text(field: WaysField, text: str) -> str:
    """Further addresses or numbers, with commas, semicolons or lines between, as the text that their field reads."""
    rows = []
    for part in filter(None, map(str.strip, re.split(r"[;\n]|,(?!\d)|:::", text))):
        behind = _KIND_BEHIND.fullmatch(part)
        kind = next((kind for kind in field.kinds if behind and kind.casefold() == behind[2].casefold()), "")
        rows.append({"kind": kind or "Other", "value": behind[1] if behind and kind else part})
    return json.dumps(rows, ensure_ascii=False)


def _people(session: Session) -> Mapping[str, set[int]]:
    """The ids of active users by name, log-in name and e-mail address, however capitalised."""
    found: dict[str, set[int]] = {}
    for user in session.execute(select(User.id, User.name, User.login, User.email).where(User.active)):
        for word in filter(None, (user.name, user.login, user.email)):
            found.setdefault(word.casefold(), set()).add(user.id)
    return found


def guess_decimal(texts: Sequence[str]) -> str:
    """The sign before the decimals in these numbers; a point where they do not say."""
    comma = sum(bool(re.search(r"\d,\d{1,2}(\D|$)|\d\.\d{3},", text)) for text in texts)
    point = sum(bool(re.search(r"\d\.\d{1,2}(\D|$)|\d,\d{3}\.", text)) for text in texts)
    return "," if comma > point else "."


def guess_dates(texts: Sequence[str]) -> str:
    """The order of day, month and year in these dates: the first that all fit, else the one that most fit."""
    fits = {order: sum(_fits(text, order) for text in texts) for order in DATES}
    return max(fits, key=lambda order: fits[order])


def _fits(text: str, order: str) -> bool:
    found = _DAY.fullmatch(text.strip())
    if found is None or (len(found[1]) == 4) != (order == "ymd"):
        return False
    try:
        day_text(text, order)
    except ValueError:
        return False
    return True
