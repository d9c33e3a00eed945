"""What an address says about a list: its filters, its order, its columns; shared by the list, its export, the board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from core import formats
from core.forms import clean, number_in
from core.records import filters, lists
from core.records.custom import CustomField, custom_fields
from core.records.filters import Active, Asking, Chosen, Filter
from core.records.kinds import KINDS, Column, RecordKind
from core.records.stages import stages
from core.records.tags import known_tags
from core.users.style import FIELD

PLACES = ("page", "after", "before")


@dataclass(frozen=True)
class Listing:
    """A list as an address asks for it."""

    kind: RecordKind
    fields: Sequence[CustomField]
    text: str
    sort: str
    filters: Sequence[Filter]
    chosen: Chosen
    asking: Asking

    @property
    def conditions(self) -> list[Any]:
        """What the records must meet, the words among it."""
        return [*self.chosen.conditions, *lists.matching(self.kind.key, self.text)]

    @property
    def is_readable(self) -> bool:
        """Whether every filter could be read: else the list shows more than was asked for."""
        return not self.chosen.problems

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What is filtered by, the words among it, without order and place."""
        return [*([("q", self.text)] if self.text else []), *self.chosen.pairs]

    @property
    def chips(self) -> list[Active]:
        """The filters that are on."""
        return [*([Active("q", self.text, "Words", f"“{self.text}”")] if self.text else []), *self.chosen.active]

    def without(self, chip: Active) -> str:
        """The address without one filter."""
        return self.query([pair for pair in self.pairs if pair != (chip.name, chip.text)])

    def query(self, pairs: Sequence[tuple[str, str]] | None = None, sort: str | None = None) -> str:
        """The query of an address of this list, with other pairs or another order."""
        order = self.sort if sort is None else sort
        every = [*(self.pairs if pairs is None else pairs), *([("sort", order)] if order else [])]
        return f"?{urlencode(every)}" if every else "?"

    @property
    def columns(self) -> list[Column]:
        """The columns: the type's own, custom fields that are columns, the owner."""
        own = [Column(one.label, one.name, one.style, one.name, True, one) for one in self.fields if one.in_list]
        return [*self.kind.columns, *own, Column("Owner", "owner_id", "owner", "owner", minor=True)]

    @property
    def number_style(self) -> str:
        """The style in which the panel shows numbers and reads them; empty for that of addresses, the default one."""
        numbers = formats.style().numbers
        return "" if numbers == formats.DEFAULT.numbers else numbers

    def input(self, one: Filter) -> str:
        """How the panel asks for a filter."""
        return filters.STYLES[one.style].input

    def choices(self, one: Filter) -> Sequence[tuple[str, str]]:
        """What a filter offers."""
        return filters.choices(one, self.asking)


def listing(request: Any, kind: str) -> Listing:
    """The list of a type that the request's address asks for."""
    session = request.dbsession
    fields = custom_fields(session, kind)
    asking = Asking(
        user_id=request.identity.id,
        people=dict(request.people()),
        former=dict(request.former_people()),
        stages=[stage.name for stage in stages(session)] if kind == "opportunities" else (),
        numbers=typed if (typed := request.GET.get(FIELD, "")) in formats.NUMBERS else formats.DEFAULT.numbers,
        title=lambda number: lists.titles(session, "organizations", [number]).get(number, f"#{number}"),
    )
    every = filters.filters_of(kind, fields)
    chosen = filters.read(every, list(request.GET.items()), asking)
    text = clean(request.GET.get("q", ""))[:200]
    return Listing(KINDS[kind], fields, text, request.GET.get("sort", "")[:60], every, chosen, asking)


def tags_to_offer(request: Any, kind: str) -> Sequence[str]:
    """The tags that the panel of filters suggests."""
    return known_tags(request.dbsession, kind)


def place_of(request: Any) -> lists.At:
    """Where in a list the address asks for a page."""
    get = request.GET
    return lists.At(get.get("after", ""), get.get("before", ""), number_in(get.get("page"), 1))
