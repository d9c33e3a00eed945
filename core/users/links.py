"""One-time links: invitations of people who shall come in, and links by which a user chooses a new password."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.db import changed
from core.users.models import Invitation, LoginSession, PasswordReset, Role, User
from core.users.passwords import hashed
from core.users.service import add_user, hash_token

INVITATION_LIFE = timedelta(days=7)
RESET_LIFE = timedelta(hours=1)


def _token() -> str:
    return secrets.token_urlsafe(32)


def invite(session: Session, *, name: str, email: str, role: Role, by: int, when: datetime) -> tuple[Invitation, str]:
    """Invite a person; the invitation, and the token of its link. Raises ValueError with a sentence.

    One e-mail is invited once at a time, and not when it is a user's.
    """
    same = func.lower(User.email) == email.lower()
    if (there := session.scalar(select(User.name).where(same).limit(1))) is not None:
        raise ValueError(f"{there} has this e-mail and is a user already.")
    token = _token()
    invitation = Invitation(
        token_hash=hash_token(token),
        name=name,
        email=email.lower(),
        role=role,
        invited_by=by,
        invited_at=when,
        expires_at=when + INVITATION_LIFE,
    )
    try:
        with session.begin_nested():
            session.add(invitation)
    except IntegrityError as error:
        raise ValueError(
            "This e-mail is invited already. The list of users has the invitation, to send it again."
        ) from error
    return invitation, token


def renew(session: Session, invitation: Invitation, when: datetime) -> str:
    """A new link for seven days, in place of the old one; the token of it."""
    token = _token()
    invitation.token_hash, invitation.expires_at = hash_token(token), when + INVITATION_LIFE
    session.flush()
    return token


def invitation_of(session: Session, token: str, when: datetime) -> Invitation | None:
    """The invitation that a link belongs to; None when it is unknown, used, withdrawn or over."""
    found = select(Invitation).where(Invitation.token_hash == hash_token(token), Invitation.expires_at > when)
    return session.scalar(found)


def accept(session: Session, invitation: Invitation, *, login: str, name: str, password: str, when: datetime) -> User:
    """Make the user who was invited; the link is used up. Raises ValueError with a sentence.

    The password has been looked at by `passwords.problem_with`.
    """
    user = add_user(
        session,
        login=login,
        name=name,
        password=password,
        role=invitation.role.key,
        email=invitation.email,
        when=when,
    )
    mine = (Invitation.id == invitation.id, Invitation.token_hash == invitation.token_hash)
    if not changed(session, delete(Invitation).where(*mine)):
        raise ValueError("This link was used or withdrawn a moment ago.")
    return user


def open_invitations(session: Session) -> Sequence[Invitation]:
    """Everybody who was invited and has not come in yet, the newest first; those whose link ran out too."""
    return session.scalars(select(Invitation).order_by(Invitation.id.desc())).all()


def users_meant(session: Session, typed: str) -> Sequence[User]:
    """The active users with an e-mail whom somebody means who typed an e-mail or a log-in name."""
    text = typed.strip().lower()
    same = or_(func.lower(User.email) == text, func.lower(User.login) == text)
    return session.scalars(select(User).where(User.active, User.email != "", same).order_by(User.id).limit(5)).all()


def begin_reset(session: Session, user: User, when: datetime) -> str:
    """A link by which the user may choose a new password, in place of any before it; the token of it."""
    session.execute(
        delete(PasswordReset).where(or_(PasswordReset.user_id == user.id, PasswordReset.expires_at <= when))
    )
    token = _token()
    session.add(PasswordReset(token_hash=hash_token(token), user_id=user.id, expires_at=when + RESET_LIFE))
    session.flush()
    return token


def reset_of(session: Session, token: str, when: datetime) -> PasswordReset | None:
    """What a link for a new password belongs to; None when it is unknown, used or over, or its user deactivated."""
    fits = (PasswordReset.token_hash == hash_token(token), PasswordReset.expires_at > when, User.active)
    return session.scalar(select(PasswordReset).join(User).where(*fits))


def finish_reset(session: Session, reset: PasswordReset, password: str) -> bool:
    """Give the user the password; the link is used up, and every log-in ended. False when it was used meanwhile."""
    mine = (PasswordReset.id == reset.id, PasswordReset.token_hash == reset.token_hash)
    user = reset.user
    if not changed(session, delete(PasswordReset).where(*mine)):
        return False
    set_password(session, user, password)
    return True


def set_password(session: Session, user: User, password: str, *, but: int = 0) -> None:
    """Another password; every log-in of the user ends, `but` that of this id, and links for a new one are void."""
    user.password_hash = hashed(password)
    session.execute(delete(PasswordReset).where(PasswordReset.user_id == user.id))
    session.execute(delete(LoginSession).where(LoginSession.user_id == user.id, LoginSession.id != but))
    session.flush()
