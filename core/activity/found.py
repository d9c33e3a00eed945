"""Notes as the search finds them: by their words, each leading to its record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.activity.models import Note
from core.search.indexing import Entry, SearchSource, drop, put

SECTION = "notes"


def entries(session: Session, kind: str, record_ids: Sequence[int]) -> Iterator[Entry]:
    """The notes on these records."""
    mine = select(Note).where(Note.kind == kind, Note.record_id.in_(record_ids)).order_by(Note.id)
    return map(entry_of, session.scalars(mine))


def entry_of(note: Note) -> Entry:
    """A note by its first line, found by all of its words."""
    first, _, rest = note.text.partition("\n")
    return Entry(SECTION, note.kind, note.record_id, first, (rest,) if rest else (), item_id=note.id)


def keep(session: Session, note: Note) -> None:
    """Write a note's entry anew, in the transaction that wrote the note."""
    drop(session, SECTION, [note.id])
    put(session, [entry_of(note)])


def forget(session: Session, note: Note) -> None:
    """Take a note's entry out."""
    drop(session, SECTION, [note.id])


SOURCE = SearchSource(SECTION, "Notes", entries, tab="/timeline")
