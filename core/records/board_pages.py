"""The page of the board, and moving an opportunity to another stage from anywhere."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response

from core.forms import clean, number_in, typed_in
from core.records import board
from core.records.listing import listing, tags_to_offer
from core.records.models import Opportunity
from core.records.page import actor
from core.records.service import StaleRecord, get_record
from core.records.stages import LOST, Stage, stages
from core.users.service import names_of

EDIT = "records.edit"
LONGEST = 200
BOARD = "/opportunities/board"


def add_routes(config: Any) -> None:
    """The routes and who answers them; the board's stands before that of a record."""
    config.add_route("records.board", BOARD)
    config.add_view(show, route_name="records.board", renderer="records/board.jinja2")
    config.add_route("records.stage", "/opportunities/{id:[0-9]{1,18}}/stage")
    form = {"route_name": "records.stage", "renderer": "records/stage.jinja2", "permission": EDIT}
    config.add_view(ask, request_method="GET", **form)
    config.add_view(move, request_method="POST", **form)
    config.add_request_method(_pipeline, "pipeline", reify=True)


def _pipeline(request: Any) -> Any:
    """The stages, for menus."""
    return stages(request.dbsession)


def show(request: Any) -> dict[str, Any]:
    """The board, filtered like the list."""
    shown = _board(request)
    return {**shown, "known_tags": tags_to_offer(request, "opportunities"), "may": request.has_permission(EDIT)}


def _board(request: Any, only: tuple[str, ...] = ()) -> dict[str, Any]:
    asked = listing(request, "opportunities")
    columns = board.board(request.dbsession, asked.conditions, request.clock.now(), only)
    names = names_of(request.dbsession, [deal.owner_id for column in columns for deal in column.cards])
    overdue = partial(board.is_overdue, today=request.today)
    return {"asked": asked, "columns": columns, "names": names, "overdue": overdue, "most": board.CARDS}


def _deal(request: Any, *, for_change: bool = False) -> Opportunity:
    deal = get_record(request.dbsession, "opportunities", int(request.matchdict["id"]), for_change=for_change)
    assert isinstance(deal, Opportunity)
    return deal


def _stage(request: Any, name: str) -> Stage | None:
    return next((stage for stage in request.pipeline if stage.name == name), None)


def _form(request: Any, deal: Opportunity, problem: str = "", field: str = "") -> dict[str, Any]:
    typed = {name: clean(typed_in(request.params, name))[:1_000] for name in ("stage", "reason", "back")}
    to = _stage(request, typed["stage"])
    shown = {"deal": deal, "typed": typed, "why": to is not None and to.outcome == LOST}
    return {**shown, "problem": problem, "wrong": field, "stale": field == "version"}


def ask(request: Any) -> dict[str, Any]:
    """The small page that moves an opportunity, and asks why where it was lost."""
    return _form(request, _deal(request))


def move(request: Any) -> Any:
    """Move an opportunity; what is missing or wrong is asked for on the small page, which scripts go to."""
    deal, stage = _deal(request, for_change=True), _stage(request, clean(typed_in(request.params, "stage")))
    reason, before = clean(typed_in(request.params, "reason")), deal.stage
    if stage is None:
        return _again(request, deal, 422, "Choose one of the list.", "stage")
    if len(reason) > LONGEST:
        return _again(request, deal, 422, f"Write at most {LONGEST} characters.", "reason")
    seen = number_in(clean(typed_in(request.params, "version")))
    try:
        moved = board.move(request.dbsession, deal, stage, reason, actor(request), seen_version=seen)
    except board.ReasonMissing as problem:
        if "reason" in request.POST or request.is_fragment:
            return _again(request, deal, 422, str(problem), "reason")
        asked = {"stage": stage.name, "back": clean(typed_in(request.POST, "back"))[:1_000]}
        return HTTPSeeOther(f"{request.path}?{urlencode(asked)}")  # nobody was asked for it yet
    except StaleRecord:
        return _again(request, deal, 409, "Somebody changed it since you saw it. It is now as below.", "version")
    return _moved(request, deal, before, moved)


def _again(request: Any, deal: Opportunity, status: int, problem: str, field: str) -> dict[str, Any]:
    request.response.status_int = status
    return _form(request, deal, problem, field)


def _moved(request: Any, deal: Opportunity, before: str, moved: bool) -> Any:
    """Back to where the opportunity was moved from; for the board's script both columns anew."""
    if request.is_fragment:
        values = {**_board(request, (before, deal.stage)), "may": True}
        return render_to_response("records/board_columns.jinja2", values, request=request)
    if moved:
        request.session.flash(f"{deal.title} was moved to {deal.stage}.", "success")
    back = clean(typed_in(request.params, "back"))
    return HTTPSeeOther(BOARD + back if back == "" or back.startswith("?") else deal.path)
