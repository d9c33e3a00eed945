"""A browser that calls a WSGI application directly, so that nothing but the application is measured."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any

from webob import Request

CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass
class Answer:
    """What a WSGI application answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """The header of that name, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


@dataclass
class Visitor:
    """A browser with cookies that calls a WSGI application directly."""

    app: Any
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def cookie(self) -> str:
        """The header that a logged-in browser sends."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def environ(self, path: str, headers: Mapping[str, str] | None = None, **options: Any) -> dict[str, Any]:
        """The WSGI environment of a request."""
        made = Request.blank(path, headers={"Cookie": self.cookie, **(headers or {})}, **options)
        return dict(made.environ)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for a page. Raises RuntimeError for an answer that is no success."""
        return self._checked(call(self.app, self.environ(path, headers)), path)

    def post(self, path: str, fields: Mapping[str, str] | None = None) -> Answer:
        """Send a form, with a token from the log-in page or from the start page."""
        page = self.get("/" if self.cookies else "/login").body.decode()
        found = CSRF.search(page)
        if found is None:
            raise RuntimeError(f"No form with a token before {path}")
        form = {"csrf_token": found[1], **(fields or {})}
        return self._checked(call(self.app, self.environ(path, POST=form)), path)

    def _checked(self, answer: Answer, path: str) -> Answer:
        if answer.status >= 400:
            raise RuntimeError(f"{path}: {answer.status} {answer.body[:300]!r}")
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                self.cookies.update({key: morsel.value for key, morsel in SimpleCookie(value).items()})
        return answer


def call(app: Any, environ: dict[str, Any]) -> Answer:
    """Call a WSGI application once and read its answer to the end."""
    told: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        told[:] = [int(status.split()[0]), headers]
        return None

    chunks = app(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    return Answer(told[0], told[1], body)


def again(environ: dict[str, Any]) -> dict[str, Any]:
    """A fresh copy of an environment, for one more call."""
    return {**environ, "wsgi.input": BytesIO()}
