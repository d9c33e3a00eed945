"""Which documents are asked for by their ids: linked and not held, named, open for a day, or old without a feed.

Not every change shows in a feed (a payment may leave a document's own moment as it was), so that what is still open is
read again once a day, oldest first, a few hundred at a time, until none is older (`core.accounting.walks.OPEN`).

What an answer leaves out may be deleted, or the answer may be short: a page that ended early, a limit that nobody
knew. A figure that is old says so; a figure without an invoice that is there would be wrong and stay so, for a feed
tells only what changes. So what may be counted is marked, asked for again some hours later and then once more, alone,
before it counts as deleted; `ALONE` of them in one refresh, the others in the next. What counts as deleted for that
reason only is asked for every day, and comes back if the provider knows it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from core.accounting import unread
from core.accounting.documents import these
from core.accounting.models import Connection, DocumentLink, DocumentRow, PartyLink, UnreadDocument
from core.accounting.snapshot import in_batches
from core.contract.values import DocumentKind, DocumentStatus

Refs = list[tuple[DocumentKind, str]]
DAY = timedelta(days=1)
AT_ONCE = 200
ALONE = 10
LATER = timedelta(hours=4)
GONE = (DocumentStatus.VOIDED.value, DocumentStatus.DELETED.value)
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
    new = and_(new, ~_unread(DocumentLink, now))
    rows = session.execute(
        select(DocumentLink.document_kind, DocumentLink.document_id)
        .where(DocumentLink.connection_id == connection_id, ~held, new)
        .distinct()
        .limit(AT_ONCE)
    )
    return [(DocumentKind(kind), document_id) for kind, document_id in rows]


def open_for_a_day(session: Session, connection_id: int, now: datetime) -> Refs:
    """Linked open documents, and those that are left out, that were last read more than a day ago, the oldest first."""
    return _refs(session, (DocumentRow.connection_id == connection_id, *_open_for_a_day(now)))


def with_open_for_a_day(now: datetime) -> ColumnElement[bool]:
    """A condition on `Connection`: it has any of these."""
    return exists().where(DocumentRow.connection_id == Connection.id, *_open_for_a_day(now))


def _open_for_a_day(now: datetime) -> tuple[ColumnElement[bool], ...]:
    open_still = or_(DocumentRow.status.in_(OPEN), DocumentRow.missing_at.is_not(None))
    return open_still, is_linked(), DocumentRow.seen_at <= now - DAY, *_not_just_tried(now)


def named(session: Session, connection_id: int, document_ids: Sequence[str]) -> Refs:
    """Documents of the snapshot by their ids."""
    return _refs(session, [these(connection_id, document_ids)]) if document_ids else []


def linked_and_old(session: Session, connection_id: int, before: datetime, now: datetime) -> Refs:
    """Documents linked by themselves that were last read before a moment; for providers without a feed."""
    links = select(DocumentLink.document_id).where(DocumentLink.connection_id == connection_id)
    mine = (DocumentRow.connection_id == connection_id, DocumentRow.document_id.in_(links))
    return _refs(session, (*mine, DocumentRow.seen_at <= before, *_not_just_tried(now)))


def _not_just_tried(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Conditions on `DocumentRow`: not left out some hours ago, and not unreadable within a day."""
    told = or_(
        DocumentRow.missing_at.is_(None),
        DocumentRow.missing_at <= now - LATER,
    )
    return told, ~_unread(DocumentRow, now)


def _unread(table: type[DocumentRow | DocumentLink], now: datetime) -> ColumnElement[bool]:
    return exists().where(
        and_(
            UnreadDocument.connection_id == table.connection_id,
            UnreadDocument.document_id == table.document_id,
            UnreadDocument.noted_at > now - DAY,
        )
    )


def _refs(session: Session, conditions: Iterable[ColumnElement[bool]]) -> Refs:
    rows = session.execute(
        select(DocumentRow.kind, DocumentRow.document_id)
        .where(*conditions)
        .order_by(DocumentRow.seen_at, DocumentRow.id)
        .limit(AT_ONCE)
    )
    return [(DocumentKind(kind), document_id) for kind, document_id in rows]


def counted(session: Session, connection_id: int, refs: Refs, started: datetime) -> Refs:
    """Those of the snapshot that figures may count and nobody told of since the refresh `started`."""
    found: set[str] = set()
    for batch in in_batches([document_id for _, document_id in refs]):
        mine = (these(connection_id, batch), DocumentRow.status.not_in(GONE), DocumentRow.seen_at < started)
        found |= set(session.scalars(select(DocumentRow.document_id).where(*mine)))
    return [ref for ref in refs if ref[1] in found]


def mark(session: Session, connection_id: int, refs: Refs, now: datetime) -> Refs:
    """Mark when these were left out for the first time; those that were not left out some hours ago already."""
    fresh: set[str] = set()
    for batch in in_batches([document_id for _, document_id in refs]):
        recent = or_(DocumentRow.missing_at.is_(None), DocumentRow.missing_at > now - LATER)
        fresh |= set(session.scalars(select(DocumentRow.document_id).where(these(connection_id, batch), recent)))
        new = (these(connection_id, batch), DocumentRow.missing_at.is_(None))
        session.execute(update(DocumentRow).where(*new).values(missing_at=now))
    return [ref for ref in refs if ref[1] in fresh]


def silent(asked: Refs, told: Collection[str], fresh: Refs) -> Refs:
    """Several that were left out for the first time, and nothing told of their kind: that is no answer."""
    kinds = {kind for kind, document_id in asked if document_id in told}
    found = [ref for ref in fresh if ref[0] not in kinds]
    return found if len(found) > 1 else []


def note_missing(session: Session, connection_id: int, refs: Refs, now: datetime) -> None:
    """What the provider left out: a link to what is not held is not asked for again within a day.

    What counted no longer anyhow was looked at; what could not be read the last time is not there.
    """
    unread.note(session, connection_id, [document_id for _, document_id in refs], (), now)
    for batch in in_batches([document_id for _, document_id in refs]):
        links = (DocumentLink.connection_id == connection_id, DocumentLink.document_id.in_(batch))
        session.execute(update(DocumentLink).where(*links).values(missing_at=now))
        gone = (these(connection_id, batch), DocumentRow.status.in_(GONE))
        session.execute(update(DocumentRow).where(*gone).values(seen_at=now))


def note_deleted(session: Session, connection_id: int, ref: tuple[DocumentKind, str], started: datetime) -> None:
    """What the provider left out alone, too: it counts no longer, unless somebody told of it since."""
    mine = (these(connection_id, [ref[1]]), DocumentRow.seen_at < started)
    gone = {"seen_at": started, "status": DocumentStatus.DELETED.value}
    session.execute(update(DocumentRow).where(*mine).values(**gone))
