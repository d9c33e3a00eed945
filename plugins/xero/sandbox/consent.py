"""The consent page: who asks for what, and for which organisations. Works without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from pyramid.httpexceptions import HTTPFound
from pyramid.renderers import render_to_response

from plugins.xero.sandbox import scopes
from plugins.xero.sandbox.addresses import good_redirect
from plugins.xero.sandbox.envelope import Refused
from plugins.xero.sandbox.oauth import PUBLIC_CLIENT_ID, SECRETS, form_of
from plugins.xero.sandbox.state import STATE, State

MEANING = {
    "openid": "know who you are",
    "profile": "see your name",
    "email": "see your e-mail address",
    "offline_access": "stay connected while you are away",
    "accounting.contacts": "read and write contacts",
    "accounting.contacts.read": "read contacts",
    "accounting.invoices": "read and write invoices, bills and credit notes",
    "accounting.invoices.read": "read invoices, bills and credit notes",
    "accounting.payments": "read and write payments",
    "accounting.payments.read": "read payments",
    "accounting.settings": "read and write the chart of accounts, items and tax rates",
    "accounting.settings.read": "read the chart of accounts, items and tax rates",
    "accounting.attachments": "read and write attachments",
    "accounting.banktransactions.read": "read bank transactions",
    "accounting.reports.banksummary.read": "read the bank summary",
}
_KEPT = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
)


def authorize(request: Any) -> Any:
    """GET shows the page, POST answers it: a redirect with a code, or with an error."""
    try:
        asked: Mapping[str, str] = {**request.GET, **form_of(request)}
    except Refused:
        return _page("problem.jinja2", request, {"problem": "invalid_request: the form cannot be read."}, status=400)
    wrong = _unsafe(asked)
    if wrong:
        return _page("problem.jinja2", request, {"problem": wrong}, status=400)
    error = _refusal(asked)
    if error:
        return _back(asked, error=error)
    if request.method == "POST":
        return _decided(request)
    return _form(request)


def _unsafe(asked: Mapping[str, str]) -> str | None:
    """What must not be redirected: an unknown app, or an address that the app may not use."""
    if asked.get("client_id") not in SECRETS:
        return "unauthorized_client: this app is not known here. Use the client id ledgertab-demo."
    if not good_redirect(asked.get("redirect_uri", "")):
        return (
            "invalid_request: Invalid redirect_uri. It must begin with https:// or http://localhost; "
            "http://127.0.0.1 is refused, as Xero refuses it."
        )
    return None


def _refusal(asked: Mapping[str, str]) -> str | None:
    wanted = asked.get("scope", "").split()
    if asked.get("response_type") != "code":
        return "unsupported_response_type"
    if not wanted or scopes.unknown(wanted):
        return "invalid_scope"
    challenge, method = asked.get("code_challenge"), asked.get("code_challenge_method")
    if (challenge and method != "S256") or (asked["client_id"] == PUBLIC_CLIENT_ID and not challenge):
        return "invalid_request"
    return None


def _form(request: Any, message: str = "") -> Any:
    state: State = request.environ[STATE]
    with state.store.work():
        names = [(tenant, books.organisation) for tenant, books in state.store.books.items()]
    wanted = request.params["scope"].split()
    values = {
        "organisations": names,
        "meanings": [(scope, MEANING.get(scope, scope)) for scope in wanted],
        "kept": [(name, request.params[name]) for name in _KEPT if name in request.params],
        "user": state.user,
        "message": message,
    }
    return _page("consent.jinja2", request, values)


def _decided(request: Any) -> Any:
    state: State = request.environ[STATE]
    asked = request.POST
    if asked.get("answer") != "allow":
        return _back(asked, error="access_denied")
    chosen = [tenant for tenant in asked.getall("tenant") if tenant in state.store.books]
    if not chosen:
        return _form(request, "Tick at least one organisation, or press Cancel.")
    event = str(uuid4())
    with state.store.work():
        for tenant in chosen:
            state.connections.connect(asked["client_id"], state.user["UserID"], tenant, event)
        grant = state.tokens.grant(asked["client_id"], state.user["UserID"], asked["scope"].split(), event)
        code = state.tokens.code(
            grant,
            redirect_uri=asked["redirect_uri"],
            challenge=asked.get("code_challenge"),
            nonce=asked.get("nonce"),
        )
    return _back(asked, code=code, scope=asked["scope"])


def _back(asked: Mapping[str, str], **values: str) -> Any:
    if asked.get("state"):
        values["state"] = asked["state"]
    uri = asked["redirect_uri"]
    return HTTPFound(f"{uri}{'&' if '?' in uri else '?'}{urlencode(values)}")


def _page(template: str, request: Any, values: dict[str, Any], status: int = 200) -> Any:
    response = render_to_response(f"plugins.xero.sandbox:templates/{template}", values, request=request)
    response.status = status
    response.headers["Cache-Control"] = "no-store"
    return response
