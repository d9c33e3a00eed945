"""What fields of rows share: any number of rows, each kept to the letter, each with its own sentences.

One text under the field's own name, as `_value` writes it, stands for all rows: so a form older than its record is
merged.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wtforms import Field

Row = dict[str, str]


class RowsField(Field, ABC):
    """A tuple of values; `rows` are the texts, `problems` the sentences by row and part, `focus` the row just added."""

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, default=(), **options)
        self.rows: list[Row] = []
        self.problems: dict[tuple[int, str], str] = {}
        self.focus = -1

    def process(self, formdata: Any, data: Any = (), extra_filters: Any = None) -> None:
        """Take the stored values, and over them what was posted; a post that has no rows leaves them alone."""
        self.process_errors = []
        self.data = self.object_data = tuple(data) if isinstance(data, tuple | list) else ()
        self.rows = [self._texts(one) for one in self.data]
        posted = self._posted(formdata) if formdata is not None else None
        self.raw_data = None if posted is None else [json.dumps(posted)]
        if posted is not None:
            self.rows = posted
            self._read()

    def told(self) -> Iterator[tuple[str, str]]:
        """The id of each field to mend and what is wrong there, for the summary at the top of a form."""
        for (row, part), text in self.problems.items():
            yield self._tell(row, part, text)
        if not self.problems:
            yield from ((self.id, text) for text in self.errors)

    def _value(self) -> str:
        """All rows as one text, empty for none."""
        kept = self._kept()
        return json.dumps(kept, ensure_ascii=False) if kept else ""

    @abstractmethod
    def _texts(self, value: Any) -> Row:
        """A stored value as it stands in the form."""

    @abstractmethod
    def _posted(self, formdata: Any) -> list[Row] | None:
        """The rows of a post in the order of their numbers; None where it has none."""

    @abstractmethod
    def _read(self) -> None:
        """Make the values of the rows, and the sentences."""

    @abstractmethod
    def _tell(self, row: int, part: str, text: str) -> tuple[str, str]:
        """The id of a field to mend, and what the summary says of it."""

    @abstractmethod
    def _kept(self) -> Sequence[Row]:
        """The rows in which something was typed."""


def rows_in(text: str) -> Sequence[Mapping[str, Any]]:
    """The rows that `_value` wrote; none where it cannot be read."""
    try:
        found: Any = json.loads(text) if text else []
    except (ValueError, RecursionError):
        return []
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        return []
    return found
