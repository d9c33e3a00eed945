"""What accounting has to say on the start page: drafts that wait for the user, customers that are overdue.

All of it is read from what is stored here; no provider is asked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from core.accounting import access, connections, draft_changes
from core.accounting.access import DRAFT, SEE_AMOUNTS
from core.accounting.draft_words import STATES, title_of
from core.accounting.models import Connection, DocumentRow, Draft, PartyLink
from core.accounting.rules import AUTHORISED, SALE
from core.accounting.words import Status
from core.contract.extensions import Panel
from core.records import lists

WAITING = ("open", "refused", "missing")  # for a person to go on with; all else goes on by itself
FEW = 6


@dataclass(frozen=True)
class Waiting:
    """A draft, or a change of one, that waits for its author: for what, where, and how it stands."""

    title: str
    note: str
    url: str
    state: Status
    since: dt.datetime


@dataclass(frozen=True)
class Overdue:
    """A customer that owes something whose day is past: how much in `currency`, and for how many days the oldest."""

    title: str
    url: str
    connection: str
    amount: Decimal
    currency: str
    invoices: int
    days: int


def panels(request: Any) -> Iterable[Panel]:
    """The cards, each only where there is something to say and for those who may see it."""
    if waiting := sorted(_waiting(request), key=lambda one: one.since, reverse=True):
        values = {"waiting": waiting[:FEW], "more": len(waiting) - FEW}
        yield Panel("drafts_waiting", "Drafts that wait for you", "accounting/my_day_drafts.jinja2", values, order=10)
    if customers := _overdue(request):
        values = {"customers": customers, "several": len({one.connection for one in customers}) > 1}
        yield Panel("overdue", "Overdue customers", "accounting/my_day_overdue.jinja2", values, 20, SEE_AMOUNTS)


def _waiting(request: Any) -> Iterator[Waiting]:
    """The user's own drafts and changes, in connections where the user may still make them."""
    if not access.anywhere(request, DRAFT):
        return
    session, me, hidden = request.dbsession, request.identity.id, access.hidden_from(request, DRAFT)
    mine = (Draft.created_by == me, Draft.state.in_(WAITING), Draft.connection_id.not_in(hidden))
    for row in session.scalars(select(Draft).where(*mine).order_by(Draft.updated_at.desc()).limit(5 * FEW)):
        note = f"New, in {row.connection.name}"
        url = f"/accounting/drafts/{row.key}"
        yield Waiting(title_of(session, row)[0], note, url, STATES[row.state], row.updated_at)
    if not request.has_permission(SEE_AMOUNTS):
        return
    for change, _ in draft_changes.listed(session, hidden | access.hidden_from(request, SEE_AMOUNTS), by=me):
        if change.state in WAITING:
            what = "Deletion" if change.deed == draft_changes.DELETE else "Change"
            name = change.before.get("number") or change.before.get("party_name") or "Draft"
            note, url = f"{what}, in {change.connection.name}", f"/accounting/changes/{change.key}"
            yield Waiting(name, note, url, STATES[change.state], change.updated_at)


def _overdue(request: Any) -> Sequence[Overdue]:
    """The customers that are overdue longest, of the connections whose amounts the user may see."""
    if not request.has_permission(SEE_AMOUNTS):
        return []
    session = request.dbsession
    active = session.scalars(select(Connection).where(Connection.state != "disconnected").order_by(Connection.name))
    known = access.known_to(request, active, SEE_AMOUNTS)
    found = [one for each in known for one in _of_connection(session, each, connections.today(each, request.clock))]
    return sorted(found, key=lambda one: (-one.days, one.title))[:FEW]


def _of_connection(session: Session, connection: Connection, today: dt.date) -> list[Overdue]:
    rows = session.execute(
        select(
            DocumentRow.party_id,
            DocumentRow.currency,
            func.sum(DocumentRow.amount_due),
            func.count(),
            func.min(DocumentRow.due_date),
        )
        .where(
            DocumentRow.connection_id == connection.id,
            DocumentRow.party_id.in_(select(PartyLink.party_id).where(PartyLink.connection_id == connection.id)),
            DocumentRow.kind == SALE,
            DocumentRow.status == AUTHORISED,
            DocumentRow.amount_due > 0,
            DocumentRow.due_date < today,
        )
        .group_by(DocumentRow.party_id, DocumentRow.currency)
        .order_by(func.min(DocumentRow.due_date), DocumentRow.party_id)
        .limit(FEW)
    ).all()
    records = _records(session, connection, {row[0] for row in rows})
    return [
        Overdue(*records[party], connection.name, amount, currency, count, (today - oldest).days)
        for party, currency, amount, count, oldest in rows
        if party in records and oldest is not None
    ]


def _records(session: Session, connection: Connection, parties: set[str]) -> Mapping[str, tuple[str, str]]:
    """Title and tab of the record that a party is linked to; of several the organization, linked first."""
    links = select(PartyLink.party_id, PartyLink.kind, PartyLink.record_id).where(
        PartyLink.connection_id == connection.id, PartyLink.party_id.in_(parties)
    )
    first = case((PartyLink.kind == "organizations", 0), else_=1)
    chosen: dict[str, tuple[str, int]] = {}
    for party, kind, number in session.execute(links.order_by(first, PartyLink.id)):
        chosen.setdefault(party, (kind, number))
    titles = {
        (kind, number): title
        for kind in {kind for kind, _ in chosen.values()}
        for number, title in lists.titles(session, kind, {each for of, each in chosen.values() if of == kind}).items()
    }
    return {
        party: (titles[of], f"/{of[0]}/{of[1]}/tabs/{connection.provider}")
        for party, of in chosen.items()
        if of in titles
    }
