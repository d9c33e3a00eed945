"""What an administrator may change about a user."""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.users.models import LoginSession, Role, User
from core.users.rights import ALL


class NotAllowed(Exception):
    """Why a change of a user is refused, as a sentence."""


def change_user(
    session: Session, user: User, *, role: str, active: bool
) -> tuple[dict[str, object], dict[str, object]]:
    """Give a user another role, or let the user in or not; the old and the new of what changed.

    A user who may not come in any more is logged out everywhere at once. Raises `NotAllowed`: there must always be
    somebody who may do everything.
    """
    found = session.scalar(select(Role).where(Role.key == role))
    if found is None:
        raise NotAllowed("Choose one of the roles.")
    loses = user.active and ALL in user.role.rights and not (active and ALL in found.rights)
    if loses and _others_with_all_rights(session, user) == 0:
        raise NotAllowed(f"{user.name} is the only one who may do everything. Give another user that role first.")
    old: dict[str, object] = {"role": user.role.key, "active": user.active}
    new: dict[str, object] = {"role": role, "active": active}
    user.role, user.active = found, active
    if not active:
        session.execute(delete(LoginSession).where(LoginSession.user_id == user.id))
    session.flush()
    changed = [name for name in old if old[name] != new[name]]
    return {name: old[name] for name in changed}, {name: new[name] for name in changed}


def _others_with_all_rights(session: Session, user: User) -> int:
    roles = [role.id for role in session.scalars(select(Role)) if ALL in role.rights]
    others = select(func.count()).select_from(User).where(User.active, User.role_id.in_(roles), User.id != user.id)
    return session.scalar(others) or 0
