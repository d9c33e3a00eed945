"""The rules of records: reading one, making, changing and deleting, each written down and told to plugins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from core import formats
from core.audit.service import NOTHING, record_deed
from core.contract.extensions import RecordChange
from core.loader import Plugins
from core.records import lists
from core.records.custom import changed_in, custom_fields
from core.records.hiding import HIDE, WITH
from core.records.line_items import came_from, total
from core.records.models import MODELS, Contact, Opportunity, Record
from core.records.stages import OPEN, outcome_of, stages
from core.records.tags import spelt

LARGEST_ID = 2**31 - 1  # PostgreSQL takes no larger number for an id, not even to look for


class RecordNotFound(Exception):
    """There is no such record (any more): `kind` and `record_id` name the one that was asked for, where one was."""

    def __init__(self, text: str, kind: str = "", record_id: int = 0) -> None:
        super().__init__(text)
        self.kind, self.record_id = kind, record_id


class StaleRecord(Exception):
    """Somebody else changed the record since the form was shown: `record` is as it is now."""

    def __init__(self, record: Record) -> None:
        super().__init__(f"{record.title} was changed meanwhile.")
        self.record = record


@dataclass(frozen=True)
class Companion:
    """What a room keeps beside records, so that deleting one can say what hangs on it and take it along.

    `describe(session, record, may)` gives sentences that name what hangs on the record, as far as the user may know
    (`may(right, where)` tells whether the user has a right, in general or in a connection), and say what becomes of it;
    `drop(session, record, actor)` removes what goes and writes that down.
    """

    describe: Callable[[Session, Record, May], Sequence[str]]
    drop: Callable[[Session, Record, Actor], None]


May = Callable[..., bool]
Watcher = Callable[[Session, Record, RecordChange], None]
BulkWatcher = Callable[[Session, str, Sequence[int], bool], None]


@dataclass(frozen=True)
class Actor:
    """Who acts, when, and who is told: the user's id, the moment (aware UTC), the plugins, companions and watchers.

    A watcher is a room that follows every change, in its transaction: `watcher(session, record, change)`. Records made
    many at once (`core.records.many`) are told to bulk watchers in its place: `watch(session, kind, ids, new)`.
    """

    user_id: int | None
    when: dt.datetime
    plugins: Plugins
    companions: Sequence[Companion] = ()
    watchers: Sequence[Watcher] = ()
    bulk_watchers: Sequence[BulkWatcher] = ()


def _one(kind: str, model: Any) -> Any:
    query = select(model).where(model.id == bindparam("id")).options(HIDE, *lists.titles_of_links(kind))
    return query.execution_options(**WITH)


_ONE = {kind: _one(kind, model) for kind, model in MODELS.items()}  # built once: that takes longer than carrying it out


def get_record(session: Session, kind: str, record_id: int, *, for_change: bool = False) -> Record:
    """The record of that kind and id. Raises `RecordNotFound`.

    `for_change` locks the row where the database can (SQLite's writers wait for each other anyway).
    """
    model: Any = MODELS.get(kind)
    record: Record | None = None
    if model is not None and record_id <= LARGEST_ID:
        if for_change:
            record = session.get(model, record_id, with_for_update=True)
        else:
            record = session.scalars(_ONE[kind], {"id": record_id}).first()
            lists.read_tags(session, kind, [record] if record else [])
    if record is None:
        word = lists.SINGULAR.get(kind, "record")
        text = f"There is no {word} with the number {record_id}. It may have been deleted."
        raise RecordNotFound(text, kind, record_id)
    return record


def create(session: Session, kind: str, values: Mapping[str, Any], actor: Actor) -> Record:
    """A new record with these values."""
    outcome = _outcome(session, kind, values)
    values = {name: "" if name == "reason" and outcome == OPEN else value for name, value in values.items()}
    if values.get("tags"):
        values["tags"] = spelt(session, kind, values["tags"])
    record: Record = MODELS[kind](**values, created_at=actor.when, changed_at=actor.when)
    if isinstance(record, Opportunity):
        record.outcome = outcome
    session.add(record)
    session.flush()
    told = {name: value for name, value in values.items() if not is_usual(kind, name, value)}
    new = {name: value for name, value in _readable(session, record, told).items() if value not in ("", None, [])}
    write_down(session, record, actor, RecordChange("created", frozenset(values)), new=new)
    return record


def change(
    session: Session, record: Record, values: Mapping[str, Any], actor: Actor, *, seen_version: int
) -> frozenset[str]:
    """Give the record these values; the names of those that are new. Raises `StaleRecord`, then nothing is changed."""
    if record.version != seen_version:
        raise StaleRecord(record)
    outcome = _outcome(session, record.kind, values, record)
    if outcome == OPEN:
        values = {**values, "reason": ""}  # an open one has none, and losing it is written down like all else
    if values.get("tags", record.tags) != record.tags:
        values = {**values, "tags": spelt(session, record.kind, values["tags"], but=record.id)}
    changed = {name: value for name, value in values.items() if getattr(record, name) != value}
    if not changed:
        return frozenset()
    _let_amount_follow(record, changed)
    before = {name: getattr(record, name) for name in changed}
    old, new = (_without_same(session, record, before, changed, pick) for pick in (0, 1))
    for name, value in changed.items():
        setattr(record, name, value)
    if isinstance(record, Opportunity):
        record.outcome = outcome
    record.changed_at = actor.when
    flag_modified(record, "changed_at")  # so that new lines alone make a new version, too
    session.flush()
    fields = frozenset(changed)
    write_down(session, record, actor, RecordChange("changed", fields), old=old, new=new)
    return fields


def delete(session: Session, record: Record, actor: Actor, *, seen_version: int) -> None:
    """Put the record into the bin, with all that hangs on it (`core.records.bin`). Raises `StaleRecord`."""
    if record.version != seen_version:
        raise StaleRecord(record)
    record.deleted_at, record.deleted_by = actor.when, actor.user_id
    session.flush()
    write_down(session, record, actor, RecordChange("deleted"), old={"title": record.title})


def hangs_on(session: Session, record: Record, companions: Sequence[Companion], may: May) -> list[str]:
    """What hangs on a record and what becomes of it, as sentences for the page that asks before deleting it."""
    counts = [
        f"{count} {lists.SINGULAR[related.kind] if count == 1 else related.kind} will stay, without "
        f"this {lists.SINGULAR[record.kind]}."
        for related, count in lists.related_counts(session, record)
        if count
    ]
    return [*counts, *(line for companion in companions for line in companion.describe(session, record, may))]


def named(session: Session, kind: str, name: str) -> list[int]:
    """The ids of the records that are called exactly so, however capitalised; at most a few."""
    model: Any = MODELS[kind]
    column = Contact.first_name + " " + Contact.last_name if kind == "contacts" else model.name
    return list(session.scalars(select(model.id).where(func.lower(func.trim(column)) == name.strip().lower()).limit(5)))


def exists(session: Session, kind: str, record_id: int) -> bool:
    """Whether there is a record of that kind and id."""
    if record_id > LARGEST_ID:
        return False
    return session.scalar(select(MODELS[kind].id).where(MODELS[kind].id == record_id)) is not None


def is_usual(kind: str, name: str, value: Any) -> bool:
    """Whether a new record has it anyway, as what its e-mail address is for: not worth writing down."""
    column = MODELS[kind].__table__.columns.get(name) if name.endswith("_kind") else None
    return column is not None and column.default is not None and getattr(column.default, "arg", None) == value


def _outcome(session: Session, kind: str, values: Mapping[str, Any], record: Record | None = None) -> str:
    """Whether an opportunity with these values is open, won or lost, as its stage says; nothing for other records."""
    if kind != "opportunities":
        return ""
    known = stages(session)
    return outcome_of(known, values.get("stage", getattr(record, "stage", "")) or known[0].name)


def _let_amount_follow(record: Record, changed: dict[str, Any]) -> None:
    """An amount that is the sum of the lines is that of the new ones, too; one that differs was written by somebody."""
    if not isinstance(record, Opportunity) or "amount" in changed or not changed.get("line_items"):
        return
    if came_from(record.amount, record.line_items, record.currency):
        new = total(changed["line_items"], changed.get("currency", record.currency))
        changed |= {"amount": new} if new != record.amount else {}


def write_down(
    session: Session,
    record: Record,
    actor: Actor,
    change: RecordChange,
    *,
    old: Mapping[str, Any] = NOTHING,
    new: Mapping[str, Any] = NOTHING,
) -> None:
    """Write what was done to a record into the audit trail, and tell those who follow it."""
    record_deed(
        session,
        when=actor.when,
        user_id=actor.user_id,
        deed=f"record.{change.deed}",
        kind=record.kind,
        record_id=record.id,
        old=old,
        new=new,
    )
    for watcher in actor.watchers:
        watcher(session, record, change)
    actor.plugins.record_changed(session, record, change)


def _without_same(session: Session, record: Record, old: Any, new: Any, pick: int) -> dict[str, Any]:
    """The old (0) or the new (1) values as people read them; of custom fields those that differ, by their labels."""
    both = (old, new)
    values = _readable(session, record, {name: value for name, value in both[pick].items() if name != "custom"})
    if "custom" in new:
        differ = changed_in(custom_fields(session, record.kind), old["custom"], new["custom"])
        values |= {field.label: field.value_in(both[pick]["custom"]) for field in differ}
    return values


def _readable(session: Session, record: Record, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as people read them: links by their titles, money with its currency, lines as texts, custom fields by
    their labels.
    """
    currency = str(values.get("currency", getattr(record, "currency", "")))
    shown = {name: _title(session, name, value, currency) for name, value in values.items() if name != "custom"}
    custom = values.get("custom") or {}
    labels = custom_fields(session, record.kind) if custom else ()
    return shown | {field.label: field.value_in(custom) for field in labels if field.key in custom}


MONEY = frozenset({"amount", "budget"})
LINKS = {"organization_id": "organizations", "contact_id": "contacts", "opportunity_id": "opportunities"}


def _title(session: Session, name: str, value: Any, currency: str) -> Any:
    if name in MONEY and value is not None:
        return formats.exact(value, currency)
    if isinstance(value, tuple):
        return [str(one) for one in value]
    if name not in LINKS or value is None:
        return value
    target: Any = session.get(MODELS[LINKS[name]], value)
    return f"{target.title} (#{value})" if target else f"#{value}"
