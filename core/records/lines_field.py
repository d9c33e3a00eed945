"""The field in which lines are typed: any number of rows, each kept to the letter, each with its own sentences.

A post sends ``lines-0-item``, ``lines-0-description`` and so on; a row in which nothing was typed is no line. One text
under the field's own name, as `_value` writes it, stands for all rows: so a form older than its record is merged.
``lines-0-was`` is the item that the row had when the form was drawn: what came from it goes when another is chosen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from core import formats
from core.forms import can_be_seen, clean, parse_amount
from core.records.line_items import HUNDRED, LineItem, SoldItem
from core.records.rows_field import Row, RowsField, rows_in

PARTS = ("item", "description", "quantity", "unit_price", "discount")
TITLES = {"item": "item", "description": "description", "quantity": "quantity", "unit_price": "price"}
WAS = "was"
LENGTHS = {"item": 100, "description": 4000}
MOST = 200  # lines of one opportunity
_NAME = re.compile(r"lines-(\d{1,6})-([a-z_]+)", re.ASCII)


def new_row() -> Row:
    """A row in which nothing was typed yet."""
    return {**dict.fromkeys(PARTS, ""), "quantity": "1"}


def is_blank(row: Mapping[str, str]) -> bool:
    """Whether nothing was typed into a row."""
    typed = any(row[name].strip() for name in PARTS if name != "quantity")
    return not typed and row["quantity"].strip() in ("", "1")


class LinesField(RowsField):
    """Lines as a tuple of `LineItem`."""

    def add_row(self) -> None:
        """One more empty row at the end."""
        self.rows.append(new_row())
        self.focus = len(self.rows) - 1

    @property
    def wants_filling(self) -> bool:
        """Whether a row names an item and lacks words or a price."""
        return any(
            row["item"].strip() and not (row["description"].strip() and row["unit_price"].strip()) for row in self.rows
        )

    @property
    def has_moved(self) -> bool:
        """Whether a row names another item than it had when the form was drawn."""
        return any(map(_is_changed, self.rows))

    def fill(self, items: Sequence[SoldItem], currency: str) -> None:
        """Rows that name an item get its words, and its price where that is in `currency`.

        Only into what is empty, or holds what the item before brought.
        """
        for row in self.rows:
            offer = _offer(items, row["item"], currency)
            before = _offer(items, row.get(WAS, ""), currency) if offer and _is_changed(row) else {}
            for part, text in offer.items():
                stale = bool(before.get(part)) and clean(row[part]) == clean(before[part])
                row[part] = text if stale else row[part] or text
            row[WAS] = row["item"]
        self._read()

    def problems_of(self, number: int) -> list[tuple[str, str, str]]:
        """What is to be mended in a row: part, its title, a sentence; in the order of the parts."""
        told = [(part, self.problems.get((number, part), "")) for part in PARTS]
        return [(part, TITLES.get(part, part).capitalize(), text) for part, text in told if text]

    @staticmethod
    def blank() -> Row:
        """The row that is shown where there is none."""
        return new_row()

    def remove_row(self, number: int) -> None:
        """Without one row."""
        self.rows = [row for place, row in enumerate(self.rows) if place != number]
        self._read()

    def amount_of(self, number: int, currency: str) -> Decimal | None:
        """What a row comes to; None for an empty one and for what cannot be read."""
        if is_blank(self.rows[number]) or any(row == number for row, _ in self.problems):
            return None
        return _Reader(number, self.rows[number], {}).line().amount(currency)

    def _texts(self, value: LineItem) -> Row:
        return _texts(value)

    def _posted(self, formdata: Any) -> list[Row] | None:
        return _posted(self.name, formdata)

    def _tell(self, row: int, part: str, text: str) -> tuple[str, str]:
        return f"lines-{row}-{part}", f"Line {row + 1}, {TITLES.get(part, part)}: {text}"

    def _kept(self) -> list[Row]:
        return [{part: row[part] for part in PARTS} for row in self.rows if not is_blank(row)]

    def _read(self) -> None:
        self.problems = {}
        numbered = [(number, row) for number, row in enumerate(self.rows) if not is_blank(row)]
        self.data = tuple(_Reader(number, row, self.problems).line() for number, row in numbered)
        self.process_errors = list(self.problems.values())
        if len(numbered) > MOST:
            self.process_errors.append(f"At most {MOST} lines fit; there are {len(numbered)}.")


def _is_changed(row: Row) -> bool:
    return row["item"].strip() != row.get(WAS, row["item"]).strip()


def _offer(items: Sequence[SoldItem], code: str, currency: str) -> Row:
    """What an item fills in: its words, and its price in `currency`, "" for none; nothing for a code nobody sells."""
    named = [item for item in items if item.code == code.strip()]
    if not named:
        return {}
    price = next((item.price for item in named if item.currency == currency and item.price is not None), None)
    return {
        "description": named[0].description or named[0].title,
        "unit_price": "" if price is None else formats.price(price),
    }


class _Reader:
    """Reads one row; puts sentences into `problems`."""

    def __init__(self, number: int, row: Mapping[str, str], problems: dict[tuple[int, str], str]) -> None:
        self._number, self._row, self._problems = number, row, problems

    def line(self) -> LineItem:
        item, description = self._text("item"), self._text("description")
        if not can_be_seen(description) and not item:
            self._say("description", "Write what this line is for.")
        quantity = self._amount("quantity", "Write how many.")
        if quantity == 0:
            self._say("quantity", "Write a quantity above zero, or empty the line.")
        price = self._amount("unit_price", "Write a price; 0 if it is free.")
        return LineItem(item, description, quantity, price, self._amount("discount", places=2, maximum=HUNDRED))

    def _say(self, part: str, text: str) -> None:
        self._problems.setdefault((self._number, part), text)

    def _text(self, part: str) -> str:
        text = clean(self._row[part])
        if len(text) > LENGTHS[part]:
            self._say(part, f"Write at most {LENGTHS[part]:,} characters; this has {len(text):,}.")
        return text

    def _amount(
        self, part: str, needed: str = "", *, places: int = 4, maximum: Decimal = Decimal("999999999.9999")
    ) -> Decimal:
        typed = self._row[part].strip().removesuffix("%" if part == "discount" else "")
        if not typed:
            if needed:
                self._say(part, needed)
            return Decimal(0)
        try:
            word = "amount" if part == "unit_price" else "number"
            return parse_amount(typed, places=places, maximum=maximum, word=word)
        except ValueError as error:
            self._say(part, str(error))
            return Decimal(0)


def _texts(line: LineItem) -> Row:
    """A stored line as it stands in the form: prices with two decimals, more only where there are more."""
    return {
        "item": line.item,
        "description": line.description,
        "quantity": formats.number(line.quantity),
        "unit_price": formats.price(line.unit_price),
        "discount": formats.number(line.discount) if line.discount else "",
    }


def _posted(name: str, formdata: Any) -> list[Row] | None:
    """The rows of a post in the order of their numbers; None where it has none."""
    if name in formdata:
        return _from_text(str(formdata.getlist(name)[0]))
    rows: dict[int, Row] = {}
    for key in formdata:
        found = _NAME.fullmatch(key)
        if found and found[2] in (*PARTS, WAS):
            rows.setdefault(int(found[1]), dict.fromkeys(PARTS, ""))[found[2]] = str(formdata.getlist(key)[0])
    return [rows[number] for number in sorted(rows)] if rows else None


def _from_text(text: str) -> list[Row]:
    return [{part: clean(str(row.get(part, ""))) for part in PARTS} for row in rows_in(text)]
