"""Mails that are to be sent, and what became of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Moment

WAITING, SENT, FAILED = "waiting", "sent", "failed"


class Mail(Base):
    """One mail to one address. `state`: waiting, sent, or failed for good.

    `sealed` is the text, encrypted, for it may hold a one-time link; it is emptied once the mail is sent. `key` makes
    the Message-ID, the same at each try. Whoever sends it has it alone until `leased_until`. It is tried until
    `give_up_at`; after `useful_until` nobody could use it any more.
    """

    __tablename__ = "mails"
    __table_args__ = (Index("ix_mails_state_next_try", "state", "next_try"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    to: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    sealed: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    next_try: Mapped[datetime] = mapped_column(Moment)
    leased_until: Mapped[datetime | None] = mapped_column(Moment)
    give_up_at: Mapped[datetime] = mapped_column(Moment)
    useful_until: Mapped[datetime | None] = mapped_column(Moment)
    last_error: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[datetime] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
