"""What accounting keeps beside a record, told before the record is deleted and dropped with it.

Nothing changes in an accounting system. Drafts on their way there stay, for their outcome must still be learnt.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.accounting.models import DocumentLink, Draft, NewPartyIntent, PartyLink
from core.records.service import Companion

UNSENT = ("open", "refused")


def describe(session: Session, record: Any) -> list[str]:
    """A line for each sort of thing that goes with the record."""
    counted = (
        (PartyLink, (), "link to a contact in an accounting system", "links to contacts in an accounting system"),
        (DocumentLink, (), "link to an invoice or a bill", "links to invoices and bills"),
        (Draft, (Draft.state.in_(UNSENT),), "draft that was not sent", "drafts that were not sent"),
    )
    lines = []
    for model, conditions, one, many in counted:
        count = session.scalar(select(func.count()).select_from(model).where(*_of(model, record), *conditions)) or 0
        if count:
            lines.append(f"{count} {one if count == 1 else many} will go")
    return lines


def drop(session: Session, record: Any) -> None:
    """Remove the links, and what was typed but never sent."""
    for link in (PartyLink, DocumentLink):
        session.execute(delete(link).where(*_of(link, record)))
    for intent in (Draft, NewPartyIntent):
        session.execute(delete(intent).where(*_of(intent, record), intent.state.in_(UNSENT)))


def _of(model: Any, record: Any) -> tuple[Any, Any]:
    return model.kind == record.kind, model.record_id == record.id


COMPANION = Companion(describe, drop)
