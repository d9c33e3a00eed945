"""What a provider tells by itself: which parties and documents changed, to be read again soon.

Being told only makes it quicker: the feed is complete without it. What was told is kept as rows until it was read, so
that a hundred messages become one reading, however often and in whatever order each of them comes. Readings keep some
seconds apart, and wait for the next ordinary refresh while the day's calls run low.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.accounting import budget
from core.accounting.documents import these
from core.accounting.models import Connection, DocumentLink, DocumentRow, PartyLink, Told
from core.contract.values import DocumentKind
from core.services import Services

APART = timedelta(seconds=15)
SOON = timedelta(minutes=1)  # what waits longer is kept back, for the day's calls run low
AT_ONCE = 200  # more than that is left to the feed
FORGOTTEN = timedelta(hours=1)  # by then the feed has brought it
PARTY = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """What was told and not read yet: linked parties, and documents by kind and id."""

    parties: Sequence[str]
    documents: Sequence[tuple[DocumentKind, str]]


def told(
    services: Services,
    provider: str,
    organisation_id: str,
    parties: Collection[str] = (),
    documents: Collection[Sequence[str]] = (),
) -> None:
    """The job ``accounting.told``: an organisation said that these parties and documents (kind, id) changed.

    The kind is as well as the provider knows it. What concerns no connection and no link is passed over.
    """
    now = services.clock.now()
    with services.db.begin() as session:
        mine = select(Connection).where(Connection.provider == provider, Connection.organisation_id == organisation_id)
        connection = session.scalar(mine)
        if connection is None or connection.state == "disconnected":
            return
        connection.told_at = now
        wanted = dict.fromkeys(_linked(session, connection.id, parties), PARTY)
        wanted |= _documents(session, connection.id, {str(ident): str(kind) for kind, ident in documents})
        _keep(session, connection.id, wanted, now)
        session.flush()
        ready = is_due(session, connection, now)
    if ready:
        services.jobs.enqueue("accounting.refresh", connection_id=connection.id, told=True)


def _linked(session: Session, connection_id: int, parties: Collection[str]) -> set[str]:
    mine = (PartyLink.connection_id == connection_id, PartyLink.party_id.in_(list(parties)[:AT_ONCE]))
    return set(session.scalars(select(PartyLink.party_id).where(*mine))) if parties else set()


def _documents(session: Session, connection_id: int, told_kinds: dict[str, str]) -> dict[str, str]:
    """The documents by id with their kind: as they are held, else as they were told. None while nothing is linked."""
    linked = [exists().where(table.connection_id == connection_id) for table in (PartyLink, DocumentLink)]
    if not told_kinds or not any(session.scalar(select(one)) for one in linked):
        return {}
    ids = list(told_kinds)[:AT_ONCE]
    held = session.execute(select(DocumentRow.document_id, DocumentRow.kind).where(these(connection_id, ids)))
    kinds = told_kinds | {row[0]: row[1] for row in held}
    known = {kind.value for kind in DocumentKind}
    return {ident: kinds[ident] for ident in ids if kinds[ident] in known}


def _keep(session: Session, connection_id: int, wanted: dict[str, str], now: datetime) -> None:
    for ident, kind in wanted.items():
        mine = (Told.connection_id == connection_id, Told.told_id == ident)
        if session.scalar(select(Told.told_id).where(*mine)) is None:
            try:
                with session.begin_nested():
                    session.add(Told(connection_id=connection_id, told_id=ident, kind=kind, at=now))
            except IntegrityError:  # another process was told the same in this moment
                pass
        else:
            session.execute(update(Told).where(*mine).values(at=now))


def is_due(session: Session, connection: Connection, now: datetime) -> bool:
    """Whether what was told should be read now: something waits, and the last such reading is long enough ago."""
    if connection.state != "connected" or (connection.retry_at is not None and connection.retry_at > now):
        return False
    apart = APART if budget.is_plenty(session, connection.id, now) else budget.pace(session, connection.id, now)
    if connection.told_read_at is not None and connection.told_read_at > now - apart:
        return False
    return session.scalar(select(Told.told_id).where(Told.connection_id == connection.id).limit(1)) is not None


def waits(session: Session, connection_id: int, now: datetime) -> bool:
    """Whether something was told just now that is not read yet."""
    mine = (Told.connection_id == connection_id, Told.at > now - SOON)
    return session.scalar(select(Told.told_id).where(*mine).limit(1)) is not None


def read_what_waits(services: Services) -> None:
    """The periodic job: ask for what was told while a reading had just been."""
    now = services.clock.now()
    with services.db.begin() as session:
        session.execute(delete(Told).where(Told.at < now - FORGOTTEN))
        waiting = select(Told.connection_id).distinct()
        rows = session.scalars(select(Connection).where(Connection.id.in_(waiting))).all()
        ready = [row.id for row in rows if is_due(session, row, now)]
    for connection_id in ready:
        services.jobs.enqueue("accounting.refresh", connection_id=connection_id, told=True)


def pending(session: Session, connection_id: int) -> Pending:
    """What waits to be read, the longest waiting first, so much as is read at once."""
    mine = select(Told).where(Told.connection_id == connection_id).order_by(Told.at, Told.told_id).limit(AT_ONCE)
    rows = session.scalars(mine).all()
    return Pending(
        [row.told_id for row in rows if row.kind == PARTY],
        [(DocumentKind(row.kind), row.told_id) for row in rows if row.kind != PARTY],
    )


def note_read(session: Session, connection_id: int, waited: Pending, started: datetime) -> None:
    """These were read since `started`: what was told again meanwhile still waits."""
    ids = [*waited.parties, *(ident for _, ident in waited.documents)]
    mine = (Told.connection_id == connection_id, Told.told_id.in_(ids), Told.at <= started)
    session.execute(delete(Told).where(*mine))
    session.execute(update(Connection).where(Connection.id == connection_id).values(told_read_at=started))
