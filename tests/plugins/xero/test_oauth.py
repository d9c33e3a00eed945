"""Consent, refresh, disconnect: both ways to connect Xero, and everything that goes wrong on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from core import Denied, Grant, ManualClock, MissingSetting, Organisation, ReconnectNeeded, Rejected, Unavailable
from plugins.xero.claims import Claims, claims
from plugins.xero.making import authorizers
from plugins.xero.oauth import CodeAuthorizer, CustomAuthorizer
from plugins.xero.sandbox import Sandbox
from plugins.xero.scopes import EVERYTHING
from tests.plugins.xero.conftest import NOW, REDIRECT, URL, Consent, Wire, callback, start

TYPED = {"client_id": Sandbox.client_id, "client_secret": Sandbox.client_secret, **EVERYTHING}
ALL = {
    "offline_access",
    "accounting.contacts",
    "accounting.invoices",
    "accounting.payments.read",
    "accounting.settings.read",
}


def form(request: httpx2.Request) -> dict[str, str]:
    """What a form post held."""
    return dict(parse_qsl(request.content.decode()))


def answering(xero_settings: dict[str, Any], answer: httpx2.Response | Exception) -> CodeAuthorizer:
    """The first way to connect, at a server that gives always the same answer."""

    def reply(request: httpx2.Request) -> httpx2.Response:
        if isinstance(answer, Exception):
            raise answer
        return httpx2.Response(answer.status_code, content=answer.content, headers=answer.headers)

    client = httpx2.Client(transport=httpx2.MockTransport(reply))
    authorizer = authorizers({**xero_settings, "ledgertab.http": lambda: client})[0]
    assert isinstance(authorizer, CodeAuthorizer)
    return authorizer


def walk(code: CodeAuthorizer, sandbox: Sandbox, tenant: str) -> tuple[Grant, Sequence[Organisation]]:
    """A consent of the same person to one organisation."""
    authorization = start(code)
    return code.finish(REDIRECT, callback(sandbox, authorization, [tenant]), dict(authorization.kept))


@pytest.fixture
def grant() -> Grant:
    return Grant("access", NOW, "refresh", ("openid",))


def test_the_browser_is_sent_to_xero_with_a_challenge_and_our_state(code: CodeAuthorizer) -> None:
    authorization = start(code)
    url = urlsplit(authorization.url)
    asked = dict(parse_qsl(url.query))
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{URL}/identity/connect/authorize"
    assert sorted(asked["scope"].split()) == sorted(ALL)
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert (asked["state"], asked["redirect_uri"], asked["response_type"]) == ("state-1", REDIRECT, "code")
    assert dict(authorization.kept)["code_verifier"] not in authorization.url


def test_every_start_has_a_verifier_of_its_own(code: CodeAuthorizer) -> None:
    assert dict(start(code).kept) != dict(start(code).kept)


def test_a_consent_gives_a_grant_and_the_organisations_ticked(
    consent: Consent, sandbox: Sandbox, wire: Wire, clock: ManualClock
) -> None:
    grant = consent.grant
    assert grant.expires_at == clock.now() + timedelta(minutes=30)
    assert grant.lapses_at == clock.now() + timedelta(days=60)
    assert set(grant.scopes) == ALL
    assert [organisation.id for organisation in consent.organisations] == [sandbox.tenant_id]
    (sent,) = wire.sent("POST", "/connect/token")
    assert form(sent)["code_verifier"]
    assert sent.headers["Authorization"].startswith("Basic ")
    (listed,) = wire.sent("GET", "/connections")
    assert listed.url.params["authEventId"]
    assert "xero-tenant-id" not in listed.headers


def test_a_consent_lists_only_what_was_ticked_in_it(consent: Consent, code: CodeAuthorizer, sandbox: Sandbox) -> None:
    grant, organisations = walk(code, sandbox, sandbox.other_tenant_id)
    assert [organisation.id for organisation in organisations] == [sandbox.other_tenant_id]
    reached = {organisation.id for organisation in code.organisations(grant)}
    assert reached == {sandbox.tenant_id, sandbox.other_tenant_id}


def test_a_declined_consent_is_said_plainly_and_asks_nothing(code: CodeAuthorizer, wire: Wire) -> None:
    with pytest.raises(Rejected, match="declined"):
        code.finish(REDIRECT, {"error": "access_denied", "state": "state-1"}, {})
    assert wire.sent("POST") == []


@pytest.mark.parametrize(
    "answer", [{"error": "invalid_scope"}, {"error": "server_error", "error_description": "Sorry"}, {}, {"code": ""}]
)
def test_a_callback_without_a_code_is_refused_and_asks_nothing(
    code: CodeAuthorizer, wire: Wire, answer: dict[str, str]
) -> None:
    with pytest.raises(Rejected):
        code.finish(REDIRECT, answer, {})
    assert wire.sent("POST") == []


def test_a_code_that_is_too_old_asks_to_start_again(code: CodeAuthorizer, sandbox: Sandbox, clock: ManualClock) -> None:
    authorization = start(code)
    answer = callback(sandbox, authorization)
    clock.advance(timedelta(minutes=6))
    with pytest.raises(Rejected, match="Start again"):
        code.finish(REDIRECT, answer, dict(authorization.kept))


def test_a_code_works_once(code: CodeAuthorizer, sandbox: Sandbox) -> None:
    authorization = start(code)
    answer = callback(sandbox, authorization)
    code.finish(REDIRECT, answer, dict(authorization.kept))
    with pytest.raises(Rejected, match="Start again"):
        code.finish(REDIRECT, answer, dict(authorization.kept))


def test_somebody_elses_code_without_the_verifier_is_worth_nothing(code: CodeAuthorizer, sandbox: Sandbox) -> None:
    answer = callback(sandbox, start(code))
    with pytest.raises(Rejected):
        code.finish(REDIRECT, answer, dict(start(code).kept))


def test_a_refresh_gives_a_newer_grant_that_remembers_the_older(
    consent: Consent, wire: Wire, clock: ManualClock
) -> None:
    before = consent.grant
    clock.advance(timedelta(minutes=40))
    after = consent.authorizer.refresh(before)
    assert after.access_token != before.access_token
    assert after.refresh_token != before.refresh_token
    assert dict(after.extra)["previous"] == before.refresh_token
    assert after.expires_at == clock.now() + timedelta(minutes=30)
    assert after.lapses_at == clock.now() + timedelta(days=60)
    assert after.scopes == before.scopes
    sent = form(wire.sent("POST", "/connect/token")[-1])
    assert sent == {"grant_type": "refresh_token", "refresh_token": before.refresh_token}, "no scope is sent"


def test_a_grant_whose_newest_token_is_refused_lives_on_by_the_one_before(consent: Consent, clock: ManualClock) -> None:
    stored = replace(consent.grant, refresh_token="never-arrived", extra=(("previous", consent.grant.refresh_token),))
    clock.advance(timedelta(minutes=10))
    saved = consent.authorizer.refresh(stored)
    assert consent.authorizer.organisations(saved)
    assert consent.authorizer.refresh(saved).access_token


def test_an_answer_that_never_arrived_costs_nothing_within_the_grace(
    consent: Consent, sandbox: Sandbox, clock: ManualClock
) -> None:
    sandbox.faults.add("drop-after", times=1, path="/connect/token")
    with pytest.raises(Unavailable):
        consent.authorizer.refresh(consent.grant)
    clock.advance(timedelta(minutes=20))
    assert consent.authorizer.refresh(consent.grant).access_token


def test_a_grant_that_nobody_used_for_sixty_days_must_be_connected_again(consent: Consent, clock: ManualClock) -> None:
    clock.advance(timedelta(days=61))
    with pytest.raises(ReconnectNeeded):
        consent.authorizer.refresh(consent.grant)


def test_a_revoked_grant_must_be_connected_again(consent: Consent, sandbox: Sandbox, wire: Wire) -> None:
    sandbox.deeds.revoke()
    before = len(wire.sent("POST", "/connect/token"))
    with pytest.raises(ReconnectNeeded):
        consent.authorizer.refresh(consent.grant)
    assert len(wire.sent("POST", "/connect/token")) == before + 1
    with pytest.raises(ReconnectNeeded):
        consent.authorizer.organisations(consent.grant)


def test_both_refresh_tokens_are_tried_once_each(consent: Consent, sandbox: Sandbox, wire: Wire) -> None:
    newer = consent.authorizer.refresh(consent.grant)
    sandbox.faults.add("invalid_grant")
    before = len(wire.sent("POST", "/connect/token"))
    with pytest.raises(ReconnectNeeded):
        consent.authorizer.refresh(newer)
    tried = [form(one)["refresh_token"] for one in wire.sent("POST", "/connect/token")[before:]]
    assert tried == [newer.refresh_token, consent.grant.refresh_token]


def test_a_grant_without_any_refresh_token_must_be_connected_again(
    code: CodeAuthorizer, grant: Grant, wire: Wire
) -> None:
    with pytest.raises(ReconnectNeeded):
        code.refresh(replace(grant, refresh_token=""))
    assert wire.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.ConnectError("refused"),
        httpx2.ReadTimeout("slow"),
        httpx2.Response(503, content=b"<h1>away</h1>"),
        httpx2.Response(429, content=b"slow down"),
        httpx2.Response(200, content=b"<h1>hello</h1>"),
        httpx2.Response(200, json={"token_type": "Bearer"}),
        httpx2.Response(200, json=["a"]),
        httpx2.Response(200, json={"access_token": "a", "expires_in": "soon"}),
    ],
    ids=lambda answer: f"{type(answer).__name__} {getattr(answer, 'status_code', '')}",
)
def test_a_log_in_server_that_is_away_or_talks_nonsense_is_tried_later(
    xero_settings: dict[str, Any], grant: Grant, answer: httpx2.Response | Exception
) -> None:
    authorizer = answering(xero_settings, answer)
    with pytest.raises(Unavailable) as away:
        authorizer.refresh(grant)
    assert away.value.until is not None
    with pytest.raises(Unavailable):
        authorizer.finish(REDIRECT, {"code": "c"}, {"code_verifier": "v"})


def test_a_token_that_does_not_say_how_long_it_lives_gets_half_an_hour(
    xero_settings: dict[str, Any], grant: Grant
) -> None:
    authorizer = answering(xero_settings, httpx2.Response(200, json={"access_token": "new", "refresh_token": "r2"}))
    fresh = authorizer.refresh(grant)
    assert fresh.expires_at == NOW + timedelta(minutes=30)
    assert fresh.scopes == grant.scopes


def test_an_answer_without_a_new_refresh_token_keeps_the_one_used(xero_settings: dict[str, Any], grant: Grant) -> None:
    authorizer = answering(xero_settings, httpx2.Response(200, json={"access_token": "new", "expires_in": 60}))
    assert authorizer.refresh(grant).refresh_token == grant.refresh_token


def test_a_wrong_client_secret_is_named(xero_settings: dict[str, Any], grant: Grant) -> None:
    authorizer = authorizers({**xero_settings, "xero.client_secret": "wrong"})[0]
    with pytest.raises(Denied, match="client secret"):
        authorizer.refresh(grant)


@pytest.mark.parametrize("body", [b"{", b"{}", b'[{"id": 1}]', b"<h1>"])
def test_a_list_of_connections_that_makes_no_sense_is_tried_later(
    xero_settings: dict[str, Any], grant: Grant, body: bytes
) -> None:
    with pytest.raises(Unavailable):
        answering(xero_settings, httpx2.Response(200, content=body)).organisations(grant)


def test_a_practice_is_no_organisation(xero_settings: dict[str, Any], grant: Grant) -> None:
    rows = [
        {"id": "1", "tenantId": "a", "tenantType": "PRACTICE", "tenantName": "Firm"},
        {"id": "2", "tenantId": "b", "tenantType": "ORGANISATION", "tenantName": None},
    ]
    (only,) = answering(xero_settings, httpx2.Response(200, json=rows)).organisations(grant)
    assert (only.id, only.name, only.connection_ref) == ("b", "b", "2")


def test_disconnecting_one_organisation_leaves_the_grant_alone(
    consent: Consent, code: CodeAuthorizer, sandbox: Sandbox, wire: Wire
) -> None:
    code.disconnect(consent.grant, consent.organisations[0], last=False)
    assert sandbox.connections() == []
    assert wire.sent("POST", "/connect/revocation") == []
    assert code.refresh(consent.grant).access_token


def test_disconnecting_one_of_two_walks_of_the_same_person_leaves_the_other_alive(
    consent: Consent, code: CodeAuthorizer, sandbox: Sandbox, wire: Wire
) -> None:
    """Xero's revocation would take every organisation of that person from the app, by whichever consent."""
    second, organisations = walk(code, sandbox, sandbox.other_tenant_id)
    code.disconnect(consent.grant, consent.organisations[0], last=True)
    assert [one["tenantId"] for one in sandbox.connections()] == [sandbox.other_tenant_id]
    assert wire.sent("POST", "/connect/revocation") == []
    newer = code.refresh(second)
    assert [one.id for one in code.organisations(newer)] == [sandbox.other_tenant_id]
    code.disconnect(newer, organisations[0], last=True)
    assert sandbox.connections() == []
    assert len(wire.sent("POST", "/connect/revocation")) == 1, "nothing is linked any more"
    with pytest.raises(ReconnectNeeded):
        code.refresh(newer)


def test_a_practice_that_is_still_linked_keeps_the_grant(xero_settings: dict[str, Any], grant: Grant) -> None:
    sent: list[str] = []

    def reply(request: httpx2.Request) -> httpx2.Response:
        sent.append(f"{request.method} {request.url.path}")
        return httpx2.Response(200, json=[{"id": "1", "tenantId": "a", "tenantType": "PRACTICE"}])

    client = httpx2.Client(transport=httpx2.MockTransport(reply))
    authorizer, _ = authorizers({**xero_settings, "ledgertab.http": lambda: client})
    authorizer.disconnect(grant, Organisation("b", "B", connection_ref="2"), last=True)
    assert sent == ["DELETE /connections/2", "GET /connections"]


@pytest.mark.parametrize("last", [True, False])
def test_what_was_disconnected_in_xero_already_is_no_error(
    consent: Consent, code: CodeAuthorizer, sandbox: Sandbox, last: bool
) -> None:
    sandbox.deeds.disconnect()
    code.disconnect(consent.grant, consent.organisations[0], last=last)


def test_a_grant_that_was_revoked_in_xero_can_still_be_let_go(
    consent: Consent, code: CodeAuthorizer, sandbox: Sandbox
) -> None:
    sandbox.deeds.revoke()
    code.disconnect(consent.grant, consent.organisations[0], last=True)
    with pytest.raises(ReconnectNeeded):
        code.disconnect(consent.grant, consent.organisations[0], last=False)


def test_a_disconnect_while_xero_is_away_says_so(xero_settings: dict[str, Any], consent: Consent) -> None:
    away = answering(xero_settings, httpx2.Response(503))
    with pytest.raises(Unavailable):
        away.disconnect(consent.grant, consent.organisations[0], last=True)


def test_a_custom_connection_needs_no_browser(custom: CustomAuthorizer, sandbox: Sandbox, clock: ManualClock) -> None:
    grant = custom.start(REDIRECT, "state-1", TYPED)
    assert grant.expires_at == clock.now() + timedelta(minutes=30)
    assert (grant.refresh_token, grant.lapses_at) == ("", None)
    assert [organisation.id for organisation in custom.organisations(grant)] == [sandbox.tenant_id]


def test_a_custom_connection_is_renewed_by_what_was_typed(custom: CustomAuthorizer, clock: ManualClock) -> None:
    grant = custom.start(REDIRECT, "state-1", TYPED)
    clock.advance(timedelta(days=100))
    newer = custom.refresh(grant)
    assert newer.access_token != grant.access_token
    assert newer.extra == grant.extra
    assert custom.organisations(newer)


def test_a_custom_connection_with_a_wrong_secret_is_refused_at_its_field(custom: CustomAuthorizer) -> None:
    with pytest.raises(Rejected) as refused:
        custom.start(REDIRECT, "state-1", {**TYPED, "client_secret": "wrong"})
    assert [problem.field for problem in refused.value.problems] == ["client_secret"]
    with pytest.raises(Rejected) as refused:
        custom.start(REDIRECT, "state-1", {"client_id": " "})
    assert [problem.field for problem in refused.value.problems] == ["client_id", "client_secret"]


def test_a_custom_connection_whose_secret_changed_must_be_connected_again(custom: CustomAuthorizer) -> None:
    grant = custom.start(REDIRECT, "state-1", TYPED)
    stale = replace(grant, extra=(("client_id", Sandbox.client_id), ("client_secret", "old")))
    with pytest.raises(ReconnectNeeded):
        custom.refresh(stale)


def test_a_custom_connection_can_be_let_go(custom: CustomAuthorizer, sandbox: Sandbox) -> None:
    grant = custom.start(REDIRECT, "state-1", TYPED)
    custom.disconnect(grant, custom.organisations(grant)[0], last=True)
    assert sandbox.connections() == []
    with pytest.raises(Rejected):
        custom.finish(REDIRECT, {}, {})


def test_the_secret_is_masked_where_it_is_typed(custom: CustomAuthorizer) -> None:
    assert [(field.name, field.secret) for field in custom.fields()] == [("client_id", False), ("client_secret", True)]


def test_tokens_and_secrets_are_never_shown(consent: Consent, custom: CustomAuthorizer) -> None:
    assert consent.grant.access_token not in repr(consent.grant)
    assert Sandbox.client_secret not in repr(custom.start(REDIRECT, "s", TYPED))


@pytest.mark.parametrize("name", ["xero.client_id", "xero.client_secret"])
def test_a_missing_setting_is_named_with_where_to_get_it(xero_settings: dict[str, Any], name: str) -> None:
    for value in ("", "  ", None):
        with pytest.raises(MissingSetting, match=r"developer\.xero\.com") as missing:
            authorizers({**xero_settings, name: value})
        assert missing.value.name == name


def test_without_a_client_from_the_core_the_plugin_makes_one_with_timeouts(xero_settings: dict[str, Any]) -> None:
    del xero_settings["ledgertab.http"], xero_settings["ledgertab.clock"]
    authorizer = authorizers(xero_settings)[0]
    assert isinstance(authorizer, CodeAuthorizer)
    client = authorizer._identity.http()
    assert client is authorizer._identity.http()
    assert (client.timeout.read, client.timeout.connect) == (20.0, 5.0)
    client.close()


@pytest.mark.parametrize("token", ["", "opaque", "a.b.c", "a.e30.c", "a.W10.c", "a.////.c"])
def test_a_token_that_tells_nothing_is_no_error(token: str) -> None:
    assert claims(token) == Claims("")
