"""The stages of the pipeline: as the administrator has them, or the five that come with the core."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, Table, case, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.audit.service import record_deeds
from core.db import Base, look_up, table_of

OPEN, WON, LOST = "open", "won", "lost"
OUTCOMES = (OPEN, WON, LOST)


class StageRow(Base):
    """A stage that an administrator wrote: `probability` is per cent, `outcome` open, won or lost."""

    __tablename__ = "stages"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    probability: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str] = mapped_column(String(10), default=OPEN)
    position: Mapped[int] = mapped_column(default=0)


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of the pipeline: its name, what it makes likely (per cent), and whether it is open, won or lost."""

    name: str
    probability: int
    outcome: str = OPEN


STANDARD = (
    Stage("New", 10),
    Stage("Qualified", 25),
    Stage("Proposal", 50),
    Stage("Won", 100, WON),
    Stage("Lost", 0, LOST),
)


_ROWS = table_of(StageRow)
_STAGES = select(_ROWS.c.name, _ROWS.c.probability, _ROWS.c.outcome).order_by(_ROWS.c.position, _ROWS.c.id)


def stages(session: Session) -> Sequence[Stage]:
    """The stages in their order; the standard ones until an administrator has written others."""
    return [Stage(row.name, row.probability, row.outcome) for row in look_up(session, _STAGES)] or STANDARD


def outcome_of(found: Sequence[Stage], name: str) -> str:
    """Whether a stage is open, won or lost; one that is not there any more is open."""
    return next((stage.outcome for stage in found if stage.name == name), OPEN)


class NotAStage(Exception):
    """Why stages cannot be saved so: `problems` are pairs of a row's number (-1 for the whole) and a sentence."""

    def __init__(self, problems: Sequence[tuple[int, str]]) -> None:
        super().__init__("; ".join(text for _, text in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Written:
    """A stage as an administrator wrote it: `was` is what it was called before, "" for a new one."""

    stage: Stage
    was: str = ""


def save_stages(session: Session, written: Sequence[Written], *, when: dt.datetime, user_id: int | None = None) -> None:
    """Have these stages in this order, no others; opportunities follow a new name, each with a deed. Raises
    `NotAStage`, also where a stage with opportunities in it would be gone or mean something else.
    """
    before = list(stages(session))
    problems = [*_problems(written), *_still_used(session, before, written)]
    if problems:
        raise NotAStage(problems)
    session.execute(delete(StageRow))
    for place, one in enumerate(written):
        made = StageRow(
            name=one.stage.name, probability=one.stage.probability, outcome=one.stage.outcome, position=place
        )
        session.add(made)
    session.flush()
    known = {stage.name for stage in before}
    renamed = {one.was: one.stage.name for one in written if one.was in known and one.was != one.stage.name}
    _follow(session, renamed, when, user_id)


def _problems(written: Sequence[Written]) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    seen: set[str] = set()
    for place, one in enumerate(written):
        if one.stage.name.casefold() in seen:
            found.append((place, f"There are two stages called {one.stage.name}."))
        seen.add(one.stage.name.casefold())
    for outcome, words in ((OPEN, "still open"), (WON, "won"), (LOST, "lost")):
        if outcome not in {one.stage.outcome for one in written}:
            found.append((-1, f"At least one stage must mean that an opportunity is {words}."))
    return found


def _still_used(session: Session, before: Sequence[Stage], written: Sequence[Written]) -> list[tuple[int, str]]:
    """What cannot become of stages with opportunities in them: nobody would see why these are lost, or where."""
    table, now = _table(), {one.was: (place, one.stage) for place, one in enumerate(written) if one.was}
    other = {stage.name for stage in before if stage.name not in now or now[stage.name][1].outcome != stage.outcome}
    counts = select(table.c.stage, func.count(), func.count(table.c.deleted_at)).group_by(table.c.stage)
    found = []
    for name, count, binned in session.execute(counts.where(table.c.stage.in_(other))):
        there = f"{count} {'opportunity is' if count == 1 else 'opportunities are'} in {name}"
        there += f", {binned} of them in the bin: restore those, and move all" if binned else ": move them"
        found.append(
            (now[name][0], f"{there} before it means something else.") if name in now else (-1, f"{there} first.")
        )
    return found


def _follow(session: Session, renamed: Mapping[str, str], when: dt.datetime, user_id: int | None) -> None:
    """Opportunities get the new name of their stage, in one statement, so that names may change places."""
    table = _table()
    ids = {was: session.scalars(select(table.c.id).where(table.c.stage == was)).all() for was in renamed}
    if not any(ids.values()):
        return
    names = case(dict(renamed), value=table.c.stage)
    those = update(table).where(table.c.stage.in_(renamed))
    session.execute(those.values(stage=names, version=table.c.version + 1))
    who: dict[str, Any] = {"when": when, "user_id": user_id, "deed": "record.changed", "kind": "opportunities"}
    for was, name in renamed.items():
        record_deeds(session, old={"stage": was}, new=[(number, {"stage": name}) for number in ids[was]], **who)


def _table() -> Table:
    """The table of opportunities; its class stands above this module."""
    return Base.metadata.tables["opportunities"]
