"""What the entries of the audit trail are about, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.audit.models import AuditEntry
from core.audit.service import last_titles
from core.records import lists
from core.records.kinds import KINDS
from core.users import service as users


@dataclass(frozen=True)
class Subject:
    """A record or a user: `title`, `url` where there is a page of it; `note`: what it is, and if it is gone."""

    title: str
    note: str
    url: str = ""


def subjects(session: Session, entries: Sequence[AuditEntry]) -> dict[tuple[str, int], Subject]:
    """Each record and user that the entries name, by kind and id; by its number where nobody wrote the name down."""
    found: dict[tuple[str, int], Subject] = {}
    for kind in {entry.kind for entry in entries}:
        ids = {entry.record_id for entry in entries if entry.kind == kind and entry.record_id is not None}
        if kind in KINDS:
            found |= {(kind, number): one for number, one in _records(session, kind, ids).items()}
        elif kind == "users":
            found |= {(kind, number): Subject(name, "user") for number, name in users.names_of(session, ids).items()}
    return found


def _records(session: Session, kind: str, ids: set[int]) -> dict[int, Subject]:
    word, there = KINDS[kind].singular, lists.titles(session, kind, ids)
    gone = last_titles(session, kind, ids - set(there))
    deleted = {
        number: Subject(gone.get(number) or f"{word.capitalize()} {number}", f"{word}, deleted") for number in ids
    }
    return deleted | {number: Subject(title, word, f"/{kind}/{number}") for number, title in there.items()}
