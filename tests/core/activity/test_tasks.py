"""Tasks: on a record, on their list, closed by a click and taken back by another."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from core.activity import tasks
from core.activity.models import Task
from core.audit.models import AuditEntry
from core.services import Services
from core.users.models import User
from tests.conftest import LogIn
from tests.core.activity.test_notes import told
from tests.core.conftest import Make
from tests.core.pages import form_of, words
from tests.databases import NOW

HTMX = {"HX-Request": "true"}
DAY = dt.timedelta(days=1)


def listed(page: Any) -> list[str]:
    """The tasks of a page, each as its text."""
    return [" ".join(row.get_text(" ").split()) for row in page.html.select(".task")]


@pytest.fixture
def mill(make: Make) -> str:
    """The address of a record."""
    return f"/organizations/{make('organizations', name='Old Mill')}"


def add(services: Services, **values: Any) -> int:
    with services.db.begin() as session:
        task = Task(**{"title": "Call", "created_by": 2, "created_at": NOW, "assignee_id": 2, **values})
        session.add(task)
        session.flush()
        return task.id


def test_a_task_is_added_beside_its_record_done_by_a_click_and_opened_again(log_in: LogIn, mill: str) -> None:
    sales = log_in("sales")
    task = {"title": "Send samples", "due_on": "2026-11-25", "assignee_id": "3"}
    for _ in range(2):
        page = sales.send(f"{mill}/tasks", task, status=303).follow()
    assert listed(page) == ["Send samples 25 Nov Tom Fielding"], "a second click adds no second task"
    assert "Send samples" in listed(log_in("accounts").get("/tasks"))[0]
    page = page.forms[_ticks(page)[0]].submit(status=303).follow()
    assert listed(page) == []
    assert "“Send samples” is done." in words(page, "#toasts")
    assert told(page)[0].startswith("Task done: Send samples Mere Tautari")
    undo = page.html.select_one("#toasts form")["action"]
    page = sales.send(undo, {"next": mill}, status=303).follow()
    assert len(listed(page)) == 1
    assert [entry.partition(" Mere")[0] for entry in told(page)] == ["Task: Send samples"]
    piece = sales.send("/tasks/1/done", headers=HTMX, status=200)
    assert "Open again: Send samples" in piece
    assert "<main" not in piece
    for _ in range(2):
        sales.send("/tasks/1/cancel", status=303)
    assert listed(sales.get("/tasks?of=3&state=closed")) == ["– Send samples Cancelled 25 Nov Tom Fielding Old Mill"]


def _ticks(page: Any) -> list[int]:
    """The places of the forms with a box to tick."""
    return [place for place, form in enumerate(page.html.find_all("form")) if form.select_one(".tick")]


def test_every_deed_on_a_task_is_written_down_once(log_in: LogIn, services: Services, mill: str) -> None:
    sales = log_in("sales")
    sales.send(f"{mill}/tasks", {"title": "Call", "assignee_id": ""}, status=303)
    fields = {"title": "Ring", "assignee_id": "3", "about": "Old Mill (organization #1)", "version": "1"}
    sales.send("/tasks/1/edit", fields, status=303)
    for deed in ("done", "done", "reopen", "cancel", "cancel"):
        sales.send(f"/tasks/1/{deed}", status=303)
    with services.db.read() as session:
        trail = [(one.deed, one.kind, one.old, one.new) for one in session.scalars(select(AuditEntry))]
    assert [deed for deed, *_ in trail] == [
        "task.added",
        "task.changed",
        "task.done",
        "task.reopened",
        "task.cancelled",
    ]
    old, new = {"title": "Call", "assignee": ""}, {"title": "Ring", "assignee": "Tom Fielding"}
    assert trail[1] == ("task.changed", "organizations", old, new)


@pytest.mark.slow
def test_what_cannot_be_stored_is_said_and_stays_in_the_form(log_in: LogIn, mill: str, make: Make) -> None:
    make("contacts", last_name="Old Mill")
    sales = log_in("sales")
    bad: dict[str, tuple[dict[str, str], str]] = {
        "title": ({"title": "\0 \n"}, "Write a task."),
        "long": ({"title": "x" * 10_000}, "Write at most 200 characters."),
        "day": ({"title": "a", "due_on": "soon"}, "Write the date as year-month-day"),
        "year": ({"title": "a", "due_on": "0001-01-01"}, "Write a year between"),
        "who": ({"title": "a", "assignee_id": "999999999999"}, "Choose one of the list."),
    }
    forms: dict[str, tuple[dict[str, str], str]] = {
        "note": ({"title": "a", "note": "x" * 10_001}, "Write at most 10000 characters."),
        "two": (
            {"title": "a", "about": "old mill"},
            "More than one record is called so. Write “Old Mill (contact #1)”",
        ),
        "none": ({"title": "a", "about": "Nobody"}, "No record is called so."),
        "near": ({"title": "a", "about": "Mill"}, "Did you mean “Old Mill (contact #1)”"),
        "gone": ({"title": "a", "about": "x (project #99999999999)"}, "This project is not there any more."),
    }
    for fields, said in bad.values():
        assert said in words(sales.send(f"{mill}/tasks", fields, status=422), "aside")
        assert said in sales.send(f"{mill}/tasks", fields, status=422, headers=HTMX)
    for fields, said in [*bad.values(), *forms.values()]:
        page = sales.send("/tasks/new", fields, status=422)
        assert said in words(page)
        for name, typed in fields.items():
            assert typed.strip("\0 \n") in form_of(page)[name].value or name == "assignee_id"
    assert listed(sales.get("/tasks?of=all")) == []
    for path in ("/tasks/1", "/tasks/99999999999", "/tasks/1/edit"):
        sales.get(path, status=404)
    sales.send("/tasks/99999999999/done", status=404)


@pytest.mark.slow
def test_of_two_who_edit_a_task_the_second_sees_both_and_loses_nothing(log_in: LogIn, services: Services) -> None:
    number = add(services, note="Was")
    windows = [form_of(log_in(who).get(f"/tasks/{number}/edit")) for who in ("sales", "accounts")]
    windows[0]["title"], windows[0]["due_on"] = "Theirs", "2026-11-23"
    windows[0].submit(status=303)
    windows[1]["title"], windows[1]["note"] = "Mine", "Mine too"
    page = windows[1].submit(status=409)
    assert "This task changed meanwhile." in words(page)
    assert {
        small["id"]: small.get_text() for small in page.html.select(".f small") if "Stored" in small.get_text()
    } == {
        "title-hint": "Stored now: Theirs",
        "due_on-hint": "Stored now: Tomorrow",
        "note-hint": "Stored now: Was",
    }
    assert form_of(page)["title"].value == "Mine"
    form_of(page).submit(status=303)
    with services.db.read() as session:
        task = session.get_one(Task, number)
        assert (task.title, task.note, task.due_on) == ("Mine", "Mine too", None)


@pytest.mark.slow
def test_the_list_has_those_overdue_first_and_is_narrowed_and_paged(
    log_in: LogIn, services: Services, make: Make
) -> None:
    deal = make("opportunities", name="Refit", stage="New")
    today = NOW.date()
    for title, days in (("No day", None), ("Later", 9), ("Tomorrow's", 1), ("Today's", 0), ("Late", -3)):
        due = None if days is None else today + days * DAY
        add(services, title=title, due_on=due, kind="opportunities", record_id=deal)
    add(services, title="Tom's", assignee_id=3)
    add(services, title="Nobody's", assignee_id=None)
    reader, sales = log_in("reader"), log_in("sales")
    assert listed(sales.get("/tasks")) == [
        "Late Overdue 3 d Mere Tautari Refit",
        "Today's Today Mere Tautari Refit",
        "Tomorrow's Tomorrow Mere Tautari Refit",
        "Later 1 Dec Mere Tautari Refit",
        "No day Mere Tautari Refit",
    ]
    assert sales.get("/contacts").html.select_one('nav a[href="/tasks"] b').get_text() == "2"
    assert listed(sales.get("/tasks?of=3")) == ["Tom's Tom Fielding"]
    assert len(listed(reader.get("/tasks?of=all"))) == 7
    assert "Nothing to do" in words(reader.get("/tasks"))
    assert reader.get("/tasks?of=all").html.select("main .task form, main .btn.main") == []
    for number in range(20):
        add(services, title=f"More {number}")
    assert "1–25 of 27" in words(sales.get("/tasks?of=all&page=x"), ".pager")
    assert len(listed(sales.get("/tasks?of=all").click("Next"))) == 2
    for odd in ("of=999", "of=%00", "of=99999999999&state=x", "page=99999999999"):
        sales.get(f"/tasks?{odd}", status=200)


def test_the_tasks_of_a_colleague_who_left_are_found(log_in: LogIn, services: Services) -> None:
    add(services, title="Ring back", assignee_id=3)
    with services.db.begin() as session:
        session.get_one(User, 3).active = False
    page = log_in("sales").get("/tasks?of=3")
    assert page.html.select("#of option")[-1].get_text() == "Tom Fielding (no longer active)"
    assert listed(page) == ["Ring back Tom Fielding"]


@pytest.mark.slow
def test_the_form_knows_the_record_it_was_opened_from_and_suggests_others(log_in: LogIn, mill: str) -> None:
    sales = log_in("sales")
    form = form_of(sales.get("/tasks/new?of=organizations/1"))
    assert (form["about"].value, form["assignee_id"].value) == ("Old Mill (organization #1)", "2")
    for odd in ("contacts/1", "x/1", "organizations/99999999999", "%00", "users/1"):
        assert form_of(sales.get(f"/tasks/new?of={odd}"))["about"].value == ""
    assert "Old Mill (organization #1)" in sales.get("/tasks/about?about=mil")
    assert "option" not in sales.get("/tasks/about?about=%00")


@pytest.mark.slow
def test_what_hangs_on_a_record_is_said_before_it_goes(log_in: LogIn, services: Services, mill: str) -> None:
    about = {"kind": "organizations", "record_id": 1}
    add(services, **about)
    add(services, state="done", closed_at=NOW, **about)
    kept = add(services)
    sales = log_in("sales")
    page = sales.get(f"{mill}/delete")
    assert "1 open task and 1 closed task go with it." in words(page)
    form_of(page).submit(status=303)
    log_in("admin").send(f"/bin{mill}/purge", status=303)
    with services.db.read() as session:
        assert list(session.scalars(select(Task.id))) == [kept]


def test_a_task_goes_into_the_bin_with_its_record_and_comes_back_with_it(
    log_in: LogIn, services: Services, mill: str
) -> None:
    number = int(mill.rpartition("/")[2])
    task = add(services, title="Ring the mill", kind="organizations", record_id=number, due_on=NOW.date())
    add(services, title="Of nobody's record", due_on=NOW.date())
    sales = log_in("sales")
    with services.db.read() as session:
        me = session.get_one(Task, task).assignee_id or 0
        assert tasks.count_due(session, me, NOW.date()) == 2
    sales.send(f"{mill}/delete", {"version": "1"}, status=303)
    for path in ("/", "/tasks"):
        page = words(sales.get(path))
        assert "Ring the mill" not in page
        assert "Of nobody's record" in page
    assert "is about a record in the bin" in words(sales.get(f"/tasks/{task}", status=404))
    with services.db.read() as session:
        assert tasks.count_due(session, me, NOW.date()) == tasks.count_open(session, me) == 1
        assert [one.title for one in tasks.due(session, me, NOW.date(), limit=5)] == ["Of nobody's record"]
    sales.send(f"/bin/organizations/{number}/restore", status=303)
    assert "Ring the mill" in words(sales.get("/tasks"))
