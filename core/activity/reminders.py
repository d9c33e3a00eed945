"""What a reminder of the morning says: the tasks of a user that are due today or overdue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import formats
from core.activity import tasks
from core.activity.models import OPEN, Task
from core.users.models import User

MOST = 30  # tasks in one mail


@dataclass(frozen=True)
class Reminder:
    """A mail to one user: plain text, with addresses that lead back here."""

    user_id: int
    to: str
    subject: str
    text: str


def reminders(session: Session, today: dt.date, url: str) -> Iterator[Reminder]:
    """One for each active user who has an address and tasks that are due today or overdue; `url` is where we are."""
    wanted = select(Task.assignee_id).where(Task.state == OPEN, Task.due_on <= today)
    people = select(User).where(User.active, User.email != "", User.id.in_(wanted)).order_by(User.id)
    for user in session.scalars(people).all():
        rows = tasks.rows(session, tasks.due(session, user.id, today, limit=MOST), today)
        yield compose(user, rows, tasks.count_due(session, user.id, today), url)


def compose(user: User, rows: Sequence[tasks.Row], total: int, url: str) -> Reminder:
    """The mail to a user about these tasks, of `total` in all."""
    first = user.name.split()[0] if user.name.split() else user.login
    what = "1 task is" if total == 1 else f"{total} tasks are"
    lines = [line for row in rows for line in _lines(row, url)]
    more = [f"and {total - len(rows)} more: {url}/tasks", ""] if total > len(rows) else []
    text = [f"Hello {first},", "", f"{what} due today or overdue.", "", *lines, *more, f"Your day: {url}/"]
    return Reminder(user.id, user.email, f"{what} due", "\n".join(text) + "\n")


def _lines(row: tasks.Row, url: str) -> Iterator[str]:
    task = row.task
    late = f"due {formats.day(task.due_on)}" if row.tone == "bad" else "due today"
    about = f" ({row.about})" if row.about else ""
    yield f"- {task.title}{about}, {late}"
    yield f"  {url}{task.path}"
    yield ""
