"""The pipeline as a board: a column for each stage with its sums, and the opportunities that close first as cards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import formats
from core.records import lists, service
from core.records.models import Opportunity
from core.records.service import Actor
from core.records.stages import LOST, OPEN, Stage, stages

CARDS = 50
CLOSED_FOR = dt.timedelta(days=30)
Conditions = Sequence[Any]


class ReasonMissing(ValueError):
    """A lost opportunity says why."""


@dataclass
class BoardColumn:
    """A stage: how many are in it, their sums by currency (without tax), what they may bring, and the cards."""

    stage: Stage
    place: int
    count: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)
    weighted: dict[str, Decimal] = field(default_factory=dict)
    cards: Sequence[Opportunity] = ()


def board(session: Session, conditions: Conditions, now: dt.datetime, only: Sequence[str] = ()) -> list[BoardColumn]:
    """The columns of the pipeline, in its order, of the opportunities that meet the conditions.

    Won and lost columns have only what changed in the last `CLOSED_FOR`. Stages that are not there any more but
    have opportunities stand at the end. `only` leaves out all but the stages of these names.
    """
    there = list(stages(session))
    here = [*conditions, (Opportunity.outcome == OPEN) | (Opportunity.changed_at >= now - CLOSED_FOR)]
    sums = _sums(session, here)
    gone = sorted({row.stage for row in sums} - {stage.name for stage in there})
    columns = [BoardColumn(stage, place) for place, stage in enumerate([*there, *(Stage(name, 0) for name in gone)])]
    for column in columns:
        for row in sums:
            if row.stage == column.stage.name:
                _add(column, row)
    shown = [column for column in columns if not only or column.stage.name in only]
    first = [_first(session, [*here, Opportunity.stage == column.stage.name]) for column in shown]
    cards = _cards(session, [number for ids in first for number in ids])
    for column, ids in zip(shown, first, strict=True):
        column.cards = [cards[number] for number in ids if number in cards]
    return shown


def _sums(session: Session, conditions: Conditions) -> Sequence[Any]:
    """Counts and sums by stage, currency and probability: few rows, summed exactly as whole numbers by the database."""
    by = (Opportunity.stage, Opportunity.currency, Opportunity.probability)
    total = func.sum(Opportunity.amount, type_=Opportunity.amount.type).label("total")
    return session.execute(select(*by, func.count().label("number"), total).where(*conditions).group_by(*by)).all()


def _add(column: BoardColumn, row: Any) -> None:
    column.count += row.number
    if row.total is not None:
        column.sums[row.currency] = column.sums.get(row.currency, Decimal(0)) + row.total
        likely = (row.total * row.probability / 100).quantize(Decimal(10) ** -formats.decimals(row.currency))
        column.weighted[row.currency] = column.weighted.get(row.currency, Decimal(0)) + likely


def _first(session: Session, conditions: Conditions) -> Sequence[int]:
    """The ids of the opportunities that close first; those without a date behind them."""
    order = (Opportunity.close_date.is_(None), Opportunity.close_date, Opportunity.id)
    return session.scalars(select(Opportunity.id).where(*conditions).order_by(*order).limit(CARDS)).all()


def _cards(session: Session, ids: Sequence[int]) -> dict[int, Opportunity]:
    """Opportunities by id with what they lead to: read apart from their order, for which all would be read."""
    query = select(Opportunity).where(Opportunity.id.in_(ids)).options(*lists.titles_of_links("opportunities"))
    return {deal.id: deal for deal in session.scalars(query)} if ids else {}


def move(session: Session, deal: Opportunity, to: Stage, reason: str, actor: Actor, *, seen_version: int) -> bool:
    """Put an opportunity into a stage, with the probability of that stage; whether that changed anything.

    Raises `ReasonMissing` for a lost one without a reason, and `StaleRecord`.
    """
    if deal.stage == to.name:
        return False
    if to.outcome == LOST and not reason:
        raise ReasonMissing("Write why it was lost.")
    values = {"stage": to.name, "probability": to.probability, "reason": reason if to.outcome != OPEN else ""}
    service.change(session, deal, values, actor, seen_version=seen_version)
    return True


def is_overdue(deal: Opportunity, today: dt.date) -> bool:
    """Whether an open opportunity should have closed before today."""
    return deal.outcome == OPEN and deal.close_date is not None and deal.close_date < today
