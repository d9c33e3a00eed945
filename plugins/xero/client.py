"""A thin client of Xero's accounting API: what is sent with every call and what every answer means.

It never repeats a write, with one exception: Xero answers 401 before it looks at what was sent, so that after a new
token the same request goes out once more, under the same idempotency key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx2
import msgspec

from core import (
    Denied,
    NotFound,
    OutcomeUnknown,
    Problem,
    ProviderContext,
    ProviderError,
    ReconnectNeeded,
    Rejected,
    Throttled,
    Unavailable,
)
from plugins.xero import answers, limits

T = TypeVar("T")
Place = Callable[[str], list[Problem]]

API_URL = "https://api.xero.com"
TIMEOUT = httpx2.Timeout(20.0, connect=5.0)
AWAY = timedelta(minutes=5)  # Xero asks to come back in about five minutes after a 503
SOON = timedelta(minutes=1)

# What goes wrong before a byte of the request was sent.
_UNSENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
_MALFORMED = (msgspec.MsgspecError, ValueError, ArithmeticError, LookupError)
_SCOPES = {
    "Contacts": "accounting.contacts",
    "Invoices": "accounting.invoices",
    "CreditNotes": "accounting.invoices",
    "Overpayments": "accounting.payments.read",
    "Prepayments": "accounting.payments.read",
}
_encoder = msgspec.json.Encoder(decimal_format="number")


def nowhere(message: str) -> list[Problem]:
    """A refusal that belongs to no field."""
    return [Problem("", message)]


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `path` under the accounting API, and `key` for a write (its idempotency key)."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def writes(self) -> bool:
        """True when a lost answer leaves in doubt whether something was written."""
        return self.method != "GET"


class XeroClient:
    """Calls for one organisation. Raises only the errors of the contract."""

    def __init__(self, context: ProviderContext) -> None:
        self._context = context
        self._base = context.settings.get("api_url", API_URL).rstrip("/") + "/api.xro/2.0/"

    def address(self, path: str, params: Mapping[str, str]) -> str:
        """The whole address of a call, as it is sent."""
        return str(httpx2.URL(self._base + path, params=dict(params)))

    def get(
        self,
        path: str,
        read: Callable[[bytes], T],
        params: Mapping[str, str] | None = None,
        *,
        modified_since: datetime | None = None,
        accept: str = "application/json",
    ) -> T:
        """What `read` makes of the answer; what it cannot read is `Unavailable`, in a plain sentence."""
        headers = {"Accept": accept}
        if modified_since is not None:
            headers["If-Modified-Since"] = modified_since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        call = Call("GET", path, params or {}, headers)
        return self._read(call, self._exchange(call, nowhere), read)

    def write(
        self,
        method: str,
        path: str,
        read: Callable[[bytes], T],
        body: Mapping[str, Any],
        *,
        key: str,
        params: Mapping[str, str] | None = None,
        place: Place = nowhere,
    ) -> T:
        """Send a PUT or POST once. `place` says to which of our fields a sentence of Xero's belongs.

        Raises `Rejected` when Xero refused, `OutcomeUnknown` when nobody can say what became of it.
        """
        headers = {"Accept": "application/json", "Content-Type": "application/json", "Idempotency-Key": key}
        call = Call(method, path, params or {}, headers, _encoder.encode(body))
        return self._read(call, self._exchange(call, place), read)

    def _exchange(self, call: Call, place: Place) -> httpx2.Response:
        token = self._context.token()
        response = self._send(call, token)
        if response.status_code == 401 and not _lacks_scope(response):
            response = self._send(call, self._context.token(rejected=token))
        self._check(call, response, place)
        return response

    def _send(self, call: Call, token: str) -> httpx2.Response:
        budget = self._context.budget
        budget.spend()
        try:
            with self._connecting(call):
                response: httpx2.Response = self._context.http.request(
                    call.method,
                    self._base + call.path,
                    params=dict(call.params),
                    headers=self._headers(call, token),
                    content=call.body or None,
                    timeout=TIMEOUT,
                )
            budget.learn(limits.neutral(response.headers, response.status_code, self._now()))
            return response
        finally:
            budget.release()

    def _headers(self, call: Call, token: str) -> dict[str, str]:
        return {
            **call.headers,
            "Authorization": f"Bearer {token}",
            "xero-tenant-id": self._context.organisation.id,
            "Accept-Encoding": "gzip",
        }

    @contextmanager
    def _connecting(self, call: Call) -> Iterator[None]:
        try:
            yield
        except _UNSENT as error:
            raise Unavailable("Xero cannot be reached.", self._now() + SOON, detail=str(error)) from error
        except httpx2.HTTPError as error:
            raise self._lost(call, "The connection to Xero broke.", str(error), SOON) from error

    def _read(self, call: Call, response: httpx2.Response, read: Callable[[bytes], T]) -> T:
        try:
            return read(response.content)
        except _MALFORMED as error:
            raise self._lost(call, "Xero gave an answer that makes no sense.", str(error), AWAY) from error

    def _lost(self, call: Call, sentence: str, detail: str, wait: timedelta) -> ProviderError:
        if call.writes:
            return OutcomeUnknown(f"{sentence} What was sent may or may not have arrived.", detail=detail)
        return Unavailable(sentence, self._now() + wait, detail=detail)

    def _check(self, call: Call, response: httpx2.Response, place: Place) -> None:
        status = response.status_code
        if 200 <= status < 300:
            return
        if status in (401, 403):
            raise _no_access(call, response)
        if status == 404:
            raise NotFound("Xero does not know this (any more).", detail=_words(response))
        if status == 429:
            raise self._throttled(response)
        if 400 <= status < 500 and status != 408:
            raise _rejected(response, place)
        if status == 503 and "offline" in _words(response).lower():
            raise Unavailable("The organisation is offline at Xero.", self._now() + AWAY, detail=_words(response))
        raise self._lost(call, f"Xero is not available at the moment ({status}).", _words(response), AWAY)

    def _throttled(self, response: httpx2.Response) -> Throttled:
        until = self._now() + timedelta(seconds=limits.wait(response.headers, self._now()))
        window = limits.window(response.headers)
        return Throttled("Xero takes no more calls for a while.", until, window, detail=_words(response))

    def _now(self) -> datetime:
        return self._context.clock.now()


def _no_access(call: Call, response: httpx2.Response) -> ProviderError:
    words = _words(response)
    if response.status_code == 401 and _lacks_scope(response):
        scope = _SCOPES.get(call.path.split("/")[0], "accounting.settings.read")
        return Denied(
            f"The permission {scope} is missing. Connect Xero again to grant it.", detail=words, missing_scope=scope
        )
    if response.status_code == 403 and "authenticationunsuccessful" not in words.replace(" ", "").lower():
        return Denied("Xero does not allow this.", detail=words)
    return ReconnectNeeded("Xero no longer lets this app in. Connect it again.", detail=words)


def _lacks_scope(response: httpx2.Response) -> bool:
    told = f"{response.headers.get('WWW-Authenticate', '')} {_words(response)}".lower()
    return "insufficient_scope" in told


def _words(response: httpx2.Response) -> str:
    """What Xero says in an answer that is no success; empty when it says nothing we can read."""
    try:
        told = msgspec.json.decode(response.content, type=answers.AccessRefusal)
    except msgspec.MsgspecError:
        return ""
    return ": ".join(part for part in (told.title, told.detail) if part)


def _rejected(response: httpx2.Response, place: Place) -> Rejected:
    try:
        refusal = msgspec.json.decode(response.content, type=answers.Refusal)
    except msgspec.MsgspecError:
        refusal = answers.Refusal()
    messages = [
        error.message
        for element in refusal.elements or ()
        for error in element.validation_errors or ()
        if error.message
    ]
    detail = refusal.message or _words(response) or f"HTTP {response.status_code}"
    return refused(messages or [detail], place, detail)


def refused(messages: list[str], place: Place, detail: str = "") -> Rejected:
    """The error for sentences of Xero's that refuse something, each once and at its field."""
    problems = [problem for message in dict.fromkeys(messages) for problem in place(message)]
    return Rejected("Xero refused this.", problems, detail=detail or " ".join(messages))
