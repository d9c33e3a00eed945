"""Custom fields: those that an administrator adds to a type of record, and what stands in them.

A record keeps them in one column, by key, as plain values: a text, a number as decimal text, a date as ``2026-11-30``,
a choice as its word, yes and no as true and false. What is empty is not kept.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import String, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, Json, look_up, table_of
from core.forms import can_be_seen

TEXT, NUMBER, DATE, CHOICE, YES_NO = "text", "number", "date", "choice", "yesno"
STYLES = {TEXT: "Text", NUMBER: "Number", DATE: "Date", CHOICE: "Choice", YES_NO: "Yes or no"}
LONGEST_LABEL, LONGEST_CHOICE, MOST_CHOICES = 60, 100, 200
PREFIX = "custom_"  # before the key, in forms, filters, files and the API


class CustomFieldRow(Base):
    """A custom field of one type of record. `retired` ones are shown nowhere; what was written into them is kept."""

    __tablename__ = "custom_fields"
    __table_args__ = (UniqueConstraint("kind", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(60))
    style: Mapped[str] = mapped_column(String(10))
    choices: Mapped[list[str]] = mapped_column(Json, default=list)
    in_list: Mapped[bool] = mapped_column(default=False)
    retired: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)


@dataclass(frozen=True, slots=True)
class CustomField:
    """A custom field as forms, lists and files know it: `style` is one of `STYLES`, `in_list` makes it a column."""

    key: str
    label: str
    style: str
    choices: tuple[str, ...] = ()
    in_list: bool = False

    @property
    def name(self) -> str:
        """Its name beside the fields that all records have: ``custom_size``."""
        return PREFIX + self.key

    def value_in(self, kept: Mapping[str, Any]) -> Any:
        """What a record has in it: str, Decimal, date or bool; None for nothing, and for what no longer fits."""
        return self.read(kept.get(self.key))

    def read(self, plain: Any) -> Any:
        """The value of what is kept; None for nothing, and for what no longer fits the style."""
        if plain is None or plain == "":
            return None
        try:
            if self.style == NUMBER:
                return Decimal(str(plain))
            if self.style == DATE:
                return dt.date.fromisoformat(str(plain))
        except (ValueError, ArithmeticError):
            return None
        return plain if (self.style == YES_NO) == isinstance(plain, bool) else None

    @staticmethod
    def plain(value: Any) -> Any:
        """What is kept of a value."""
        if isinstance(value, Decimal):
            return format(value, "f")
        return value.isoformat() if isinstance(value, dt.date) else value


_ROWS = table_of(CustomFieldRow)
_SHOWN = (
    select(_ROWS.c.key, _ROWS.c.label, _ROWS.c.style, _ROWS.c.choices, _ROWS.c.in_list)
    .where(_ROWS.c.kind == bindparam("kind"), ~_ROWS.c.retired)
    .order_by(_ROWS.c.position, _ROWS.c.id)
)


def custom_fields(session: Session, kind: str) -> tuple[CustomField, ...]:
    """The custom fields of a type in their order, without retired ones."""
    found = look_up(session, _SHOWN, kind=kind)
    return tuple(CustomField(one.key, one.label, one.style, tuple(one.choices), one.in_list) for one in found)


def changed_in(fields: Sequence[CustomField], old: Mapping[str, Any], new: Mapping[str, Any]) -> list[CustomField]:
    """The fields whose values differ."""
    return [field for field in fields if old.get(field.key) != new.get(field.key)]


class NotAField(Exception):
    """Why a custom field cannot be saved so: `name` is the form's field, with a sentence."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


def all_rows(session: Session, kind: str) -> Sequence[CustomFieldRow]:
    """The custom fields of a type in their order, retired ones last."""
    row = CustomFieldRow
    return session.scalars(select(row).where(row.kind == kind).order_by(row.retired, row.position, row.id)).all()


def save_field(
    session: Session,
    kind: str,
    row: CustomFieldRow | None,
    *,
    label: str,
    style: str,
    choices: str,
    in_list: bool,
    taken: Collection[str] = (),
) -> CustomFieldRow:
    """Make a custom field (`row` None) or change one; its style and its key stay as they are. Raises `NotAField`.

    `taken` are what the fields are called that every record of the type has.
    """
    others = [one for one in all_rows(session, kind) if one is not row]
    words = [word for word in dict.fromkeys(line.strip() for line in choices.splitlines()) if word]
    style = row.style if row else style
    _check(label, style, words, {one.label.casefold() for one in others} | {one.casefold() for one in taken})
    if row is None:
        place = 1 + max((one.position for one in others), default=0)
        row = CustomFieldRow(kind=kind, key=_key(label, style, others), style=style, position=place)
        session.add(row)
    row.label, row.choices, row.in_list = label, words if style == CHOICE else [], in_list
    session.flush()
    return row


def move_up(session: Session, row: CustomFieldRow) -> None:
    """Put a custom field before the one above it."""
    shown = [one for one in all_rows(session, row.kind) if not one.retired]
    place = shown.index(row) if row in shown else 0
    if place:
        shown[place - 1 : place + 1] = [row, shown[place - 1]]
    for number, one in enumerate(shown, start=1):
        one.position = number


def _check(label: str, style: str, words: Sequence[str], taken: Collection[str]) -> None:
    if not can_be_seen(label):
        raise NotAField("label", "Write a name for the field.")
    if len(label) > LONGEST_LABEL:
        raise NotAField("label", f"Write at most {LONGEST_LABEL} characters.")
    if label.casefold() in taken:
        raise NotAField("label", "There is a field of that name already.")
    if style not in STYLES:
        raise NotAField("style", "Choose one of the list.")
    if style == CHOICE and len(words) < 2:
        raise NotAField("choices", "Write at least two choices, each on a line of its own.")
    if any(len(word) > LONGEST_CHOICE for word in words) or len(words) > MOST_CHOICES:
        raise NotAField("choices", f"At most {MOST_CHOICES} choices of {LONGEST_CHOICE} characters fit.")


def _key(label: str, style: str, others: Sequence[CustomFieldRow]) -> str:
    """A key from the label: small letters and digits; a number behind it where it, or a filter of it, is taken."""
    taken = {name for one in others for name in _filters_of(one.key, one.style)}
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:34] or "field"
    names = (base if number == 1 else f"{base}_{number}" for number in range(1, 1000))
    return next(name for name in names if not taken.intersection(_filters_of(name, style)))


def _filters_of(key: str, style: str) -> tuple[str, ...]:
    """The key and what the two filters of a range are called."""
    return (key, f"{key}_from", f"{key}_to") if style in (NUMBER, DATE) else (key,)
