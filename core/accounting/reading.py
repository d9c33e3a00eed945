"""One reading of one connection: in which order, in how few calls, and what it saves as it goes.

A connection has one feed of changes (`AccountingProvider.changes`), read when it is older than `budget.pace` says; it
keeps every loaded party and every linked document of the connection current together, however many tabs are open. Only
a party that was never loaded costs calls of its own, once. No session is open during a call. Documents may be five
minutes old, choices and the organisation a day. What one party, one document or one list has wrong keeps no other back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from core.accounting import budget, connections, following, rereading, snapshot, telling, unread
from core.accounting.models import Connection, PartyLink, PartyRow
from core.contract.answers import AFTER_A_FAULT
from core.contract.errors import Denied, NotFound, ProviderError, ReconnectNeeded, Throttled, Unavailable, Unsupported
from core.contract.guard import UNREADABLE, take_set_aside
from core.contract.provider import AccountingProvider
from core.contract.values import Capability, ChoiceKind, Document, DocumentKind, Page, Party, PartyState, Ref
from core.db import changed
from core.services import Services

T = TypeVar("T")
MOST_PAGES = 10_000  # more is no list but a circle
DAY = timedelta(days=1)
QUIET = timedelta(hours=18)  # with a look every six hours: within a day
LEASE = timedelta(minutes=5)
PORTION = 40  # documents asked for by their ids at once: what was read is saved before more is asked
FEW = 5  # parties told of that are read one by one; more of them come by the feed, in a few calls
MOST_FAILING = 3  # parties tried alone, one after the other, that fail: then it is not the party
FOR_ALL = (Denied, ReconnectNeeded, Throttled)  # what concerns the whole connection, whatever is asked next


def _new(connection_id: int) -> Select[str]:
    """The linked parties whose documents were never loaded."""
    same = (PartyRow.connection_id == PartyLink.connection_id) & (PartyRow.party_id == PartyLink.party_id)
    linked = select(PartyLink.party_id).outerjoin(PartyRow, same)
    return linked.where(PartyLink.connection_id == connection_id, PartyRow.documents_at.is_(None)).distinct()


def has_new(session: Session, connection_id: int) -> bool:
    """Whether somebody waits for a first load."""
    return session.scalar(_new(connection_id).limit(1)) is not None


class Overtaken(Exception):
    """Another process refreshes the connection since: what was read may be older than what it saved."""


class Reading:
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
            age = budget.pace(session, self._id, now) if age is None else age
        if _old(organisation_at, now, QUIET):
            self._read_organisation()
        late = [
            *self._tried(self._read_told),
            *self._tried(lambda: self._keep_up(now, age)),
            *self._tried(self._follow),
            *self._tried(self._load_new),
        ]
        if not self._feeds:
            late += self._tried(lambda: self._read_old(party_ids, now, age))
        late += self._tried(lambda: self._read_documents(document_ids, now, None if self._feeds else age))
        if _old(choices_at, now, DAY):
            self._read_choices()
        for error in late:
            raise error
        return self._asked

    def read_told(self) -> bool:
        """Read only what the provider told by itself; whether anything was asked for."""
        self._read_told()
        self._follow()
        self._load_new()
        return self._asked

    def _follow(self) -> None:
        """Merged parties are followed, once whoever they were merged into is known."""
        for _ in range(following.LONGEST_CHAIN):
            with self._services.db.read() as session:
                merged, unknown = following.merged(session, self._id), following.unknown(session, self._id)
            if not merged:
                return
            if not unknown:
                break
            self._ensure_in_index(unknown)
        self._hold()
        with self._services.db.begin() as session:
            following.follow(session, self._id, self._services.clock.now())

    def _read_told(self) -> None:
        now = self._services.clock.now()
        with self._services.db.read() as session:
            waits = telling.pending(session, self._id)
        if not (waits.parties or waits.documents):
            return
        if self._feeds and len(waits.parties) > FEW:
            parties_at, changes_at = self._up_to()
            self._read_feed(None if parties_at is None else changes_at, now)
        else:
            for party_id in waits.parties:
                party = self._party(party_id)
                with self._services.db.begin() as session:
                    snapshot.save_parties(session, self._id, [party], self._services.clock.now())
        for portion in snapshot.in_batches(waits.documents, PORTION):
            self._save(self._ask.get_documents(portion), self._services.clock.now())
        with self._services.db.begin() as session:
            telling.note_read(session, self._id, waits, now)

    def _tried(self, work: Callable[[], None]) -> list[ProviderError]:
        """What went wrong and leaves the rest possible. Raises what concerns the whole connection."""
        try:
            work()
        except FOR_ALL:
            raise
        except ProviderError as error:
            return [error]
        return []

    def _keep_up(self, now: datetime, age: timedelta) -> None:
        """What keeps all parties current together: the feed, else the list of everybody once a day."""
        parties_at, changes_at = self._up_to()
        if not self._feeds:
            if _old(parties_at, now, DAY):
                self._read_everybody(now)
        elif parties_at is None or _old(changes_at, now, age):
            self._read_feed(None if parties_at is None else changes_at, now)

    def _up_to(self) -> tuple[datetime | None, datetime | None]:
        """When everybody was read first, and up to when the feed was followed."""
        with self._services.db.read() as session:
            state = session.get_one(Connection, self._id)
            return state.parties_at, state.changes_at

    def _hold(self) -> None:
        """Keep the lease while long work goes on. Raises `Overtaken`."""
        until = self._services.clock.now() + LEASE
        mine = update(Connection).where(Connection.id == self._id, Connection.refresh_owner == self._owner)
        with self._services.db.begin() as session:
            if not changed(session, mine.values(refresh_until=until)):
                raise Overtaken

    def _save(self, documents: Sequence[Document], now: datetime) -> set[str]:
        """Keep what was read, and which could not be; the ids of both. Raises `Overtaken` and keeps nothing."""
        self._hold()
        aside = take_set_aside(self._provider)
        with self._services.db.begin() as session:
            keep = snapshot.wanted(session, self._id, documents) if documents else []
            snapshot.save_documents(session, self._id, keep, now)
            unread.note(session, self._id, [one.ref.id for one in documents], aside, now)
        return {one.ref.id for one in documents} | {one.document_id for one in aside}

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
            self._save(documents, now)
            with self._services.db.begin() as session:
                snapshot.save_parties(session, self._id, parties, now)
        values = {"changes_at": started, **({"parties_at": started} if since is None else {})}
        with self._services.db.begin() as session:
            session.execute(update(Connection).where(Connection.id == self._id).values(**values))

    def _load_new(self) -> None:
        """Load the documents of linked parties that were never loaded."""
        with self._services.db.read() as session:
            new = sorted(set(session.scalars(_new(self._id))))
        self._load_each(new)

    def _load_each(self, party_ids: Sequence[str]) -> None:
        """All together, in few calls; where that fails one by one. Raises the first failure at the end."""
        if len(party_ids) < 2 or self._tried(lambda: self._load(party_ids)):
            failed: list[ProviderError] = []
            for party_id in party_ids:
                failed += self._tried(partial(self._load, [party_id]))
                if len(failed) == MOST_FAILING:
                    break
            for error in failed:
                raise error

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
        self._ensure_in_index(party_ids)
        started = self._services.clock.now()
        for batch in snapshot.in_batches(self._ask.documents_of(party_ids)):
            self._save(batch, self._services.clock.now())
        self._save((), self._services.clock.now())  # where the last of them were set aside
        with self._services.db.begin() as session:
            unread.forget_untold(session, self._id, party_ids, started)
            if not self._feeds:  # all there is was told: what was not, is not there any more
                snapshot.note_gone(session, self._id, party_ids, started)
            session.execute(
                update(PartyRow)
                .where(PartyRow.connection_id == self._id, PartyRow.party_id.in_(party_ids))
                .values(documents_at=started)
            )

    def _read_old(self, party_ids: Sequence[str], now: datetime, age: timedelta) -> None:
        """Without a feed parties are read when they are old."""
        with self._services.db.read() as session:
            rows = session.execute(
                select(PartyRow.party_id, PartyRow.documents_at).where(
                    PartyRow.connection_id == self._id, PartyRow.party_id.in_(party_ids)
                )
            ).all()
        old = [party_id for party_id, at in rows if _old(at, now, age)]
        self._load_each(old)

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
                refs += rereading.linked_and_old(session, self._id, now - age, now)
            refs += unread.for_a_day(session, self._id, now)
        for portion in snapshot.in_batches(dict.fromkeys(refs), PORTION):
            self._read_portion(portion, now)

    def _read_portion(self, asked: rereading.Refs, now: datetime) -> None:
        told = self._save(self._ask.get_documents(asked), now)
        left_out = [ref for ref in asked if ref[1] not in told]
        with self._services.db.begin() as session:
            doubtful = rereading.counted(session, self._id, left_out, now)
            fresh = rereading.mark(session, self._id, doubtful, now)
            silent = rereading.silent(asked, told, fresh)
            rereading.note_missing(session, self._id, [one for one in left_out if one not in silent], now)
        if silent:
            until = self._services.clock.now() + AFTER_A_FAULT
            raise Unavailable(UNREADABLE, until, detail=f"Of {len(silent)} documents asked for by their ids none came.")
        for ref in [one for one in doubtful if one not in fresh][: rereading.ALONE]:
            self._read_alone(ref, now)

    def _read_alone(self, ref: tuple[DocumentKind, str], now: datetime) -> None:
        """Ask again for what was left out twice: only then is it not there any more."""
        if ref[1] in self._save(self._ask.get_documents([ref]), now):
            return
        with self._services.db.begin() as session:
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
