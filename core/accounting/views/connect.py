"""Admin, Accounting: connections and how they are; connect, pick organisations, disconnect."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPFound, HTTPNotFound, HTTPSeeOther
from sqlalchemy import select

from core.accounting import after_consent, budget, connections, consent, failures, switches, unread, wishes
from core.accounting.access import MANAGE
from core.accounting.context import authorizer_of
from core.accounting.models import Connection, Consent
from core.accounting.pages import connection_at, spec_at
from core.contract.errors import ProviderError
from core.contract.provider import ProviderSpec
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
        "offered": {one.id: switches.offered(request.services, one) for one in rows if one.provider in known},
        "held": {one.id: wishes.held(known[one.provider], one) for one in rows if one.provider in known},
        "unread": {one.id: 0 for one in rows} | unread.by_connection(session),
        "names": names,
        "redirect_uri": lambda key: consent.redirect_uri(request.services, key),
    }


def connect_form(request: Any) -> dict[str, Any]:
    """What will be asked for and why, and what has to be typed, before connecting or connecting again."""
    spec = spec_at(request)
    authorizer, again = _authorizer(request, spec), _again(request, spec)
    scopes = again.grant.scopes.split() if again and again.grant else ()
    wants = wishes.ticked(authorizer, scopes, request.GET.get("more", ""))
    return _form(spec, authorizer, again, wants, {})


def _form(spec: Any, authorizer: Any, again: Any, wants: Any, typed: Any, error: str = "") -> dict[str, Any]:
    return {
        "spec": spec,
        "authorizer": authorizer,
        "again": again,
        "others": [one for one in spec.authorizers if one is not authorizer],
        "always": [one for one in authorizer.permissions() if not one.optional],
        "optional": wishes.optional(authorizer),
        "wants": wants,
        "typed": typed,
        "problems": {},
        "error": error,
    }


def _again(request: Any, spec: Any) -> Connection | None:
    """The connection whose Reconnect was pressed, if any. Raises HTTPNotFound."""
    number = request.params.get("connection")
    if not number:
        return None
    with request.services.db.read() as session:
        found = connection_at(session, spec, number)
        session.refresh(found, ["grant"])
        return found


def _authorizer(request: Any, spec: Any) -> Any:
    try:
        return authorizer_of(spec, request.matchdict["authorizer"])
    except KeyError as error:
        raise HTTPNotFound() from error


def connect(request: Any) -> Any:
    """Set out for the provider's consent page, or connect at once where no browser is needed."""
    spec = spec_at(request)
    authorizer, again = _authorizer(request, spec), _again(request, spec)
    typed = {field.name: request.POST.get(field.name, "").strip()[:500] for field in authorizer.fields()}
    wants = wishes.wanted(authorizer, request.POST)
    page = _form(spec, authorizer, again, wants, typed)
    if problems := {name: "This is needed." for name, value in typed.items() if not value}:
        return {**page, "problems": problems}
    number = again.id if again else None
    try:
        begun = consent.begin(request.services, spec, authorizer, {**typed, **wants}, request.identity.id, again=number)
    except ProviderError as error:
        return {**page, "error": _not_connected(request, spec, error)}
    return HTTPSeeOther(location=begun.url) if begun.url else _connected(request, begun.consent_id)


def _not_connected(request: Any, spec: ProviderSpec, error: ProviderError) -> str:
    """Why nothing was connected, written down for support."""
    about = failures.About("connect", user_id=request.identity.id)
    reference = failures.note(request.services, None, about, error)
    return f"{consent.not_connected(spec.title, error)} Reference for support: {reference}."


def callback(request: Any) -> Any:
    """The browser comes back from the consent page: always 302, whatever happened."""
    spec = spec_at(request)
    try:
        consent_id = consent.finish(request.services, spec, dict(request.GET), request.identity.id)
        response = _connected(request, consent_id)
    except ProviderError as error:
        request.session.flash(_not_connected(request, spec, error), "error")
        return HTTPFound(location=LIST)
    return HTTPFound(location=response.location)


def _connected(request: Any, consent_id: int) -> Any:
    """The one organisation allowed is connected at once; of several, or of another than before, the admin picks."""
    with request.services.db.read() as session:
        row = session.get_one(Consent, consent_id)
        found, before = consent.organisations_of(row), consent.reconnecting(session, row)
    if len(found) > 1 or (before is not None and before.organisation_id != found[0].id):
        return HTTPSeeOther(location=f"{LIST}/choose/{consent_id}")
    return _pick(request, consent_id, [found[0].id])


def _pick(request: Any, consent_id: int, picked: list[str]) -> Any:
    with request.services.db.read() as session:
        row = session.get_one(Consent, consent_id)
        allowed, wants = {one.id for one in consent.organisations_of(row)}, row.wishes
    made = consent.connect(request.services, consent_id, picked, request.identity.id)
    for connection_id in made:
        request.enqueue("accounting.refresh", connection_id=connection_id, force=True)
    with request.services.db.read() as session:
        rows = [session.get_one(Connection, one) for one in made]
        request.session.flash(after_consent.welcome(rows), "success")
        for sentence in after_consent.troubles(request.services, session, rows[0], wants, allowed):
            request.session.flash(sentence, "error")
    return HTTPSeeOther(location=LIST)


def choose_form(request: Any) -> dict[str, Any]:
    """The organisations that the consent reaches, to pick from; and whether the one to reconnect is among them."""
    with request.services.db.read() as session:
        row = session.get(Consent, int(request.matchdict["consent"]))
        if row is None or row.user_id != request.identity.id or not row.organisations:
            raise HTTPNotFound()
        again, known = consent.reconnecting(session, row), consent.connected_already(session, row)
    found = consent.organisations_of(row)
    return {
        "spec": request.services.providers.get(row.provider),
        "authorizer": row.authorizer,
        "organisations": found,
        "again": again,
        "swapped": again is not None and again.organisation_id not in {one.id for one in found},
        "known": known,
        "picked": [again.organisation_id] if again else [],
        "error": "",
    }


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
        about = failures.About("disconnect", user_id=request.identity.id)
        reference = failures.note(request.services, page["connection"].id, about, error)
        told = f"Not disconnected. {consent.sentence(error)} Reference for support: {reference}."
        request.session.flash(told, "error")
        return HTTPSeeOther(location=LIST)
    request.session.flash(f"{page['connection'].name} is disconnected. Links and figures stay as they were.", "success")
    return HTTPSeeOther(location=LIST)
