"""The OpenAPI document, made from the operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.api import problems, shapes
from core.api.gate import JSON_TYPES
from core.api.operations import ID, IF_MATCH, Operation, Parameter
from core.api.scopes import SCOPES

Json = dict[str, Any]
VERSION = "1"
INTRODUCTION = (
    "The records of Ledgertab, and what hangs on them. Every call takes a personal token, made on the page "
    "*Your profile → API tokens*; it never does what its user may not do, and its scopes narrow that. Amounts are "
    "decimal texts, dates are `2026-11-30`, moments are in UTC. What goes wrong is `application/problem+json`."
)


def document(operations: Sequence[Operation], schemas: Mapping[str, Json]) -> Json:
    """The document that describes these operations; `schemas` are what they refer to by name."""
    paths: Json = {}
    for one in operations:
        paths.setdefault(one.address, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Ledgertab", "version": VERSION, "description": INTRODUCTION, "license": {"name": "MIT"}},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(one.tag for one in operations)],
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Problem": _problem_schema()},
            "responses": {str(status): _problem_response(status) for status in _statuses()},
            "securitySchemes": {"token": _security()},
        },
        "security": [{"token": []}],
    }


def _operation(one: Operation) -> Json:
    scope = f"Takes the scope `{one.scope}`." if one.scope else ""
    found: Json = {
        "operationId": one.name,
        "tags": [one.tag],
        "summary": one.summary,
        "description": " ".join(filter(None, (one.about, scope))),
        "parameters": [_parameter(parameter) for parameter in one.parameters],
        "responses": {str(one.status): _good(one), **{str(each): _refer(each) for each in statuses_of(one)}},
    }
    if one.open_to_all:
        found["security"] = []
    if one.versioned and one.method == "GET":
        found["responses"]["304"] = {"description": "Nothing changed.", "headers": {"ETag": _ETAG}}
    if one.body is not None:
        content = {"schema": one.body, **({"example": one.example} if one.example is not None else {})}
        types = JSON_TYPES if one.method == "PATCH" else JSON_TYPES[:1]
        found["requestBody"] = {"required": True, "content": dict.fromkeys(types, content)}
    return found


_ETAG = {"description": "Its version.", "schema": {"type": "string"}}
_LINK = {"description": "The address of the next page.", "schema": {"type": "string"}}
_LOCATION = {"description": "Its address.", "schema": {"type": "string"}}


def _good(one: Operation) -> Json:
    headers: Json = {"ETag": _ETAG} if one.versioned else {}
    if any(parameter.name == "cursor" for parameter in one.parameters):
        headers["Link"] = _LINK
    if one.status == 201:
        headers["Location"] = _LOCATION
    found: Json = {"description": "Done." if one.gives is None else "What was asked for.", "headers": headers}
    return found if one.gives is None else {**found, "content": {"application/json": {"schema": one.gives}}}


def statuses_of(one: Operation) -> list[int]:
    """The statuses of the problems that an operation may end in."""
    found = {400, 500, *one.problems}
    if not one.open_to_all:
        found |= {401, 403, 429}
    if ID in one.parameters:
        found.add(404)
    if IF_MATCH in one.parameters:
        found |= {412, 428}
    if one.body is not None:
        found |= {413, 415, 422}
    return sorted(found)


def _parameter(one: Parameter) -> Json:
    needed = {"required": True} if one.required else {}
    return {"name": one.name, "in": one.place, "description": one.about, "schema": one.schema, **needed}


def _refer(status: int) -> Json:
    return {"$ref": f"#/components/responses/{status}"}


def _statuses() -> list[int]:
    return sorted({kind.status for kind in problems.KINDS.values()})


def _problem_response(status: int) -> Json:
    names = [name for name, kind in problems.KINDS.items() if kind.status == status]
    titles = [problems.KINDS[name].title for name in names]
    found: Json = {
        "description": f"{'; '.join(titles)}.",
        "content": {problems.TYPE: {"schema": shapes.ref("Problem"), "example": _example(names[0])}},
    }
    wait = {"description": "How many seconds to wait.", "schema": {"type": "string"}}
    return {**found, "headers": {"Retry-After": wait}} if status == 429 else found


def _example(name: str) -> Json:
    kind = problems.KINDS[name]
    detail = kind.advice.format(url="https://crm.example.com")
    return {"type": problems.NAMES + name, "title": kind.title, "status": kind.status, "detail": detail}


def _problem_schema() -> Json:
    said = shapes.thing(
        {
            "message": shapes.text(about="What is wrong, and what to do."),
            "pointer": shapes.text(about="Where in the body (RFC 6901)."),
            "parameter": shapes.text(about="The parameter of the address."),
        },
        required=["message"],
    )
    return shapes.thing(
        {
            "type": {**shapes.text(), "enum": [problems.NAMES + name for name in problems.KINDS]},
            "title": shapes.text(),
            "status": {"type": "integer"},
            "detail": shapes.text(about="What to do."),
            "errors": {"type": "array", "items": said},
            "etag": shapes.text(about="The ETag that it has now."),
            "number": shapes.text(about="The number under which a fault of ours was written down."),
            "merged_into": {"type": "integer", "description": "The record that this one was merged into."},
        },
        required=["type", "title", "status", "detail"],
        about="What goes wrong (RFC 9457). `type` says what it is and stays the same; `detail` is for people.",
    )


def _security() -> Json:
    scopes = "; ".join(f"`{scope.key}`: {scope.title.lower()}" for scope in SCOPES.values())
    return {
        "type": "http",
        "scheme": "bearer",
        "description": f"A personal token, as `Authorization: Bearer ledgertab_…`. Its scopes: {scopes}.",
    }
