"""Whatever is sent, the answer says what is wrong: never a fault of ours, never a page."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text

from core.api.gate import LARGEST_BODY
from core.api.reading import DEEPEST
from core.records.kinds import KINDS
from core.services import Services
from tests.conftest import Browser
from tests.core.api.conftest import BASE, Call, Program
from tests.core.conftest import Make

pytestmark = pytest.mark.slow

LONG = "x" * 100_000
HOSTILE: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    10**18,
    "",
    " ",
    "\x00",
    "a\x00b",
    "\u202e\u200b",
    "'; DROP TABLE contacts; --",
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    "=1+1",
    "💥" * 50,
    LONG,
    [],
    [[]],
    {},
    {"a": {}},
    ["x"] * 500,
    [None],
    [{"kind": "Work"}],
    [{"kind": "\x00", "value": LONG}],
    [{"description": LONG, "unit_price": "9" * 40}],
    [{"description": "\x00", "unit_price": "1", "quantity": "0"}],
    "NaN",
    "Infinity",
    "1e5",
    "٣",
    "-5",
    "999999999999999.9999",
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
]


@pytest.fixture
def ini() -> dict[str, str]:
    return {"api.rate": "100000/minute"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_takes_or_refuses_whatever_comes(kind: str, program: Call, nobody: Program) -> None:
    schemas = nobody.get("/openapi.json").json["components"]["schemas"]
    name = KINDS[kind].singular.capitalize()
    names = schemas[f"{name}Change"]["properties"]
    caller = program()
    base = {"name": "A"} if "name" in names else {"last_name": "A"}
    number = caller.post(f"/{kind}", base, status=201).json["id"]
    for field in names:
        for value in HOSTILE:
            answer = caller.patch(f"/{kind}/{number}", {field: value}, status=0)
            assert answer.status_int in (200, 422), (field, str(value)[:80], answer.text[:500])
            if answer.status_int == 422:
                at = {one["pointer"].split("/")[1] for one in answer.json["errors"]}
                assert at <= {field, *RELATED.get(field, ())}, (field, str(value)[:80], answer.json)


RELATED = {"first_name": {"last_name"}, "last_name": {"first_name"}, "starts_on": {"ends_on"}, "stage": {"reason"}}

UNREADABLE = [
    b"",
    b" ",
    b"{",
    b"{]",
    b"nonsense",
    b"{'a': 1}",
    b"\xff\xfe{}",
    b'{"first_name": "\xff"}',
    b'{"first_name": "\\ud800"}',
    b'{"\\udfff": 1}',
    b'{"first_name": NaN}',
    b'{"first_name": -Infinity}',
    b'{"first_name": 1e999}',
    b'{"first_name": ' + b"9" * 5000 + b"}",
    b'{"first_name": "a", "first_name": "b"}',
    b"[" * 100_000,
    b'{"custom": ' + b'{"a":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 2),
    "﻿{}".encode(),
]


@pytest.mark.parametrize("raw", UNREADABLE, ids=lambda raw: repr(raw[:24]))
def test_what_is_not_json_is_said_to_be_none(raw: bytes, program: Call) -> None:
    told = program().post("/contacts", raw=raw, status=400).json
    assert told["type"] == "urn:ledgertab:problem:unreadable"


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ([], {"": "Send an object."}),
        ("x", {"": "Send an object."}),
        ({}, {"/name": "This is needed."}),
        ({"name": ""}, {"/name": "Write a name."}),
        ({"name": "\u200b"}, {"/name": "Write a name."}),
        ({"name": 5}, {"/name": "Send a text or null."}),
        ({"name": "x" * 201}, {"/name": "Write at most 200 characters."}),
        ({"name": "A", "colour": "red"}, {"/colour": "There is no such name here."}),
        ({"name": "A", "a/b~c": "red"}, {"/a~1b~0c": "There is no such name here."}),
        ({"name": "A", "id": 5}, {"/id": "There is no such name here."}),
        ({"name": "A", "amount": 12.5}, {"/amount": "Send a text or null."}),
        ({"name": "A", "amount": "12,50"}, {"/amount": "A decimal number as text"}),
        ({"name": "A", "amount": "12.505"}, {"/amount": "Write at most 2 decimals."}),
        ({"name": "A", "amount": "1.50", "currency": "JPY"}, {"/amount": "Write a whole number"}),
        ({"name": "A", "amount": "-1"}, {"/amount": "not below zero"}),
        ({"name": "A", "currency": "XXX"}, {"/currency": "Send one of: NZD"}),
        ({"name": "A", "probability": 101}, {"/probability": "Send a number of at most 100."}),
        ({"name": "A", "probability": "50"}, {"/probability": "Send a whole number or null."}),
        ({"name": "A", "close_date": "24.12.2026"}, {"/close_date": "A date"}),
        ({"name": "A", "close_date": "1026-12-24"}, {"/close_date": "between 1900 and 2200"}),
        ({"name": "A", "tags": ["a,b"]}, {"/tags/0": "without a comma"}),
        ({"name": "A", "tags": "a"}, {"/tags": "Send a list or null."}),
        ({"name": "A", "tags": [str(number) for number in range(21)]}, {"/tags": "At most 20 fit."}),
        ({"name": "A", "lines": [{"unit_price": "1"}]}, {"/lines/0/description": "Write what this line is for."}),
        ({"name": "A", "lines": [{"description": "B"}]}, {"/lines/0/unit_price": "This is needed."}),
        (
            {"name": "A", "lines": [{"description": "B", "unit_price": "1"}, {"description": "C", "unit_price": "x"}]},
            {"/lines/1/unit_price": "Without tax"},
        ),
        (
            {"name": "A", "lines": [{"description": "B", "unit_price": "1", "quantity": "0"}]},
            {"/lines/0/quantity": "above zero"},
        ),
        ({"name": "A", "custom": {"x": 5}}, {"/custom/x": "Send a text"}),
        (
            {"colour": "red", "amount": 1, "name": "A"},
            {"/colour": "There is no such name here.", "/amount": "Send a text or null."},
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_every_wrong_value_is_named(sent: Any, errors: dict[str, str], program: Call) -> None:
    told = program().post("/opportunities", sent, status=422).json
    assert told["type"] == "urn:ledgertab:problem:invalid"
    found = {one["pointer"]: one["message"] for one in told["errors"]}
    assert found.keys() == errors.keys()
    assert all(says in found[at] for at, says in errors.items()), found


def test_a_body_of_many_names_is_told_of_the_first_and_no_more(program: Call) -> None:
    said = program().post("/organizations", {f"k{number}": 1 for number in range(4_000)}, status=422)
    assert len(said.json["errors"]) == 50
    assert len(said.body) < 50_000
    more = program().post("/organizations", {f"k{number}": 1 for number in range(20_000)}, status=400)
    assert "more than 5,000 values" in more.json["detail"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/me"), ("GET", "/contacts/1"), ("POST", "/tasks")])
def test_a_parameter_that_there_is_not_is_refused_everywhere(method: str, path: str, program: Call, make: Make) -> None:
    make("contacts", last_name="Parata")
    said = program().ask(method, f"{path}?colour=red", status=400)
    assert said.json["errors"][0]["parameter"] == "colour"


def test_too_much_is_not_even_read(program: Call) -> None:
    caller = program()
    caller.post("/contacts", raw=b" " * (LARGEST_BODY + 1), status=413)
    told = caller.post("/contacts", raw=b"{}", headers={"Content-Length": str(10**12)}, status=413)
    assert "2,097,152 bytes" in told.json["detail"]


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"]
)
def test_what_is_no_json_by_its_type_is_refused(content_type: str, program: Call) -> None:
    for method in ("POST", "PATCH"):
        path = "/contacts" if method == "POST" else "/contacts/1"
        program().ask(method, path, raw=b"{}", headers={"Content-Type": content_type}, status=415)


def test_a_merge_patch_may_say_that_it_is_one(program: Call, make: Make) -> None:
    number = make("contacts", last_name="Parata")
    headers = {"Content-Type": "application/merge-patch+json; charset=utf-8", "If-Match": "*"}
    answer = program().ask("PATCH", f"/contacts/{number}", {"city": "Picton"}, headers=headers)
    assert answer.json["city"] == "Picton"


@pytest.mark.parametrize(
    "path",
    ["/contacts/0", "/contacts/999", f"/contacts/{10**17}", f"/contacts/{2**31}", "/contacts/x", "/contacts/-1",
     "/contacts/1.5", "/contacts/%00", f"/contacts/{'9' * 300}", "/contacts/%D9%A3", "/nothing", "/", "/contacts/",
     "//contacts", "/contacts/1/nothing", "/notes/1", "/tasks/1", "/contacts/1/notes", "/contacts/1/accounting",
     "/CONTACTS", "/openapi.yaml"],
)  # fmt: skip
def test_what_is_not_there_is_said_to_be_not_there(path: str, program: Call) -> None:
    for caller in (program(), program("reader")):
        told = caller.get(path, status=0)
        assert told.status_int in (404, 403) if "accounting" in path else told.status_int == 404
        assert told.json["detail"]


def test_addresses_that_are_not_utf_8_are_answered(program: Call) -> None:
    caller = program()
    for path in ("/contacts/%ff", "/%ff", "/contacts?q=%ff", "/contacts?%ff=1"):
        assert caller.get(path, status=400).json["type"] == "urn:ledgertab:problem:unreadable"


def test_a_method_that_an_address_does_not_take_is_refused_with_those_it_takes(program: Call, app: Any) -> None:
    caller = program()
    for method in ("PUT", "OPTIONS", "TRACE", "POST"):
        told = caller.ask(method, "/contacts/1", status=405)
        assert told.headers["Allow"] == "GET, HEAD, PATCH, DELETE"
    assert Browser(app).put(f"{BASE}/contacts", expect_errors=True).status_int == 405, "also for nobody"


def test_a_fault_of_ours_is_told_with_a_number(
    program: Call, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    caller = program()
    with services.db.begin() as session:
        session.execute(text("DROP TABLE stages"))
    told = caller.get("/stages", status=500).json
    assert told["type"] == "urn:ledgertab:problem:broken"
    assert f"fault {told['number']} at GET /api/v1/stages" in caplog.text
    assert caller.token not in caplog.text


def test_no_answer_of_the_api_is_a_page_or_leads_to_one(app: Any) -> None:
    browser = Browser(app)
    for path in ("", "/", "/contacts", "/nothing", "/../contacts", "/contacts/1/accounting"):
        for headers in ({}, {"HX-Request": "true"}, {"Accept": "text/html"}, {"Authorization": "Basic YTpi"}):
            answer = browser.get(f"{BASE}{path}", headers=headers, expect_errors=True)
            assert answer.status_int in (401, 404)
            assert answer.content_type == "application/problem+json"
            assert json.loads(answer.body)["status"] == answer.status_int
