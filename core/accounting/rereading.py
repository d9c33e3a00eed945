"""Which documents are asked for by their ids: linked and not held, named, open for a day, or old without a feed.

Not every change shows in a feed (a payment may leave a document's own moment as it was), so that what is still open is
read again once a day, oldest first, a few hundred at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from core.accounting.models import DocumentLink, DocumentRow, PartyLink
from core.accounting.snapshot import in_batches
from core.contract.values import Document, DocumentKind, DocumentStatus

Refs = list[tuple[DocumentKind, str]]
DAY = timedelta(days=1)
AT_ONCE = 200
OPEN = (DocumentStatus.DRAFT.value, DocumentStatus.SUBMITTED.value, DocumentStatus.AUTHORISED.value)


def is_linked() -> ColumnElement[bool]:
    """A condition on `DocumentRow`: its party or itself is linked to a record."""
    by_party = exists().where(
        and_(PartyLink.connection_id == DocumentRow.connection_id, PartyLink.party_id == DocumentRow.party_id)
    )
    by_itself = exists().where(
        and_(
            DocumentLink.connection_id == DocumentRow.connection_id,
            DocumentLink.document_id == DocumentRow.document_id,
        )
    )
    return or_(by_party, by_itself)


def missing(session: Session, connection_id: int, now: datetime) -> Refs:
    """Linked documents that the snapshot does not hold, unless the provider did not know them within a day."""
    held = exists().where(
        and_(
            DocumentRow.connection_id == DocumentLink.connection_id,
            DocumentRow.document_id == DocumentLink.document_id,
        )
    )
    new = or_(DocumentLink.missing_at.is_(None), DocumentLink.missing_at <= now - DAY)
    rows = session.execute(
        select(DocumentLink.document_kind, DocumentLink.document_id)
        .where(DocumentLink.connection_id == connection_id, ~held, new)
        .distinct()
        .limit(AT_ONCE)
    )
    return [(DocumentKind(kind), document_id) for kind, document_id in rows]


def open_for_a_day(session: Session, connection_id: int, now: datetime) -> Refs:
    """Linked open documents that were last read more than a day ago, the oldest first."""
    mine = (DocumentRow.connection_id == connection_id, DocumentRow.status.in_(OPEN), is_linked())
    return _refs(session, (*mine, DocumentRow.seen_at <= now - DAY))


def named(session: Session, connection_id: int, document_ids: Sequence[str]) -> Refs:
    """Documents of the snapshot by their ids."""
    mine = (DocumentRow.connection_id == connection_id, DocumentRow.document_id.in_(document_ids))
    return _refs(session, mine) if document_ids else []


def linked_and_old(session: Session, connection_id: int, before: datetime) -> Refs:
    """Documents linked by themselves that were last read before a moment; for providers without a feed."""
    links = select(DocumentLink.document_id).where(DocumentLink.connection_id == connection_id)
    mine = (DocumentRow.connection_id == connection_id, DocumentRow.document_id.in_(links))
    return _refs(session, (*mine, DocumentRow.seen_at <= before))


def _refs(session: Session, conditions: Iterable[ColumnElement[bool]]) -> Refs:
    rows = session.execute(
        select(DocumentRow.kind, DocumentRow.document_id)
        .where(*conditions)
        .order_by(DocumentRow.seen_at, DocumentRow.id)
        .limit(AT_ONCE)
    )
    return [(DocumentKind(kind), document_id) for kind, document_id in rows]


def note_unknown(session: Session, connection_id: int, asked: Refs, found: Sequence[Document], now: datetime) -> None:
    """What the provider did not know is not there (any more): it counts no longer, and nobody asks again at once."""
    known = {document.ref.id for document in found}
    unknown = [document_id for _, document_id in asked if document_id not in known]
    for batch in in_batches(unknown):
        links = (DocumentLink.connection_id == connection_id, DocumentLink.document_id.in_(batch))
        session.execute(update(DocumentLink).where(*links).values(missing_at=now))
        rows = (DocumentRow.connection_id == connection_id, DocumentRow.document_id.in_(batch))
        session.execute(update(DocumentRow).where(*rows).values(seen_at=now, status=DocumentStatus.DELETED.value))
