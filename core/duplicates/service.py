"""Finds what is probably the same: for what is being typed, and as a list of groups with the reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any

from rapidfuzz import fuzz
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.duplicates.keys import NEAR, REASONS, keys_of, title_of
from core.duplicates.models import WIDTH, MatchKey, NotDuplicates
from core.folding import any_order
from core.records.models import MODELS, Record

FEW, EACH = 5, 20
MOST = 20  # what more have in common says nothing
COMPARED, CLOSE = 40, 90
PAGE, BLOCKS = 20, 2_000
Key = tuple[str, str]  # what is shared, and the value


@dataclass(frozen=True, slots=True)
class Twin:
    """A record that may be the one that is typed, and why.

    It is `sure` when more than a similar name says so, `certain` when the e-mail address does: two seldom share one.
    """

    record: Record
    reasons: tuple[str, ...]
    sure: bool
    certain: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Records that are probably the same, the oldest first, and all they have in common, the surest first."""

    records: tuple[Record, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some groups, and the `after` that gives the next ones: "" where there are no more."""

    groups: tuple[Group, ...]
    after: str = ""


def twins(session: Session, kind: str, values: Mapping[str, Any]) -> list[Twin]:
    """The records that have something in common with what is typed, the surest first; at most `FEW`."""
    keys = [(what, value[:WIDTH]) for what, value in keys_of(kind, values)]
    whats: dict[int, set[str]] = {}
    for what, value in keys:
        mine = (MatchKey.kind == kind, MatchKey.what == what, MatchKey.value == value)
        limit = COMPARED * 5 if what == NEAR else EACH
        for number in session.scalars(select(MatchKey.record_id).where(*mine).limit(limit)):
            whats.setdefault(number, set()).add(what)
    records, mine_folded = _records(session, kind, whats), any_order(title_of(kind, values))
    found = []
    for record in records.values():
        shared = whats[record.id]
        if fuzz.ratio(mine_folded, any_order(record.title)) < CLOSE:
            shared = shared - {NEAR}
        if not shared:
            continue
        reasons = tuple(REASONS[what] for what in REASONS if what in shared and (what != NEAR or "name" not in shared))
        found.append(Twin(record, reasons, bool(shared - {NEAR, "domain"}), "email" in shared))
    return sorted(found, key=lambda twin: (not twin.sure, -len(twin.reasons), twin.record.id))[:FEW]


def _records(session: Session, kind: str, ids: Collection[int]) -> dict[int, Record]:
    model: Any = MODELS[kind]
    return {one.id: one for one in session.scalars(select(model).where(model.id.in_(ids)))} if ids else {}


def page(session: Session, kind: str, after: str = "") -> Page:
    """The next groups of a kind, the surest reasons first; similar names are looked for among so many blocks."""
    whats = list(REASONS)
    begin, _, value = after.partition(":")
    groups: list[Group] = []
    for what in whats[whats.index(begin) if begin in whats else 0 :]:
        last, looked = value if what == begin else "", 0
        while rows := _shared(session, kind, what, last):
            for last, ids in rows:
                groups += _groups(session, kind, (what, last), ids)
                if len(groups) >= PAGE:
                    return Page(tuple(groups), f"{what}:{last}")
            looked += len(rows)
            if looked >= BLOCKS:
                return Page(tuple(groups), f"{what}:{last}")
    return Page(tuple(groups))


def _shared(session: Session, kind: str, what: str, after: str) -> list[tuple[str, list[int]]]:
    """The next values that several records have, with their ids."""
    mine = (MatchKey.kind == kind, MatchKey.what == what)
    most = COMPARED if what == NEAR else MOST
    values = select(MatchKey.value).where(*mine, MatchKey.value > after).group_by(MatchKey.value)
    values = values.having(func.count().between(2, most)).order_by(MatchKey.value).limit(PAGE * 5)
    found: dict[str, list[int]] = {value: [] for value in session.scalars(values)}
    rows = select(MatchKey.value, MatchKey.record_id).where(*mine, MatchKey.value.in_(found))
    for value, number in session.execute(rows.order_by(MatchKey.record_id)):
        found[value].append(number)
    return list(found.items())


def _groups(session: Session, kind: str, key: Key, ids: Sequence[int]) -> Iterator[Group]:
    """What of those that share a key is worth showing: not what was said to differ, nor what is shown already.

    A pair that has several keys in common is shown once, with the first of them.
    """
    what, shared = key[0], _keys(session, kind, ids)
    apart = _said_apart(session, kind, ids)
    records = _records(session, kind, ids)
    common = {
        (one, other): shared[one] & shared[other]
        for one, other in combinations(sorted(records), 2)
        if (one, other) not in apart
    }
    before = _shown(session, kind, {one for keys in common.values() for one in keys if _rank(one) < _rank(key)})
    pairs = [pair for pair, keys in common.items() if not keys & before]
    names = {number: any_order(record.title) for number, record in records.items()} if what == NEAR else {}
    scores = {(one, other): fuzz.ratio(names[one], names[other]) for one, other in pairs} if what == NEAR else {}
    if what == NEAR:
        pairs = [pair for pair in pairs if scores[pair] >= CLOSE]
    for members in _joined(pairs):
        inside = [pair for pair in pairs if set(pair) <= members]
        whats = {what for pair in inside for what, _ in common[pair]} - {NEAR}
        reason = ", ".join(REASONS[each] for each in REASONS if each in whats)
        if what == NEAR:
            near = f"{REASONS[NEAR]}, {min(scores[pair] for pair in inside):.0f} %"
            reason = f"{near}, {reason}" if reason else near
        yield Group(tuple(records[number] for number in sorted(members)), reason)


def _rank(key: Key) -> tuple[int, str]:
    return list(REASONS).index(key[0]), key[1]


def _shown(session: Session, kind: str, keys: Collection[Key]) -> set[Key]:
    """Those of some keys that groups are made of: few enough have them."""
    found: set[Key] = set()
    for what in {what for what, _ in keys}:
        values = [value for each, value in keys if each == what]
        counted = select(MatchKey.value).where(MatchKey.kind == kind, MatchKey.what == what, MatchKey.value.in_(values))
        few = counted.group_by(MatchKey.value).having(func.count() <= (COMPARED if what == NEAR else MOST))
        found |= {(what, value) for value in session.scalars(few)}
    return found


def _keys(session: Session, kind: str, ids: Sequence[int]) -> dict[int, set[tuple[str, str]]]:
    rows = select(MatchKey.record_id, MatchKey.what, MatchKey.value)
    found: dict[int, set[tuple[str, str]]] = {number: set() for number in ids}
    for number, what, value in session.execute(rows.where(MatchKey.kind == kind, MatchKey.record_id.in_(ids))):
        found[number].add((what, value))
    return found


def _joined(pairs: Iterable[tuple[int, int]]) -> list[set[int]]:
    """Pairs put together where they have one in common."""
    groups: list[set[int]] = []
    for pair in pairs:
        touching = [group for group in groups if group & set(pair)]
        groups = [group for group in groups if group not in touching]
        groups.append(set(pair).union(*touching))
    return groups


def _said_apart(session: Session, kind: str, ids: Collection[int]) -> set[tuple[int, int]]:
    row = NotDuplicates
    query = select(row.first_id, row.second_id).where(row.kind == kind, row.first_id.in_(ids), row.second_id.in_(ids))
    return {(first, second) for first, second in session.execute(query)}


def say_apart(session: Session, kind: str, ids: Collection[int], *, user_id: int | None, now: datetime) -> int:
    """Remember that these records are not the same, each pair of them; how many there were."""
    there = sorted(_records(session, kind, ids))
    known = _said_apart(session, kind, there)
    for first, second in combinations(there, 2):
        if (first, second) not in known:
            session.add(NotDuplicates(kind=kind, first_id=first, second_id=second, said_by=user_id, said_at=now))
    return len(there)
