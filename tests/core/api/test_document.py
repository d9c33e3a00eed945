"""The OpenAPI document: valid, and true of the code in both directions."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pyramid.response import Response

from core.api import answers, problems
from core.api.everything import OPERATIONS, text
from core.api.operations import BASE
from core.api.scopes import SCOPES
from tests.core.api.conftest import Call, Program

PAGE = Path(__file__).parents[3] / "docs" / "api.md"


@pytest.fixture(scope="module")
def document() -> Any:
    return json.loads(text())


def test_the_document_is_valid_and_open_to_all(document: Any, nobody: Program) -> None:
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    assert nobody.get("/openapi.json").json == document


def test_every_route_of_the_api_is_in_the_document_and_the_other_way_round(document: Any, app: Any) -> None:
    routes = {route.path for route in app.routes_mapper.routes.values() if route.path.startswith(BASE)}
    assert routes == document["paths"].keys()
    described = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    views = set()
    for each in app.registry.introspector.get_category("views"):
        view = each["introspectable"]
        if (view["route_name"] or "").startswith("api:"):
            methods = view["request_methods"]
            path = app.routes_mapper.get_route(view["route_name"]).path
            views |= {(path, one) for one in ([methods] if isinstance(methods, str) else methods) if one != "HEAD"}
    assert views == described


def test_every_operation_has_a_name_of_its_own_and_words(document: Any) -> None:
    every = [one for methods in document["paths"].values() for one in methods.values()]
    assert len({one["operationId"] for one in every}) == len(every)
    assert all(one["summary"] and one["tags"] for one in every)
    bodies = [one["requestBody"]["content"].values() for one in every if "requestBody" in one]
    assert bodies
    assert all("example" in content for contents in bodies for content in contents)


def test_no_schema_stands_there_for_nothing(document: Any) -> None:
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert named == document["components"]["schemas"].keys()


def test_the_examples_of_what_is_made_can_be_sent(document: Any, program: Call) -> None:
    caller = program()
    sent = 0
    for one in OPERATIONS:
        if one.method == "POST" and one.body is not None and "{" not in one.path and one.path != "/tasks":
            caller.post(one.path, one.example, status=201)
            sent += 1
    caller.post("/tasks", next(one for one in OPERATIONS if one.name == "tasks.create").example, status=201)
    assert sent == 4


def test_an_answer_that_is_not_as_described_is_noticed(program: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = program()

    def wrong(body: Any, **options: Any) -> Response:
        return Response(json_body={"items": [{"id": "x"}]})

    monkeypatch.setattr(answers, "reply", wrong)
    with pytest.raises(AssertionError):
        caller.get("/users")


def test_the_page_tells_every_scope_and_every_kind_of_problem() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [key for key in SCOPES if f"`{key}`" not in page] == []
    assert [
        f"{kind.status} {name}" for name, kind in problems.KINDS.items() if f"| {kind.status} | `{name}` |" not in page
    ] == []
    told = re.findall(r"^\| \d{3} \| `([\w-]+)` \|", page, re.M)
    assert set(told) == problems.KINDS.keys()
