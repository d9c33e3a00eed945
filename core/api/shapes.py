"""The shapes of what goes in and out, as JSON Schema: made from the forms, so that pages and API take the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import Field
from wtforms.validators import Length

from core.records.fields import (
    AmountField,
    ChoiceField,
    DayField,
    LinkField,
    PerCentField,
    PersonField,
    Required,
    TagsField,
)
from core.records.forms import RecordForm
from core.records.kinds import KINDS, RecordKind
from core.records.lines_field import LENGTHS, LinesField
from core.records.lines_field import MOST as MOST_LINES
from core.records.rows_field import RowsField
from core.records.service import LARGEST_ID
from core.records.tags import LONGEST as LONGEST_TAG
from core.records.tags import MOST as MOST_TAGS
from core.records.ways import Way
from core.records.ways_field import LENGTHS as WAY_LENGTHS
from core.records.ways_field import MOST as MOST_WAYS
from core.records.ways_field import WaysField

Schema = dict[str, Any]
NAMES = {"line_items": "lines"}  # what a form's field is called here, where that differs
DYNAMIC = frozenset({"stage"})  # choices that an administrator writes
_DECIMAL = r"^-?[0-9]{1,15}(\.[0-9]{1,4})?$"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def text(longest: int = 0, about: str = "") -> Schema:
    """A text, with its greatest length where there is one."""
    return {"type": "string", **({"maxLength": longest} if longest else {}), **_said(about)}


def decimal(about: str = "") -> Schema:
    """A decimal number; a text, so that no digit is lost."""
    return {"type": "string", "pattern": _DECIMAL, "description": about or "A decimal number as text: “1250.00”."}


def day(about: str = "") -> Schema:
    """A date."""
    return {"type": "string", "format": "date", "pattern": _DAY, "description": about or "A date: “2026-11-30”."}


def moment(about: str) -> Schema:
    """A moment in UTC."""
    return {"type": "string", "format": "date-time", "description": f"{about}; in UTC: “2026-11-30T09:15:00Z”."}


def whole(about: str = "", *, most: int = LARGEST_ID, least: int = 0) -> Schema:
    """A whole number; usually an id."""
    return {"type": "integer", "minimum": least, "maximum": most, **_said(about)}


def or_null(schema: Schema) -> Schema:
    """The same, or null."""
    kinds = schema["type"]
    found = {**schema, "type": [*([kinds] if isinstance(kinds, str) else kinds), "null"]}
    return {**found, "enum": [*schema["enum"], None]} if "enum" in schema else found


def several(items: Schema, most: int, about: str = "") -> Schema:
    """A list."""
    return {"type": "array", "items": items, "maxItems": most, **_said(about)}


def thing(properties: Mapping[str, Schema], *, required: Sequence[str] | None = None, about: str = "") -> Schema:
    """An object with these names and no others; all of them required unless said otherwise."""
    needed = list(properties) if required is None else list(required)
    found: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False, **_said(about)}
    return {**found, "required": needed} if needed else found


def ref(name: str) -> Schema:
    """A schema of the document by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def page_of(items: Schema) -> Schema:
    """A page of a list."""
    return thing(
        {
            "items": {"type": "array", "items": items},
            "next": or_null(text(about="The cursor of the next page; null on the last one.")),
        }
    )


def _said(about: str) -> Schema:
    return {"description": about} if about else {}


def api_name(name: str) -> str:
    """What a form's field is called here."""
    return NAMES.get(name, name)


def fields_of(kind: RecordKind) -> dict[str, Field]:
    """The fields of a type's form, without custom ones, by what they are called here."""
    form: RecordForm = kind.form()
    return {api_name(name): form[name] for name in form.names()}


def written(field: Field) -> Schema:
    """What may be sent for a field of a form."""
    label = field.label.text
    about = f"{label}. {field.description}".strip() if field.description else f"{label}."
    if isinstance(field, TagsField):
        tag = {**text(LONGEST_TAG), "pattern": "^[^,]+$", "description": "A tag, without a comma in it."}
        return or_null(several(tag, MOST_TAGS, about))
    if isinstance(field, LinesField):
        return or_null(several(ref("LineNew"), MOST_LINES, about))
    if isinstance(field, WaysField):
        return or_null(several(_way(field), MOST_WAYS, about))
    if isinstance(field, ChoiceField):
        free = field.short_name in DYNAMIC
        return {**text(about=about), **({} if free else {"enum": list(field.choices)})}
    return or_null(_plain(field, about))


def _plain(field: Field, about: str) -> Schema:
    if isinstance(field, LinkField):
        return whole(f"{about} The id of one of the {field.of}.", least=1)
    if isinstance(field, PersonField):
        return whole(f"{about} The id of a user.", least=1)
    if isinstance(field, PerCentField):
        return whole(about, most=100)
    if isinstance(field, DayField):
        return day(f"{about} A date: “2026-11-30”.")
    if isinstance(field, AmountField):
        return decimal(f"{about} A decimal number as text: “1250.00”.")
    checks: list[Any] = list(field.validators)
    longest = next((one.max for one in checks if isinstance(one, Length)), 0)
    return text(longest, about)


def _way(field: WaysField) -> Schema:
    kind = {**text(about="What it is for."), "enum": list(field.kinds)}
    if field.holds is Way:
        return thing({"kind": kind, "value": text(field.longest("value"))})
    return thing({"kind": kind, **{part: text(WAY_LENGTHS[part]) for part in field.parts}}, required=["kind"])


LINE = thing(
    {
        "item": text(LENGTHS["item"], "The code of what is sold; empty for a line of free text."),
        "description": text(LENGTHS["description"]),
        "quantity": decimal("A decimal number as text; 1 where nothing is sent."),
        "unit_price": decimal("Without tax, in the opportunity's currency; a decimal number as text."),
        "discount": decimal("Per cent; a decimal number as text."),
    },
    required=["unit_price"],
)
CUSTOM: Schema = {
    "type": "object",
    "additionalProperties": {"type": ["string", "boolean", "null"], "maxLength": 500},
    "description": (
        "Custom fields by key, as `/custom-fields` tells them: texts, numbers as decimal text, dates, choices as "
        "their words, yes and no as true and false; null for empty."
    ),
}


def read(field: Field) -> Schema:
    """What is given for a field of a form."""
    given = written(field)
    if isinstance(field, RowsField) or "enum" in given:
        given = {name: part for name, part in given.items() if name != "enum"}
    if isinstance(field, LinesField):
        return {**given, "type": "array", "items": ref("Line")}
    if isinstance(field, WaysField):
        kind = text(about="What it is for.")
        return {**given, "type": "array", "items": thing({"kind": kind, **{part: text() for part in field.parts}})}
    if isinstance(field, (LinkField, PersonField, DayField, AmountField)):
        return given
    shown = dict(given) if isinstance(field, TagsField) else {"description": given.get("description", "")}
    if isinstance(field, TagsField):
        return {**shown, "items": text()}
    return {**shown, "type": "integer" if isinstance(field, PerCentField) else "string"}


def of_kind(kind: RecordKind) -> dict[str, Schema]:
    """The schemas of a type of record, by name: as it is read, as it is made, and as it is changed."""
    fields, name = fields_of(kind), kind.singular.capitalize()
    own: dict[str, Schema] = {
        "id": whole("Its number, never given to another."),
        "title": text(about="What it is called on pages."),
        "url": text(about="The address of its page."),
        **{key: read(field) for key, field in fields.items()},
        **({"outcome": text(about="open, won or lost, as its stage says.")} if kind.key == "opportunities" else {}),
        "custom": CUSTOM,
        "created_at": moment("When it was made"),
        "changed_at": moment("When it was changed last"),
    }
    sent = {key: written(field) for key, field in fields.items()} | {"custom": CUSTOM}
    needed = [key for key, field in fields.items() if any(isinstance(one, Required) for one in field.validators)]
    return {
        name: thing(own, about=f"One of the {kind.key}."),
        f"{name}New": thing(
            sent, required=needed, about=f"A new {kind.singular}; what is left out has its usual value."
        ),
        f"{name}Change": thing(sent, required=(), about="What is to change; what is left out stays as it is."),
    }


def schemas_of_records() -> dict[str, Schema]:
    """The schemas of all types of records, and of lines."""
    every = {name: schema for kind in KINDS.values() for name, schema in of_kind(kind).items()}
    return {**every, "LineNew": LINE, "Line": {**LINE, "required": list(LINE["properties"])}}
