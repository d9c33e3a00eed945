"""Two records become one: a choice for each field, what can be united is, and what hangs on the other moves along."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.audit.service import record_deed
from core.contract.extensions import RecordChange
from core.db import changed
from core.duplicates.models import RecordMerge
from core.records import service, tags, ways_field
from core.records.lists import RELATED
from core.records.models import MODELS, Record
from core.records.service import Actor, StaleRecord
from core.records.ways import Place, Way

Mover = Callable[[Session, str, int, int, Actor], None]
KEPT, OTHER = "kept", "other"
# What goes together: the name of the choice, and the fields that follow it.
TOGETHER: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "email_kind"),
    "phone": ("phone", "phone_kind"),
    "address": ("address_kind", "address", "city", "region", "postal_code", "country"),
}
# What is united: what it is called, and how many a record can have.
UNITED: Mapping[str, tuple[str, int]] = {
    "tags": ("tags", tags.MOST),
    "more_emails": ("further e-mail addresses", ways_field.MOST),
    "more_phones": ("further telephone numbers", ways_field.MOST),
    "more_addresses": ("further addresses", ways_field.MOST),
}
_FOLLOWS = {name for names in TOGETHER.values() for name in names} - set(TOGETHER)


def choices_of(names: Sequence[str]) -> list[str]:
    """The fields of a form that a choice is made for."""
    return [name for name in names if name not in _FOLLOWS and name not in UNITED]


def pieces(name: str) -> tuple[str, ...]:
    """The fields that follow a choice."""
    return TOGETHER.get(name, (name,))


def filled(values: Mapping[str, Any], name: str) -> bool:
    """Whether there is anything in what follows a choice."""
    names = [one for one in pieces(name) if not one.endswith("_kind")]
    return any(values.get(one) not in (None, "", ()) for one in names)


def picked(kept: Mapping[str, Any], other: Mapping[str, Any], picks: Mapping[str, str]) -> dict[str, Any]:
    """The values of the one that stays: `kept` and `other` by the names of their form, a pick for each choice."""
    values = dict(kept)
    for name in choices_of(list(kept)):
        if picks.get(name) == OTHER:
            values.update({piece: other[piece] for piece in pieces(name)})
    values["tags"] = tuple(dict.fromkeys((*kept["tags"], *other["tags"])))
    if "more_emails" in kept:
        for name, more in (("email", "more_emails"), ("phone", "more_phones")):
            values[more] = _ways(values[name], name, more, kept, other)
        values["more_addresses"] = _places(values, kept, other)
    return values


def too_many(values: Mapping[str, Any]) -> list[str]:
    """What would be more than a record can have, as sentences: the forms would refuse it from then on."""
    return [
        f"Together they have {len(values[name])} {words}, and at most {most} fit. Take some out of one of them first."
        for name, (words, most) in UNITED.items()
        if len(values.get(name) or ()) > most
    ]


def _ways(first: str, name: str, more: str, *both: Mapping[str, Any]) -> tuple[Way, ...]:
    """All e-mail addresses or numbers of both but the first, each once."""
    found: dict[str, Way] = {}
    for one in both:
        for way in (Way(one[f"{name}_kind"], one[name]), *one[more]):
            if way.value and _plain(way.value) != _plain(first):
                found.setdefault(_plain(way.value), way)
    return tuple(found.values())


def _places(values: Mapping[str, Any], *both: Mapping[str, Any]) -> tuple[Place, ...]:
    """The same for addresses."""
    found: dict[str, Place] = {}
    first = _plain(" ".join(_place(values).lines))
    for one in both:
        for place in (_place(one), *one["more_addresses"]):
            plain = _plain(" ".join(place.lines))
            if plain and plain != first:
                found.setdefault(plain, place)
    return tuple(found.values())


def _place(values: Mapping[str, Any]) -> Place:
    kind, *rest = (values[name] for name in TOGETHER["address"])
    return Place(kind, *rest)


def _plain(text: str) -> str:
    return "".join(text.lower().split())


@dataclass(frozen=True, slots=True)
class Pair:
    """The record that stays and the other, with the versions of both that a person saw."""

    kept: Record
    other: Record
    seen_kept: int
    seen_other: int


def merge(session: Session, pair: Pair, values: Mapping[str, Any], actor: Actor, movers: Sequence[Mover]) -> int:
    """Make one of two: the other goes to the bin, and its address leads on; how many records moved along.

    Raises `StaleRecord`, then nothing is changed.
    """
    kept, other = pair.kept, pair.other
    if other.version != pair.seen_other:
        raise StaleRecord(other)
    kept_title, other_title = f"{kept.title} (#{kept.id})", f"{other.title} (#{other.id})"
    service.change(session, kept, values, actor, seen_version=pair.seen_kept)
    moved = _move_related(session, kept, other.id)
    for move in movers:
        move(session, kept.kind, other.id, kept.id, actor)
    who: dict[str, Any] = {"when": actor.when, "user_id": actor.user_id, "kind": other.kind, "record_id": other.id}
    record_deed(session, deed="record.merged_into", new={"into": kept_title}, **who)
    service.delete(session, other, actor, seen_version=other.version)
    session.merge(RecordMerge(kind=kept.kind, from_id=other.id, into_id=kept.id, merged_at=actor.when))
    session.flush()
    along = f"{moved} record{'' if moved == 1 else 's'} moved along"
    told = {"merged with it": other_title, **({"records that moved along": along} if moved else {})}
    service.write_down(session, kept, actor, RecordChange("merged"), new=told)
    return moved


def _move_related(session: Session, kept: Record, other_id: int) -> int:
    """Let what belonged to the other belong to the one that stays, what lies in the bin included."""
    moved = 0
    for related in RELATED[kept.kind]:
        model: Any = MODELS[related.kind]
        values = {related.column.key: kept.id, "version": model.version + 1}
        moved += changed(session, update(model).where(related.column == other_id).values(values))
    return moved


def forward(session: Session, kind: str, record_id: int) -> int | None:
    """The id of the record that this one was merged into, however often; None where it was not."""
    found, seen = None, {record_id}
    while True:
        query = select(RecordMerge.into_id).where(RecordMerge.kind == kind, RecordMerge.from_id == record_id)
        into = session.scalar(query)
        if into is None or into in seen:
            return found
        found = record_id = into
        seen.add(into)


def origins(session: Session, kind: str, record_id: int) -> list[int]:
    """The ids of the records that were merged into this one, and into those."""
    found: list[int] = []
    news: list[int] = [record_id]
    while news:
        query = select(RecordMerge.from_id).where(RecordMerge.kind == kind, RecordMerge.into_id.in_(news))
        news = [number for number in session.scalars(query) if number not in (record_id, *found)]
        found += news
    return found
