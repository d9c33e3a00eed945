"""What the plugin itself keeps: the webhook events that were heard, so that none is followed twice."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Moment


class HeardEvent(Base):
    """One event of Xero's, by organisation, what it is about and when it happened (Xero's own text)."""

    __tablename__ = "xero_event"
    __table_args__ = (
        UniqueConstraint("tenant_id", "resource_id", "happened"),
        Index("ix_xero_event_heard_at", "heard_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(String(36))
    resource_id: Mapped[str] = mapped_column(String(36))
    happened: Mapped[str] = mapped_column(String(40))
    heard_at: Mapped[dt.datetime] = mapped_column(Moment)
