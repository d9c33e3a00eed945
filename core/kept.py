"""What was typed into a form whose log-in ended: given back, sealed in the page, to the person who typed it.

Nothing is stored and nothing is repeated: after the log-in the form is shown again as it was typed, to be sent by hand.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pyramid.csrf import SessionCSRFStoragePolicy

from core.settings import StartError

USER = "user"
LIFE = timedelta(hours=1)
LONGEST = 64 * 1024


@dataclass(frozen=True)
class Kept:
    """The address that shows the form as typed, and the fields to send there."""

    path: str
    fields: list[tuple[str, str]]


def includeme(config: Any) -> None:
    """`config.add_kept_form`, and tokens that tell who a form was shown to."""
    config.registry.kept_forms = {}
    config.registry.asked_while_typing = set()
    config.add_directive("add_kept_form", add_kept_form)
    config.add_directive("add_asked_while_typing", add_asked_while_typing)
    config.set_csrf_storage_policy(MarkedTokens())


def add_kept_form(config: Any, route: str, fields: Mapping[str, str], suffix: str = "") -> None:
    """Let a room say that a form posted to a route is worth keeping, and how it is shown again without being carried
    out: by a post to its address with `suffix`, with these fields besides or instead. Not for forms with passwords.
    """
    config.registry.kept_forms[route] = (dict(fields), suffix)


def add_asked_while_typing(config: Any, route: str) -> None:
    """Let a room say that a page asks a route while somebody types: without a log-in it answers nothing, and the page
    with what was typed in it stays; the form's own button leads to the log-in and keeps it.
    """
    config.registry.asked_while_typing.add(route)


class MarkedTokens(SessionCSRFStoragePolicy):  # type: ignore[misc]
    """The session's token against forged requests, with the user's id and a signature over both behind it."""

    def get_csrf_token(self, request: Any) -> str:
        """The token that forms carry; without an id where nobody is logged in."""
        return _marked(request, super().get_csrf_token(request))

    def new_csrf_token(self, request: Any) -> str:
        """The same after throwing the present one away."""
        return _marked(request, super().new_csrf_token(request))


def _marked(request: Any, token: str) -> str:
    user_id = request.session.get(USER)
    if user_id is None:
        return token
    bare, marked = getattr(request, "_marked_token", (None, ""))  # a page asks for it many times
    if bare != (token, user_id):
        marked = f"{token}.{user_id}.{_signature(request, token, str(user_id))}"
        request._marked_token = (token, user_id), marked
    return str(marked)


def _signature(request: Any, token: str, user_id: str) -> str:
    key: str = request.services.vault.derive("form")
    return hmac.new(key.encode(), f"{token}.{user_id}".encode(), hashlib.sha256).hexdigest()


def who_typed(request: Any) -> int | None:
    """The user whom the posted form was shown to, though that log-in be over; None when it does not say so truly."""
    token, _, rest = str(request.POST.get("csrf_token", "")).partition(".")
    user_id, _, signature = rest.partition(".")
    true = hmac.compare_digest(signature.encode(), _signature(request, token, user_id).encode())
    return int(user_id) if true else None


def seal(request: Any) -> str:
    """What was posted, for `open_sealed`; empty where it cannot be kept: of another form, of nobody, too long."""
    route = request.matched_route.name if request.matched_route else ""
    user_id = who_typed(request) if request.method == "POST" and route in request.registry.kept_forms else None
    if user_id is None:
        return ""
    instead, suffix = request.registry.kept_forms[route]
    typed = [(name, value) for name, value in request.POST.items() if isinstance(value, str)]
    fields = [(name, value) for name, value in typed if name not in instead and name != "csrf_token"]
    until = (request.clock.now() + LIFE).isoformat()
    path = request.path.removesuffix(suffix) + suffix if suffix else request.path
    text = json.dumps({"user": user_id, "until": until, "path": path, "fields": [*fields, *instead.items()]})
    return request.services.vault.encrypt(text) if len(text) <= LONGEST else ""


def sealed_in(request: Any) -> str:
    """What a log-in page carries along, sealed still."""
    sealed = request.POST.get("kept", "")
    return sealed if isinstance(sealed, str) and len(sealed) <= 4 * LONGEST else ""


def open_sealed(request: Any, sealed: str, user_id: int) -> Kept | None:
    """What that user typed; None when it is somebody else's, older than an hour, or not ours."""
    try:
        found = json.loads(request.services.vault.decrypt(sealed)) if sealed else None
    except (StartError, ValueError):
        return None
    if found is None or found["user"] != user_id or datetime.fromisoformat(found["until"]) < request.clock.now():
        return None
    return Kept(found["path"], [(name, value) for name, value in found["fields"]])
