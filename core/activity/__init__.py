"""Notes, tasks and the timeline: what people write down about records, and what happens on them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.activity import service, tasks
from core.activity.pages import aside, today
from core.contract.extensions import NavLink


def includeme(config: Any) -> None:
    """The pages, what stands beside a record, and what becomes of it when the record is deleted."""
    config.add_deed_words(service.DEEDS)
    config.add_fault(service.NotThere, 404)
    config.add_record_companion(service.COMPANION)
    config.add_record_aside(aside)
    config.add_navigation(navigation)
    config.include("core.activity.views.day")
    config.include("core.activity.views.notes")
    config.include("core.activity.views.tasks")


def navigation(request: Any) -> Iterable[NavLink]:
    """The start page, and the list of tasks."""
    yield NavLink("My day", "/", order=0)
    due = tasks.count_due(request.dbsession, request.identity.id, today(request)) if request.identity else 0
    yield NavLink("Tasks", "/tasks", order=5, badge=str(due or ""))
