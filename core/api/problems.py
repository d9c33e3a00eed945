"""What goes wrong, as programs read it: `application/problem+json` (RFC 9457), each with what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyramid.response import Response

TYPE = "application/problem+json"
NAMES = "urn:ledgertab:problem:"
Said = Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """A kind of problem: its status, its title, and what to do where nothing more is known."""

    status: int
    title: str
    advice: str


# By the name that follows `NAMES`. The first of a status is what a fault of that status is.
KINDS: dict[str, Kind] = {
    "unreadable": Kind(400, "This cannot be read", "Send valid JSON in UTF-8, and an address in UTF-8."),
    "wrong-question": Kind(400, "The question is wrong", "Mend the parameters that are named, or leave them out."),
    "no-token": Kind(
        401,
        "No good token",
        "Send the header “Authorization: Bearer ledgertab_…” with a token; make one at {url}/profile/tokens.",
    ),
    "not-allowed": Kind(403, "Not for your role", "An administrator can give your role the right to do this."),
    "scope-missing": Kind(403, "Not with this token", "Make a token with the scope that is needed."),
    "not-found": Kind(
        404, "Not here", "There is nothing at this address. {url}/api/v1/openapi.json names all there are."
    ),
    "wrong-method": Kind(405, "Not this way", "The header Allow names the methods that this address takes."),
    "conflict": Kind(409, "It changed meanwhile", "Read it again and repeat what you wanted to do."),
    "stale": Kind(
        412, "It changed meanwhile", "Read it again, look at what changed, and send its new ETag in If-Match."
    ),
    "too-large": Kind(413, "Too much at once", "Send less in one request."),
    "wrong-type": Kind(415, "Not this type", "Send JSON, with the header “Content-Type: application/json”."),
    "invalid": Kind(422, "Some values cannot be stored", "Mend the values that are named and send it again."),
    "version-missing": Kind(428, "Which version?", "Send the ETag that you got with it in the header If-Match."),
    "too-many": Kind(429, "Too many requests", "Wait for as many seconds as the header Retry-After says."),
    "broken": Kind(
        500, "Something broke", "It is not your doing. It was written down; tell the number to who runs this."
    ),
}
_BY_STATUS = {kind.status: name for name, kind in reversed(KINDS.items())}


@dataclass
class Problem(Exception):
    """Ends a request with a problem: a name of `KINDS`, what there is to say of this one, and what is wrong where.

    `errors` are mappings with a `message`, and a `pointer` into the body (RFC 6901) or the name of a `parameter`.
    """

    name: str
    detail: str = ""
    errors: Sequence[Said] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Said = field(default_factory=dict)


def includeme(config: Any) -> None:
    """Problems end in their answers, and so do all faults under the API's addresses."""
    config.add_exception_view(lambda problem, request: answer(request, problem), context=Problem)


def answer(request: Any, problem: Problem) -> Response:
    """The answer that tells a problem."""
    kind, url = KINDS[problem.name], request.services.settings.url
    told = {
        "type": NAMES + problem.name,
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail or kind.advice.format(url=url),
        **({"errors": [dict(one) for one in problem.errors]} if problem.errors else {}),
        **problem.more,
    }
    headers = {"Cache-Control": "no-store", **problem.headers}
    if kind.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="Ledgertab"'
    response = Response(json.dumps(told).encode(), status=kind.status, content_type=TYPE, charset=None)
    response.headers.update(headers)
    return response


def write_fault(request: Any, status: int, *, text: str = "", number: str = "") -> Response:
    """The answer for a fault that is no `Problem`: of Pyramid's, of a room's, or of ours (then with its `number`)."""
    allowed = request.registry.api_methods.get(getattr(request.matched_route, "name", ""), ())
    if status == 404 and allowed and request.method not in allowed:
        return answer(request, Problem("wrong-method", headers={"Allow": ", ".join(allowed)}))
    name = _BY_STATUS.get(status) or ("wrong-question" if status < 500 else "broken")
    return answer(request, Problem(name, text, more={"number": number} if number else {}))
