"""The log-in server: consent, codes, tokens, refresh, revocation."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from core import ManualClock
from tests.plugins.xero.sandbox.conftest import CALLBACK, SCOPES, VERIFIER, Browser, Caller, callback


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
    "uri",
    [
        "http://127.0.0.1:6543/cb",
        "http://crm.example/cb",
        "",
        "localhost",
        "https://x.example/#f",
        "https://[::1/cb",
        "https://x.example:99999/cb",
        "https://x.example/\u20ac",
        "http://localhost:6543/cb?x=\u20ac",
        "https://x.example/cb\r\nX: y",
        "https://x.example/\x01",
        "https://x .example/cb",
        " https://x.example/cb",
        "https://x.example\\@y.example/cb",
    ],
)
def test_a_wrong_address_is_never_redirected_to(browser: Browser, uri: str) -> None:
    response = browser.authorize(redirect_uri=uri)
    assert response.status_code == 400
    assert "Invalid redirect_uri" in response.text


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


def test_revocation_ends_everything_between_the_user_and_the_app(browser: Browser) -> None:
    other = browser.connect([browser.sandbox.other_tenant_id])
    body = browser.connect([browser.sandbox.tenant_id])
    custom = browser.token(grant_type="client_credentials", scope="accounting.contacts").json()["access_token"]
    newer = browser.refresh(body["refresh_token"]).json()
    secret = base64.b64encode(b"ledgertab-demo:ledgertab-demo-secret").decode()
    answer = browser.http.post(
        "/connect/revocation", data={"token": body["refresh_token"]}, headers={"Authorization": f"Basic {secret}"}
    )
    assert (answer.status_code, answer.content) == (200, b"")
    assert browser.refresh(newer["refresh_token"]).json() == {"error": "invalid_grant"}
    assert browser.refresh(other["refresh_token"]).json() == {"error": "invalid_grant"}
    assert Caller(browser.sandbox, newer["access_token"], None).send("GET", "/connections").status_code == 401
    assert len(browser.sandbox.connections()) == len(browser.connections(custom)) == 1, "the custom connection stays"


def test_revoking_what_is_unknown_is_no_error_and_nothing_is_one(browser: Browser) -> None:
    data = {"client_id": "ledgertab-demo", "client_secret": "ledgertab-demo-secret"}
    assert browser.http.post("/connect/revocation", data={**data, "token": "x"}).status_code == 200
    assert browser.http.post("/connect/revocation", data=data).json() == {"error": "invalid_request"}


def test_a_form_in_another_charset_is_read(browser: Browser) -> None:
    """As some clients in Java send it."""
    data = "grant_type=client_credentials&client_id=ledgertab-demo&client_secret=ledgertab-demo-secret"
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=ISO-8859-1"}
    assert browser.http.post("/connect/token", content=data, headers=headers).status_code == 200


# An app without a secret


PUBLIC = {"client_id": "ledgertab-demo-pkce", "client_secret": ""}


def test_an_app_without_a_secret_logs_in_with_pkce_and_refreshes(browser: Browser) -> None:
    body = browser.redeem(browser.consent(client_id=PUBLIC["client_id"]), **PUBLIC).json()
    assert browser.connections(body["access_token"])
    again = browser.refresh(body["refresh_token"], **PUBLIC)
    assert again.status_code == 200
    assert browser.refresh(again.json()["refresh_token"]).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize("form", [{"code_verifier": "w" * 50}, {"code_verifier": ""}])
def test_an_app_without_a_secret_needs_its_verifier(browser: Browser, form: dict[str, str]) -> None:
    code = browser.consent(client_id=PUBLIC["client_id"])
    assert browser.redeem(code, **PUBLIC, **form).json() == {"error": "invalid_grant"}


def test_an_app_without_a_secret_must_use_pkce(browser: Browser) -> None:
    bare = {"code_challenge": None, "code_challenge_method": None}
    answer = browser.authorize(client_id=PUBLIC["client_id"], **bare)
    assert callback(answer)["error"] == "invalid_request"


def test_an_app_without_a_secret_has_no_custom_connection(browser: Browser) -> None:
    assert browser.token(grant_type="client_credentials", **PUBLIC).json() == {"error": "unauthorized_client"}
    assert browser.token(grant_type="client_credentials", client_secret="").json() == {"error": "invalid_client"}
