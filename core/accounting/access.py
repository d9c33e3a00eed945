"""What a role may do in one connection: its own rights, unless an admin said otherwise for that connection.

The pages' views name a right in general, which keeps out who has it nowhere; what concerns a connection asks here too.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core.accounting.models import Connection, ConnectionAccess
from core.users.models import User

SEE_STATUS, SEE_AMOUNTS, SEE_BILLS = "accounting.see_status", "accounting.see_amounts", "accounting.see_bills"
LINK, DRAFT, MANAGE = "accounting.link", "accounting.draft", "accounting.manage_connections"
# The rights that can differ from connection to connection.
BY_CONNECTION = (SEE_STATUS, SEE_AMOUNTS, SEE_BILLS, LINK, DRAFT)


def may(request: Any, right: str, connection: Connection) -> bool:
    """Whether the user has a right in a connection (one of `BY_CONNECTION`)."""
    limits = _limits(request)
    return right in limits[connection.id] if connection.id in limits else bool(request.has_permission(right))


def _limits(request: Any) -> dict[int, frozenset[str]]:
    """The rights of the user's role by connection, where they differ; read once a request."""
    found: dict[int, frozenset[str]] | None = getattr(request, "_accounting_access", None)
    if found is None:
        role = select(User.role_id).where(User.id == request.identity.id).scalar_subquery()
        rows = select(ConnectionAccess).where(ConnectionAccess.role_id == role)
        with request.services.db.read() as session:
            found = {row.connection_id: frozenset(row.rights) for row in session.scalars(rows)}
        request._accounting_access = found
    return found
