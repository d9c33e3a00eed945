"""The lists of opportunities that are won but not invoiced, and of those that are invoiced more than agreed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pyramid.httpexceptions import HTTPForbidden
from sqlalchemy import select

from core.accounting import access, agreed, connections
from core.accounting.access import DRAFT, SEE_AMOUNTS
from core.accounting.draft_words import STATES
from core.accounting.models import Connection
from core.accounting.views.draft_list import LIST
from core.contract.extensions import NavLink
from core.contract.values import Capability
from core.forms import number_in

TITLES = {agreed.UNBILLED: "Won but not invoiced", agreed.EXCEEDED: "Invoiced more than agreed"}
PATHS = {which: f"/accounting/{title.lower().replace(' ', '-')}" for which, title in TITLES.items()}
ROUTES = {f"accounting_{which}": which for which in PATHS}
PAGE = "accounting/agreed.jinja2"


def add_routes(config: Any) -> None:
    """The two lists."""
    for route, which in ROUTES.items():
        config.add_route(route, PATHS[which])
        config.add_view(listing, route_name=route, request_method="GET", renderer=PAGE, permission=SEE_AMOUNTS)


def navigation(request: Any) -> Iterable[NavLink]:
    """Their places in the navigation."""
    shown = TITLES.items() if access.anywhere(request, SEE_AMOUNTS) else ()
    for place, (which, title) in enumerate(shown):
        yield NavLink(title, PATHS[which], section="Money", order=30 + place, right=SEE_AMOUNTS)


def listing(request: Any) -> dict[str, Any]:
    """A page of the list, over what the user may see the amounts of, and what to do next about each."""
    which = ROUTES[request.matched_route.name]
    if not access.anywhere(request, SEE_AMOUNTS):
        raise HTTPForbidden()
    hidden = access.hidden_from(request, SEE_AMOUNTS)
    every = request.dbsession.scalars(select(Connection)).all()
    known = {one.id: one for one in every if one.id not in hidden}
    found = agreed.compare(
        request.dbsession, request.services, which, hidden=hidden, page=number_in(request.GET.get("page"), 1)
    )
    return {
        "title": TITLES[which],
        "which": which,
        "found": found,
        "known": known,
        "left_out": bool(hidden - access.hidden_from(request)),
        "providers": request.services.providers,
        "drafts_in": _drafts_in(request),
        "raised": {line.record.id: list(_raised(request, line, known)) for line in found.records},
    }


def _raised(request: Any, line: agreed.Line, known: Mapping[int, Connection]) -> Iterable[tuple[str, str, str]]:
    """The drafts that are there already of an opportunity: state, name, and address where the user may open it."""
    for draft in line.waiting:
        name = draft.payload["party_name"] or "nobody yet"
        to = f"{LIST}/{draft.key}" if access.may(request, DRAFT, draft.connection) else ""
        yield STATES[draft.state].words, f"draft to {name}", to
    for document in line.drafts:
        provider = known[document.connection_id].provider
        to = f"{line.record.path}/tabs/{provider}/documents/{document.id}"
        yield "Draft", document.number or "without a number", to if provider in request.services.providers else ""


def _drafts_in(request: Any) -> str:
    """The backend in which a draft can be raised: the first with a connection that can, "" where there is none."""
    for key in request.services.providers:
        for one in access.known_to(request, connections.active(request.dbsession, key), DRAFT):
            able = connections.capabilities(request.services, one) if request.has_permission(DRAFT) else frozenset()
            if one.state == "connected" and able & {Capability.DRAFT_INVOICE, Capability.ESTIMATE}:
                return str(key)
    return ""
