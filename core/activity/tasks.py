"""Lists of tasks: whose, open or closed, about which record; each row with the words it is shown with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from core import formats
from core.activity.models import OPEN, Task
from core.activity.service import SEEN
from core.db import look_up, table_of
from core.records import lists
from core.records.hiding import WITH
from core.records.lists import PAGE_SIZE, Found
from core.users import service as users

_ROWS = table_of(Task)
_IS_DUE = (
    _ROWS.c.assignee_id == bindparam("user_id"),
    _ROWS.c.state == OPEN,
    _ROWS.c.due_on <= bindparam("until"),
    SEEN,
)
_DUE = select(func.count()).select_from(_ROWS).where(*_IS_DUE)
_OPEN_ON = (
    select(Task)
    .where(Task.kind == bindparam("kind"), Task.record_id == bindparam("record_id"), Task.state == OPEN)
    .order_by(Task.due_on.asc().nulls_last(), Task.id)
    .limit(bindparam("limit"))
    .execution_options(**WITH)
)


@dataclass(frozen=True)
class Row:
    """A task with the name of its assignee, the title and address of its record, and when it is due in words.

    `tone`: bad for overdue, warn for today, else "".
    """

    task: Task
    assignee: str
    about: str
    url: str
    due: str
    tone: str


def find(session: Session, today: dt.date, *, assignee: int | None, closed: bool, page: int = 1) -> Found:
    """A page of the tasks of a user, or of all for None, each as `Row`.

    Open ones by when they are due, so that those overdue come first and those without a day last; closed ones by when
    they were closed, the last first. A page behind the last is the last.
    """
    conditions = [SEEN, Task.state != OPEN if closed else Task.state == OPEN]
    if assignee is not None:
        conditions.append(Task.assignee_id == assignee)
    total = session.scalar(select(func.count()).select_from(Task).where(*conditions)) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE_SIZE)))
    order = [Task.closed_at.desc(), Task.id.desc()] if closed else [Task.due_on.asc().nulls_last(), Task.id]
    query = select(Task).where(*conditions).order_by(*order).offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE)
    shown: Any = rows(session, session.scalars(query).all(), today)
    return Found(shown, total, page)


def due(session: Session, user_id: int, until: dt.date, *, limit: int) -> Sequence[Task]:
    """The open tasks of a user that are due until a day, that day included, the longest overdue first."""
    query = select(Task).where(Task.assignee_id == user_id, Task.state == OPEN, Task.due_on <= until, SEEN)
    return session.scalars(query.order_by(Task.due_on, Task.id).limit(limit)).all()


def count_due(session: Session, user_id: int, until: dt.date) -> int:
    """How many these are in all."""
    return look_up(session, _DUE, user_id=user_id, until=until).scalar() or 0


def count_open(session: Session, user_id: int) -> int:
    """How many open tasks a user has."""
    query = select(func.count()).select_from(Task)
    return session.scalar(query.where(Task.assignee_id == user_id, Task.state == OPEN, SEEN)) or 0


def open_on(session: Session, kind: str, record_id: int, *, limit: int) -> Sequence[Task]:
    """The open tasks about a record, by when they are due."""
    return session.scalars(_OPEN_ON, {"kind": kind, "record_id": record_id, "limit": limit}).all()


def rows(session: Session, tasks: Sequence[Task], today: dt.date) -> list[Row]:
    """Tasks as they are shown; the names are looked up once for all of them."""
    names = users.names_of(session, [task.assignee_id for task in tasks])
    titles = _titles(session, tasks)
    return [
        Row(
            task,
            names.get(task.assignee_id or 0, ""),
            titles.get((task.kind, task.record_id or 0), ""),
            f"/{task.kind}/{task.record_id}" if task.record_id else "",
            *_due(task, today),
        )
        for task in tasks
    ]


def _titles(session: Session, tasks: Iterable[Task]) -> Mapping[tuple[str, int], str]:
    wanted: dict[str, set[int]] = {}
    for task in tasks:
        if task.record_id is not None:
            wanted.setdefault(task.kind, set()).add(task.record_id)
    return {
        (kind, number): title
        for kind, ids in wanted.items()
        for number, title in lists.titles(session, kind, ids).items()
    }


def _due(task: Task, today: dt.date) -> tuple[str, str]:
    """When it is due, in words, and how urgent that is."""
    if task.due_on is None:
        return "", ""
    days = (task.due_on - today).days
    if task.state != OPEN or days > 1:
        return formats.short_day(task.due_on, today), ""
    if days < 0:
        return f"Overdue {-days} d", "bad"
    return ("Tomorrow", "") if days else ("Today", "warn")
