"""What every machine call passes through: the faults that are on, the log of calls, compression."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from pyramid.response import Response

from plugins.xero.sandbox.accounting import caller
from plugins.xero.sandbox.calls import Call
from plugins.xero.sandbox.envelope import Refused, not_found
from plugins.xero.sandbox.faults import Dropped, Fault, refusal
from plugins.xero.sandbox.state import STATE, State
from plugins.xero.sandbox.wire import encoded

MACHINE = ("/api.xro/", "/connections", "/connect/", "/.well-known/")
SECRET_HEADERS = frozenset({"authorization", "cookie"})
SHORTEST_TO_COMPRESS = 500
LONGEST_ADDRESS = 2048  # assumed: apps report 404 for whole addresses of more than 2,048 to 2,091 characters


def tween(handler: Callable[[Any], Any], registry: Any) -> Callable[[Any], Any]:
    """Pyramid's tween factory: only calls of machines are met with faults and noted."""

    def traffic(request: Any) -> Any:
        if not request.path.lower().startswith(MACHINE):
            return handler(request)
        return _noted(request.environ[STATE], handler, request)

    return traffic


def _noted(state: State, handler: Callable[[Any], Any], request: Any) -> Any:
    fault = state.faults.take(request.method, request.path)
    call = Call(
        at=state.clock.now(),
        method=request.method,
        path=request.path,
        query=request.query_string,
        headers={name.lower(): value for name, value in request.headers.items() if name.lower() not in SECRET_HEADERS},
        body=b"" if request.path.startswith("/connect/") else request.body,
        fault=fault.kind if fault else None,
    )
    started = time.perf_counter()
    try:
        response = _answer(state, handler, request, fault)
        call.status = response.status_code
        call.answer = b"" if request.path.startswith("/connect/") else response.body
    finally:
        call.milliseconds = (time.perf_counter() - started) * 1000
        state.calls.add(call)
    return _compressed(request, response)


def _answer(state: State, handler: Callable[[Any], Any], request: Any, fault: Fault | None) -> Any:
    if len(request.path_qs) > LONGEST_ADDRESS:
        return _refused(not_found(), _left(state, request))
    if fault is None:
        return handler(request)
    if fault.kind == "drop-before":
        raise Dropped
    refused = refusal(fault, request.GET)
    if refused is not None:
        return _refused(refused, _left(state, request))
    request.environ["sandbox.fault"] = fault
    if fault.kind == "slow" and not request.path.startswith("/api.xro/"):
        state.pause(fault.seconds or 5)
    response = handler(request)
    if fault.kind == "drop-after":
        raise Dropped
    return _spoilt(response, fault)


def _left(state: State, request: Any) -> dict[str, str]:
    """The headers on calls left that each answer of the accounting API has, once it is known who calls for whom.

    They tell what was counted, and a fault counts for nothing: they would outlast it in what a client remembers.
    """
    if not request.path.lower().startswith("/api.xro/"):
        return {}
    try:
        with state.store.work():
            access, tenant = caller(state, request.headers)
    except Refused:
        return {}
    return state.limits.left(tenant, access.client, state.clock.now())


def _refused(refused: Refused, left: Mapping[str, str]) -> Any:
    response = Response(
        body=encoded(refused.body), status=refused.status, content_type="application/json", charset="utf-8"
    )
    response.headers.update({**left, **refused.headers})
    return response


def _spoilt(response: Any, fault: Fault) -> Any:
    if fault.kind == "malformed":
        response.body = response.body[: max(1, len(response.body) // 2)]
    elif fault.kind == "html":
        page = b"<!doctype html><title>Sorry</title><h1>We'll be back soon</h1>"
        told = {name: value for name, value in response.headers.items() if name.startswith("X-")}
        response = Response(body=page, status=200, content_type="text/html", charset="utf-8")
        response.headers.update(told)
    return response


def _compressed(request: Any, response: Any) -> Any:
    accepted = "Accept-Encoding" in request.headers and request.accept_encoding.acceptable_offers(["gzip"])
    if accepted and len(response.body) >= SHORTEST_TO_COMPRESS:
        response.encode_content("gzip")
    return response
