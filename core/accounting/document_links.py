"""The documents that a record is linked to, as they are listed to be unlinked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from core.accounting.document_view import records_of
from core.accounting.documents import these
from core.accounting.models import Connection, DocumentLink, DocumentRow
from core.accounting.words import BILL_KINDS
from core.records.models import Record


@dataclass(frozen=True)
class LinkedDocument:
    """A link, its document as last seen (None until it was read), and the other records it is linked to."""

    link: DocumentLink
    document: DocumentRow | None
    elsewhere: tuple[Record, ...]


def linked(session: Session, record: Any, provider: str, *, bills: bool) -> list[LinkedDocument]:
    """The record's links to bills, or to all but bills, in the connections of a provider, newest document first."""
    kinds = DocumentLink.document_kind
    same = and_(
        DocumentRow.connection_id == DocumentLink.connection_id, DocumentRow.document_id == DocumentLink.document_id
    )
    rows = session.execute(
        select(DocumentLink, DocumentRow)
        .join(Connection, Connection.id == DocumentLink.connection_id)
        .outerjoin(DocumentRow, same)
        .where(DocumentLink.kind == record.kind, DocumentLink.record_id == record.id, Connection.provider == provider)
        .where(kinds.in_(BILL_KINDS) if bills else kinds.not_in(BILL_KINDS))
        .order_by(DocumentRow.date.desc().nulls_first(), DocumentLink.id.desc())
    ).all()
    ids: dict[int, list[str]] = {}
    for link, _ in rows:
        ids.setdefault(link.connection_id, []).append(link.document_id)
    found = {number: records_of(session, number, those) for number, those in ids.items()}
    return [
        LinkedDocument(link, row, others(found[link.connection_id].get(link.document_id, ()), record))
        for link, row in rows
    ]


def others(records: Collection[Record], record: Any) -> tuple[Record, ...]:
    """The records that are not this one."""
    return tuple(one for one in records if (one.kind, one.id) != (record.kind, record.id))


def rows(session: Session, connection_id: int, ids: Collection[str]) -> list[DocumentRow]:
    """The documents of a connection with these ids, as last seen."""
    return list(session.scalars(select(DocumentRow).where(these(connection_id, ids)).order_by(DocumentRow.id)))
