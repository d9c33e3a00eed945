"""Logging in and out, and who is asking."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.db import look_up, table_of
from core.forms import clean, is_email_address
from core.users.models import LoginSession, Role, User
from core.users.passwords import hashed, is_weakly_hashed, matches
from core.users.rights import ALL

SESSION_LIFE = timedelta(days=14)


@dataclass(frozen=True)
class Identity:
    """Who asks: a user who is logged in and active, with the rights of the role."""

    id: int
    login: str
    name: str
    role: str
    rights: frozenset[str]
    theme: str = "auto"
    session_id: int = 0
    seen_at: datetime | None = None
    time_zone: str = ""
    numbers: str = ""
    dates: str = ""


def find_user(session: Session, login: str) -> User | None:
    """The user of that log-in name, however it is capitalised."""
    return session.scalar(select(User).where(func.lower(User.login) == login.strip().lower()))


def check_password(session: Session, login: str, password: str) -> User | None:
    """The active user whom name and password belong to, or None. Takes as long for unknown names.

    A hash that was made with less work than is usual today is made anew.
    """
    user = find_user(session, login)
    fits = matches(user.password_hash if user else None, password)
    if user is None or not user.active or not fits:
        return None
    if is_weakly_hashed(user.password_hash):
        user.password_hash = hashed(password)
    return user


def open_login(session: Session, user: User, *, when: datetime, address: str = "", agent: str = "") -> str:
    """Log the user in: a row here, and the token that the browser keeps. Old rows go."""
    session.execute(delete(LoginSession).where(LoginSession.expires_at < when))
    token = secrets.token_urlsafe(32)
    session.add(
        LoginSession(
            token_hash=hash_token(token),
            user_id=user.id,
            created_at=when,
            seen_at=when,
            expires_at=when + SESSION_LIFE,
            address=address[:64],
            agent=clean(agent)[:300],
        )
    )
    return token


def close_login(session: Session, token: str) -> None:
    """Log this browser out."""
    session.execute(delete(LoginSession).where(LoginSession.token_hash == hash_token(token)))


def hash_token(token: str) -> str:
    """What of a token is stored: its SHA-256, hexadecimal. A token is long and random, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


# Every page asks these, so they are built once.
_USERS, _ROLES, _LOGINS = (table_of(model) for model in (User, Role, LoginSession))
_WHO = (
    select(
        _USERS.c.id,
        _USERS.c.login,
        _USERS.c.name,
        _ROLES.c.key,
        _ROLES.c.rights,
        _USERS.c.theme,
        _LOGINS.c.id.label("session_id"),
        _LOGINS.c.seen_at,
        _USERS.c.time_zone,
        _USERS.c.numbers,
        _USERS.c.dates,
    )
    .select_from(_LOGINS)
    .join(_USERS, _USERS.c.id == _LOGINS.c.user_id)
    .join(_ROLES, _ROLES.c.id == _USERS.c.role_id)
    .where(_USERS.c.active, _LOGINS.c.token_hash == bindparam("hash"), _LOGINS.c.expires_at > bindparam("now"))
)
_EVERYBODY = select(_USERS.c.id, _USERS.c.name).order_by(_USERS.c.name, _USERS.c.id)
_PEOPLE, _FORMER = _EVERYBODY.where(_USERS.c.active), _EVERYBODY.where(~_USERS.c.active)
_NAMES = select(_USERS.c.id, _USERS.c.name).where(_USERS.c.id.in_(bindparam("ids", expanding=True)))


def who_holds(session: Session, token: str, *, when: datetime, every_right: frozenset[str]) -> Identity | None:
    """The identity behind a browser's token; None when it is unknown, over, or its user deactivated."""
    row = look_up(session, _WHO, hash=hash_token(token), now=when).first()
    if row is None:
        return None
    rights = every_right if ALL in row.rights else frozenset(row.rights)
    return Identity(row.id, row.login, row.name, row.key, rights, *row[5:])


def active_people(session: Session) -> list[tuple[int, str]]:
    """Id and name of every active user, by name."""
    return [(row.id, row.name) for row in look_up(session, _PEOPLE)]


def former_people(session: Session) -> list[tuple[int, str]]:
    """Id and name of every user who is not active any more, by name, with words that say so."""
    return [(row.id, f"{row.name} (no longer active)") for row in look_up(session, _FORMER)]


def names_of(session: Session, ids: Iterable[int | None]) -> dict[int, str]:
    """Names by user id, of active users and others."""
    wanted = {each for each in ids if each is not None}
    return {row.id: row.name for row in look_up(session, _NAMES, ids=list(wanted))} if wanted else {}


def set_theme(session: Session, user_id: int, theme: str) -> None:
    """Remember how the user wants pages: auto, light or dark."""
    session.execute(update(User).where(User.id == user_id).values(theme=theme))


def add_user(
    session: Session, *, login: str, name: str, password: str, role: str, when: datetime, email: str = ""
) -> User:
    """A new user, whatever the password. Raises ValueError with a sentence: the name is taken, the role unknown, the
    e-mail no address.
    """
    if email and not is_email_address(email):
        raise ValueError(f"{email} is no e-mail address. Write one like ann@example.com, or leave it out.")
    if find_user(session, login) is not None:
        raise ValueError(f"There is a user called {login} already.")
    found = session.scalar(select(Role).where(Role.key == role))
    if found is None:
        known = ", ".join(session.scalars(select(Role.key).order_by(Role.key)))
        raise ValueError(f"There is no role called {role}. Roles are: {known}.")
    user = User(
        login=login.strip(),
        name=name.strip(),
        email=email.strip(),
        password_hash=hashed(password),
        role=found,
        created_at=when,
    )
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError as error:  # somebody else took it at this very moment
        raise ValueError(f"There is a user called {login} already.") from error
    return user


def all_users(session: Session) -> Sequence[User]:
    """Every user, by name."""
    return session.scalars(select(User).order_by(User.name, User.id)).all()


def all_roles(session: Session) -> Sequence[Role]:
    """Every role, in the order they were made."""
    return session.scalars(select(Role).order_by(Role.id)).all()
