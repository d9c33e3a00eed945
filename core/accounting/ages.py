"""How old what is shown of a record is: when all of it was last known to be right."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.accounting import connections, linking
from core.accounting.documents import PARTY_RECORDS, documents_linked, these
from core.accounting.models import Connection, DocumentRow, PartyRow
from core.accounting.words import BILL_KINDS
from core.contract.values import Capability
from core.services import Services


def of_record(
    session: Session, services: Services, record: Any, connection: Connection, *, bills: bool
) -> datetime | None:
    """The age of what a record's tab shows of a connection; None until the first load is done."""
    feeds = Capability.CHANGES in connections.capabilities(services, connection)
    if record.kind in PARTY_RECORDS:
        return of_parties(session, connection, parties_of(session, record, connection), feeds=feeds)
    documents = documents_linked(session, record.kind, record.id, connection.id)
    if not bills:
        links = linking.document_links_of(session, record.kind, record.id)
        hidden = {link.document_id for link in links if link.document_kind in BILL_KINDS}
        documents = {one: link for one, link in documents.items() if one not in hidden}
    return of_all(session, connection, [], documents, feeds=feeds)


def parties_of(session: Session, record: Any, connection: Connection) -> list[PartyRow | None]:
    """The parties of a connection that a record is linked to, None for one that was not read yet."""
    links = [one for one in linking.links_of(session, record.kind, record.id) if one.connection_id == connection.id]
    return [linking.party_row(session, connection.id, link.party_id) for link in links]


def of_parties(
    session: Session, connection: Connection, rows: Sequence[PartyRow | None], *, feeds: bool
) -> datetime | None:
    """The age of what is known of some parties."""
    return of_all(session, connection, rows, (), feeds=feeds)


def of_all(
    session: Session,
    connection: Connection,
    rows: Sequence[PartyRow | None],
    documents: Collection[str],
    *,
    feeds: bool,
) -> datetime | None:
    """When all of these parties and documents was last known to be right: a party never loaded makes it unknown.

    A feed keeps all of it current together; without one each party and each document has an age of its own.
    """
    loaded = [row.documents_at if row else None for row in rows]
    if any(at is None for at in loaded):
        return None
    ages = [at for at in loaded if at is not None]
    if feeds and connection.changes_at is not None:
        return max([connection.changes_at, *([min(ages)] if ages else [])])
    if documents:
        seen = session.scalar(select(func.min(DocumentRow.seen_at)).where(these(connection.id, documents)))
        ages += [] if seen is None else [seen]
    return min(ages, default=None)
