"""The two ways to connect Xero: a person's consent in the browser, and a custom connection.

Sources: Xero's guides "The standard authorization code flow", "Custom connections" and "Scopes" (granular scopes).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from authlib.common.security import generate_token

from core import (
    Authorization,
    Authorizer,
    Denied,
    Field,
    Grant,
    Organisation,
    Permission,
    Problem,
    ReconnectNeeded,
    Rejected,
)
from plugins.xero import scopes as needs
from plugins.xero.claims import claims
from plugins.xero.identity import Identity, Refused
from plugins.xero.settings import may_return_to

_GONE = "Xero no longer accepts this connection. Connect it again."
_NO_WAY_BACK = (
    "Xero sends nobody back to {}: it takes addresses with https, or http://localhost. Set crm.url to one of those, "
    "open Ledgertab there and connect again."
)
_NOT_THE_APPS = (
    "Xero does not give this app all that is ticked. Untick what the app does not have, or add it to the app at "
    "developer.xero.com."
)
_CODE_OVER = "Xero's answer came too late or was used already. Start again with Connect."


class CodeAuthorizer(Authorizer):
    """A person logs in to Xero in the browser and picks organisations (authorisation code with PKCE)."""

    key = "code"
    title = "Log in to Xero"
    help = "You are sent to Xero, log in there and choose which organisations this CRM may see."

    def __init__(self, identity: Identity, client_id: str, client_secret: str) -> None:
        self._identity = identity
        self._app = (client_id, client_secret)

    def permissions(self) -> Sequence[Permission]:
        """What is asked for and why; reading comes with writing, where that is wanted."""
        return needs.permissions(staying=True)

    def start(self, redirect_uri: str, state: str, typed: Mapping[str, str]) -> Authorization:
        """Where to send the browser; the verifier of PKCE is kept. Raises `Rejected` if Xero would not send it back."""
        if not may_return_to(redirect_uri):
            raise Rejected(_NO_WAY_BACK.format(redirect_uri))
        verifier = generate_token(64)
        asked = needs.asked(typed, staying=True)
        url = self._identity.consent_url(self._app[0], redirect_uri, asked, state, verifier)
        return Authorization(url, (("code_verifier", verifier), ("asked", " ".join(asked))))

    def finish(
        self, redirect_uri: str, callback: Mapping[str, str], kept: Mapping[str, str]
    ) -> tuple[Grant, Sequence[Organisation]]:
        """The grant, and the organisations picked in this consent. Raises `Rejected`, `Unavailable`."""
        _check_consent(callback)
        try:
            grant = self._identity.fetch(
                *self._app,
                grant_type="authorization_code",
                code=callback["code"],
                redirect_uri=redirect_uri,
                code_verifier=kept.get("code_verifier", ""),
            )
        except Refused as error:
            raise Rejected(_CODE_OVER, detail=str(error)) from error
        if not grant.scopes:  # then it is what was asked for (RFC 6749, 5.1)
            grant = replace(grant, scopes=tuple(kept.get("asked", "").split()))
        event = claims(grant.access_token).authentication_event_id
        return grant, self._identity.connections(grant.access_token, event)

    def organisations(self, grant: Grant) -> Sequence[Organisation]:
        """All organisations this person linked to the app, by whichever consent."""
        return self._identity.connections(grant.access_token)

    def lacks(self, scopes: Sequence[str]) -> Mapping[str, str]:
        """What a consent left out, also being renewed without a person."""
        return needs.lacking(scopes, staying=True)

    def refresh(self, grant: Grant) -> Grant:
        """A newer grant, which remembers the refresh token it was made from.

        Xero keeps the previous refresh token good for 30 minutes: when the newest is refused, because its answer
        never arrived or was never stored, the previous one is tried once.
        """
        previous = dict(grant.extra).get("previous", "")
        for token in filter(None, (grant.refresh_token, previous)):
            try:
                newer = self._identity.refresh(*self._app, token)
            except Refused as error:
                refused = error
                continue
            return replace(newer, scopes=newer.scopes or grant.scopes, extra=(("previous", token),))
        raise ReconnectNeeded(_GONE, detail=str(refused) if grant.refresh_token or previous else "")

    def disconnect(self, grant: Grant, organisation: Organisation, *, last: bool) -> None:
        """End the app's access to one organisation; with `last`, also the grant if it reaches nothing any more.

        Xero's revocation takes from the app whatever its user linked, by other consents too: while anything of that is
        left, the grant is only forgotten.
        """
        if not self._identity.drop(grant.access_token, organisation.connection_ref):
            if last:
                return
            raise ReconnectNeeded(_GONE)
        with suppress(Refused, ReconnectNeeded):
            if last and self._identity.reaches_nothing(grant.access_token):
                self._identity.revoke(*self._app, grant.refresh_token)


class CustomAuthorizer(Authorizer):
    """A custom connection: an app made for one organisation, by its own client id and secret (AU, NZ, UK, US)."""

    key = "custom"
    title = "Custom connection"
    help = "For an app that was made in Xero for one organisation only. Needs that app's client id and secret."

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def fields(self) -> Sequence[Field]:
        """The custom connection's own client id and secret."""
        where = "From the app's page at developer.xero.com, Configuration."
        return (
            Field("client_id", "Client id", where),
            Field("client_secret", "Client secret", where, secret=True),
        )

    def permissions(self) -> Sequence[Permission]:
        """What is asked for and why, out of what the app was given at Xero."""
        return needs.permissions(staying=False)

    def start(self, redirect_uri: str, state: str, typed: Mapping[str, str]) -> Grant:
        """A grant at once. Raises `Rejected` at the field when Xero does not know the client."""
        app = {name: typed.get(name, "").strip() for name in ("client_id", "client_secret")}
        missing = [Problem(name, "Please fill this in.") for name, value in app.items() if not value]
        if missing:
            raise Rejected("Client id and client secret are both needed.", missing)
        try:
            return self._grant(app, " ".join(needs.asked(typed, staying=False)))
        except (Refused, Denied) as error:
            if isinstance(error, Refused) and error.error == "invalid_scope":
                raise Rejected(_NOT_THE_APPS, detail=str(error)) from error
            sentence = "Xero does not know this client id with this client secret."
            raise Rejected(sentence, [Problem("client_secret", sentence)], detail=str(error)) from error

    def finish(
        self, redirect_uri: str, callback: Mapping[str, str], kept: Mapping[str, str]
    ) -> tuple[Grant, Sequence[Organisation]]:
        """Never needed: no browser is sent anywhere."""
        raise Rejected("A custom connection needs no answer from the browser. Start again with Connect.")

    def organisations(self, grant: Grant) -> Sequence[Organisation]:
        """The one organisation of the custom connection."""
        return self._identity.connections(grant.access_token)

    def lacks(self, scopes: Sequence[str]) -> Mapping[str, str]:
        """What the custom connection was made without."""
        return needs.lacking(scopes, staying=False)

    def refresh(self, grant: Grant) -> Grant:
        """A new token by the credentials that were typed; there is no refresh token."""
        extra = dict(grant.extra)
        try:
            return self._grant(extra, extra.get("asked", " ".join(grant.scopes)))
        except (Refused, Denied) as error:
            raise ReconnectNeeded(_GONE, detail=str(error)) from error

    def disconnect(self, grant: Grant, organisation: Organisation, *, last: bool) -> None:
        """End the app's access to the organisation. The token dies by itself within half an hour."""
        if not self._identity.drop(grant.access_token, organisation.connection_ref) and not last:
            raise ReconnectNeeded(_GONE)

    def _grant(self, app: Mapping[str, str], asked: str) -> Grant:
        client_id, client_secret = app.get("client_id", ""), app.get("client_secret", "")
        grant = self._identity.fetch(client_id, client_secret, grant_type="client_credentials", scope=asked)
        kept = (("client_id", client_id), ("client_secret", client_secret), ("asked", asked))
        return replace(grant, refresh_token="", lapses_at=None, scopes=grant.scopes or tuple(asked.split()), extra=kept)


def _check_consent(callback: Mapping[str, str]) -> None:
    """Look at the error before anything else. Raises `Rejected`."""
    error, said = callback.get("error", ""), callback.get("error_description", "")
    if error == "access_denied":
        raise Rejected("Xero was not connected: the permission was declined in Xero.", detail=said)
    if error:
        raise Rejected(f"Xero was not connected: Xero answered {said or error}.", detail=error)
    if not callback.get("code"):
        raise Rejected("Xero sent no code. Start again with Connect.")
