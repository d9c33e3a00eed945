"""The field for further e-mail addresses, telephone numbers or addresses: rows that can be added and removed.

A post sends ``more_emails-rows`` so that no rows at all can be told from a field that was not there, and for each row
``more_emails-0-kind``, ``more_emails-0-value``. A row in which nothing was typed is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from core.forms import clean
from core.records.fields import EMAIL, NOT_A_PHONE, NOT_AN_EMAIL, has_digits
from core.records.rows_field import Row, RowsField, rows_in
from core.records.ways import ADDRESS_KINDS, EMAIL_KINDS, PHONE_KINDS, Place, Way

MOST = 20
LONGEST_PHONE = 50
LENGTHS = {"value": 254, "address": 500, "city": 120, "region": 120, "postal_code": 20, "country": 60}
PARTS = {"address": "Street", "city": "City", "region": "Region", "postal_code": "Postal code", "country": "Country"}


class WaysField(RowsField):
    """Rows as a tuple of `Way` or `Place`."""

    def __init__(self, label: str, *, one: str, holds: type[Any], kinds: Sequence[str], **options: Any) -> None:
        super().__init__(label, **options)
        self.one, self.holds, self.kinds = one, holds, tuple(kinds)

    @property
    def parts(self) -> tuple[str, ...]:
        """What is typed in a row, beside its kind."""
        return tuple(name for name in self.holds.__slots__ if name != "kind")

    def title_of(self, part: str) -> str:
        """What a part of a row is called."""
        return PARTS.get(part, self.one)

    def longest(self, part: str) -> int:
        """How many characters fit into a part of a row."""
        return LONGEST_PHONE if self.kinds == PHONE_KINDS else LENGTHS[part]

    def act(self, action: str) -> None:
        """Add a row (``add-more_emails``) or remove one (``remove-more_emails-2``)."""
        if action == f"add-{self.name}" and len(self.rows) < MOST:
            self.rows.append(self._blank())
            self.focus = len(self.rows) - 1
        number = action.removeprefix(f"remove-{self.name}-")
        if number != action:
            self.rows = [row for place, row in enumerate(self.rows) if str(place) != number]
            self._read()

    def _texts(self, value: Any) -> Row:
        return {name: getattr(value, name) for name in self.holds.__slots__}

    def _tell(self, row: int, part: str, text: str) -> tuple[str, str]:
        return f"{self.name}-{row}-{part}", f"{self.label.text}, {row + 1}: {text}"

    def _kept(self) -> list[Row]:
        return [row for row in self.rows if not self._is_blank(row)]

    def _blank(self) -> Row:
        return {**dict.fromkeys(self.parts, ""), "kind": self.kinds[-1 if self.holds is Way else 1]}

    def _is_blank(self, row: Mapping[str, str]) -> bool:
        return not any(row[part].strip() for part in self.parts)

    def _read(self) -> None:
        self.problems = {}
        numbered = [(number, row) for number, row in enumerate(self.rows) if not self._is_blank(row)]
        for number, row in numbered:
            self._check(number, row)
        self.data = tuple(self.holds(**row) for _, row in numbered)
        self.process_errors = list(self.problems.values())
        if len(numbered) > MOST:
            self.process_errors.append(f"At most {MOST} fit; there are {len(numbered)}.")

    def _check(self, number: int, row: Row) -> None:
        for part in self.parts:
            longest = self.longest(part)
            if len(row[part]) > longest:
                self.problems[number, part] = f"Write at most {longest} characters."
        if self.kinds is EMAIL_KINDS and not EMAIL.fullmatch(row["value"]):
            self.problems[number, "value"] = NOT_AN_EMAIL
        if self.kinds is PHONE_KINDS and not has_digits(row["value"]):
            self.problems[number, "value"] = NOT_A_PHONE
        if row["kind"] not in self.kinds:
            self.problems[number, "kind"] = "Choose one of the list."

    def _posted(self, formdata: Any) -> list[Row] | None:
        if self.name in formdata:
            return self._from_text(str(formdata.getlist(self.name)[0]))
        rows: dict[int, Row] = {}
        name = re.compile(rf"{re.escape(self.name)}-(\d{{1,4}})-([a-z_]+)", re.ASCII)
        for key in formdata:
            found = name.fullmatch(key)
            if found and found[2] in self.holds.__slots__:
                row = rows.setdefault(int(found[1]), self._blank())
                row[found[2]] = clean(str(formdata.getlist(key)[0]))
        there = rows or f"{self.name}-rows" in formdata
        return [rows[number] for number in sorted(rows)] if there else None

    def _from_text(self, text: str) -> list[Row]:
        names = self.holds.__slots__
        return [{**self._blank(), **{name: clean(str(row.get(name, ""))) for name in names}} for row in rows_in(text)]


def more_emails() -> WaysField:
    """Further e-mail addresses."""
    return WaysField("Other e-mails", one="E-mail", holds=Way, kinds=EMAIL_KINDS)


def more_phones() -> WaysField:
    """Further telephone numbers."""
    return WaysField("Other phones", one="Phone", holds=Way, kinds=PHONE_KINDS)


def more_addresses() -> WaysField:
    """Further addresses."""
    return WaysField("Other addresses", one="Address", holds=Place, kinds=ADDRESS_KINDS)
