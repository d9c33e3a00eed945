"""What else a snapshot holds: other parties' documents, copied from those of one party, so that plans are real ones."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer, String, cast, func, insert, literal, select
from sqlalchemy.orm import Session

from core.accounting.models import DocumentRow, LineRow, PaymentRow

PARTIES = 100


def crowd(session: Session, party_id: str, times: int) -> int:
    """Copy the documents of a party, with lines and payments, `times` over to a hundred other parties; how many."""
    first = session.scalar(select(func.max(DocumentRow.id))) or 0
    step = first + 1
    for number in range(1, times + 1):
        shift = step * number
        at = {
            "id": DocumentRow.id + shift,
            "document_id": literal(f"{number}-") + DocumentRow.document_id,
            "party_id": literal(f"crowd-{number}-") + cast(DocumentRow.id % PARTIES, String),
        }
        mine = (DocumentRow.party_id == party_id, DocumentRow.id <= first)
        _copy(session, DocumentRow, at, *mine)
        ids = select(DocumentRow.id).where(*mine)
        for table in (LineRow, PaymentRow):
            _copy(session, table, {"document": table.document + literal(shift, Integer)}, table.document.in_(ids))
    return session.scalar(select(func.count()).where(DocumentRow.party_id.startswith("crowd-"))) or 0


def _copy(session: Session, table: Any, changes: dict[str, Any], *where: Any) -> None:
    names = [column.name for column in table.__table__.columns if column.name != "id" or "id" in changes]
    values = [changes.get(name, table.__table__.columns[name]) for name in names]
    session.execute(insert(table).from_select(names, select(*values).where(*where), include_defaults=False))
