"""The page of the search, what the box suggests while somebody types, and the choices of fields that name records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from core.forms import clean, number_in
from core.records import lists
from core.records.kinds import KINDS
from core.records.models import Record
from core.search import service, words
from core.search.models import SearchEntry

SHOWN, SUGGESTED, POOL, PAGE = 10, 8, 200, 25


def includeme(config: Any) -> None:
    """The routes and who answers them."""
    config.add_route("search", "/search")
    config.add_view(search, route_name="search", renderer="search/page.jinja2")
    config.add_route("search.suggest", "/search/suggest")
    config.add_asked_while_typing("search.suggest")
    config.add_view(suggest, route_name="search.suggest", renderer="search/suggest.jinja2")
    config.set_record_finder(find_records)


@dataclass(frozen=True, slots=True)
class Hit:
    """A line of the page: `title` and `detail` with what was looked for marked, the section's word, the address."""

    title: Markup
    detail: Markup
    word: str
    url: str


def _query(request: Any) -> tuple[str, words.Query]:
    typed = clean(request.GET.get("q", ""))[: words.LONGEST]
    return typed, words.read(typed)


def sections_of(request: Any) -> dict[str, str]:
    """The sections that the user may search, with their titles."""
    sources = [one for one in request.registry.search_sources if not one.right or request.has_permission(one.right)]
    return {kind.key: kind.plural for kind in KINDS.values()} | {one.key: one.title for one in sources}


def _hits(request: Any, query: words.Query, entries: Sequence[SearchEntry]) -> list[Hit]:
    tabs = {source.key: source.tab for source in request.registry.search_sources}
    return [
        Hit(
            title=words.mark(entry.title, query),
            detail=words.mark(words.excerpt(entry.detail, query), query),
            word=KINDS[entry.section].singular if entry.section in KINDS else entry.section.removesuffix("s"),
            url=entry.path + tabs.get(entry.section, ""),
        )
        for entry in entries
    ]


def search(request: Any) -> dict[str, Any]:
    """The best of each section; of one section all that is worth paging through."""
    typed, query = _query(request)
    sections, only = sections_of(request), request.GET.get("in", "")
    if only in sections:
        return {"q": typed, **_one(request, query, only), "sections": sections}
    answer = service.search(request.dbsession, query, list(sections), limit=SHOWN)
    groups = [(one.section, _hits(request, query, one.entries), one.more) for one in answer.found]
    similar = _hits(request, query, answer.similar)
    return {"q": typed, "groups": groups, "similar": similar, "sections": sections, "only": "", "page": 1, "pages": 1}


def _one(request: Any, query: words.Query, only: str) -> dict[str, Any]:
    answer = service.search(request.dbsession, query, [only], limit=POOL)
    found = answer.found[0] if answer.found else service.Found(only, ())
    pages = max(1, -(-len(found.entries) // PAGE))
    page = min(max(1, number_in(request.GET.get("page"), 1)), pages)
    hits = _hits(request, query, found.entries[(page - 1) * PAGE : page * PAGE])
    similar = _hits(request, query, answer.similar)
    groups = [(only, hits, found.more)] if hits else []
    return {"groups": groups, "similar": similar, "only": only, "page": page, "pages": pages}


def suggest(request: Any) -> dict[str, Any]:
    """The best few of all sections, as options for the box."""
    typed, query = _query(request)
    answer = service.search(request.dbsession, query, list(sections_of(request)), limit=SUGGESTED)
    best = (*answer.best, *answer.similar)[:SUGGESTED]
    return {"q": typed, "hits": _hits(request, query, best)}


def find_records(session: Any, kind: str, text: str, *, limit: int = 10) -> Sequence[Record]:
    """The records of a kind that are meant by a text, the best first; the first few for an empty one."""
    query = words.read(text)
    if not query:
        return lists.suggestions(session, kind, "", limit=limit)
    return service.records(session, kind, query, limit=limit)
