"""Notes on a record, and its whole timeline."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPForbidden, HTTPSeeOther
from pyramid.renderers import render_to_response

from core.activity import service
from core.activity.forms import NoteForm
from core.activity.models import Note
from core.activity.pages import ASIDE, EDIT, aside_values, may_write, timeline_values
from core.records.editing import typed_in
from core.records.models import Record
from core.records.page import actor, record_of, record_page
from core.records.service import get_record
from core.records.views import AGAIN, ONE
from core.records.views import show as show_record

NOTE = "/notes/{id:[0-9]{1,18}}"
PER_PAGE = 50


def includeme(config: Any) -> None:
    """The routes and who answers them."""
    config.add_route("activity.timeline", f"{ONE}/timeline")
    config.add_route("activity.notes", f"{ONE}/notes")
    config.add_route("activity.note_edit", f"{NOTE}/edit")
    config.add_route("activity.note_delete", f"{NOTE}/delete")
    config.add_view(whole, route_name="activity.timeline", renderer="activity/timeline.jinja2", request_method="GET")
    adding = {"route_name": "activity.notes", "request_method": "POST", "permission": EDIT}
    config.add_view(add, **adding)
    config.add_view(show_typed, request_param=AGAIN, **adding)
    editing = {"route_name": "activity.note_edit", "renderer": "activity/note.jinja2", "permission": EDIT}
    config.add_view(edit, request_method="GET", **editing)
    config.add_view(save, request_method="POST", **editing)
    config.add_view(edit, request_method="POST", request_param=AGAIN, **editing)
    for route in ("activity.notes", "activity.note_edit"):
        config.add_kept_form(route, {AGAIN: "yes"})
    deleting = {"route_name": "activity.note_delete", "permission": EDIT}
    config.add_view(ask, request_method="GET", renderer="activity/note_delete.jinja2", **deleting)
    config.add_view(delete, request_method="POST", **deleting)


def whole(request: Any) -> dict[str, Any]:
    """The whole timeline of a record, by page, with what was done to those that were merged into it."""
    record, before = record_of(request), request.GET.get("before", "")
    origins = request.registry.record_origins(request.dbsession, record.kind, record.id)
    values = timeline_values(request, record, PER_PAGE, before, origins)
    return record_page(request, record, "overview", **values, may=may_write(request), later=bool(before))


def add(request: Any) -> Any:
    """Write a note, or show it again with what is wrong."""
    record, form = record_of(request, for_change=True), NoteForm(typed_in(request))
    if not form.validate():
        return beside(request, record, 422, note_form=form)
    service.add_note(request.dbsession, record, form.written, actor(request))
    return beside(request, record, 200)


def show_typed(request: Any) -> Any:
    """The record's page with the note as it was typed; nothing is saved."""
    return beside(request, record_of(request), 422, note_form=NoteForm(typed_in(request)))


def beside(request: Any, record: Record, status: int, **forms: Any) -> Any:
    """What stands beside a record after something was written there: as a piece, or on the record's page.

    `forms` are those to show again; without one (`status` 200) the browser goes to the page anew.
    """
    if request.is_fragment:
        response = render_to_response(ASIDE, aside_values(request, record, **forms), request)
    elif status == 200:
        return HTTPSeeOther(f"{record.path}#activity")
    else:
        request.activity_forms = forms
        response = render_to_response("records/overview.jinja2", show_record(request), request)
    response.status_int = status
    return response


def own_note(request: Any, *, for_change: bool = False) -> Note:
    """The note that the address names. Raises `NotThere`, and HTTPForbidden for somebody else's."""
    note = service.get_note(request.dbsession, int(request.matchdict["id"]), for_change=for_change)
    if note.author_id != request.identity.id:
        raise HTTPForbidden()
    return note


def _page(request: Any, note: Note, form: NoteForm, stored: str = "") -> dict[str, Any]:
    """`stored`: the text that was saved from another window meanwhile."""
    record = get_record(request.dbsession, note.kind, note.record_id)
    return {"note": note, "form": form, "record": record, "stored": stored}


def edit(request: Any) -> dict[str, Any]:
    """The note in a form; as it was typed after a log-in."""
    note = own_note(request)
    return _page(request, note, NoteForm(typed_in(request) if request.method == "POST" else None, obj=note))


def save(request: Any) -> Any:
    """Change the note. What was saved from another window meanwhile is shown beside what was typed."""
    note, form = own_note(request, for_change=True), NoteForm(typed_in(request))
    if not form.validate():
        request.response.status_int = 422
        return _page(request, note, form)
    try:
        service.change_note(request.dbsession, note, form.written, actor(request), seen_version=form.seen_version)
    except service.Stale:
        form.saw(note.version)
        request.response.status_int = 409
        return _page(request, note, form, note.text)
    return HTTPSeeOther(f"/{note.kind}/{note.record_id}#activity")


def ask(request: Any) -> dict[str, Any]:
    """The note, and the question."""
    note = own_note(request)
    return {"note": note, "record": get_record(request.dbsession, note.kind, note.record_id)}


def delete(request: Any) -> Any:
    """Delete the note."""
    note = own_note(request, for_change=True)
    back = f"/{note.kind}/{note.record_id}#activity"
    service.delete_note(request.dbsession, note, actor(request))
    request.session.flash("The note was deleted.", "success")
    return HTTPSeeOther(back)
