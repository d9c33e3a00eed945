"""Finding: candidates from the index, then the best of them first.

A hit is the better the more of its title was typed: the whole title, its beginning, beginnings of words, words
anywhere; among equals what changed last comes first. Where that finds next to nothing, titles that are similar are
looked for: entries that share pieces of the words are compared letter by letter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from rapidfuzz import fuzz
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.records.models import MODELS, Record
from core.search.lookup import SHORT, Wanted, candidates
from core.search.models import SearchEntry
from core.search.words import BEGIN, END, Query

FEW, CANDIDATES, CLOSE = 3, 100, 75
SIMILAR, MOST_MISSPELT = 5, 3
Ranked = tuple[int, SearchEntry]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in one section: the best first; `more` where there is more than asked for."""

    section: str
    entries: tuple[SearchEntry, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found: the best of all, the best by section; and what is only similar, the nearest first."""

    best: tuple[SearchEntry, ...] = ()
    found: tuple[Found, ...] = ()
    similar: tuple[SearchEntry, ...] = ()


def search(session: Session, query: Query, sections: Sequence[str], *, limit: int) -> Answer:
    """The best `limit` of each section; similar ones where fewer than `FEW` were found in all."""
    if not query:
        return Answer()
    ranked = _ranked(session, query, sections, limit)
    best, found = [entry for _, entry in ranked], _grouped(ranked, sections, limit)
    if len(best) >= FEW or len(query.phrase) <= SHORT:
        return Answer(tuple(best[:limit]), found)
    known = {entry.id for entry in best}
    near = [one for one in similar(session, query, sections) if one.id not in known]
    return Answer(tuple(best[:limit]), found, tuple(near))


def records(session: Session, kind: str, query: Query, *, limit: int) -> list[Record]:
    """The records of one kind that are found, best first, with similar ones behind; for fields that name a record."""
    answer = search(session, query, [kind], limit=limit)
    ids = [entry.record_id for entry in (*answer.best, *answer.similar)]
    model: Any = MODELS[kind]
    there = {one.id: one for one in session.scalars(select(model).where(model.id.in_(ids)))}
    return [there[number] for number in dict.fromkeys(ids) if number in there][:limit]


def _grouped(ranked: Sequence[Ranked], sections: Sequence[str], limit: int) -> tuple[Found, ...]:
    """By section: the one with the best hit first, among equals in their usual order."""
    groups: dict[str, list[Ranked]] = {}
    for rank, entry in ranked:
        groups.setdefault(entry.section, []).append((rank, entry))
    order = sorted(groups, key=lambda section: (groups[section][0][0], sections.index(section)))
    return tuple(Found(key, tuple(e for _, e in groups[key][:limit]), len(groups[key]) > limit) for key in order)


def _ranked(session: Session, query: Query, sections: Sequence[str], limit: int) -> list[Ranked]:
    """What is found, the best first; of each section one more than the limit, where there is more."""
    *good, last = _tiers(query)
    ranks = candidates(session, [(one, section) for one in good for section in sections], limit + 1)
    entries = {entry.id: entry for entry in _entries(session, ranks)}
    full = Counter(entry.section for entry in entries.values())
    wanting = [section for section in sections if full[section] <= limit]
    more = candidates(session, [(one, section) for one in last for section in wanting], limit + 1) - ranks
    entries.update((entry.id, entry) for entry in _entries(session, more))
    found = [(_rank(query, entry.text), entry) for entry in entries.values()]
    return sorted(found, key=lambda pair: (pair[0], -pair[1].id))


def _tiers(query: Query) -> tuple[Wanted, Wanted, Wanted, tuple[Wanted, ...]]:
    """What must be in a text, the best first: the whole title, its beginning, beginnings of words; else anything."""
    beginnings = tuple(f" {word}" for word in query.words)
    anywhere = tuple(word if len(word) >= SHORT else f" {word}" for word in query.words)
    others = [anywhere] if anywhere != beginnings else []
    others += [(query.phone,)] if query.phone else []
    return (f"{BEGIN}{query.phrase}{END}",), (f"{BEGIN}{query.phrase}",), beginnings, tuple(others)


def _rank(query: Query, found: str) -> int:
    """How good a hit is: 0 the whole title, 1 its beginning, 2 beginnings of words, 3 anything else."""
    for rank, wanted in enumerate(_tiers(query)[:3]):
        if all(str(part) in found for part in wanted):
            return rank
    return 3


def _entries(session: Session, ids: Collection[int]) -> Sequence[SearchEntry]:
    return session.scalars(select(SearchEntry).where(SearchEntry.id.in_(ids))).all() if ids else []


def similar(session: Session, query: Query, sections: Sequence[str], *, limit: int = SIMILAR) -> list[SearchEntry]:
    """Entries whose title has a word much like each that was typed, or is much like all of it, the nearest first."""
    asked = [(wanted, section) for wanted in _halves(query) for section in sections]
    near = _entries(session, candidates(session, asked, CANDIDATES))
    scored = [(score, entry) for entry in near if (score := closeness(query.words, entry.text)) >= CLOSE]
    scored.sort(key=lambda pair: (-pair[0], -pair[1].id))
    return [entry for _, entry in scored[:limit]]


def closeness(words: Sequence[str], entry_text: str) -> float:
    """How near what was typed is to a title, 0 to 100: each word to the title's nearest, or all to the whole."""
    title = entry_text.removeprefix(BEGIN).partition(END)[0].split()
    if not title:
        return 0.0
    each = [max(fuzz.ratio(word, one) for one in title) for word in words]
    return max(sum(each) / len(each), fuzz.ratio("".join(words), "".join(title)))


def _halves(query: Query) -> list[Wanted]:
    """Of each word its first or its last half, in all combinations: one mistake in a word leaves one half whole."""
    words = sorted(query.words, key=len, reverse=True)[:MOST_MISSPELT]
    pairs = [(f" {word[: (len(word) + 1) // 2]}", f"{word[len(word) // 2 :]} ") for word in words if len(word) >= SHORT]
    return list(product(*pairs)) if pairs else []
