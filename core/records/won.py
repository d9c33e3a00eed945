"""From a won opportunity to its project, in one click."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import formats
from core.records import service
from core.records.models import Opportunity, Project
from core.records.page import actor
from core.records.service import Actor, get_record
from core.records.stages import WON


class NotWon(Exception):
    """Only a won opportunity becomes a project."""


def add_routes(config: Any) -> None:
    """The route and who answers it."""
    config.add_fault(NotWon, 409)
    config.add_route("records.project", "/opportunities/{id:[0-9]{1,18}}/project", request_method="POST")
    config.add_view(start, route_name="records.project", permission="records.edit")


def start(request: Any) -> Any:
    """Make the project and show it; where there is one already, as after a second click, show that."""
    deal = get_record(request.dbsession, "opportunities", int(request.matchdict["id"]), for_change=True)
    assert isinstance(deal, Opportunity)
    there = project_of(request.dbsession, deal)
    project = there or start_project(request.dbsession, deal, actor(request))
    told = "There is a project of this opportunity already." if there else f"The project {project.title} was started."
    request.session.flash(told, "info" if there else "success")
    return HTTPSeeOther(project.path)


def project_of(session: Session, deal: Opportunity) -> Project | None:
    """The first project of an opportunity, if it has one."""
    return session.scalar(select(Project).where(Project.opportunity_id == deal.id).order_by(Project.id).limit(1))


def start_project(session: Session, deal: Opportunity, actor: Actor) -> Project:
    """A planned project with what the opportunity says; it begins on the actor's day. Raises `NotWon`."""
    if deal.outcome != WON:
        raise NotWon(f"{deal.title} is not won: a project is started from a won opportunity.")
    same = ("name", "organization_id", "contact_id", "currency", "owner_id", "tags")
    values = {name: getattr(deal, name) for name in same}
    values |= {
        "opportunity_id": deal.id,
        "budget": deal.amount,
        "status": "Planned",
        "starts_on": formats.today(actor.when),
    }
    project = service.create(session, "projects", values, actor)
    assert isinstance(project, Project)
    return project
