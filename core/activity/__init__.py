"""Notes, tasks and the timeline: what people write down about records, and what happens on them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from core.activity import found, reminders, service, tasks
from core.activity.pages import aside, today
from core.contract.extensions import NavLink

log = logging.getLogger(__name__)


def includeme(config: Any) -> None:
    """The pages, what stands beside a record, and what becomes of it when the record is deleted."""
    config.add_deed_words(service.DEEDS)
    config.add_fault(service.NotThere, 404)
    config.add_record_companion(service.COMPANION)
    config.add_record_mover(service.move)
    config.add_search_source(found.SOURCE)
    config.add_record_aside(aside)
    config.add_navigation(navigation)
    reminders.register(config.registry.services, config.registry.time_zone)
    config.include("core.activity.views.day")
    config.include("core.activity.views.notes")
    config.include("core.activity.views.tasks")


def navigation(request: Any) -> Iterable[NavLink]:
    """The start page, and the list of tasks with how many of the user's are due."""
    yield NavLink("My day", "/", order=0)
    yield NavLink("Tasks", "/tasks", order=5, badge=_due(request))


def _due(request: Any) -> str:
    """The count; nothing where it cannot be told, for a fault's page has the navigation too."""
    try:
        return str(tasks.count_due(request.dbsession, request.identity.id, today(request)) or "")
    except Exception:
        log.exception("how many tasks are due cannot be told")
        return ""
