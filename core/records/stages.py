"""The stages of the pipeline: as the administrator has them, or the five that come with the core."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base

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


def stages(session: Session) -> Sequence[Stage]:
    """The stages in their order; the standard ones until an administrator has written others."""
    query = select(StageRow.name, StageRow.probability, StageRow.outcome).order_by(StageRow.position, StageRow.id)
    return [Stage(*row) for row in session.execute(query)] or STANDARD


def outcome_of(found: Sequence[Stage], name: str) -> str:
    """Whether a stage is open, won or lost; one that is not there any more is open."""
    return next((stage.outcome for stage in found if stage.name == name), OPEN)
