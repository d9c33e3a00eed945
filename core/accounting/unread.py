"""Documents that could not be read: noted one by one until they are, so that no figure lacks one silently.

A figure lacks them, or has them as they were before. Nothing is kept of them but whose they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from core.accounting.documents import PARTY_RECORDS, linked_ids
from core.accounting.models import DocumentLink, PartyLink, UnreadDocument
from core.accounting.snapshot import in_batches
from core.accounting.words import BILL_KINDS
from core.contract.answers import SetAside
from core.contract.values import DocumentKind

DAY = timedelta(days=1)
AT_ONCE = 40


def note(session: Session, connection_id: int, read: Iterable[str], aside: Sequence[SetAside], now: datetime) -> None:
    """What was set aside could not be read; what was read, by its id, could."""
    wrong = {one.document_id: one for one in aside}
    for batch in in_batches([*read, *wrong]):
        mine = (UnreadDocument.connection_id == connection_id, UnreadDocument.document_id.in_(batch))
        session.execute(delete(UnreadDocument).where(*mine))
    rows = [
        {
            "connection_id": connection_id,
            "document_id": one.document_id,
            "party_id": one.party_id,
            "kind": one.kind.value if one.kind else "",
            "noted_at": now,
        }
        for one in wrong.values()
    ]
    if rows:
        session.execute(insert(UnreadDocument), rows)


def forget_untold(session: Session, connection_id: int, party_ids: Sequence[str], before: datetime) -> None:
    """After a whole reading of these parties: what it did not come upon is theirs no more."""
    mine = (UnreadDocument.connection_id == connection_id, UnreadDocument.party_id.in_(party_ids))
    session.execute(delete(UnreadDocument).where(*mine, UnreadDocument.noted_at < before))


def for_a_day(session: Session, connection_id: int, now: datetime) -> list[tuple[DocumentKind, str]]:
    """What is tried again, for a plugin may have been mended: noted more than a day ago, the oldest first."""
    rows = session.execute(
        select(UnreadDocument.kind, UnreadDocument.document_id)
        .where(
            UnreadDocument.connection_id == connection_id,
            UnreadDocument.kind != "",
            UnreadDocument.noted_at <= now - DAY,
        )
        .order_by(UnreadDocument.noted_at, UnreadDocument.id)
        .limit(AT_ONCE)
    )
    return [(DocumentKind(kind), document_id) for kind, document_id in rows]


def of_record(session: Session, record: Any, connection_id: int, *, bills: bool) -> int:
    """How many of the documents that a record's tab shows could not be read; bills only with `bills`."""
    mine: Any = (UnreadDocument.party_id, PartyLink.party_id)
    if record.kind not in PARTY_RECORDS:
        mine = (UnreadDocument.document_id, DocumentLink.document_id)
    query = select(func.count()).select_from(UnreadDocument).where(UnreadDocument.connection_id == connection_id)
    query = query.where(mine[0].in_(linked_ids(record, mine[1], connection_id)))
    return session.scalar(query if bills else query.where(UnreadDocument.kind.not_in(BILL_KINDS))) or 0


def by_connection(session: Session) -> dict[int, int]:
    """How many could not be read, for each connection that has any."""
    rows = session.execute(select(UnreadDocument.connection_id, func.count()).group_by(UnreadDocument.connection_id))
    return {row[0]: row[1] for row in rows}
