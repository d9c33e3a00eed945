"""What the document refuses, as problems: which value, and in plain words why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from openapi_core.casting.schemas.exceptions import CastError
from openapi_core.deserializing.styles.exceptions import EmptyQueryParameterValue
from openapi_core.validation.request.exceptions import MissingParameterError, ParameterValidationError
from pyramid_openapi3 import RequestValidationError

from core.api import problems
from core.api.problems import Problem, Said
from core.api.values import pointer

MOST_SAID = 50  # of what is wrong in one body
NOTHING_NAMED: Said = {"pointer": "", "message": "Send what the document describes."}
TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def refused(error: RequestValidationError, request: Any) -> Any:
    """The exception view: a request that is not as the document says."""
    return problems.answer(request, problem_of(error.errors))


def problem_of(errors: Iterable[Exception]) -> Problem:
    """The problem that errors of the validator make: a wrong address, a wrong question, or a wrong body."""
    found = list(errors)
    asked = [one for one in found if isinstance(one, ParameterValidationError)]
    if any(one.location == "path" for one in asked):
        return Problem("not-found", "The last number of this address is not the number of anything.")
    if asked:
        return Problem("wrong-question", errors=[_parameter(one) for one in asked])
    # A date that is none is wrong by its pattern and by its format: what is the same is said once.
    told = (one for error in found for one in _body(error))
    said = {(each["pointer"], each["message"]): each for each in islice(told, MOST_SAID)}
    return Problem("invalid", errors=list(said.values()) or [NOTHING_NAMED])


def _parameter(error: ParameterValidationError) -> Said:
    told = [_sentence(one) for one in _schema_errors(error)]
    return {"parameter": error.name, "message": told[0] if told else _unread(error)}


def _unread(error: ParameterValidationError) -> str:
    """Why a parameter could not even be read."""
    if isinstance(error, MissingParameterError):
        return "This is needed."
    if isinstance(error.__cause__, CastError):
        return f"Send {TYPES.get(str(error.__cause__.type), 'another value')}."
    if isinstance(error.__cause__, EmptyQueryParameterValue):
        return "It is empty: give it a value, or leave it out."
    return "This cannot be read."


def _schema_errors(error: Exception) -> list[Any]:
    return list(getattr(error.__cause__, "schema_errors", ()))


def _body(error: Exception) -> Iterator[Said]:
    for one in _schema_errors(error):
        at = list(one.absolute_path)
        if one.validator == "additionalProperties" and isinstance(one.validator_value, bool):
            for name in sorted(set(one.instance) - set(one.schema.get("properties", ()))):
                yield {"pointer": pointer(*at, name), "message": _no_such(one.schema)}
        elif one.validator == "required":
            for name in sorted(set(one.validator_value) - set(one.instance)):
                yield {"pointer": pointer(*at, name), "message": "This is needed."}
        else:
            yield {"pointer": pointer(*at), "message": _sentence(one)}


def _no_such(schema: Any) -> str:
    return f"There is no such name here. There are: {', '.join(schema.get('properties', ()))}."


def _sentence(error: Any) -> str:
    """Why a value is refused."""
    wanted = error.validator_value
    if error.validator == "type":
        kinds = [wanted] if isinstance(wanted, str) else list(wanted)
        return f"Send {' or '.join(TYPES[kind] for kind in kinds)}."
    if error.validator == "enum":
        return f"Send one of: {', '.join(str(one) for one in wanted if one is not None)}."
    described = str(error.schema.get("description", ""))
    sentences = {
        "maxLength": f"Write at most {wanted} characters.",
        "minLength": f"Write at least {wanted} characters.",
        "maxItems": f"At most {wanted} fit.",
        "minimum": f"Send a number of at least {wanted}.",
        "maximum": f"Send a number of at most {wanted}.",
        "pattern": described or "It is not written as it must be.",
        "format": described or "It is not written as it must be.",
    }
    return sentences.get(str(error.validator), "This cannot be stored.")
