"""Merged parties are followed: the links go where the accounting system moved the documents, and it is written down.

Of a chain of merges the links go to its end. Where nobody knows the next party yet, it is asked for first; where the
merges go in a circle nothing is moved, for nobody could say where to.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from core.accounting import walks
from core.accounting.deeds import in_connection
from core.accounting.intents import unsent
from core.accounting.linking import party_row
from core.accounting.models import DocumentRow, Draft, PartyChange, PartyLink, PartyRow, UnreadDocument
from core.audit.service import record_deed
from core.db import changed

LONGEST_CHAIN = 50


def survivor(session: Session, connection_id: int, row: PartyRow) -> tuple[PartyRow | None, str]:
    """Who a merged party is now: the end of the chain; else None and the id that nobody knows yet ("" for a circle)."""
    seen = {row.party_id}
    while row.merged_into:
        following = row.merged_into
        if following in seen or len(seen) > LONGEST_CHAIN:
            return None, ""
        seen.add(following)
        found = party_row(session, connection_id, following)
        if found is None:
            return None, following
        row = found
    return row, ""


def merged(session: Session, connection_id: int) -> list[PartyRow]:
    """The parties that were merged into others, and that a link, or a draft or a copy not sent yet, still names."""
    linked = select(PartyLink.party_id).where(PartyLink.connection_id == connection_id)
    drafted = select(Draft.party_id).where(Draft.connection_id == connection_id, unsent(Draft))
    copied = select(PartyChange.party_id).where(PartyChange.connection_id == connection_id, unsent(PartyChange))
    named = or_(*(PartyRow.party_id.in_(each) for each in (linked, drafted, copied)))
    mine = (PartyRow.connection_id == connection_id, PartyRow.merged_into != "", named)
    return list(session.scalars(select(PartyRow).where(*mine).order_by(PartyRow.id)))


def unknown(session: Session, connection_id: int) -> list[str]:
    """The ids of parties that others were merged into and that the index does not hold."""
    missing = (survivor(session, connection_id, row)[1] for row in merged(session, connection_id))
    return list(dict.fromkeys(filter(None, missing)))


def follow(session: Session, connection_id: int, now: datetime) -> None:
    """Move the links, the snapshot, the unsent drafts and copies of every merged party to who it is now."""
    for row in merged(session, connection_id):
        found, _ = survivor(session, connection_id, row)
        if found is not None:
            _move_links(session, row, found, now)
            _move_snapshot(session, row, found)
            _move_drafts(session, row, found)
            _move_copies(session, row, found)


def _move_links(session: Session, old: PartyRow, new: PartyRow, now: datetime) -> None:
    mine = (PartyLink.connection_id == old.connection_id, PartyLink.party_id == old.party_id)
    links = session.scalars(select(PartyLink).where(*mine).order_by(PartyLink.id)).all()
    if links and not _links_to(session, new):
        new.documents_at = None  # while nobody was linked, nobody kept its documents current: read them whole
        walks.begin_again(session, new.connection_id, new.party_id)
    for link in links:
        before = {"party": old.name, "party_id": old.party_id, **in_connection(link.connection)}
        after = {"party": new.name, "party_id": new.party_id, **in_connection(link.connection)}
        kind, record_id = link.kind, link.record_id
        if _is_linked(session, link, new.party_id):
            session.delete(link)
        else:
            link.party_id, link.followed_from = new.party_id, old.party_id
        session.flush()
        note: dict[str, Any] = {"kind": kind, "record_id": record_id, "old": before, "new": after}
        record_deed(session, when=now, user_id=None, deed="party followed", **note)


def _links_to(session: Session, row: PartyRow) -> int:
    mine = (PartyLink.connection_id == row.connection_id, PartyLink.party_id == row.party_id)
    return session.scalar(select(func.count()).select_from(PartyLink).where(*mine)) or 0


def _is_linked(session: Session, link: PartyLink, party_id: str) -> bool:
    """Whether the link's record is linked to that party already."""
    mine = (PartyLink.kind == link.kind, PartyLink.record_id == link.record_id, PartyLink.party_id == party_id)
    same = select(func.count()).select_from(PartyLink).where(*mine, PartyLink.connection_id == link.connection_id)
    return bool(session.scalar(same))


def _move_snapshot(session: Session, old: PartyRow, new: PartyRow) -> None:
    held = (DocumentRow.connection_id == old.connection_id, DocumentRow.party_id == old.party_id)
    session.execute(update(DocumentRow).where(*held).values(party_id=new.party_id, party_name=new.name))
    unread = (UnreadDocument.connection_id == old.connection_id, UnreadDocument.party_id == old.party_id)
    session.execute(update(UnreadDocument).where(*unread).values(party_id=new.party_id))


def _move_drafts(session: Session, old: PartyRow, new: PartyRow) -> None:
    """What was typed for the old one and was not sent is for the new one; what may have arrived stays as it went."""
    mine = (Draft.connection_id == old.connection_id, Draft.party_id == old.party_id, unsent(Draft))
    for row in session.scalars(select(Draft).where(*mine)).all():
        payload = {**_with_party(row.payload, old.party_id, new.party_id), "party_name": new.name}
        values = {"party_id": new.party_id, "payload": payload}
        as_read = update(Draft).where(Draft.id == row.id, Draft.version == row.version, unsent(Draft))
        changed(session, as_read.values(**values, version=row.version + 1))


def _move_copies(session: Session, old: PartyRow, new: PartyRow) -> None:
    """A copy that was not sent is looked at again beside the new one, by its record's link to it.

    What stood there (`before`) stays as it was seen: where the new one has something else, its form says so.
    """
    mine = (PartyChange.connection_id == old.connection_id, PartyChange.party_id == old.party_id, unsent(PartyChange))
    for row in session.scalars(select(PartyChange).where(*mine)).all():
        to = (PartyLink.connection_id == old.connection_id, PartyLink.party_id == new.party_id)
        own = select(PartyLink.id).where(*to, PartyLink.kind == row.kind, PartyLink.record_id == row.record_id)
        payload = {**row.payload, "link": session.scalar(own) or row.payload["link"], "party": new.data}
        values = {"party_id": new.party_id, "payload": payload, "version": row.version + 1}
        as_read = update(PartyChange).where(
            PartyChange.id == row.id, PartyChange.version == row.version, unsent(PartyChange)
        )
        changed(session, as_read.values(**values))


def _with_party(value: Any, old: str, new: str, name: str = "") -> Any:
    """The same as it was typed, with another party, wherever the form keeps it."""
    if isinstance(value, dict):
        return {key: _with_party(each, old, new, key) for key, each in value.items()}
    return new if name in ("party", "party_id") and value == old else value
