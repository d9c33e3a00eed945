"""The rules of tokens: made, found by what a program shows, used, made void."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from core.api.models import ApiToken
from core.api.scopes import SCOPES
from core.users.models import Role, User
from core.users.rights import ALL
from core.users.service import Identity, hash_token

BEGINS = "ledgertab_"
SHOWN = len(BEGINS) + 4
LONGEST = 200  # of what is looked up
MOST = 50  # tokens that one user may have at a time
USED_EVERY = timedelta(minutes=10)


class NoMoreTokens(Exception):
    """The user has as many tokens as one may have, or one of that name; says what to do."""


@dataclass(frozen=True)
class Bearer:
    """Who shows a token: the user behind it, and what the token may be used for.

    `used_at` is when it was used last, as far as that was written down.
    """

    token_id: int
    scopes: frozenset[str]
    identity: Identity
    used_at: datetime | None = None


def make(
    session: Session,
    user_id: int,
    *,
    name: str,
    scopes: Collection[str],
    when: datetime,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """A new token: its row, and the token itself, which is stored nowhere. Raises `NoMoreTokens`.

    Two of one name could not be told apart when one has to be revoked; nor does a page that is loaded again make one.
    """
    there = tokens_of(session, user_id)
    if len(there) >= MOST:
        raise NoMoreTokens(f"You have {MOST} tokens, and more than that nobody can tell apart. Revoke one first.")
    if name.casefold() in {one.name.casefold() for one in there}:
        raise NoMoreTokens("You have a token of that name. Give this one another, or revoke that one first.")
    token = BEGINS + secrets.token_urlsafe(32)
    row = ApiToken(
        user_id=user_id,
        name=name,
        begins=token[:SHOWN],
        token_hash=hash_token(token),
        scopes=[key for key in SCOPES if key in scopes],
        created_at=when,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    return row, token


def tokens_of(session: Session, user_id: int) -> Sequence[ApiToken]:
    """The tokens of a user that are not revoked, the newest first; those that ran out too."""
    mine = select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    return session.scalars(mine.order_by(ApiToken.id.desc())).all()


def token_of(session: Session, user_id: int, number: int) -> ApiToken | None:
    """The user's token of that id; None for somebody else's and for what is revoked already."""
    mine = (ApiToken.id == number, ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    return session.scalar(select(ApiToken).where(*mine))


def revoke(session: Session, row: ApiToken, when: datetime) -> None:
    """Make a token void from now on."""
    row.revoked_at = when
    session.flush()


def told(row: ApiToken) -> dict[str, Any]:
    """What the audit trail says of a token: never the token."""
    expires = {"expires": row.expires_at.date().isoformat()} if row.expires_at else {}
    return {"token": row.name, "begins": row.begins, "scopes": row.scopes, **expires}


_WHO = (
    select(
        ApiToken.id.label("token_id"),
        ApiToken.scopes,
        ApiToken.used_at,
        User.id,
        User.login,
        User.name,
        Role.key,
        Role.rights,
        User.time_zone,
    )
    .join(User, User.id == ApiToken.user_id)
    .join(Role, Role.id == User.role_id)
    .where(User.active, ApiToken.revoked_at.is_(None))
)


def who_shows(session: Session, token: str, *, when: datetime, every_right: frozenset[str]) -> Bearer | None:
    """Who is behind a token; None when it is unknown, revoked or over, or its user deactivated."""
    if not token.startswith(BEGINS) or len(token) > LONGEST:
        return None
    there = _WHO.where(ApiToken.token_hash == hash_token(token))
    row = session.execute(there.where(or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > when))).first()
    if row is None:
        return None
    rights = every_right if ALL in row.rights else frozenset(row.rights)
    who = Identity(row.id, row.login, row.name, row.key, rights, time_zone=row.time_zone)
    return Bearer(row.token_id, frozenset(row.scopes), who, row.used_at)


def is_written_down(bearer: Bearer, now: datetime) -> bool:
    """Whether the last use that was written down is recent enough, so that reading costs no writing."""
    return bearer.used_at is not None and bearer.used_at > now - USED_EVERY


def used(session: Session, token_id: int, now: datetime) -> None:
    """Write down that a token was used, where it was not within the last minutes."""
    before = or_(ApiToken.used_at.is_(None), ApiToken.used_at < now - USED_EVERY)
    session.execute(update(ApiToken).where(ApiToken.id == token_id, before).values(used_at=now))
