"""The page of the bin: what was deleted in the last thirty days, to be restored or deleted for good."""

from __future__ import annotations

from functools import partial
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther

from core import formats
from core.contract.extensions import NavLink, PeriodicJob
from core.faults import WayOn
from core.forms import number_in
from core.records import bin
from core.records.kinds import KINDS
from core.records.page import actor
from core.records.service import Actor, RecordNotFound
from core.users.service import names_of

SIZE = 25
DAY = 24 * 3600
EDIT, PURGE = "records.edit", "records.purge"


def add_routes(config: Any) -> None:
    """The routes, who answers them, and the work of emptying the bin."""
    one = f"/bin/{{records:{'|'.join(KINDS)}}}/{{id:[0-9]{{1,18}}}}"
    config.add_route("bin", "/bin")
    config.add_view(show, route_name="bin", renderer="records/bin.jinja2", permission=EDIT)
    config.add_route("bin.restore", f"{one}/restore", request_method="POST")
    config.add_view(restore, route_name="bin.restore", permission=EDIT)
    config.add_route("bin.purge", f"{one}/purge", request_method="POST")
    config.add_view(purge, route_name="bin.purge", permission=PURGE)
    config.add_navigation(lambda request: [NavLink("Bin", "/bin", order=90, right=EDIT)])
    services = config.registry.services
    services.periodic.append(PeriodicJob("records_bin", DAY, partial(empty, config.registry.record_companions)))


def show(request: Any) -> dict[str, Any]:
    """What is in the bin of one type; of the first that has something where none is chosen."""
    session, page = request.dbsession, max(1, number_in(request.GET.get("page"), 1))
    counts = {key: bin.count(session, key) for key in KINDS}
    chosen = request.GET.get("kind", "")
    if chosen not in KINDS:
        chosen = next((key for key, count in counts.items() if count), next(iter(KINDS)))
    pages = max(1, -(-counts[chosen] // SIZE))
    records = bin.binned(session, chosen, page=min(page, pages), size=SIZE)
    names = names_of(session, [record.deleted_by for record in records])
    shown = {"kind": KINDS[chosen], "kinds": KINDS, "counts": counts, "records": records, "names": names}
    return {**shown, "page": min(page, pages), "pages": pages, "kept_for": bin.KEPT_FOR}


def restore(request: Any) -> Any:
    """Take a record out of the bin and show it."""
    record = _named(request)
    bin.restore(request.dbsession, record, actor(request))
    request.session.flash(f"{record.title} was restored.", "success")
    return HTTPSeeOther(record.path)


def purge(request: Any) -> Any:
    """Delete a record for good."""
    record = _named(request)
    bin.purge(request.dbsession, record, actor(request))
    request.session.flash(f"{record.title} was deleted for good.", "success")
    return HTTPSeeOther(f"/bin?kind={record.kind}")


def way_back(error: RecordNotFound, request: Any) -> WayOn | None:
    """Out of the bin, for whoever may restore the record that was asked for and lies there."""
    if error.kind not in KINDS or not request.has_permission(EDIT):
        return None
    try:
        record = bin.get_binned(request.dbsession, error.kind, error.record_id)
    except RecordNotFound:
        return None
    until = formats.day(record.deleted_at + bin.KEPT_FOR) if record.deleted_at else ""
    text = f"{record.title} was deleted. It is in the bin until {until} and can be restored as it was."
    return WayOn(text, "Restore it", f"/bin{record.path}/restore")


def empty(companions: Any, services: Any) -> None:
    """Delete for good what has been in the bin for too long, in pieces."""
    emptied = 1
    while emptied:
        with services.db.begin() as session:
            who = Actor(None, services.clock.now(), services.plugins, tuple(companions))
            emptied = bin.empty(session, who)


def _named(request: Any) -> Any:
    match = request.matchdict
    return bin.get_binned(request.dbsession, match["records"], int(match["id"]))
