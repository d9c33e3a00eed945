"""What programs look up, and the search."""

from __future__ import annotations

from core.records.stages import STANDARD
from tests.core.api.conftest import Call
from tests.core.conftest import Make


def test_a_program_learns_who_it_is(program: Call) -> None:
    told = program("reader", ["search"]).get("/me").json
    assert (told["login"], told["role"], told["rights"], told["scopes"]) == ("reader", "reader", [], ["search"])
    assert "records.purge" in program("admin").get("/me").json["rights"]


def test_users_tags_and_stages_are_told(program: Call, make: Make) -> None:
    make("contacts", last_name="A", tags=("vip", "old"))
    make("contacts", last_name="B", tags=("vip",))
    make("organizations", name="C", tags=("boats",))
    caller = program()
    assert caller.get("/tags?kind=contacts").json["items"] == ["old", "vip"]
    assert [one["name"] for one in caller.get("/stages").json["items"]] == [stage.name for stage in STANDARD]
    users = caller.get("/users").json["items"]
    assert {"id": caller.get("/me").json["id"], "name": "Mere Tautari"} in users
    assert all(one.keys() == {"id", "name"} for one in users)


def test_the_search_finds_what_the_box_finds(program: Call, make: Make) -> None:
    number = make("contacts", first_name="Hana", last_name="Whitiora")
    home = make("organizations", name="Whitiora Boats")
    caller = program()
    caller.post(f"/contacts/{number}/notes", {"text": "Whitiora wants blue"}, status=201)
    found = caller.get("/search?q=whitiora").json["items"]
    assert {(one["section"], one["record"]["id"]) for one in found} == {
        ("contacts", number),
        ("organizations", home),
        ("notes", number),
    }
    assert [one["section"] for one in caller.get("/search?q=whitiora&in=notes").json["items"]] == ["notes"]
    assert len(caller.get("/search?q=whitiora&limit=1").json["items"]) == 1
    [near] = caller.get("/search?q=whitoira&in=contacts").json["items"]
    assert (near["record"]["id"], near["similar"]) == (number, True)
    assert near["url"] == f"http://localhost/contacts/{number}"
    assert caller.get("/search?q=%00%E2%80%8B").json["items"] == []
