"""Who may see what of a connection, as admins set it: read as a matrix of roles and rights, saved, written down."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounting.access import BY_CONNECTION, whole
from core.accounting.deeds import in_connection
from core.accounting.models import Connection, ConnectionAccess
from core.audit.service import record_deed
from core.users.models import Role
from core.users.rights import ALL


@dataclass(frozen=True)
class Line:
    """A role: the rights it has in general, and those that hold in the connection."""

    role: Role
    general: frozenset[str]
    here: frozenset[str]

    @property
    def differs(self) -> bool:
        """Whether something was taken away here."""
        return self.here != self.general


def matrix(session: Session, connection: Connection) -> list[Line]:
    """Every role, in the order they were made."""
    rows = select(ConnectionAccess).where(ConnectionAccess.connection_id == connection.id)
    limits = {row.role_id: whole(row.rights) for row in session.scalars(rows)}
    lines = []
    for role in session.scalars(select(Role).order_by(Role.id)):
        general = frozenset(BY_CONNECTION) if ALL in role.rights else frozenset(role.rights).intersection(BY_CONNECTION)
        lines.append(Line(role, general, general & limits.get(role.id, general)))
    return lines


def mark(lines: Sequence[Line]) -> str:
    """What a form was shown with, in short: another mark means that somebody saved meanwhile."""
    text = ";".join(f"{line.role.id}:{','.join(sorted(line.here))}" for line in lines)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def save(
    session: Session,
    connection: Connection,
    wanted: Mapping[int, frozenset[str]],
    titles: Mapping[str, str],
    *,
    user_id: int,
    now: datetime,
) -> list[str]:
    """Let each role (by its id) have these rights in the connection, of those it has; the titles of those that changed.

    What a right needs goes with it: without amounts no bills, without the status nothing. A role that keeps all of its
    own rights has no row: what it is given later it has here too.
    """
    changed = []
    for line in matrix(session, connection):
        here = whole(wanted.get(line.role.id, frozenset()) & line.general) if line.general else line.here
        if here == line.here or not line.general:
            continue
        row = session.get(ConnectionAccess, (line.role.id, connection.id))
        if here == line.general:
            session.delete(row)
        elif row is None:
            session.add(ConnectionAccess(role_id=line.role.id, connection_id=connection.id, rights=sorted(here)))
        else:
            row.rights = sorted(here)
        about = {"role": line.role.title, **in_connection(connection)}
        old, new = ({**about, "rights": _words(rights, titles)} for rights in (line.here, here))
        record_deed(session, when=now, user_id=user_id, deed="accounting access changed", old=old, new=new)
        changed.append(line.role.title)
    session.flush()
    return changed


def _words(rights: frozenset[str], titles: Mapping[str, str]) -> str:
    return "; ".join(titles.get(right, right) for right in BY_CONNECTION if right in rights) or "nothing"
