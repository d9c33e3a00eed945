"""Xero's log-in server and its list of connections: the calls that need no organisation.

Built on Authlib, whose traps are kept away from: PKCE names its method, no session has a `scope` (it would be sent
with every refresh and break it once a scope is added), and the moment a token expires is computed here, from the
injected clock. Errors are the contract's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2
import msgspec
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Auth, OAuth2ClientAuth
from authlib.oauth2.client import OAuth2Client

from core import Clock, Denied, Grant, Organisation, ReconnectNeeded, Unavailable
from plugins.xero import answers
from plugins.xero.client import API_URL, AWAY, TIMEOUT

IDENTITY_URL = "https://identity.xero.com"
LOGIN_URL = "https://login.xero.com"
_LIFE = 1800  # seconds an access token lives, should an answer not say it
_LAPSE = timedelta(days=60)  # since the last use of the refresh token


class _Session(OAuth2Client):  # type: ignore[misc]
    """Authlib's protocol over the process' own HTTP client."""

    client_auth_class = OAuth2ClientAuth
    token_auth_class = OAuth2Auth
    oauth_error_class = OAuthError


class Refused(Exception):
    """The log-in server said no: `error` is OAuth's word for it."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}" if description else error)
        self.error = error


@dataclass(frozen=True)
class Identity:
    """Where Xero's servers are and how to reach them."""

    http: Callable[[], httpx2.Client]
    clock: Clock
    identity_url: str = IDENTITY_URL
    login_url: str = LOGIN_URL
    api_url: str = API_URL

    def session(self, client_id: str, client_secret: str, **more: Any) -> Any:
        """An Authlib session for one app."""
        return _Session(self.http(), client_id, client_secret, **more)

    def consent_url(self, client_id: str, redirect_uri: str, scopes: tuple[str, ...], state: str, verifier: str) -> str:
        """Where the browser goes to consent, with a challenge made of the verifier (PKCE, S256)."""
        session = self.session(client_id, "", redirect_uri=redirect_uri, code_challenge_method="S256")
        url, _ = session.create_authorization_url(
            f"{self.login_url}/identity/connect/authorize",
            state=state,
            code_verifier=verifier,
            scope=" ".join(scopes),
        )
        return str(url)

    def fetch(self, client_id: str, client_secret: str, **form: str) -> Grant:
        """A grant for a code, or for the client's own credentials. Raises `Refused`, `Unavailable`."""
        with self._asking():
            token = self.session(client_id, client_secret).fetch_token(f"{self.identity_url}/connect/token", **form)
            return self._grant(token, "")

    def refresh(self, client_id: str, client_secret: str, refresh_token: str) -> Grant:
        """A newer grant. Raises `Refused`, `Unavailable`."""
        with self._asking():
            token = self.session(client_id, client_secret, token={}).refresh_token(
                f"{self.identity_url}/connect/token", refresh_token=refresh_token
            )
            return self._grant(token, refresh_token)

    def revoke(self, client_id: str, client_secret: str, refresh_token: str) -> None:
        """End all that the token's user granted this app, by whichever consent; what is gone already is no error."""
        with self._asking():
            response = self.session(client_id, client_secret).revoke_token(
                f"{self.identity_url}/connect/revocation", token=refresh_token
            )
        if response.status_code >= 500:
            raise self._away("Xero's log-in server is not available at the moment.", f"HTTP {response.status_code}")

    def connections(self, access_token: str, auth_event: str = "") -> list[Organisation]:
        """The organisations a token reaches; with `auth_event` only those of that consent.

        Raises `ReconnectNeeded` when the token is not taken, `Unavailable`.
        """
        return [
            Organisation(id=one.tenant_id, name=one.tenant_name or one.tenant_id, connection_ref=one.id)
            for one in self._listed(access_token, auth_event)
            if one.tenant_type in ("ORGANISATION", None)
        ]

    def reaches_nothing(self, access_token: str) -> bool:
        """True when the token's user has nothing linked to the app (any more), by whichever consent.

        Raises `ReconnectNeeded` when the token is not taken, `Unavailable`.
        """
        return not self._listed(access_token)

    def _listed(self, access_token: str, auth_event: str = "") -> list[answers.Connection]:
        params = {"authEventId": auth_event} if auth_event else {}
        response = self._call("GET", "/connections", access_token, params)
        if response.status_code in (401, 403):
            raise ReconnectNeeded("Xero no longer lets this app in. Connect it again.")
        self._good(response)
        try:
            return msgspec.json.decode(response.content, type=list[answers.Connection])
        except msgspec.MsgspecError as error:
            raise self._away("Xero gave an answer that makes no sense.", str(error)) from error

    def drop(self, access_token: str, connection_ref: str) -> bool:
        """Disconnect one organisation; False when the token is not taken. One that is gone is no error."""
        response = self._call("DELETE", f"/connections/{connection_ref}", access_token, {})
        if response.status_code in (401, 403):
            return False
        if response.status_code != 404:
            self._good(response)
        return True

    def _call(self, method: str, path: str, access_token: str, params: Mapping[str, str]) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        with self._asking():
            return self.http().request(
                method, self.api_url + path, params=dict(params), headers=headers, timeout=TIMEOUT
            )

    def _good(self, response: httpx2.Response) -> None:
        if not 200 <= response.status_code < 300:
            raise self._away("Xero is not available at the moment.", f"HTTP {response.status_code}")

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except OAuthError as error:
            if error.error in ("invalid_client", "unauthorized_client"):
                raise Denied("Xero does not know this client id with this client secret.", detail=str(error)) from error
            raise Refused(error.error or "", error.description or "") from error
        except httpx2.HTTPError as error:
            raise self._away("Xero's log-in server cannot be reached.", str(error)) from error
        except (ValueError, TypeError, LookupError) as error:
            raise self._away("Xero's log-in server gave an answer that makes no sense.", str(error)) from error

    def _away(self, sentence: str, detail: str) -> Unavailable:
        return Unavailable(sentence, self.clock.now() + AWAY, detail=detail)

    def _grant(self, token: Mapping[str, Any], used: str) -> Grant:
        now = self.clock.now()
        refresh_token = str(token.get("refresh_token") or used)
        return Grant(
            access_token=str(token["access_token"]),
            expires_at=now + timedelta(seconds=float(token.get("expires_in") or _LIFE)),
            refresh_token=refresh_token,
            scopes=tuple(str(token.get("scope") or "").split()),
            lapses_at=now + _LAPSE if refresh_token else None,
        )
