"""Users: log-in, roles and rights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.users import service
from core.users.rights import CORE_RIGHTS
from core.users.security import LOGIN, LoginPolicy
from core.users.service import Identity
from core.users.throttle import LoginThrottle

DEEDS = {
    "user.changed": "User changed",
    "user.invited": "Invited",
    "user.invited again": "Invited again",
    "user.joined": "Came in by invitation",
    "user.password asked": "Link for a new password sent",
    "user.password changed": "Password changed",
    "user.signed out": "Signed out everywhere",
    "invitation.withdrawn": "Invitation withdrawn",
    "role.made": "Role made",
    "role.changed": "Role changed",
    "role.deleted": "Role deleted",
}


def includeme(config: Any) -> None:
    """The security policy, the log-in pages, `request.people()` and `request.former_people()`."""
    services = config.registry.services
    config.registry.rights = (*CORE_RIGHTS, *services.plugins.rights())
    config.registry.login_throttle = LoginThrottle(services.settings.queue)
    config.registry.identity_sources = {}
    config.add_directive("add_identity_source", add_identity_source)
    config.set_security_policy(LoginPolicy(frozenset(right.key for right in config.registry.rights)))
    config.set_default_permission(LOGIN)
    config.add_request_method(_people, "people")
    config.add_request_method(_former_people, "former_people")
    config.add_request_method(_name_of, "name_of")
    config.registry.every_right = frozenset(right.key for right in config.registry.rights)
    config.add_deed_words(DEEDS)
    config.include("core.users.views")
    config.include("core.users.by_link")
    config.include("core.users.profile")
    config.include("core.users.style")


def add_identity_source(config: Any, prefix: str, who: Callable[[Any], Identity | None]) -> None:
    """Let a room say who asks at the addresses under a prefix: `who(request)`; the log-in of the pages counts nothing
    there."""
    config.registry.identity_sources[prefix] = who


def _people(request: Any) -> list[tuple[int, str]]:
    """Id and name of every active user, by name."""
    return service.active_people(request.dbsession)


def _former_people(request: Any) -> list[tuple[int, str]]:
    """Id and name of every user who is not active any more, by name, to find what is theirs."""
    return service.former_people(request.dbsession)


def _name_of(request: Any, user_id: int | None) -> str:
    """The name of a user, nothing for None."""
    return service.names_of(request.dbsession, [user_id]).get(user_id or 0, "")
