"""The rules of notes and tasks: making, changing, closing, moving and dropping them, each deed written down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, delete, func, not_, or_, select, update
from sqlalchemy.orm import Session

from core.activity import found
from core.activity.models import CANCELLED, DONE, OPEN, Note, Task
from core.audit.service import NOTHING, record_deed
from core.db import table_of
from core.records.models import MODELS, Record
from core.records.service import LARGEST_ID, Actor, Companion, May
from core.users import service as users

TWICE = dt.timedelta(minutes=1)  # what one person sends again within it is a second click
DEEDS = {
    "note.added": "Note added",
    "note.changed": "Note changed",
    "note.deleted": "Note deleted",
    "task.added": "Task added",
    "task.changed": "Task changed",
    "task.done": "Task done",
    "task.cancelled": "Task cancelled",
    "task.reopened": "Task reopened",
    "activity.dropped": "Notes and tasks deleted",
}
_STATE_DEEDS = {OPEN: "task.reopened", DONE: "task.done", CANCELLED: "task.cancelled"}

Row = TypeVar("Row", Note, Task)


def _in_bin(kind: str) -> ColumnElement[bool]:
    rows, tasks = table_of(MODELS[kind]), table_of(Task)
    gone = select(rows.c.id).where(rows.c.id == tasks.c.record_id, rows.c.deleted_at.is_not(None))
    return and_(tasks.c.kind == kind, gone.exists())


# The condition for tasks that are not about a record in the bin: those come back with it.
SEEN: ColumnElement[bool] = not_(or_(*map(_in_bin, MODELS)))


class NotThere(Exception):
    """There is no such note or task (any more)."""


class Stale(Exception):
    """It was changed since the form was shown; nothing was stored."""


def get_note(session: Session, number: int, *, for_change: bool = False) -> Note:
    """The note of that id. Raises `NotThere`."""
    return _get(session, Note, number, "note", for_change)


def get_task(session: Session, number: int, *, for_change: bool = False) -> Task:
    """The task of that id. Raises `NotThere`, also where it is about a record in the bin."""
    task = _get(session, Task, number, "task", for_change)
    if task.record_id and not session.scalar(select(Task.id).where(Task.id == number, SEEN)):
        raise NotThere(f"The task with the number {number} is about a record in the bin. Restore that first.")
    return task


def _get(session: Session, model: type[Row], number: int, word: str, for_change: bool) -> Row:
    """`for_change` locks the row where the database can."""
    row = session.get(model, number, with_for_update=for_change or None) if number <= LARGEST_ID else None
    if row is None:
        raise NotThere(f"There is no {word} with the number {number}. It may have been deleted.")
    return row


def notes_of(session: Session, kind: str, record_id: int) -> Sequence[Note]:
    """Every note on a record, newest first."""
    mine = select(Note).where(Note.kind == kind, Note.record_id == record_id)
    return session.scalars(mine.order_by(Note.created_at.desc(), Note.id.desc())).all()


def add_note(session: Session, record: Record, text: str, actor: Actor) -> Note:
    """Write a note on a record. The same text sent again within a minute is the same note."""
    again = session.scalar(
        select(Note).where(
            Note.kind == record.kind,
            Note.record_id == record.id,
            Note.created_at > actor.when - TWICE,
            Note.author_id == actor.user_id,
            Note.text == text,
        )
    )
    if again is not None:
        return again
    note = Note(kind=record.kind, record_id=record.id, text=text, author_id=actor.user_id, created_at=actor.when)
    session.add(note)
    session.flush()
    found.keep(session, note)
    _write_down(session, "note.added", note, actor, new={"note": text})
    return note


def change_note(session: Session, note: Note, text: str, actor: Actor, *, seen_version: int) -> None:
    """Give a note another text. Raises `Stale`."""
    if note.version != seen_version:
        raise Stale
    if note.text == text:
        return
    _write_down(session, "note.changed", note, actor, old={"note": note.text}, new={"note": text})
    note.text, note.edited_at = text, actor.when
    session.flush()
    found.keep(session, note)


def delete_note(session: Session, note: Note, actor: Actor) -> None:
    """Delete a note; its text stays in the audit trail."""
    _write_down(session, "note.deleted", note, actor, old={"note": note.text})
    found.forget(session, note)
    session.delete(note)
    session.flush()


def add_task(session: Session, values: Mapping[str, Any], actor: Actor) -> Task:
    """A new task with these values. The same sent again within a minute is the same task."""
    same = [getattr(Task, name) == value for name, value in values.items()]
    again = select(Task).where(Task.created_by == actor.user_id, Task.created_at > actor.when - TWICE, *same)
    if (there := session.scalar(again.order_by(Task.id).limit(1))) is not None:
        return there
    task = Task(**values, created_by=actor.user_id, created_at=actor.when)
    session.add(task)
    session.flush()
    new = {"task": task.title, **{name: value for name, value in _told(session, values).items() if value}}
    _write_down(session, "task.added", task, actor, new=new)
    return task


def change_task(session: Session, task: Task, values: Mapping[str, Any], actor: Actor, *, seen_version: int) -> None:
    """Give a task these values. Raises `Stale`."""
    if task.version != seen_version:
        raise Stale
    changed = {name: value for name, value in values.items() if getattr(task, name) != value}
    if not changed:
        return
    old = _told(session, {name: getattr(task, name) for name in changed})
    title = task.title
    for name, value in changed.items():
        setattr(task, name, value)
    session.flush()
    about = {"task": title} if "title" not in changed else {}
    _write_down(session, "task.changed", task, actor, old={**about, **old}, new={**about, **_told(session, changed)})


def set_state(session: Session, task: Task, state: str, actor: Actor) -> bool:
    """Close a task as done or cancelled, or open it again; False where it is so already (a second click)."""
    if task.state == state:
        return False
    task.state = state
    task.closed_at, task.closed_by = (None, None) if state == OPEN else (actor.when, actor.user_id)
    session.flush()
    _write_down(session, _STATE_DEEDS[state], task, actor, new={"task": task.title})
    return True


def move(session: Session, kind: str, from_id: int, to_id: int, actor: Actor) -> None:
    """Hang the notes and tasks of a record on another one of its kind, as when two turn out to be the same.

    That is written down with the merge itself.
    """
    del actor
    for model in (Note, Task):
        mine = (model.kind == kind, model.record_id == from_id)
        session.execute(update(model).where(*mine).values(record_id=to_id, version=model.version + 1))


def describe(session: Session, record: Record, may: May) -> Sequence[str]:
    """What goes with a record, for the page that asks before deleting it."""
    notes, open_tasks, closed = _counts(session, record)
    parts = [
        _many(notes, "note"),
        _many(open_tasks, "open task"),
        _many(closed, "closed task"),
    ]
    named = [part for part in parts if part]
    whole = " and ".join(filter(None, (", ".join(named[:-1]), *named[-1:])))
    return [f"{whole} {'goes' if notes + open_tasks + closed == 1 else 'go'} with it."] if named else []


def drop(session: Session, record: Record, actor: Actor) -> None:
    """Delete the notes and tasks of a record for good, and write down how many went."""
    notes, open_tasks, closed = _counts(session, record)
    if not notes + open_tasks + closed:
        return
    for model in (Note, Task):
        session.execute(delete(model).where(model.kind == record.kind, model.record_id == record.id))
    old = {"notes": notes, "tasks": open_tasks + closed}
    record_deed(
        session,
        when=actor.when,
        user_id=actor.user_id,
        deed="activity.dropped",
        kind=record.kind,
        record_id=record.id,
        old={name: count for name, count in old.items() if count},
    )


COMPANION = Companion(describe, drop)


def _counts(session: Session, record: Record) -> tuple[int, int, int]:
    """How many notes, open tasks and closed tasks a record has."""
    notes = select(func.count()).select_from(Note).where(Note.kind == record.kind, Note.record_id == record.id)
    tasks = select(func.count()).select_from(Task).where(Task.kind == record.kind, Task.record_id == record.id)
    still_open = session.scalar(tasks.where(Task.state == OPEN)) or 0
    return session.scalar(notes) or 0, still_open, (session.scalar(tasks) or 0) - still_open


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}" if count else ""


def _told(session: Session, values: Mapping[str, Any]) -> dict[str, Any]:
    """A task's values as the audit trail keeps them: the assignee by name, without the record it is written under."""
    names = users.names_of(session, [values.get("assignee_id")])
    told = {name: value for name, value in values.items() if name not in ("kind", "record_id", "assignee_id")}
    if "assignee_id" in values:
        told["assignee"] = names.get(values["assignee_id"], "")
    return told


def _write_down(
    session: Session,
    deed: str,
    about: Note | Task,
    actor: Actor,
    *,
    old: Mapping[str, Any] = NOTHING,
    new: Mapping[str, Any] = NOTHING,
) -> None:
    record_deed(
        session,
        when=actor.when,
        user_id=actor.user_id,
        deed=deed,
        kind=about.kind,
        record_id=about.record_id,
        old=old,
        new=new,
    )
