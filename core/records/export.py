"""Export of what a list shows: every field of every record that meets its filters, as a CSV file in a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pyramid.response import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import sheets
from core.db import Database
from core.records import lists, sorting
from core.records.custom import CustomField
from core.records.forms import KIND_BESIDE
from core.records.listing import Listing, listing
from core.records.models import MODELS, Record
from core.users.service import names_of

BATCH = 500
# Written at another place, or no field of a file.
_BESIDE = frozenset({"version", "was", "owner_id", "tags"})
_MANY = {"more_emails": "Further e-mails", "more_phones": "Further phones", "more_addresses": "Further addresses"}


@dataclass(frozen=True)
class Field:
    """A column of the file: its heading, and what a record has in it."""

    label: str
    value: Callable[[Record], Any]


def export(request: Any) -> Response:
    """The file, read in a short session of its own while it is sent; none where a filter cannot be read."""
    asked = listing(request, request.matchdict["records"])
    if not asked.is_readable:
        return Response(status=422, text="A filter cannot be read. Go back and mend it.", content_type="text/plain")
    day = request.clock.now().date().isoformat()
    response = Response(content_type="text/csv", charset="utf-8")
    response.content_disposition = f'attachment; filename="{asked.kind.key}-{day}.csv"'
    response.app_iter = stream(request.services.db, asked)
    return response


def stream(db: Database, asked: Listing) -> Iterator[bytes]:
    """The pieces of the file. Rows come from the database as they are sent: memory does not grow with the list."""
    with db.read() as session:
        names: dict[int, str] = {}
        fields = fields_of(asked, names)
        yield from sheets.write([field.label for field in fields], rows(session, asked, fields, names))


def rows(session: Session, asked: Listing, fields: list[Field], names: dict[int, str]) -> Iterator[list[Any]]:
    """The records of a list, each as the values of the fields; the names of owners are looked up as they come."""
    model: Any = MODELS[asked.kind.key]
    _, order = sorting.choose(session, asked.kind.key, asked.sort)
    keys = [*order.columns, order.id]
    ordered = [key.desc() if order.descending else key.asc() for key in keys]
    empty_last = [order.columns[0].is_(None)] if order.nullable else []
    query = select(model).where(*asked.conditions).order_by(*empty_last, *ordered)
    query = query.options(*lists.titles_of_links(asked.kind.key))
    for batch in session.scalars(query, execution_options={"yield_per": BATCH}).partitions():
        lists.read_tags(session, asked.kind.key, batch)
        unknown = {record.owner_id for record in batch} - names.keys()
        names.update(names_of(session, unknown) if unknown - {None} else {})
        yield from ([field.value(record) for field in fields] for record in batch)


def fields_of(asked: Listing, names: dict[int, str]) -> list[Field]:
    """The columns of a type's file: id, its fields as its form has them, owner, tags, custom fields, moments."""
    form = asked.kind.form()
    own = [one for _, fields in form.sections() for one in fields if one.short_name not in _BESIDE]
    written = [_field(one) for field in own for one in (field, *_kind_of(form, field))]
    return [
        Field("Id", lambda record: record.id),
        *written,
        Field("Owner", lambda record: names.get(record.owner_id or 0, "")),
        Field("Tags", lambda record: ", ".join(record.tags)),
        *(_custom(field) for field in asked.fields),
        Field("Created", lambda record: record.created_at),
        Field("Changed", lambda record: record.changed_at),
    ]


def _kind_of(form: Any, field: Any) -> Iterator[Any]:
    """The field that says what an e-mail address or a number is for, which a form has beside it."""
    if field.short_name in KIND_BESIDE:
        yield form[KIND_BESIDE[field.short_name]]


def _field(one: Any) -> Field:
    """A field of a form: links by title, further e-mails and lines one under the other in one cell."""
    name, label = one.short_name, _MANY.get(one.short_name, one.label.text)
    if one.type == "LinkField":
        return Field(label, lambda record: target.title if (target := getattr(record, name[:-3])) else None)
    if name == "line_items" or name in _MANY:
        return Field(label, lambda record: "\n".join(str(value) for value in getattr(record, name)))
    return Field(label, lambda record: getattr(record, name))


def _custom(field: CustomField) -> Field:
    return Field(field.label, lambda record: field.value_in(record.custom or {}))
