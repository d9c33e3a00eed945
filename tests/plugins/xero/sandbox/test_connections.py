"""Connections, the organisations and scopes that a token reaches, custom connections."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from core import ManualClock
from plugins.xero.sandbox import Sandbox
from tests.plugins.xero.sandbox.conftest import Browser, Caller


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
    loud = browser.connections(first["access_token"], authEventId=events[sandbox.other_tenant_id].upper())
    assert loud == only


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
