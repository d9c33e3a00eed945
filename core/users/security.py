"""Pyramid's security policy: who asks, and what that person may do."""

from __future__ import annotations

from functools import partial
from typing import Any

from pyramid.interfaces import ISecurityPolicy
from pyramid.request import RequestLocalCache
from pyramid.security import Allowed, Denied
from zope.interface import implementer

from core.faults import is_under
from core.users import sessions
from core.users.service import Identity, who_holds
from core.web import reading, write_afterwards

LOGIN = "login"
TOKEN = "token"  # noqa: S105 - the name of a key in the cookie session


@implementer(ISecurityPolicy)
class LoginPolicy:
    """A permission is a right of the user's role; ``login`` is given to everybody who is logged in.

    The identity is loaded once a request, by `core.web.reading`, so that it is there on every route.
    Addresses that a room knows callers of by other means (`add_identity_source`) see nothing of the cookie.
    """

    def __init__(self, every_right: frozenset[str]) -> None:
        self._every_right = every_right
        self._cache = RequestLocalCache(self._load)

    def _load(self, request: Any) -> Identity | None:
        for prefix, who in request.registry.identity_sources.items():
            if is_under(request, prefix):
                found: Identity | None = who(request)
                return found
        return self._by_cookie(request)

    def _by_cookie(self, request: Any) -> Identity | None:
        token = request.session.get(TOKEN)
        if not isinstance(token, str):
            return None
        now = request.clock.now()
        with reading(request) as session:
            found = who_holds(session, token, when=now, every_right=self._every_right)
        if found and found.seen_at and found.seen_at < now - sessions.SEEN_EVERY:
            seen = partial(sessions.seen, session_id=found.session_id, now=now)
            write_afterwards(request, seen, "when a browser was seen last could not be written down")
        return found

    def identity(self, request: Any) -> Identity | None:
        """Who asks, or None."""
        found: Identity | None = self._cache.get_or_create(request)
        return found

    def authenticated_userid(self, request: Any) -> int | None:
        """The user's id, or None."""
        identity = self.identity(request)
        return identity.id if identity else None

    def permits(self, request: Any, context: Any, permission: str) -> Any:
        """Whether the role has the right."""
        identity = self.identity(request)
        if identity is None:
            return Denied("not logged in")
        if permission == LOGIN or permission in identity.rights:
            return Allowed("the role has the right %s", permission)
        return Denied("the role lacks the right %s", permission)

    def remember(self, request: Any, userid: Any, **kw: Any) -> list[tuple[str, str]]:
        """No headers of its own: the log-in view puts the token into the cookie session."""
        return []

    def forget(self, request: Any, **kw: Any) -> list[tuple[str, str]]:
        """No headers of its own: the log-out view empties the cookie session."""
        return []
