"""Paging by the place where a page ends, not by how many rows come before it: page 10,000 is as quick as page 1.

What has nothing in the column it is sorted by comes last, both ways round. So a list is read in up to two segments,
those with a value and those without, and each of them straight from an index: no database needs NULLS LAST for it.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Date, Float, Integer, func, literal, select, tuple_
from sqlalchemy.orm import Session

from core.db import Amount, Moment

LONGEST = 2_000


class BadCursor(ValueError):
    """The text is no place in this list."""


@dataclass(frozen=True)
class Through:
    """Another table that the listed rows point to, `on` which condition, and the expression over it to sort by."""

    of: Any
    on: ColumnElement[bool]
    column: Any


@dataclass(frozen=True)
class Order:
    """How a list is sorted: by these expressions, then by `id`, all of them in one direction.

    `nullable` says that the first, and then only, expression may be nothing. `through` is where its value stands, when
    that is a row which the listed ones point to: those with a value are then read from there, in its order, instead of
    asking for the value of each. `mark` names list and order, so that a place in one list is not taken for a place in
    another.
    """

    mark: str
    columns: tuple[Any, ...]
    id: Any
    nullable: bool = False
    descending: bool = False
    through: Through | None = None


@dataclass(frozen=True)
class Place:
    """A row's place in a list: what it is sorted by, its id, and its number counted from one, as far as known (0: not).

    The number is only shown; the list goes on from the values.
    """

    values: tuple[Any, ...]
    id: int
    number: int = 0


@dataclass(frozen=True)
class _Segment:
    """A part of a list: its condition, what its rows are sorted by and, of that, what a place remembers."""

    condition: ColumnElement[bool] | None
    keys: tuple[Any, ...]
    values: tuple[Any, ...]
    through: Through | None = None

    def of(self, query: Any) -> Any:
        """The rows of a query that are in this part, with the values behind them."""
        query = query.add_columns(*self.values)
        query = query if self.through is None else query.join(self.through.of, self.through.on)
        return query if self.condition is None else query.where(self.condition)

    def beyond(self, place: Sequence[Any], upward: bool) -> ColumnElement[bool]:
        values = [literal(value, key.type) for value, key in zip(place, self.keys, strict=True)]
        ours, theirs = (tuple_(*self.keys), tuple_(*values)) if len(values) > 1 else (self.keys[0], values[0])
        beyond: ColumnElement[bool] = ours > theirs if upward else ours < theirs
        lead = self.keys[0] >= values[0] if upward else self.keys[0] <= values[0]
        found: ColumnElement[bool] = beyond & lead
        return found  # SQLite finds its way into an index over expressions by one of them alone


def rows(
    session: Session, query: Any, order: Order, *, limit: int, start: Place | None = None, backward: bool = False
) -> list[Any]:
    """At most `limit` rows of a query behind a place (before it, and in the list's order too, when `backward`).

    Each row is what the query selects with the sorted values behind it. Without a place from the beginning; backward
    from the end.
    """
    segments = _segments(order)
    upward = order.descending == backward
    if backward:
        segments.reverse()
    if start is not None:
        lacks = order.nullable and start.values[0] is None
        del segments[: int(lacks != backward) if order.nullable else 0]
    found: list[Any] = []
    for number, segment in enumerate(segments):
        part = segment.of(query)
        if start is not None and number == 0:
            place = (*start.values, start.id)[-len(segment.keys) :]
            part = part.where(segment.beyond(place, upward))
        part = part.order_by(*(key.asc() if upward else key.desc() for key in segment.keys))
        found.extend(session.execute(part.limit(limit - len(found))).all())
        if len(found) == limit:
            break
    return found[::-1] if backward else found


def nth(session: Session, conditions: Sequence[ColumnElement[bool]], order: Order, number: int) -> Place | None:
    """The place of the row of that number, counted from one; None when there are not so many.

    The rows before it are counted off, in an index where there is one that fits; the old way, for old addresses.
    """
    left = number
    for segment in _segments(order):
        query = segment.of(select(order.id).where(*conditions))
        keys = [key.desc() if order.descending else key.asc() for key in segment.keys]
        row = session.execute(query.order_by(*keys).offset(left - 1).limit(1)).first()
        if row is not None:
            return Place(tuple(row[1:]), row[0], number)
        left -= session.scalar(query.with_only_columns(func.count(order.id))) or 0 if order.nullable else 0
    return None


def _segments(order: Order) -> list[_Segment]:
    if not order.nullable:
        return [_Segment(None, (*order.columns, order.id), order.columns)]
    column, through = order.columns[0], order.through
    without = _Segment(column.is_(None), (order.id,), order.columns)
    if through is None:
        return [_Segment(column.is_not(None), (column, order.id), order.columns), without]
    return [_Segment(None, (through.column, order.id), (through.column,), through), without]


# How values stand in a cursor: a letter, and the way there and back.
_WRITTEN: dict[type, tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = {
    type(None): ("z", lambda value: None, lambda text: None),
    str: ("s", str, lambda text: _plain(text)),
    int: ("i", int, lambda number: _small(number)),
    float: ("f", float, float),
    Decimal: ("n", str, lambda text: _amount(text)),
    dt.date: ("d", dt.date.isoformat, dt.date.fromisoformat),
    dt.datetime: ("m", dt.datetime.isoformat, lambda text: _aware(text)),
}
_READ = {letter: back for letter, _, back in _WRITTEN.values()}


def seal(place: Place, order: Order) -> str:
    """The place as a text for an address."""
    values = [[_WRITTEN[type(value)][0], _WRITTEN[type(value)][1](value)] for value in place.values]
    text = json.dumps([place.number, place.id, values], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(f"{_check(text, order)}{text}".encode()).decode().rstrip("=")


def unseal(cursor: str, order: Order) -> Place:
    """The place that a text of an address names. Raises `BadCursor` for what was not made for this list and order."""
    try:
        if len(cursor) > LONGEST:
            raise ValueError("too long")
        raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
        check, text = raw[:8], raw[8:]
        if check != _check(text, order):
            raise ValueError("made for another list")
        number, ident, values = json.loads(text)
        place = Place(tuple(_READ[letter](value) for letter, value in values), _small(ident), max(0, _small(number)))
    except (ValueError, TypeError, KeyError, ArithmeticError) as error:
        raise BadCursor("This is no place in this list.") from error
    if len(place.values) != len(order.columns) or not all(map(_fits, place.values, order.columns)):
        raise BadCursor("This is no place in this list.")
    if None in place.values and not order.nullable:
        raise BadCursor("This is no place in this list.")
    return place


def _fits(value: Any, column: Any) -> bool:
    """Whether a value may be compared with an expression: databases are strict about types."""
    kinds = {Amount: Decimal, Moment: dt.datetime, Date: dt.date, Integer: int, Float: float}
    expected = next((kind for sql, kind in kinds.items() if isinstance(column.type, sql)), str)
    return value is None or type(value) is expected


def _check(text: str, order: Order) -> str:
    """A few letters that tell a mistake; whoever forges them only chooses where the list begins."""
    return hashlib.sha256(f"{order.mark}\n{text}".encode()).hexdigest()[:8]


def _plain(text: Any) -> str:
    if not isinstance(text, str) or "\x00" in text:
        raise ValueError("not a text")
    return text


def _small(number: Any) -> int:
    if type(number) is not int or abs(number) >= 2**31:
        raise ValueError("not a number of ours")
    return number


def _amount(text: Any) -> Decimal:
    value = Decimal(text)
    if not value.is_finite() or abs(value) >= 10**14 or value.as_tuple().exponent < -4:  # type: ignore[operator]
        raise ValueError("not an amount")
    return value


def _aware(text: Any) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("without a time zone")
    return moment
