"""What people asked a provider to do: stored before the call, carried out once."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.accounting.models.connections import PROVIDER_ID, Connection
from core.db import Base, Moment


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
    """An invoice (or, where the provider has no drafts, an estimate) that a person asks the provider to make.

    `copied_from`: the draft that it was begun as a copy of. `noted_at`: when its history there told who made it, or
    would not; `note_due`: when that is tried again, None before the first try.
    """

    __tablename__ = "accounting_draft"
    __table_args__ = (Index("ix_accounting_draft_record", "kind", "record_id"),)
    connection_id: Mapped[int] = mapped_column(ForeignKey("accounting_connection.id", ondelete="CASCADE"))
    document_kind: Mapped[str] = mapped_column(String(30), default="sales_invoice")
    party_id: Mapped[str] = mapped_column(PROVIDER_ID, default="")
    document_id: Mapped[str] = mapped_column(PROVIDER_ID, default="")
    noted_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    note_due: Mapped[dt.datetime | None] = mapped_column(Moment)
    copied_from: Mapped[int | None] = mapped_column()

    connection: Mapped[Connection] = relationship(lazy="joined", innerjoin=True)


class NewPartyIntent(IntentColumns, Base):
    """A party that a person asks the provider to make and link; `existing` is the one that has the name already."""

    __tablename__ = "accounting_new_party"
    connection_id: Mapped[int] = mapped_column(ForeignKey("accounting_connection.id", ondelete="CASCADE"))
    party_id: Mapped[str] = mapped_column(PROVIDER_ID, default="")
    existing: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    connection: Mapped[Connection] = relationship(lazy="joined", innerjoin=True)


class DraftChange(IntentColumns, Base):
    """A change that a person asks for of a document that is still a draft there. `deed`: change or delete.

    `before` is the document as it was when the form was opened (as JSON), `theirs` as it was found to be when the
    provider said that it had moved on: then both are shown side by side and a person decides. `noted_at`,
    `note_due`: as with a draft, of who changed it.
    """

    __tablename__ = "accounting_draft_change"
    __table_args__ = (
        Index("ix_accounting_draft_change_document", "connection_id", "document_id"),
        Index("ix_accounting_draft_change_record", "kind", "record_id"),
    )
    connection_id: Mapped[int] = mapped_column(ForeignKey("accounting_connection.id", ondelete="CASCADE"))
    document_id: Mapped[str] = mapped_column(PROVIDER_ID)
    document_kind: Mapped[str] = mapped_column(String(30))
    deed: Mapped[str] = mapped_column(String(10))
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    theirs: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    noted_at: Mapped[dt.datetime | None] = mapped_column(Moment)
    note_due: Mapped[dt.datetime | None] = mapped_column(Moment)

    connection: Mapped[Connection] = relationship(lazy="joined", innerjoin=True)


class PartyChange(IntentColumns, Base):
    """Fields of a record that a person asks to be copied into its linked party. `before`: what they were there."""

    __tablename__ = "accounting_party_change"
    __table_args__ = (Index("ix_accounting_party_change_party", "connection_id", "party_id"),)
    connection_id: Mapped[int] = mapped_column(ForeignKey("accounting_connection.id", ondelete="CASCADE"))
    party_id: Mapped[str] = mapped_column(PROVIDER_ID)
    before: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)

    connection: Mapped[Connection] = relationship(lazy="joined", innerjoin=True)
