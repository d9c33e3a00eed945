"""The log-in server: token, revocation and discovery endpoints.

Source: Xero, "The standard authorization code flow", "Custom connections"; RFC 6749 and 7009.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus
from uuid import uuid4

from pyramid.response import Response

from plugins.xero.sandbox import scopes
from plugins.xero.sandbox.envelope import Refused
from plugins.xero.sandbox.state import STATE, State
from plugins.xero.sandbox.wire import Record, encoded

CLIENT_ID = "ledgertab-demo"
CLIENT_SECRET = "ledgertab-demo-secret"  # noqa: S105 - the public demonstration client of a sandbox
# An app for desktops and telephones: it has no secret and must use PKCE.
PUBLIC_CLIENT_ID = "ledgertab-demo-pkce"
SECRETS = {CLIENT_ID: CLIENT_SECRET, PUBLIC_CLIENT_ID: ""}


def json_answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> Any:
    """A JSON response."""
    response = Response(body=encoded(body), status=status, content_type="application/json", charset="utf-8")
    response.headers.update({"Cache-Control": "no-store", **(headers or {})})
    return response


def refusal(refused: Refused) -> Any:
    """A refusal as JSON response."""
    return json_answer(refused.status, refused.body, refused.headers)


def issuer(state: State, request: Any) -> str:
    """The address that tokens name as their issuer."""
    return state.base_url or str(request.host_url)


def token(request: Any) -> Any:
    """POST /connect/token: a code, a refresh token or the client's own credentials for an access token."""
    state: State = request.environ[STATE]
    grants = {"authorization_code": _by_code, "refresh_token": _by_refresh, "client_credentials": _by_client}
    try:
        form = form_of(request)
        client = _client(request, form)
        grant = grants.get(form.get("grant_type", ""))
        if grant is None:
            raise Refused(400, {"error": "unsupported_grant_type"})
        with state.store.work():
            return json_answer(200, grant(state, form, client, issuer(state, request)))
    except Refused as refused:
        return refusal(refused)


def revocation(request: Any) -> Any:
    """POST /connect/revocation: takes the app away from the token's user, with every connection and every consent.

    200 without a body, for an unknown token too (RFC 7009).
    """
    state: State = request.environ[STATE]
    try:
        form = form_of(request)
        client = _client(request, form)
        if not form.get("token"):
            raise Refused(400, {"error": "invalid_request"})
        with state.store.work():
            if user := state.tokens.revoke(form["token"], client):
                for row in state.connections.of(client, user):
                    state.connections.drop(row["id"])
    except Refused as refused:
        return refusal(refused)
    return Response(status=200, body=b"")


def discovery(request: Any) -> Any:
    """GET /.well-known/openid-configuration."""
    base = issuer(request.environ[STATE], request)
    return json_answer(
        200,
        {
            "issuer": base,
            "jwks_uri": f"{base}/.well-known/openid-configuration/jwks",
            "authorization_endpoint": f"{base}/identity/connect/authorize",
            "token_endpoint": f"{base}/connect/token",
            "revocation_endpoint": f"{base}/connect/revocation",
            "scopes_supported": sorted(scopes.KNOWN),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        },
    )


def key_set(request: Any) -> Any:
    """GET the public keys that tokens are signed with."""
    return json_answer(200, request.environ[STATE].signer.public())


def form_of(request: Any) -> dict[str, str]:
    """The fields of a form that are text. Raises Refused (400 invalid_request) for a body that cannot be read."""
    try:
        return {name: value for name, value in request.decode().POST.items() if isinstance(value, str)}
    except (ValueError, LookupError) as error:
        raise Refused(400, {"error": "invalid_request"}) from error


def _client(request: Any, form: Mapping[str, str]) -> str:
    """The app, by HTTP Basic or by form fields. Raises Refused (400 invalid_client)."""
    header = request.headers.get("Authorization", "")
    if header.lower().startswith("basic "):
        client, secret = _basic(header[6:])
    else:
        client, secret = form.get("client_id", ""), form.get("client_secret", "")
    if SECRETS.get(client) != secret:
        raise Refused(400, {"error": "invalid_client"})
    return client


def _basic(text: str) -> tuple[str, str]:
    try:
        client, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return unquote_plus(client), unquote_plus(secret)


def _by_code(state: State, form: Mapping[str, str], client: str, base: str) -> Record:
    code, redirect_uri = form.get("code"), form.get("redirect_uri")
    if not code or not redirect_uri:
        raise Refused(400, {"error": "invalid_request"})
    return state.tokens.redeem(code, client, redirect_uri, form.get("code_verifier"), base)


def _by_refresh(state: State, form: Mapping[str, str], client: str, base: str) -> Record:
    if not form.get("refresh_token"):
        raise Refused(400, {"error": "invalid_request"})
    return state.tokens.refreshed(form["refresh_token"], client, form.get("scope", "").split(), base)


def _by_client(state: State, form: Mapping[str, str], client: str, base: str) -> Record:
    """A custom connection: one organisation, no user, no refresh token."""
    if client == PUBLIC_CLIENT_ID:
        raise Refused(400, {"error": "unauthorized_client"})
    wanted = form.get("scope", "").split() or [scope for scope in sorted(scopes.KNOWN) if scope not in scopes.OPENID]
    if scopes.unknown(wanted) or set(wanted) & set(scopes.OPENID):
        raise Refused(400, {"error": "invalid_scope"})
    event = str(uuid4())
    state.connections.connect(client, None, next(iter(state.store.books)), event)
    return state.tokens.answer(state.tokens.grant(client, None, wanted, event), base)
