"""Mails: put into the outbox, tried again, dropped. Nothing here talks to a server."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from core.db import changed
from core.forms import clean, is_email_address
from core.mail.models import FAILED, SENT, WAITING, Mail
from core.vault import Vault

GIVES_UP = timedelta(days=3)
KEPT_SENT, KEPT_FAILED = timedelta(days=30), timedelta(days=90)
LONGEST = 100_000


def send(
    session: Session,
    vault: Vault,
    *,
    to: str,
    subject: str,
    text: str,
    when: datetime,
    useful_until: datetime | None = None,
) -> Mail:
    """Put a mail into the outbox, in the caller's transaction; a job delivers it when that is committed.

    The subject is made one line. Raises ValueError when `to` is not one plain address.
    """
    if not is_email_address(to):
        raise ValueError("Write one e-mail address, such as name@example.com.")
    mail = Mail(
        key=secrets.token_hex(16),
        to=to,
        subject=" ".join(clean(subject).split())[:200],
        sealed=vault.encrypt(clean(text)[:LONGEST]),
        made_at=when,
        next_try=when,
        give_up_at=min(when + GIVES_UP, useful_until or when + GIVES_UP),
        useful_until=useful_until,
    )
    session.add(mail)
    session.flush()
    return mail


def in_state(session: Session, state: str, limit: int = 100) -> Sequence[Mail]:
    """The mails of a state, newest first."""
    return session.scalars(select(Mail).where(Mail.state == state).order_by(Mail.id.desc()).limit(limit)).all()


def count(session: Session, state: str) -> int:
    """How many mails there are of one state."""
    return session.scalar(select(func.count()).select_from(Mail).where(Mail.state == state)) or 0


def counts(session: Session) -> dict[str, int]:
    """How many mails there are of each state; a state without any is missing."""
    found = session.execute(select(Mail.state, func.count()).group_by(Mail.state))
    return {row[0]: row[1] for row in found}


def is_free(when: datetime) -> ColumnElement[bool]:
    """Whether nobody is sending a mail at that moment."""
    return or_(Mail.leased_until.is_(None), Mail.leased_until <= when)


def try_again(session: Session, mail: Mail, when: datetime) -> bool:
    """Let a mail that waits or failed be tried now, and for three days more. False when it is of no use any more.

    One that is being sent at this moment stays with whoever sends it.
    """
    last = min(when + GIVES_UP, mail.useful_until or when + GIVES_UP)
    values = {"state": WAITING, "next_try": when, "give_up_at": last}
    again = update(Mail).where(Mail.id == mail.id, Mail.state != SENT).values(values)
    return last > when and bool(changed(session, again))


def drop(session: Session, mail: Mail, when: datetime) -> bool:
    """Take a mail that was not sent out of the outbox. False when it is being sent, or was."""
    return bool(changed(session, delete(Mail).where(Mail.id == mail.id, Mail.state != SENT, is_free(when))))


def tidy(session: Session, now: datetime) -> None:
    """Forget what was sent a month ago, and what failed for good three months ago."""
    session.execute(delete(Mail).where(Mail.state == SENT, Mail.sent_at < now - KEPT_SENT))
    session.execute(delete(Mail).where(Mail.state == FAILED, Mail.made_at < now - KEPT_FAILED))
