"""Tasks: lists, one of them, making and changing one, closing it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, select
from webob.multidict import MultiDict

from core.activity import service
from core.activity.forms import TaskForm
from core.activity.models import CANCELLED, DONE, LONGEST, OPEN, Task
from core.api import answers, listing, reading, scopes, shapes
from core.api.operations import BASE, CURSOR, ID, IF_MATCH, IF_NONE_MATCH, LIMIT, Operation, Parameter
from core.api.problems import Problem
from core.api.values import day, moment, wrong_with
from core.records.filters import ME, NOBODY
from core.records.keyset import Order
from core.records.kinds import KINDS
from core.records.page import actor
from core.records.service import LARGEST_ID, exists

EDIT = "records.edit"
STATES = (OPEN, DONE, CANCELLED)
_STATE = {**shapes.text(about="open, done or cancelled."), "enum": list(STATES)}
_ABOUT = {"oneOf": [shapes.ref("RecordRef"), {"type": "null"}], "description": "The record it is about, or null."}
_OWN: dict[str, shapes.Schema] = {
    "title": shapes.text(200, "What is to do."),
    "note": shapes.or_null(shapes.text(LONGEST, "More about it, with line breaks.")),
    "due_on": shapes.or_null(shapes.day("Until when: “2026-11-30”.")),
    "assignee_id": shapes.or_null(shapes.whole("Who is to do it; the id of a user.", least=1)),
    "record": _ABOUT,
}
SCHEMAS: dict[str, shapes.Schema] = {
    "Task": shapes.thing(
        {
            "id": shapes.whole(),
            **_OWN,
            "note": shapes.text(about="More about it."),
            "state": _STATE,
            "created_by": shapes.or_null(shapes.whole("Who made it.")),
            "created_at": shapes.moment("When it was made"),
            "closed_by": shapes.or_null(shapes.whole("Who closed it.")),
            "closed_at": shapes.or_null(shapes.moment("When it was closed; null while it is open")),
        }
    ),
    "TaskNew": shapes.thing(_OWN, required=["title"], about="A new task; you do it where nobody else is named."),
    "TaskChange": shapes.thing({**_OWN, "state": _STATE}, required=(), about="What is to change."),
}
LISTED = "By when they are due, those without a day last."
MADE = "The same sent again within a minute is the same task."
PARAMETERS = [
    Parameter("assignee", "The id of a user, `me`, or `nobody`.", shapes.text(20)),
    Parameter("state", "open, done or cancelled.", _STATE),
    Parameter("kind", "Tasks about this type of record.", {**shapes.text(), "enum": list(KINDS)}),
    Parameter("record_id", "With `kind`: tasks about this record.", shapes.whole(least=1)),
    Parameter("due_from", "Due on this day or later.", shapes.day()),
    Parameter("due_to", "Due on this day or before.", shapes.day()),
    LIMIT,
    CURSOR,
]


def operations() -> list[Operation]:
    """The operations on tasks."""
    reads: dict[str, Any] = {"tag": "Tasks", "scope": scopes.READ_ACTIVITY}
    writes: dict[str, Any] = {"tag": "Tasks", "scope": scopes.WRITE_ACTIVITY, "right": EDIT}
    told: dict[str, Any] = {"gives": shapes.ref("Task"), "versioned": True}
    listed: dict[str, Any] = {"gives": shapes.page_of(shapes.ref("Task")), "parameters": PARAMETERS, "about": LISTED}
    example = {"title": "Send the quote", "due_on": "2026-12-04", "record": {"kind": "contacts", "id": 1}}
    new: dict[str, Any] = {"body": shapes.ref("TaskNew"), "example": example, "status": 201, "about": MADE}
    changed: dict[str, Any] = {"body": shapes.ref("TaskChange"), "example": {"state": DONE}}
    many, one = "/tasks", "/tasks/{id}"
    known: dict[str, Any] = {"parameters": [ID, IF_NONE_MATCH]}
    version: dict[str, Any] = {"parameters": [ID, IF_MATCH]}
    return [
        Operation("GET", many, "tasks.list", many_of, "List tasks", **reads, **listed),
        Operation("POST", many, "tasks.create", create, "Make a task", **writes, **told, **new),
        Operation("GET", one, "tasks.read", read, "Read a task", **reads, **told, **known),
        Operation(
            "PATCH", one, "tasks.change", change, "Change, close or open a task", **writes, **told, **changed, **version
        ),
    ]


def many_of(request: Any) -> Any:
    """A page of tasks."""
    query = select(Task).where(*_conditions(request))
    order = Order("tasks due", (Task.due_on,), Task.id, nullable=True)
    found, cursor = listing.rows(request, request.dbsession, query, order)
    return answers.page(request, [plain(task) for task in found], cursor)


def _conditions(request: Any) -> list[ColumnElement[bool]]:
    get, found = request.GET, [service.SEEN]
    if assignee := get.get("assignee"):
        found.append(_is_for(request, assignee))
    if "record_id" in get and "kind" not in get:
        raise listing.wrong({"parameter": "kind", "message": "Say which type of record it is the number of."})
    for name, column in (("state", Task.state), ("kind", Task.kind), ("record_id", Task.record_id)):
        if value := get.get(name):
            found.append(column == (int(value) if name == "record_id" else value))
    for name in ("due_from", "due_to"):
        if value := get.get(name):
            due = dt.date.fromisoformat(value)
            found.append(Task.due_on >= due if name == "due_from" else Task.due_on <= due)
    return found


def _is_for(request: Any, text: str) -> ColumnElement[bool]:
    if text == NOBODY:
        return Task.assignee_id.is_(None)
    number = request.identity.id if text == ME else int(text) if text.isascii() and text.isdigit() else 0
    if not 0 < number <= LARGEST_ID:
        raise listing.wrong({"parameter": "assignee", "message": "Send the id of a user, me, or nobody."})
    return Task.assignee_id == number


def create(request: Any) -> Any:
    """A new task."""
    sent = {"assignee_id": request.identity.id, **reading.body(request)}
    task = service.add_task(request.dbsession, _values(request, sent), actor(request))
    location = f"{request.services.settings.url}{BASE}{task.path}"
    return answers.versioned(request, plain(task), task.version, status=201, location=location)


def read(request: Any) -> Any:
    """One task."""
    task = service.get_task(request.dbsession, reading.number(request))
    return answers.versioned(request, plain(task), task.version)


def change(request: Any) -> Any:
    """A task with other values, and in another state where that was sent."""
    task = service.get_task(request.dbsession, reading.number(request), for_change=True)
    seen, sent = reading.seen_version(request, task.version), dict(reading.body(request))
    state = sent.pop("state", task.state)
    if sent:
        now = plain(task)
        values = _values(request, {**{name: now[name] for name in _OWN}, **sent}, task)
        service.change_task(request.dbsession, task, values, actor(request), seen_version=seen)
    service.set_state(request.dbsession, task, state, actor(request))
    return answers.versioned(request, plain(task), task.version)


def _values(request: Any, sent: Mapping[str, Any], task: Task | None = None) -> dict[str, Any]:
    """What was sent as what can be stored. Raises `Problem`."""
    texts = {name: "" if value is None else str(value) for name, value in sent.items() if name != "record"}
    form = TaskForm(MultiDict(texts))
    current = (task.assignee_id, request.name_of(task.assignee_id)) if task and task.assignee_id else None
    form.assignee_id.offer(request.people(), current=current)
    errors = [] if form.validate() else wrong_with(form)
    about = sent.get("record")
    known = task is not None and about == plain(task)["record"]  # what it is about may be gone; that is no new mistake
    if about and not known and not exists(request.dbsession, about["kind"], about["id"]):
        errors.append({"pointer": "/record", "message": "This record is not there (any more). Choose another."})
    if errors:
        raise Problem("invalid", errors=errors)
    kind, number = (about["kind"], about["id"]) if about else ("", None)
    return {**form.values(), "kind": kind, "record_id": number}


def plain(task: Task) -> dict[str, Any]:
    """A task as JSON."""
    return {
        "id": task.id,
        "title": task.title,
        "note": task.note,
        "due_on": day(task.due_on),
        "assignee_id": task.assignee_id,
        "record": {"kind": task.kind, "id": task.record_id} if task.record_id else None,
        "state": task.state,
        "created_by": task.created_by,
        "created_at": moment(task.created_at),
        "closed_by": task.closed_by,
        "closed_at": moment(task.closed_at),
    }
