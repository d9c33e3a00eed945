"""Tags: free words on records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Index, String, bindparam, func, literal, select, union_all
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, look_up, table_of

LONGEST, MOST = 40, 20
AT_ONCE = 20


class RecordTag(Base):
    """One tag on one record."""

    __tablename__ = "record_tags"
    __table_args__ = (Index("ix_record_tags_tag", "kind", "tag", "record_id"),)

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    record_id: Mapped[int] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(String(LONGEST), primary_key=True)


_ROWS = table_of(RecordTag)


def _known() -> Any:
    """From each tag to the next in the index, however many records have it: counting them would read them all."""
    mine = _ROWS.c.kind == bindparam("kind")
    found = select(func.min(_ROWS.c.tag).label("tag")).where(mine).cte("found", recursive=True)
    following = select(func.min(_ROWS.c.tag)).where(mine, _ROWS.c.tag > found.c.tag).scalar_subquery()
    found = found.union_all(select(following).where(found.c.tag.is_not(None)))
    return select(found.c.tag).where(found.c.tag.is_not(None)).limit(bindparam("most"))


_KNOWN = _known()


def known_tags(session: Session, kind: str, *, limit: int = 500) -> Sequence[str]:
    """The tags that records of a type have, by name; of very many the first."""
    return sorted(look_up(session, _KNOWN, kind=kind, most=limit).scalars(), key=str.casefold)


def spelt(session: Session, kind: str, names: Sequence[str], *, but: int = 0) -> tuple[str, ...]:
    """Tags as other records of the type have them, however they were capitalised, each once: "vip" is "VIP" there.

    `but` is the id of the record they are for: nobody else's tag is spelt anew by it.
    """
    known = spellings(session, kind, names, but=but)
    return tuple({name.casefold(): known.get(name, name) for name in reversed(names)}.values())[::-1]


def spellings(session: Session, kind: str, names: Iterable[str], *, but: int = 0) -> Mapping[str, str]:
    """The spelling that is known of each name, of those that have another one: usual capitals are looked for."""
    wanted = sorted(set(names))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), AT_ONCE):
        some = {name: _variants(name) for name in wanted[start : start + AT_ONCE]}
        there = _there(session, kind, {each for variants in some.values() for each in variants}, but)
        for name, variants in some.items():
            known = [each for each in variants if each in there]
            if known and name not in there:
                found[name] = known[0]
    return found


def _variants(name: str) -> list[str]:
    return list(dict.fromkeys((name, name.lower(), name.upper(), name.title(), name.capitalize())))


def _there(session: Session, kind: str, names: Iterable[str], but: int) -> set[str]:
    """Those of some tags that other records have: each by a look into the index, however many have it."""
    mine = (_ROWS.c.kind == kind, _ROWS.c.record_id != but)
    looks = [select(literal(name).label("tag")).where(select(_ROWS.c.tag).where(*mine, _ROWS.c.tag == name).exists())
             for name in sorted(names)]  # fmt: skip
    query: Any = union_all(*looks)
    return set(session.scalars(query))
