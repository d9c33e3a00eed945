"""The front door of the stub: what it says of itself, its consent and its tab."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from core import Authorization, ChoiceKind, Grant, ManualClock, ReconnectNeeded, Rejected, Tab
from plugins.quickbooks_stub import company, mapping, plugin
from plugins.quickbooks_stub.provider import ToyConsent

BACK = "http://localhost:6543/accounting/quickbooks_stub/callback"


@pytest.fixture
def consent(clock: ManualClock) -> ToyConsent:
    return ToyConsent(clock)


def _callback(start: Authorization) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(start.url).query))


def test_the_stub_says_that_it_is_one(clock: ManualClock) -> None:
    (spec,) = plugin.accounting_providers({"ledgertab.clock": clock})
    assert (spec.key, spec.title) == ("quickbooks_stub", "QuickBooks (stub)")
    assert "stub over a toy ledger" in spec.notice
    consent = spec.authorizers[0]
    assert isinstance(consent, ToyConsent)
    grant = _grant(consent)
    assert "(stub)" in consent.organisations(grant)[0].name
    assert grant.expires_at - clock.now() == dt.timedelta(hours=1)  # by the core's clock, not the machine's


def _grant(consent: ToyConsent) -> Grant:
    start = consent.start(BACK, "s", {})
    return consent.finish(BACK, _callback(start), dict(start.kept))[0]


def test_consent_comes_straight_back_with_code_state_and_realm(consent: ToyConsent) -> None:
    start = consent.start(BACK, "the state & more", {})
    assert start.url.partition("?")[0] == BACK
    query = parse_qs(urlsplit(start.url).query)
    assert (query["state"], query["realmId"]) == (["the state & more"], [company.REALM])
    grant, organisations = consent.finish(BACK, _callback(start), dict(start.kept))
    assert [organisation.id for organisation in organisations] == [company.REALM]
    assert list(consent.organisations(grant)) == list(organisations)
    assert grant.access_token not in repr(grant)


def test_the_grant_lasts_as_long_as_quickbooks_has_it(consent: ToyConsent, clock: ManualClock) -> None:
    grant = _grant(consent)
    assert grant.expires_at - clock.now() == dt.timedelta(hours=1)
    assert grant.lapses_at is not None
    assert grant.lapses_at - clock.now() == dt.timedelta(days=100)
    clock.advance(dt.timedelta(days=1))
    newer = consent.refresh(grant)
    assert newer.expires_at > clock.now()
    assert {newer.access_token, newer.refresh_token}.isdisjoint({grant.access_token, grant.refresh_token})
    assert list(consent.organisations(newer)) == list(consent.organisations(grant))


def test_a_grant_without_a_refresh_token_needs_a_new_consent(consent: ToyConsent, clock: ManualClock) -> None:
    with pytest.raises(ReconnectNeeded):
        consent.refresh(Grant("token", clock.now(), extra=(("realmId", company.REALM),)))


@pytest.mark.parametrize(
    "spoiled",
    [
        {"error": "access_denied"},
        {"code": "another"},
        {"code": ""},
        {"realmId": ""},
        {"realmId": "another company"},
    ],
)
def test_a_callback_that_is_not_right_connects_nothing(consent: ToyConsent, spoiled: dict[str, str]) -> None:
    start = consent.start(BACK, "s", {})
    with pytest.raises(Rejected, match="was not connected"):
        consent.finish(BACK, _callback(start) | spoiled, dict(start.kept))


def test_a_code_without_anything_kept_connects_nothing(consent: ToyConsent) -> None:
    with pytest.raises(Rejected):
        consent.finish(BACK, {"code": "", "realmId": company.REALM}, {})


def test_a_record_without_an_accounting_tab_gets_none_from_the_stub() -> None:
    """The core decides which records have one, and for whom."""
    tab = Tab("quickbooks_stub", "QuickBooks (stub)", "/contacts/1/tabs/quickbooks_stub")
    request = SimpleNamespace(accounting_tab=lambda key, record: tab if (key, record) == (tab.key, "linked") else None)
    assert plugin.record_tabs(request, "linked") == [tab]
    assert plugin.record_tabs(request, "other") == []


def test_an_account_is_named_without_its_code_which_stands_apart() -> None:
    accounts = list(mapping.to_choices(ChoiceKind.ACCOUNT))
    assert {(one.code, one.label) for one in accounts} >= {("4000", "Sales of product income"), ("4100", "Services")}
    assert not [one for one in accounts if one.code in one.label]
