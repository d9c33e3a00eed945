"""Changing many records from a list: choose, be asked, see what became of it, take it back."""

from __future__ import annotations

from functools import partial
from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from sqlalchemy import delete, select

from core.contract.extensions import PeriodicJob
from core.forms import can_be_seen, number_in, one_line
from core.records import bulk, lists
from core.records.bulk import ADD_TAG, DELETE, OWNER, REMOVE_TAG, STAGE, STATUS, BulkChange, Wish
from core.records.kinds import KINDS
from core.records.listing import listing
from core.records.models import MODELS, STATUSES
from core.records.page import actor
from core.records.service import Actor
from core.records.stages import LOST, stages
from core.records.tags import LONGEST
from core.users.service import names_of

EDIT, JOB = "records.edit", "records.bulk"


def add_routes(config: Any) -> None:
    """The routes, who answers them, and the job that does what is too much for a request."""
    all_of = f"/{{records:{'|'.join(KINDS)}}}/bulk"
    config.add_route("records.bulk", all_of, request_method="POST")
    config.add_view(ask, route_name="records.bulk", renderer="records/bulk.jinja2", permission=EDIT)
    config.add_route("records.bulk_one", f"{all_of}/{{id:[0-9]{{1,9}}}}")
    one: dict[str, Any] = {"route_name": "records.bulk_one", "renderer": "records/bulk.jinja2", "permission": EDIT}
    config.add_view(show, request_method="GET", **one)
    config.add_view(act, request_method="POST", **one)
    registry, services = config.registry, config.registry.services
    services.jobs.add(JOB, partial(work, services, registry))
    services.periodic.append(PeriodicJob("records_bulk", 60, sweep))
    services.periodic.append(PeriodicJob("records_bulk_tidy", 3600, tidy))


def _wish(request: Any, kind: str) -> Wish:
    """What was asked for. Raises ValueError with a sentence."""
    deed = one_line(request.POST.get("deed"))
    value = one_line(request.POST.get(deed.removeprefix("add_").removeprefix("remove_")))
    reason = one_line(request.POST.get("reason"))
    offered: dict[str, Any] = {OWNER: ["", *(str(number) for number, _ in request.people())], DELETE: [""]}
    if kind == "opportunities":
        offered[STAGE] = [stage.name for stage in stages(request.dbsession)]
    if kind == "projects":
        offered[STATUS] = STATUSES
    if deed in (ADD_TAG, REMOVE_TAG):
        if not can_be_seen(value) or "," in value or len(value) > LONGEST:
            raise ValueError(f"Write one tag of at most {LONGEST} characters, without commas.")
    elif value not in offered.get(deed, ()):
        raise ValueError("Choose what shall be changed, and to what.")
    if len(reason) > 200:
        raise ValueError("Write a reason of at most 200 characters.")
    if deed == STAGE and not reason and _is_lost(request, value):
        raise ValueError("Write why they were lost.")
    return Wish(deed, value, reason if deed == STAGE else "")


def _is_lost(request: Any, name: str) -> bool:
    return any(stage.outcome == LOST for stage in stages(request.dbsession) if stage.name == name)


def ask(request: Any) -> Any:
    """Say how many records would be changed, and how; nothing is changed yet."""
    kind, session = request.matchdict["records"], request.dbsession
    asked = listing(request, kind)
    chosen = [number for number in map(number_in, request.POST.getall("id")[: bulk.MOST]) if 0 < number < 2**31]
    every, here = "all" in request.POST, asked.query()
    where = asked.conditions if every else [MODELS[kind].id.in_(chosen)]
    try:
        if every and not asked.is_readable:
            here = f"?{request.query_string}"
            raise ValueError("A filter cannot be read, so nothing was chosen. Mend it or take it away first.")
        wish = _wish(request, kind)
        if not lists.count(session, kind, where, most=1):
            raise ValueError("Choose records first: there is a box in front of each.")
        made = bulk.plan(session, kind, wish, where, user_id=request.identity.id, when=request.clock.now())
    except ValueError as problem:
        request.session.flash(str(problem), "error")
        return HTTPSeeOther(f"/{kind}{here}")
    return HTTPSeeOther(made.path)


def _bulk(request: Any) -> BulkChange:
    """The change of the address, for whom it belongs to."""
    query = select(BulkChange).where(BulkChange.id == int(request.matchdict["id"])).with_for_update()
    found = request.dbsession.scalar(query)
    if found is None or found.user_id != request.identity.id or found.kind != request.matchdict["records"]:
        raise HTTPNotFound()
    assert isinstance(found, BulkChange)
    return found


def show(request: Any) -> dict[str, Any]:
    """The question, how far it is, or what became of it."""
    found = _bulk(request)
    names = names_of(request.dbsession, [number_in(found.value)] if found.deed == OWNER else [])
    value = names.get(number_in(found.value), "nobody") if found.deed == OWNER else found.value
    undo = found.may_be_undone(request.clock.now())
    return {"bulk": found, "kind": KINDS[found.kind], "value": value, "may_undo": undo}


def act(request: Any) -> Any:
    """Do it, once however often it is sent, or take it back."""
    found = _bulk(request)
    if one_line(request.POST.get("action")) == "undo" and found.may_be_undone(request.clock.now()):
        left = bulk.undo(request.dbsession, found, actor(request))
        request.session.flash(
            f"It was undone{f', but {left} changed since were left alone' if left else ''}.", "success"
        )
    elif one_line(request.POST.get("action")) == "do" and found.state == bulk.ASKED:
        if len(found.items) > bulk.AT_ONCE:
            found.state = bulk.RUNNING
            request.enqueue(JOB, bulk_id=found.id)
        else:
            bulk.carry_on(request.dbsession, found, actor(request), limit=bulk.AT_ONCE)
    return HTTPSeeOther(found.path)


def work(services: Any, registry: Any, *, bulk_id: int) -> None:
    """Do a large change piece by piece, each in a transaction of its own."""
    running = True
    while running:
        with services.db.begin() as session:
            found = session.scalar(select(BulkChange).where(BulkChange.id == bulk_id).with_for_update())
            running = found is not None and found.state == bulk.RUNNING
            if running:
                plugins, when = services.plugins, services.clock.now()
                others = tuple(registry.record_companions), tuple(registry.record_watchers)
                bulk.carry_on(session, found, Actor(found.user_id, when, plugins, *others))


def tidy(services: Any) -> None:
    """Forget what cannot be taken back any more, and questions that nobody answered; its report stays for a day."""
    now = services.clock.now()
    old = delete(BulkChange).where(BulkChange.state != bulk.RUNNING, BulkChange.created_at < now - bulk.KEPT_FOR)
    with services.db.begin() as session:
        session.execute(old, execution_options={"synchronize_session": False})


def sweep(services: Any) -> None:
    """Go on with what a worker that was stopped has left."""
    before = services.clock.now() - bulk.UNDO_FOR / 60
    with services.db.read() as session:
        left = select(BulkChange.id).where(BulkChange.state == bulk.RUNNING, BulkChange.created_at < before)
        for number in session.scalars(left).all():
            services.jobs.enqueue(JOB, bulk_id=number)
