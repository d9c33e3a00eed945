"""Writing deeds down and reading them again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit.models import AuditEntry
from core.db import table_of, write_rows

NOTHING: Mapping[str, Any] = {}


def record_deed(
    session: Session,
    *,
    when: dt.datetime,
    user_id: int | None,
    deed: str,
    kind: str = "",
    record_id: int | None = None,
    old: Mapping[str, Any] = NOTHING,
    new: Mapping[str, Any] = NOTHING,
) -> AuditEntry:
    """Write a deed down in the transaction that does it.

    `when` is aware UTC; `user_id` None stands for the application itself; `deed` is ``area.verb`` such as
    ``record.changed``; `kind` and `record_id` name a record; `old` and `new` may hold dates and Decimals.
    """
    entry = AuditEntry(
        at=when,
        user_id=user_id,
        deed=deed,
        kind=kind,
        record_id=record_id,
        old={name: _plain(value) for name, value in old.items()},
        new={name: _plain(value) for name, value in new.items()},
    )
    session.add(entry)
    return entry


def record_deeds(
    session: Session,
    *,
    when: dt.datetime,
    user_id: int | None,
    deed: str,
    kind: str,
    new: Iterable[tuple[int, Mapping[str, Any]]],
    old: Mapping[str, Any] = NOTHING,
) -> None:
    """Write the same deed down for many records in one statement: `new` has pairs of an id and the values, `old` what
    all of them had before.
    """
    names = ("at", "user_id", "deed", "kind", "record_id", "old", "new")
    before = {name: _plain(value) for name, value in old.items()}
    rows: list[tuple[Any, ...]] = [
        (when, user_id, deed, kind, number, before, {name: _plain(value) for name, value in values.items()})
        for number, values in new
    ]
    write_rows(session, table_of(AuditEntry), names, rows)


def deeds_on(session: Session, kind: str, record_id: int, *, limit: int = 20) -> Sequence[AuditEntry]:
    """The latest deeds on one record, newest first."""
    found = select(AuditEntry).where(AuditEntry.kind == kind, AuditEntry.record_id == record_id)
    return session.scalars(found.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit)).all()


def last_titles(session: Session, kind: str, ids: Iterable[int]) -> dict[int, str]:
    """What records that are deleted were called, by id, as far as their deletion was written down."""
    found = select(AuditEntry.record_id, AuditEntry.old).where(
        AuditEntry.kind == kind, AuditEntry.record_id.in_(list(ids)), AuditEntry.deed == "record.deleted"
    )
    return {number: str(old["title"]) for number, old in session.execute(found) if number and old.get("title")}


def _plain(value: Any) -> Any:
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return value
