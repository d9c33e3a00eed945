"""What every part of a reading needs: the provider and whether it was asked, the lease, pages, keeping what they hold.

The parts themselves, and their order, are in `core.accounting.reading`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import update
from sqlalchemy.orm import Session

from core.accounting import snapshot, unread
from core.accounting.models import Connection
from core.contract.answers import AFTER_A_FAULT
from core.contract.errors import Denied, ProviderError, ReconnectNeeded, Throttled, Unavailable
from core.contract.guard import UNREADABLE, take_set_aside
from core.contract.provider import AccountingProvider
from core.contract.values import Document, Page
from core.db import changed
from core.services import Services

T = TypeVar("T")
Also = Callable[[Session], None]
MOST_PAGES = 10_000  # more is no list but a circle
LEASE = timedelta(minutes=5)
FOR_ALL = (Denied, ReconnectNeeded, Throttled)  # what concerns the whole connection, whatever is asked next


class Overtaken(Exception):
    """Another process refreshes the connection since: what was read may be older than what it saved."""


class Keeping:
    """One connection before the provider, for the process that holds its lease."""

    def __init__(self, services: Services, connection_id: int, provider: AccountingProvider, owner: str) -> None:
        self._services = services
        self._id = connection_id
        self._provider = provider
        self._owner = owner
        self._asked = False

    @property
    def _ask(self) -> AccountingProvider:
        """The provider, about to be called."""
        self._asked = True
        return self._provider

    def _tried(self, work: Callable[[], None]) -> list[ProviderError]:
        """What went wrong and leaves the rest possible. Raises what concerns the whole connection."""
        try:
            work()
        except FOR_ALL:
            raise
        except ProviderError as error:
            return [error]
        return []

    def _hold(self) -> None:
        """Keep the lease while long work goes on. Raises `Overtaken`."""
        until = self._services.clock.now() + LEASE
        mine = update(Connection).where(Connection.id == self._id, Connection.refresh_owner == self._owner)
        with self._services.db.begin() as session:
            if not changed(session, mine.values(refresh_until=until)):
                raise Overtaken

    def _save(self, documents: Sequence[Document], now: datetime, also: Also = lambda session: None) -> set[str]:
        """Keep what was read, and which could not be; the ids of both. Raises `Overtaken` and keeps nothing.

        `also` is kept with it, or not at all.
        """
        self._hold()
        aside = take_set_aside(self._provider)
        with self._services.db.begin() as session:
            keep = snapshot.wanted(session, self._id, documents) if documents else []
            snapshot.save_documents(session, self._id, keep, now)
            unread.note(session, self._id, [one.ref.id for one in documents], aside, now)
            also(session)
        return {one.ref.id for one in documents} | {one.document_id for one in aside}

    def _pages(self, ask: Callable[[str | None], Page[T]], cursor: str | None = None) -> Iterator[Page[T]]:
        """Every page from a cursor on, the lease kept. Raises `Unavailable` where they go in a circle or nowhere."""
        seen: set[str | None] = set()
        while cursor not in seen and len(seen) < MOST_PAGES:
            seen.add(cursor)
            page = ask(cursor)
            yield page
            cursor = page.cursor
            if cursor is None:
                return
            self._hold()
        until = self._services.clock.now() + AFTER_A_FAULT
        raise Unavailable(UNREADABLE, until, detail=f"A list had no end after {len(seen)} pages.")

    def _mark(self, session: Session, **values: datetime) -> None:
        session.execute(update(Connection).where(Connection.id == self._id).values(**values))
