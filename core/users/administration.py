"""What an administrator may change about users and roles.

Two rules hold throughout: there is always somebody who may do everything, and nobody gives away or takes over rights
that he or she does not have.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.users.models import Invitation, LoginSession, PasswordReset, Role, User
from core.users.rights import ALL
from core.users.service import Identity

ADMIN = "admin"
Changes = tuple[dict[str, object], dict[str, object]]


class NotAllowed(Exception):
    """Why a change of a user or a role is refused, as a sentence."""


@dataclass(frozen=True)
class Giver:
    """Who gives rights: the user's own, and all that there are."""

    rights: frozenset[str]
    every_right: frozenset[str]

    def check(self, rights: Iterable[str]) -> None:
        """Raises `NotAllowed` where somebody would handle rights that he or she does not have."""
        wanted = frozenset(rights)
        # A right of a plugin that is switched off gives nothing now, but would once it is on: only for who has all.
        if not self.every_right <= self.rights and not wanted <= self.rights:
            raise NotAllowed("You cannot give rights that you do not have, nor change who has them.")


def giver(identity: Identity, every_right: Iterable[str]) -> Giver:
    """The giver that a user is."""
    return Giver(identity.rights, frozenset(every_right))


def role_of(session: Session, key: str) -> Role:
    """The role of that key. Raises `NotAllowed`."""
    found = session.scalar(select(Role).where(Role.key == key))
    if found is None:
        raise NotAllowed("Choose one of the roles.")
    return found


def change_user(session: Session, user: User, *, role: Role, active: bool, name: str, email: str) -> Changes:
    """Change a user; the old and the new of what changed.

    A user who may not come in any more is logged out everywhere at once. Raises `NotAllowed`: there must always be
    somebody who may do everything.
    """
    loses = user.active and ALL in user.role.rights and not (active and ALL in role.rights)
    if loses and not _with_all_rights(session) - {user.id}:
        raise NotAllowed(f"{user.name} is the only one who may do everything. Give another user that role first.")
    old: dict[str, object] = {"name": user.name, "email": user.email, "role": user.role.key, "active": user.active}
    new: dict[str, object] = {"name": name, "email": email, "role": role.key, "active": active}
    user.name, user.email, user.role, user.active = name, email, role, active
    if not active:
        session.execute(delete(LoginSession).where(LoginSession.user_id == user.id))
    if not active or old["email"] != email:
        session.execute(delete(PasswordReset).where(PasswordReset.user_id == user.id))
    session.flush()
    return _differences(old, new)


def make_role(session: Session, *, title: str, rights: Iterable[str]) -> Role:
    """A new role. Raises `NotAllowed` when the title is taken."""
    _check_title(session, title)
    taken, base = set(session.scalars(select(Role.key))), _slug(title)
    key = next(key for number in range(1, 10_000) if (key := base if number == 1 else f"{base}-{number}") not in taken)
    role = Role(key=key, title=title, rights=sorted(rights))
    session.add(role)
    session.flush()
    return role


def change_role(session: Session, role: Role, *, title: str, rights: Iterable[str]) -> Changes:
    """Rename a role and give it other rights; the old and the new of what changed. Raises `NotAllowed`."""
    _check_title(session, title, role.id)
    wanted = sorted(rights)
    if role.key == ADMIN and wanted != role.rights:
        raise NotAllowed(
            "The rights of this role stay as they are, so that there is always a role that may do everything."
        )
    if ALL in role.rights and ALL not in wanted and not _with_all_rights(session, but=role):
        raise NotAllowed("Only people with this role may do everything. Give somebody another role that may, first.")
    old: dict[str, object] = {"title": role.title, "rights": sorted(role.rights)}
    new: dict[str, object] = {"title": title, "rights": wanted}
    role.title, role.rights = title, wanted
    session.flush()
    return _differences(old, new)


def delete_role(session: Session, role: Role) -> None:
    """Delete a role that nobody has. Raises `NotAllowed`."""
    if role.key == ADMIN:
        raise NotAllowed("This role stays, so that there is always a role that may do everything.")
    people = holders(session).get(role.id, 0)
    invited = session.scalar(select(func.count()).select_from(Invitation).where(Invitation.role_id == role.id)) or 0
    if people or invited:
        raise NotAllowed(f"{role.title} cannot be deleted: {_told(people, invited)}. Give them another role first.")
    session.delete(role)
    session.flush()


def holders(session: Session) -> dict[int, int]:
    """How many users have each role, deactivated ones too, by the role's id."""
    return {row[0]: row[1] for row in session.execute(select(User.role_id, func.count()).group_by(User.role_id))}


def _told(people: int, invited: int) -> str:
    have = f"{people} {'person has' if people == 1 else 'people have'} it" if people else ""
    asked = f"{invited} {'person is' if invited == 1 else 'people are'} invited with it" if invited else ""
    return " and ".join(filter(None, (have, asked)))


def _check_title(session: Session, title: str, but: int = 0) -> None:
    same = select(Role.id).where(func.lower(Role.title) == title.lower(), Role.id != but)
    if session.scalar(same.limit(1)) is not None:
        raise NotAllowed(f"There is a role called {title} already.")


def _with_all_rights(session: Session, but: Role | None = None) -> set[int]:
    """The ids of active users who may do everything, held until the end of the transaction, so that of two
    administrators who demote each other at the same moment one comes second."""
    roles: Sequence[int] = [role.id for role in session.scalars(select(Role)) if ALL in role.rights and role is not but]
    found = select(User.id).where(User.active, User.role_id.in_(roles)).order_by(User.id).with_for_update()
    return set(session.scalars(found))


def _differences(old: dict[str, object], new: dict[str, object]) -> Changes:
    changed = [name for name in old if old[name] != new[name]]
    return {name: old[name] for name in changed}, {name: new[name] for name in changed}


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:30] or "role"
