"""What to read when: one gathered refresh per connection, under a lease, in as few calls as possible.

A connection has one feed of changes (`AccountingProvider.changes`), read when it is older than `budget.pace` says; it
keeps every loaded party and every linked document of the connection current together, however many tabs are open. Only
a party that was never loaded costs calls of its own, once. No session is open during a call. Documents may be five
minutes old, choices and the organisation a day.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import or_, select, update

from core.accounting import budget, connections, rereading, snapshot
from core.accounting.models import Connection, PartyLink, PartyRow
from core.contract.answers import AFTER_A_FAULT
from core.contract.errors import NotFound, ProviderError, Unavailable, Unsupported
from core.contract.guard import UNREADABLE
from core.contract.provider import AccountingProvider
from core.contract.values import Capability, ChoiceKind, DocumentKind, Page, Party, PartyState, Ref
from core.db import changed
from core.services import Services

T = TypeVar("T")
log = logging.getLogger(__name__)
STALE = timedelta(minutes=5)  # of documents, while the day's calls are plenty (`budget.pace`)
SOON = timedelta(seconds=5)
WAITS = 40  # quarters of a second
MOST_PAGES = 10_000  # more is no list but a circle
DAY = timedelta(days=1)
LEASE = timedelta(minutes=5)


def refresh(
    services: Services,
    connection_id: int,
    party_ids: Sequence[str] = (),
    force: bool = False,
    document_ids: Sequence[str] = (),
) -> None:
    """Bring a connection up to date: the parties named (loaded whole if new), the documents named, the feed when old.

    `force` reads the feed though it is not old yet, but not twice within `SOON`.

    Failures are noted on the connection, not raised. Does nothing while another process refreshes it.
    """
    owner = _lease(services, connection_id)
    waits = WAITS if force else 0
    while not owner and waits:  # somebody pressed Refresh: what is under way may have begun before
        time.sleep(0.25)
        owner, waits = _lease(services, connection_id), waits - 1
    if not owner:
        return
    try:
        provider = connections.open_provider(services, connection_id)
        pressed = timedelta(0) if waits < WAITS else SOON
        age = pressed if force else None
        if _Refresh(services, connection_id, provider, owner).run(party_ids, document_ids, age):
            connections.note_success(services, connection_id)
    except ProviderError as error:
        log.warning("refresh of connection %s: %s %s", connection_id, error.message, error.detail)
        if not isinstance(error, connections.ABOUT_THE_CONNECTION):  # a read is refused no such way: all of it failed
            error = Unavailable(error.message, services.clock.now() + AFTER_A_FAULT, detail=error.detail)
        connections.note_failure(services, connection_id, error)
    except Exception as error:
        log.exception("refresh of connection %s failed", connection_id)
        until = services.clock.now() + AFTER_A_FAULT
        connections.note_failure(services, connection_id, Unavailable(UNREADABLE, until, detail=type(error).__name__))
    finally:
        _give_back(services, connection_id, owner)


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


class _Refresh:
    """One refresh of one connection by the process that holds its lease."""

    def __init__(self, services: Services, connection_id: int, provider: AccountingProvider, owner: str) -> None:
        self._services = services
        self._id = connection_id
        self._provider = provider
        self._owner = owner
        self._feeds = Capability.CHANGES in provider.capabilities()
        self._asked = False

    @property
    def _ask(self) -> AccountingProvider:
        """The provider, about to be called."""
        self._asked = True
        return self._provider

    def run(self, party_ids: Sequence[str], document_ids: Sequence[str], age: timedelta | None) -> bool:
        """Read what is older than `age` (None: as `budget.pace` says) or new; whether anything was asked for."""
        now = self._services.clock.now()
        with self._services.db.read() as session:
            state = session.get_one(Connection, self._id)
            organisation_at, choices_at = state.organisation_at, state.choices_at
            parties_at, changes_at = state.parties_at, state.changes_at
            age = budget.pace(session, self._id, now) if age is None else age
        if _old(organisation_at, now, DAY):
            self._read_organisation()
        first = parties_at is None and self._feeds
        if first:
            self._read_feed(None, now)
        self._load_new(party_ids)
        if self._feeds and not first and _old(changes_at, now, age):
            self._read_feed(changes_at, now)
        elif not self._feeds:
            self._read_without_feed(party_ids, parties_at, now, age)
        self._read_documents(document_ids, now, None if self._feeds else age)
        if _old(choices_at, now, DAY):
            self._read_choices()
        return self._asked

    def _hold(self) -> None:
        """Keep the lease while long work goes on."""
        until = self._services.clock.now() + LEASE
        mine = update(Connection).where(Connection.id == self._id, Connection.refresh_owner == self._owner)
        with self._services.db.begin() as session:
            session.execute(mine.values(refresh_until=until))

    def _pages(self, ask: Callable[[str | None], Page[T]]) -> Iterator[Page[T]]:
        """Every page, the lease kept meanwhile. Raises `Unavailable` where the cursors go in a circle or nowhere."""
        cursor: str | None = None
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

    def _read_organisation(self) -> None:
        organisation = self._ask.organisation()
        with self._services.db.begin() as session:
            connection = session.get_one(Connection, self._id)
            connections.save_organisation(connection, organisation, known=True)
            connection.organisation_at = self._services.clock.now()

    def _read_feed(self, since: datetime | None, started: datetime) -> None:
        """Follow the feed to its end, then move its mark to when it began; saved page by page."""
        for page in self._pages(lambda cursor: self._ask.changes(since, cursor=cursor)):
            parties = [one.party for one in page.items if one.party is not None]
            documents = [one.document for one in page.items if one.document is not None]
            now = self._services.clock.now()
            with self._services.db.begin() as session:
                snapshot.save_parties(session, self._id, parties, now)
                keep = snapshot.wanted(session, self._id, documents) if documents else []
                snapshot.save_documents(session, self._id, keep, now)
        values = {"changes_at": started, **({"parties_at": started} if since is None else {})}
        with self._services.db.begin() as session:
            session.execute(update(Connection).where(Connection.id == self._id).values(**values))

    def _load_new(self, party_ids: Sequence[str]) -> None:
        """Load the documents of linked parties that were never loaded: those named and any other that waits."""
        with self._services.db.read() as session:
            linked = (
                select(PartyLink.party_id)
                .outerjoin(
                    PartyRow,
                    (PartyRow.connection_id == PartyLink.connection_id) & (PartyRow.party_id == PartyLink.party_id),
                )
                .where(PartyLink.connection_id == self._id, PartyRow.documents_at.is_(None))
                .distinct()
            )
            new = sorted(set(session.scalars(linked)))
        if not new:
            return
        self._ensure_in_index(new)
        self._load(new)

    def _ensure_in_index(self, party_ids: Sequence[str]) -> None:
        with self._services.db.read() as session:
            known = set(
                session.scalars(
                    select(PartyRow.party_id).where(
                        PartyRow.connection_id == self._id, PartyRow.party_id.in_(party_ids)
                    )
                )
            )
        for party_id in party_ids:
            if party_id not in known:
                party = self._party(party_id)
                with self._services.db.begin() as session:
                    snapshot.save_parties(session, self._id, [party], self._services.clock.now())

    def _party(self, party_id: str) -> Party:
        """A linked party; one that the provider does not know any more gets a name that says so."""
        try:
            return self._ask.get_party(party_id)
        except NotFound:
            return Party(Ref(party_id), "A contact that is not there any more", PartyState.ARCHIVED)

    def _load(self, party_ids: Sequence[str]) -> None:
        started = self._services.clock.now()
        for batch in snapshot.in_batches(self._ask.documents_of(party_ids)):
            with self._services.db.begin() as session:
                snapshot.save_documents(session, self._id, batch, self._services.clock.now())
            self._hold()
        with self._services.db.begin() as session:
            if not self._feeds:  # all there is was told: what was not, is not there any more
                snapshot.note_gone(session, self._id, party_ids, started)
            session.execute(
                update(PartyRow)
                .where(PartyRow.connection_id == self._id, PartyRow.party_id.in_(party_ids))
                .values(documents_at=started)
            )

    def _read_without_feed(
        self, party_ids: Sequence[str], parties_at: datetime | None, now: datetime, age: timedelta
    ) -> None:
        """Without a feed the index is filled by a search for everybody once a day, and parties are read when old."""
        if _old(parties_at, now, DAY):
            self._read_everybody(now)
        with self._services.db.read() as session:
            rows = session.execute(
                select(PartyRow.party_id, PartyRow.documents_at).where(
                    PartyRow.connection_id == self._id, PartyRow.party_id.in_(party_ids)
                )
            ).all()
        old = [party_id for party_id, at in rows if _old(at, now, age)]
        if old:
            self._load(old)

    def _read_everybody(self, now: datetime) -> None:
        for page in self._pages(lambda cursor: self._ask.search_parties("", cursor=cursor)):
            with self._services.db.begin() as session:
                snapshot.save_parties(session, self._id, page.items, self._services.clock.now())
        with self._services.db.begin() as session:
            session.execute(update(Connection).where(Connection.id == self._id).values(parties_at=now))

    def _read_documents(self, document_ids: Sequence[str], now: datetime, age: timedelta | None) -> None:
        """Ask by id for what the feed and the parties do not bring; `age` only without a feed."""
        with self._services.db.read() as session:
            refs = rereading.missing(session, self._id, now)
            refs += rereading.named(session, self._id, document_ids)
            refs += rereading.open_for_a_day(session, self._id, now)
            if age is not None:
                refs += rereading.linked_and_old(session, self._id, now - age)
        if not refs:
            return
        asked = list(dict.fromkeys(refs))
        found = self._ask.get_documents(asked)
        left_out = rereading.left_out(asked, found)
        with self._services.db.begin() as session:
            snapshot.save_documents(session, self._id, found, now)
            rereading.note_missing(session, self._id, left_out, now)
            doubtful = rereading.counted(session, self._id, left_out, now)
        for ref in doubtful[: rereading.ALONE]:
            self._read_alone(ref, now)

    def _read_alone(self, ref: tuple[DocumentKind, str], now: datetime) -> None:
        """Ask again for what a longer answer left out: only then is it not there any more."""
        self._hold()
        found = self._ask.get_documents([ref])
        with self._services.db.begin() as session:
            snapshot.save_documents(session, self._id, found, now)
            if not found:
                rereading.note_deleted(session, self._id, ref, now)

    def _read_choices(self) -> None:
        for kind in ChoiceKind:
            try:
                found = self._ask.choices(kind)
            except Unsupported:
                found = ()
            with self._services.db.begin() as session:
                snapshot.save_choices(session, self._id, kind, found)
        with self._services.db.begin() as session:
            now = self._services.clock.now()
            session.execute(update(Connection).where(Connection.id == self._id).values(choices_at=now))


def _old(at: datetime | None, now: datetime, age: timedelta) -> bool:
    return at is None or at <= now - age
