"""What the tab says of each linked party besides its figures: what differs, who else is linked, what waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from core.accounting import copying, linking
from core.accounting.tab import Block
from core.records.models import Record


@dataclass(frozen=True, slots=True)
class Note:
    """What is said of one linked party: how many fields differ, and the other records linked to it."""

    differs: int
    others: tuple[Record, ...]


def notes(session: Session, record: Any, blocks: Iterable[Block]) -> Mapping[int, Note]:
    """The notes by link, for parties that were read. Only for who may link."""
    found: dict[int, Note] = {}
    for block in blocks:
        known = [one for one in block.parties if one.party is not None]
        linked = linking.records_linked(session, block.connection.id, [one.link.party_id for one in known])
        for one in known:
            others = [other for other in linked.get(one.link.party_id, ()) if not _is(other, record)]
            assert one.party is not None
            differs = 0 if one.party.merged_into else copying.differing(record, one.party)
            found[one.link.id] = Note(differs, tuple(others))
    return found


def _is(other: Record, record: Any) -> bool:
    return (other.kind, other.id) == (record.kind, record.id)
