"""The gate before every operation: who shows which token, how often, with how much; then the operation itself.

In this order: a good token (401), not too many requests (429), the scope (403), parameters that there are (400), a body
that can be read (413, 415, 400), the right of the user (403, by Pyramid's own view deriver, which stands behind this
one), and a request that is as the document says (422 and 400, by pyramid_openapi3).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from limits import RateLimitItem, RateLimitItemPerMinute, parse
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter
from pyramid.viewderivers import INGRESS

from core import web
from core.api import listing, reading, service
from core.api.operations import BASE, Operation
from core.api.problems import Problem
from core.api.scopes import SCOPES
from core.api.service import Bearer
from core.settings import Settings, StartError
from core.users.service import Identity

SETTING, USUAL_RATE = "api.rate", "600/minute"
WRONG_TOKENS = RateLimitItemPerMinute(30, 15, "api-wrong-token")
LARGEST_BODY = 2 * 1024 * 1024
JSON_TYPES = ("application/json", "application/merge-patch+json")


def includeme(config: Any) -> None:
    """Who asks, how often, and the view deriver that holds the gate. Raises `StartError` for a rate that is none."""
    config.registry.api_limits = Limits(config.registry.services.settings)
    config.add_request_method(bearer, "api_bearer", reify=True)
    config.add_identity_source(BASE, identity)
    config.add_view_deriver(gate, name="api_gate", under=INGRESS, over="secured_view")


class Limits:
    """Counts requests by token and wrong tokens by address: in memory, or in Redis where the queue is there."""

    def __init__(self, settings: Settings) -> None:
        shared = settings.queue.startswith(("redis://", "rediss://"))
        self._limiter = FixedWindowRateLimiter(RedisStorage(settings.queue) if shared else MemoryStorage())
        self._rate = _rate(settings.all.get(SETTING, "").strip() or USUAL_RATE)

    def count(self, token_id: int) -> None:
        """Count a request. Raises `Problem` where there were too many."""
        self._hit(self._rate, f"api-{token_id}", "This token made more requests than it may.")

    def count_wrong(self, address: str) -> None:
        """Count a wrong token. Raises `Problem` where there were too many; good ones are not hindered by that."""
        self._hit(WRONG_TOKENS, address, "Too many wrong tokens came from your address.")

    def _hit(self, item: RateLimitItem, key: str, words: str) -> None:
        if not self._limiter.hit(item, key):
            wait = max(1, round(self._limiter.get_window_stats(item, key).reset_time - time.time()) + 1)
            detail = f"{words} Wait {wait} seconds."
            raise Problem("too-many", detail, headers={"Retry-After": str(wait)})


def _rate(text: str) -> RateLimitItem:
    try:
        found = parse(text)
    except ValueError:
        found = None
    if found is None or found.amount < 1:
        raise StartError(f"The setting {SETTING} is {text!r}. Write how many requests a token may make: 600/minute.")
    return found


def bearer(request: Any) -> Bearer | None:
    """Who shows a token in this request; None for nobody and for a wrong one."""
    token = _shown(request)
    if not token:
        return None
    now = request.clock.now()
    with web.reading(request) as session:
        found = service.who_shows(session, token, when=now, every_right=request.registry.every_right)
    if found is not None and not service.is_written_down(found, now):
        used = partial(service.used, token_id=found.token_id, now=now)
        web.write_afterwards(request, used, "when a token was used last could not be written down")
    return found


def _shown(request: Any) -> str:
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def identity(request: Any) -> Identity | None:
    """The user behind the token that is shown."""
    found: Bearer | None = request.api_bearer
    return found.identity if found else None


def gate(view: Callable[[Any, Any], Any], info: Any) -> Callable[[Any, Any], Any]:
    """The view deriver; leaves alone what is no operation."""
    operation: Operation | None = info.options.get("api")
    if operation is None:
        return view

    def gated(context: Any, request: Any) -> Any:
        _admit(request, operation)
        if request.method != "HEAD":
            return view(context, request)
        request.method = "GET"  # the document knows no HEAD; the answer is the same, and its body is left out
        try:
            return view(context, request)
        finally:
            request.method = "HEAD"

    return gated


gate.options = ("api",)  # type: ignore[attr-defined]


def _admit(request: Any, operation: Operation) -> None:
    """Let the request on, but for the right of the user. Raises `Problem`."""
    if operation.open_to_all:
        return
    found: Bearer | None = request.api_bearer
    limits: Limits = request.registry.api_limits
    if found is None:
        if _shown(request):
            limits.count_wrong(request.remote_addr or "")
        raise Problem("no-token")
    limits.count(found.token_id)
    if operation.scope and operation.scope not in found.scopes:
        words = SCOPES[operation.scope].title.lower()
        raise Problem("scope-missing", f"This takes a token with the scope {operation.scope} ({words}).")
    if not operation.judges_names:
        listing.refuse_unknown(request, operation.asked)
    if operation.body is not None:
        request.environ[reading.BODY] = _body(request)


def _body(request: Any) -> Any:
    """What was sent, read. Raises `Problem`."""
    too_large = Problem("too-large", f"A request has at most {LARGEST_BODY:,} bytes.")
    if (request.content_length or 0) > LARGEST_BODY:
        raise too_large
    if request.content_type not in JSON_TYPES:
        raise Problem("wrong-type")
    raw = request.body_file.read(LARGEST_BODY + 1) if request.is_body_readable else b""
    if len(raw) > LARGEST_BODY:
        raise too_large
    request.body = raw
    try:
        return reading.strict_json(raw, most=reading.MOST_VALUES)
    except ValueError as error:
        raise Problem("unreadable", str(error)) from error
