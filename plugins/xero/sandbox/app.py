"""The sandbox's web application: routes only."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any
from urllib.parse import unquote_to_bytes

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response

from plugins.xero.sandbox import consent, oauth
from plugins.xero.sandbox.accounting import accounting
from plugins.xero.sandbox.envelope import Refused, bad_argument, problem, wrong_method
from plugins.xero.sandbox.oauth import json_answer, refusal
from plugins.xero.sandbox.state import STATE, State
from plugins.xero.sandbox.wire import read_id

UNREADABLE = refusal(bad_argument("The address is not UTF-8."))


class InMemory(Request):  # type: ignore[misc]
    """A request whose body goes into no temporary file: Xero takes 3.5 MB at most."""

    request_body_tempfile_limit = 100_000_000


def make_app(state: State) -> Callable[[dict[str, Any], Any], Any]:
    """The WSGI application of one sandbox."""
    router = _router()

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        environ[STATE] = state
        return (router if _readable(environ) else UNREADABLE)(environ, start_response)

    return app


def _readable(environ: dict[str, Any]) -> bool:
    """Whether path and query are UTF-8."""
    asked = f"{environ.get('PATH_INFO', '')}{environ.get('QUERY_STRING', '')}"
    try:
        unquote_to_bytes(asked.encode("latin-1")).decode()
    except UnicodeError:
        return False
    return True


@cache
def _router() -> Any:
    """Routes and views, made once: they are the same for every sandbox, and a test suite makes hundreds."""
    config = Configurator(settings={"jinja2.trim_blocks": True, "jinja2.lstrip_blocks": True})
    config.set_request_factory(InMemory)
    config.include("pyramid_jinja2")
    config.add_tween("plugins.xero.sandbox.traffic.tween")
    _machines(config)
    config.include("plugins.xero.sandbox.pages")
    config.include("plugins.xero.sandbox.panel")
    config.include("plugins.xero.sandbox.webhook_pages")
    return config.make_wsgi_app()


def _machines(config: Any) -> None:
    """The paths that are Xero's own."""
    routes = (
        ("authorize", "/identity/connect/authorize", consent.authorize, ("GET", "POST")),
        ("token", "/connect/token", oauth.token, ("POST",)),
        ("revocation", "/connect/revocation", oauth.revocation, ("POST",)),
        ("discovery", "/.well-known/openid-configuration", oauth.discovery, ("GET",)),
        ("keys", "/.well-known/openid-configuration/jwks", oauth.key_set, ("GET",)),
        # Xero's own client writes it with a capital letter.
        ("connections", "/{_:(?i:connections)}", connections, ("GET",)),
        ("connection", "/{_:(?i:connections)}/{id}", disconnect, ("DELETE",)),
    )
    for name, pattern, view, methods in routes:
        config.add_route(name, pattern)
        config.add_view(view, route_name=name, request_method=methods)
        config.add_view(partial(_other_method, ", ".join(methods)), route_name=name)
    config.add_route("accounting", "/{_:(?i:api.xro)}/2.0*path")
    config.add_view(accounting, route_name="accounting")


def _other_method(allowed: str, request: Any) -> Any:
    """405 for a method that the path does not take."""
    return refusal(wrong_method(allowed))


def connections(request: Any) -> Any:
    """GET /connections: what this token's user linked to this app, or only one consent's with `authEventId`."""
    state: State = request.environ[STATE]
    try:
        with state.store.work():
            access = state.tokens.check(request.headers.get("Authorization"))
            rows = state.connections.of(access.client, access.user)
            event = read_id(request.GET.get("authEventId"))
            shown = [state.connections.shown(row) for row in rows if not event or row["auth_event"] == event]
            return json_answer(200, shown)
    except Refused as refused:
        return refusal(refused)


def disconnect(request: Any) -> Any:
    """DELETE /connections/{id}: 204, or 404 for one that is not this app's and user's."""
    state: State = request.environ[STATE]
    try:
        with state.store.work():
            access = state.tokens.check(request.headers.get("Authorization"))
            ids = {row["id"] for row in state.connections.of(access.client, access.user)}
            wanted = read_id(request.matchdict["id"])
            if wanted not in ids:
                raise problem(404, "Not Found", "The connection could not be found")
            state.connections.drop(wanted)
    except Refused as refused:
        return refusal(refused)
    return Response(status=204, body=b"", content_type=None)
