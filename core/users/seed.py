"""The roles that are always there, and users to try things with."""

from __future__ import annotations

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.contract.clock import Clock
from core.users.models import Role, User
from core.users.passwords import HASHER
from core.users.rights import ROLES

DEMO_PASSWORD = "ledgertab-demo"  # noqa: S105 - printed for everybody who runs the demo
DEMO_USERS = (
    ("admin", "Aroha Ngata", "aroha@kereru.example"),
    ("sales", "Mere Tautari", "mere@kereru.example"),
    ("accounts", "Tom Fielding", "tom@kereru.example"),
    ("reader", "Ines Duarte", "ines@kereru.example"),
)


def seed_roles(session: Session) -> dict[str, Role]:
    """The roles by key; makes those that are missing, leaves those that are there as they are."""
    roles = {role.key: role for role in session.scalars(select(Role))}
    for seed in ROLES:
        if seed.key not in roles:
            roles[seed.key] = Role(key=seed.key, title=seed.title, rights=list(seed.rights))
            session.add(roles[seed.key])
    session.flush()
    return roles


def seed_demo_users(session: Session, clock: Clock, hasher: PasswordHasher = HASHER) -> dict[str, User]:
    """A user for each role, called like the role, with the password `DEMO_PASSWORD`; those missing are made."""
    roles = seed_roles(session)
    users = {user.login: user for user in session.scalars(select(User))}
    for login, name, email in DEMO_USERS:
        if login not in users:
            users[login] = User(
                login=login,
                name=name,
                email=email,
                password_hash=hasher.hash(DEMO_PASSWORD),
                role=roles[login],
                created_at=clock.now(),
            )
            session.add(users[login])
    session.flush()
    return {login: users[login] for login, _, _ in DEMO_USERS}
