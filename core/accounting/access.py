"""What a role may do in one connection: its own rights, less what an admin took away for that connection.

A connection never gives a right that the role has not in general, so that the permission on a view keeps out who has it
nowhere; what concerns a connection asks here too. Who may not even see how things stand in a connection does not learn
that it is there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from core.accounting.models import Connection, ConnectionAccess
from core.db import look_up, table_of
from core.users.models import User
from core.web import reading

SEE_STATUS, SEE_AMOUNTS, SEE_BILLS = "accounting.see_status", "accounting.see_amounts", "accounting.see_bills"
LINK, DRAFT, MANAGE = "accounting.link", "accounting.draft", "accounting.manage_connections"
# The rights that can be taken away in a connection, each with what it takes to have it there.
NEEDS: dict[str, tuple[str, ...]] = {
    SEE_STATUS: (),
    SEE_AMOUNTS: (SEE_STATUS,),
    SEE_BILLS: (SEE_STATUS, SEE_AMOUNTS),
    LINK: (SEE_STATUS,),
    DRAFT: (SEE_STATUS,),
}
BY_CONNECTION = tuple(NEEDS)


@dataclass(frozen=True)
class Sight:
    """What the user may see."""

    status: bool
    amounts: bool
    bills: bool


def whole(rights: Iterable[str]) -> frozenset[str]:
    """The rights of `BY_CONNECTION` among these that hold: amounts need the status, bills the amounts, and so on."""
    found = frozenset(rights)
    return frozenset(right for right in BY_CONNECTION if right in found and found.issuperset(NEEDS[right]))


def may(request: Any, right: str, connection: Connection | int | None = None) -> bool:
    """Whether the user has a right: in a connection (given by itself or by its id), else in general."""
    if not request.has_permission(right):
        return False
    if connection is None or right not in NEEDS:
        return True
    limits = _limits(request)
    number = connection if isinstance(connection, int) else connection.id
    return number not in limits or right in limits[number]


def is_hidden(request: Any, connection: Connection | int) -> bool:
    """Whether the user's role was taken even the sight of the status: then the connection is not named."""
    number = connection if isinstance(connection, int) else connection.id
    return number in hidden_from(request)


def hidden_from(request: Any, right: str = SEE_STATUS) -> frozenset[int]:
    """The ids of the connections in which a right was taken from the user's role."""
    return frozenset(number for number, rights in _limits(request).items() if right not in rights)


def anywhere(request: Any, right: str) -> bool:
    """Whether the user has a right somewhere: in general, and not taken in every connection there is."""
    if not request.has_permission(right):
        return False
    hidden = hidden_from(request, right)
    return not hidden or bool(set(request.dbsession.scalars(select(Connection.id))) - hidden)


def known_to(request: Any, connections: Iterable[Connection], right: str = SEE_STATUS) -> list[Connection]:
    """Those of the connections in which a right was not taken from the user's role; by default those it may know of."""
    hidden = hidden_from(request, right)
    return [one for one in connections if one.id not in hidden]


def sight_in(request: Any, connection: Connection | int) -> Sight:
    """What the user may see of one connection."""
    amounts = may(request, SEE_AMOUNTS, connection)
    status = may(request, SEE_STATUS, connection)
    return Sight(status, amounts, bills=amounts and may(request, SEE_BILLS, connection))


def sight(request: Any) -> Sight:
    """What the user may see in general, where nothing else is said for a connection."""
    amounts = bool(request.has_permission(SEE_AMOUNTS))
    status = bool(request.has_permission(SEE_STATUS))
    return Sight(status, amounts, bills=amounts and bool(request.has_permission(SEE_BILLS)))


def reads_words(request: Any, connection: Connection | int) -> bool:
    """Whether the user may read a provider's own words about a failure: they may hold amounts and numbers of bills."""
    return sight_in(request, connection).bills or bool(request.has_permission(MANAGE))


def may_read_deed(request: Any, rights: Iterable[str], values: dict[str, Any]) -> bool:
    """Whether the user may read the values of a deed of the audit trail that takes `rights`.

    A deed in a connection says which by ``in_id``; that it is there is no secret for who manages connections.
    """
    number = values.get("in_id")
    if not isinstance(number, int):
        return all(request.has_permission(right) for right in rights)
    known = not is_hidden(request, number) or bool(request.has_permission(MANAGE))
    return known and all(may(request, right, number) for right in rights)


_ROLE = select(User.role_id).where(User.id == bindparam("user_id")).scalar_subquery()
_ACCESS = table_of(ConnectionAccess)
_LIMITS = select(_ACCESS.c.connection_id, _ACCESS.c.rights).where(_ACCESS.c.role_id == _ROLE)


def _limits(request: Any) -> dict[int, frozenset[str]]:
    """The rights of the user's role by connection, where they differ; read once a request."""
    found: dict[int, frozenset[str]] | None = getattr(request, "_accounting_access", None)
    if found is None:
        who = request.identity
        with reading(request) as session:
            rows = look_up(session, _LIMITS, user_id=who.id if who else None)
            found = {row.connection_id: whole(row.rights) for row in rows}
        request._accounting_access = found
    return found
