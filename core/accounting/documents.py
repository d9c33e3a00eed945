"""Which documents a record's tab shows, and of which connections."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, select
from sqlalchemy.orm import Session

from core.accounting.access import Sight
from core.accounting.document_view import Inside
from core.accounting.models import Connection, DocumentLink, DocumentRow, PartyLink
from core.accounting.words import BILL_KINDS, Status
from core.db import look_up, table_of

SightOf = Callable[[Connection], Sight]  # what the user may see of each connection
PARTY_RECORDS = frozenset({"contacts", "organizations"})


def these(connection_id: int, ids: Collection[str]) -> ColumnElement[bool]:
    """A condition on `DocumentRow`: the documents of one connection with these ids."""
    return and_(DocumentRow.connection_id == connection_id, DocumentRow.document_id.in_(ids))


def shown_on(session: Session, record: Any, connection_id: int, *, bills: bool) -> ColumnElement[bool]:
    """A condition on `DocumentRow`: what a record's tab shows of one connection.

    Of contacts and organizations the documents of their linked parties, of others those linked to the record itself;
    bills and supplier credits only with `bills`. The parties are named one by one: with a subselect in their place both
    databases guess that few documents are meant, and read a customer's thousands of payments the long way round.
    """
    mine = DocumentRow.connection_id == connection_id
    if record.kind in PARTY_RECORDS:
        parties = session.scalars(linked_ids(record, PartyLink.party_id, connection_id)).all()
        mine = and_(mine, DocumentRow.party_id.in_(parties))
    else:
        mine = and_(mine, DocumentRow.document_id.in_(linked_ids(record, DocumentLink.document_id, connection_id)))
    return mine if bills else and_(mine, DocumentRow.kind.not_in(BILL_KINDS))


def linked_ids(record: Any, column: Any, connection_id: int) -> Select[tuple[str]]:
    """What a record is linked to in one connection; `column` is the party's or the document's id of its links."""
    links = column.class_
    mine = (links.kind == record.kind, links.record_id == record.id, links.connection_id == connection_id)
    return select(column).where(*mine)


def _connections_of(links: Any) -> Select[Any]:
    mine = (links.c.kind == bindparam("kind"), links.c.record_id == bindparam("record_id"))
    return select(links.c.connection_id).where(*mine).distinct()


_TO_PARTIES, _TO_DOCUMENTS = _connections_of(table_of(PartyLink)), _connections_of(table_of(DocumentLink))
_TO_NO_BILLS = _TO_DOCUMENTS.where(table_of(DocumentLink).c.document_kind.not_in(BILL_KINDS))


def connections_linked(session: Session, record: Any, *, bills: bool) -> list[Connection]:
    """The connections that a record's tab shows something of, by name; disconnected ones too, for their snapshot stays.

    A link to a bill counts only with `bills`.
    """
    query = _TO_PARTIES if record.kind in PARTY_RECORDS else _TO_DOCUMENTS if bills else _TO_NO_BILLS
    ids = look_up(session, query, kind=record.kind, record_id=record.id).scalars().all()
    if not ids:
        return []
    return list(session.scalars(select(Connection).where(Connection.id.in_(ids)).order_by(Connection.name)))


def connections_known(session: Session, record: Any, sight_of: SightOf) -> list[Connection]:
    """The same for a user, who may see `sight_of` each: none that the user may not know of, bills no reason for one."""
    found = [(one, sight_of(one)) for one in connections_linked(session, record, bills=True)]
    shown = [(one, sight) for one, sight in found if sight.status]
    if all(sight.bills for _, sight in shown):
        return [one for one, _ in shown]
    by_others = {one.id for one in connections_linked(session, record, bills=False)}
    return [one for one, sight in shown if sight.bills or one.id in by_others]


@dataclass(frozen=True)
class Row:
    """A document on a list, with its words, where to look at it, and the link to this record if it has one."""

    document: DocumentRow
    status: Status
    url: str | None
    link_id: int | None = None
    inside: Inside | None = None


def documents_linked(session: Session, kind: str, record_id: int, connection_id: int) -> dict[str, int]:
    """The links of a record to documents of one connection: document id → link id."""
    rows = session.execute(
        select(DocumentLink.document_id, DocumentLink.id).where(
            DocumentLink.kind == kind,
            DocumentLink.record_id == record_id,
            DocumentLink.connection_id == connection_id,
        )
    ).all()
    return {row[0]: row[1] for row in rows}
