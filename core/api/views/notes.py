"""Notes on records."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import select
from webob.multidict import MultiDict

from core.activity import service
from core.activity.forms import NoteForm
from core.activity.models import LONGEST, Note
from core.api import answers, listing, reading, scopes, shapes
from core.api.operations import BASE, CURSOR, ID, IF_MATCH, IF_NONE_MATCH, LIMIT, Operation
from core.api.problems import Problem
from core.api.values import moment, wrong_with
from core.api.views.records import find
from core.records.keyset import Order
from core.records.kinds import KINDS, RecordKind
from core.records.page import actor
from core.records.service import get_record

EDIT = "records.edit"
SCHEMAS: dict[str, shapes.Schema] = {
    "RecordRef": shapes.thing(
        {"kind": {**shapes.text(), "enum": list(KINDS)}, "id": shapes.whole(least=1)}, about="A record."
    ),
    "Note": shapes.thing(
        {
            "id": shapes.whole(),
            "record": shapes.ref("RecordRef"),
            "text": shapes.text(about="Plain text with line breaks."),
            "author_id": shapes.or_null(shapes.whole("Who wrote it; null where that user is gone.")),
            "created_at": shapes.moment("When it was written"),
            "edited_at": shapes.or_null(shapes.moment("When its author changed it last; null for never")),
        }
    ),
    "NoteText": shapes.thing(
        {"text": shapes.text(LONGEST, "Plain text with line breaks.")}, about="A note as it is written."
    ),
}
_TOLD: dict[str, Any] = {"gives": shapes.ref("Note"), "versioned": True}
_SENT: dict[str, Any] = {"body": shapes.ref("NoteText"), "example": {"text": "Called back, wants a quote by May."}}
_READS: dict[str, Any] = {"tag": "Notes", "scope": scopes.READ_ACTIVITY}
_WRITES: dict[str, Any] = {"tag": "Notes", "scope": scopes.WRITE_ACTIVITY, "right": EDIT}
_OWN: dict[str, Any] = {"parameters": [ID, IF_MATCH], "about": "Only who wrote a note changes or deletes it."}
_AGAIN = "The same text sent again within a minute is the same note."


def operations() -> list[Operation]:
    """The operations on notes: those of a record, and a note by itself."""
    one, known = "/notes/{id}", [ID, IF_NONE_MATCH]
    return [
        *(operation for kind in KINDS.values() for operation in _of_record(kind)),
        Operation("GET", one, "notes.read", read, "Read a note", parameters=known, **_READS, **_TOLD),
        Operation("PATCH", one, "notes.change", change, "Change a note", **_WRITES, **_OWN, **_TOLD, **_SENT),
        Operation("DELETE", one, "notes.delete", delete, "Delete a note", status=204, **_WRITES, **_OWN),
    ]


def _of_record(kind: RecordKind) -> list[Operation]:
    path, key = f"/{kind.key}/{{id}}/notes", kind.key
    many, new = partial(many_of, kind=kind), partial(add, kind=kind)
    listed: dict[str, Any] = {"gives": shapes.page_of(shapes.ref("Note")), "parameters": [ID, LIMIT, CURSOR]}
    made: dict[str, Any] = {"status": 201, "parameters": [ID], "about": _AGAIN}
    return [
        Operation("GET", path, f"{key}.notes", many, f"Notes on one of the {key}, newest first", **_READS, **listed),
        Operation(
            "POST",
            path,
            f"{key}.write_note",
            new,
            f"Write a note on one of the {key}",
            **_WRITES,
            **made,
            **_TOLD,
            **_SENT,
        ),
    ]


def many_of(request: Any, kind: RecordKind) -> Any:
    """The notes on a record."""
    record = find(request, kind)
    mine = select(Note).where(Note.kind == record.kind, Note.record_id == record.id)
    order = Order(f"notes {record.kind} {record.id}", (Note.created_at,), Note.id, descending=True)
    found, cursor = listing.rows(request, request.dbsession, mine, order)
    return answers.page(request, [plain(note) for note in found], cursor)


def add(request: Any, kind: RecordKind) -> Any:
    """A note on a record."""
    record = find(request, kind, for_change=True)
    note = service.add_note(request.dbsession, record, _written(request), actor(request))
    location = f"{request.services.settings.url}{BASE}{note.path}"
    return answers.versioned(request, plain(note), note.version, status=201, location=location)


def read(request: Any) -> Any:
    """One note."""
    note = _note(request)
    return answers.versioned(request, plain(note), note.version)


def change(request: Any) -> Any:
    """A note with another text."""
    note, seen = _own(request)
    service.change_note(request.dbsession, note, _written(request), actor(request), seen_version=seen)
    return answers.versioned(request, plain(note), note.version)


def delete(request: Any) -> Any:
    """No note any more."""
    note, _ = _own(request)
    service.delete_note(request.dbsession, note, actor(request))
    return answers.nothing()


def plain(note: Note) -> dict[str, Any]:
    """A note as JSON."""
    return {
        "id": note.id,
        "record": {"kind": note.kind, "id": note.record_id},
        "text": note.text,
        "author_id": note.author_id,
        "created_at": moment(note.created_at),
        "edited_at": moment(note.edited_at),
    }


def _note(request: Any, *, for_change: bool = False) -> Note:
    """The note that the address names, of a record that is not in the bin."""
    note = service.get_note(request.dbsession, reading.number(request), for_change=for_change)
    get_record(request.dbsession, note.kind, note.record_id)
    return note


def _own(request: Any) -> tuple[Note, int]:
    """The caller's own note, and its version, which must be the one that was seen."""
    note = _note(request, for_change=True)
    if note.author_id != request.identity.id:
        raise Problem("not-allowed", "Only who wrote a note changes or deletes it. Write one of your own.")
    return note, reading.seen_version(request, note.version)


def _written(request: Any) -> str:
    form = NoteForm(MultiDict(reading.body(request)))
    if not form.validate():
        raise Problem("invalid", errors=wrong_with(form))
    return form.written
