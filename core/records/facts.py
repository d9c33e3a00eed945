"""What a record's page shows: the fields of its form without a form, which would be made for nothing but to be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.records.custom import CustomField
from core.records.forms import RecordForm


@dataclass(frozen=True, slots=True)
class Fact:
    """A value of a record, with what a template asks a form's field for: `one` names one row of a list of ways."""

    short_name: str
    type: str
    label: Any
    data: Any
    one: str = ""


class Facts:
    """The values of a record by the sections of its form."""

    def __init__(self, form: type[RecordForm], record: Any) -> None:
        self._form, self._record = form, record

    def sections(self) -> Iterator[tuple[str, list[Fact]]]:
        """Titles and values in the order of the form."""
        custom = {field.name: field for field in self._form.CUSTOM}
        for title, fields in _layout(self._form):
            yield title, [Fact(*field[:3], self._value(field[0], custom), field[3]) for field in fields]

    def _value(self, name: str, custom: dict[str, CustomField]) -> Any:
        if name in custom:
            return custom[name].value_in(self._record.custom or {})
        return getattr(self._record, name)


@lru_cache(maxsize=64)
def _layout(form: type[RecordForm]) -> Sequence[tuple[str, Sequence[tuple[str, str, Any, str]]]]:
    """The sections of a form with what is always the same about their fields; a form is made once to read it off."""
    sections = form().sections()
    return [
        (title, [(one.short_name, one.type, one.label, getattr(one, "one", "")) for one in fields])
        for title, fields in sections
    ]
