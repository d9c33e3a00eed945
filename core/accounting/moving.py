"""What accounting keeps beside a record goes along when the record is merged into another.

Nothing changes in an accounting system, and nothing is sent there. A link that the other has already is not doubled.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.accounting.deeds import in_connection
from core.accounting.linking import number_of, party_row
from core.accounting.models import (
    DocumentLink,
    Draft,
    DraftChange,
    Failure,
    NewPartyIntent,
    PartyChange,
    PartyLink,
)
from core.accounting.words import BILL_KINDS
from core.audit.service import record_deed
from core.records.service import Actor

_INTENTS: tuple[Any, ...] = (Draft, DraftChange, NewPartyIntent, PartyChange)


def move(session: Session, kind: str, from_id: int, to_id: int, actor: Actor) -> None:
    """Move links, what was typed or is on its way, and failures; each link is written down on the one that stays."""
    links = {
        link.id: _move_link(session, link, to_id, actor, "party_id")
        for link in session.scalars(select(PartyLink).where(_of(PartyLink, kind, from_id))).all()
    }
    for document in session.scalars(select(DocumentLink).where(_of(DocumentLink, kind, from_id))).all():
        _move_link(session, document, to_id, actor, "document_id")
    for copy in session.scalars(select(PartyChange).where(_of(PartyChange, kind, from_id))).all():
        if copy.payload.get("link") in links:
            copy.payload = {**copy.payload, "link": links[copy.payload["link"]]}
    session.flush()
    for model in (*_INTENTS, Failure):
        session.execute(update(model).where(_of(model, kind, from_id)).values(record_id=to_id))


def _of(model: Any, kind: str, record_id: int) -> Any:
    return (model.kind == kind) & (model.record_id == record_id)


def _move_link(session: Session, link: Any, to_id: int, actor: Actor, key: str) -> int:
    """Let the link lead from the other record; the id of the link that there is then."""
    model = type(link)
    same = _of(model, link.kind, to_id) & (model.connection_id == link.connection_id)
    there: int | None = session.scalar(select(model.id).where(same, getattr(model, key) == getattr(link, key)))
    if there is not None:
        session.delete(link)
        session.flush()
        return there
    link.record_id = to_id
    session.flush()
    _write_down(session, link, actor)
    number: int = link.id
    return number


def _write_down(session: Session, link: Any, actor: Actor) -> None:
    if isinstance(link, PartyLink):
        party = party_row(session, link.connection_id, link.party_id)
        deed, new = "party linked", {"party": party.name if party else link.party_id, "party_id": link.party_id}
    else:
        deed = f"{'bill' if link.document_kind in BILL_KINDS else 'document'} linked"
        new = {"document": number_of(session, link.connection_id, link.document_id)}
    who: dict[str, Any] = {"when": actor.when, "user_id": actor.user_id, "kind": link.kind, "record_id": link.record_id}
    record_deed(session, deed=deed, new={**new, **in_connection(link.connection)}, **who)
