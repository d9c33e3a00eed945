"""Who a record may be in the books: parties of the index with a reason in plain words and a score.

Every party leaves *keys* (`PartyKey`): one for its name, its e-mail, its phone and so on, as people compare them. A
record makes the same keys of itself and looks them up, each by index; no list of parties is read through. Names that
are only similar share the beginning of a word; they are then compared one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rapidfuzz import fuzz, process
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.accounting import linking
from core.accounting.documents import PARTY_RECORDS
from core.accounting.models import Connection, PartyKey, PartyRow
from core.accounting.party_keys import WIDTH
from core.contract.values import PartyState
from core.folding import any_order, beginnings, domain_of, fold, phone_key, same_phone, tax_key
from core.records.models import Record
from core.records.service import get_record

SUGGESTIONS = 5
EACH = 20  # parties looked at for one reason
CLOSE = 85
COMMON, COMPARED = 2000, 3000  # a beginning that so many share says nothing; so many names are compared at most
SAME_EMAIL, SAME_DOMAIN, SAME_SITE = "same e-mail", "same e-mail domain", "e-mail at the domain of the website"
CARRIES = "carries the number of this record"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A party that may be the record's: why, and how sure (0 to 100)."""

    party: PartyRow
    reasons: tuple[str, ...]
    score: int
    linked_to: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True)
class _Clue:
    """What a record has in common with the parties of a key."""

    key: str
    reason: str
    score: int


def _clues(record: Any) -> Iterator[_Clue]:
    """What to look a record up by, the surest first."""
    name, email = any_order(record.title), (getattr(record, "email", "") or "").strip().lower()
    domain, site = domain_of(email) if email else "", domain_of(getattr(record, "website", "") or "")
    tax, phone = tax_key(getattr(record, "tax_number", "") or ""), phone_key(getattr(record, "phone", "") or "")
    found = [
        ("ref:", f"{record.kind}/{record.id}", CARRIES, 100),
        ("tax:", tax, "same tax number", 98),
        ("name:", name, "same name", 97),
        ("email:", email, SAME_EMAIL, 95),
        ("person:", name if record.kind == "contacts" else "", "its contact person has this name", 90),
        ("phone:", phone, "same phone", 88),
        ("domain:", domain, SAME_DOMAIN, 72),
        ("domain:", site if site != domain else "", SAME_SITE, 70),
    ]
    for sort, value, reason, score in found:
        if value:
            yield _Clue((sort + value)[:WIDTH], reason, score)


def suggest(session: Session, record: Any, connection: Connection) -> list[Candidate]:
    """Parties of the index that look like the record, the surest first; at most five, archived ones last."""
    found: dict[int, tuple[PartyRow, list[str], int]] = {}
    for row, reason, score in _matches(session, record, connection.id):
        _, reasons, best = found.setdefault(row.id, (row, [], 0))
        if reason not in reasons and not (reason in (SAME_DOMAIN, SAME_SITE) and SAME_EMAIL in reasons):
            reasons.append(reason)
        found[row.id] = (row, reasons, max(best, score))
    links = linking.links_of(session, record.kind, record.id)
    linked = {link.party_id for link in links if link.connection_id == connection.id}
    candidates = [
        Candidate(row, tuple(reasons), min(100, score + 2 * (len(reasons) - 1)))
        for row, reasons, score in found.values()
        if row.party_id not in linked and not row.merged_into
    ]
    candidates.sort(key=lambda one: (one.party.state != PartyState.ACTIVE.value, -one.score, one.party.name))
    surest = candidates[:SUGGESTIONS]
    elsewhere = linking.records_linked(session, connection.id, [one.party.party_id for one in surest])
    return [replace(one, linked_to=tuple(elsewhere.get(one.party.party_id, ()))) for one in surest]


def for_draft(session: Session, record: Any, connection: Connection) -> list[Candidate]:
    """Who a record without a linked party may be billed to: what it, its organization or its contact look like."""
    found: dict[int, Candidate] = {}
    for kind, number in linking.related(record):
        if kind in PARTY_RECORDS:
            for one in suggest(session, get_record(session, kind, number), connection):
                if one.party.state == PartyState.ACTIVE.value:
                    found.setdefault(one.party.id, one)
    return sorted(found.values(), key=lambda one: -one.score)[:SUGGESTIONS]


def _matches(session: Session, record: Any, connection_id: int) -> Iterator[tuple[PartyRow, str, int]]:
    for clue in _clues(record):
        for row in _with_key(session, connection_id, clue.key):
            if not clue.key.startswith("phone:") or same_phone(row.phone, record.phone):
                yield row, clue.reason, clue.score
    yield from _similar(session, fold(record.title), connection_id)


def _with_key(session: Session, connection_id: int, key: str) -> list[PartyRow]:
    mine = (PartyKey.connection_id == connection_id, PartyKey.key == key)
    rows = select(PartyRow).join(PartyKey, PartyKey.party == PartyRow.id).where(*mine).limit(EACH)
    return list(session.scalars(rows))


def _similar(session: Session, folded: str, connection_id: int) -> Iterable[tuple[PartyRow, str, int]]:
    """Names that are nearly the same, or of which one holds the other, among those that begin a word alike."""
    keys = _rare(session, connection_id, {f"word:{one}" for one in beginnings(folded)})
    if not keys:
        return
    mine = (PartyKey.connection_id == connection_id, PartyKey.key.in_(keys))
    ids = select(PartyKey.party).where(*mine).group_by(PartyKey.party).order_by(func.count().desc()).limit(COMPARED)
    rows = session.execute(select(PartyRow.id, PartyRow.folded).where(PartyRow.id.in_(ids))).all()
    mine_in_order = sorted(folded.split())
    names: dict[int, str] = {row[0]: row[1] for row in rows if sorted(row[1].split()) != mine_in_order}
    close = process.extract(folded, names, scorer=fuzz.token_sort_ratio, score_cutoff=CLOSE, limit=SUGGESTIONS)
    scores = {row_id: ("similar name", int(score) - 5) for _, score, row_id in close}
    for row_id in _holding(folded, names)[:SUGGESTIONS]:
        scores.setdefault(row_id, ("part of the name is the same", 70))
    for row in session.scalars(select(PartyRow).where(PartyRow.id.in_(scores))):
        yield row, *scores[row.id]


def _holding(folded: str, names: Mapping[int, str]) -> list[int]:
    """The names of which all words are in the other one: two words at least, or one long one at its beginning."""
    mine = folded.split()
    return [
        row_id
        for row_id, words in ((row_id, name.split()) for row_id, name in names.items())
        if _holds(mine, words) or _holds(words, mine)
    ]


def _holds(whole: Collection[str], part: list[str]) -> bool:
    longest = len(part[0]) >= 6 if len(part) == 1 else len(part) > 1
    return longest and len(part) < len(whole) and set(part) <= set(whole)


def _rare(session: Session, connection_id: int, keys: Collection[str]) -> list[str]:
    """Those of the keys that fewer than `COMMON` parties have; counted no further than that."""
    found = []
    for key in keys:
        mine = (PartyKey.connection_id == connection_id, PartyKey.key == key)
        some = select(PartyKey.party).where(*mine).limit(COMMON).subquery()
        if 0 < (session.scalar(select(func.count()).select_from(some)) or 0) < COMMON:
            found.append(key)
    return found


def called(session: Session, connection_id: int, name: str) -> list[PartyRow]:
    """The parties of this name as people compare names, a few of them; those merged away left out."""
    key = any_order(name)
    found = _with_key(session, connection_id, f"name:{key}"[:WIDTH]) if key else []
    return [row for row in found if not row.merged_into][:3]


def somebody_carries(session: Session, connection_id: int, ref: str) -> bool:
    """Whether a party carries this number of a record."""
    mine = (PartyKey.connection_id == connection_id, PartyKey.key == f"ref:{ref}")
    return session.scalar(select(PartyKey.party).where(*mine).limit(1)) is not None
