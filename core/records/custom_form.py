"""The form of a type of record with its custom fields in it."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from core.records import custom
from core.records.custom import CustomField
from core.records.fields import ChoiceField, DayField, NumberField, YesNoField, text
from core.records.forms import RecordForm

LONGEST = 500
LARGEST = Decimal("99999999999999")


@lru_cache(maxsize=64)
def form_with(form: type[RecordForm], fields: tuple[CustomField, ...]) -> type[RecordForm]:
    """The form of a type with these custom fields behind its own."""
    if not fields:
        return form
    layout = (*form.LAYOUT, ("More", tuple(field.name for field in fields)))
    made: dict[str, Any] = {field.name: _typed(field) for field in fields}
    return type(form.__name__, (form,), {**made, "LAYOUT": layout, "CUSTOM": fields, "__doc__": form.__doc__})


def form_class(session: Session, kind: str, form: type[RecordForm]) -> type[RecordForm]:
    """The form of a type with the custom fields that an administrator gave it."""
    return form_with(form, custom.custom_fields(session, kind))


def _typed(field: CustomField) -> Any:
    """The form's field for a custom one."""
    if field.style == custom.NUMBER:
        return NumberField(field.label, minimum=-LARGEST, maximum=LARGEST)
    if field.style == custom.DATE:
        return DayField(field.label)
    if field.style == custom.CHOICE:
        return ChoiceField(field.label, choices=("", *field.choices))
    return YesNoField(field.label) if field.style == custom.YES_NO else text(field.label, LONGEST)
