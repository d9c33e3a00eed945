"""From what was typed to a form that is checked against the database: owners and links to other records."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from webob.multidict import MultiDict

from core.records import lists, service
from core.records.custom_form import form_class
from core.records.fields import FEW, LinkField
from core.records.forms import OpportunityForm, RecordForm
from core.records.hiding import WITH
from core.records.kinds import RecordKind
from core.records.models import MODELS, Record
from core.records.stages import stages
from core.records.tags import known_tags


def form_for(request: Any, kind: RecordKind) -> type[RecordForm]:
    """The form of a type with its custom fields."""
    return form_class(request.dbsession, kind.key, kind.form)


def new_form(request: Any, kind: RecordKind) -> RecordForm:
    """A form for a new record; a GET address may fill it in: ``?organization_id=7``."""
    if request.method == "POST":
        return ready(request, form_for(request, kind)(typed_in(request)))
    numbers = {name: int(value) for name, value in request.GET.items() if name.endswith("_id") and _small(value)}
    return ready(request, form_for(request, kind)(data={"owner_id": request.identity.id, **numbers}))


def edit_form(request: Any, kind: RecordKind, record: Record) -> RecordForm:
    """A form for a record that is there, with what was typed over it."""
    form = form_for(request, kind)(typed_in(request) if request.method == "POST" else None, obj=record)
    return ready(request, form, record)


def is_good(request: Any, form: RecordForm) -> bool:
    """Whether everything typed can be stored; sentences stand at the fields otherwise."""
    fine = bool(form.validate())
    settled = [_settle(request, field) for field in form.links()]
    return all(settled) and fine


def typed_in(request: Any) -> Any:
    """The texts that were sent; a file in the place of one is nothing."""
    return MultiDict([(name, value) for name, value in request.POST.items() if isinstance(value, str)])


def _small(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 18


def ready(request: Any, form: RecordForm, record: Record | None = None) -> RecordForm:
    """The form with its lists filled in, and with what a page needs besides: tags to suggest, items followed."""
    offer(request, form, record)
    form.tags.known = known_tags(request.dbsession, request.matchdict["records"])
    if request.method == "POST":
        form.follow(request.sold_items)
    return form


def offer(request: Any, form: RecordForm, record: Record | None = None) -> RecordForm:
    """The form with its lists filled in: owners, stages, and records to link to."""
    current = record.owner_id if record is not None else None
    form.owner_id.offer(request.people(), current=(current, request.name_of(current)) if current else None)
    if isinstance(form, OpportunityForm):
        form.offer_stages(stages(request.dbsession))
    for field in form.links():
        _offer(request.dbsession, field)
    return form


def _offer(session: Any, field: LinkField) -> None:
    """All records to choose from while they are few; else the title of the one that is chosen."""
    chosen = _chosen(session, field)
    if _are_few(session, field.of):
        found = lists.suggestions(session, field.of, "", limit=FEW)
        field.choices = [(record.id, record.title) for record in found]
        if chosen and chosen[0] not in [number for number, _ in field.choices]:
            field.choices.append(chosen)
    elif chosen:
        field.title = chosen[1]
    elif field.data is not None:
        field.data = None


def _are_few(session: Any, kind: str) -> bool:
    """Whether all of a kind fit into a list to choose from; counted no further than that."""
    some = select(MODELS[kind].id).limit(FEW + 1).subquery()
    return bool(session.scalar(select(func.count()).select_from(some)) <= FEW)


def _chosen(session: Any, field: LinkField) -> tuple[int, str] | None:
    """The record that a link leads to, by id and title, in the bin or not; None when it is not there any more."""
    number = field.data
    if number is None or number > service.LARGEST_ID:
        return None
    model: Any = MODELS[field.of]
    record = session.scalar(select(model).where(model.id == number), execution_options=WITH)
    if record is None or (record.deleted_at and field.object_data != number):
        return None
    return record.id, f"{record.title} (in the bin)" if record.deleted_at else record.title


def _settle(request: Any, field: LinkField) -> bool:
    """Find the record that the typed text means."""
    if not field.typed:
        return field.settle(field.data if field.raw_data is None else None)
    word = lists.SINGULAR[field.of]
    if field.number is not None:
        if field.number == field.object_data or service.exists(request.dbsession, field.of, field.number):
            return field.settle(field.number)
        return field.settle(None, f"This {word} is not there any more. Choose another.")
    same = service.named(request.dbsession, field.of, field.typed)
    if len(same) == 1:
        return field.settle(same[0])
    return field.settle(None, _unclear(request, field, word, same))


def _unclear(request: Any, field: LinkField, word: str, same: list[int]) -> str:
    if same:
        numbers = " or ".join(f"“{field.typed} #{number}”" for number in same)
        return f"More than one {word} is called so. Write {numbers}."
    found = request.registry.record_finder(request.dbsession, field.of, field.typed, limit=3)
    near = [f"“{record.title}”" for record in found]
    hint = f" Did you mean {' or '.join(near)}?" if near else " Make it first, or leave this empty."
    return f"No {word} is called so.{hint}"
