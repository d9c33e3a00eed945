"""Records: contacts, organizations, opportunities and projects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from core.contract.extensions import NavLink, Panel
from core.records import bin_pages, won
from core.records.kinds import KINDS
from core.records.line_items import SoldItem
from core.records.models import Record
from core.records.service import BulkWatcher, Companion, RecordNotFound, Watcher

ItemSource = Callable[[Any], Iterable[SoldItem]]


def includeme(config: Any) -> None:
    """The pages of records, their places in the navigation, what other rooms may add to them."""
    config.registry.record_companions = []
    config.registry.record_watchers = []
    config.registry.record_bulk_watchers = []
    config.registry.record_strips = []
    config.add_directive("add_record_strip", add_record_strip)
    config.add_directive("add_record_companion", add_record_companion)
    config.add_directive("add_record_watcher", add_record_watcher)
    config.add_directive("add_record_bulk_watcher", add_record_bulk_watcher)
    config.registry.item_sources = []
    config.add_directive("add_item_source", add_item_source)
    config.add_request_method(sold_items, "sold_items")
    config.add_fault(RecordNotFound, 404)
    config.add_navigation(navigation)
    config.include("core.records.views")
    bin_pages.add_routes(config)
    won.add_routes(config)


def add_record_companion(config: Any, companion: Companion) -> None:
    """Let a room that keeps something beside records say what hangs on one, and drop it when that is deleted."""
    config.registry.record_companions.append(companion)


def add_record_watcher(config: Any, watcher: Watcher) -> None:
    """Let a room follow every change of a record, in its transaction."""
    config.registry.record_watchers.append(watcher)


def add_record_bulk_watcher(config: Any, watch: BulkWatcher) -> None:
    """Let a room follow work on many records: `watch(session, kind, ids)`, once a piece, in its transaction.

    An import tells it what it made, which no watcher is told record by record, and what it changed.
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


def navigation(request: Any) -> Iterable[NavLink]:
    """The four lists."""
    return [NavLink(kind.plural, f"/{kind.key}", order=place) for place, kind in enumerate(KINDS.values(), start=1)]
