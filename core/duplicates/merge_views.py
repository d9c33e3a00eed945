"""The page on which two records become one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther

from core.duplicates import merge
from core.duplicates.keys import KINDS as MATCHED
from core.records.editing import form_for
from core.records.kinds import KINDS
from core.records.models import Record
from core.records.page import actor, record_of
from core.records.service import RecordNotFound, StaleRecord, get_record

EDIT = "records.edit"


def includeme(config: Any) -> None:
    """The route and who answers it."""
    kinds = f"{{records:{'|'.join(MATCHED)}}}"
    config.add_route("records.merge", f"/{kinds}/{{id:[0-9]{{1,18}}}}/merge/{{other:[0-9]{{1,18}}}}")
    page = {"route_name": "records.merge", "renderer": "duplicates/merge.jinja2", "permission": EDIT}
    config.add_view(show, request_method="GET", **page)
    config.add_view(save, request_method="POST", **page)


@dataclass(frozen=True, slots=True)
class Row:
    """One choice of the page: the fields that follow it in both forms, what is picked, whether both have something."""

    name: str
    label: str
    kept: list[Any]
    other: list[Any]
    pick: str
    clash: bool


def _both(request: Any, *, for_change: bool = False) -> tuple[Record, Record]:
    """The record that stays and the other. Raises `RecordNotFound`, also where they are one."""
    kept = record_of(request, for_change=for_change)
    other = int(request.matchdict["other"])
    if other == kept.id:
        raise RecordNotFound("A record cannot be merged with itself.")
    return kept, get_record(request.dbsession, kept.kind, other, for_change=for_change)


def _values(form: Any, record: Record) -> dict[str, Any]:
    """A record's values by the names of its form."""
    custom = {field.name: field.value_in(record.custom or {}) for field in form.CUSTOM}
    return {name: custom[name] if name in custom else getattr(record, name) for name in form.names()}


def _rows(request: Any, forms: tuple[Any, Any], values: tuple[dict[str, Any], dict[str, Any]]) -> list[Row]:
    """The fields in which they differ."""
    rows = []
    for name in merge.choices_of(forms[0].names()):
        names = merge.pieces(name)
        if all(values[0][one] == values[1][one] for one in names):
            continue
        there = [merge.filled(one, name) for one in values]
        default = merge.OTHER if there[1] and not there[0] else merge.KEPT
        asked = request.POST.get(f"pick-{name}")
        pick = asked if asked in (merge.KEPT, merge.OTHER) else default
        label = "Address" if name == "address" else str(forms[0][name].label.text)
        drawn = [[form[one] for one in names if not one.endswith("_kind")] for form in forms]
        rows.append(Row(name, label, drawn[0], drawn[1], pick, all(there)))
    return rows


def _page(request: Any, kept: Record, other: Record, *, stale: bool = False) -> dict[str, Any]:
    kind = KINDS[kept.kind]
    cls = form_for(request, kind)
    forms = cls(obj=kept), cls(obj=other)
    values = _values(forms[0], kept), _values(forms[1], other)
    rows = _rows(request, forms, values)
    merged = merge.picked(*values, {row.name: row.pick for row in rows})
    page = {"kind": kind, "kept": kept, "other": other, "rows": rows, "stale": stale}
    return {**page, "values": _stored(cls, kept, other, merged), "too_many": merge.too_many(merged)}


def show(request: Any) -> dict[str, Any]:
    """Both side by side; the one that the address names first stays."""
    return _page(request, *_both(request))


def save(request: Any) -> Any:
    """Merge them, unless one was changed since they were shown."""
    kept, other = _both(request, for_change=True)
    page = _page(request, kept, other)
    seen = [request.POST.get(name, "") for name in ("kept_version", "other_version")]
    if seen != [str(kept.version), str(other.version)]:
        return _stale(request, page)
    if page["too_many"]:
        request.response.status_int = 422
        return page
    pair = merge.Pair(kept, other, kept.version, other.version)
    try:
        merge.merge(request.dbsession, pair, page["values"], actor(request), request.registry.record_movers)
    except StaleRecord:
        return _stale(request, page)
    request.session.flash(f"{other.title} was merged into {kept.title}.", "success")
    return HTTPSeeOther(kept.path)


def _stale(request: Any, page: Mapping[str, Any]) -> dict[str, Any]:
    request.response.status_int = 409
    return {**page, "stale": True}


def _stored(cls: Any, kept: Record, other: Record, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values by the names of the model: custom fields in one; what stands in retired ones is kept."""
    stored, custom = dict(values), {**(other.custom or {}), **(kept.custom or {})}
    for field in cls.CUSTOM:
        value = field.plain(stored.pop(field.name))
        custom.pop(field.key, None)
        custom |= {field.key: value} if value not in (None, "") else {}
    return {**stored, "custom": custom}
