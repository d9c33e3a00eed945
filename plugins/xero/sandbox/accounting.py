"""The accounting API's door: who calls, for which organisation, with which right, within which limits.

Answers come from `endpoints.ENDPOINTS`. Refusals follow Xero's order: token (401), organisation (403), limits (429),
scope (401 insufficient_scope), then the call itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.response import Response

from plugins.xero.sandbox import scopes, xml_body
from plugins.xero.sandbox.asking import Answer, Ask
from plugins.xero.sandbox.endpoints import handler_for
from plugins.xero.sandbox.envelope import Refused, not_found, problem
from plugins.xero.sandbox.idempotency import Remembered, fingerprint
from plugins.xero.sandbox.listing import Query
from plugins.xero.sandbox.state import STATE, State
from plugins.xero.sandbox.tokens import Access
from plugins.xero.sandbox.wire import encoded, read_id

LARGEST_BODY = 3_500_000  # bytes; that the answer is 413 is assumed
INSUFFICIENT = {"WWW-Authenticate": "insufficient_scope"}


def accounting(request: Any) -> Any:
    """Any call under /api.xro/2.0/."""
    state: State = request.environ[STATE]
    parts = [part for part in request.matchdict["path"] if part]
    headers: dict[str, str] = {}
    try:
        with state.store.work():
            access, tenant = caller(state, request.headers)
        with state.limits.slot(tenant, access.client, state.clock.now()) as headers:
            _pause(state, request)
            answer = _within(state, request, access, tenant, parts)
    except Refused as refused:
        headers = {**headers, **refused.headers}
        answer = Answer(encoded(refused.body), refused.status)
    return _response(_in_xml(answer) if _wants_xml(request) else answer, headers)


def caller(state: State, headers: Mapping[str, str]) -> tuple[Access, str]:
    """Who calls, and for which organisation. Raises Refused (401, 403). Used under the store's lock."""
    access = state.tokens.check(headers.get("Authorization"))
    return access, _tenant(state, access, headers.get("xero-tenant-id"))


def _within(state: State, request: Any, access: Access, tenant: str, parts: list[str]) -> Answer:
    if not parts:
        raise not_found()
    if not scopes.allowed(parts[0], request.method, set(access.scopes)):
        raise problem(401, "Unauthorized", "insufficient_scope", INSUFFICIENT)
    if len(request.body) > LARGEST_BODY:
        raise problem(413, "Payload Too Large", "A write may have 3.5 MB at most.")
    with state.store.work():
        ask = Ask(
            state=state,
            books=state.store.books[tenant],
            method=request.method,
            parts=parts,
            query=Query(request.GET),
            headers=request.headers,
            raw=request.body,
            client=access.client,
            user=access.user,
            now=state.clock.now(),
        )
        return _once(state, request, ask)


def _once(state: State, request: Any, ask: Ask) -> Answer:
    """Answer, or give again what was answered under the same Idempotency-Key."""
    key = request.headers.get("Idempotency-Key")
    if not key or request.method == "GET":
        return handler_for(ask)(ask)
    asked = fingerprint(ask.books.tenant_id, request.method, request.path_qs, request.body)
    earlier = state.answers.earlier(key, asked, ask.now)
    if earlier is not None:
        return Answer(earlier.body, earlier.status)
    try:
        answer = handler_for(ask)(ask)
    except Refused as refused:
        state.answers.remember(key, asked, ask.now, Remembered(refused.status, encoded(refused.body)))
        raise
    state.answers.remember(key, asked, ask.now, Remembered(answer.status, answer.body))
    return answer


def _tenant(state: State, access: Access, header: str | None) -> str:
    """The organisation of the call: the header's, or the only one of a custom connection. Raises Refused (403)."""
    tenants = [row["tenant"] for row in state.connections.of(access.client, access.user)]
    if not header and access.user is None and len(tenants) == 1:
        return str(tenants[0])
    if read_id(header) not in tenants:
        raise problem(403, "Forbidden", "AuthenticationUnsuccessful")
    return read_id(header)


def _pause(state: State, request: Any) -> None:
    """A slow answer keeps its slot, so that slow calls pile up as they do at Xero."""
    fault = request.environ.get("sandbox.fault")
    if fault is not None and fault.kind == "slow":
        state.pause(fault.seconds or 5)


def _wants_xml(request: Any) -> bool:
    """Whether XML is asked for, rather than JSON or anything."""
    offers = request.accept.acceptable_offers(["application/json", "application/xml", "text/xml"])
    return bool(offers) and offers[0][0] != "application/json"


def _in_xml(answer: Answer) -> Answer:
    if answer.content_type != "application/json" or not answer.body:
        return answer
    root = "Response" if answer.status == 200 else "ApiException"
    return Answer(xml_body.written(answer.body, root), answer.status, "text/xml")


def _response(answer: Answer, headers: dict[str, str]) -> Any:
    if answer.status == 204:
        return Response(status=204, body=b"", content_type=None, headerlist=list(headers.items()))
    charset = None if answer.content_type == "application/pdf" else "utf-8"
    response = Response(body=answer.body, status=answer.status, content_type=answer.content_type, charset=charset)
    response.headers.update(headers)
    return response
