"""Saving a view of a list, and changing or deleting one."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound, HTTPSeeOther

from core.forms import can_be_seen, one_line
from core.records import saved
from core.records.kinds import KINDS
from core.records.listing import PLACES
from core.records.saved import SavedView

EDIT, ADMIN = "records.edit", "records.define"


def add_routes(config: Any) -> None:
    """The routes and who answers them."""
    views = f"/{{records:{'|'.join(KINDS)}}}/views"
    config.add_route("records.views", views, request_method="POST")
    config.add_view(save, route_name="records.views", renderer="records/view.jinja2")
    config.add_route("records.view", f"{views}/{{id:[0-9]{{1,9}}}}")
    config.add_view(show, route_name="records.view", request_method="GET", renderer="records/view.jinja2")
    config.add_view(change, route_name="records.view", request_method="POST", renderer="records/view.jinja2")


def _query(request: Any) -> str:
    """What the list was filtered and sorted by, without the place in it."""
    pairs = parse_qsl(one_line(request.POST.get("query")).removeprefix("?"))
    return urlencode([pair for pair in pairs if pair[0] not in PLACES])


def _page(request: Any, problem: str = "", view: SavedView | None = None) -> dict[str, Any]:
    if problem:
        request.response.status_int = 422
    name = one_line(request.POST.get("name")) if request.method == "POST" else (view.name if view else "")
    shared = "shared" in request.POST if request.method == "POST" else bool(view and view.shared)
    query = view.query if view else _query(request)
    kind = KINDS[request.matchdict["records"]]
    typed = {
        "name": name[:1_000],
        "shared": shared,
        "query": query,
        "may_share": request.has_permission(EDIT),
        "taken": None,
    }
    return {"kind": kind, "view": view, "problem": problem, **typed}


def save(request: Any) -> Any:
    """Save the view that a list shows; who may not change records keeps it for himself."""
    name, shared = one_line(request.POST.get("name")), "shared" in request.POST and bool(request.has_permission(EDIT))
    try:
        view = saved.save(
            request.dbsession,
            kind=request.matchdict["records"],
            name=name if can_be_seen(name) else "",
            query=_query(request),
            user_id=request.identity.id,
            shared=shared,
            when=request.clock.now(),
        )
    except saved.NameTaken as taken:
        if one_line(request.POST.get("action")) != "replace":
            return {**_page(request, str(taken)), "taken": taken.view}
        view = _replaced(request, taken.view, shared)
    except ValueError as problem:
        return _page(request, str(problem))
    request.session.flash(f"The view “{view.name}” was saved.", "success")
    return HTTPSeeOther(view.url)


def _replaced(request: Any, view: SavedView, shared: bool) -> SavedView:
    saved.replace(request.dbsession, view, _query(request))
    view.shared = shared
    return view


def _view(request: Any) -> SavedView:
    """The view of the address, for whom it belongs to or an administrator; nobody else learns of an own one."""
    view: SavedView | None = (
        request.dbsession.get(SavedView, int(request.matchdict["id"])) if _is_small(request) else None
    )
    mine = view is not None and view.user_id == request.identity.id
    if view is None or view.kind != request.matchdict["records"] or not (mine or view.shared):
        raise HTTPNotFound()
    if not mine and not request.has_permission(ADMIN):
        raise HTTPForbidden()
    return view


def _is_small(request: Any) -> bool:
    return int(request.matchdict["id"]) < 2**31


def show(request: Any) -> dict[str, Any]:
    """The page on which a view is renamed, shared or deleted."""
    return _page(request, view=_view(request))


def change(request: Any) -> Any:
    """Rename and share a view, or delete it."""
    view = _view(request)
    if one_line(request.POST.get("action")) == "delete":
        request.dbsession.delete(view)
        request.session.flash(f"The view “{view.name}” was deleted.", "success")
        return HTTPSeeOther(f"/{view.kind}")
    name = one_line(request.POST.get("name"))
    try:
        saved.rename(request.dbsession, view, name if can_be_seen(name) else "")
    except ValueError as problem:
        return _page(request, str(problem), view)
    view.shared = "shared" in request.POST and bool(request.has_permission(EDIT))
    request.session.flash(f"The view “{view.name}” was saved.", "success")
    return HTTPSeeOther(view.url)
