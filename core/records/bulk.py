"""One change to many records: asked first, done in pieces, each record by the rules that hold for one alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, Json, Moment
from core.records import lists, service
from core.records.models import MODELS, Record
from core.records.service import Actor, StaleRecord
from core.records.stages import stages
from core.records.tags import MOST as MOST_TAGS

MOST, AT_ONCE, PIECE = 10_000, 500, 100
UNDO_FOR, KEPT_FOR = dt.timedelta(hours=1), dt.timedelta(days=1)
ASKED, RUNNING, DONE, UNDONE = "asked", "running", "done", "undone"
OWNER, ADD_TAG, REMOVE_TAG, STAGE, STATUS, DELETE = "owner", "add_tag", "remove_tag", "stage", "status", "delete"


class BulkChange(Base):
    """A change to many records: what (`deed`, `value`, `reason`), to which (`items`: pairs of id and seen version).

    `place` says how many items are done, `changed` how many of them changed, `problems` what was left out and why
    (pairs of title and sentence), `before` how to take it back (id, version after it, old values).
    """

    __tablename__ = "bulk_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    deed: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(60), default="")
    reason: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(10), default=ASKED, index=True)
    items: Mapped[list[Any]] = mapped_column(Json, default=list)
    place: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    problems: Mapped[list[Any]] = mapped_column(Json, default=list)
    before: Mapped[list[Any]] = mapped_column(Json, default=list)
    created_at: Mapped[dt.datetime] = mapped_column(Moment)

    @property
    def path(self) -> str:
        """The address of its page."""
        return f"/{self.kind}/bulk/{self.id}"

    def may_be_undone(self, now: dt.datetime) -> bool:
        """Whether it can be taken back in one go: small, lately done, and no deletion, which the bin takes back."""
        fits = self.deed != DELETE and len(self.items) <= AT_ONCE and bool(self.before)
        return self.state == DONE and fits and now - self.created_at < UNDO_FOR


@dataclass(frozen=True)
class Wish:
    """What shall be done: one of the deeds, with its value (an owner's id or "", a tag, a stage, a status)."""

    deed: str
    value: str = ""
    reason: str = ""


def plan(
    session: Session, kind: str, wish: Wish, where: Sequence[Any], *, user_id: int, when: dt.datetime
) -> BulkChange:
    """Write down what shall be done to the records that meet the conditions, as they are now; at most `MOST`."""
    model: Any = MODELS[kind]
    found = session.execute(select(model.id, model.version).where(*where).order_by(model.id).limit(MOST))
    items = [[number, version] for number, version in found]
    made = BulkChange(kind=kind, user_id=user_id, deed=wish.deed, value=wish.value, reason=wish.reason, items=items)
    made.created_at = when
    session.add(made)
    session.flush()
    return made


def carry_on(session: Session, bulk: BulkChange, actor: Actor, *, limit: int = PIECE) -> None:
    """Do the next piece, in the transaction that also moves the place on: what is done is never done twice."""
    piece = bulk.items[bulk.place : bulk.place + limit]
    model: Any = MODELS[bulk.kind]
    query = select(model).where(model.id.in_([number for number, _ in piece])).with_for_update(of=model)
    there = {record.id: record for record in session.scalars(query)}
    lists.read_tags(session, bulk.kind, list(there.values()))
    problems, before = list(bulk.problems), list(bulk.before)
    for number, version in piece:
        record = there.get(number)
        if record is None:
            problems.append([f"#{number}", "was deleted meanwhile"])
            continue
        try:
            old = _do(session, bulk, record, actor, version)
        except StaleRecord:
            problems.append([record.title, "was changed meanwhile"])
        except ValueError as problem:
            problems.append([record.title, str(problem)])
        else:
            before += [] if old is None else [[record.id, record.version, old]]
    bulk.changed += len(before) - len(bulk.before)
    bulk.problems, bulk.before, bulk.place = problems, before, bulk.place + len(piece)
    bulk.state = DONE if bulk.place >= len(bulk.items) else RUNNING


def undo(session: Session, bulk: BulkChange, actor: Actor) -> int:
    """Give the records back what they had; those that changed since are left alone. How many there were of these."""
    left = 0
    for number, version, old in bulk.before:
        record: Any = session.get(MODELS[bulk.kind], number)
        if record is None or record.deleted_at or record.version != version:
            left += 1
            continue
        values = {name: tuple(value) if name == "tags" else value for name, value in old.items()}
        service.change(session, record, values, actor, seen_version=version)
    bulk.state = UNDONE
    return left


def _do(session: Session, bulk: BulkChange, record: Record, actor: Actor, version: int) -> dict[str, Any] | None:
    """Change one record; what it had before, None where it is so already."""
    if bulk.deed == DELETE:
        service.delete(session, record, actor, seen_version=version)
        return {}
    values = _values(session, bulk, record)
    old = {name: getattr(record, name) for name in values}
    changed = service.change(session, record, values, actor, seen_version=version)
    return {name: old[name] for name in old if name in changed} if changed else None


def _values(session: Session, bulk: BulkChange, record: Record) -> Mapping[str, Any]:
    if bulk.deed == OWNER:
        return {"owner_id": int(bulk.value) if bulk.value else None}
    if bulk.deed == STATUS:
        return {"status": bulk.value}
    if bulk.deed == STAGE:
        stage = next((one for one in stages(session) if one.name == bulk.value), None)
        if stage is None:
            raise ValueError("the stage is not there any more")
        if getattr(record, "stage", "") == stage.name:
            return {}
        return {"stage": stage.name, "probability": stage.probability, "reason": bulk.reason}
    kept = tuple(tag for tag in record.tags if tag.casefold() != bulk.value.casefold())
    if bulk.deed == ADD_TAG and len(kept) < len(record.tags):
        return {}
    if bulk.deed == ADD_TAG and len(kept) >= MOST_TAGS:
        raise ValueError(f"has {MOST_TAGS} tags already")
    tags = kept if bulk.deed == REMOVE_TAG else (*kept, bulk.value)
    return {"tags": tuple(sorted(tags, key=str.casefold))}
