"""Xero's own description as a judge of what is sent to Xero and of what the sandbox answers.

`check_request` and `check_answer` raise `ContractBroken` with every difference. Where the description is wrong or
silent (lists in queries, `DateString`, answers other than 200, 204 and 400), what Xero really does is written here,
with a reason. The files are not part of the project: they are read from `LEDGERTAB_XERO_SPEC`, by default
`../shared/xero`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from jsonschema import Draft4Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT4

ROOT = Path(__file__).resolve().parents[3]
FILES = {"accounting": "xero_accounting.yaml", "identity": "xero-identity.yaml"}
API = "/api.xro/2.0"
MS_DATE = re.compile(r"/Date\(-?\d+([+-]\d{4})?\)/")
# What Xero really sends though its description leaves it out.
UNDESCRIBED = frozenset(
    {
        "DateString",
        "DueDateString",
        "ExpectedPaymentDateString",
        "PlannedPaymentDateString",
        "DateUTCString",
        "ID",
        "Id",
        "Status",
        "ProviderName",
        "DateTimeUTC",
        "HasErrors",
        "HasValidationErrors",
        "ValidationErrors",
        "StatusAttributeString",
        "HasAttachments",
        "IsDeleted",
        "IsArchived",
        "IsActive",
        "scope",
    }
)
PROBLEM = {
    "type": "object",
    "required": ["Title", "Status", "Detail", "Instance"],
    "properties": {
        "Title": {"type": "string"},
        "Status": {"type": "integer"},
        "Detail": {"type": "string"},
        "Instance": {"type": "string"},
    },
}
OAUTH_ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}


class ContractBroken(AssertionError):
    """What was sent or answered is not what Xero describes."""


def folder() -> Path:
    """Where Xero's description lies."""
    return Path(os.environ.get("LEDGERTAB_XERO_SPEC") or ROOT.parent / "shared" / "xero")


def needed() -> None:
    """Skip the test where Xero's description is not at hand (which fails where every test is demanded)."""
    missing = [name for name in FILES.values() if not (folder() / name).is_file()]
    if missing:
        pytest.skip(f"Xero's description is not at {folder()}: {', '.join(missing)}")


@cache
def description(which: str) -> dict[str, Any]:
    """One of the files, read once."""
    text = (folder() / FILES[which]).read_text(encoding="utf-8")
    return dict(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def check_answer(method: str, path: str, status: int, body: Any) -> None:
    """Hold an answer (its JSON, or None without a body) to Xero's description. Raises ContractBroken."""
    which, template, operation = find_operation(method, path)
    schema = _answer_schema(which, template, operation, status)
    if schema is None:
        problems = [] if body in (None, "", b"") else [f"{status} must have no body"]
    else:
        problems = [*_violations(which, schema, body, "answer"), *_unknown(which, schema, body, UNDESCRIBED)]
    _raise(problems, f"{method} {path} answered {status}")


def check_request(
    method: str,
    path: str,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: Any = None,
) -> None:
    """Hold a request to Xero's description. Raises ContractBroken."""
    which, template, operation = find_operation(method, path)
    problems: list[str] = []
    if which == "accounting":
        parameters = [*_shared_parameters(which, template), *operation.get("parameters", ())]
        described = [followed(which, parameter) for parameter in parameters]
        problems += _query_problems(described, query or {})
        problems += _header_problems(described, {name.lower(): value for name, value in (headers or {}).items()})
        problems += _body_problems(which, operation, body)
    _raise(problems, f"{method} {path} was sent")


def check_schema(name: str, value: Any, *, sent: bool = False) -> None:
    """Hold one value to one of the accounting schemas. Raises ContractBroken."""
    schema = {"$ref": f"#/components/schemas/{name}"}
    side = "request" if sent else "answer"
    allowed: frozenset[str] = frozenset() if sent else UNDESCRIBED
    problems = [*_violations("accounting", schema, value, side), *_unknown("accounting", schema, value, allowed)]
    _raise(problems, name)


def _raise(problems: list[str], what: str) -> None:
    if problems:
        raise ContractBroken(f"{what}:\n" + "\n".join(f"  {problem}" for problem in problems[:20]))


# Finding the operation


def find_operation(method: str, path: str) -> tuple[str, str, dict[str, Any]]:
    """Which file, which path of it, and the operation that describe a call. Raises ContractBroken."""
    path = path.split("?")[0].rstrip("/")
    which = "accounting" if path.startswith(API) else "identity"
    wanted = path.removeprefix(API) if which == "accounting" else path
    if wanted == "/connect/token":
        return which, wanted, {}
    for template in _templates(which, wanted):
        operation = description(which)["paths"][template].get(method.lower())
        if operation is not None:
            return which, template, operation
    raise ContractBroken(f"Xero describes no {method} {path}")


def _templates(which: str, path: str) -> list[str]:
    """The described paths that fit; those whose placeholder is a number only when the segment is no uuid."""
    parts = path.lower().split("/")
    found = []
    for template in description(which)["paths"]:
        shape = template.split("/")
        fits = len(shape) == len(parts) and all(
            one.startswith("{") or one.lower() == other for one, other in zip(shape, parts, strict=True)
        )
        if fits:
            found.append(template)
    return sorted(found, key=lambda template: "Number}" in template)


def followed(which: str, value: Any) -> Any:
    """What a reference refers to."""
    while isinstance(value, dict) and "$ref" in value:
        target: Any = description(which)
        for part in value["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        value = target
    return value


def _shared_parameters(which: str, template: str) -> list[Any]:
    return list(description(which)["paths"][template].get("parameters", ()))


def _answer_schema(which: str, template: str, operation: dict[str, Any], status: int) -> Any:
    if template == "/connect/token":
        return {"$ref": "#/components/schemas/AccessToken"} if status == 200 else OAUTH_ERROR
    described = followed(which, operation["responses"].get(str(status)))
    if described is None:
        # The description knows 200, 204 and 400 only.
        return {"$ref": "#/components/schemas/Error"} if status == 400 else PROBLEM
    content = described.get("content", {}).get("application/json")
    if content is None and status in {404}:
        return PROBLEM
    return content["schema"] if content else None


# Validation of values


@cache
def _registry(which: str) -> Registry[Any]:
    empty: Registry[Any] = Registry()
    filled: Registry[Any] = empty.with_resource(f"urn:xero:{which}", DRAFT4.create_resource(description(which)))
    return filled


def _date_in_answer(validator: Any, wanted: bool, value: Any, schema: Any) -> Iterator[ValidationError]:
    if wanted and isinstance(value, str) and not MS_DATE.fullmatch(value):
        yield ValidationError(f"{value!r} is not a date as Xero writes it")


def _date_in_request(validator: Any, wanted: bool, value: Any, schema: Any) -> Iterator[ValidationError]:
    if wanted and isinstance(value, str) and not (MS_DATE.fullmatch(value) or _is_day(value)):
        yield ValidationError(f"{value!r} is not a date as Xero reads it")


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _read_only(validator: Any, wanted: bool, value: Any, schema: Any) -> Iterator[ValidationError]:
    if wanted:
        yield ValidationError("is read only and must not be sent")


_FORMATS = FormatChecker(formats=())
_FORMATS.checks("uuid", raises=ValueError)(lambda value: not isinstance(value, str) or bool(UUID(value)))
_SIDES = {
    "answer": extend(Draft4Validator, {"x-is-msdate": _date_in_answer, "x-is-msdate-time": _date_in_answer}),
    "request": extend(
        Draft4Validator,
        {"x-is-msdate": _date_in_request, "x-is-msdate-time": _date_in_request, "readOnly": _read_only},
    ),
}


def _absolute(which: str, schema: Any) -> Any:
    """The same schema with references that say which file they mean."""
    if isinstance(schema, dict):
        return {
            key: f"urn:xero:{which}{value}" if key == "$ref" and value.startswith("#") else _absolute(which, value)
            for key, value in schema.items()
        }
    return [_absolute(which, each) for each in schema] if isinstance(schema, list) else schema


def _violations(which: str, schema: Any, value: Any, side: str) -> Iterator[str]:
    validator = _SIDES[side](_absolute(which, schema), registry=_registry(which), format_checker=_FORMATS)
    for error in validator.iter_errors(value):
        yield f"{'/'.join(map(str, error.absolute_path)) or '(whole)'}: {error.message[:300]}"


def _unknown(which: str, schema: Any, value: Any, allowed: Iterable[str], at: str = "") -> Iterator[str]:
    """Names that the description does not know, at any depth: a misspelt field would else go unseen."""
    schema = followed(which, schema)
    if isinstance(value, list) and isinstance(schema, dict) and "items" in schema:
        for rank, each in enumerate(value):
            yield from _unknown(which, schema["items"], each, allowed, f"{at}/{rank}")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(value, dict) or not properties:
        return
    for name, each in value.items():
        if name in properties:
            yield from _unknown(which, properties[name], each, allowed, f"{at}/{name}")
        elif name not in allowed and not _element_of_error(properties):
            yield f"{at}/{name}: Xero describes no such field"


def _element_of_error(properties: Mapping[str, Any]) -> bool:
    """The elements of an error repeat the whole document, of which the description names a few ids only."""
    return "BatchPaymentID" in properties and "PurchaseOrderID" in properties


# Requests


def _query_problems(described: list[Any], query: Mapping[str, str]) -> Iterator[str]:
    known = {parameter["name"]: parameter for parameter in described if parameter["in"] == "query"}
    for name, value in query.items():
        if name not in known:
            yield f"query {name}: Xero describes no such parameter here"
        elif not _fits(known[name]["schema"], value):
            yield f"query {name}: {value!r} is not a {known[name]['schema']}"


def _fits(schema: Mapping[str, Any], value: str) -> bool:
    """Lists are comma-separated on the wire, whatever the description says of `explode`."""
    kind = schema.get("type")
    if kind == "array":
        return all(_fits(schema["items"], part) for part in value.split(","))
    if kind == "integer":
        return value.isdigit()
    if kind == "boolean":
        return value in {"true", "false"}
    if schema.get("format") == "uuid":
        return _is_uuid(value)
    return bool(value)


def _is_uuid(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _header_problems(described: list[Any], headers: Mapping[str, str]) -> Iterator[str]:
    names = {parameter["name"].lower() for parameter in described if parameter["in"] == "header"}
    if "xero-tenant-id" in names and not _is_uuid(headers.get("xero-tenant-id", "")):
        yield "header xero-tenant-id: missing, or no uuid"
    for name in ("if-modified-since", "idempotency-key"):
        if name in headers and name not in names:
            yield f"header {name}: Xero describes no such header here"
    if not 0 < len(headers.get("idempotency-key", "x")) <= 128:
        yield "header idempotency-key: between 1 and 128 characters"
    moment = headers.get("if-modified-since")
    if moment is not None and not _is_moment(moment):
        yield f"header if-modified-since: {moment!r} is no moment"


def _is_moment(text: str) -> bool:
    try:
        return bool(datetime.fromisoformat(text))
    except ValueError:
        return bool(re.fullmatch(r"\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT", text))


def _body_problems(which: str, operation: dict[str, Any], body: Any) -> Iterator[str]:
    described = followed(which, operation.get("requestBody"))
    if described is None:
        if body is not None:
            yield "body: Xero describes none here"
        return
    if body is None:
        yield "body: missing"
        return
    schema = described["content"]["application/json"]["schema"]
    yield from _violations(which, schema, body, "request")
    yield from _unknown(which, schema, body, ())
