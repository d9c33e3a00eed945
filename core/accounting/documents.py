"""The lists of documents on a tab: which, in what order, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, selectinload

from core.accounting.access import Sight
from core.accounting.document_view import Inside, insides
from core.accounting.models import Connection, DocumentLink, DocumentRow, PartyLink
from core.accounting.words import BILL_KINDS, Status, status_of
from core.contract.values import DocumentKind, DocumentStatus

PAGE = 25
SightOf = Callable[[Connection], Sight]  # what the user may see of each connection
PARTY_RECORDS = frozenset({"contacts", "organizations"})
OPEN = (DocumentStatus.SUBMITTED.value, DocumentStatus.AUTHORISED.value)
SHOWN: dict[str, tuple[str, tuple[str, ...]]] = {
    "open": ("Open", OPEN),
    "paid": ("Paid", (DocumentStatus.PAID.value,)),
    "drafts": ("Drafts", (DocumentStatus.DRAFT.value,)),
    "all": ("All", ()),
}
LISTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "invoices": ("Invoices", (DocumentKind.SALES_INVOICE.value,)),
    "bills": ("Bills", (DocumentKind.BILL.value, DocumentKind.BILL_CREDIT_NOTE.value)),
    "credits": (
        "Credit notes and prepayments",
        (DocumentKind.SALES_CREDIT_NOTE.value, DocumentKind.OVERPAYMENT.value, DocumentKind.PREPAYMENT.value),
    ),
    "estimates": ("Estimates", (DocumentKind.ESTIMATE.value,)),
}


def these(connection_id: int, ids: Collection[str]) -> ColumnElement[bool]:
    """A condition on `DocumentRow`: the documents of one connection with these ids."""
    return and_(DocumentRow.connection_id == connection_id, DocumentRow.document_id.in_(ids))


def shown_on(record: Any, connection_id: int, *, bills: bool) -> ColumnElement[bool]:
    """A condition on `DocumentRow`: what a record's tab shows of one connection.

    Of contacts and organizations the documents of their linked parties, of others those linked to the record itself;
    bills and supplier credits only with `bills`.
    """
    ours, theirs = (DocumentRow.party_id, PartyLink.party_id)
    if record.kind not in PARTY_RECORDS:
        ours, theirs = (DocumentRow.document_id, DocumentLink.document_id)
    mine = and_(DocumentRow.connection_id == connection_id, ours.in_(linked_ids(record, theirs, connection_id)))
    return mine if bills else and_(mine, DocumentRow.kind.not_in(BILL_KINDS))


def linked_ids(record: Any, column: Any, connection_id: int) -> Select[tuple[str]]:
    """What a record is linked to in one connection; `column` is the party's or the document's id of its links."""
    links = column.class_
    mine = (links.kind == record.kind, links.record_id == record.id, links.connection_id == connection_id)
    return select(column).where(*mine)


def connections_linked(session: Session, record: Any, *, bills: bool) -> list[Connection]:
    """The connections that a record's tab shows something of, by name; disconnected ones too, for their snapshot stays.

    A link to a bill counts only with `bills`.
    """
    table: Any = PartyLink if record.kind in PARTY_RECORDS else DocumentLink
    mine = select(table.connection_id).where(table.kind == record.kind, table.record_id == record.id)
    if table is DocumentLink and not bills:
        mine = mine.where(DocumentLink.document_kind.not_in(BILL_KINDS))
    return list(session.scalars(select(Connection).where(Connection.id.in_(mine)).order_by(Connection.name)))


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


@dataclass(frozen=True)
class Listing:
    """One list: `show` is the segment picked, `counts` how many each segment holds."""

    key: str
    title: str
    show: str
    counts: dict[str, int]
    rows: Sequence[Row]
    page: int = 1
    pages: int = 1
    segments: dict[str, str] = field(default_factory=lambda: {key: title for key, (title, _) in SHOWN.items()})


def listing(
    session: Session,
    whose: ColumnElement[bool],
    key: str,
    *,
    record: Any,
    show: str,
    page: int,
    today: date,
    url: Any,
    links: dict[str, int] | None = None,
) -> Listing:
    """One list of documents: overdue first among the open, else newest first. `url(row)` says where to look."""
    title, kinds = LISTS[key]
    mine = (whose, DocumentRow.kind.in_(kinds))
    counts = _counts(session, mine)
    show = show if show in SHOWN else ("open" if counts["open"] or not counts["all"] else "all")
    states = SHOWN[show][1]
    chosen = (*mine, DocumentRow.status.in_(states)) if states else mine
    pages = max(1, -(-counts[show] // PAGE))
    page = min(max(1, page), pages)
    order = (
        (DocumentRow.due_date, DocumentRow.id) if show == "open" else (DocumentRow.date.desc(), DocumentRow.id.desc())
    )
    rows = session.scalars(
        select(DocumentRow)
        .where(*chosen)
        .options(selectinload(DocumentRow.lines), selectinload(DocumentRow.payments))
        .order_by(*order)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    inside = insides(session, rows[0].connection_id, rows, record) if rows else {}
    shown = [
        Row(row, status_of(row, today), url(row), (links or {}).get(row.document_id), inside[row.id]) for row in rows
    ]
    return Listing(key, title, show, counts, shown, page, pages)


def _counts(session: Session, mine: tuple[ColumnElement[bool], ...]) -> dict[str, int]:
    rows = session.execute(select(DocumentRow.status, func.count()).where(*mine).group_by(DocumentRow.status)).all()
    by_state = {row[0]: row[1] for row in rows}
    return {
        key: sum(count for state, count in by_state.items() if not states or state in states)
        for key, (_, states) in SHOWN.items()
    }


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
