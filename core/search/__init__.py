"""One search over all types of records and what hangs on them."""

from __future__ import annotations

from functools import partial
from typing import Any

from core.search.following import JOB, follow_many, follow_organization, watcher
from core.search.indexing import Entry, SearchSource

__all__ = ["Entry", "SearchSource"]


def includeme(config: Any) -> None:
    """The page, the box's suggestions, and what keeps the index."""
    services = config.registry.services
    config.registry.search_sources = []
    config.add_directive("add_search_source", add_search_source)
    config.add_record_bulk_watcher(partial(follow_many, config.registry.search_sources))
    config.add_record_watcher(watcher(config.registry.search_sources, services.jobs.enqueue))
    services.jobs.add(JOB, lambda organization_id: follow_organization(services.db, organization_id))
    config.include("core.search.views")


def add_search_source(config: Any, source: SearchSource) -> None:
    """Let a room have things found that hang on records, such as notes, each with a link to its record."""
    config.registry.search_sources.append(source)
