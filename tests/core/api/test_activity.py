"""Notes and tasks by the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import LogIn
from tests.core.api.conftest import Call
from tests.core.conftest import Make
from tests.core.pages import words

pytestmark = pytest.mark.slow


@pytest.fixture
def contact(make: Make) -> str:
    return f"/contacts/{make('contacts', last_name='Parata')}"


def test_a_note_is_written_read_changed_and_deleted(program: Call, contact: str, log_in: LogIn) -> None:
    caller = program("sales")
    note = caller.post(f"{contact}/notes", {"text": "Called\nback"}, status=201)
    path = f"/notes/{note.json['id']}"
    assert note.headers["Location"] == f"http://localhost/api/v1{path}"
    assert (note.json["record"], note.json["edited_at"]) == ({"kind": "contacts", "id": 1}, None)
    assert caller.get(f"{contact}/notes").json["items"] == [note.json]
    changed = caller.patch(path, {"text": "Called twice"}, version=note.headers["ETag"])
    assert changed.json["edited_at"] == "2026-11-22T00:00:00Z"
    caller.patch(path, {"text": "Again"}, version=note.headers["ETag"], status=412)
    assert "Called twice" in words(log_in("reader").get(contact))
    caller.delete(path, version=changed.headers["ETag"], status=204)
    caller.get(path, status=404)


def test_only_who_wrote_a_note_changes_it(program: Call, contact: str) -> None:
    number = program("sales").post(f"{contact}/notes", {"text": "Mine"}, status=201).json["id"]
    other = program("admin")
    assert "Only who wrote" in other.patch(f"/notes/{number}", {"text": "Yours"}, status=403).json["detail"]
    other.delete(f"/notes/{number}", status=403)
    assert other.get(f"/notes/{number}").json["text"] == "Mine"


@pytest.mark.parametrize("text", ["", " ", "\u200b", "x" * 10_001])
def test_a_note_that_says_nothing_or_too_much_is_refused(text: str, program: Call, contact: str) -> None:
    told = program().post(f"{contact}/notes", {"text": text}, status=422).json
    assert [one["pointer"] for one in told["errors"]] == ["/text"]


def test_notes_of_what_is_in_the_bin_are_not_there(program: Call, contact: str) -> None:
    caller = program()
    number = caller.post(f"{contact}/notes", {"text": "Mine"}, status=201).json["id"]
    caller.delete(contact)
    caller.get(f"/notes/{number}", status=404)
    caller.get(f"{contact}/notes", status=404)
    caller.post(f"{contact}/restore")
    caller.get(f"/notes/{number}")


def test_notes_come_by_page_the_newest_first(program: Call, contact: str) -> None:
    caller = program()
    ids = [caller.post(f"{contact}/notes", {"text": str(number)}, status=201).json["id"] for number in range(5)]
    first = caller.get(f"{contact}/notes?limit=3").json
    rest = caller.get(f"{contact}/notes?limit=3&cursor={first['next']}").json
    assert [one["id"] for one in (*first["items"], *rest["items"])] == ids[::-1]


def test_a_task_is_made_changed_closed_and_opened(program: Call, contact: str, log_in: LogIn) -> None:
    caller = program("sales")
    me = caller.get("/me").json["id"]
    sent = {"title": "Call", "due_on": "2026-12-01", "record": {"kind": "contacts", "id": 1}}
    task = caller.post("/tasks", sent, status=201)
    assert (task.json["assignee_id"], task.json["created_by"], task.json["state"]) == (me, me, "open")
    path = f"/tasks/{task.json['id']}"
    moved = caller.patch(path, {"due_on": None, "note": "Ask for blue"}, version=task.headers["ETag"])
    assert moved.json == {**task.json, "due_on": None, "note": "Ask for blue"}
    done = caller.patch(path, {"state": "done", "title": "Called"}, version=moved.headers["ETag"]).json
    assert (done["state"], done["closed_by"], done["closed_at"]) == ("done", me, "2026-11-22T00:00:00Z")
    assert "Called" in words(log_in("sales").get("/tasks?state=closed"))
    caller.patch(path, {"state": "open"}, version=moved.headers["ETag"], status=412)
    assert caller.patch(path, {"state": "open"}).json["closed_at"] is None
    assert caller.patch(path, {"record": None}).json["record"] is None


@pytest.mark.parametrize(
    ("sent", "at"),
    [
        ({}, "/title"),
        ({"title": ""}, "/title"),
        ({"title": "x" * 201}, "/title"),
        ({"title": "A", "due_on": "soon"}, "/due_on"),
        ({"title": "A", "due_on": "1800-01-01"}, "/due_on"),
        ({"title": "A", "assignee_id": 999}, "/assignee_id"),
        ({"title": "A", "record": {"kind": "contacts", "id": 999}}, "/record"),
        ({"title": "A", "record": {"kind": "boats", "id": 1}}, "/record"),
        ({"title": "A", "record": 5}, "/record"),
        ({"title": "A", "state": "done"}, "/state"),
    ],
    ids=str,
)
def test_a_task_that_cannot_be_is_refused(sent: Any, at: str, program: Call) -> None:
    told = program().post("/tasks", sent, status=422).json
    assert [one["pointer"] for one in told["errors"]] == [at]


def test_tasks_are_listed_by_when_they_are_due(program: Call, contact: str) -> None:
    caller, other = program("sales"), program("admin")
    days = ["2026-12-03", None, "2026-12-01", "2026-12-02", None]
    made = [
        caller.post("/tasks", {"title": f"T{day}{place}", "due_on": day}, status=201).json
        for place, day in enumerate(days)
    ]
    caller.patch(f"/tasks/{made[3]['id']}", {"state": "cancelled"})
    about = {"title": "About", "record": {"kind": "contacts", "id": 1}, "assignee_id": None}
    about_one = other.post("/tasks", about, status=201).json["id"]
    ids = [one["id"] for one in made]
    order = [ids[2], ids[3], ids[0], ids[1], ids[4], about_one]
    found, cursor = [], ""
    for _ in range(3):
        page = caller.get(f"/tasks?limit=2{cursor}").json
        found += [one["id"] for one in page["items"]]
        cursor = f"&cursor={page['next']}"
    assert found == order

    def listed(query: str) -> list[int]:
        return [one["id"] for one in caller.get(f"/tasks?{query}").json["items"]]

    assert listed("state=cancelled") == [ids[3]]
    assert listed("assignee=me&state=open") == [ids[2], ids[0], ids[1], ids[4]]
    assert listed("assignee=nobody") == listed("kind=contacts&record_id=1") == listed("kind=contacts") == [about_one]
    assert listed("due_from=2026-12-02&due_to=2026-12-03") == [ids[3], ids[0]]
