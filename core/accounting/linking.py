"""Links between records and the books, case by case: link, unlink, and who is linked to what.

Nothing is linked until a person says so, and nothing changes in the accounting system.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.accounting import walks
from core.accounting.deeds import in_connection
from core.accounting.documents import these
from core.accounting.models import Connection, DocumentLink, DocumentRow, PartyLink, PartyRow
from core.accounting.words import BILL_KINDS
from core.audit.service import record_deed
from core.contract.values import DocumentKind
from core.folding import fold
from core.records.models import MODELS, Record


def links_of(session: Session, kind: str, record_id: int) -> list[PartyLink]:
    """The parties a record is linked to, oldest link first."""
    found = session.scalars(
        select(PartyLink).where(PartyLink.kind == kind, PartyLink.record_id == record_id).order_by(PartyLink.id)
    )
    return list(found)


def records_linked(session: Session, connection_id: int, party_ids: Collection[str]) -> Mapping[str, list[Record]]:
    """The records that each of these parties is linked to, oldest link first, by the party's id."""
    mine = (PartyLink.connection_id == connection_id, PartyLink.party_id.in_(party_ids))
    links = session.scalars(select(PartyLink).where(*mine).order_by(PartyLink.id)).all()
    found: dict[str, list[Record]] = {}
    for kind in MODELS:
        model: Any = MODELS[kind]
        ids = {link.record_id for link in links if link.kind == kind}
        records = {one.id: one for one in session.scalars(select(model).where(model.id.in_(ids)))} if ids else {}
        for link in links:
            if link.kind == kind and link.record_id in records:
                found.setdefault(link.party_id, []).append(records[link.record_id])
    return found


def linked_besides(session: Session, record: Any, connection_id: int, party_id: str) -> list[str]:
    """The titles of the other records that are linked to a party."""
    linked = records_linked(session, connection_id, [party_id]).get(party_id, ())
    return [one.title for one in linked if (one.kind, one.id) != (record.kind, record.id)]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def search_index(session: Session, connection_id: int, text: str, limit: int = 20) -> list[PartyRow]:
    """Parties of the index whose name or e-mail holds the words, active ones first."""
    rows = select(PartyRow).where(PartyRow.connection_id == connection_id, PartyRow.merged_into == "")
    for word in fold(text).split():
        like = f"%{_escaped(word)}%"
        rows = rows.where(or_(PartyRow.folded.like(like, escape="\\"), PartyRow.email.like(like, escape="\\")))
    return list(session.scalars(rows.order_by(PartyRow.state, PartyRow.name).limit(limit)))


def link_party(
    session: Session, record: Any, connection: Connection, party_id: str, *, user_id: int, now: datetime
) -> PartyLink:
    """Link a record to a party; a link that is there already is given back."""
    key = {"kind": record.kind, "record_id": record.id, "connection_id": connection.id, "party_id": party_id}
    link = PartyLink(**key, linked_by=user_id, linked_at=now)
    try:
        with session.begin_nested():
            session.add(link)
            session.flush()
    except IntegrityError:
        return session.scalars(select(PartyLink).filter_by(**key)).one()
    party = party_row(session, connection.id, party_id)
    if party is not None and _links_to(session, connection.id, party_id) == 1:
        party.documents_at = None  # while nobody was linked, nobody kept its documents current: read them whole again
        walks.begin_again(session, connection.id, party_id)
    new = {"party": party.name if party else party_id, "party_id": party_id, **in_connection(connection)}
    record_deed(session, when=now, user_id=user_id, deed="party linked", kind=record.kind, record_id=record.id, new=new)
    return link


def _links_to(session: Session, connection_id: int, party_id: str) -> int:
    mine = (PartyLink.connection_id == connection_id, PartyLink.party_id == party_id)
    return session.scalar(select(func.count()).select_from(PartyLink).where(*mine)) or 0


def unlink_party(session: Session, record: Any, link_id: int, *, user_id: int | None, now: datetime) -> bool:
    """Remove a link of this record; False when it is not there (any more)."""
    link = session.get(PartyLink, link_id)
    if link is None or (link.kind, link.record_id) != (record.kind, record.id):
        return False
    party = party_row(session, link.connection_id, link.party_id)
    old = {"party": party.name if party else link.party_id, "party_id": link.party_id, **in_connection(link.connection)}
    session.delete(link)
    session.flush()
    record_deed(
        session, when=now, user_id=user_id, deed="party unlinked", kind=record.kind, record_id=record.id, old=old
    )
    return True


def link_document(
    session: Session,
    record: Any,
    connection: Connection,
    document_kind: DocumentKind,
    document_id: str,
    *,
    user_id: int,
    now: datetime,
) -> DocumentLink:
    """Link a record to one document; a link that is there already is given back."""
    key = {"kind": record.kind, "record_id": record.id, "connection_id": connection.id, "document_id": document_id}
    link = DocumentLink(**key, document_kind=document_kind.value, linked_by=user_id, linked_at=now)
    try:
        with session.begin_nested():
            session.add(link)
            session.flush()
    except IntegrityError:
        return session.scalars(select(DocumentLink).filter_by(**key)).one()
    new = {"document": number_of(session, connection.id, document_id), **in_connection(connection)}
    deed = f"{_sort(link)} linked"
    record_deed(session, when=now, user_id=user_id, deed=deed, kind=record.kind, record_id=record.id, new=new)
    return link


def unlink_document(session: Session, record: Any, link_id: int, *, user_id: int | None, now: datetime) -> bool:
    """Remove a document's link of this record; False when it is not there (any more)."""
    link = session.get(DocumentLink, link_id)
    if link is None or (link.kind, link.record_id) != (record.kind, record.id):
        return False
    old = {"document": number_of(session, link.connection_id, link.document_id), **in_connection(link.connection)}
    session.delete(link)
    session.flush()
    deed = f"{_sort(link)} unlinked"
    record_deed(session, when=now, user_id=user_id, deed=deed, kind=record.kind, record_id=record.id, old=old)
    return True


def _sort(link: DocumentLink) -> str:
    """Deeds on bills go by a name of their own: who may not see bills reads none of their values."""
    return "bill" if link.document_kind in BILL_KINDS else "document"


def number_of(session: Session, connection_id: int, document_id: str) -> str:
    """A document's number as last seen; its id where it has none."""
    return session.scalar(select(DocumentRow.number).where(these(connection_id, [document_id]))) or document_id


def document_links_of(session: Session, kind: str, record_id: int) -> list[DocumentLink]:
    """The documents a record is linked to, oldest link first."""
    found = session.scalars(
        select(DocumentLink)
        .where(DocumentLink.kind == kind, DocumentLink.record_id == record_id)
        .order_by(DocumentLink.id)
    )
    return list(found)


def related(record: Any) -> list[tuple[str, int]]:
    """The record itself, then its organization and its contact: where a linked party may come from."""
    found = [(record.kind, record.id)]
    for attribute, kind in (("organization_id", "organizations"), ("contact_id", "contacts")):
        number = getattr(record, attribute, None)
        if number:
            found.append((kind, number))
    return found


def parties_for_draft(session: Session, record: Any, connection: Connection) -> list[PartyRow]:
    """Parties linked to the record itself, or to its organization or contact, each once."""
    found: dict[int, PartyRow] = {}
    for kind, number in related(record):
        for link in links_of(session, kind, number):
            if link.connection_id == connection.id:
                row = party_row(session, connection.id, link.party_id)
                if row is not None:
                    found.setdefault(row.id, row)
    return list(found.values())


def party_row(session: Session, connection_id: int, party_id: str) -> PartyRow | None:
    """A party of the index."""
    return session.scalar(
        select(PartyRow).where(PartyRow.connection_id == connection_id, PartyRow.party_id == party_id)
    )


def relation(record: Any, other: Any) -> str:
    """What another record is to this one, in words; "" where they have nothing to do with each other."""
    if other.kind == "organizations" and getattr(record, "organization_id", None) == other.id:
        return "its organization" if record.kind != "contacts" else "the organization of this person"
    mine = record.id if record.kind == "organizations" else getattr(record, "organization_id", None)
    if mine and getattr(other, "organization_id", None) == mine:
        return "of this organization" if record.kind == "organizations" else "of the same organization"
    return ""
