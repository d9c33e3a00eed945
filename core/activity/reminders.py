"""What a reminder of the morning says: the tasks of a user that are due today or overdue."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import formats
from core.activity import tasks
from core.activity.models import OPEN, Task, TaskReminder
from core.contract.extensions import PeriodicJob
from core.forms import is_email_address
from core.mail.service import send
from core.services import Services
from core.users.models import User
from core.users.style import zone_called

log = logging.getLogger(__name__)
MOST = 30  # tasks in one mail
MORNING = 7  # o'clock, from when on people are reminded
QUARTER = 900  # seconds


@dataclass(frozen=True)
class Reminder:
    """A mail to one user: plain text, with addresses that lead back here."""

    user_id: int
    to: str
    subject: str
    text: str


def reminders(session: Session, now: dt.datetime, zone: str, url: str) -> Iterator[Reminder]:
    """One for each active user who has an address and tasks that are due today or overdue, once a day from `MORNING`.

    Morning and day are those of the user's time zone, or of `zone` where none was chosen; `url` is where we are. That
    the user was reminded is kept in the same transaction.
    """
    latest = now.astimezone(dt.UTC).date() + dt.timedelta(days=1)  # somewhere it is tomorrow already
    wanted = select(Task.assignee_id).where(Task.state == OPEN, Task.due_on <= latest)
    people = select(User).where(User.active, User.email != "", User.id.in_(wanted)).order_by(User.id)
    for user in session.scalars(people).all():
        if not is_email_address(user.email):
            log.warning("user %s is not reminded: their e-mail is no address", user.id)
            continue
        here = now.astimezone(ZoneInfo(zone_called(user.time_zone) or zone))
        total = tasks.count_due(session, user.id, here.date())
        if here.hour >= MORNING and total and _is_first(session, user.id, here.date()):
            rows = tasks.rows(session, tasks.due(session, user.id, here.date(), limit=MOST), here.date())
            yield compose(user, rows, total, url)


def _is_first(session: Session, user_id: int, day: dt.date) -> bool:
    """Whether the user was not reminded on that day yet; keeps that it is done now."""
    row = session.get(TaskReminder, user_id, with_for_update=True)
    if row is not None and row.day >= day:
        return False
    session.merge(TaskReminder(user_id=user_id, day=day))
    session.flush()
    return True


def register(services: Services, zone: str) -> None:
    """Let the worker remind people every morning; `zone` is for those who chose none."""
    services.periodic.append(PeriodicJob("activity_reminders", QUARTER, partial(_remind, zone)))


def _remind(zone: str, services: Services) -> None:
    now = services.clock.now()
    with services.db.begin() as session:
        for one in reminders(session, now, zone, services.settings.url):
            send(session, services.vault, to=one.to, subject=one.subject, text=one.text, when=now)


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
