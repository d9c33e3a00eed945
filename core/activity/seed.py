"""Notes and tasks to try things with, on the demo's records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.activity import found
from core.activity.models import DONE, OPEN, Note, Task
from core.audit.service import record_deed
from core.contract.clock import Clock
from core.records.service import named
from core.users.models import User

# Kind and name of the record, author's log-in, days and hours ago, text.
NOTES = (
    ("organizations", "Old Mill Bakery", "admin", 30, 2, "Met at the food fair. Opens a second shop in autumn."),
    ("organizations", "Harbour Coffee Roasters", "sales", 12, 3,
     "Ngaire wants the second stage done before the summer rush.\n\n"
     "- drum and cooling tray first\n- the old grinder can go to the tap-room\n\n"
     "Plans: https://harbour.example/refit"),
    ("organizations", "Harbour Coffee Roasters", "accounts", 3, 5,
     "Rang about the October invoice. Daniel says it is with their bookkeeper and will be paid on the 20th."),
    ("opportunities", "Roastery refit, stage 2", "sales", 6, 2,
     "Sent the proposal. They compare it with one from Nelson; decision after their board meets."),
    ("opportunities", "Autumn beans", "sales", 2, 4, "Sione asked for a sample of the decaf as well."),
    ("organizations", "Blue Gum Brewing", "sales", 20, 1, "Invoices go to accounts@bluegum.example, not to Lachlan."),
    ("contacts", "Ruth Tane", "sales", 9, 6, "Best on the phone before ten. On leave until the end of the month."),
    ("projects", "Roastery refit", "sales", 5, 7, "Electrician booked. The roaster is off for two days then."),
)  # fmt: skip
# Title, assignee's log-in, due in so many days, kind and name of the record, state, made so many days ago.
TASKS = (
    ("Ring Ngaire about stage 2", "sales", 0, "opportunities", "Roastery refit, stage 2", OPEN, 6),
    ("Send the decaf sample", "sales", -2, "opportunities", "Autumn beans", OPEN, 2),
    ("Chase the October invoice", "accounts", 1, "organizations", "Harbour Coffee Roasters", OPEN, 3),
    ("Book the cooling tray delivery", "sales", 5, "projects", "Roastery refit", OPEN, 5),
    ("Price three kitchens", "sales", 9, "opportunities", "Staff kitchens, three sites", OPEN, 4),
    ("Measure the roastery", "sales", -8, "projects", "Roastery refit", DONE, 15),
    ("Send the proposal", "sales", -6, "opportunities", "Roastery refit, stage 2", DONE, 11),
    ("Look through the open opportunities", "admin", 0, "", "", OPEN, 1),
)
# Oldest first: opportunity, days ago, the stage before and after.
STAGES = (
    ("Tap-room coffee bar", 40, "Proposal", "Won"),
    ("Roastery refit, stage 2", 16, "New", "Qualified"),
    ("Autumn beans", 8, "New", "Qualified"),
    ("Roastery refit, stage 2", 6, "Qualified", "Proposal"),
)


def seed_demo_activity(session: Session, clock: Clock) -> int:
    """The demo's notes and tasks, by the demo users; how many. Does nothing where there are notes already."""
    if session.scalar(select(func.count()).select_from(Note)):
        return 0
    users = {user.login: user.id for user in session.scalars(select(User))}
    places = _places(session)
    now = clock.now()
    made: list[Note | Task] = [*_notes(places, users, now), *_tasks(places, users, now)]
    session.add_all(made)
    for name, days, old, new in STAGES:
        if (place := places.get(("opportunities", name))) is not None:
            record_deed(
                session,
                when=now - dt.timedelta(days=days, hours=2),
                user_id=users.get("sales"),
                deed="record.changed",
                old={"stage": old},
                new={"stage": new},
                **place,
            )
    session.flush()
    for note in made:
        if isinstance(note, Note):
            found.keep(session, note)
    return len(made)


def _places(session: Session) -> Mapping[tuple[str, str], dict[str, Any]]:
    """The columns that name each record, by kind and title."""
    wanted = {(kind, name) for kind, name, *_ in NOTES} | {(kind, name) for *_, kind, name, _, _ in TASKS}
    wanted |= {("opportunities", name) for name, *_ in STAGES}
    return {
        (kind, name): {"kind": kind, "record_id": found[0]}
        for kind, name in sorted(wanted)
        if kind and (found := named(session, kind, name))
    }


def _notes(places: Mapping[tuple[str, str], dict[str, Any]], users: Mapping[str, int], now: dt.datetime) -> list[Note]:
    return [
        Note(text=text, author_id=users.get(by), created_at=now - dt.timedelta(days=days, hours=hours), **place)
        for kind, name, by, days, hours, text in NOTES
        if (place := places.get((kind, name))) is not None
    ]


def _tasks(places: Mapping[tuple[str, str], dict[str, Any]], users: Mapping[str, int], now: dt.datetime) -> list[Task]:
    made: list[Task] = []
    for title, to, due, kind, name, state, ago in TASKS:
        place = places.get((kind, name), {})
        if kind and not place:
            continue
        day = now + dt.timedelta(days=due)
        closed = {"closed_at": day, "closed_by": users.get(to)} if state == DONE else {}
        made.append(
            Task(
                title=title,
                assignee_id=users.get(to),
                due_on=day.date(),
                state=state,
                created_by=users.get(to),
                created_at=now - dt.timedelta(days=ago),
                **place,
                **closed,
            )
        )
    return made
