"""The stages of the pipeline: as the administrator has them, or the five that come with the core."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import String, Table, case, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

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


def save_stages(session: Session, written: Sequence[Written]) -> None:
    """Have these stages in this order, no others; opportunities follow a new name and outcome. Raises `NotAStage`."""
    before = list(stages(session))
    gone = [stage.name for stage in before if stage.name not in {one.was for one in written}]
    problems = [*_problems(written), *_still_used(session, gone)]
    if problems:
        raise NotAStage(problems)
    session.execute(delete(StageRow))
    for place, one in enumerate(written):
        made = StageRow(
            name=one.stage.name, probability=one.stage.probability, outcome=one.stage.outcome, position=place
        )
        session.add(made)
    session.flush()
    _follow(session, before, [one for one in written if one.was])


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


def _still_used(session: Session, gone: Sequence[str]) -> list[tuple[int, str]]:
    table = _table()
    counts = select(table.c.stage, func.count()).where(table.c.stage.in_(gone)).group_by(table.c.stage)
    return [
        (-1, f"{count} {'opportunity is' if count == 1 else 'opportunities are'} in {name}: move them first.")
        for name, count in session.execute(counts)
    ]


def _follow(session: Session, before: Sequence[Stage], renamed: Sequence[Written]) -> None:
    """Opportunities get the new name and outcome of their stage, in one statement, so that names may change places."""
    table, old = _table(), {stage.name: stage for stage in before}
    moved = [one for one in renamed if old.get(one.was) and _differs(old[one.was], one.stage)]
    if not moved:
        return
    names = case({one.was: one.stage.name for one in moved}, value=table.c.stage)
    outcomes = case({one.was: one.stage.outcome for one in moved}, value=table.c.stage)
    those = update(table).where(table.c.stage.in_([one.was for one in moved]))
    session.execute(those.values(stage=names, outcome=outcomes, version=table.c.version + 1))


def _differs(old: Stage, new: Stage) -> bool:
    return (old.name, old.outcome) != (new.name, new.outcome)


def _table() -> Table:
    """The table of opportunities; its class stands above this module."""
    return Base.metadata.tables["opportunities"]
