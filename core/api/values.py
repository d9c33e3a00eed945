"""Records as JSON, and JSON as what a person would have typed: both follow the fields of the forms."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from wtforms import Field, Form

from core import formats
from core.api.problems import Problem, Said
from core.api.shapes import api_name, fields_of
from core.records.custom import YES_NO, CustomField
from core.records.fields import AmountField, LinkField, TagsField
from core.records.kinds import KINDS
from core.records.line_items import LineItem
from core.records.lines_field import PARTS, LinesField
from core.records.models import Opportunity, Record
from core.records.rows_field import RowsField

Sent = Mapping[str, Any]
_FIELDS = {key: fields_of(kind) for key, kind in KINDS.items()}
_YES_NO = {True: "Yes", False: "No"}


def moment(value: dt.datetime | None) -> str | None:
    """A moment in UTC: ``2026-11-30T09:15:00Z``; None for None."""
    return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z") if value else None


def day(value: dt.date | None) -> str | None:
    """A date: ``2026-11-30``; None for None."""
    return value.isoformat() if value else None


def money(value: Decimal | None, currency: str) -> str | None:
    """An amount without its currency, with the decimals that has: ``1250.00``; None for None."""
    return None if value is None else formats.exact(value, currency).removesuffix(f" {currency}")


def number(value: Decimal) -> str:
    """A decimal number without needless zeros: ``1.5``."""
    return format(value.normalize() if value else Decimal(0), "f")


def plain(record: Record, custom: Sequence[CustomField], home: str) -> dict[str, Any]:
    """A record as JSON; `home` is the address that its page's begins with."""
    found: dict[str, Any] = {"id": record.id, "title": record.title, "url": f"{home}{record.path}"}
    for name, field in _FIELDS[record.kind].items():
        found[name] = _value(record, field)
    if isinstance(record, Opportunity):
        found["outcome"] = record.outcome
    kept = record.custom or {}
    found["custom"] = {field.key: field.plain(field.value_in(kept)) for field in custom}
    return {**found, "created_at": moment(record.created_at), "changed_at": moment(record.changed_at)}


def _value(record: Record, field: Field) -> Any:
    value = getattr(record, field.short_name)
    if isinstance(field, AmountField):
        return money(value, getattr(record, "currency", ""))
    if isinstance(field, LinesField):
        return [_line(line) for line in value]
    if isinstance(field, RowsField):
        return [{name: getattr(one, name) for name in one.__slots__} for one in value]
    if isinstance(field, TagsField):
        return list(value)
    return day(value) if isinstance(value, dt.date) else value


def _line(line: LineItem) -> dict[str, str]:
    numbers = {name: number(getattr(line, name)) for name in ("quantity", "unit_price", "discount")}
    return {"item": line.item, "description": line.description, **numbers}


def typed(kind: str, sent: Sent, custom: Sequence[CustomField]) -> dict[str, str]:
    """What was sent as the texts of the type's form, by its names. Raises `Problem` for unknown custom fields."""
    fields = _FIELDS[kind]
    found = {fields[name].short_name: _text(fields[name], sent[name]) for name in fields if name in sent}
    return found | _typed_custom(sent.get("custom", {}), custom)


def _text(field: Field, value: Any) -> str:
    if value is None or value == []:
        return ""
    if isinstance(field, LinesField):
        return json.dumps([{**dict.fromkeys(PARTS, ""), "quantity": "1", **line} for line in value])
    if isinstance(field, RowsField):
        return json.dumps(value)
    if isinstance(field, LinkField):
        return f"#{value}"
    return ", ".join(value) if isinstance(field, TagsField) else str(value)


def _typed_custom(sent: Sent, custom: Sequence[CustomField]) -> dict[str, str]:
    known = {field.key: field for field in custom}
    wrong = [*_unknown(sent, known), *_misfits(sent, known)]
    if wrong:
        raise Problem("invalid", errors=wrong)
    return {known[key].name: _YES_NO[value] if isinstance(value, bool) else value or "" for key, value in sent.items()}


def _unknown(sent: Sent, known: Mapping[str, CustomField]) -> Iterator[Said]:
    names = ", ".join(known) or "none"
    for key in sent:
        if key not in known:
            yield {"pointer": pointer("custom", key), "message": f"There is no such custom field. There are: {names}."}


def _misfits(sent: Sent, known: Mapping[str, CustomField]) -> Iterator[Said]:
    for key, value in sent.items():
        if key in known and value is not None and isinstance(value, bool) != (known[key].style == YES_NO):
            wanted = "true, false or null" if known[key].style == YES_NO else "a text or null"
            yield {"pointer": pointer("custom", key), "message": f"Send {wanted}."}


def pointer(*parts: str | int) -> str:
    """A JSON pointer (RFC 6901) to a part of the body."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def wrong_with(form: Form) -> list[Said]:
    """What is wrong in a form, each with a pointer to where it was sent."""
    return [one for field in form if field.errors for one in _wrong(form, field)]


def _wrong(form: Form, field: Any) -> Iterator[Said]:
    keys = {one.name: one.key for one in getattr(form, "CUSTOM", ())}
    at = ("custom", keys[field.short_name]) if field.short_name in keys else (api_name(field.short_name),)
    problems = field.problems if isinstance(field, RowsField) else {}
    for (row, part), text in problems.items():
        yield {"pointer": pointer(*at, row, part), "message": text}
    said = [text for text in field.errors if text not in problems.values()]
    yield from ({"pointer": pointer(*at), "message": str(text)} for text in said)
