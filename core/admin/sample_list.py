"""Samples of lists for the style guide page: filters, rows with boxes, pages, the board. None of them is stored."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from core.records import filters
from core.records.board import BoardColumn
from core.records.filters import Asking
from core.records.kinds import OPPORTUNITIES, tone_of
from core.records.listing import Listing
from core.records.lists import Found, Listed
from core.records.models import Opportunity, Organization
from core.records.stages import LOST, OPEN, Stage

PEOPLE = {1: "Mere Tautari", 2: "Tom Fielding"}
NOWHERE = 2**31 - 1  # the id of no record: what is pressed by mistake changes nothing


def list_samples(today: dt.date) -> dict[str, Any]:
    """What the style guide needs for its list and its board."""
    records = [
        _opportunity(NOWHERE, "Roastery refit, stage 2", "Proposal", "18500", today - dt.timedelta(9)),
        _opportunity(NOWHERE - 1, "Autumn beans", "Qualified", "2400", today + dt.timedelta(21)),
    ]
    return {
        "kind": OPPORTUNITIES,
        "asked": _asked(),
        "records": records,
        "tones": tone_of,
        "names": PEOPLE,
        "columns": _columns(records),
        "overdue": lambda one: one.close_date < today,
        "place": Listed(records, 1_000, uncounted=True, first=26, previous="here", next="there"),
        "numbered": Found(records, 90, 2),
    }


def _opportunity(number: int, name: str, stage: str, amount: str, close: dt.date) -> Opportunity:
    home = Organization(id=NOWHERE, name="Harbour Coffee Roasters")
    values = {"name": name, "stage": stage, "outcome": OPEN, "amount": Decimal(amount), "currency": "NZD"}
    return Opportunity(id=number, version=1, owner_id=1, close_date=close, organization=home, custom={}, **values)


def _asked() -> Listing:
    """A list that is narrowed by words, an owner and two stages, one filter of which cannot be read."""
    asking = Asking(1, PEOPLE, ("New", "Qualified", "Proposal"), title=lambda number: "Harbour Coffee Roasters")
    every = filters.filters_of("opportunities", ())
    given = [("owner", "1"), ("stage", "Proposal"), ("stage", "Qualified"), ("amount_from", "much")]
    return Listing(OPPORTUNITIES, (), "refit", "name", every, filters.read(every, given, asking), asking)


def _columns(records: list[Opportunity]) -> list[BoardColumn]:
    proposal = BoardColumn(Stage("Proposal", 50), 0, 2, {"NZD": Decimal(18500)}, {"NZD": Decimal(9250)}, records[:1])
    qualified = BoardColumn(Stage("Qualified", 25), 1, 1, {"NZD": Decimal(2400)}, {"NZD": Decimal(600)}, records[1:])
    return [proposal, qualified, BoardColumn(Stage("Lost", 0, LOST), 2)]
