"""The pages for administrators."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.contract.extensions import NavLink


def includeme(config: Any) -> None:
    """The pages and their places in the navigation."""
    config.add_navigation(navigation)
    config.include("core.admin.views")
    config.include("core.admin.users")
    config.include("core.admin.tokens")
    config.include("core.admin.invitations")
    config.include("core.admin.roles")
    config.include("core.admin.definitions")
    config.include("core.admin.audit")


def navigation(request: Any) -> Iterable[NavLink]:
    """What administrators look after."""
    return _LINKS


_LINKS = (
    NavLink("Plugins", "/admin/plugins", section="Admin", order=20, right="admin.plugins"),
    NavLink("Stages", "/admin/stages", section="Admin", order=24, right="records.define"),
    NavLink("Custom fields", "/admin/fields", section="Admin", order=26, right="records.define"),
    NavLink("Users", "/admin/users", section="Admin", order=30, right="admin.users"),
    NavLink("Roles", "/admin/roles", section="Admin", order=31, right="admin.users"),
    NavLink("Audit trail", "/admin/audit", section="Admin", order=40, right="audit.see"),
)
