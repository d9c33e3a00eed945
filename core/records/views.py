"""Lists, pages and forms of records; one set for all four types."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther

from core.forms import clean
from core.records import bin, lists, merging, service
from core.records.editing import edit_form, form_for, is_good, new_form, typed_in
from core.records.export import export
from core.records.facts import Facts
from core.records.kinds import KINDS, RecordKind, tone_of
from core.records.listing import listing, place_of, tags_to_offer
from core.records.models import Record
from core.records.page import actor, record_of, record_page
from core.records.saved import views_of
from core.users.service import names_of

ANY = f"{{records:{'|'.join(KINDS)}}}"
ONE = f"/{ANY}/{{id:[0-9]{{1,18}}}}"
EDIT = "records.edit"
AGAIN = "show-again"


def includeme(config: Any) -> None:
    """The routes and who answers them."""
    config.add_route("records.list", f"/{ANY}")
    config.add_route("records.export", f"/{ANY}/export.csv")
    config.add_route("records.new", f"/{ANY}/new")
    config.add_route("records.choices", f"/{ANY}/choices")
    config.add_asked_while_typing("records.choices")
    config.add_route("records.show", ONE)
    config.add_route("records.edit", f"{ONE}/edit")
    config.add_route("records.delete", f"{ONE}/delete")
    config.add_route("records.related", f"{ONE}/{{related:{'|'.join(KINDS)}}}")
    config.add_view(show_list, route_name="records.list", renderer="records/list.jinja2")
    config.add_view(export, route_name="records.export")
    config.add_view(choices, route_name="records.choices", renderer="records/choices.jinja2")
    config.add_view(show, route_name="records.show", renderer="records/overview.jinja2")
    config.add_view(related, route_name="records.related", renderer="records/related.jinja2")
    form = {"renderer": "records/form.jinja2", "permission": EDIT}
    config.add_view(new, route_name="records.new", request_method="GET", **form)
    config.add_view(create, route_name="records.new", request_method="POST", **form)
    config.add_view(edit, route_name="records.edit", request_method="GET", **form)
    config.add_view(save, route_name="records.edit", request_method="POST", **form)
    for route in ("records.new", "records.edit"):
        config.add_kept_form(route, {AGAIN: "yes"})
        config.add_view(show_again, route_name=route, request_method="POST", request_param=AGAIN, **form)
        config.add_view(show_again, route_name=route, request_method="POST", request_param="action", **form)
    form["renderer"] = "records/delete.jinja2"
    config.add_view(ask_delete, route_name="records.delete", request_method="GET", **form)
    config.add_view(delete, route_name="records.delete", request_method="POST", **form)


def _kind(request: Any) -> RecordKind:
    return KINDS[request.matchdict["records"]]


def _words(request: Any) -> str:
    return clean(request.GET.get("q", ""))[:200]


def show_list(request: Any) -> dict[str, Any]:
    """A list with paging, filters and sorting."""
    key = request.matchdict["records"]
    asked = listing(request, key)
    found = lists.find(request.dbsession, key, sort=asked.sort, at=place_of(request), where=asked.conditions)
    names = names_of(request.dbsession, [record.owner_id for record in found.records])
    seen = {"names": names, "tones": tone_of, "known_tags": tags_to_offer(request, key)}
    views = views_of(request.dbsession, key, request.identity.id)
    return {"kind": asked.kind, "asked": asked, "found": found, "views": views, **seen}


def choices(request: Any) -> dict[str, Any]:
    """Suggestions for a field that links to a record, as options; the text comes under any name."""
    text = clean(next(iter(request.GET.values()), ""))[:200]
    return {"records": request.registry.record_finder(request.dbsession, _kind(request).key, text)}


def show(request: Any) -> dict[str, Any]:
    """A record: its fields, and beside them what other rooms have to show, such as what happened on it."""
    record = record_of(request)
    asides = [panel for aside in request.registry.record_asides for panel in aside(request, record)]
    facts = Facts(form_for(request, KINDS[record.kind]), record)
    return record_page(request, record, "overview", facts=facts, asides=asides, tones=tone_of)


def related(request: Any) -> Any:
    """The records of one kind that belong to this one."""
    record, key = record_of(request), request.matchdict["related"]
    link = next((link for link in lists.RELATED[record.kind] if link.kind == key), None)
    if link is None:
        raise service.RecordNotFound(f"A {lists.SINGULAR[record.kind]} has no {key}.")
    found = lists.find(request.dbsession, key, at=place_of(request), where=[link.column == record.id])
    field = link.column.key
    return record_page(request, record, key, link=link, listed=KINDS[key], found=found, field=field, tones=tone_of)


def _form_page(kind: RecordKind, form: Any, record: Record | None = None) -> dict[str, Any]:
    return {"kind": kind, "form": form, "record": record}


def _saved(request: Any, record: Record, deed: str) -> Any:
    request.session.flash(f"{record.title} was {deed}.", "success")
    return HTTPSeeOther(record.path)


def new(request: Any) -> dict[str, Any]:
    """The empty form."""
    return _form_page(_kind(request), new_form(request, _kind(request)))


def create(request: Any) -> Any:
    """Make the record, or show the form again with what is wrong."""
    kind = _kind(request)
    form = new_form(request, kind)
    if not is_good(request, form):
        request.response.status_int = 422
        return _form_page(kind, form)
    if twins := unseen_twins(request, kind):
        request.response.status_int = 409
        return {**_form_page(kind, form), "twins": twins}
    record = service.create(request.dbsession, kind.key, form.values(), actor(request))
    return _saved(request, record, "created")


def unseen_twins(request: Any, kind: RecordKind) -> list[Any]:
    """The records that are there already, where one surely is that the person has not been asked about.

    That there is one was told while typing, where that can be; one with the same e-mail is asked about all the same.
    """
    twins = request.registry.record_twins(request, kind.key, typed_in(request))
    asked = set(request.POST.getall("asked-twin"))
    told = asked.union(request.POST.getall("seen-twin"))
    new = any(
        (twin.certain and str(twin.record.id) not in asked) or (twin.sure and str(twin.record.id) not in told)
        for twin in twins
    )
    return list(twins) if new else []


def edit(request: Any) -> dict[str, Any]:
    """The form with the record in it."""
    record = record_of(request)
    form = edit_form(request, _kind(request), record)
    form.was.data = merging.shown(form)
    return _form_page(_kind(request), form, record)


def save(request: Any) -> Any:
    """Change the record, or show the form again with what is wrong; what others changed meanwhile is kept."""
    record, kind = record_of(request, for_change=True), _kind(request)
    form = edit_form(request, kind, record)
    if form.seen_version != record.version:
        return _merge(request, kind, form, record)
    if not is_good(request, form):
        request.response.status_int = 422
        return _form_page(kind, form, record)
    service.change(request.dbsession, record, form.values(), actor(request), seen_version=form.seen_version)
    return _saved(request, record, "saved")


def show_again(request: Any) -> dict[str, Any]:
    """The form as it was typed, changed as a button in it asks; after a log-in as it was. Nothing is saved."""
    record = record_of(request) if "id" in request.matchdict else None
    form = edit_form(request, _kind(request), record) if record else new_form(request, _kind(request))
    if AGAIN not in request.POST:
        form.act(str(request.params["action"]))
        form.fill(request.sold_items)
    return _form_page(_kind(request), form, record)


def _merge(request: Any, kind: RecordKind, form: Any, record: Record) -> Any:
    """Save both changes where they do not meet; else the form as typed, with the stored value of what both changed."""
    both = merging.merge(request, kind, form, record)
    who = merging.who_changed(request, record, form.seen_version, both.clashes or both.kept)
    if not is_good(request, both.form) or both.clashes:
        request.response.status_int = 409
        return {**_form_page(kind, both.form, record), "both": both, "saved_by": who}
    service.change(request.dbsession, record, both.form.values(), actor(request), seen_version=record.version)
    if both.kept:
        changed = "you changed in another window" if who == "you" else f"{who} changed meanwhile"
        request.session.flash(f"What {changed} is kept: {', '.join(both.kept.values())}.", "info")
    return _saved(request, record, "saved")


def ask_delete(request: Any) -> dict[str, Any]:
    """What hangs on the record, and the question."""
    record = record_of(request)
    companions = request.registry.record_companions
    hanging = service.hangs_on(request.dbsession, record, companions, request.may)
    until = request.clock.now() + bin.KEPT_FOR
    return {"kind": _kind(request), "record": record, "hanging": hanging, "until": until, "stale": False}


def delete(request: Any) -> Any:
    """Put the record into the bin, unless somebody changed it since the question."""
    record = record_of(request, for_change=True)
    seen = request.POST.get("version", "")
    if seen != str(record.version):
        request.response.status_int = 409
        return {**ask_delete(request), "stale": True}
    service.delete(request.dbsession, record, actor(request), seen_version=record.version)
    undo = {"text": f"{record.title} was deleted.", "deed": "Restore", "url": f"/bin{record.path}/restore", "next": ""}
    request.session.flash(undo, "undo")
    return HTTPSeeOther(f"/{record.kind}")
