"""What the pages of notes, tasks and timelines are drawn from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from core.activity import tasks, timeline
from core.activity.forms import NoteForm, QuickTaskForm
from core.activity.models import Note, Task
from core.activity.wording import Change, Wording
from core.audit import may_read, never_read
from core.audit.models import AuditEntry
from core.contract.extensions import Panel
from core.records.models import Record
from core.users import service as users

EDIT = "records.edit"
ASIDE = "activity/aside.jinja2"
FEW = 10  # entries beside a record
OPEN_TASKS = 20
TOLD = 3  # values of a deed that a timeline tells; the rest is in the audit trail
FIRST = ("Stage", "Status")  # of several values these are told first
LONGEST = 120  # letters of such a value


def aside(request: Any, record: Record) -> Iterable[Panel]:
    """Tasks, notes and the latest of what happened, beside the facts of a record."""
    yield Panel("activity", "Activity", ASIDE, aside_values(request, record))


def aside_values(request: Any, record: Record, **forms: Any) -> dict[str, Any]:
    """What `activity/aside.jinja2` needs; `forms` are those that were filled in: `note_form`, `task_form`."""
    typed = {**getattr(request, "activity_forms", {}), **forms}
    note_form = typed.get("note_form") or NoteForm()
    task_form = typed.get("task_form") or QuickTaskForm(data={"assignee_id": request.identity.id})
    task_form.assignee_id.offer(request.people())
    session, day = request.dbsession, today(request)
    return {
        **timeline_values(request, record, FEW),
        "record": record,
        "note_form": note_form,
        "task_form": task_form,
        "rows": tasks.rows(session, tasks.open_on(session, record.kind, record.id, limit=OPEN_TASKS), day),
        "may": may_write(request),
    }


def timeline_values(
    request: Any, record: Record, limit: int, before: str = "", origins: Sequence[int] = ()
) -> dict[str, Any]:
    """A page of a record's timeline with the names and the words that it takes."""
    page = timeline.page(
        request.dbsession,
        record.kind,
        record.id,
        limit=limit,
        before=before,
        left_out=never_read(request),
        may_read=lambda entry: may_read(request, entry),
        origins=origins,
    )
    entries = [one.what for one in page.happenings if isinstance(one.what, AuditEntry)]
    people = {number for one in page.happenings for number in _people(one)}
    return {
        "page": page,
        "origins": frozenset(origins),
        "names": users.names_of(request.dbsession, people),
        "told": Wording(request.dbsession, request.services.providers, entries),
        "sentences": sentences,
        "viewer_id": request.identity.id if request.identity else None,
    }


def today(request: Any) -> dt.date:
    """The day it is for the user."""
    day: dt.date = request.today
    return day


def may_write(request: Any) -> bool:
    """Whether the user may write notes and tasks."""
    return bool(request.has_permission(EDIT))


def _people(one: timeline.Happening) -> Iterable[int | None]:
    what = one.what
    if isinstance(what, Note):
        return (what.author_id,)
    if isinstance(what, Task):
        return (what.created_by, what.closed_by, what.assignee_id)
    return (what.user_id,)


def sentences(deed: str, changes: Iterable[Change]) -> list[tuple[str, str, str]]:
    """What a timeline tells of a deed: label, old and new text ("" where there is none), shortened; the first few.

    Of a new record nothing is told: its facts stand beside it.
    """
    if deed == "record.created":
        return []
    ordered = sorted(changes, key=lambda one: one.label not in FIRST)
    told = [(one.label, _short(one.old), _short(one.new)) for one in ordered if one.old != one.new]
    rest = len(told) - TOLD
    return [*told[:TOLD], *([(f"and {rest} more", "", "")] if rest > 0 else [])]


def _short(text: str | None) -> str:
    if text is None:
        return ""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
