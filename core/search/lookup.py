"""Looks parts of texts up in the index: the latest entries that have them all, on SQLite and on PostgreSQL.

Both are asked so that what is common costs no more than what is rare. The trigram table of SQLite gives the latest
first and stops. PostgreSQL's index gives all there is, so the latest entries are read through first, and the index is
asked for what they hardly have.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.search.storage import BEGIN as BY_BEGINNING
from core.search.storage import BEGINNING, FTS, MARKED, TABLE, section_mark
from core.search.words import BEGIN

Wanted = tuple[str, ...]
Asked = tuple[Wanted, str]
SHORT = 3  # fewer letters than the index can look up
LONG = 8
LAST = "\U0010ffff"  # behind every letter
WINDOW, SORTED = 600, 300  # entries read through before the index is asked; beginnings put in order


def candidates(session: Session, asked: Sequence[Asked], limit: int) -> set[int]:
    """The latest entries that have all that is wanted, so many for each pair of what is wanted and a section."""
    long_enough = [one for one in asked if any(len(part) >= SHORT for part in one[0])]
    if session.get_bind().dialect.name == "sqlite":
        return {number for _, number in _ask(session, long_enough, _on_sqlite, limit)}
    latest = _ask(session, long_enough, _latest, limit)
    counts = [sum(1 for place, _ in latest if place == number) for number in range(len(long_enough))]
    rare = [one for one, count in zip(long_enough, counts, strict=True) if count < limit and not _begins(one[0])]
    return {number for _, number in latest + _ask(session, rare, _indexed, limit)}


def _ask(session: Session, asked: Sequence[Asked], part: Callable[..., str], limit: int) -> list[tuple[int, int]]:
    """Place of what was asked and id of an entry, for each that was found; in one statement."""
    values: dict[str, Any] = {"most": limit}
    pieces = [
        f"SELECT {number} AS place, id FROM ({part(*one, number, values)} LIMIT :most) AS t{number}"  # noqa: S608 (bound)
        for number, one in enumerate(asked)
    ]
    return [(row[0], row[1]) for row in session.execute(text(" UNION ALL ".join(pieces)), values)] if pieces else []


def _on_sqlite(wanted: Wanted, section: str, number: int, values: dict[str, Any]) -> str:
    """The part of a statement for SQLite: what titles begin with by an index of its own, all else by trigrams."""
    if not _begins(wanted):
        return _trigrams(wanted, section, number, values)
    begin = wanted[0][:BEGINNING]
    values |= {f"s{number}": section, f"b{number}": begin, f"e{number}": begin + LAST, f"w{number}": wanted[0]}
    some = f"section = :s{number} AND substr(text, 1, {BEGINNING}) BETWEEN :b{number} AND :e{number} LIMIT {SORTED}"
    inner = f"SELECT id, text FROM {TABLE} INDEXED BY {BY_BEGINNING} WHERE {some}"  # noqa: S608 (values are bound)
    return f"SELECT id FROM ({inner}) AS i{number} WHERE instr(text, :w{number}) = 1 ORDER BY id DESC"  # noqa: S608


def _trigrams(wanted: Wanted, section: str, number: int, values: dict[str, Any]) -> str:
    """The part of a statement for SQLite: entries that have the letters, of these what has them in a row."""
    letters = dict.fromkeys([section_mark(section), *(three for one in wanted for three in _threes(one))])
    values[f"m{number}"] = " AND ".join(_quoted(three) for three in letters)
    checks = []
    for place, one in enumerate(wanted):
        values[f"w{number}_{place}"] = one
        checks.append(f"instr(e.text, :w{number}_{place}) > 0")
    return (
        f"SELECT e.id FROM {FTS} AS f JOIN {TABLE} AS e ON e.id = f.rowid "  # noqa: S608 (values are bound)
        f"WHERE {FTS} MATCH :m{number} AND {' AND '.join(checks)} ORDER BY f.rowid DESC"
    )


def _threes(part: str) -> list[str]:
    """Its runs of three letters; of a long part every third, for each of them costs time."""
    if len(part) < SHORT:
        return []
    return [*(part[at : at + 3] for at in range(0, len(part) - 2, 1 if len(part) <= LONG else 3)), part[-3:]]


def _quoted(part: str) -> str:
    return '"' + part.replace('"', '""') + '"'


def _begins(wanted: Wanted) -> bool:
    return len(wanted) == 1 and wanted[0].startswith(BEGIN)


def _latest(wanted: Wanted, section: str, number: int, values: dict[str, Any]) -> str:
    """The part of a statement for PostgreSQL: among the latest entries; what titles begin with by an index."""
    values[f"s{number}"] = section
    checks = _checks(wanted, number, values, "text")
    if _begins(wanted):
        values[f"b{number}"] = f"{_escaped(wanted[0][:BEGINNING])}%"
        some = f"section = :s{number} AND substr(text, 1, {BEGINNING}) LIKE :b{number} LIMIT {SORTED}"
        inner = f"SELECT id, text FROM {TABLE} WHERE {some}"  # noqa: S608 (values are bound)
    else:
        inner = f"SELECT id, text FROM {TABLE} WHERE section = :s{number} ORDER BY id DESC LIMIT {WINDOW}"  # noqa: S608
    return f"SELECT id FROM ({inner}) AS i{number} WHERE {checks} ORDER BY id DESC"  # noqa: S608


def _indexed(wanted: Wanted, section: str, number: int, values: dict[str, Any]) -> str:
    """The same by the index, where there are more entries: all hits, then put in order (OFFSET keeps the two apart)."""
    values[f"s{number}"] = section
    more = f"EXISTS (SELECT 1 FROM {TABLE} WHERE section = :s{number} OFFSET {WINDOW} LIMIT 1)"  # noqa: S608
    values[f"m{number}"] = f"{section_mark(section).lower()}{BEGIN.strip()}%"
    checks = f"{MARKED} LIKE :m{number} AND {_checks(wanted, number, values, MARKED)}"
    inner = f"SELECT id FROM {TABLE} WHERE {more} AND {checks} OFFSET 0"  # noqa: S608 (values are bound)
    return f"SELECT id FROM ({inner}) AS i{number} ORDER BY id DESC"  # noqa: S608


def _checks(wanted: Wanted, number: int, values: dict[str, Any], column: str) -> str:
    for place, one in enumerate(wanted):
        values[f"w{number}_{place}"] = f"%{_escaped(one)}%"
    return " AND ".join(f"{column} LIKE :w{number}_{place}" for place in range(len(wanted)))


def _escaped(part: str) -> str:
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
