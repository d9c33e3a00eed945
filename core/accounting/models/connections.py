"""Grants and connections: what is authorised, what each may still ask for, who may use it, what went wrong."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, Moment

PROVIDER_ID = String(100)


class Consent(Base):
    """One walk to a provider's consent page: what `state` it carried and what came back. Good once.

    `connection_id`: the connection whose *Reconnect* was pressed; `wishes`: the optional permissions asked for.
    """

    __tablename__ = "accounting_consent"
    id: Mapped[int] = mapped_column(primary_key=True)
    state_hash: Mapped[str] = mapped_column(String(64), unique=True)
    provider: Mapped[str] = mapped_column(String(60))
    authorizer: Mapped[str] = mapped_column(String(60))
    kept: Mapped[str] = mapped_column(Text, default="")
    user_id: Mapped[int] = mapped_column()
    connection_id: Mapped[int | None] = mapped_column()
    wishes: Mapped[list[str]] = mapped_column(JSON, default=list)
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

    `changes_at` is up to when the feed of changes was read, `advances_at` the same of over- and prepayments where they
    are told apart, `parties_at` when the party index was first filled.
    `authorizer` is the way it was connected last, known also while it is disconnected.
    `missing_scope` is the permission that the grant lacks, as the provider named it when it last denied a call.
    `told_at` is when the provider last told of a change by itself, `told_read_at` when that was last read.

    An admin switches on `converted` (a second column of figures with other currencies at each document's own rate) and
    `record_refs` (our record's id is written into the parties made from here).
    """

    __tablename__ = "accounting_connection"
    __table_args__ = (UniqueConstraint("provider", "organisation_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(String(60))
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("accounting_grant.id", ondelete="SET NULL"))
    authorizer: Mapped[str] = mapped_column(String(60), default="")
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
    advances_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    told_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    told_read_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    converted: Mapped[bool] = mapped_column(default=False)
    record_refs: Mapped[bool] = mapped_column(default=False)
    refresh_owner: Mapped[str] = mapped_column(String(40), default="")
    refresh_until: Mapped[dt.datetime | None] = mapped_column(Moment)

    grant: Mapped[GrantRow | None] = relationship()


class BegunWalk(Base):
    """A walk through a provider's list that was stopped in the middle: since when, and the cursor of the next page.

    `what`: documents (a first load, of `party_ids`), changes or advances (a feed). What lies before the cursor is kept.
    """

    __tablename__ = "accounting_begun_walk"
    id: Mapped[int] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("accounting_connection.id", ondelete="CASCADE"), index=True)
    what: Mapped[str] = mapped_column(String(12))
    party_ids: Mapped[list[str]] = mapped_column(JSON, default=list)
    cursor: Mapped[str] = mapped_column(Text)
    began_at: Mapped[dt.datetime] = mapped_column(Moment)


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


class CallShare(Base):
    """Calls that one person caused in a day by looking: searches, Refresh."""

    __tablename__ = "accounting_call_share"
    connection_id: Mapped[int] = mapped_column(
        ForeignKey("accounting_connection.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[dt.datetime] = mapped_column(Moment)
    used: Mapped[int] = mapped_column(default=0)


class CallSlot(Base):
    """One of the places among a connection's concurrent calls, leased by a process."""

    __tablename__ = "accounting_call_slot"
    connection_id: Mapped[int] = mapped_column(
        ForeignKey("accounting_connection.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(40), default="")
    until: Mapped[dt.datetime | None] = mapped_column(Moment)


class Told(Base):
    """A party (`kind` is "") or document that a provider told to have changed and that was not read again yet."""

    __tablename__ = "accounting_told"
    connection_id: Mapped[int] = mapped_column(
        ForeignKey("accounting_connection.id", ondelete="CASCADE"), primary_key=True
    )
    told_id: Mapped[str] = mapped_column(PROVIDER_ID, primary_key=True)
    kind: Mapped[str] = mapped_column(String(30), default="")
    at: Mapped[dt.datetime] = mapped_column(Moment)


class ConnectionAccess(Base):
    """What a role may do in one connection where that differs from what it may do in general.

    No row: the role's own rights hold. A row: of the rights that touch a connection (`core.accounting.access`) the role
    has `rights` there, and no others.
    """

    __tablename__ = "accounting_access"
    role_id: Mapped[int] = mapped_column(ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True)
    connection_id: Mapped[int] = mapped_column(
        ForeignKey("accounting_connection.id", ondelete="CASCADE"), primary_key=True
    )
    rights: Mapped[list[str]] = mapped_column(JSON, default=list)


class Failure(Base):
    """Something that a provider could not do, for the admin's list: what, since when, in whose words.

    `reference` is what a person tells support; `deed` what was being done (refresh, draft, note …); `job` and
    `arguments` carry it out again ("" where there is nothing to carry out). The same failure again counts up `times`.
    `kind` and `record_id` name the record it was for, if any.
    """

    __tablename__ = "accounting_failure"
    __table_args__ = (Index("ix_accounting_failure_last_at", "last_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(12), unique=True)
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("accounting_connection.id", ondelete="CASCADE"))
    deed: Mapped[str] = mapped_column(String(40))
    error: Mapped[str] = mapped_column(String(40))
    message: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text, default="")
    job: Mapped[str] = mapped_column(String(60), default="")
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    kind: Mapped[str] = mapped_column(String(20), default="")
    record_id: Mapped[int | None] = mapped_column()
    user_id: Mapped[int | None] = mapped_column()
    times: Mapped[int] = mapped_column(default=1)
    first_at: Mapped[dt.datetime] = mapped_column(Moment)
    last_at: Mapped[dt.datetime] = mapped_column(Moment)
    settled_at: Mapped[dt.datetime | None] = mapped_column(Moment)

    connection: Mapped[Connection | None] = relationship()
