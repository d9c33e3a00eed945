"""A program that calls the API: every answer it gets is held against the document."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from openapi_core import V31ResponseValidator
from pyramid_openapi3.wrappers import PyramidOpenAPIRequest, PyramidOpenAPIResponse
from sqlalchemy import select

from core.api import service
from core.api.everything import NAME
from core.api.problems import TYPE
from core.api.scopes import SCOPES
from core.services import Services
from core.users.models import User
from tests.conftest import Browser

BASE = "/api/v1"
Call = Callable[..., "Program"]


class Program:
    """Calls the application with a token; holds each answer against the document."""

    def __init__(self, app: Any, token: str = "") -> None:
        self.app, self.token = app, token
        self._browser = Browser(app)
        self._validator: V31ResponseValidator = app.registry.settings[NAME]["response_validator"]

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        status: int | None = None,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Any:
        """Call an operation; without `status` the answer must be a good one, with 0 it may be any."""
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None or raw is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else b""
        address = path if path.startswith("http") else f"{BASE}{path}"
        answer = self._browser.request(address, method=method, body=data, headers=sent, expect_errors=True)
        told = f"{method} {path}: {answer.status} {answer.text[:800] if answer.body else ''}"
        assert status == 0 or (answer.status_int == status if status else answer.status_int < 300), told
        self._check(answer)
        return answer

    def _check(self, answer: Any) -> None:
        assert "Set-Cookie" not in answer.headers
        if answer.status_int >= 400:
            assert answer.content_type == TYPE
            assert answer.json["status"] == answer.status_int
            assert answer.json["detail"]
        request = answer.request.copy_get()
        request.method = answer.request.method
        request.query_string = ""
        try:
            found = self.app.routes_mapper(request)["route"]
        except UnicodeDecodeError:
            return
        if found is None or request.method not in self.app.registry.api_methods.get(found.name, ()):
            return
        if request.method == "HEAD":
            return
        request.matched_route, request.matchdict = found, {}
        errors = list(self._validator.iter_errors(PyramidOpenAPIRequest(request), PyramidOpenAPIResponse(answer)))
        assert errors == [], [getattr(one.__cause__, "schema_errors", one) for one in errors]

    def get(self, path: str, **options: Any) -> Any:
        return self.ask("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        return self.ask("POST", path, body, **options)

    def patch(self, path: str, body: Any, *, version: str = "*", **options: Any) -> Any:
        return self.ask("PATCH", path, body, headers={"If-Match": version}, **options)

    def delete(self, path: str, *, version: str = "*", **options: Any) -> Any:
        return self.ask("DELETE", path, headers={"If-Match": version}, **options)


@pytest.fixture
def program(app: Any, services: Services) -> Call:
    """`program("sales")` calls with a token of the demo user of that role; `scopes` are all unless said otherwise."""

    def enter(role: str = "sales", scopes: Any = tuple(SCOPES), **more: Any) -> Program:
        with services.db.begin() as session:
            user = session.scalars(select(User).where(User.login == role)).one()
            _, token = service.make(
                session, user.id, name=f"A test {uuid4()}", scopes=scopes, when=services.clock.now(), **more
            )
        return Program(app, token)

    return enter


@pytest.fixture
def nobody(app: Any) -> Program:
    """A program without a token."""
    return Program(app)
