"""Documents that name an opportunity or a project, offered on its tab to be linked; none is linked by itself.

Only documents of the parties of the record, of its organization and its contact are looked at, as last read. One names
the record by our mark in it, or by the record's name or its id (``opportunities/12``) in its reference or in a line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, selectinload

from core.accounting.documents import linked_ids
from core.accounting.explaining import of_parties
from core.accounting.models import Connection, DocumentLink, DocumentRow, LineRow
from core.accounting.rules import BILL, BILL_CREDIT, CREDIT, DEAD, SALE

MOST = 5
LOOKED_AT = 100
SHORTEST = 4  # a name of fewer letters stands in too many texts by chance


@dataclass(frozen=True)
class Suggested:
    """A document that may belong to a record, and why."""

    document: DocumentRow
    reason: str


def suggest(session: Session, record: Any, connection: Connection, *, bills: bool) -> Sequence[Suggested]:
    """Documents of a connection that name the record and are not linked to it, newest first; at most five."""
    texts = [record.path.removeprefix("/"), *([record.title] if len(record.title) >= SHORTEST else [])]
    columns = (DocumentRow.reference, DocumentRow.number, DocumentRow.source_url)
    # Asked of each of these documents, so that the lines of all others are not read through.
    in_line = exists().where(
        LineRow.document == DocumentRow.id, or_(*(_holds(LineRow.description, text) for text in texts))
    )
    named = or_(*(_holds(column, text) for column in columns for text in texts), in_line)
    rows = session.scalars(
        select(DocumentRow)
        .where(of_parties(record, connection.id), named)
        .where(DocumentRow.kind.in_((SALE, CREDIT, BILL, BILL_CREDIT) if bills else (SALE, CREDIT)))
        .where(DocumentRow.status.not_in(DEAD))
        .where(DocumentRow.document_id.not_in(linked_ids(record, DocumentLink.document_id, connection.id)))
        .options(selectinload(DocumentRow.lines))
        .order_by(DocumentRow.date.desc(), DocumentRow.id.desc())
        .limit(LOOKED_AT)
    )
    told = (Suggested(row, _reason(row, record, texts)) for row in rows)
    return [one for one in told if one.reason][:MOST]


def _holds(column: Any, text: str) -> Any:
    return column.icontains(text, autoescape=True)


def _reason(row: DocumentRow, record: Any, texts: Sequence[str]) -> str:
    """Why a document may belong to the record; "" where its text only looked like it: opportunities/12 is not /123."""
    if _says(row.source_url, texts[0]):
        return "it was made from here"
    for text in texts:
        if _says(row.reference, text) or _says(row.number, text):
            return f"its reference says “{text}”"
        if any(_says(line.description, text) for line in row.lines):
            return f"one of its lines says “{text}”"
    return ""


def _says(where: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(text)}(?!\w)", where, re.IGNORECASE) is not None
