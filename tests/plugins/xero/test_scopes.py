"""What is asked of Xero follows what is wanted, and what can be done follows what was granted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from core import (
    AmountsAre,
    Capability,
    Denied,
    DocumentKind,
    Line,
    NewDocument,
    NewParty,
    Rejected,
    Unsupported,
)
from core.testing import StaticContext
from core.testing.conformance.helpers import of_parties
from plugins.xero.making import authorizers
from plugins.xero.oauth import CodeAuthorizer, CustomAuthorizer
from plugins.xero.provider import XeroProvider
from plugins.xero.sandbox import Sandbox
from plugins.xero.scopes import EVERYTHING
from tests.plugins.xero.conftest import NOW, REDIRECT, Consent, Wire, callback

APP = {"client_id": Sandbox.client_id, "client_secret": Sandbox.client_secret}
ALWAYS = {"offline_access", "accounting.settings.read"}
READING = {"accounting.contacts.read", "accounting.invoices.read"}
WRITES = {
    Capability.DRAFT_INVOICE: "drafts",
    Capability.DRAFT_CHANGE: "drafts",
    Capability.NOTES: "drafts",
    Capability.PARTIES_CREATE: "contacts",
    Capability.PARTIES_UPDATE: "contacts",
}


def asked(code: CodeAuthorizer, wishes: dict[str, str]) -> list[str]:
    """The scopes on the consent page for these ticked boxes."""
    url = code.start(REDIRECT, "state", wishes).url
    return dict(parse_qsl(urlsplit(url).query))["scope"].split()


@pytest.mark.parametrize(
    ("wishes", "scopes"),
    [
        ([], {*ALWAYS, *READING}),
        (["contacts"], {*ALWAYS, "accounting.contacts", "accounting.invoices.read"}),
        (["drafts"], {*ALWAYS, "accounting.contacts.read", "accounting.invoices"}),
        (["payments"], {*ALWAYS, *READING, "accounting.payments.read"}),
        (
            ["contacts", "drafts", "payments"],
            {*ALWAYS, "accounting.contacts", "accounting.invoices", "accounting.payments.read"},
        ),
    ],
)
def test_a_scope_is_asked_for_only_where_its_feature_is_wanted(
    code: CodeAuthorizer, wishes: list[str], scopes: set[str]
) -> None:
    told = asked(code, dict.fromkeys(wishes, "yes"))
    assert set(told) == scopes
    assert len(told) == len(scopes)


def test_every_scope_that_is_ever_asked_for_is_explained_in_a_sentence(
    code: CodeAuthorizer, custom: CustomAuthorizer
) -> None:
    for authorizer in (code, custom):
        explained = {one.scope: one.why for one in authorizer.permissions()}
        assert all(why.endswith(".") and "accounting." not in why for why in explained.values())
        assert {one.key for one in authorizer.permissions() if one.optional} == set(EVERYTHING)
    whole = {one.scope for one in code.permissions()}
    assert {*asked(code, {}), *asked(code, dict(EVERYTHING))} == whole
    assert "offline_access" not in {one.scope for one in custom.permissions()}
    assert not whole & {"openid", "profile", "email", "accounting.transactions"}


def consent_to(code: CodeAuthorizer, sandbox: Sandbox, consent: Consent, *wishes: str) -> tuple[str, ...]:
    """Walk to the consent page again with these boxes ticked; the scopes granted."""
    authorization = code.start(REDIRECT, "state", dict.fromkeys(wishes, "yes"))
    answer = callback(sandbox, authorization, [sandbox.tenant_id])
    consent.grant, _ = code.finish(REDIRECT, answer, dict(authorization.kept))
    return consent.grant.scopes


@pytest.mark.parametrize("wishes", [(), ("drafts",), ("contacts",), ("contacts", "drafts")])
def test_capabilities_follow_the_scopes_and_what_is_not_claimed_is_refused_before_any_call(
    code: CodeAuthorizer, sandbox: Sandbox, consent: Consent, context: StaticContext, wire: Wire, wishes: tuple[str]
) -> None:
    scopes = consent_to(code, sandbox, consent, *wishes)
    provider = XeroProvider(replace(context, scopes=scopes))
    assert {one for one in WRITES if WRITES[one] in wishes} == set(WRITES) & provider.capabilities()
    assert {Capability.BILLS, Capability.CREDIT_NOTES, Capability.CHANGES} <= provider.capabilities()
    party = provider.search_parties("Harbour").items[0]
    assert of_parties(provider, [party.ref.id])
    assert code.lacks(scopes) == {}
    before = len(wire.requests)
    deeds: dict[str, Any] = {
        "drafts": lambda: provider.create(DocumentKind.SALES_INVOICE, draft(party.ref.id), key="a" * 32),
        "contacts": lambda: provider.create_party(NewParty("Somebody New"), key="b" * 32),
    }
    for wish, deed in deeds.items():
        if wish not in wishes:
            with pytest.raises(Unsupported, match="was not asked for"):
                deed()
    assert len(wire.requests) == before
    for wish in wishes:
        assert deeds[wish]().ref.id


def draft(party_id: str) -> NewDocument:
    """A draft of one line."""
    return NewDocument(
        party_id=party_id,
        date=NOW.date(),
        due_date=None,
        currency="NZD",
        amounts_are=AmountsAre.EXCLUSIVE,
        lines=(Line("Something"),),
    )


@pytest.mark.parametrize("scope", ["accounting.invoices.read", "accounting.contacts.read"])
def test_a_write_with_a_scope_for_reading_alone_is_denied_by_xero_and_named(
    code: CodeAuthorizer, sandbox: Sandbox, consent: Consent, context: StaticContext, scope: str
) -> None:
    assert scope in consent_to(code, sandbox, consent)
    unaware = XeroProvider(replace(context, scopes=()))  # as where Xero never said what it granted
    party = unaware.search_parties("Harbour").items[0].ref.id
    writes: dict[str, Callable[[], object]] = {
        "accounting.contacts.read": lambda: unaware.create_party(NewParty("Somebody New"), key="b" * 32),
        "accounting.invoices.read": lambda: unaware.create(DocumentKind.SALES_INVOICE, draft(party), key="a" * 32),
    }
    with pytest.raises(Denied) as denied:
        writes[scope]()
    assert denied.value.missing_scope == scope.removesuffix(".read")
    assert "insufficient_scope" in denied.value.detail


def test_a_custom_connection_asks_for_what_is_ticked_and_again_for_the_same_when_it_is_renewed(
    custom: CustomAuthorizer, wire: Wire
) -> None:
    grant = custom.start(REDIRECT, "state", {**APP, "contacts": "yes"})
    renewed = custom.refresh(grant)
    sent = [dict(parse_qsl(one.content.decode()))["scope"].split() for one in wire.sent("POST", "/connect/token")]
    assert [set(one) for one in sent] == [
        {"accounting.settings.read", "accounting.contacts", "accounting.invoices.read"}
    ] * 2
    assert renewed.scopes == grant.scopes
    assert custom.lacks(renewed.scopes) == {}


def test_the_broad_scope_of_old_is_refused_at_the_consent_page(code: CodeAuthorizer, sandbox: Sandbox) -> None:
    away = code.start(REDIRECT, "state", {}).url
    broad = away.replace("accounting.invoices.read", "accounting.transactions")
    assert broad != away
    back = dict(parse_qsl(urlsplit(sandbox.allow(broad)).query))
    assert back["error"] == "invalid_scope"
    with pytest.raises(Rejected, match="invalid_scope"):
        code.finish(REDIRECT, back, {})


def test_a_custom_connection_whose_app_has_not_all_that_is_ticked_is_told_so_in_plain_words(
    xero_settings: dict[str, Any],
) -> None:
    answer = httpx2.Response(400, json={"error": "invalid_scope"})
    with httpx2.Client(transport=httpx2.MockTransport(lambda request: answer)) as client:
        custom = authorizers({**xero_settings, "ledgertab.http": lambda: client})[1]
        with pytest.raises(Rejected, match="does not give this app all that is ticked") as refused:
            custom.start(REDIRECT, "state", {**APP, **EVERYTHING})
    assert refused.value.detail == "invalid_scope"
