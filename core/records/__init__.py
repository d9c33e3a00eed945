"""Records: contacts, organizations, opportunities and projects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from core.contract.extensions import NavLink, Panel
from core.records import bin_pages, board_pages, bulk_pages, lists, saved_pages, won
from core.records.kinds import KINDS
from core.records.line_items import SoldItem
from core.records.models import Record
from core.records.service import Actor, BulkWatcher, Companion, RecordNotFound, Watcher

ItemSource = Callable[[Any], Iterable[SoldItem]]
Finder = Callable[..., Sequence[Record]]


def includeme(config: Any) -> None:
    """The pages of records, their places in the navigation, what other rooms may add to them."""
    config.registry.record_companions = []
    config.registry.record_watchers = []
    config.registry.record_bulk_watchers = []
    config.registry.record_strips = []
    config.registry.record_finder = lists.suggestions
    config.registry.record_twins = lambda request, kind, fields: []
    config.registry.record_forward = lambda session, kind, record_id: None
    config.registry.record_origins = lambda session, kind, record_id: ()
    config.registry.record_movers = []
    config.add_directive("set_record_twins", set_record_twins)
    config.add_directive("set_record_forward", set_record_forward)
    config.add_directive("set_record_origins", set_record_origins)
    config.add_directive("add_record_mover", add_record_mover)
    config.add_directive("set_record_finder", set_record_finder)
    config.add_directive("add_record_strip", add_record_strip)
    config.registry.record_asides = []
    config.add_directive("add_record_aside", add_record_aside)
    config.add_directive("add_record_companion", add_record_companion)
    config.add_directive("add_record_watcher", add_record_watcher)
    config.add_directive("add_record_bulk_watcher", add_record_bulk_watcher)
    config.registry.item_sources = []
    config.add_directive("add_item_source", add_item_source)
    config.add_request_method(sold_items, "sold_items")
    config.add_fault(RecordNotFound, 404, bin_pages.way_back)
    config.add_navigation(navigation)
    board_pages.add_routes(config)  # before the records' own: its addresses look like theirs
    saved_pages.add_routes(config)
    bulk_pages.add_routes(config)
    config.include("core.records.views")
    bin_pages.add_routes(config)
    won.add_routes(config)


def add_record_companion(config: Any, companion: Companion) -> None:
    """Let a room that keeps something beside records say what hangs on one, and drop it when that is deleted."""
    config.registry.record_companions.append(companion)


def add_record_watcher(config: Any, watcher: Watcher) -> None:
    """Let a room follow every change of a record, in its transaction."""
    config.registry.record_watchers.append(watcher)


def set_record_finder(config: Any, finder: Finder) -> None:
    """Let a room find the records that a text in a field means: `finder(session, kind, text, limit=10)`."""
    config.registry.record_finder = finder


def set_record_twins(config: Any, twins: Callable[[Any, str, Any], Sequence[Any]]) -> None:
    """Let a room tell what is there already: `twins(request, kind, fields)` with what was typed of a new record."""
    config.registry.record_twins = twins


def set_record_forward(config: Any, forward: Callable[[Session, str, int], int | None]) -> None:
    """Let a room say where the address of a record that is not there leads: `forward(session, kind, record_id)`."""
    config.registry.record_forward = forward


def set_record_origins(config: Any, origins: Callable[[Session, str, int], Sequence[int]]) -> None:
    """Let a room say which records became part of one, the other way round: `origins(session, kind, record_id)`."""
    config.registry.record_origins = origins


def add_record_mover(config: Any, move: Callable[[Session, str, int, int, Actor], None]) -> None:
    """Let a room that keeps something beside records move it when one is merged into another.

    `move(session, kind, from_id, to_id, actor)` writes down what it moves; what both have is not doubled.
    """
    config.registry.record_movers.append(move)


def add_record_bulk_watcher(config: Any, watch: BulkWatcher) -> None:
    """Let a room follow work on many records: `watch(session, kind, ids, new)`, once a piece, in its transaction.

    An import tells it what it made, which is `new` and no watcher is told record by record, and what it changed.
    """
    config.registry.record_bulk_watchers.append(watch)


def add_item_source(config: Any, source: ItemSource) -> None:
    """Let a room offer what may be sold, for the lines of an opportunity: `source(request)` gives the items."""
    config.registry.item_sources.append(source)


def sold_items(request: Any) -> list[SoldItem]:
    """What may be sold, each code once for each currency that it has a price in."""
    found: dict[tuple[str, str], SoldItem] = {}
    for source in request.registry.item_sources:
        for item in source(request):
            found.setdefault((item.code, item.currency), item)
    return list(found.values())


def add_record_strip(config: Any, strip: Callable[[Any, Record], Iterable[Panel]]) -> None:
    """Let a room tell something on the head of a record's pages: `strip(request, record)` yields what is drawn."""
    config.registry.record_strips.append(strip)


def add_record_aside(config: Any, aside: Callable[[Any, Record], Iterable[Panel]]) -> None:
    """Let a room show something beside the facts of a record: `aside(request, record)` yields what is drawn."""
    config.registry.record_asides.append(aside)


_LISTS = tuple(NavLink(kind.plural, f"/{kind.key}", order=place) for place, kind in enumerate(KINDS.values(), start=1))


def navigation(request: Any) -> Iterable[NavLink]:
    """The four lists."""
    return _LISTS
