"""The last known copy of what the accounting system holds."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.accounting.models.connections import PROVIDER_ID
from core.contract.values import DocumentKind
from core.db import Amount, Base, Moment, Rate

# Documents that lower an amount that is owed, on either side.
CREDIT_KINDS = frozenset(
    one.value
    for one in (
        DocumentKind.SALES_CREDIT_NOTE,
        DocumentKind.BILL_CREDIT_NOTE,
        DocumentKind.OVERPAYMENT,
        DocumentKind.PREPAYMENT,
    )
)


class PartyRow(Base):
    """A party of the index: what linking needs to know, no money. `folded` is the name as it is compared."""

    __tablename__ = "accounting_party"
    __table_args__ = (UniqueConstraint("connection_id", "party_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("accounting_connection.id", ondelete="CASCADE"))
    party_id: Mapped[str] = mapped_column(PROVIDER_ID)
    name: Mapped[str] = mapped_column(String(500))
    folded: Mapped[str] = mapped_column(String(500))
    email: Mapped[str] = mapped_column(String(255), default="")
    phone: Mapped[str] = mapped_column(String(60), default="")
    state: Mapped[str] = mapped_column(String(20))
    merged_into: Mapped[str] = mapped_column(PROVIDER_ID, default="")
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    updated_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    documents_at: Mapped[dt.datetime | None] = mapped_column(Moment)


class PartyKey(Base):
    """Something by which a party of the index is found: ``name:…``, ``email:…``, ``word:…``, as people compare them."""

    __tablename__ = "accounting_party_key"
    __table_args__ = {"sqlite_with_rowid": False}
    connection_id: Mapped[int] = mapped_column(
        ForeignKey("accounting_connection.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    party: Mapped[int] = mapped_column(
        ForeignKey("accounting_party.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class DocumentRow(Base):
    """The snapshot of a document: kept while its party or itself is linked.

    `missing_at`: since when the provider leaves it out of its answers, though nothing told that it was deleted.
    `last_paid_on`: the last day on which money moved by it: that of its last payment, or for an over- or prepayment
    the day it came in. Its index of parties holds all that the figures add, so that they read no rows.
    """

    __tablename__ = "accounting_document"
    __table_args__ = (
        UniqueConstraint("connection_id", "document_id"),
        Index(
            "ix_accounting_document_party",
            "connection_id",
            "party_id",
            "kind",
            "status",
            "currency",
            "date",
            "due_date",
            "fully_paid_on",
            "last_paid_on",
            "total",
            "tax",
            "amount_due",
            "amount_paid",
        ),
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
    last_paid_on: Mapped[dt.date | None] = mapped_column()
    amounts_are: Mapped[str] = mapped_column(String(12))
    source_url: Mapped[str] = mapped_column(Text, default="")
    updated_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    seen_at: Mapped[dt.datetime] = mapped_column(Moment)
    missing_at: Mapped[dt.datetime | None] = mapped_column(Moment)

    @property
    def is_credit(self) -> bool:
        """Whether it lowers an amount that is owed."""
        return self.kind in CREDIT_KINDS

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
    discount_amount: Mapped[Decimal] = mapped_column(Amount, default=Decimal(0))
    amount: Mapped[Decimal] = mapped_column(Amount)
    tax: Mapped[Decimal] = mapped_column(Amount)
    item: Mapped[str] = mapped_column(String(100), default="")
    account: Mapped[str] = mapped_column(String(100), default="")
    tax_rate: Mapped[str] = mapped_column(String(100), default="")
    tracking: Mapped[list[list[str]]] = mapped_column(JSON, default=list)


class PaymentRow(Base):
    """Money or credit that settled a document of the snapshot; `reference` as the provider tells it (a number)."""

    __tablename__ = "accounting_payment"
    id: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[int] = mapped_column(ForeignKey("accounting_document.id", ondelete="CASCADE"), index=True)
    date: Mapped[dt.date] = mapped_column()
    amount: Mapped[Decimal] = mapped_column(Amount)
    kind: Mapped[str] = mapped_column(String(20))
    reference: Mapped[str] = mapped_column(String(255), default="")


class Choices(Base):
    """A list of the organisation that drafts are filled in from, as last read."""

    __tablename__ = "accounting_choices"
    connection_id: Mapped[int] = mapped_column(
        ForeignKey("accounting_connection.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    data: Mapped[list[dict[str, Any]]] = mapped_column(JSON)


class DocumentMore(Base):
    """What was asked for of one document when somebody wanted it. `what`: history or customer_url.

    `told`: of the history a list of {at, deed, by, text}, newest first; of the customer's own address ``[{"url": …}]``,
    or nothing where there is none. `asked_at` is when it was asked for last, `waits` whether that was not answered yet,
    `told_at` when it was told last, `error` why it was not. The two moments are of two clocks, and not compared.
    """

    __tablename__ = "accounting_document_more"
    connection_id: Mapped[int] = mapped_column(
        ForeignKey("accounting_connection.id", ondelete="CASCADE"), primary_key=True
    )
    document_id: Mapped[str] = mapped_column(PROVIDER_ID, primary_key=True)
    what: Mapped[str] = mapped_column(String(20), primary_key=True)
    told: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    told_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    asked_at: Mapped[dt.datetime] = mapped_column(Moment)
    waits: Mapped[bool] = mapped_column(default=True)
    error: Mapped[str] = mapped_column(Text, default="")
    error_detail: Mapped[str] = mapped_column(Text, default="")
