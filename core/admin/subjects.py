"""What the entries of the audit trail are about, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.audit.models import AuditEntry
from core.audit.service import last_titles
from core.records import lists
from core.records.kinds import KINDS
from core.users import service as users

# What else is done something to: what it is called, and which of the deed's values says which one.
OTHERS = {"roles": ("role", "title"), "invitations": ("invitation", "name"), "mails": ("mail", "to")}


@dataclass(frozen=True)
class Subject:
    """A record, a user, or one of `OTHERS`: `title`, `url` where it has a page, `note`: what it is, if it is gone."""

    title: str
    note: str
    url: str = ""


def subjects(session: Session, entries: Sequence[AuditEntry]) -> dict[tuple[str, int], Subject]:
    """What the entries are about, by kind and id; called by its number where nobody wrote the name down."""
    found: dict[tuple[str, int], Subject] = {}
    for kind in {entry.kind for entry in entries}:
        ids = {entry.record_id for entry in entries if entry.kind == kind and entry.record_id is not None}
        if kind in KINDS:
            found |= {(kind, number): one for number, one in _records(session, kind, ids).items()}
        elif kind == "users":
            names = users.names_of(session, ids).items()
            found |= {(kind, number): Subject(name, "user", f"/admin/users/{number}") for number, name in names}
    roles = {role.id: role.title for role in users.all_roles(session)}
    for entry in entries:
        if entry.kind in OTHERS and entry.record_id is not None:
            found.setdefault((entry.kind, entry.record_id), _other(entry, entry.record_id, roles))
    return found


def _other(entry: AuditEntry, number: int, roles: Mapping[int, str]) -> Subject:
    word, name = OTHERS[entry.kind]
    there = roles.get(number) if entry.kind == "roles" else None
    title = there or entry.new.get(name) or entry.old.get(name) or f"{word.capitalize()} {number}"
    return Subject(str(title), word, f"/admin/roles/{number}" if there else "")


def _records(session: Session, kind: str, ids: set[int]) -> dict[int, Subject]:
    word, there = KINDS[kind].singular, lists.titles(session, kind, ids)
    gone = last_titles(session, kind, ids - set(there))
    deleted = {
        number: Subject(gone.get(number) or f"{word.capitalize()} {number}", f"{word}, deleted") for number in ids
    }
    return deleted | {number: Subject(title, word, f"/{kind}/{number}") for number, title in there.items()}
