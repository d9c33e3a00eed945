"""My day: the start page."""

from __future__ import annotations

import datetime as dt
from typing import Any

from core.activity import tasks
from core.activity.pages import may_write, today
from core.records import lists
from core.records.kinds import KINDS, tone_of

FEW = 8
SOON = dt.timedelta(days=14)


def includeme(config: Any) -> None:
    """The route and who answers it."""
    config.add_route("home", "/")
    config.add_view(my_day, route_name="home", renderer="activity/my_day.jinja2", request_method="GET")


def my_day(request: Any) -> dict[str, Any]:
    """What is due, what closes soon, what changed last; other rooms and plugins add their cards."""
    day, everybody = today(request), request.GET.get("opportunities") == "all"
    closing = lists.closing(
        request.dbsession, FEW + 1, owner_id=None if everybody else request.identity.id, until=day + SOON
    )
    recent = [record for kind in KINDS for record in lists.recent(request.dbsession, kind, FEW)]
    recent.sort(key=lambda record: record.changed_at, reverse=True)
    return {
        **_tasks(request, day),
        "closing": closing[:FEW],
        "more_closing": len(closing) > FEW,
        "everybody": everybody,
        "recent": recent[:FEW],
        "kinds": KINDS,
        "tones": tone_of,
        "today": day,
        "may": may_write(request),
    }


def _tasks(request: Any, day: dt.date) -> dict[str, Any]:
    """The user's tasks that are due, how many in all, and how many are open for later."""
    session, me = request.dbsession, request.identity.id
    found = tasks.due(session, me, day, limit=2 * FEW)
    due = tasks.count_due(session, me, day)
    return {
        "rows": tasks.rows(session, found, day),
        "due": due,
        "ahead": tasks.count_open(session, me) - due,
    }
