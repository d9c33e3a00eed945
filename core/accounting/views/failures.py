"""Admin, Failures: what a provider could not do, tried again or settled; and the page of an error nobody caught."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid_tm import is_tm_active
from sqlalchemy import select

from core import faults
from core.accounting import failures, plain
from core.accounting.access import MANAGE
from core.accounting.models import Connection, Failure
from core.contract.errors import NotFound, ProviderError, Rejected, Stale
from core.contract.extensions import NavLink
from core.forms import clean, number_in
from core.records import lists
from core.records.kinds import KINDS
from core.users import service as users

LIST = "/admin/failures"
PAGE = "accounting/failures.jinja2"


def add_routes(config: Any) -> None:
    """The list, what can be done with one, and the page of an error that nobody caught."""
    config.add_route("accounting_failures", LIST)
    config.add_route("accounting_failure_deed", LIST + "/{reference:LT-[0-9A-Z]{5}}/{deed:retry|settle}")
    config.add_view(listing, route_name="accounting_failures", renderer=PAGE, permission=MANAGE)
    config.add_view(deed, route_name="accounting_failure_deed", request_method="POST", permission=MANAGE)
    config.add_exception_view(uncaught, context=ProviderError)


def navigation(request: Any) -> Iterable[NavLink]:
    """The list's place in the navigation, with how many are open."""
    if request.has_permission(MANAGE):
        count = failures.open_count(request.dbsession)
        yield NavLink("Failures", LIST, section="Admin", order=12, badge=str(count or ""), right=MANAGE)


def listing(request: Any) -> dict[str, Any]:
    """Failures, open or settled, of all connections or one, or the one whose reference somebody tells."""
    session, asked = request.dbsession, request.GET
    settled, reference = asked.get("show") == "settled", clean(asked.get("q", "")).upper()[:20]
    connection = number_in(asked.get("connection"))
    where = {"settled": settled, "connection_id": connection, "reference": reference}
    found = failures.listed(session, **where, page=number_in(asked.get("page"), 1))
    connections = session.scalars(select(Connection).order_by(Connection.name)).all()
    return {
        "found": found,
        **where,
        "connections": connections,
        "choices": [("", "All"), *((one.id, one.name) for one in connections)],
        "deeds": failures.DEEDS,
        "records": _records(session, found.rows),
        "names": users.names_of(session, [row.user_id for row in found.rows if row.user_id is not None]),
        "able": {row.id for row in found.rows if row.job in request.services.jobs},
        "segments": _segments(settled, connection),
    }


def _segments(settled: bool, connection: int) -> list[tuple[str, str, bool]]:
    kept = {"connection": connection} if connection else {}
    shown = (("Open", "open", not settled), ("Settled", "settled", settled))
    return [(text, f"?{urlencode({'show': key, **kept})}", now) for text, key, now in shown]


def _records(session: Any, rows: Iterable[Failure]) -> dict[tuple[str, int], str]:
    """The titles of the records that failures were for, by kind and id; those that are gone left out."""
    found: dict[tuple[str, int], str] = {}
    for kind in {row.kind for row in rows if row.kind in KINDS}:
        ids = {row.record_id for row in rows if row.kind == kind and row.record_id is not None}
        found |= {(kind, number): title for number, title in lists.titles(session, kind, ids).items()}
    return found


def deed(request: Any) -> Any:
    """Try it again by its own job, or call it settled."""
    reference = request.matchdict["reference"]
    row = request.dbsession.scalar(select(Failure).where(Failure.reference == reference))
    if row is None:
        raise HTTPNotFound()
    if request.matchdict["deed"] == "settle":
        done = failures.settle_one(request.dbsession, reference, request.clock.now())
        request.session.flash(f"{reference} is settled." if done else f"{reference} was settled already.", "success")
        return HTTPSeeOther(location=LIST)
    if row.job not in request.services.jobs:
        request.session.flash(f"{reference} cannot be tried again from here.", "error")
    else:
        request.enqueue(row.job, **row.arguments)
        told = (
            f"{reference} is tried again now. It leaves this list when it goes well; load the page again in a moment."
        )
        request.session.flash(told, "info")
    return HTTPSeeOther(location=f"{LIST}?{urlencode({'q': reference})}")


def uncaught(error: ProviderError, request: Any) -> Any:
    """An error of a provider that no view turned into words: a page that says what to do, with a reference."""
    reference = _written(request, error)
    manages = bool(request.has_permission(MANAGE))
    said = f"{error.message} {plain.advice(error, 'the accounting system', manages=manages)}"
    status = 404 if isinstance(error, NotFound) else 409 if isinstance(error, Stale | Rejected) else 503
    title = "The accounting system could not do this"
    support = f" Reference for support: {reference}." if reference else ""
    return faults.page(request, status, title=title, text=f"{said}{support}")


def _written(request: Any, error: ProviderError) -> str:
    """Write it down, after what the request began is undone: SQLite lets only one write at a time. Its reference."""
    services, about = (
        request.services,
        failures.About("page", user_id=request.identity.id if request.identity else None),
    )
    if not is_tm_active(request):
        return failures.note(services, None, about, error)
    with services.db.read() as session:
        reference = failures.new_reference(session)
    request.tm.doom()
    request.tm.get().addAfterAbortHook(lambda: failures.note(services, None, about, error, reference))
    return reference
