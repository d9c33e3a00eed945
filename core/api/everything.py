"""All operations, the document that describes them, and what holds requests against it.

The document is the same in every application, so it is made once in a process: parsing it takes long beside all else
that happens at the start.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from jsonschema_path import SchemaPath
from openapi_core import V31RequestUnmarshaller, V31ResponseValidator
from pyramid.response import Response
from pyramid_openapi3 import RequestValidationError

from core.api import shapes
from core.api.document import document
from core.api.gate import JSON_TYPES
from core.api.operations import Operation, register
from core.api.problems import TYPE
from core.api.reading import strict_json
from core.api.refusals import refused
from core.api.views import accounting, lookups, notes, records, tasks

NAME = "pyramid_openapi3"


def _served(request: Any) -> Response:
    return Response(text(), content_type="application/json", charset=None)


OPERATIONS: tuple[Operation, ...] = (
    *records.operations(),
    *accounting.operations(),
    *notes.operations(),
    *tasks.operations(),
    *lookups.operations(),
    Operation(
        "GET",
        "/openapi.json",
        "document",
        _served,
        "This document",
        "About the API",
        gives={"type": "object"},
        open_to_all=True,
    ),
)
SCHEMAS = {
    **shapes.schemas_of_records(),
    **accounting.SCHEMAS,
    **notes.SCHEMAS,
    **tasks.SCHEMAS,
    **lookups.SCHEMAS,
}


@cache
def text() -> bytes:
    """The document as it is served."""
    return json.dumps(document(OPERATIONS, SCHEMAS), ensure_ascii=False).encode()


@cache
def _held_against() -> tuple[Any, Any, Any]:
    """The document as pyramid_openapi3 wants it: parsed, what reads requests, what checks answers."""
    spec = SchemaPath.from_dict(json.loads(text()))
    readers: dict[str, Callable[[bytes], Any]] = dict.fromkeys((*JSON_TYPES, TYPE), strict_json)
    return (
        spec,
        V31RequestUnmarshaller(spec, extra_media_type_deserializers=dict(readers)),
        V31ResponseValidator(spec, extra_media_type_deserializers=dict(readers)),
    )


def includeme(config: Any) -> None:
    """The routes, and pyramid_openapi3, which is given the document as it is instead of a file."""
    config.registry.api_methods = {}
    config.include(NAME)
    spec, reader, checker = _held_against()
    settings = config.registry.settings
    settings.setdefault(f"{NAME}.enable_response_validation", False)  # tests check answers themselves, all of them
    settings[f"{NAME}_apinames"] = [NAME]
    settings[NAME] = {
        "filepath": "openapi.json",
        "spec_route_name": "api:/openapi.json",
        "spec": spec,
        "request_validator": reader,
        "response_validator": checker,
    }
    config.add_exception_view(refused, context=RequestValidationError)
    register(config, OPERATIONS)
