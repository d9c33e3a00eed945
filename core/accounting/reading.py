"""One reading of one connection: in which order, in how few calls, and what it saves as it goes.

A connection has one feed of changes (`AccountingProvider.changes`), read when it is older than `budget.pace` says; it
keeps every loaded party and every linked document of the connection current together, however many tabs are open. Only
a party that was never loaded costs calls of its own, once. No session is open during a call. Documents may be five
minutes old, choices and the organisation a day. What one party, one document or one list has wrong keeps no other back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from core.accounting import budget, connections, following, rereading, snapshot, telling, unread, walks
from core.accounting.keeping import Keeping
from core.accounting.models import Connection, PartyLink, PartyRow
from core.accounting.rules import ADVANCES
from core.accounting.walks import Walk
from core.contract.answers import AFTER_A_FAULT
from core.contract.errors import NotFound, ProviderError, Unavailable, Unsupported
from core.contract.guard import UNREADABLE
from core.contract.provider import AccountingProvider
from core.contract.values import Capability, Change, ChoiceKind, Document, DocumentKind, Page, Party, PartyState, Ref
from core.services import Services

DAY = timedelta(days=1)
QUIET = timedelta(hours=18)  # with a look every six hours: within a day
PORTION = 40  # documents asked for by their ids at once: what was read is saved before more is asked
FEW = 5  # parties told of that are read one by one; more of them come by the feed, in a few calls
MOST_FAILING = 3  # parties tried alone, one after the other, that fail: then it is not the party


def _new(connection_id: int) -> Select[str]:
    """The linked parties whose documents were never loaded whole."""
    same = (PartyRow.connection_id == PartyLink.connection_id) & (PartyRow.party_id == PartyLink.party_id)
    linked = select(PartyLink.party_id).outerjoin(PartyRow, same)
    return linked.where(PartyLink.connection_id == connection_id, PartyRow.documents_at.is_(None)).distinct()


def has_new(session: Session, connection_id: int) -> bool:
    """Whether somebody waits for a first load that did not begin yet."""
    begun = {party_id for one in walks.loads(session, connection_id) for party_id in one.party_ids}
    return any(party_id not in begun for party_id in session.scalars(_new(connection_id)))


class Reading(Keeping):
    """One refresh of one connection by the process that holds its lease."""

    def __init__(self, services: Services, connection_id: int, provider: AccountingProvider, owner: str) -> None:
        super().__init__(services, connection_id, provider, owner)
        self._feeds = Capability.CHANGES in provider.capabilities()
        self._settled = False

    def run(self, party_ids: Sequence[str], document_ids: Sequence[str], age: timedelta | None) -> bool:
        """Read what is older than `age` (None: as `budget.pace` says) or new; whether anything was asked for."""
        now = self._services.clock.now()
        with self._services.db.read() as session:
            state = session.get_one(Connection, self._id)
            organisation_at, choices_at = state.organisation_at, state.choices_at
            pace = budget.pace(session, self._id, now)
        advances, age = (budget.pace_of_advances(pace), pace) if age is None else (age, age)
        if _old(organisation_at, now, QUIET):
            self._read_organisation()
        late = [
            *self._tried(self._read_told),
            *self._tried(lambda: self._keep_up(now, age, advances)),
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
        self._read_advances(self._services.clock.now(), None)
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
            self._keep_up(now, timedelta(0), None)
        else:
            for party_id in waits.parties:
                party = self._party(party_id)
                with self._services.db.begin() as session:
                    snapshot.save_parties(session, self._id, [party], self._services.clock.now())
        for portion in snapshot.in_batches(waits.documents, PORTION):
            documents = self._ask.get_documents(portion)
            self._note_settled(documents)
            self._save(documents, self._services.clock.now())
        with self._services.db.begin() as session:
            telling.note_read(session, self._id, waits, now)

    def _keep_up(self, now: datetime, age: timedelta, advances: timedelta | None) -> None:
        """What keeps all parties current together: the feed and the advances, else the list of everybody once a day."""
        with self._services.db.read() as session:
            state = session.get_one(Connection, self._id)
            parties_at, changes_at = state.parties_at, state.changes_at
        stopped = self._stopped(walks.CHANGES)
        if not self._feeds:
            if _old(parties_at, now, DAY):
                self._read_everybody(now)
        elif parties_at is None or _old(changes_at, now, age) or stopped:
            since = None if parties_at is None else changes_at
            marks = ["changes_at", *(["parties_at"] if since is None else [])]
            self._follow_feed(walks.CHANGES, marks, lambda cursor: self._ask.changes(since, cursor=cursor))
            if stopped:  # it began a while ago, and tells nothing of what changed since in lists it had read by then
                self._keep_up(now, age, advances)
                return
        self._read_advances(now, advances)

    def _read_advances(self, now: datetime, age: timedelta | None) -> None:
        """Over- and prepayments that are told apart: when so old, or (None, too) when an invoice was settled by one."""
        if Capability.ADVANCES not in self._provider.capabilities():
            return
        with self._services.db.read() as session:
            since = session.get_one(Connection, self._id).advances_at
        stopped = self._stopped(walks.ADVANCES)
        if self._settled or (age is not None and _old(since, now, age)) or stopped:
            self._follow_feed(walks.ADVANCES, ["advances_at"], lambda cursor: self._ask.advances(since, cursor=cursor))
            if stopped:
                self._read_advances(now, age)
            self._settled = False

    def _note_settled(self, documents: Sequence[Document]) -> None:
        """Whether one of them was settled by an over- or prepayment since it was read, of which less is left then."""
        settled = [one for one in documents if any(payment.kind in ADVANCES for payment in one.payments)]
        if settled:
            with self._services.db.read() as session:
                self._settled |= snapshot.tell_news(session, self._id, settled)

    def _follow_feed(self, what: str, marks: Sequence[str], ask: Callable[[str | None], Page[Change]]) -> None:
        """Follow a feed to its end, from where it was stopped; then move its marks to when that walk began."""
        with self._services.db.read() as session:
            begun = walks.of_feed(session, self._id, what)
        walk = begun or Walk(self._services.clock.now(), what=what)
        try:
            for page in self._pages(ask, walk.cursor):
                documents = [one.document for one in page.items if one.document is not None]
                if what == walks.CHANGES:
                    self._note_settled(documents)
                self._save(documents, self._services.clock.now(), also=partial(self._note_feed, walk, marks, page))
        except NotFound:  # the cursor means nothing any more
            if begun is None:
                raise
            with self._services.db.begin() as session:
                walks.end(session, walk)
            self._follow_feed(what, marks, ask)

    def _stopped(self, what: str) -> bool:
        with self._services.db.read() as session:
            return walks.of_feed(session, self._id, what) is not None

    def _note_feed(self, walk: Walk, marks: Sequence[str], page: Page[Change], session: Session) -> None:
        parties = [one.party for one in page.items if one.party is not None]
        snapshot.save_parties(session, self._id, parties, self._services.clock.now())
        if page.cursor is not None:
            walks.keep(session, self._id, walk, page.cursor)
        else:
            walks.end(session, walk)
            self._mark(session, **dict.fromkeys(marks, walk.began_at))

    def _read_organisation(self) -> None:
        organisation = self._ask.organisation()
        with self._services.db.begin() as session:
            connection = session.get_one(Connection, self._id)
            connections.save_organisation(connection, organisation, known=True)
            connection.organisation_at = self._services.clock.now()

    def _load_new(self) -> None:
        """Walk the documents of linked parties that were never loaded; then go on with loads that were stopped."""
        with self._services.db.read() as session:
            begun = walks.loads(session, self._id)
            waiting = set(session.scalars(_new(self._id)))
        new = sorted(waiting.difference(*(one.party_ids for one in begun)))
        late = self._tried(lambda: self._load_each(new))
        for load in begun:
            late += self._tried(partial(self._go_on, load))
        for error in late:
            raise error

    def _load_each(self, party_ids: Sequence[str]) -> None:
        """All together, in few calls; where that fails at once, one by one. Raises the first failure at the end."""
        if len(party_ids) > 1:
            together = Walk(self._services.clock.now(), party_ids)
            if not self._tried(lambda: self._load(together)):
                return
            if together.row is not None:  # it came some way
                self._go_on(together)
                return
        self._load_alone(party_ids)

    def _load_alone(self, party_ids: Sequence[str]) -> None:
        failed: list[ProviderError] = []
        for party_id in party_ids:
            failed += self._tried(partial(self._load, Walk(self._services.clock.now(), [party_id])))
            if len(failed) == MOST_FAILING:
                break
        for error in failed:
            raise error

    def _go_on(self, load: Walk) -> None:
        """Go on with a load; one that fails where it failed before begins again, each party by itself."""
        stood, late = load.cursor, self._tried(lambda: self._load(load))
        if late and load.cursor == stood and (len(load.party_ids) > 1 or isinstance(late[0], NotFound)):
            with self._services.db.begin() as session:
                walks.end(session, load)
            self._load_alone(load.party_ids)
            return
        for error in late:
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

    def _load(self, load: Walk) -> None:
        """Read and keep page after page; where it is stopped, it goes on there."""
        self._ensure_in_index(load.party_ids)
        pages = self._pages(lambda cursor: self._ask.documents_of(load.party_ids, cursor=cursor), load.cursor)
        for page in pages:
            self._save(page.items, self._services.clock.now(), also=partial(self._note_page, load, page.cursor))

    def _note_page(self, load: Walk, cursor: str | None, session: Session) -> None:
        """Where the load goes on, or that it is done."""
        if cursor is not None:
            walks.keep(session, self._id, load, cursor)
        elif walks.end(session, load):
            unread.forget_untold(session, self._id, load.party_ids, load.began_at)
            if not self._feeds:  # all there is was told: what was not, is not there any more
                snapshot.note_gone(session, self._id, load.party_ids, load.began_at)
            session.execute(
                update(PartyRow)
                .where(PartyRow.connection_id == self._id, PartyRow.party_id.in_(load.party_ids))
                .values(documents_at=load.began_at)
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
            self._mark(session, parties_at=now)

    def _read_documents(self, document_ids: Sequence[str], now: datetime, age: timedelta | None) -> None:
        """Ask by id for what the feed and the parties do not bring; `age` only without a feed."""
        with self._services.db.read() as session:
            refs = rereading.missing(session, self._id, now)
            refs += rereading.named(session, self._id, document_ids)
            open_still = rereading.open_for_a_day(session, self._id, now)
            refs += open_still
            if age is not None:
                refs += rereading.linked_and_old(session, self._id, now - age, now)
            refs += unread.for_a_day(session, self._id, now)
        for portion in snapshot.in_batches(dict.fromkeys(refs), PORTION):
            self._read_portion(portion, now)
        self._note_rest(len(open_still) == rereading.AT_ONCE)

    def _note_rest(self, more: bool) -> None:
        """That the open documents of a day are gone on with in a while, unless the day's calls run low, or are done."""
        now = self._services.clock.now()
        with self._services.db.read() as session:
            begun = walks.of_feed(session, self._id, walks.OPEN)
            more = more and budget.left_today(session, self._id, now) >= budget.LOW
        if more is (begun is not None):
            return
        with self._services.db.begin() as session:
            if begun is None:
                walks.keep(session, self._id, Walk(now, what=walks.OPEN), "")
            else:
                walks.end(session, begun)

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
            self._mark(session, choices_at=self._services.clock.now())


def _old(at: datetime | None, now: datetime, age: timedelta) -> bool:
    return at is None or at <= now - age
