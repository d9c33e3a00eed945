"""Records: lists, one of them, making, changing, deleting and restoring; one set for all four types."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from core.api import answers, listing, reading, scopes, shapes, values, writing
from core.api.operations import BASE, CURSOR, ID, IF_MATCH, IF_NONE_MATCH, LIMIT, Operation, Parameter
from core.api.problems import Problem
from core.forms import a_or_an
from core.records import bin, service
from core.records.custom import custom_fields
from core.records.filters import FILTERS, STYLES, Filter
from core.records.kinds import KINDS, RecordKind
from core.records.models import Record
from core.records.page import actor
from core.records.sorting import SORTS

EDIT = "records.edit"
View = Callable[..., Any]
_STYLES = {"date": shapes.day(), "number": shapes.decimal()}
_HINTS = {
    "person": "The id of a user, `me`, or `nobody`.",
    "link": "The id of one, or `-` for none.",
    "tag": "Given several times, all of them must be there.",
    "choice": "Given several times, any of them is enough.",
    "text": "It holds this text.",
}


def operations() -> list[Operation]:
    """The operations of all four types."""
    return [one for kind in KINDS.values() for one in _of(kind)]


def _of(kind: RecordKind) -> list[Operation]:
    key, word, name = kind.key, kind.singular, kind.singular.capitalize()
    many, one = f"/{key}", f"/{key}/{{id}}"
    reads: dict[str, Any] = {"tag": kind.plural, "scope": scopes.READ_RECORDS}
    writes: dict[str, Any] = {"tag": kind.plural, "scope": scopes.WRITE_RECORDS, "right": EDIT}
    told: dict[str, Any] = {"gives": shapes.ref(name), "versioned": True}
    made: dict[str, Any] = {"body": shapes.ref(f"{name}New"), "example": EXAMPLES[key], "status": 201, "about": MADE}
    changed: dict[str, Any] = {"body": shapes.ref(f"{name}Change"), "example": {"tags": ["vip"]}, "about": CHANGED}
    listed: dict[str, Any] = {"gives": shapes.page_of(shapes.ref(name)), "about": LISTED, "judges_names": True}
    version, known = {"parameters": [ID, IF_MATCH]}, {"parameters": [ID, IF_NONE_MATCH]}

    def operation(method: str, path: str, deed: str, view: View, summary: str, **more: Any) -> Operation:
        return Operation(method, path, f"{key}.{deed}", partial(view, kind=kind), summary, **more)

    gone: dict[str, Any] = {"status": 204, "about": DELETED}
    back, out = {"parameters": [ID]}, f"Take {a_or_an(word)} out of the bin"
    return [
        operation("GET", many, "list", many_of, f"List {key}", parameters=parameters(kind), **reads, **listed),
        operation("POST", many, "create", create, f"Make {a_or_an(word)}", **writes, **told, **made),
        operation("GET", one, "read", read, f"Read {a_or_an(word)}", **reads, **told, **known),
        operation("PATCH", one, "change", change, f"Change {a_or_an(word)}", **writes, **told, **changed, **version),
        operation("DELETE", one, "delete", delete, f"Delete {a_or_an(word)}", **writes, **gone, **version),
        operation("POST", f"{one}/restore", "restore", restore, out, **writes, **told, **back),
    ]


LISTED = (
    "The filters are those of the list page, custom fields among them: `custom_{key}`, or `custom_{key}_from` and "
    "`custom_{key}_to` for numbers and dates. Filters combine. Go on with `cursor` from `next`, or by the header Link."
)
MADE = "What is left out has its usual value; you are the owner where nothing else is said."
CHANGED = (
    "What is left out stays as it is, null empties it (JSON merge patch, RFC 7396); lists are replaced as a whole, "
    "`custom` is merged key by key. Nothing happens where somebody else changed it since you read it (412)."
)
DELETED = "It goes to the bin with all that hangs on it, and can be restored for thirty days."
EXAMPLES: dict[str, dict[str, Any]] = {
    "contacts": {"first_name": "Hana", "last_name": "Whitiora", "email": "hana@tui.example", "tags": ["newsletter"]},
    "organizations": {"name": "Tui Boatworks", "city": "Nelson", "country": "New Zealand"},
    "opportunities": {
        "name": "Six dinghies",
        "currency": "NZD",
        "lines": [{"description": "Dinghy", "quantity": "6", "unit_price": "1250.00", "discount": "5"}],
    },
    "projects": {"name": "Refit of the Kaka", "status": "Active", "budget": "18000.00", "currency": "NZD"},
}


def parameters(kind: RecordKind) -> list[Parameter]:
    """What a list of a type may be asked for."""
    orders = ", ".join(f"`{name}`" for name in SORTS[kind.key])
    return [
        Parameter("q", "Words that stand in the name or the e-mail address.", shapes.text(200)),
        *(Parameter(one.name, *_filter(one)) for one in FILTERS[kind.key]),
        Parameter("sort", f"{orders} or `custom_{{key}}`; with a minus in front downwards.", shapes.text(60)),
        LIMIT,
        CURSOR,
    ]


def _filter(one: Filter) -> tuple[str, shapes.Schema]:
    style = STYLES[one.style].input
    schema = _STYLES.get(style) or shapes.text(200)
    about = f"{one.label}. {_HINTS.get(style, '')}".strip()
    return about, {"type": "array", "items": schema} if one.several else schema


def many_of(request: Any, kind: RecordKind) -> Any:
    """A page of a list."""
    found, cursor, asked = listing.records(request, kind.key)
    home = request.services.settings.url
    return answers.page(request, [values.plain(record, asked.fields, home) for record in found], cursor)


def read(request: Any, kind: RecordKind) -> Any:
    """One record."""
    return told(request, find(request, kind))


def find(request: Any, kind: RecordKind, *, for_change: bool = False) -> Record:
    """The record that the address names. Raises `Problem`, which says so where it was merged into another."""
    number = reading.number(request)
    try:
        return service.get_record(request.dbsession, kind.key, number, for_change=for_change)
    except service.RecordNotFound as error:
        known = number <= service.LARGEST_ID
        into = request.registry.record_forward(request.dbsession, kind.key, number) if known else None
        if into is None:
            raise Problem("not-found", str(error)) from error
        detail = f"This {kind.singular} was merged into another: {BASE}/{kind.key}/{into}."
        raise Problem("not-found", detail, more={"merged_into": into}) from error


def create(request: Any, kind: RecordKind) -> Any:
    """A new record."""
    form = writing.new_form(request, kind, reading.body(request))
    record = service.create(request.dbsession, kind.key, form.values(), actor(request))
    location = f"{request.services.settings.url}{BASE}{record.path}"
    return told(request, record, status=201, location=location)


def change(request: Any, kind: RecordKind) -> Any:
    """A record with other values."""
    record = find(request, kind, for_change=True)
    seen = reading.seen_version(request, record.version)
    form = writing.change_form(request, kind, record, reading.body(request))
    service.change(request.dbsession, record, form.values(), actor(request), seen_version=seen)
    return told(request, record)


def delete(request: Any, kind: RecordKind) -> Any:
    """A record, into the bin."""
    record = find(request, kind, for_change=True)
    seen = reading.seen_version(request, record.version)
    service.delete(request.dbsession, record, actor(request), seen_version=seen)
    return answers.nothing()


def restore(request: Any, kind: RecordKind) -> Any:
    """A record, out of the bin."""
    record = bin.get_binned(request.dbsession, kind.key, reading.number(request))
    bin.restore(request.dbsession, record, actor(request))
    return told(request, record)


def told(request: Any, record: Record, *, status: int = 200, location: str = "") -> Any:
    """A record as it is now, with its ETag."""
    fields = custom_fields(request.dbsession, record.kind)
    body = values.plain(record, fields, request.services.settings.url)
    return answers.versioned(request, body, record.version, status=status, location=location)
