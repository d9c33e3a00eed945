"""Keeps the index: in the transaction of every change, in bulk for many records, and anew from all there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.db import among, table_of, write_rows
from core.records.custom import CHOICE, TEXT, CustomField, custom_fields
from core.records.models import MODELS, Organization, Reachable
from core.records.tags import RecordTag
from core.search.models import SearchEntry
from core.search.words import text_of

BATCH = 2_000
LONGEST_TITLE, LONGEST_DETAIL = 300, 2_000
PLAIN = {"synchronize_session": False}
_TABLE = table_of(SearchEntry)
_COLUMNS = ("section", "kind", "record_id", "item_id", "title", "detail", "text")
_NAMES: dict[str, tuple[str, ...]] = {"contacts": ("first_name", "last_name", "job_title")}
_ALSO = {"organizations": ("website", "tax_number")}


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to be found: `title` and `parts` are shown and looked through, `phones` also by their digits alone.

    `kind` and `record_id` name the record it leads to; `item_id` is the note's own id, 0 for the record itself.
    """

    section: str
    kind: str
    record_id: int
    title: str
    parts: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    item_id: int = 0


@dataclass(frozen=True)
class SearchSource:
    """What a room adds to the search: a `key` that is its section, a `title` for the page, and its entries.

    `entries(session, kind, record_ids)` gives what hangs on these records; `right` is what it takes to find them, ""
    for nothing. `tab` is put behind the address of the record: ``/activity``.
    """

    key: str
    title: str
    entries: Callable[[Session, str, Sequence[int]], Iterable[Entry]]
    right: str = ""
    tab: str = ""


def put(session: Session, entries: Iterable[Entry]) -> None:
    """Write entries that are not there; `drop` them first where they may be."""
    rows = [
        (
            one.section,
            one.kind,
            one.record_id,
            one.item_id,
            one.title[:LONGEST_TITLE],
            " · ".join(filter(None, (*one.parts, *one.phones)))[:LONGEST_DETAIL],
            text_of(one.title[:LONGEST_TITLE], one.parts, one.phones),
        )
        for one in entries
    ]
    write_rows(session, _TABLE, _COLUMNS, rows)


def drop(session: Session, section: str, item_ids: Sequence[int]) -> None:
    """Take out entries of a source: the notes with these ids."""
    mine = (SearchEntry.section == section, among(SearchEntry.item_id, item_ids))
    session.execute(delete(SearchEntry).where(*mine), execution_options=PLAIN)


def index(session: Session, kind: str, ids: Sequence[int], sources: Iterable[SearchSource] = ()) -> None:
    """Write the entries of these records anew, with those of the sources given; none for what is in the bin."""
    sources = list(sources)
    sections = [kind, *(source.key for source in sources)]
    mine = (SearchEntry.kind == kind, among(SearchEntry.record_id, ids), SearchEntry.section.in_(sections))
    session.execute(delete(SearchEntry).where(*mine), execution_options=PLAIN)
    add(session, kind, ids, sources)


def add(session: Session, kind: str, ids: Sequence[int], sources: Iterable[SearchSource] = ()) -> None:
    """The same for records that have no entries yet."""
    entries = list(entries_of(session, kind, ids))
    put(session, entries)
    there = [entry.record_id for entry in entries]
    for source in sources:
        put(session, source.entries(session, kind, there) if there else ())


def forget(session: Session, kind: str, record_id: int) -> None:
    """Take out a record and all that hangs on it."""
    mine = (SearchEntry.kind == kind, SearchEntry.record_id == record_id)
    session.execute(delete(SearchEntry).where(*mine), execution_options=PLAIN)


def entries_of(session: Session, kind: str, ids: Sequence[int]) -> Iterator[Entry]:
    """What is found of these records; read by columns, since there may be thousands."""
    rows = session.execute(_columns(kind).where(among(MODELS[kind].id, ids))).all()
    tags = _tags(session, kind, ids)
    fields = custom_fields(session, kind) if any(row.custom for row in rows) else ()
    for row in sorted(rows, key=lambda row: (row.changed_at, row.id)):
        yield _entry(kind, row, tags.get(row.id, []), fields)


def _columns(kind: str) -> Any:
    model: Any = MODELS[kind]
    names = [*_NAMES.get(kind, ("name",)), *_ALSO.get(kind, ())]
    if issubclass(model, Reachable):
        names += ["email", "phone", "city", "kept_emails", "kept_phones"]
    columns = [getattr(model, name).label(name) for name in ("id", "custom", "changed_at", *names)]
    if kind == "organizations":
        return select(*columns)
    home = Organization.name.label("organization_name")
    return select(*columns, home).outerjoin(Organization, Organization.id == model.organization_id)


def _entry(kind: str, row: Any, tags: Sequence[str], fields: Sequence[CustomField]) -> Entry:
    title = row.name if kind != "contacts" else f"{row.first_name} {row.last_name}".strip()
    parts = [getattr(row, name, "") for name in ("job_title", "organization_name", "email")]
    phones = []
    if hasattr(row, "email"):
        parts += [one["value"] for one in row.kept_emails or ()] + [row.city]
        phones = [row.phone, *(one["value"] for one in row.kept_phones or ())]
    parts += [getattr(row, name) for name in _ALSO.get(kind, ())] + [*tags]
    written = (field.value_in(row.custom) for field in fields if field.style in (TEXT, CHOICE))
    parts += [value for value in written if value]
    return Entry(kind, kind, row.id, title, tuple(filter(None, parts)), tuple(filter(None, phones)))


def _tags(session: Session, kind: str, ids: Sequence[int]) -> Mapping[int, list[str]]:
    query = select(RecordTag.record_id, RecordTag.tag).where(RecordTag.kind == kind, among(RecordTag.record_id, ids))
    found: dict[int, list[str]] = {}
    for number, tag in session.execute(query.order_by(RecordTag.tag)):
        found.setdefault(number, []).append(tag)
    return found
