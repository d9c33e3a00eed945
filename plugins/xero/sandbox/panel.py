"""The sandbox's own JSON endpoints: faults to switch on and off, calls to look at."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from plugins.xero.sandbox.envelope import Refused
from plugins.xero.sandbox.faults import KINDS
from plugins.xero.sandbox.oauth import json_answer
from plugins.xero.sandbox.state import STATE, State

Number = TypeVar("Number", int, float)


def includeme(config: Any) -> None:
    """Routes under /sandbox."""
    config.add_route("faults", "/sandbox/faults")
    config.add_view(faults, route_name="faults", request_method=("GET", "POST", "DELETE"))
    config.add_route("calls", "/sandbox/calls")
    config.add_view(calls, route_name="calls", request_method=("GET", "DELETE"))


def faults(request: Any) -> Any:
    """GET lists the faults that are on, POST switches one on, DELETE switches all off."""
    state: State = request.environ[STATE]
    if request.method == "DELETE":
        state.faults.clear()
    elif request.method == "POST":
        try:
            add_fault(state, _given(request))
        except (Refused, ValueError, TypeError) as error:
            return json_answer(400, {"error": str(error), "kinds": dict(KINDS)})
    return json_answer(200, {"faults": state.faults.all(), "kinds": dict(KINDS)})


def _given(request: Any) -> Mapping[str, Any]:
    try:
        given = json.loads(request.body or b"{}")
    except RecursionError as error:
        raise ValueError("the body is nested too deeply") from error
    if not isinstance(given, dict):
        raise ValueError("a JSON object is expected")
    return given


def add_fault(state: State, given: Mapping[str, Any]) -> None:
    """Switch a fault on from plain values. Raises ValueError."""
    times, seconds = given.get("times"), given.get("seconds")
    state.faults.add(
        str(given.get("kind")),
        times=_number("times", times, int),
        seconds=_number("seconds", seconds, float),
        path=str(given["path"]) if given.get("path") else None,
        method=str(given["method"]) if given.get("method") else None,
    )


def _number(name: str, value: Any, kind: Callable[[Any], Number]) -> Number | None:
    """A number that may be left out. Raises ValueError for what is none."""
    if value in (None, ""):
        return None
    try:
        return kind(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise ValueError(f"The {name} of a fault must be a number.") from error


def calls(request: Any) -> Any:
    """GET the latest calls and how many for each path; DELETE forgets them."""
    state: State = request.environ[STATE]
    if request.method == "DELETE":
        state.calls.reset()
    shown = [call.shown() for call in state.calls.all()]
    return json_answer(200, {"count": state.calls.count(), "counts": state.calls.counts(), "calls": shown})
