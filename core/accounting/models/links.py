"""Links between records and the books; they live in the CRM only."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.accounting.models.connections import PROVIDER_ID, Connection
from core.db import Base, Moment


class PartyLink(Base):
    """A record is linked to a party. Lives here only; nothing changes in the accounting system.

    `followed_from`: the party that was merged into this one while it was linked; "" for a link that a person made.
    """

    __tablename__ = "accounting_party_link"
    __table_args__ = (
        UniqueConstraint("kind", "record_id", "connection_id", "party_id"),
        Index("ix_accounting_party_link_party", "connection_id", "party_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    record_id: Mapped[int] = mapped_column()
    connection_id: Mapped[int] = mapped_column(ForeignKey("accounting_connection.id", ondelete="CASCADE"))
    party_id: Mapped[str] = mapped_column(PROVIDER_ID)
    followed_from: Mapped[str] = mapped_column(PROVIDER_ID, default="")
    linked_by: Mapped[int | None] = mapped_column()
    linked_at: Mapped[dt.datetime] = mapped_column(Moment)

    connection: Mapped[Connection] = relationship(lazy="joined", innerjoin=True)


class DocumentLink(Base):
    """A record is linked to one document. Lives here only. `missing_at`: when the provider last did not know it."""

    __tablename__ = "accounting_document_link"
    __table_args__ = (
        UniqueConstraint("kind", "record_id", "connection_id", "document_id"),
        Index("ix_accounting_document_link_document", "connection_id", "document_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    record_id: Mapped[int] = mapped_column()
    connection_id: Mapped[int] = mapped_column(ForeignKey("accounting_connection.id", ondelete="CASCADE"))
    document_id: Mapped[str] = mapped_column(PROVIDER_ID)
    document_kind: Mapped[str] = mapped_column(String(30))
    missing_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    linked_by: Mapped[int | None] = mapped_column()
    linked_at: Mapped[dt.datetime] = mapped_column(Moment)

    connection: Mapped[Connection] = relationship(lazy="joined", innerjoin=True)
