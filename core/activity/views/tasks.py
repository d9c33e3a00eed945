"""Tasks: the list, one of them, making and changing one, and the deeds of one click."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response

from core.activity import about, service, tasks
from core.activity.forms import QuickTaskForm, TaskForm
from core.activity.models import CANCELLED, DONE, OPEN, Task
from core.activity.pages import EDIT, may_write, today
from core.activity.views.notes import beside
from core.activity.wording import NOTHING
from core.forms import clean, number_in
from core.records.editing import typed_in
from core.records.kinds import KINDS
from core.records.models import Record
from core.records.page import actor, record_of
from core.records.service import RecordNotFound, get_record
from core.records.views import AGAIN, ONE
from core.users.views import safe_path

LIST = "/tasks"
TASK = "/tasks/{id:[0-9]{1,18}}"
STATES = {"done": DONE, "reopen": OPEN, "cancel": CANCELLED}
SAID = {DONE: "is done", OPEN: "is open again", CANCELLED: "is cancelled"}


def includeme(config: Any) -> None:
    """The routes and who answers them."""
    config.add_route("activity.tasks", LIST)
    config.add_route("activity.task_about", f"{LIST}/about")
    config.add_asked_while_typing("activity.task_about")
    config.add_route("activity.task_new", f"{LIST}/new")
    config.add_route("activity.task_beside", f"{ONE}/tasks")
    config.add_route("activity.task", TASK)
    config.add_route("activity.task_edit", f"{TASK}/edit")
    config.add_route("activity.task_deed", f"{TASK}/{{deed:{'|'.join(STATES)}}}")
    get, post = {"request_method": "GET"}, {"request_method": "POST"}
    config.add_view(listing, route_name="activity.tasks", renderer="activity/tasks.jinja2", **get)
    config.add_view(show, route_name="activity.task", renderer="activity/task.jinja2", **get)
    choices = {"renderer": "activity/about.jinja2", "permission": EDIT}
    config.add_view(suggest, route_name="activity.task_about", **choices, **get)
    config.add_view(deed, route_name="activity.task_deed", permission=EDIT, **post)
    adding = {"route_name": "activity.task_beside", "permission": EDIT, **post}
    config.add_view(add_beside, **adding)
    config.add_view(show_beside, request_param=AGAIN, **adding)
    form = {"renderer": "activity/task_form.jinja2", "permission": EDIT}
    for route, blank, stored in (("activity.task_new", new, create), ("activity.task_edit", edit, save)):
        config.add_view(blank, route_name=route, **form, **get)
        config.add_view(stored, route_name=route, **form, **post)
        config.add_view(blank, route_name=route, request_param=AGAIN, **form, **post)
    for route in ("activity.task_beside", "activity.task_new", "activity.task_edit"):
        config.add_kept_form(route, {AGAIN: "yes"})


def listing(request: Any) -> dict[str, Any]:
    """The tasks of the user, of another one or of all; open or closed."""
    people, whose = [*request.people(), *request.former_people()], request.GET.get("of", "")
    chosen = number_in(whose) or request.identity.id
    found = tasks.find(
        request.dbsession,
        today(request),
        assignee=None if whose == "all" else chosen,
        closed=request.GET.get("state") == "closed",
        page=number_in(request.GET.get("page"), 1),
    )
    whom = "all" if whose == "all" else "" if chosen == request.identity.id else str(chosen)
    return {
        "found": found,
        "people": people,
        "whom": whom,
        "closed": request.GET.get("state") == "closed",
        **_may(request),
    }


def _may(request: Any) -> dict[str, Any]:
    return {"may": may_write(request)}


def task_of(request: Any, *, for_change: bool = False) -> Task:
    """The task that the address names. Raises `NotThere`."""
    return service.get_task(request.dbsession, int(request.matchdict["id"]), for_change=for_change)


def row_of(request: Any, task: Task) -> tasks.Row:
    """The task as it is shown."""
    return tasks.rows(request.dbsession, [task], today(request))[0]


def show(request: Any) -> dict[str, Any]:
    """One task with all there is to it."""
    task = task_of(request)
    who = {name: request.name_of(getattr(task, name)) for name in ("created_by", "closed_by")}
    return {"row": row_of(request, task), **who, **_may(request)}


def suggest(request: Any) -> dict[str, Any]:
    """Records that a text may mean, as options of a list."""
    return {"names": about.suggestions(request.dbsession, clean(request.GET.get("about", ""))[:200])}


def deed(request: Any) -> Any:
    """Done, cancelled, open again: by one click, and taken back by another."""
    task, state = task_of(request, for_change=True), STATES[request.matchdict["deed"]]
    service.set_state(request.dbsession, task, state, actor(request))
    if request.is_fragment:
        return render_to_response("activity/task_row.jinja2", {"row": row_of(request, task), "may": True}, request)
    back = safe_path(request.POST.get("next", task.path))
    if state == OPEN:
        request.session.flash(f"“{task.title}” {SAID[state]}.", "success")
    else:
        undo = {"text": f"“{task.title}” {SAID[state]}.", "deed": "Undo", "url": f"{task.path}/reopen", "next": back}
        request.session.flash(undo, "undo")
    return HTTPSeeOther(back)


def _quick_form(request: Any) -> QuickTaskForm:
    form = QuickTaskForm(typed_in(request))
    form.assignee_id.offer(request.people())
    return form


def add_beside(request: Any) -> Any:
    """A task about the record it was typed beside, or the form again with what is wrong."""
    record, form = record_of(request, for_change=True), _quick_form(request)
    if not form.validate():
        return beside(request, record, 422, task_form=form)
    values = {**form.values(), "kind": record.kind, "record_id": record.id}
    service.add_task(request.dbsession, values, actor(request))
    return beside(request, record, 200)


def show_beside(request: Any) -> Any:
    """The record's page with the task as it was typed; nothing is saved."""
    return beside(request, record_of(request), 422, task_form=_quick_form(request))


def _form(request: Any, task: Task | None = None) -> TaskForm:
    """The form as typed, else with the task in it, else empty: for the user, about what the address says."""
    current = (task.assignee_id, request.name_of(task.assignee_id)) if task and task.assignee_id else None
    if request.method == "POST":
        form = TaskForm(typed_in(request))
    elif task is not None:
        form = TaskForm(obj=task, data={"about": _named(request, task.kind, task.record_id)})
    else:
        kind, _, number = request.GET.get("of", "").partition("/")
        form = TaskForm(data={"assignee_id": request.identity.id, "about": _named(request, kind, number_in(number))})
    form.assignee_id.offer(request.people(), current=current)
    return form


def _named(request: Any, kind: str, number: int | None) -> str:
    """A record as the form names it; "" for one that is not there."""
    try:
        found: Record | None = get_record(request.dbsession, kind, number) if kind in KINDS and number else None
    except RecordNotFound:
        return ""
    return about.name(found) if found is not None else ""


def _values(request: Any, form: TaskForm) -> dict[str, Any] | None:
    """What can be stored; None where something is wrong, which then stands at the fields."""
    fine = form.validate()
    try:
        kind, number = about.find(request.dbsession, form.about.data or "") if not form.about.errors else ("", None)
    except about.Unclear as problem:
        form.about.errors = [str(problem)]
        return None
    return {**form.values(), "kind": kind, "record_id": number} if fine else None


def _page(form: TaskForm, task: Task | None = None, theirs: Mapping[str, str] | None = None) -> dict[str, Any]:
    """`theirs`: by field what somebody else saved meanwhile, where it differs from what was typed."""
    return {"form": form, "task": task, "theirs": theirs}


def new(request: Any) -> dict[str, Any]:
    """The form for a new task."""
    return _page(_form(request))


def create(request: Any) -> Any:
    """Make the task, or show the form again with what is wrong."""
    form = _form(request)
    values = _values(request, form)
    if values is None:
        request.response.status_int = 422
        return _page(form)
    task = service.add_task(request.dbsession, values, actor(request))
    request.session.flash(f"“{task.title}” was added.", "success")
    return HTTPSeeOther(f"/{task.kind}/{task.record_id}#activity" if task.record_id else LIST)


def edit(request: Any) -> dict[str, Any]:
    """The form with the task in it; as it was typed after a log-in."""
    task = task_of(request)
    return _page(_form(request, task), task)


def save(request: Any) -> Any:
    """Change the task, or show the form again: with what is wrong, or beside what somebody else saved meanwhile."""
    task = task_of(request, for_change=True)
    form = _form(request, task)
    values = _values(request, form)
    if values is None:
        request.response.status_int = 422
        return _page(form, task)
    try:
        service.change_task(request.dbsession, task, values, actor(request), seen_version=form.seen_version)
    except service.Stale:
        form.saw(task.version)
        request.response.status_int = 409
        return _page(form, task, _theirs(request, task, values))
    request.session.flash(f"“{task.title}” was saved.", "success")
    return HTTPSeeOther(task.path)


def _theirs(request: Any, task: Task, values: Mapping[str, Any]) -> dict[str, str]:
    """By field what is stored, where it differs from what was typed, as people read it."""
    row, stored = row_of(request, task), {}
    for name, shown in (("title", task.title), ("note", task.note), ("due_on", row.due), ("assignee_id", row.assignee)):
        if getattr(task, name) != values[name]:
            stored[name] = shown or NOTHING
    if (task.kind, task.record_id) != (values["kind"], values["record_id"]):
        stored["about"] = row.about or NOTHING
    return stored
