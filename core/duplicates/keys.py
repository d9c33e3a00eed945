"""The keys under which the same person or organization is found again, kept with every change and in bulk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.contract.extensions import RecordChange
from core.db import Database, among, table_of, write_rows
from core.duplicates.models import WIDTH, MatchKey, RecordMerge
from core.folding import any_order, domain_of, phone_digits, tax_key
from core.records.models import MODELS, Record

KINDS = ("contacts", "organizations")
NEAR = "near"
# What two records share, the surest first, as it is said on pages; near ones begin alike and are compared further.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "email": "same e-mail",
        "tax": "same tax number",
        "phone": "same phone",
        "domain": "same domain",
        "name": "same name",
        NEAR: "similar name",
    }
)
BATCH = 2_000
SHORTEST_PHONE, PHONE = 7, 8  # digits; of longer numbers the last: the same with and without country and 0
BEGINNING = 3
PLAIN = {"synchronize_session": False}
_TABLE = table_of(MatchKey)


def keys_of(kind: str, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What and value of each key of a record's values; `emails` and `phones` are lists."""
    name = any_order(title_of(kind, values))
    for email in values.get("emails", ()):
        if email.strip():
            yield "email", email.strip().lower()
    for phone in values.get("phones", ()):
        digits = phone_digits(phone)
        if len(digits) >= SHORTEST_PHONE:
            yield "phone", digits[-PHONE:]
    if kind == "organizations":
        domains = {domain_of(text) for text in (values.get("website") or "", *values.get("emails", ())) if text}
        yield from (("domain", domain) for domain in domains if domain)
        if tax := tax_key(values.get("tax_number") or ""):
            yield "tax", tax
    if name:
        yield "name", name
        yield NEAR, " ".join(word[:BEGINNING] for word in name.split()[:2])


def title_of(kind: str, values: Mapping[str, Any]) -> str:
    """What a record with these values is called."""
    if kind == "contacts":
        return f"{values.get('first_name') or ''} {values.get('last_name') or ''}".strip()
    return str(values.get("name") or "")


def index(session: Session, kind: str, ids: Sequence[int]) -> None:
    """Write the keys of these records anew; none for what is in the bin."""
    if kind in KINDS:
        mine = (MatchKey.kind == kind, among(MatchKey.record_id, ids))
        session.execute(delete(MatchKey).where(*mine), execution_options=PLAIN)
        add(session, kind, ids)


def add(session: Session, kind: str, ids: Sequence[int]) -> None:
    """The same for records that have none yet."""
    if kind not in KINDS:
        return
    rows = [
        (kind, what, value, number)
        for number, values in _values(session, kind, ids)
        for what, value in dict.fromkeys((what, value[:WIDTH]) for what, value in keys_of(kind, values))
    ]
    write_rows(session, _TABLE, ("kind", "what", "value", "record_id"), rows)


def _values(session: Session, kind: str, ids: Sequence[int]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    model: Any = MODELS[kind]
    own = ("first_name", "last_name") if kind == "contacts" else ("name", "website", "tax_number")
    names = ("id", "email", "phone", "kept_emails", "kept_phones", *own)
    columns = [getattr(model, name).label(name) for name in names]
    for row in session.execute(select(*columns).where(among(model.id, ids))):
        emails = [row.email, *(one["value"] for one in row.kept_emails or ())]
        phones = [row.phone, *(one["value"] for one in row.kept_phones or ())]
        yield row.id, {**row._mapping, "emails": emails, "phones": phones}


def follow(session: Session, record: Record, change: RecordChange) -> None:
    """The watcher: keep the keys with every change; a record that is restored is itself again."""
    follow_many(session, record.kind, [record.id], change.deed == "created")
    if change.deed == "restored":
        mine = (RecordMerge.kind == record.kind, RecordMerge.from_id == record.id)
        session.execute(delete(RecordMerge).where(*mine), execution_options=PLAIN)


def follow_many(session: Session, kind: str, ids: Sequence[int], new: bool) -> None:
    """The same after work on many records; those that are new have no keys yet."""
    if new:
        add(session, kind, ids)
    else:
        index(session, kind, ids)


def rebuild(db: Database) -> None:
    """Write all keys anew, in pieces."""
    with db.begin() as session:
        session.execute(delete(MatchKey), execution_options=PLAIN)
    for kind in KINDS:
        model: Any = MODELS[kind]
        with db.read() as session:
            ids = session.scalars(select(model.id).order_by(model.id)).all()
        for start in range(0, len(ids), BATCH):
            with db.begin() as session:
                index(session, kind, ids[start : start + BATCH])
