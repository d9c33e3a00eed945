"""Admin, Accounting: connections and how they are; connect, pick organisations, disconnect."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPFound, HTTPNotFound, HTTPSeeOther
from sqlalchemy import select

from core.accounting import budget, connections, consent, unread
from core.accounting.access import MANAGE
from core.accounting.context import authorizer_of
from core.accounting.draft_words import joined
from core.accounting.models import Connection, Consent
from core.accounting.pages import spec_at
from core.contract.errors import ProviderError
from core.users.models import User

LIST = "/admin/accounting"


def add_routes(config: Any) -> None:
    """The list, connect, callback, choose, disconnect."""
    config.add_route("accounting_admin", LIST)
    config.add_own_session_route("accounting_connect", LIST + "/connect/{provider}/{authorizer}")
    config.add_own_session_route("accounting_callback", "/accounting/callback/{provider}")
    config.add_own_session_route("accounting_choose", LIST + r"/choose/{consent:\d{1,9}}")
    config.add_own_session_route("accounting_disconnect", LIST + r"/{connection:\d{1,9}}/disconnect")
    admin = {"permission": MANAGE}
    config.add_view(overview, route_name="accounting_admin", renderer="accounting/admin.jinja2", **admin)
    config.add_view(connect_form, route_name="accounting_connect", request_method="GET", renderer=FORM, **admin)
    config.add_view(connect, route_name="accounting_connect", request_method="POST", renderer=FORM, **admin)
    config.add_view(callback, route_name="accounting_callback", request_method="GET", **admin)
    config.add_view(choose_form, route_name="accounting_choose", request_method="GET", renderer=CHOOSE, **admin)
    config.add_view(choose, route_name="accounting_choose", request_method="POST", renderer=CHOOSE, **admin)
    config.add_view(disconnect_form, route_name="accounting_disconnect", request_method="GET", renderer=GO, **admin)
    config.add_view(disconnect, route_name="accounting_disconnect", request_method="POST", **admin)


FORM, CHOOSE, GO = "accounting/connect.jinja2", "accounting/choose.jinja2", "accounting/disconnect.jinja2"


def overview(request: Any) -> dict[str, Any]:
    """Every enabled provider with its connections, calls left, last good call and last error."""
    session, now = request.dbsession, request.clock.now()
    rows = session.scalars(select(Connection).order_by(Connection.provider, Connection.name)).all()
    known = request.services.providers
    calls = {
        one.id: budget.calls_left(session, known[one.provider], one.id, now) for one in rows if one.provider in known
    }
    names = {user.id: user.name for user in session.scalars(select(User))}
    return {
        "specs": list(known.values()),
        "connections": rows,
        "orphans": [one for one in rows if one.provider not in known],
        "calls": calls,
        "lacking": {one.id: connections.lacking(request.services, one) for one in rows},
        "unread": {one.id: 0 for one in rows} | unread.by_connection(session),
        "names": names,
        "redirect_uri": lambda key: consent.redirect_uri(request.services, key),
    }


def connect_form(request: Any) -> dict[str, Any]:
    """What has to be typed before connecting, for ways that need it."""
    spec = spec_at(request)
    return {"spec": spec, "authorizer": _authorizer(request, spec), "typed": {}, "problems": {}, "error": ""}


def _authorizer(request: Any, spec: Any) -> Any:
    try:
        return authorizer_of(spec, request.matchdict["authorizer"])
    except KeyError as error:
        raise HTTPNotFound() from error


def connect(request: Any) -> Any:
    """Set out for the provider's consent page, or connect at once where no browser is needed."""
    spec = spec_at(request)
    authorizer = _authorizer(request, spec)
    typed = {field.name: request.POST.get(field.name, "").strip()[:500] for field in authorizer.fields()}
    problems = {name: "This is needed." for name, value in typed.items() if not value}
    page = {"spec": spec, "authorizer": authorizer, "typed": typed, "problems": problems, "error": ""}
    if problems:
        return page
    try:
        begun = consent.begin(request.services, spec, authorizer, typed, request.identity.id)
    except ProviderError as error:
        return {**page, "error": consent.not_connected(spec.title, error)}
    return HTTPSeeOther(location=begun.url) if begun.url else _connected(request, begun.consent_id)


def callback(request: Any) -> Any:
    """The browser comes back from the consent page: always 302, whatever happened."""
    spec = spec_at(request)
    try:
        consent_id = consent.finish(request.services, spec, dict(request.GET), request.identity.id)
    except ProviderError as error:
        request.session.flash(consent.not_connected(spec.title, error), "error")
        return HTTPFound(location=LIST)
    response = _connected(request, consent_id)
    return HTTPFound(location=response.location)


def _connected(request: Any, consent_id: int) -> Any:
    """One organisation is connected at once; of several the admin picks."""
    with request.services.db.read() as session:
        found = consent.organisations_of(session.get_one(Consent, consent_id))
    if len(found) > 1:
        return HTTPSeeOther(location=f"{LIST}/choose/{consent_id}")
    return _pick(request, consent_id, [found[0].id])


def _pick(request: Any, consent_id: int, picked: list[str]) -> Any:
    with request.services.db.read() as session:
        allowed = {one.id for one in consent.organisations_of(session.get_one(Consent, consent_id))}
    made = consent.connect(request.services, consent_id, picked, request.identity.id)
    for connection_id in made:
        request.enqueue("accounting.refresh", connection_id=connection_id, force=True)
    with request.services.db.read() as session:
        rows = [session.get_one(Connection, one) for one in made]
        names = joined([row.name for row in rows])
        lacking = connections.lacking(request.services, rows[0])
        behind = _left_behind(session, rows[0].provider)
    told = f"Connected to {names}. The list of contacts is being read; nothing is linked until you say so."
    request.session.flash(told, "success")
    for scope, what in lacking.items():
        told = f"The permission {scope} was not granted, so this will not work: {what}. Press Reconnect and allow it."
        request.session.flash(told, "error")
    for organisation, name in behind.items():
        why = "picked" if organisation in allowed else "among those allowed"
        request.session.flash(f"{name} was not {why}; it still needs Reconnect.", "error")
    return HTTPSeeOther(location=LIST)


def _left_behind(session: Any, provider: str) -> dict[str, str]:
    """The provider's organisations, id and name, that need to be connected again and were not just now."""
    found = session.scalars(select(Connection).where(Connection.provider == provider, Connection.state == "reconnect"))
    return {one.organisation_id: one.name for one in found}


def choose_form(request: Any) -> dict[str, Any]:
    """The organisations that the consent reaches, to pick from."""
    with request.services.db.read() as session:
        row = session.get(Consent, int(request.matchdict["consent"]))
    if row is None or row.user_id != request.identity.id or not row.organisations:
        raise HTTPNotFound()
    spec = request.services.providers.get(row.provider)
    return {"spec": spec, "organisations": consent.organisations_of(row), "picked": [], "error": ""}


def choose(request: Any) -> Any:
    """Connect what was ticked."""
    page = choose_form(request)
    picked = request.POST.getall("organisation")
    try:
        return _pick(request, int(request.matchdict["consent"]), picked)
    except ProviderError as error:
        return {**page, "picked": picked, "error": error.message}


def disconnect_form(request: Any) -> dict[str, Any]:
    """Says what stays and what goes, and asks."""
    with request.services.db.read() as session:
        connection = session.get(Connection, int(request.matchdict["connection"]))
        if connection is None or connection.state == "disconnected":
            raise HTTPNotFound()
        title = connections.spec_of(request.services, connection).title
        return {"connection": connection, "title": title, "last": not connections.shares_grant(session, connection)}


def disconnect(request: Any) -> Any:
    """Disconnect at the provider, then here; where the provider cannot be reached nothing changes."""
    page = disconnect_form(request)
    try:
        consent.disconnect(request.services, page["connection"].id, request.identity.id)
    except ProviderError as error:
        request.session.flash(f"Not disconnected. {consent.sentence(error)}", "error")
        return HTTPSeeOther(location=LIST)
    request.session.flash(f"{page['connection'].name} is disconnected. Links and figures stay as they were.", "success")
    return HTTPSeeOther(location=LIST)
