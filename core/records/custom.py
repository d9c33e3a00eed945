"""Custom fields: those that an administrator adds to a type of record, and what stands in them.

A record keeps them in one column, by key, as plain values: a text, a number as decimal text, a date as ``2026-11-30``,
a choice as its word, yes and no as true and false. What is empty is not kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, Json

TEXT, NUMBER, DATE, CHOICE, YES_NO = "text", "number", "date", "choice", "yesno"
STYLES = {TEXT: "Text", NUMBER: "Number", DATE: "Date", CHOICE: "Choice", YES_NO: "Yes or no"}
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


def custom_fields(session: Session, kind: str) -> tuple[CustomField, ...]:
    """The custom fields of a type in their order, without retired ones."""
    row = CustomFieldRow
    query = select(row.key, row.label, row.style, row.choices, row.in_list).where(row.kind == kind, ~row.retired)
    found = session.execute(query.order_by(row.position, row.id))
    return tuple(CustomField(one.key, one.label, one.style, tuple(one.choices), one.in_list) for one in found)


def changed_in(fields: Sequence[CustomField], old: Mapping[str, Any], new: Mapping[str, Any]) -> list[CustomField]:
    """The fields whose values differ."""
    return [field for field in fields if old.get(field.key) != new.get(field.key)]
