"""What can be done by the API, as data: the routes and the document are both made from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyramid.security import NO_PERMISSION_REQUIRED

from core.api import scopes
from core.users.security import LOGIN

BASE = "/api/v1"
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Parameter:
    """A parameter of an address or a header: `place` is path, query or header."""

    name: str
    about: str
    schema: Schema
    place: str = "query"
    required: bool = False


@dataclass(frozen=True)
class Operation:
    """One method at one address: who answers, what it takes, and what it gives.

    `path` follows `BASE`; `scope` is one of `core.api.scopes`, `right` what the user must have. `body` and `gives` are
    schemas, None for none; `status` is that of the good answer; `problems` are the statuses of the others that this one
    alone has. `versioned`: the answer has an ETag. `tag` is the group in the document. `open_to_all` takes no token.
    `judges_names`: the view says itself which parameters it does not know, for custom fields are among those it does.
    """

    method: str
    path: str
    name: str
    view: Callable[[Any], Any]
    summary: str
    tag: str
    scope: str = scopes.ANY
    right: str = LOGIN
    about: str = ""
    parameters: Sequence[Parameter] = ()
    body: Schema | None = None
    example: Any = None
    gives: Schema | None = None
    status: int = 200
    versioned: bool = False
    problems: Sequence[int] = ()
    open_to_all: bool = False
    judges_names: bool = False

    @property
    def asked(self) -> frozenset[str]:
        """The names that may stand behind the question mark."""
        return frozenset(one.name for one in self.parameters if one.place == "query")

    @property
    def address(self) -> str:
        """The whole pattern of the address."""
        return BASE + self.path

    @property
    def route(self) -> str:
        """The name of its route, which all methods of the address share."""
        return f"api:{self.path}"


ID = Parameter("id", "The number of the one that is meant.", {"type": "integer", "minimum": 1}, "path", True)
IF_MATCH = Parameter(
    "If-Match",
    "The ETag of the version that you saw, or `*` for whatever is there now.",
    {"type": "string", "maxLength": 200},
    "header",
)
IF_NONE_MATCH = Parameter(
    "If-None-Match",
    "An ETag that you have already: the answer is 304 without a body while nothing changed.",
    {"type": "string", "maxLength": 200},
    "header",
)
USUAL, MOST = 50, 200
LIMIT = Parameter("limit", "How many at once.", {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL})
CURSOR = Parameter("cursor", "Where to go on: `next` of the page before.", {"type": "string", "maxLength": 2000})


def register(config: Any, operations: Sequence[Operation]) -> None:
    """Add the routes and views of operations, and tell which methods an address has."""
    methods: dict[str, list[str]] = config.registry.api_methods
    for one in operations:
        if one.route not in methods:
            config.add_route(one.route, one.address)
        methods.setdefault(one.route, []).extend([one.method, *(["HEAD"] if one.method == "GET" else [])])
        config.add_view(
            _view(one),
            route_name=one.route,
            request_method=one.method,
            permission=NO_PERMISSION_REQUIRED if one.open_to_all else one.right,
            require_csrf=False,  # no cookie counts here, so that no other site can make a browser do anything
            openapi=True,
            api=one,
        )


def _view(operation: Operation) -> Callable[[Any, Any], Any]:
    def view(context: Any, request: Any) -> Any:
        return operation.view(request)

    return view
