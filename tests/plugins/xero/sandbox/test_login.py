"""The log-in server: consent, codes, tokens, refresh, revocation, connections."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from bs4 import BeautifulSoup
from joserfc import jwt
from joserfc.jwk import KeySet

from core import ManualClock
from plugins.xero.sandbox import Sandbox
from plugins.xero.sandbox.pkce import challenge_of
from tests.plugins.xero import openapi
from tests.plugins.xero.sandbox.conftest import Caller

SCOPES = "openid profile email offline_access accounting.contacts accounting.settings.read"
CALLBACK = "http://localhost:6543/accounting/xero/callback"
VERIFIER = "v" * 50


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


@pytest.fixture
def browser(sandbox: Sandbox) -> Browser:
    return Browser(sandbox)


def test_the_page_names_the_organisations_and_what_is_asked(browser: Browser) -> None:
    page = browser.authorize()
    assert page.status_code == 200
    for text in ("Kererū Trading", "Kererū Trading Australia Pty Ltd", "read and write contacts", "sandbox"):
        assert text in page.text


def test_allow_gives_a_code_and_the_state_back(browser: Browser) -> None:
    values = callback(browser.press(browser.authorize(), "allow"))
    assert values["state"] == "s&1"
    assert values["scope"] == SCOPES
    assert values["code"]


def test_cancel_is_access_denied(browser: Browser) -> None:
    assert callback(browser.press(browser.authorize(), "cancel")) == {"error": "access_denied", "state": "s&1"}


def test_no_organisation_ticked_shows_the_page_again(browser: Browser) -> None:
    page = browser.press(browser.authorize(), "allow", tenants=[])
    assert page.status_code == 200
    assert "Tick at least one organisation" in page.text
    assert browser.press(page, "allow").status_code == 302


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"scope": "openid accounting.transactions"}, "invalid_scope"),
        ({"scope": "accounting.reports.read"}, "invalid_scope"),
        ({"scope": "bogus"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
    ],
)
def test_a_wrong_question_comes_back_as_an_error(browser: Browser, change: dict[str, str | None], error: str) -> None:
    assert callback(browser.authorize(**change)) == {"error": error, "state": "s&1"}


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1:6543/cb", "http://crm.example/cb", "", "localhost", "https://x.example/#f"]
)
def test_a_wrong_address_is_never_redirected_to(browser: Browser, uri: str) -> None:
    response = browser.authorize(redirect_uri=uri)
    assert response.status_code == 400
    assert "redirect_uri" in response.text


def test_an_unknown_app_is_never_redirected(browser: Browser) -> None:
    assert browser.authorize(client_id="someone").status_code == 400


def test_https_addresses_and_bare_localhost_are_taken(browser: Browser) -> None:
    for uri in ("https://crm.example/cb", "http://localhost/cb", "http://localhost:6543/cb?x=1"):
        response = browser.press(browser.authorize(redirect_uri=uri), "allow")
        assert response.headers["Location"].startswith(f"{uri}{'&' if '?' in uri else '?'}code=")


def test_a_code_gives_tokens(browser: Browser) -> None:
    body = browser.connect()
    assert (body["expires_in"], body["token_type"], body["scope"]) == (1800, "Bearer", SCOPES)
    assert body["refresh_token"]
    assert body["id_token"]


def test_tokens_are_signed_with_the_published_key(browser: Browser, clock: ManualClock) -> None:
    body = browser.connect()
    document = browser.http.get("/.well-known/openid-configuration").json()
    keys = KeySet.import_key_set(browser.http.get(urlsplit(document["jwks_uri"]).path).json())
    assert "d" not in browser.http.get(urlsplit(document["jwks_uri"]).path).json()["keys"][0]
    access = jwt.decode(body["access_token"], keys, algorithms=["RS256"]).claims
    assert access["iss"] == document["issuer"]
    assert access["scope"] == SCOPES.split()
    assert access["exp"] - access["iat"] == 1800
    assert access["iat"] == int(clock.now().timestamp())
    connection = browser.connections(body["access_token"])[0]
    assert access["authentication_event_id"] == connection["authEventId"]
    identity = jwt.decode(body["id_token"], keys, algorithms=["RS256"]).claims
    assert (identity["aud"], identity["nonce"], identity["email"]) == (
        "ledgertab-demo",
        "n1",
        "accounts@kereru.example",
    )
    assert identity["sub"] == access["sub"]


def test_basic_authentication_is_taken_too(browser: Browser) -> None:
    secret = base64.b64encode(b"ledgertab-demo:ledgertab-demo-secret").decode()
    form = {
        "grant_type": "authorization_code",
        "code": browser.consent(),
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    answer = browser.http.post("/connect/token", data=form, headers={"Authorization": f"Basic {secret}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("header", ["Basic !!", "Basic bm9uZTpub25l", "Basic /w=="])
def test_wrong_credentials_are_refused(browser: Browser, header: str) -> None:
    answer = browser.http.post("/connect/token", data={"grant_type": "x"}, headers={"Authorization": header})
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_client"})
    assert browser.token(client_secret="wrong").json() == {"error": "invalid_client"}


def test_a_code_works_once(browser: Browser) -> None:
    code = browser.consent()
    assert browser.redeem(code).status_code == 200
    assert browser.redeem(code).json() == {"error": "invalid_grant"}


def test_a_code_lives_five_minutes(browser: Browser, clock: ManualClock) -> None:
    code, late = browser.consent(), browser.consent()
    clock.advance(seconds=299)
    assert browser.redeem(code).status_code == 200
    clock.advance(seconds=1)
    assert browser.redeem(late).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize("form", [{"code_verifier": "w" * 50}, {"code_verifier": ""}, {"redirect_uri": f"{CALLBACK}2"}])
def test_a_code_needs_its_verifier_and_its_address(browser: Browser, form: dict[str, str]) -> None:
    assert browser.redeem(browser.consent(), **form).json() == {"error": "invalid_grant"}


def test_an_unknown_grant_type_is_refused(browser: Browser) -> None:
    assert browser.token(grant_type="password").json() == {"error": "unsupported_grant_type"}
    assert browser.token(grant_type="authorization_code").json() == {"error": "invalid_request"}
    assert browser.token(grant_type="refresh_token").json() == {"error": "invalid_request"}


def test_without_offline_access_there_is_no_refresh_token(browser: Browser) -> None:
    body = browser.connect(scope="accounting.contacts")
    assert "refresh_token" not in body
    assert "id_token" not in body


def test_an_access_token_lives_thirty_minutes(browser: Browser, clock: ManualClock) -> None:
    token = browser.connect()["access_token"]
    clock.advance(seconds=1799)
    assert browser.connections(token)
    clock.advance(seconds=1)
    response = Caller(browser.sandbox, token, browser.sandbox.tenant_id).send("GET", "Organisation")
    assert response.status_code == 401
    assert "TokenExpired" in response.json()["Detail"]


def test_each_refresh_gives_a_new_refresh_token(browser: Browser) -> None:
    first = browser.connect()["refresh_token"]
    second = browser.refresh(first).json()
    assert second["refresh_token"] != first
    assert browser.connections(second["access_token"])
    assert "id_token" not in second


def test_the_previous_refresh_token_is_good_for_thirty_more_minutes(browser: Browser, clock: ManualClock) -> None:
    first = browser.connect()["refresh_token"]
    browser.refresh(first)
    clock.advance(seconds=1799)
    assert browser.refresh(first).status_code == 200
    clock.advance(seconds=1)
    assert browser.refresh(first).json() == {"error": "invalid_grant"}


def test_a_refresh_token_two_generations_old_is_dead_at_once(browser: Browser) -> None:
    first = browser.connect()["refresh_token"]
    second = browser.refresh(first).json()["refresh_token"]
    browser.refresh(second)
    assert browser.refresh(first).json() == {"error": "invalid_grant"}


def test_a_refresh_token_lives_sixty_days_since_its_last_use(browser: Browser, clock: ManualClock) -> None:
    token = browser.connect()["refresh_token"]
    for _ in range(3):
        clock.advance(seconds=59 * 86400)
        token = browser.refresh(token).json()["refresh_token"]
    clock.advance(seconds=60 * 86400)
    assert browser.refresh(token).json() == {"error": "invalid_grant"}


def test_a_refresh_cannot_widen_the_scopes(browser: Browser) -> None:
    token = browser.connect()["refresh_token"]
    assert browser.refresh(token, scope="accounting.invoices").json() == {"error": "invalid_scope"}


def test_revocation_ends_the_whole_grant(browser: Browser) -> None:
    body = browser.connect()
    newer = browser.refresh(body["refresh_token"]).json()
    secret = base64.b64encode(b"ledgertab-demo:ledgertab-demo-secret").decode()
    answer = browser.http.post(
        "/connect/revocation", data={"token": body["refresh_token"]}, headers={"Authorization": f"Basic {secret}"}
    )
    assert (answer.status_code, answer.content) == (200, b"")
    assert browser.refresh(newer["refresh_token"]).json() == {"error": "invalid_grant"}
    assert Caller(browser.sandbox, newer["access_token"], None).send("GET", "/connections").status_code == 401


def test_revoking_what_is_unknown_is_no_error_and_nothing_is_one(browser: Browser) -> None:
    data = {"client_id": "ledgertab-demo", "client_secret": "ledgertab-demo-secret"}
    assert browser.http.post("/connect/revocation", data={**data, "token": "x"}).status_code == 200
    assert browser.http.post("/connect/revocation", data=data).json() == {"error": "invalid_request"}


def test_a_consent_reaches_only_the_organisations_ticked(browser: Browser, sandbox: Sandbox) -> None:
    token = browser.connect([sandbox.other_tenant_id])["access_token"]
    rows = browser.connections(token)
    assert [row["tenantId"] for row in rows] == [sandbox.other_tenant_id]
    assert rows[0]["id"] != rows[0]["tenantId"]
    response = Caller(sandbox, token, sandbox.tenant_id).send("GET", "Organisation")
    assert response.status_code == 403
    assert response.json()["Detail"] == "AuthenticationUnsuccessful"


def test_each_consent_has_an_event_of_its_own(browser: Browser, sandbox: Sandbox) -> None:
    first = browser.connect([sandbox.tenant_id])
    second = browser.connect([sandbox.other_tenant_id])
    rows = browser.connections(second["access_token"])
    events = {row["tenantId"]: row["authEventId"] for row in rows}
    assert len(rows) == 2
    assert len(set(events.values())) == 2
    only = browser.connections(first["access_token"], authEventId=events[sandbox.other_tenant_id])
    assert [row["tenantId"] for row in only] == [sandbox.other_tenant_id]


def test_consenting_again_keeps_the_connection(browser: Browser, sandbox: Sandbox, clock: ManualClock) -> None:
    first = browser.connections(browser.connect([sandbox.tenant_id])["access_token"])[0]
    clock.advance(seconds=5)
    second = browser.connections(browser.connect([sandbox.tenant_id])["access_token"])[0]
    assert (second["id"], second["createdDateUtc"]) == (first["id"], first["createdDateUtc"])
    assert second["updatedDateUtc"] > first["updatedDateUtc"]
    assert second["authEventId"] != first["authEventId"]


def test_a_connection_is_deleted_once(browser: Browser, sandbox: Sandbox) -> None:
    token = browser.connect([sandbox.tenant_id, sandbox.other_tenant_id])["access_token"]
    caller, rows = Caller(sandbox, token, sandbox.tenant_id), browser.connections(token)
    path = f"/connections/{next(row['id'] for row in rows if row['tenantId'] == sandbox.tenant_id)}"
    answer = caller.send("DELETE", path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert caller.send("DELETE", path).status_code == 404
    assert caller.send("GET", "Organisation").status_code == 403
    assert [row["tenantId"] for row in browser.connections(token)] == [sandbox.other_tenant_id]


def test_a_disconnect_by_accounts_people_is_felt(browser: Browser, sandbox: Sandbox) -> None:
    token = browser.connect()["access_token"]
    sandbox.deeds.disconnect()
    assert browser.connections(token) == []
    assert Caller(sandbox, token, sandbox.tenant_id).send("GET", "Organisation").status_code == 403


def test_a_custom_connection_has_one_organisation_and_no_refresh(browser: Browser, sandbox: Sandbox) -> None:
    body = browser.token(grant_type="client_credentials", scope="accounting.contacts accounting.settings.read").json()
    assert "refresh_token" not in body
    assert len(browser.connections(body["access_token"])) == 1
    without_tenant = Caller(sandbox, body["access_token"], None)
    assert without_tenant.get("Organisation")["Organisations"][0]["Name"] == "Kererū Trading"
    assert Caller(sandbox, body["access_token"], sandbox.other_tenant_id).send("GET", "Organisation").status_code == 403
    assert browser.token(grant_type="client_credentials", scope="offline_access").json() == {"error": "invalid_scope"}


def test_without_a_tenant_a_users_token_reaches_nothing(browser: Browser) -> None:
    token = browser.connect()["access_token"]
    assert Caller(browser.sandbox, token, None).send("GET", "Organisation").status_code == 403


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer nonsense", "Basic eDp5"])
def test_a_wrong_token_is_401(sandbox: Sandbox, header: str) -> None:
    caller = Caller(sandbox, "x", sandbox.tenant_id)
    response = caller.send("GET", "Organisation", headers={"Authorization": header})
    assert response.status_code == 401
    assert response.json()["Title"] == "Unauthorized"


@pytest.mark.parametrize(
    ("scope", "method", "path", "good"),
    [
        ("accounting.contacts", "GET", "Contacts", True),
        ("accounting.contacts.read", "GET", "Contacts", True),
        ("accounting.contacts.read", "PUT", "Contacts", False),
        ("accounting.contacts", "GET", "Invoices", False),
        ("accounting.invoices.read", "GET", "CreditNotes", True),
        ("accounting.invoices.read", "POST", "Invoices", False),
        ("accounting.settings.read", "GET", "Accounts", True),
        ("accounting.invoices", "GET", "Organisation", False),
        ("accounting.payments.read", "GET", "Payments", True),
        ("accounting.invoices", "GET", "Payments", False),
    ],
)
def test_each_call_needs_its_scope(sandbox: Sandbox, scope: str, method: str, path: str, good: bool) -> None:
    caller = Caller(sandbox, sandbox.token([scope])["access_token"], sandbox.tenant_id)
    response = caller.send(method, path, None if method == "GET" else {path: [{"Name": "x"}]})
    if good:
        assert response.status_code == 200
    else:
        assert response.status_code == 401
        assert response.json()["Detail"] == "insufficient_scope"


def test_the_short_way_of_tests_is_the_way_of_the_page(sandbox: Sandbox, browser: Browser) -> None:
    url = f"http://localhost/identity/connect/authorize?{urlencode(browser.asked())}"
    code = parse_qs(urlsplit(sandbox.allow(url, [sandbox.tenant_id])).query)["code"][0]
    assert browser.redeem(code).status_code == 200
