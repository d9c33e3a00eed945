"""Imports outside a request: checking, importing and undoing, each piece in one transaction with its own position.

A worker holds an import by a lease, and every piece moves the position on by compare-and-set in the transaction that
writes its rows: whatever is killed when, no row is imported twice and none is left out.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from core.contract.extensions import PeriodicJob
from core.db import changed, tell_sizes
from core.imports import models, reading, service
from core.imports.models import AT_WORK, Import, ImportedRecord
from core.imports.planning import Planned, Planner
from core.imports.reading import BadFile
from core.imports.writing import keep_refused, write_piece
from core.records.models import MODELS
from core.records.service import Actor, delete
from core.services import Services

log = logging.getLogger(__name__)
JOB = "imports.work"
PIECE, UNDO_PIECE = 500, 200
LEASE = dt.timedelta(minutes=2)
SWEEP_SECONDS, TIDY_SECONDS = 30, 6 * 3600
MOST_FAILURES = 3


class NotOurs(Exception):
    """The import was cancelled, or another worker has it."""


@dataclass(frozen=True)
class Followers:
    """The rooms that follow records, as the registry has them; filled while the application is put together."""

    companions: Sequence[Any]
    watchers: Sequence[Any]
    bulk_watchers: Sequence[Any]

    def actor(self, services: Services, user_id: int | None) -> Actor:
        """Who acts for the person whose import it is."""
        return Actor(
            user_id=user_id,
            when=services.clock.now(),
            plugins=services.plugins,
            companions=tuple(self.companions),
            watchers=tuple(self.watchers),
            bulk_watchers=tuple(self.bulk_watchers),
        )


def register(config: Any) -> None:
    """The job, and the periodic work that sends lost ones again and deletes old files."""
    registry, services = config.registry, config.registry.services
    followers = Followers(registry.record_companions, registry.record_watchers, registry.record_bulk_watchers)
    services.jobs.add(JOB, partial(work, services, followers))
    services.periodic.append(PeriodicJob("imports_stuck", SWEEP_SECONDS, sweep))
    services.periodic.append(PeriodicJob("imports_tidy", TIDY_SECONDS, service.tidy))


def sweep(services: Services) -> None:
    """Put imports into the queue that should be at work and that no worker has: theirs was killed, or never began."""
    now = services.clock.now()
    free = or_(Import.lease_until.is_(None), Import.lease_until < now)
    with services.db.read() as session:
        lost = session.scalars(select(Import.id).where(Import.state.in_(AT_WORK), free)).all()
    for number in lost:
        services.jobs.enqueue(JOB, import_id=number)


def work(services: Services, followers: Followers, import_id: int) -> None:
    """Carry an import on from where it is, unless another worker has it."""
    token = secrets.token_hex(16)
    state = _claim(services, import_id, token)
    if state is None:
        return
    worker = Worker(services, followers, import_id, token, state)
    try:
        {models.CHECKING: worker.check, models.RUNNING: worker.run, models.UNDOING: worker.undo}[state]()
    except NotOurs:
        log.info("import %s was stopped", import_id)
    except BadFile as error:
        worker.fail(str(error))
    except Exception:
        log.exception("import %s failed", import_id)
        worker.failed()
        raise


def _claim(services: Services, import_id: int, token: str) -> str | None:
    """Take the lease by compare-and-set; the state the import is in, or None when there is nothing to do."""
    now = services.clock.now()
    free = or_(Import.lease_until.is_(None), Import.lease_until < now)
    query = update(Import).where(Import.id == import_id, Import.state.in_(AT_WORK), free)
    with services.db.begin() as session:
        if not changed(session, query.values(lease=token, lease_until=now + LEASE)):
            return None
        return session.scalar(select(Import.state).where(Import.id == import_id))


class Worker:
    """One worker with one import, for as long as it holds the lease."""

    def __init__(self, services: Services, followers: Followers, import_id: int, token: str, state: str) -> None:
        self._services, self._followers = services, followers
        self._id, self._token, self._state = import_id, token, state

    def check(self) -> None:
        """Plan the whole file, from its beginning, and count what would become of its rows; refused ones are kept."""
        with self._services.db.begin() as session:
            service.forget_refused(session, self._ours(session, position=0, counts={}))
        counts: dict[str, int] = {}
        with self._services.db.read() as session:
            row = session.get_one(Import, self._id)
            planner = Planner(service.reader_of(session, row), service.rules_of(row), remembers=True)
            labels = service.offered(session, row.kind)

        def piece(position: int, rows: Sequence[reading.Row]) -> None:
            with self._services.db.read() as session:
                planned = planner.plan(session, rows)
            for one in planned:
                counts[one.deed] = counts.get(one.deed, 0) + 1
            with self._services.db.begin() as session:
                self._ours(session, position=position + len(rows), counts=dict(counts))
                keep_refused(session, self._id, planned, labels)

        self._pieces(0, piece)
        self._step(state=models.CHECKED, lease_until=None, lease="")

    def run(self) -> None:
        """Import from the position on, piece by piece."""
        with self._services.db.read() as session:
            row = session.get_one(Import, self._id)
            begin = row.position
            planner = Planner(service.reader_of(session, row), service.rules_of(row), remembers=False)
            labels = service.offered(session, row.kind)

        def piece(position: int, rows: Sequence[reading.Row]) -> None:
            with self._services.db.begin() as session:
                row = self._ours(session, position=position + len(rows), was=position)
                planned: list[Planned] = planner.plan(session, rows)
                write_piece(session, row, planned, self._followers.actor(self._services, row.user_id), labels)
            if _doubled(position + len(rows) - begin):
                tell_sizes(self._services.db.engine)

        self._pieces(begin, piece)
        with self._services.db.begin() as session:
            now = self._services.clock.now()
            row = self._ours(session, state=models.DONE, finished_at=now, lease="", lease_until=None)
            service.tell(session, row, "import.finished", row.user_id, now)

    def undo(self) -> None:
        """Put what it made and nobody changed since into the bin, piece by piece."""
        while self._undo_piece():
            pass
        with self._services.db.begin() as session:
            row = self._ours(session, state=models.UNDONE, lease="", lease_until=None)
            service.tell(session, row, "import.undone", row.user_id, self._services.clock.now())

    def fail(self, sentence: str) -> None:
        """Stop for good, with a sentence for the person."""
        now = self._services.clock.now()
        try:
            with self._services.db.begin() as session:
                row = self._ours(session, state=models.FAILED, problem=sentence, finished_at=now, lease_until=None)
                service.tell(session, row, "import.failed", row.user_id, now)
        except NotOurs:
            log.info("import %s was stopped before it failed", self._id)

    def failed(self) -> None:
        """Give the lease back, to be tried again by the sweeper; after the third time in a row stop for good."""
        with self._services.db.read() as session:
            failures = session.get_one(Import, self._id).failures + 1
        if failures >= MOST_FAILURES:
            self.fail("Something broke; it was written down. What was imported until then stays.")
            return
        query = update(Import).where(Import.id == self._id, Import.lease == self._token)
        with self._services.db.begin() as session:
            session.execute(query.values(failures=failures, lease="", lease_until=None))

    def _pieces(self, begin: int, piece: Callable[[int, Sequence[reading.Row]], None]) -> None:
        """Call `piece(position, rows)` for the rows from `begin` on."""
        with self._services.db.read() as session:
            row = session.get_one(Import, self._id)
        found = reading.rows(service.file_of(self._services, row), service.layout_of(row))
        position = sum(1 for _ in islice(found, begin + 1)) - 1  # the header is no row
        while rows := list(islice(found, PIECE)):
            piece(position, rows)
            position += len(rows)

    def _step(self, **values: Any) -> None:
        with self._services.db.begin() as session:
            self._ours(session, **values)

    def _ours(self, session: Session, *, was: int | None = None, **values: Any) -> Import:
        """Move the import on and keep the lease, by compare-and-set; its row. Raises `NotOurs`."""
        query = update(Import).where(Import.id == self._id, Import.lease == self._token, Import.state == self._state)
        if was is not None:
            query = query.where(Import.position == was)
        until = {"lease_until": self._services.clock.now() + LEASE, "failures": 0}
        if not changed(session, query.values({**until, **values})):
            raise NotOurs
        return session.get_one(Import, self._id)

    def _undo_piece(self) -> bool:
        """Whether there was anything left."""
        with self._services.db.begin() as session:
            row = self._ours(session)
            one = ImportedRecord
            query = (
                select(one).where(one.import_id == self._id, one.deed == models.MADE).order_by(one.kind, one.record_id)
            )
            left = session.scalars(query.limit(UNDO_PIECE)).all()
            actor = self._followers.actor(self._services, row.user_id)
            for kind in {kept.kind for kept in left}:
                _bin(session, kind, [kept for kept in left if kept.kind == kind], actor)
            return bool(left)


def _doubled(done: int) -> bool:
    """Whether so many rows are two, four, eight … pieces."""
    pieces = done // PIECE
    return done % PIECE == 0 and pieces > 1 and pieces & (pieces - 1) == 0


def _bin(session: Session, kind: str, found: Sequence[ImportedRecord], actor: Actor) -> None:
    """Put records into the bin that are as they were imported; say of each what became of it."""
    model: Any = MODELS[kind]
    wanted = select(model).where(model.id.in_([kept.record_id for kept in found])).with_for_update()
    records = {record.id: record for record in session.scalars(wanted)}
    for kept in found:
        record = records.get(kept.record_id)
        same = record is not None and record.version == kept.version
        kept.deed = models.BINNED if same else models.KEPT
        if record is not None and same:
            delete(session, record, actor, seen_version=record.version)
    for watch in actor.bulk_watchers:
        watch(session, kind, [kept.record_id for kept in found], False)
