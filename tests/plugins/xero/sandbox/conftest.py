"""A sandbox on virtual time, and a caller that holds every answer to Xero's own description where that is at hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from bs4 import BeautifulSoup

from core import ManualClock
from plugins.xero.sandbox import Sandbox, make_sandbox
from plugins.xero.sandbox.limits import Limits
from plugins.xero.sandbox.pkce import challenge_of
from tests.plugins.xero import openapi

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
API = "/api.xro/2.0"
HARBOUR = "Harbour Coffee Roasters Ltd"
SCOPES = "openid profile email offline_access accounting.contacts accounting.settings.read"
CALLBACK = "http://localhost:6543/accounting/xero/callback"
VERIFIER = "v" * 50


class Caller:
    """Calls the sandbox as an app does; each answer is checked against Xero's description."""

    def __init__(self, sandbox: Sandbox, token: str, tenant: str | None) -> None:
        self.sandbox = sandbox
        self.headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if tenant:
            self.headers["xero-tenant-id"] = tenant
        self.http = httpx2.Client(transport=httpx2.WSGITransport(app=sandbox.app), base_url="http://localhost")

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> httpx2.Response:
        """Any call; the body is JSON unless it is bytes."""
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        response = self.http.request(
            method,
            path if path.startswith("/") else f"{API}/{path}",
            content=content,
            params={name: str(value) for name, value in query.items()} or None,
            headers={**self.headers, **(headers or {})},
        )
        judge(method, response)
        return response

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a good answer."""
        response = self.send("GET", path, **query)
        assert response.status_code == 200, response.text
        return response.json()

    def rows(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """The rows of a list; the path's first part names them."""
        found: list[dict[str, Any]] = self.get(path, **query)[path.split("/")[0]]
        return found

    def rows_of(self, name: str, path: str) -> list[dict[str, Any]]:
        """The rows under a name at a whole address, with its query."""
        found: list[dict[str, Any]] = self.get(path)[name]
        return found

    def write(self, method: str, path: str, *elements: dict[str, Any], **query: Any) -> Any:
        """Write elements; the rows of a good answer."""
        name = path.split("/")[0]
        response = self.send(method, path, {name: list(elements)}, **query)
        assert response.status_code == 200, response.text
        return response.json()[name]

    def refused(self, method: str, path: str, *elements: dict[str, Any], **query: Any) -> list[str]:
        """Write elements that must be refused; the messages of the validation errors."""
        response = self.send(method, path, {path.split("/")[0]: list(elements)}, **query)
        assert response.status_code == 400, response.text
        body = response.json()
        assert body["Type"] == "ValidationException", body
        return [error["Message"] for element in body["Elements"] for error in element["ValidationErrors"]]


class Browser:
    """A person with a browser, and the app's own calls to the log-in server."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.http = httpx2.Client(transport=httpx2.WSGITransport(app=sandbox.app), base_url="http://localhost")

    def asked(self, **changes: str | None) -> dict[str, str]:
        values: dict[str, str | None] = {
            "client_id": "ledgertab-demo",
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": SCOPES,
            "state": "s&1",
            "nonce": "n1",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in values.items() if value is not None}

    def authorize(self, **changes: str | None) -> httpx2.Response:
        return self.http.get("/identity/connect/authorize", params=self.asked(**changes))

    def press(self, page: httpx2.Response, answer: str, tenants: list[str] | None = None) -> httpx2.Response:
        """Press a button of the consent page, sending what its form holds."""
        form = BeautifulSoup(page.text, "html.parser").form
        assert form is not None
        fields = [(str(row["name"]), str(row["value"])) for row in form.select("input[type=hidden]")]
        ticked = [str(row["value"]) for row in form.select("input[type=checkbox][checked]")]
        fields += [("tenant", tenant) for tenant in (ticked if tenants is None else tenants)]
        body = urlencode([*fields, ("answer", answer)])
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.http.post(str(form["action"]), content=body.encode(), headers=headers)

    def consent(self, tenants: list[str] | None = None, **changes: str | None) -> str:
        """A code."""
        answer = self.press(self.authorize(**changes), "allow", tenants)
        return callback(answer)["code"]

    def token(self, **form: str) -> httpx2.Response:
        data = {"client_id": "ledgertab-demo", "client_secret": "ledgertab-demo-secret", **form}
        response = self.http.post("/connect/token", data=data)
        if (openapi.folder() / openapi.FILES["identity"]).is_file():
            openapi.check_answer("POST", "/connect/token", response.status_code, response.json())
        return response

    def redeem(self, code: str, **form: str) -> httpx2.Response:
        values = {"code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER, **form}
        return self.token(grant_type="authorization_code", **values)

    def connect(self, tenants: list[str] | None = None, **changes: str | None) -> dict[str, Any]:
        body: dict[str, Any] = self.redeem(self.consent(tenants, **changes)).json()
        return body

    def refresh(self, token: str, **form: str) -> httpx2.Response:
        return self.token(grant_type="refresh_token", refresh_token=token, **form)

    def connections(self, token: str, **query: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = Caller(self.sandbox, token, None).send("GET", "/connections", **query).json()
        return rows


def callback(response: httpx2.Response) -> dict[str, str]:
    assert response.status_code == 302
    assert response.headers["Location"].startswith(CALLBACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(response.headers["Location"]).query).items()}


def judge(method: str, response: httpx2.Response, most: int = 20) -> None:
    """Hold an answer to Xero's description, where it is at hand; of a long list, so many rows."""
    if not (openapi.folder() / openapi.FILES["accounting"]).is_file() or response.request.url.path.endswith("/pdf"):
        return
    if response.status_code in {200, 204, 400, 401, 403, 404, 429, 503}:
        body = _cut(response.json() if response.content else None, most)
        try:
            openapi.check_answer(method, response.request.url.path, response.status_code, body)
        except openapi.ContractBroken as broken:
            if "describes no" not in str(broken) or response.status_code == 200:
                raise


def _cut(body: Any, most: int) -> Any:
    if not isinstance(body, dict):
        return body
    return {name: value[:most] if isinstance(value, list) else value for name, value in body.items()}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def sandbox(clock: ManualClock) -> Sandbox:
    return make_sandbox(clock=clock, limits=Limits(minute=100_000, day=1_000_000), base_url="http://localhost")


@pytest.fixture
def xero(sandbox: Sandbox) -> Caller:
    """A caller with the usual scopes, on the first organisation."""
    return Caller(sandbox, sandbox.token()["access_token"], sandbox.tenant_id)


@pytest.fixture
def harbour(sandbox: Sandbox) -> str:
    """The id of Harbour Coffee Roasters."""
    return sandbox.contact_id(HARBOUR)


@pytest.fixture
def browser(sandbox: Sandbox) -> Browser:
    return Browser(sandbox)
