"""Tokens as Xero's log-in server gives them: codes, access tokens, rotating refresh tokens, revocation.

A code lives 5 minutes and works once; an access token lives 30 minutes; a refresh token lives 60 days since its
last use and is replaced at each use, the previous one staying good for 30 more minutes. Source: Xero, "The standard
authorization code flow", "Token types". Everything here is used under the store's lock.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

from core import Clock
from plugins.xero.sandbox.envelope import Refused, problem
from plugins.xero.sandbox.keys import Signer
from plugins.xero.sandbox.pkce import access_hash, verified
from plugins.xero.sandbox.store import Store
from plugins.xero.sandbox.wire import Record, milliseconds

CODE_LIFE = timedelta(minutes=5)
ACCESS_LIFE = timedelta(minutes=30)
REFRESH_LIFE = timedelta(days=60)
GRACE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Access:
    """What a good access token stands for."""

    client: str
    user: str | None
    scopes: frozenset[str]
    auth_event: str


def bad_grant() -> Refused:
    """400 invalid_grant: the code or the refresh token is expired, used up, revoked or somebody else's."""
    return Refused(400, {"error": "invalid_grant"})


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


class Tokens:
    """Issues, refreshes, revokes and checks tokens."""

    def __init__(self, store: Store, clock: Clock, signer: Signer, user: Record) -> None:
        self._codes, self._grants = store.oauth["codes"], store.oauth["grants"]
        self._refresh, self._access = store.oauth["refresh"], store.oauth["access"]
        self._clock, self._signer, self._user = clock, signer, user

    def code(self, grant: Record, *, redirect_uri: str, challenge: str | None, nonce: str | None) -> str:
        """A code for this consent."""
        code = secrets.token_urlsafe(32)
        self._codes.put(
            {
                "id": _digest(code),
                "grant": grant["id"],
                "redirect_uri": redirect_uri,
                "challenge": challenge,
                "nonce": nonce,
                "until": milliseconds(self._clock.now() + CODE_LIFE),
            }
        )
        return code

    def grant(self, client: str, user: str | None, scopes: list[str], auth_event: str) -> Record:
        """A new grant: everything that comes from one consent."""
        return self._grants.put(
            {
                "id": str(uuid4()),
                "client": client,
                "user": user,
                "scopes": scopes,
                "auth_event": auth_event,
                "generation": 0,
                "revoked": False,
            }
        )

    def redeem(self, code: str, client: str, redirect_uri: str, verifier: str | None, issuer: str) -> Record:
        """The token answer for a code. Raises Refused (400 invalid_grant)."""
        kept = self._codes.get(_digest(code))
        if kept is None:
            raise bad_grant()
        self._codes.drop(kept["id"])
        grant = self._grants.get(kept["grant"])
        fits = kept["until"] > milliseconds(self._clock.now()) and kept["redirect_uri"] == redirect_uri
        if grant is None or not fits or grant["client"] != client or not verified(kept["challenge"], verifier):
            raise bad_grant()
        return self.answer(grant, issuer, nonce=kept["nonce"], first=True)

    def refreshed(self, token: str, client: str, scopes: list[str], issuer: str) -> Record:
        """The token answer for a refresh token. Raises Refused (400 invalid_grant or invalid_scope)."""
        kept, now = self._refresh.get(_digest(token)), milliseconds(self._clock.now())
        grant = self._grants.get(kept["grant"]) if kept else None
        if kept is None or grant is None or grant["revoked"] or grant["client"] != client:
            raise bad_grant()
        if kept["until"] <= now or kept["generation"] < grant["generation"] - 1:
            raise bad_grant()
        if not set(scopes) <= set(grant["scopes"]):
            raise Refused(400, {"error": "invalid_scope"})
        if kept["generation"] == grant["generation"]:
            self._rotate(grant, now)
        return self.answer(grant, issuer)

    def _rotate(self, grant: Record, now: int) -> None:
        """Begin the next generation; the tokens of this one stay good for the grace."""
        last = now + GRACE // timedelta(milliseconds=1)
        for row in self._refresh.all():
            if row["grant"] == grant["id"] and row["until"] > last:
                self._refresh.put({**row, "until": last})
        self._grants.put({**grant, "generation": grant["generation"] + 1})

    def answer(self, grant: Record, issuer: str, *, nonce: str | None = None, first: bool = False) -> Record:
        """The token endpoint's answer: access token, and refresh and id token where the scopes ask for them."""
        grant = self._grants.get(grant["id"]) or grant
        body: Record = {
            "access_token": self._access_token(grant, issuer),
            "expires_in": int(ACCESS_LIFE.total_seconds()),
            "token_type": "Bearer",
            "scope": " ".join(grant["scopes"]),
        }
        if "offline_access" in grant["scopes"] and grant["user"]:
            body["refresh_token"] = self._refresh_token(grant)
        if first and "openid" in grant["scopes"]:
            body["id_token"] = self._id_token(grant, issuer, nonce, body["access_token"])
        return body

    def revoke(self, token: str, client: str) -> str | None:
        """End what the user of a refresh or an access token ever granted this app; gives that user.

        Unknown tokens are no error. A custom connection has no user: there the one grant ends.
        """
        kept = self._refresh.get(_digest(token)) or self._access.get(_digest(token))
        grant = self._grants.get(kept["grant"]) if kept else None
        if grant is None or grant["client"] != client:
            return None
        user: str | None = grant["user"]
        for row in self._grants.all() if user else [grant]:
            if (row["client"], row["user"]) == (client, user):
                self._grants.put({**row, "revoked": True})
        return user

    def revoke_all(self) -> None:
        """End every grant there is."""
        for grant in self._grants.all():
            self._grants.put({**grant, "revoked": True})

    def check(self, header: str | None) -> Access:
        """What the bearer token of an Authorization header stands for. Raises Refused (401)."""
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise problem(401, "Unauthorized", "AuthenticationUnsuccessful")
        kept = self._access.get(_digest(token.strip()))
        grant = self._grants.get(kept["grant"]) if kept else None
        if kept is None or grant is None or grant["revoked"]:
            raise problem(401, "Unauthorized", "AuthenticationUnsuccessful")
        if kept["until"] <= milliseconds(self._clock.now()):
            raise problem(401, "Unauthorized", "TokenExpired: token expired")
        scopes = frozenset(grant["scopes"])
        return Access(grant["client"], grant["user"], scopes, grant["auth_event"])

    def _access_token(self, grant: Record, issuer: str) -> str:
        now = self._clock.now()
        claims = self._times(now, ACCESS_LIFE) | {
            "iss": issuer,
            "aud": f"{issuer}/resources",
            "client_id": grant["client"],
            "jti": secrets.token_hex(16).upper(),
            "authentication_event_id": grant["auth_event"],
            "scope": grant["scopes"],
        }
        if grant["user"]:
            claims |= self._subject() | {"auth_time": claims["iat"], "amr": ["pwd"]}
        token = self._signer.sign(claims)
        self._forget(now)
        self._access.put({"id": _digest(token), "grant": grant["id"], "until": milliseconds(now + ACCESS_LIFE)})
        return token

    def _refresh_token(self, grant: Record) -> str:
        token = secrets.token_urlsafe(32)
        until = milliseconds(self._clock.now() + REFRESH_LIFE)
        self._refresh.put(
            {
                "id": _digest(token),
                "grant": grant["id"],
                "generation": grant["generation"],
                "until": until,
            }
        )
        return token

    def _id_token(self, grant: Record, issuer: str, nonce: str | None, access: str) -> str:
        claims = self._times(self._clock.now(), timedelta(minutes=5)) | self._subject()
        claims |= {"iss": issuer, "aud": grant["client"], "at_hash": access_hash(access)}
        if nonce:
            claims["nonce"] = nonce
        if "email" in grant["scopes"]:
            claims["email"] = self._user["EmailAddress"]
        if "profile" in grant["scopes"]:
            first, last = self._user["FirstName"], self._user["LastName"]
            claims |= {"given_name": first, "family_name": last, "name": f"{first} {last}"}
            claims["preferred_username"] = self._user["EmailAddress"]
        return self._signer.sign(claims)

    def _subject(self) -> dict[str, Any]:
        user_id = self._user["UserID"]
        return {"sub": user_id.replace("-", ""), "xero_userid": user_id, "global_session_id": "0" * 32}

    def _times(self, now: datetime, life: timedelta) -> dict[str, Any]:
        seconds = int(now.timestamp())
        return {"nbf": seconds, "iat": seconds, "exp": seconds + int(life.total_seconds())}

    def _forget(self, now: datetime) -> None:
        """Drop access tokens that ended more than a day ago, so that a long demo does not grow."""
        limit = milliseconds(now - timedelta(days=1))
        for row in self._access.all():
            if row["until"] > limit:
                break
            self._access.drop(row["id"])
