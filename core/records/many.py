"""Making many records at once: the same rows, audit entries and announcements as one by one, in few statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import formats
from core.audit.service import record_deeds
from core.contract.extensions import RecordChange
from core.db import Base, among, insert_rows, table_of, write_rows
from core.records import ways
from core.records.custom import CustomField, custom_fields
from core.records.models import MODELS
from core.records.service import LINKS, MONEY, Actor, is_usual
from core.records.stages import OPEN, stages
from core.records.tags import RecordTag, spellings

Values = Mapping[str, Any]
_WAYS = ("more_emails", "more_phones", "more_addresses")
_BESIDE = frozenset({"tags", "line_items"})


def create_many(session: Session, kind: str, rows: Sequence[Values], actor: Actor, *, source: Values) -> list[int]:
    """New records with these checked values, as of a form, all with the same names; their ids in the same order.

    `source` stands in each audit entry beside the values: where they come from. Bulk watchers are told by the caller,
    who knows what else its piece of work changed. Lines of opportunities are not among what can be made so.
    """
    if not rows:
        return []
    table = Base.metadata.tables[kind]
    rows = _with_known_tags(session, kind, rows)
    outcomes = {stage.name: stage.outcome for stage in stages(session)} if kind == "opportunities" else None
    stored = [_columns(values, actor, outcomes) for values in rows]
    ids = insert_rows(session, table, stored)
    tags = [(kind, number, tag) for number, values in zip(ids, rows, strict=True) for tag in values.get("tags", ())]
    write_rows(session, table_of(RecordTag), ("kind", "record_id", "tag"), tags)
    _write_down(session, kind, list(zip(ids, rows, strict=True)), actor, source)
    return ids


def _with_known_tags(session: Session, kind: str, rows: Sequence[Values]) -> Sequence[Values]:
    """The rows with their tags spelt as they are known, or as the first of these rows has them."""
    known = {tag.casefold(): tag for values in reversed(rows) for tag in values.get("tags", ())}
    if not known:
        return rows
    found = spellings(session, kind, known.values())
    known = {small: found.get(tag, tag) for small, tag in known.items()}
    return [
        {**values, "tags": tuple(dict.fromkeys(known[tag.casefold()] for tag in values.get("tags", ())))}
        for values in rows
    ]


def tell_plugins(session: Session, kind: str, ids: Sequence[int], actor: Actor, names: frozenset[str]) -> None:
    """Tell plugins of each record made, where one of them follows records at all."""
    if not ids or not actor.plugins.follows_records():
        return
    model: Any = MODELS[kind]
    for record in session.scalars(select(model).where(model.id.in_(ids)).order_by(model.id)):
        actor.plugins.record_changed(session, record, RecordChange("created", names))


def _columns(values: Values, actor: Actor, outcomes: Mapping[str, str] | None) -> dict[str, Any]:
    """What is stored in the record's own row, by the names of its columns."""
    row = {name: value for name, value in values.items() if name not in _BESIDE}
    row |= {name: ways.plain(values[name] or ()) for name in _WAYS if name in values}
    if outcomes is not None:
        row["outcome"] = outcomes.get(row["stage"], OPEN)
        row["reason"] = row["reason"] if row["outcome"] != OPEN else ""
    return {**row, "created_at": actor.when, "changed_at": actor.when}


def _write_down(session: Session, kind: str, made: Sequence[tuple[int, Values]], actor: Actor, source: Values) -> None:
    fields = custom_fields(session, kind)
    titles = {name: _titles(session, of, [row.get(name) for _, row in made]) for name, of in LINKS.items()}
    new = [(number, {**_readable(kind, values, fields, titles), **source}) for number, values in made]
    record_deeds(session, when=actor.when, user_id=actor.user_id, deed="record.created", kind=kind, new=new)
    tell_plugins(session, kind, [number for number, _ in made], actor, frozenset(made[0][1]))


def _readable(
    kind: str, values: Values, fields: Sequence[CustomField], titles: Mapping[str, Mapping[int, str]]
) -> dict[str, Any]:
    """The values that are there, as people read them (as `core.records.service` writes those of one record)."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name == "custom" or value is None or value == "" or is_usual(kind, name, value):
            continue
        shown = [str(one) for one in value] if isinstance(value, tuple) else value
        if name in MONEY:
            shown = formats.exact(value, values.get("currency", ""))
        if name in LINKS:
            shown = f"{titles[name][value]} (#{value})" if value in titles[name] else f"#{value}"
        if shown != []:
            found[name] = shown
    custom = values.get("custom") or {}
    return found | {field.label: field.value_in(custom) for field in fields if field.key in custom}


def _titles(session: Session, kind: str, ids: Sequence[Any]) -> dict[int, str]:
    wanted = {number for number in ids if number is not None}
    if not wanted:
        return {}
    model: Any = MODELS[kind]
    name = (model.first_name, model.last_name) if kind == "contacts" else (model.name,)
    return {
        row[0]: " ".join(row[1:]).strip()
        for row in session.execute(select(model.id, *name).where(among(model.id, wanted)))
    }
