"""The snapshot: the last known copy of parties, documents and choices, written by jobs and read by pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, delete, insert, select, true, update
from sqlalchemy.orm import Session

from core.accounting.codec import from_json, to_json
from core.accounting.models import (
    Choices,
    DocumentLink,
    DocumentRow,
    LineRow,
    PartyLink,
    PartyRow,
    PaymentRow,
    UnreadDocument,
)
from core.accounting.party_keys import save_keys
from core.contract.values import Choice, ChoiceKind, Document, DocumentKind, DocumentStatus, Party
from core.folding import fold

T = TypeVar("T")
BATCH = 500
LONGEST_ANSWER = timedelta(hours=1)  # an answer that was asked for before is kept within that
MONEY = "payment"  # a payment of this kind moved money; the others used a credit
CREDITS = frozenset({DocumentKind.OVERPAYMENT, DocumentKind.PREPAYMENT})


def in_batches(items: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """The items in lists of at most `size`, so that memory and SQL stay small."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def save_parties(session: Session, connection_id: int, parties: Sequence[Party], now: datetime) -> None:
    """Upsert parties into the index; one that is held as it was later stays."""
    for told in in_batches({party.ref.id: party for party in parties}.values()):
        known, newer = _held(session, PartyRow.party_id, connection_id, told)
        batch = [party for party in told if party.ref.id not in newer]
        rows = [(known.get(party.ref.id), _party_values(connection_id, party)) for party in batch]
        fresh = [values for row_id, values in rows if row_id is None]
        if fresh:
            session.execute(insert(PartyRow), fresh)
        stale = [{**values, "id": row_id} for row_id, values in rows if row_id is not None]
        if stale:
            session.execute(update(PartyRow), stale)
        ids = _ids(session, PartyRow.party_id, PartyRow.id, connection_id, [party.ref.id for party in batch])
        save_keys(session, connection_id, {ids[party.ref.id]: party for party in batch})


def _party_values(connection_id: int, party: Party) -> dict[str, Any]:
    return {
        "connection_id": connection_id,
        "party_id": party.ref.id,
        "name": party.name[:500],
        "folded": fold(party.name)[:500],
        "email": party.email.strip().lower()[:255],
        "phone": party.phone[:60],
        "state": party.state.value,
        "merged_into": party.merged_into,
        "data": to_json(party),
        "updated_at": party.updated_at,
    }


def party_of(row: PartyRow) -> Party:
    """The party of an index row."""
    return from_json(Party, row.data)


def save_documents(session: Session, connection_id: int, documents: Sequence[Document], now: datetime) -> None:
    """Upsert documents with their payments and, where they came with them, their lines.

    One that was read a while ago as it was later stays: a refresh may have asked before somebody here changed it.
    """
    for told in in_batches({document.ref.id: document for document in documents}.values()):
        under_way = DocumentRow.seen_at > now - LONGEST_ANSWER
        known, newer = _held(session, DocumentRow.document_id, connection_id, told, under_way)
        batch = [document for document in told if document.ref.id not in newer]
        ids = [document.ref.id for document in batch]
        fresh = [_document_values(connection_id, one, now) for one in batch if one.ref.id not in known]
        if fresh:
            session.execute(insert(DocumentRow), fresh)
        stale = [one for one in batch if one.ref.id in known]
        if stale:
            values = [{**_document_values(connection_id, one, now), "id": known[one.ref.id]} for one in stale]
            session.execute(update(DocumentRow), values)
            _drop_parts(session, [(known[one.ref.id], one) for one in stale])
        _insert_parts(session, _ids(session, DocumentRow.document_id, DocumentRow.id, connection_id, ids), batch)


def _held(
    session: Session,
    key: Any,
    connection_id: int,
    told: Sequence[Document] | Sequence[Party],
    *only: ColumnElement[bool],
) -> tuple[dict[str, int], set[str]]:
    """The rows of these by their ids; and which hold, `only` such rows, a later moment of the provider than is told.

    What is told with the same moment, or with none, is taken: not every change moves it. The rows are kept from others.
    """
    moments, table = {one.ref.id: one.updated_at for one in told}, key.class_
    columns = (key, table.id, table.updated_at, and_(true(), *only))
    mine = select(*columns).where(table.connection_id == connection_id, key.in_(moments))
    known, newer = {}, set()
    for ident, row_id, held_at, counts in session.execute(mine.order_by(table.id).with_for_update()):
        known[ident], told_at = row_id, moments[ident]
        if counts and held_at is not None and told_at is not None and told_at < held_at:
            newer.add(ident)
    return known, newer


def _ids(session: Session, key: Any, row_id: Any, connection_id: int, ids: Sequence[str]) -> dict[str, int]:
    table = key.class_
    found = session.execute(select(key, row_id).where(table.connection_id == connection_id, key.in_(ids)))
    return {row[0]: row[1] for row in found}


def _document_values(connection_id: int, document: Document, now: datetime) -> dict[str, Any]:
    return {
        "connection_id": connection_id,
        "document_id": document.ref.id,
        "version": document.ref.version,
        "kind": document.kind.value,
        "party_id": document.party_id,
        "party_name": document.party_name[:500],
        "number": document.number[:255],
        "reference": document.reference,
        "status": document.status.value,
        "vendor_status": document.vendor_status[:60],
        "date": document.date,
        "due_date": document.due_date,
        "currency": document.currency,
        "rate": document.rate,
        "total": document.total,
        "tax": document.tax,
        "amount_due": document.amount_due,
        "amount_paid": document.amount_paid,
        "amount_credited": document.amount_credited,
        "fully_paid_on": document.fully_paid_on,
        "last_paid_on": _last_paid_on(document),
        "amounts_are": document.amounts_are.value,
        "source_url": document.source_url,
        "updated_at": document.updated_at,
        "seen_at": now,
        "missing_at": None,
    }


def _last_paid_on(document: Document) -> date | None:
    """The last day on which money moved by a document; use of a credit moves none."""
    days = [payment.date for payment in document.payments if payment.kind == MONEY]
    return max([*days, *([document.date] if document.kind in CREDITS else [])], default=None)


def _drop_parts(session: Session, rows: Sequence[tuple[int, Document]]) -> None:
    session.execute(delete(PaymentRow).where(PaymentRow.document.in_([row_id for row_id, _ in rows])))
    with_lines = [row_id for row_id, document in rows if document.lines is not None]
    session.execute(delete(LineRow).where(LineRow.document.in_(with_lines)))


def _insert_parts(session: Session, ids: dict[str, int], documents: Sequence[Document]) -> None:
    payments = [
        {
            "document": ids[one.ref.id],
            "date": payment.date,
            "amount": payment.amount,
            "kind": payment.kind[:20],
            "reference": payment.reference[:255],
        }
        for one in documents
        for payment in one.payments
    ]
    lines = [
        {
            "document": ids[one.ref.id],
            "position": position,
            "line_id": line.id,
            "description": line.description,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
            "discount": line.discount,
            "discount_amount": line.discount_amount,
            "amount": line.amount,
            "tax": line.tax,
            "item": line.item,
            "account": line.account,
            "tax_rate": line.tax_rate,
            "tracking": [list(one) for one in line.tracking],
        }
        for one in documents
        for position, line in enumerate(one.lines or ())
    ]
    if payments:
        session.execute(insert(PaymentRow), payments)
    if lines:
        session.execute(insert(LineRow), lines)


def wanted(session: Session, connection_id: int, documents: Sequence[Document]) -> list[Document]:
    """Those documents that are held already, or whose party or itself is linked; what nobody linked is not kept.

    What is held is kept current though its party changed: a merge moves documents to another party.

    Over- and prepayments are kept for every party: they are few, they are told only by the feed of the whole
    organisation, and reading them again for each party that is linked later would cost two calls a party.
    """
    parties = set(session.scalars(select(PartyLink.party_id).where(PartyLink.connection_id == connection_id)))
    linked = set(session.scalars(select(DocumentLink.document_id).where(DocumentLink.connection_id == connection_id)))
    ids = [one.ref.id for one in documents]
    linked |= _ids(session, DocumentRow.document_id, DocumentRow.id, connection_id, ids).keys()
    return [one for one in documents if one.kind in CREDITS or one.party_id in parties or one.ref.id in linked]


def tell_news(session: Session, connection_id: int, documents: Sequence[Document]) -> bool:
    """Whether any that is kept is not held as it is told: what was read before may be told again for a while."""
    mine = (DocumentRow.connection_id == connection_id, DocumentRow.document_id.in_([one.ref.id for one in documents]))
    rows = session.execute(select(DocumentRow.document_id, DocumentRow.updated_at).where(*mine))
    held = {row[0]: row[1] for row in rows}
    return any(
        one.updated_at is None or held.get(one.ref.id) != one.updated_at
        for one in wanted(session, connection_id, documents)
    )


def note_gone(session: Session, connection_id: int, party_ids: Sequence[str], before: datetime) -> None:
    """Count no longer what was last told before a whole reading of these parties: it was removed, or moved away.

    What was told and could not be read is there.
    """
    mine = (DocumentRow.connection_id == connection_id, DocumentRow.party_id.in_(party_ids))
    unread = select(UnreadDocument.document_id).where(UnreadDocument.connection_id == connection_id)
    not_told = update(DocumentRow).where(*mine, DocumentRow.seen_at < before, DocumentRow.document_id.not_in(unread))
    session.execute(not_told.values(status=DocumentStatus.DELETED.value))


def save_choices(session: Session, connection_id: int, kind: ChoiceKind, found: Sequence[Choice]) -> None:
    """Replace one list of the organisation."""
    data = [to_json(choice) for choice in found]
    row = session.get(Choices, (connection_id, kind.value))
    if row is None:
        session.add(Choices(connection_id=connection_id, kind=kind.value, data=data))
    else:
        row.data = data


def choices(session: Session, connection_id: int, kind: ChoiceKind) -> list[Choice]:
    """One list of the organisation as last read, the inactive entries too (marked)."""
    row = session.get(Choices, (connection_id, kind.value))
    return [from_json(Choice, one) for one in row.data] if row else []
