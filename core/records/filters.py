"""Filters of lists as data: which there are for each type, how what was typed is read, and the condition it makes.

Each filter is one parameter of an address, so that filters combine and every one can be taken away by itself. What
cannot be read stays where it was typed, with a sentence; the list is shown without it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, select

from core import formats
from core.forms import clean, is_iso_day, number_in, parse_amount
from core.records import custom
from core.records.custom import CustomField
from core.records.models import MODELS, STATUSES, Contact, Opportunity, Organization, Project
from core.records.sorting import custom_value
from core.records.stages import OUTCOMES
from core.records.tags import RecordTag

LONGEST, MOST = 200, 20
LARGEST = Decimal("99999999999999")
ME, NOBODY, EMPTY = "me", "nobody", "-"
GONE = "This field is not there any more"


@dataclass(frozen=True)
class Asking:
    """Who asks, and what there is to choose from: users by id (and those who are not active any more), the names of
    stages, tags, and titles by id. `numbers` is the style that numbers are typed in, a key of `formats.NUMBERS`."""

    user_id: int | None = None
    people: Mapping[int, str] = field(default_factory=dict)
    stages: Sequence[str] = ()
    tags: Sequence[str] = ()
    title: Callable[[int], str] = str
    former: Mapping[int, str] = field(default_factory=dict)
    numbers: str = formats.DEFAULT.numbers


@dataclass(frozen=True)
class Filter:
    """One parameter of an address: its `style` is a key of `STYLES`, `column` what it is about, as SQL.

    `choices` are those of a style to choose from. A filter that may be given several times is met by any of its
    values, tags by all of them.
    """

    name: str
    label: str
    style: str
    column: Any
    choices: Sequence[tuple[str, str]] = ()
    several: bool = False


@dataclass(frozen=True)
class Style:
    """How a filter is read from a text (ValueError with a sentence), what it asks of the database, and its words."""

    read: Callable[[str, Filter, Asking], Any]
    condition: Callable[[Any, Any], ColumnElement[bool]]
    words: Callable[[Any, Filter, Asking], str]
    input: str = "text"


@dataclass(frozen=True)
class Active:
    """A filter that is on: what its chip says, and the pair of the address that it came from."""

    name: str
    text: str
    label: str
    words: str


@dataclass(frozen=True)
class Chosen:
    """What an address filters by: the conditions, the chips, what was typed by name, and what is wrong with it."""

    conditions: list[ColumnElement[bool]]
    active: list[Active]
    typed: dict[str, list[str]]
    problems: dict[str, str]

    def value(self, name: str) -> str:
        """What was typed for a filter that takes one value."""
        return (self.typed.get(name) or [""])[0]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What is filtered by, as pairs for an address."""
        return [(one.name, one.text) for one in self.active]


def read(filters: Sequence[Filter], given: Sequence[tuple[str, str]], asking: Asking) -> Chosen:
    """What pairs of an address filter by; unknown names are nothing, but custom fields that went are told."""
    chosen = Chosen([], [], {}, {})
    for one in filters:
        texts = [clean(value)[:LONGEST] for name, value in given if name == one.name]
        texts = list(dict.fromkeys(text for text in texts if text))[: MOST if one.several else 1]
        if texts:
            chosen.typed[one.name] = texts
            _take(chosen, one, texts, asking)
    _miss(chosen, {one.name for one in filters}, given)
    return chosen


def _miss(chosen: Chosen, known: Collection[str], given: Sequence[tuple[str, str]]) -> None:
    """A saved view outlives a custom field: what it asked for stands there as a chip to take away."""
    asked = {name: clean(value)[:LONGEST] for name, value in given if name.startswith(custom.PREFIX)}
    for name in [name for name, value in asked.items() if value and name not in known][:MOST]:
        label = formats.field_words(name.removeprefix(custom.PREFIX)).capitalize()
        chosen.problems[name] = GONE
        chosen.active.append(Active(name, asked[name], label[:LONGEST], GONE))


def _take(chosen: Chosen, one: Filter, texts: Sequence[str], asking: Asking) -> None:
    style, values = STYLES[one.style], []
    for text in texts:
        try:
            value = style.read(text, one, asking)
        except ValueError as problem:
            chosen.problems[one.name] = str(problem)
            continue
        values.append(value)
        if style.input == "number":
            text = format(value, "f")  # an address means the same to everybody; the panel has it in the viewer's style
            chosen.typed[one.name] = [formats.localised(text)]
        chosen.active.append(Active(one.name, text, one.label, style.words(value, one, asking)))
    if one.several and one.style == "choice":
        values = [values] if values else []
    chosen.conditions.extend(style.condition(one.column, value) for value in values)


def _text(text: str, one: Filter, asking: Asking) -> str:
    return text


def _contains(column: Any, text: str) -> ColumnElement[bool]:
    return column.icontains(text, autoescape=True)  # type: ignore[no-any-return]


def _person(text: str, one: Filter, asking: Asking) -> int | None:
    number = asking.user_id if text == ME else number_in(text, -1)
    if text != NOBODY and number not in asking.people and number not in asking.former:
        raise ValueError("Choose one of the list.")
    return None if text == NOBODY else number


def _is(column: Any, value: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column.is_(None) if value is None else column == value
    return found


def _person_words(number: int | None, one: Filter, asking: Asking) -> str:
    if number is None:
        return "Nobody"
    return "Me" if number == asking.user_id else asking.people.get(number) or asking.former[number]


def _link(text: str, one: Filter, asking: Asking) -> int | None:
    if text == EMPTY:
        return None
    number = number_in(text.rpartition("#")[2], -1)
    if not 0 < number < 2**31:
        raise ValueError("Choose one that is suggested while you type.")
    return number


def _choice(text: str, one: Filter, asking: Asking) -> str:
    offered = [value for value, _ in choices(one, asking)]
    if text not in offered:
        raise ValueError("Choose one of the list.")
    return text


def _one_of(column: Any, values: Sequence[str]) -> ColumnElement[bool]:
    some: ColumnElement[bool] = column.in_([value for value in values if value != EMPTY])
    return (some | column.is_(None)) if EMPTY in values else some


def _choice_words(value: str, one: Filter, asking: Asking) -> str:
    return dict(choices(one, asking)).get(value, value)


def _tagged(model: Any, tag: str) -> ColumnElement[bool]:
    marked = select(RecordTag.record_id).where(RecordTag.kind == model.kind, RecordTag.tag == tag)
    return model.id.in_(marked)  # type: ignore[no-any-return]


def _number(text: str, one: Filter, asking: Asking) -> Decimal:
    word = "amount" if one.style.startswith("amount") else "number"
    with formats.using(replace(formats.style(), numbers=asking.numbers)):
        return parse_amount(text, places=4, minimum=-LARGEST, maximum=LARGEST, word=word)


def _day(text: str, one: Filter, asking: Asking) -> dt.date:
    if not is_iso_day(text):
        raise ValueError("Write the date as year-month-day, such as 2026-11-30.")
    return dt.date.fromisoformat(text)


def _yes_no(text: str, one: Filter, asking: Asking) -> int | None:
    values = {"yes": 1, "no": 0, EMPTY: None}
    if text not in values:
        raise ValueError("Choose one of the list.")
    return values[text]


def _as_float(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], ColumnElement[bool]]:
    return lambda column, value: compare(column, float(value))


def _as_text(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], ColumnElement[bool]]:
    return lambda column, day: compare(column, day.isoformat())


def _at_least(column: Any, value: Any) -> Any:
    return column >= value


def _since(column: Any, day: dt.date) -> Any:
    return column >= formats.begin_of(day)


def _at_most(column: Any, value: Any) -> Any:
    return column <= value


def _plainly(value: Any, one: Filter, asking: Asking) -> str:
    return str(value)


def _as_number(value: Any, one: Filter, asking: Asking) -> str:
    return formats.number(value)


def _as_day(value: Any, one: Filter, asking: Asking) -> str:
    return formats.day(value)


def _titled(value: int | None, one: Filter, asking: Asking) -> str:
    return "None" if value is None else asking.title(value)


STYLES: dict[str, Style] = {
    "text": Style(_text, _contains, lambda value, one, asking: f"“{value}”"),
    "person": Style(_person, _is, _person_words, "person"),
    "link": Style(_link, _is, _titled, "link"),
    "tag": Style(_text, _tagged, _plainly, "tag"),
    "choice": Style(_choice, _one_of, _choice_words, "choice"),
    "yesno": Style(_yes_no, _is, _choice_words, "choice"),
    "amount from": Style(_number, _at_least, _as_number, "number"),
    "amount to": Style(_number, _at_most, _as_number, "number"),
    "day from": Style(_day, _at_least, _as_day, "date"),
    "day to": Style(_day, _at_most, _as_day, "date"),
    "since": Style(_day, _since, _as_day, "date"),
    # Custom fields: their numbers are compared as the database reads them, their dates as they are written.
    "number from": Style(_number, _as_float(_at_least), _as_number, "number"),
    "number to": Style(_number, _as_float(_at_most), _as_number, "number"),
    "date from": Style(_day, _as_text(_at_least), _as_day, "date"),
    "date to": Style(_day, _as_text(_at_most), _as_day, "date"),
}


def _range(name: str, label: str, style: str, column: Any) -> list[Filter]:
    return [Filter(f"{name}_{end}", f"{label} {end}", f"{style} {end}", column) for end in ("from", "to")]


def _of_all(model: Any) -> list[Filter]:
    return [
        Filter("owner", "Owner", "person", model.owner_id),
        Filter("tag", "Tag", "tag", model, several=True),
        Filter("changed_since", "Changed since", "since", model.changed_at),
    ]


def _where(model: Any) -> list[Filter]:
    return [Filter("city", "City", "text", model.city), Filter("country", "Country", "text", model.country)]


def _organization(model: Any) -> Filter:
    return Filter("organization", "Organization", "link", model.organization_id)


def _words(values: Sequence[str]) -> list[tuple[str, str]]:
    return [(value, value.capitalize()) for value in values]


_CURRENCIES = [(code, code) for code in formats.currencies()]
FILTERS: dict[str, list[Filter]] = {
    "contacts": [*_of_all(Contact), _organization(Contact), *_where(Contact)],
    "organizations": [*_of_all(Organization), *_where(Organization)],
    "opportunities": [
        Filter("stage", "Stage", "choice", Opportunity.stage, several=True),
        Filter("outcome", "Outcome", "choice", Opportunity.outcome, _words(OUTCOMES), several=True),
        *_of_all(Opportunity),
        _organization(Opportunity),
        *_range("amount", "Amount", "amount", Opportunity.amount),
        Filter("currency", "Currency", "choice", Opportunity.currency, _CURRENCIES, several=True),
        *_range("close", "Closes", "day", Opportunity.close_date),
    ],
    "projects": [
        Filter("status", "Status", "choice", Project.status, [(one, one) for one in STATUSES], several=True),
        *_of_all(Project),
        _organization(Project),
        *_range("amount", "Budget", "amount", Project.budget),
        Filter("currency", "Currency", "choice", Project.currency, _CURRENCIES, several=True),
        *_range("start", "Starts", "day", Project.starts_on),
        *_range("end", "Ends", "day", Project.ends_on),
    ],
}
_EMPTY = (EMPTY, "Empty")


def choices(one: Filter, asking: Asking) -> Sequence[tuple[str, str]]:
    """What a filter offers to choose from: values and their words."""
    return [(name, name) for name in asking.stages] if one.name == "stage" else one.choices


def filters_of(kind: str, fields: Sequence[CustomField]) -> list[Filter]:
    """The filters of a type, those of its custom fields behind its own."""
    return [*FILTERS[kind], *(one for field in fields for one in _custom(kind, field))]


def _custom(kind: str, field: CustomField) -> list[Filter]:
    column = custom_value(MODELS[kind], field)
    if field.style in (custom.NUMBER, custom.DATE):
        return _range(field.name, field.label, field.style, column)
    if field.style == custom.CHOICE:
        offered = [*((word, word) for word in field.choices), _EMPTY]
        return [Filter(field.name, field.label, "choice", column, offered, several=True)]
    if field.style == custom.YES_NO:
        return [Filter(field.name, field.label, "yesno", column, [("yes", "Yes"), ("no", "No"), _EMPTY])]
    return [Filter(field.name, field.label, "text", column)]
