"""Good answers: JSON, with a version, a place in a list, or nothing at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from pyramid.response import Response

from core.api.reading import etag, is_known


def reply(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer with a body."""
    response = Response(json.dumps(body).encode(), status=status, content_type="application/json", charset=None)
    response.headers.update({"Vary": "Authorization", **(headers or {})})
    return response


def versioned(request: Any, body: Any, version: int, *, status: int = 200, location: str = "") -> Response:
    """An answer with the ETag of a version; without a body (304) for who reads and has that version already."""
    headers = {"ETag": etag(version), **({"Location": location} if location else {})}
    if request.method == "GET" and is_known(request, version):
        return Response(status=304, headers={**headers, "Vary": "Authorization"})
    return reply(body, status=status, headers=headers)


def page(request: Any, items: list[Any], cursor: str) -> Response:
    """A page of a list; `cursor` is where the next one begins, "" on the last."""
    headers = {}
    if cursor:
        pairs = [(name, value) for name, value in request.GET.items() if name != "cursor"]
        url = f"{request.services.settings.url}{request.path}?{urlencode([*pairs, ('cursor', cursor)])}"
        headers["Link"] = f'<{url}>; rel="next"'
    return reply({"items": items, "next": cursor or None}, headers=headers)


def nothing() -> Response:
    """An answer without a body: it is done."""
    return Response(status=204)
