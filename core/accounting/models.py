"""What accounting keeps: grants, connections, the party index, links, the snapshot and the intents.

Amounts are in the document's own currency, tax in, unless the name says otherwise. Ids called ``…_id`` that are text
are the provider's own ids and opaque here.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Amount, Base, Moment, Rate

PROVIDER_ID = String(100)


class Consent(Base):
    """One walk to a provider's consent page: what `state` it carried and what came back. Good once."""

    __tablename__ = "accounting_consent"
    id: Mapped[int] = mapped_column(primary_key=True)
    state_hash: Mapped[str] = mapped_column(String(64), unique=True)
    provider: Mapped[str] = mapped_column(String(60))
    authorizer: Mapped[str] = mapped_column(String(60))
    kept: Mapped[str] = mapped_column(Text, default="")
    user_id: Mapped[int] = mapped_column()
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    used_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("accounting_grant.id", ondelete="SET NULL"))
    organisations: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)


class GrantRow(Base):
    """One consent's tokens, encrypted. Refreshed by whoever holds the lease."""

    __tablename__ = "accounting_grant"
    id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(String(60))
    authorizer: Mapped[str] = mapped_column(String(60))
    secret: Mapped[str] = mapped_column(Text)
    scopes: Mapped[str] = mapped_column(Text, default="")
    granted_at: Mapped[dt.datetime] = mapped_column(Moment)
    refreshed_at: Mapped[dt.datetime] = mapped_column(Moment)
    lapses_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    lost: Mapped[bool] = mapped_column(default=False)
    lease_owner: Mapped[str] = mapped_column(String(40), default="")
    lease_until: Mapped[dt.datetime | None] = mapped_column(Moment)


class Connection(Base):
    """One authorised accounting organisation. `state`: connected, reconnect (the grant is gone) or disconnected.

    `changes_at` is up to when the feed of changes was read, `parties_at` when the party index was first filled.
    `missing_scope` is the permission that the grant lacks, as the provider named it when it last denied a call.
    """

    __tablename__ = "accounting_connection"
    __table_args__ = (UniqueConstraint("provider", "organisation_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(String(60))
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("accounting_grant.id", ondelete="SET NULL"))
    organisation_id: Mapped[str] = mapped_column(PROVIDER_ID)
    organisation: Mapped[dict[str, Any]] = mapped_column(JSON)
    name: Mapped[str] = mapped_column(String(200))
    base_currency: Mapped[str] = mapped_column(String(3), default="")
    timezone: Mapped[str] = mapped_column(String(60), default="UTC")
    state: Mapped[str] = mapped_column(String(20), default="connected")
    connected_by: Mapped[int | None] = mapped_column()
    connected_at: Mapped[dt.datetime] = mapped_column(Moment)
    last_good_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    last_error: Mapped[str] = mapped_column(Text, default="")
    last_error_detail: Mapped[str] = mapped_column(Text, default="")
    last_error_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    retry_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    missing_scope: Mapped[str] = mapped_column(Text, default="")
    organisation_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    choices_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    parties_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    changes_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    refresh_owner: Mapped[str] = mapped_column(String(40), default="")
    refresh_until: Mapped[dt.datetime | None] = mapped_column(Moment)

    grant: Mapped[GrantRow | None] = relationship()


class CallWindow(Base):
    """Calls made in a window (minute, day) of a connection, and until when the provider shut it."""

    __tablename__ = "accounting_call_window"
    connection_id: Mapped[int] = mapped_column(
        ForeignKey("accounting_connection.id", ondelete="CASCADE"), primary_key=True
    )
    window: Mapped[str] = mapped_column(String(12), primary_key=True)
    started_at: Mapped[dt.datetime] = mapped_column(Moment)
    used: Mapped[int] = mapped_column(default=0)
    remaining: Mapped[int | None] = mapped_column()
    shut_until: Mapped[dt.datetime | None] = mapped_column(Moment)


class CallSlot(Base):
    """One of the places among a connection's concurrent calls, leased by a process."""

    __tablename__ = "accounting_call_slot"
    connection_id: Mapped[int] = mapped_column(
        ForeignKey("accounting_connection.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(40), default="")
    until: Mapped[dt.datetime | None] = mapped_column(Moment)


class PartyRow(Base):
    """A party of the index: what linking needs to know, no money. `folded` is the name as it is compared."""

    __tablename__ = "accounting_party"
    __table_args__ = (
        UniqueConstraint("connection_id", "party_id"),
        Index("ix_accounting_party_folded", "connection_id", "folded"),
        Index("ix_accounting_party_email", "connection_id", "email"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("accounting_connection.id", ondelete="CASCADE"))
    party_id: Mapped[str] = mapped_column(PROVIDER_ID)
    name: Mapped[str] = mapped_column(String(500))
    folded: Mapped[str] = mapped_column(String(500))
    email: Mapped[str] = mapped_column(String(255), default="")
    phone: Mapped[str] = mapped_column(String(60), default="")
    tax_number: Mapped[str] = mapped_column(String(60), default="")
    state: Mapped[str] = mapped_column(String(20))
    merged_into: Mapped[str] = mapped_column(PROVIDER_ID, default="")
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    updated_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    documents_at: Mapped[dt.datetime | None] = mapped_column(Moment)


class PartyLink(Base):
    """A record is linked to a party. Lives here only; nothing changes in the accounting system."""

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


class DocumentRow(Base):
    """The snapshot of a document: kept while its party or itself is linked.

    `missing_at`: since when the provider leaves it out of its answers, though nothing told that it was deleted.
    """

    __tablename__ = "accounting_document"
    __table_args__ = (
        UniqueConstraint("connection_id", "document_id"),
        Index("ix_accounting_document_party", "connection_id", "party_id", "kind", "status"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("accounting_connection.id", ondelete="CASCADE"))
    document_id: Mapped[str] = mapped_column(PROVIDER_ID)
    version: Mapped[str] = mapped_column(String(100), default="")
    kind: Mapped[str] = mapped_column(String(30))
    party_id: Mapped[str] = mapped_column(PROVIDER_ID)
    party_name: Mapped[str] = mapped_column(String(500), default="")
    number: Mapped[str] = mapped_column(String(255), default="")
    reference: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[str] = mapped_column(String(20))
    vendor_status: Mapped[str] = mapped_column(String(60), default="")
    date: Mapped[dt.date] = mapped_column()
    due_date: Mapped[dt.date | None] = mapped_column()
    currency: Mapped[str] = mapped_column(String(3))
    rate: Mapped[Decimal | None] = mapped_column(Rate)
    total: Mapped[Decimal] = mapped_column(Amount)
    tax: Mapped[Decimal] = mapped_column(Amount)
    amount_due: Mapped[Decimal] = mapped_column(Amount)
    amount_paid: Mapped[Decimal] = mapped_column(Amount)
    amount_credited: Mapped[Decimal] = mapped_column(Amount)
    fully_paid_on: Mapped[dt.date | None] = mapped_column()
    amounts_are: Mapped[str] = mapped_column(String(12))
    updated_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    seen_at: Mapped[dt.datetime] = mapped_column(Moment)
    missing_at: Mapped[dt.datetime | None] = mapped_column(Moment)

    lines: Mapped[list[LineRow]] = relationship(order_by="LineRow.position", passive_deletes=True)
    payments: Mapped[list[PaymentRow]] = relationship(order_by="PaymentRow.date", passive_deletes=True)


class UnreadDocument(Base):
    """A document that a provider told and that could not be read: figures lack it, or have it as it was before.

    `party_id` and `kind` are "" where they could not be read either.
    """

    __tablename__ = "accounting_unread"
    __table_args__ = (
        UniqueConstraint("connection_id", "document_id"),
        Index("ix_accounting_unread_party", "connection_id", "party_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("accounting_connection.id", ondelete="CASCADE"))
    document_id: Mapped[str] = mapped_column(PROVIDER_ID)
    party_id: Mapped[str] = mapped_column(PROVIDER_ID, default="")
    kind: Mapped[str] = mapped_column(String(30), default="")
    noted_at: Mapped[dt.datetime] = mapped_column(Moment)


class LineRow(Base):
    """A line of a document of the snapshot."""

    __tablename__ = "accounting_line"
    id: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[int] = mapped_column(ForeignKey("accounting_document.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column()
    line_id: Mapped[str] = mapped_column(PROVIDER_ID, default="")
    description: Mapped[str] = mapped_column(Text, default="")
    quantity: Mapped[Decimal] = mapped_column(Amount)
    unit_price: Mapped[Decimal] = mapped_column(Amount)
    discount: Mapped[Decimal] = mapped_column(Rate)
    amount: Mapped[Decimal] = mapped_column(Amount)
    tax: Mapped[Decimal] = mapped_column(Amount)
    item: Mapped[str] = mapped_column(String(100), default="")
    account: Mapped[str] = mapped_column(String(100), default="")
    tax_rate: Mapped[str] = mapped_column(String(100), default="")


class PaymentRow(Base):
    """Money or credit that settled a document of the snapshot."""

    __tablename__ = "accounting_payment"
    id: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[int] = mapped_column(ForeignKey("accounting_document.id", ondelete="CASCADE"), index=True)
    date: Mapped[dt.date] = mapped_column()
    amount: Mapped[Decimal] = mapped_column(Amount)
    kind: Mapped[str] = mapped_column(String(20))


class Choices(Base):
    """A list of the organisation that drafts are filled in from, as last read."""

    __tablename__ = "accounting_choices"
    connection_id: Mapped[int] = mapped_column(
        ForeignKey("accounting_connection.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    data: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


class IntentColumns:
    """What every intent has: a key unique among its kind, a state, and what the provider said.

    `state`: open (editable), queued, sending, unknown (sent, no answer), missing (sent, looked up in time and not
    there), made, refused (editable). `payload` is what the person typed, as text; `problems` a list of
    {field, message}; `version` goes up with each change of the payload; `lease_owner` names the last attempt to send.
    `in_doubt`: some send got no answer, so that every key it went out under is looked up before another is used.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    record_id: Mapped[int] = mapped_column()
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(12), default="open")
    problems: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    error: Mapped[str] = mapped_column(Text, default="")
    error_detail: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[int] = mapped_column()
    created_at: Mapped[dt.datetime] = mapped_column(Moment)
    updated_at: Mapped[dt.datetime] = mapped_column(Moment)
    sent_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    next_try_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    attempts: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(Integer, default=1)
    in_doubt: Mapped[bool] = mapped_column(default=False)
    lease_owner: Mapped[str] = mapped_column(String(40), default="")
    lease_until: Mapped[dt.datetime | None] = mapped_column(Moment)


class Draft(IntentColumns, Base):
    """An invoice (or, where the provider has no drafts, an estimate) that a person asks the provider to make."""

    __tablename__ = "accounting_draft"
    __table_args__ = (Index("ix_accounting_draft_record", "kind", "record_id"),)
    connection_id: Mapped[int] = mapped_column(ForeignKey("accounting_connection.id", ondelete="CASCADE"))
    document_kind: Mapped[str] = mapped_column(String(30), default="sales_invoice")
    party_id: Mapped[str] = mapped_column(PROVIDER_ID, default="")
    document_id: Mapped[str] = mapped_column(PROVIDER_ID, default="")
    noted_at: Mapped[dt.datetime | None] = mapped_column(Moment)

    connection: Mapped[Connection] = relationship(lazy="joined", innerjoin=True)


class NewPartyIntent(IntentColumns, Base):
    """A party that a person asks the provider to make and link; `existing` is the one that has the name already."""

    __tablename__ = "accounting_new_party"
    connection_id: Mapped[int] = mapped_column(ForeignKey("accounting_connection.id", ondelete="CASCADE"))
    party_id: Mapped[str] = mapped_column(PROVIDER_ID, default="")
    existing: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    connection: Mapped[Connection] = relationship(lazy="joined", innerjoin=True)
