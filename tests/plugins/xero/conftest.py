"""The Xero plugin against its sandbox, in process, on a clock that moves only when told to."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from core import Authorization, Grant, ManualClock, Organisation
from core.testing import StaticContext, UnlimitedBudget
from plugins.xero.making import authorizers
from plugins.xero.oauth import CodeAuthorizer, CustomAuthorizer
from plugins.xero.provider import XeroProvider
from plugins.xero.sandbox import Sandbox, make_sandbox
from plugins.xero.scopes import EVERYTHING
from tests.plugins.xero import openapi

NOW = dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC)
URL = "http://localhost"
REDIRECT = "https://crm.example/accounting/callback/xero"
DESCRIBED = all((openapi.folder() / name).is_file() for name in openapi.FILES.values())


@dataclass
class Wire:
    """What went over the wire: every request, and the client that sends them."""

    http: httpx2.Client
    requests: list[httpx2.Request] = field(default_factory=list)

    def sent(self, method: str = "", path: str = "") -> list[httpx2.Request]:
        """The requests with this method whose path holds this text."""
        return [one for one in self.requests if one.method.startswith(method) and path in one.url.path]


@dataclass
class Consent:
    """One person's consent: the grant, refreshed as the core does it, without a database."""

    authorizer: CodeAuthorizer
    grant: Grant
    organisations: list[Organisation]
    clock: ManualClock
    refreshes: int = 0

    def token(self, rejected: str | None) -> str:
        """A token that holds."""
        if rejected == self.grant.access_token or self.grant.expires_at <= self.clock.now():
            self.grant = self.authorizer.refresh(self.grant)
            self.refreshes += 1
        return self.grant.access_token


def held_to_xeros_word(request: httpx2.Request) -> None:
    """Check every request against Xero's own description, where that is at hand."""
    if not DESCRIBED or not request.url.path.startswith(("/api.xro/", "/connections")):
        return
    body = json.loads(request.content) if request.content else None
    openapi.check_request(request.method, request.url.path, dict(request.url.params), dict(request.headers), body)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    made = make_sandbox(clock=clock, base_url=URL)
    yield made
    made.close()


@pytest.fixture
def wire(sandbox: Sandbox) -> Iterator[Wire]:
    requests: list[httpx2.Request] = []
    transport = httpx2.WSGITransport(app=sandbox.app)
    with httpx2.Client(transport=transport, event_hooks={"request": [requests.append, held_to_xeros_word]}) as client:
        yield Wire(client, requests)


@pytest.fixture
def xero_settings(wire: Wire, clock: ManualClock) -> dict[str, Any]:
    """The application's settings, as the hook gets them."""
    return {
        "xero.client_id": Sandbox.client_id,
        "xero.client_secret": Sandbox.client_secret,
        "xero.api_url": URL,
        "xero.identity_url": URL,
        "xero.login_url": URL,
        "xero.web_url": URL,
        "ledgertab.http": lambda: wire.http,
        "ledgertab.clock": clock,
    }


@pytest.fixture
def code(xero_settings: dict[str, Any]) -> CodeAuthorizer:
    authorizer = authorizers(xero_settings)[0]
    assert isinstance(authorizer, CodeAuthorizer)
    return authorizer


@pytest.fixture
def custom(xero_settings: dict[str, Any]) -> CustomAuthorizer:
    authorizer = authorizers(xero_settings)[1]
    assert isinstance(authorizer, CustomAuthorizer)
    return authorizer


def start(code: CodeAuthorizer) -> Authorization:
    """Where the browser is sent, with every box ticked."""
    return code.start(REDIRECT, "state-1", EVERYTHING)


def callback(sandbox: Sandbox, authorization: Authorization, tenants: list[str] | None = None) -> dict[str, str]:
    """The query of the callback after a person ticked organisations and pressed Allow."""
    return dict(parse_qsl(urlsplit(sandbox.allow(authorization.url, tenants)).query))


@pytest.fixture
def consent(sandbox: Sandbox, code: CodeAuthorizer, clock: ManualClock) -> Consent:
    """A consent to the first organisation."""
    authorization = start(code)
    answer = callback(sandbox, authorization, [sandbox.tenant_id])
    grant, organisations = code.finish(REDIRECT, answer, dict(authorization.kept))
    return Consent(code, grant, list(organisations), clock)


@pytest.fixture
def budget() -> UnlimitedBudget:
    return UnlimitedBudget()


@pytest.fixture
def context(consent: Consent, clock: ManualClock, wire: Wire, budget: UnlimitedBudget) -> StaticContext:
    """What the core hands to the provider."""
    organisation = replace(consent.organisations[0], base_currency="NZD", extra=(("short_code", "!k3r3r"),))
    return StaticContext(
        organisation,
        clock,
        settings={"api_url": URL, "web_url": URL},
        http=wire.http,
        budget=budget,
        token_source=consent.token,
    )


@pytest.fixture
def provider(context: StaticContext) -> XeroProvider:
    return XeroProvider(context)
