"""Walks through a provider's lists that were stopped in the middle, by a limit or a crash: where each goes on.

A first load of many documents has more pages than the calls of a minute, and so may have the feed of changes of a large
organisation. A page that was kept is not asked for again, in whatever process. Nothing is missed for that:

- the documents of a party are kept current by the feed from the moment it was linked, and a load begins after that:
  what changes while it is under way, or waits, is told by the feed;
- the mark of a feed moves, when its walk is at its end, to the moment at which the walk began: what changed since is
  told by the next one;
- without a feed a party is as old as the moment its load began, and is read again when that is old.

Where the feed kept nothing (the party was unlinked meanwhile) a load begins again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from core.accounting.models import BegunWalk, Connection, PartyLink
from core.db import changed
from core.services import Services

DOCUMENTS, CHANGES, ADVANCES, OPEN = "documents", "changes", "advances", "open"
LONGEST = timedelta(days=30)  # a cursor older than that is not worth keeping


@dataclass
class Walk:
    """A walk: of a first load (`DOCUMENTS`) with its parties, or of a feed; `cursor` is None at the first page.

    `OPEN` are the open documents that are read again once a day: their age tells which are left, without a cursor.

    `row` is its row, once a page was kept and there are more.
    """

    began_at: datetime
    party_ids: Sequence[str] = ()
    what: str = DOCUMENTS
    cursor: str | None = None
    row: int | None = None


def loads(session: Session, connection_id: int) -> list[Walk]:
    """The loads to go on with, the oldest first; not those whose parties nobody is linked to any more."""
    mine = (BegunWalk.connection_id == connection_id, BegunWalk.what == DOCUMENTS)
    rows = session.scalars(select(BegunWalk).where(*mine).order_by(BegunWalk.began_at, BegunWalk.id)).all()
    return [_walk(row) for row in rows if _linked(session, connection_id, row.party_ids)]


def of_feed(session: Session, connection_id: int, what: str) -> Walk | None:
    """The walk of a feed to go on with."""
    mine = (BegunWalk.connection_id == connection_id, BegunWalk.what == what)
    row = session.scalars(select(BegunWalk).where(*mine).order_by(BegunWalk.id)).first()
    return _walk(row) if row else None


def _walk(row: BegunWalk) -> Walk:
    return Walk(row.began_at, row.party_ids, row.what, row.cursor, row.id)


def _linked(session: Session, connection_id: int, party_ids: Collection[str]) -> bool:
    mine = (PartyLink.connection_id == connection_id, PartyLink.party_id.in_(party_ids))
    return session.scalar(select(PartyLink.id).where(*mine).limit(1)) is not None


def are_stopped(session: Session, connection_id: int) -> bool:
    """Whether there is one to go on with."""
    feeds = (of_feed(session, connection_id, what) for what in (CHANGES, ADVANCES, OPEN))
    return any(feeds) or bool(loads(session, connection_id))


def keep(session: Session, connection_id: int, walk: Walk, cursor: str) -> None:
    """A page was kept, and `cursor` is that of the next one."""
    if walk.row is None:
        row = BegunWalk(
            connection_id=connection_id,
            what=walk.what,
            party_ids=list(walk.party_ids),
            cursor=cursor,
            began_at=walk.began_at,
        )
        session.add(row)
        session.flush()
        walk.row = row.id
    else:
        session.execute(update(BegunWalk).where(BegunWalk.id == walk.row).values(cursor=cursor))
    walk.cursor = cursor


def end(session: Session, walk: Walk) -> bool:
    """It is done, or begins again; False where somebody said meanwhile that it has to (`begin_again`)."""
    if walk.row is None:
        return True
    row, walk.row = walk.row, None
    return changed(session, delete(BegunWalk).where(BegunWalk.id == row)) > 0


def begin_again(session: Session, connection_id: int, party_id: str) -> None:
    """Nobody kept a party current for a while: a load that it is part of has to read all of it."""
    rows = session.scalars(select(BegunWalk).where(BegunWalk.connection_id == connection_id)).all()
    for row in rows:
        if party_id in row.party_ids:
            session.delete(row)


def go_on(services: Services) -> None:
    """The periodic job: walks that wait are gone on with though nobody looks, once their connection may be asked."""
    now = services.clock.now()
    free = or_(Connection.refresh_until.is_(None), Connection.refresh_until < now)
    ready = or_(Connection.retry_at.is_(None), Connection.retry_at <= now)
    with services.db.read() as session:
        waiting = select(BegunWalk.connection_id).distinct()
        mine = (Connection.id.in_(waiting), Connection.state == "connected", free, ready)
        found = [one for one in session.scalars(select(Connection.id).where(*mine)).all() if are_stopped(session, one)]
    for connection_id in found:
        services.jobs.enqueue("accounting.refresh", connection_id=connection_id)


def tidy(session: Session, now: datetime) -> None:
    """Forget walks that nobody goes on with."""
    session.execute(delete(BegunWalk).where(BegunWalk.began_at < now - LONGEST))
