"""My day: the start page."""

from __future__ import annotations

from typing import Any

from core.records import lists
from core.records.kinds import KINDS, TONES


def includeme(config: Any) -> None:
    """The route and who answers it."""
    config.add_route("home", "/")
    config.add_view(my_day, route_name="home", renderer="home.jinja2")


def my_day(request: Any) -> dict[str, Any]:
    """What closes next, what changed last, and the cards of plugins."""
    recent = [record for kind in KINDS for record in lists.recent(request.dbsession, kind, 8)]
    recent.sort(key=lambda record: record.changed_at, reverse=True)
    closing = lists.closing(request.dbsession, 8)
    return {"recent": recent[:8], "kinds": KINDS, "closing": closing, "tones": TONES}
