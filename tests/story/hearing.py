"""Webhooks on their way from the sandbox into the application: as they are, doubled, backwards or lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import webtest

from core.services import Services
from plugins.xero.sandbox import Sandbox

KEY = "the-key-that-xero-shows"
URL = "http://localhost/webhooks/xero"


class Line:
    """The line between the two: `answers` are what came back, `held` what was sent while it holds things back."""

    def __init__(self, app: Any, sandbox: Sandbox, services: Services) -> None:
        self._app = webtest.TestApp(app)
        self._sandbox = sandbox
        self._services = services
        self.answers: list[Any] = []
        self.held: list[tuple[Mapping[str, str], bytes]] = []
        self.holds = False
        sandbox.webhooks.subscribe(URL, KEY)
        sandbox.webhooks.post = self.post

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Bring one delivery to the application; while it holds things back, keep it and say that it arrived."""
        if self.holds:
            self.held.append((headers, body))
            return 200
        self.answers.append(self._app.post("/webhooks/xero", body, headers=dict(headers), expect_errors=True))
        return int(self.answers[-1].status_int)

    def bring(self) -> None:
        """Let the sandbox send what it has, and the worker do what that leads to."""
        self._sandbox.webhooks.deliver()
        self._services.jobs.drain()

    def let_go(self, times: int = 1, *, backwards: bool = False) -> None:
        """Bring what was held back, so often, in the order it was sent or the other way round."""
        held, self.held, self.holds = self.held, [], False
        for headers, body in (held[::-1] if backwards else held) * times:
            self.post("", headers, body)
        self._services.jobs.drain()
