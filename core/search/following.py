"""Follows what happens to records, so that the index is right in the same moment; and builds it anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from core.contract.extensions import RecordChange
from core.db import Database
from core.records.models import MODELS, Organization, Record
from core.records.service import Watcher
from core.search import storage
from core.search.indexing import BATCH, SearchSource, add, forget, index

FOLLOWED_AT_ONCE = 200
JOB = "search.follow_organization"
Enqueue = Callable[..., None]


def watcher(sources: Sequence[SearchSource], enqueue: Enqueue) -> Watcher:
    """What keeps the index with every change; `enqueue` takes the job for an organization with many people."""

    def follow(session: Session, record: Record, change: RecordChange) -> None:
        if change.deed in ("deleted", "purged"):
            forget(session, record.kind, record.id)
        elif change.deed == "created":
            add(session, record.kind, [record.id])
        else:
            whole = change.deed in ("restored", "merged")
            index(session, record.kind, [record.id], sources if whole else ())
        if isinstance(record, Organization) and (change.deed not in ("created", "changed") or "name" in change.fields):
            _follow_name(session, record.id, enqueue)

    return follow


def follow_many(sources: Sequence[SearchSource], session: Session, kind: str, ids: Sequence[int], new: bool) -> None:
    """The same after work on many records; those that are new have no entries yet."""
    if new:
        add(session, kind, ids)
    else:
        index(session, kind, ids, sources)


def _follow_name(session: Session, organization_id: int, enqueue: Enqueue) -> None:
    """What belongs to the organization is found by its name, too: at once, or by a job after the commit for many."""
    if len(list(_belonging(session, organization_id, limit=FOLLOWED_AT_ONCE + 1))) <= FOLLOWED_AT_ONCE:
        for kind, ids in _by_kind(session, organization_id):
            index(session, kind, ids)
        return

    def ask(_: Session) -> None:
        enqueue(JOB, organization_id=organization_id)

    event.listen(session, "after_commit", ask, once=True)


def follow_organization(db: Database, organization_id: int) -> None:
    """The job: write the entries of all that belongs to an organization anew, in pieces."""
    with db.read() as session:
        found = [(kind, list(ids)) for kind, ids in _by_kind(session, organization_id)]
    for kind, ids in found:
        for piece in in_pieces(ids):
            with db.begin() as session:
                index(session, kind, piece)


def in_pieces(ids: Sequence[int], size: int = BATCH) -> Iterator[Sequence[int]]:
    """The ids, so many at a time."""
    return (ids[start : start + size] for start in range(0, len(ids), size))


def _by_kind(session: Session, organization_id: int) -> Iterator[tuple[str, list[int]]]:
    for kind, model in _of_organizations():
        ids = list(session.scalars(select(model.id).where(model.organization_id == organization_id)))
        if ids:
            yield kind, ids


def _belonging(session: Session, organization_id: int, *, limit: int) -> Iterator[int]:
    for _, model in _of_organizations():
        yield from session.scalars(select(model.id).where(model.organization_id == organization_id).limit(limit))


def _of_organizations() -> Iterator[tuple[str, Any]]:
    for kind, model in MODELS.items():
        if hasattr(model, "organization_id"):
            yield kind, model


def rebuild(db: Database, sources: Sequence[SearchSource]) -> tuple[int, bool]:
    """Empty the index and fill it again in pieces, what changed last at the end; how many records there are.

    The second value is False where the database has no index for it (`storage.REFUSED` says what to do).
    """
    with db.begin() as session:
        storage.clear(session.connection())
        quick = storage.make_index(session.connection())
    done = 0
    for kind, any_model in MODELS.items():
        model: Any = any_model
        with db.read() as session:
            ids = session.scalars(select(model.id).order_by(model.changed_at, model.id)).all()
        for piece in in_pieces(ids):
            with db.begin() as session:
                index(session, kind, piece, sources)
            done += len(piece)
    with db.begin() as session:
        storage.optimize(session.connection())
    return done, quick
