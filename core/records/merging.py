"""A form that is older than its record: what the person changed goes over what is stored, field by field."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from webob.multidict import MultiDict

from core.audit.service import deeds_on
from core.records.editing import form_for, ready, typed_in
from core.records.fields import LinkField
from core.records.forms import RecordForm
from core.records.kinds import RecordKind
from core.records.models import Record

LONGEST = 1_000_000  # an opportunity may have many lines


@dataclass(frozen=True)
class Merged:
    """Both changes in one form.

    `clashes`: the fields that both changed, as stored; in the form they are as typed. `kept`: the labels of the fields
    that only the other one changed, by name.
    """

    form: RecordForm
    clashes: Mapping[str, Any]
    kept: Mapping[str, str]


def shown(form: RecordForm) -> str:
    """What the form shows, as text to give along with it, so that it can be told later what the person changed."""
    return json.dumps({name: text_in(form[name]) for name in form.names()}, ensure_ascii=False)


def merge(request: Any, kind: RecordKind, form: RecordForm, record: Record) -> Merged:
    """The form as posted over the record as it is now; a form that came without what it had shown is all changed."""
    cls = form_for(request, kind)
    now = ready(request, cls(obj=record), record)
    before = _before(cls, str(form.was.data or ""))
    typed, clashes, kept = MultiDict(typed_in(request)), {}, {}
    for name in form.names():
        mine = before is None or not _same(form[name], before[name])
        theirs = before is None or not _same(now[name], before[name])
        if not mine:
            typed[name] = text_in(now[name])
            kept.update({name: str(now[name].label.text)} if theirs else {})
        elif theirs and not _same(form[name], now[name]):
            clashes[name] = now[name]
    typed["version"], typed["was"] = str(record.version), shown(now)
    return Merged(ready(request, cls(typed, obj=record), record), clashes, kept)


def who_changed(request: Any, record: Record, seen: int, names: Collection[str]) -> str:
    """Who changed those fields since the version that was seen: ``you``, names, or ``somebody else`` when not known."""
    count = record.version - seen if seen else 0
    changes = [deed for deed in deeds_on(request.dbsession, record.kind, record.id) if deed.deed == "record.changed"]
    ids = {deed.user_id for deed in changes[: max(0, count)] if not names or set(deed.new) & set(names)}
    if ids == {request.identity.id}:
        return "you"
    known = [request.name_of(user_id) for user_id in ids - {None, request.identity.id}]
    return " and ".join(sorted(known)) or "somebody else"


def _before(cls: type[RecordForm], was: str) -> RecordForm | None:
    """What the form showed when it was opened; None where that did not come along, or cannot be read."""
    try:
        texts = json.loads(was) if len(was) <= LONGEST else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        return None
    return cls(MultiDict(texts))


def text_in(field: Any) -> str:
    """What a form sends for a field that is left as it is."""
    if isinstance(field, LinkField):
        return f"{field.title} #{field.data}".strip() if field.data else ""
    if hasattr(field, "_value"):
        return str(field._value())
    return "" if field.data is None else str(field.data)


def _same(one: Any, other: Any) -> bool:
    return not one.process_errors and not other.process_errors and _meant(one) == _meant(other)


def _meant(field: Any) -> Any:
    if isinstance(field, LinkField) and field.typed:
        return field.number or field.typed
    return field.data or None
