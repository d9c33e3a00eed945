"""Bringing a connection up to date, under a lease: who may read it now, and what becomes of a failure.

What is read, and in which order, is `core.accounting.reading`.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import or_, update

from core.accounting import budget, connections, failures, walks
from core.accounting.keeping import LEASE, Overtaken
from core.accounting.models import Connection
from core.accounting.reading import Reading, has_new
from core.contract.answers import AFTER_A_FAULT
from core.contract.errors import ProviderError, Throttled, Unavailable
from core.contract.guard import UNREADABLE
from core.db import changed
from core.services import Services

log = logging.getLogger(__name__)
JOB, DEED = "accounting.refresh", "refresh"
STALE = timedelta(minutes=5)  # of documents, while the day's calls are plenty (`budget.pace`)
WAITS = 40  # quarters of a second


def refresh(
    services: Services,
    connection_id: int,
    party_ids: Sequence[str] = (),
    force: bool = False,
    document_ids: Sequence[str] = (),
    told: bool = False,
    user_id: int | None = None,
) -> None:
    """Bring a connection up to date: the parties named (loaded whole if new), the documents named, the feed when old.

    `force` reads the feed when it is as old as `budget.pace_pressed` says; `user_id` is who pressed. What the provider
    told by itself is read whatever else is asked for; with `told` nothing else is.

    Failures are noted on the connection, not raised. Does nothing while another process refreshes it.
    """
    owner = _lease(services, connection_id)
    waits = WAITS if force else 0
    while not owner and waits:  # somebody pressed Refresh: what is under way may have begun before
        time.sleep(0.25)
        owner, waits = _lease(services, connection_id), waits - 1
    if not owner:
        return
    age, caller = _how(services, connection_id, force, user_id)
    if waits < WAITS and age == budget.PACES[0][2]:
        age = timedelta(0)
    try:
        work = Reading(services, connection_id, connections.open_provider(services, connection_id, caller), owner)
        if work.read_told() if told else work.run(party_ids, document_ids, age):
            connections.note_success(services, connection_id)
            failures.settle_now(services, connection_id, DEED)
    except Overtaken:
        log.warning("refresh of connection %s took too long; another one goes on", connection_id)
    except Exception as error:
        _note(services, connection_id, error)
    finally:
        _give_back(services, connection_id, owner)


def _how(
    services: Services, connection_id: int, force: bool, user_id: int | None
) -> tuple[timedelta | None, budget.Caller]:
    """How old things must be to be read, and for whom: somebody who pressed or waits for a first load comes first.

    The rest of a load that takes longer than a minute leaves the last calls of each to other people.
    """
    with services.db.read() as session:
        age = budget.pace_pressed(session, connection_id, services.clock.now()) if force else None
        waits = force or has_new(session, connection_id)
    return age, budget.Caller(background=not waits, user_id=user_id)


def _note(services: Services, connection_id: int, error: Exception) -> None:
    """Keep what went wrong on the connection, and until when nobody tries again."""
    until = services.clock.now() + AFTER_A_FAULT
    if isinstance(error, budget.Held):  # nothing is wrong: the figures stay as they are for a while
        log.info("refresh of connection %s waits: %s", connection_id, error.message)
        return
    if isinstance(error, Throttled) and error.window == "minute" and _is_stopped(services, connection_id):
        log.info("a walk of connection %s goes on at %s", connection_id, error.until)
        connections.note_pause(services, connection_id, error.until)
        return
    if not isinstance(error, ProviderError):
        log.error("refresh of connection %s failed", connection_id, exc_info=error)
        error = Unavailable(UNREADABLE, until, detail=type(error).__name__)
    else:
        log.warning("refresh of connection %s: %s %s", connection_id, error.message, error.detail)
    if not isinstance(error, connections.ABOUT_THE_CONNECTION):  # a read is refused no such way: all of it failed
        error = Unavailable(error.message, until, detail=error.detail)
    connections.note_failure(services, connection_id, error)
    about = failures.About(DEED, JOB, {"connection_id": connection_id, "force": True})
    failures.note(services, connection_id, about, error)


def _is_stopped(services: Services, connection_id: int) -> bool:
    """Whether a walk was stopped in the middle: some lists have more pages than there are calls in a minute."""
    with services.db.read() as session:
        return walks.are_stopped(session, connection_id)


def _lease(services: Services, connection_id: int) -> str:
    now, owner = services.clock.now(), uuid.uuid4().hex
    free = or_(Connection.refresh_until.is_(None), Connection.refresh_until < now)
    mine = update(Connection).where(Connection.id == connection_id, Connection.state != "disconnected", free)
    with services.db.begin() as session:
        return owner if changed(session, mine.values(refresh_owner=owner, refresh_until=now + LEASE)) else ""


def _give_back(services: Services, connection_id: int, owner: str) -> None:
    mine = update(Connection).where(Connection.id == connection_id, Connection.refresh_owner == owner)
    with services.db.begin() as session:
        session.execute(mine.values(refresh_owner="", refresh_until=None))
