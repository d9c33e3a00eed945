"""The bin: what was deleted is there for thirty days, with all that hangs on it, and seen nowhere else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.audit.service import record_deeds
from core.contract.extensions import RecordChange
from core.records.hiding import WITH
from core.records.lists import RELATED, SINGULAR
from core.records.models import MODELS, Record
from core.records.service import LARGEST_ID, Actor, RecordNotFound, write_down

KEPT_FOR = dt.timedelta(days=30)


def count(session: Session, kind: str) -> int:
    """How many of one type are in the bin."""
    model: Any = MODELS[kind]
    return session.scalar(_in_bin(select(func.count()).select_from(model), model), execution_options=WITH) or 0


def binned(session: Session, kind: str, *, page: int = 1, size: int = 25) -> Sequence[Record]:
    """A page of what is in the bin of one type, the latest first."""
    model: Any = MODELS[kind]
    query = _in_bin(select(model), model).order_by(model.deleted_at.desc(), model.id.desc())
    return session.scalars(query.offset((page - 1) * size).limit(size), execution_options=WITH).all()


def get_binned(session: Session, kind: str, record_id: int) -> Record:
    """The record of that kind and id that is in the bin. Raises `RecordNotFound`."""
    model: Any = MODELS[kind]
    query = _in_bin(select(model).where(model.id == record_id), model).with_for_update()
    record: Record | None = None
    if record_id <= LARGEST_ID:
        record = session.scalar(query, execution_options=WITH)
    if record is None:
        raise RecordNotFound(f"There is no {SINGULAR[kind]} with the number {record_id} in the bin.")
    return record


def restore(session: Session, record: Record, actor: Actor) -> None:
    """Take a record out of the bin, with all that hung on it."""
    record.deleted_at = record.deleted_by = None
    session.flush()
    write_down(session, record, actor, RecordChange("restored"), new={"title": record.title})


def purge(session: Session, record: Record, actor: Actor) -> None:
    """Delete a record for good. What belongs to it stays, without it; what its companions keep goes."""
    for companion in actor.companions:
        companion.drop(session, record, actor)
    _let_go(session, record, actor)
    write_down(session, record, actor, RecordChange("purged"), old={"title": record.title})
    session.delete(record)
    session.flush()


def _let_go(session: Session, record: Record, actor: Actor) -> None:
    """Let what belongs to a record belong to none, each with a new version and a deed: nobody changes it unseen."""
    for related in RELATED[record.kind]:
        model: Any = MODELS[related.kind]
        key = related.column.key
        mine = select(model.id).where(related.column == record.id)
        ids = session.scalars(mine, execution_options=WITH).all()
        if ids:
            values = {key: None, "version": model.version + 1}
            session.execute(update(model).where(related.column == record.id).values(values), execution_options=WITH)
            who: dict[str, Any] = {"when": actor.when, "user_id": actor.user_id, "kind": related.kind}
            new = [(number, {key: None}) for number in ids]
            record_deeds(session, deed="record.changed", new=new, old={key: f"{record.title} (#{record.id})"}, **who)


def empty(session: Session, actor: Actor, *, limit: int = 500) -> int:
    """Delete for good what has been in the bin for longer than `KEPT_FOR`; how many, at most so many at once."""
    old: list[Record] = []
    for kind in MODELS:
        model: Any = MODELS[kind]
        query = select(model).where(model.deleted_at < actor.when - KEPT_FOR).limit(limit - len(old))
        old.extend(session.scalars(query, execution_options=WITH).all())
    for record in old:
        purge(session, record, actor)
    return len(old)


def _in_bin(query: Any, model: Any) -> Any:
    return query.where(model.deleted_at.is_not(None))
