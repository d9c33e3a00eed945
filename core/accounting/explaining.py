"""Explain this number: the documents that a figure counted and those it left out, a page of each at a time.

Left out are documents that the rule does not count (a draft, a void one, another currency …), those of the record's
parties and links in another connection, and those that are not linked: on opportunities and projects what a linked
party of the record, its organization or its contact has and is not linked to the record itself; on organizations and
contacts what is linked to their opportunities and projects and is of a party that is not linked to them. Of a
connection whose amounts the user may not see nothing is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from core.accounting import linking
from core.accounting.documents import PARTY_RECORDS, SightOf, connections_known, linked_ids, shown_on
from core.accounting.models import Connection, DocumentLink, DocumentRow, PartyLink
from core.accounting.rules import Explanation, Lens, Rule, explain
from core.accounting.words import BILL_KINDS
from core.records.kinds import KINDS
from core.records.models import MODELS

PAGE = 50
# Plain rows, not objects: ten thousand of them are read in a fraction of the time.
COLUMNS = (
    DocumentRow.id,
    DocumentRow.connection_id,
    DocumentRow.kind,
    DocumentRow.status,
    DocumentRow.vendor_status,
    DocumentRow.number,
    DocumentRow.reference,
    DocumentRow.date,
    DocumentRow.due_date,
    DocumentRow.currency,
    DocumentRow.rate,
    DocumentRow.total,
    DocumentRow.tax,
    DocumentRow.amount_due,
    DocumentRow.amount_paid,
    DocumentRow.amount_credited,
    DocumentRow.fully_paid_on,
)
NEWEST = (DocumentRow.date.desc(), DocumentRow.id.desc())


@dataclass(frozen=True)
class Sheet:
    """A page of documents: each row with its part of the figure, or with the reason why it was left out."""

    rows: Sequence[tuple[Any, Any]]
    page: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // PAGE))


@dataclass(frozen=True)
class Told:
    """A figure explained, in the currency of its `lens`.

    `reasons` counts the documents left out by reason, the most frequent first; `since` is the first day that counts,
    None where all do. `opens` has the ids of the rows that the record's tab shows, so that each has a page there.
    """

    rule: Rule
    lens: Lens
    value: Decimal | None
    counted: Sheet
    left_out: Sheet
    reasons: Mapping[str, int]
    since: date | None
    opens: frozenset[int]


def tell(
    session: Session,
    record: Any,
    connection: Connection,
    rule: Rule,
    lens: Lens,
    *,
    sight_of: SightOf,
    counted: int = 1,
    left: int = 1,
) -> Told:
    """Explain a figure of a record's tab; `counted` and `left` are the pages asked for.

    `lens` says in which currency the figure is told, and whether all others are converted into it; `sight_of` what the
    user may see of each connection: documents of others are told where amounts are seen there.
    """
    bills = sight_of(connection).bills
    mine = and_(shown_on(session, record, connection.id, bills=bills), DocumentRow.kind.in_(rule.kinds))
    rows: Any = session.execute(select(*COLUMNS).where(mine).order_by(*NEWEST)).all()
    told = explain(rule, rows, lens)
    others = _Others(session, record, connection, rule, sight_of)
    reasons = Counter(reason for _, reason in told.omitted) + others.counts()
    number = _page(counted, len(told.counted))
    return Told(
        rule,
        lens,
        told.value,
        Sheet(told.counted[(number - 1) * PAGE : number * PAGE], number, len(told.counted)),
        _left_out(told, others, _page(left, reasons.total()), reasons.total()),
        dict(reasons.most_common()),
        rule.since(lens.day),
        frozenset(row.id for row in rows),
    )


def _page(asked: int, total: int) -> int:
    return min(max(1, asked), max(1, -(-total // PAGE)))


def _left_out(told: Explanation, others: _Others, page: int, total: int) -> Sheet:
    """What the rule leaves out of the record's own documents comes first, then the documents that are not its own."""
    start = (page - 1) * PAGE
    rows: list[tuple[Any, str]] = list(told.omitted[start : start + PAGE])
    if len(rows) < PAGE:
        rows += others.rows(max(0, start - len(told.omitted)), PAGE - len(rows))
    return Sheet(rows, page, total)


class _Others:
    """Documents of the rule's kinds that have to do with the record and are no part of this figure at all."""

    def __init__(self, session: Session, record: Any, connection: Connection, rule: Rule, sight_of: SightOf) -> None:
        self._session = session
        known = [(one, sight_of(one)) for one in connections_known(session, record, sight_of)]
        elsewhere = [(one, seen) for one, seen in known if one.id != connection.id and seen.amounts]
        self._reasons = {one.id: f"in another connection, {one.name}" for one, _ in elsewhere}
        wanted = [shown_on(session, record, one.id, bills=seen.bills) for one, seen in elsewhere]
        word = KINDS[record.kind].singular
        if record.kind in PARTY_RECORDS:
            self._reasons[connection.id] = f"linked to work of this {word}, but of a contact that is not"
            not_linked = _of_its_work(record, connection.id)
        else:
            self._reasons[connection.id] = f"not linked to this {word}"
            not_linked = _not_linked(record, connection.id)
        bills = sight_of(connection).bills
        wanted.append(not_linked if bills else and_(not_linked, DocumentRow.kind.not_in(BILL_KINDS)))
        self._where = and_(or_(*wanted), DocumentRow.kind.in_(rule.kinds))

    def counts(self) -> Counter[str]:
        """How many there are, by reason."""
        found = select(DocumentRow.connection_id, func.count()).where(self._where).group_by(DocumentRow.connection_id)
        return Counter({self._reasons[number]: count for number, count in self._session.execute(found)})

    def rows(self, offset: int, limit: int) -> list[tuple[Any, str]]:
        """Some of them with the reason, newest first."""
        found = select(*COLUMNS).where(self._where).order_by(*NEWEST).offset(offset).limit(limit)
        return [(row, self._reasons[row.connection_id]) for row in self._session.execute(found)]


def _not_linked(record: Any, connection_id: int) -> ColumnElement[bool]:
    """What the parties of the record, its organization and its contact have in a connection, less what is linked."""
    linked = linked_ids(record, DocumentLink.document_id, connection_id)
    return and_(of_parties(record, connection_id), DocumentRow.document_id.not_in(linked))


def _of_its_work(record: Any, connection_id: int) -> ColumnElement[bool]:
    """What is linked to the record's opportunities and projects in a connection, and is of no party linked to it."""
    column = "organization_id" if record.kind == "organizations" else "contact_id"
    works = [
        and_(
            DocumentLink.kind == kind,
            DocumentLink.record_id.in_(select(MODELS[kind].id).where(getattr(MODELS[kind], column) == record.id)),
        )
        for kind in ("opportunities", "projects")
    ]
    linked = select(DocumentLink.document_id).where(DocumentLink.connection_id == connection_id, or_(*works))
    parties = linked_ids(record, PartyLink.party_id, connection_id)
    mine = (DocumentRow.connection_id == connection_id, DocumentRow.document_id.in_(linked))
    return and_(*mine, DocumentRow.party_id.not_in(parties))


def of_parties(record: Any, connection_id: int) -> ColumnElement[bool]:
    """What the parties of the record, its organization and its contact have in a connection, as far as it was read."""
    of_record = [
        and_(PartyLink.kind == kind, PartyLink.record_id == number) for kind, number in linking.related(record)
    ]
    parties = select(PartyLink.party_id).where(PartyLink.connection_id == connection_id, or_(*of_record))
    return and_(DocumentRow.connection_id == connection_id, DocumentRow.party_id.in_(parties))
