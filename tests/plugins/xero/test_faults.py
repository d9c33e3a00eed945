"""A hosted service on a bad day: what each fault means for a read and for a write."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx2
import pytest

from core import (
    AmountsAre,
    ChoiceKind,
    Denied,
    DocumentKind,
    DocumentQuery,
    ManualClock,
    NewDocument,
    NewParty,
    OutcomeUnknown,
    ProviderError,
    ReconnectNeeded,
    Throttled,
    Unavailable,
)
from core.testing import StaticContext, UnlimitedBudget
from plugins.xero.provider import XeroProvider
from plugins.xero.sandbox import Sandbox
from plugins.xero.sandbox.faults import KINDS
from tests.plugins.xero.acts import DRAFT, IDENT, read, write
from tests.plugins.xero.conftest import NOW, Consent, Wire


@pytest.mark.parametrize(
    ("kind", "window", "wait"),
    [
        ("429-minute", "minute", 30),
        ("429-day", "day", 6 * 3600),
        ("429-concurrent", "concurrent", 1),
        ("429-app", "app", 30),
    ],
)
@pytest.mark.parametrize("act", [read, write])
def test_too_many_calls_say_which_limit_and_until_when(
    provider: XeroProvider,
    sandbox: Sandbox,
    budget: UnlimitedBudget,
    clock: ManualClock,
    kind: str,
    window: str,
    wait: int,
    act: Callable[[XeroProvider], Any],
) -> None:
    sandbox.faults.add(kind)
    with pytest.raises(Throttled) as throttled:
        act(provider)
    assert (throttled.value.window, throttled.value.until) == (window, clock.now() + dt.timedelta(seconds=wait))
    assert budget.learnt[-1]["window"] == window
    assert budget.learnt[-1]["retry-after"] == str(wait)


@pytest.mark.parametrize("kind", ["503", "500", "malformed", "html", "drop-before", "drop-after"])
def test_a_read_that_fails_is_tried_later_and_says_why_in_a_sentence(
    provider: XeroProvider, sandbox: Sandbox, clock: ManualClock, wire: Wire, kind: str
) -> None:
    sandbox.faults.add(kind)
    before = len(wire.requests)
    with pytest.raises(Unavailable) as away:
        read(provider)
    assert away.value.until is not None
    assert clock.now() < away.value.until <= clock.now() + dt.timedelta(minutes=5)
    assert away.value.message.endswith(".")
    assert len(wire.requests) == before + 1, "the transport repeats nothing"


@pytest.mark.parametrize("kind", ["500", "malformed", "html", "drop-before", "drop-after"])
def test_a_write_whose_answer_is_lost_leaves_the_outcome_unknown(
    provider: XeroProvider, sandbox: Sandbox, wire: Wire, kind: str
) -> None:
    sandbox.faults.add(kind)
    with pytest.raises(OutcomeUnknown):
        write(provider)
    assert len(wire.sent("PUT")) == 1


def test_nothing_is_written_in_an_organisation_that_is_offline(
    provider: XeroProvider, sandbox: Sandbox, clock: ManualClock
) -> None:
    sandbox.faults.add("503")
    with pytest.raises(Unavailable) as away:
        write(provider)
    assert away.value.until == clock.now() + dt.timedelta(minutes=5)


def test_a_503_that_is_not_of_xeros_own_making_leaves_the_outcome_unknown(context: StaticContext) -> None:
    """A gateway between us and Xero may say so after the work was done."""
    gateway = httpx2.MockTransport(lambda request: httpx2.Response(503, text="upstream timed out"))
    context.http = httpx2.Client(transport=gateway)
    with pytest.raises(OutcomeUnknown):
        write(XeroProvider(context))


def test_xero_says_five_minutes_after_a_503(provider: XeroProvider, sandbox: Sandbox, clock: ManualClock) -> None:
    sandbox.faults.add("503")
    with pytest.raises(Unavailable) as away:
        provider.organisation()
    assert away.value.until == clock.now() + dt.timedelta(minutes=5)
    assert "offline" in away.value.detail


@pytest.mark.parametrize(("act", "error"), [(read, Unavailable), (write, OutcomeUnknown)])
def test_an_answer_that_never_comes_is_given_up(
    provider: XeroProvider, sandbox: Sandbox, act: Callable[[XeroProvider], Any], error: type[ProviderError]
) -> None:
    def too_long(seconds: float) -> None:
        raise httpx2.ReadTimeout(f"nothing for {seconds} seconds")

    sandbox.pause = too_long
    sandbox.faults.add("slow", seconds=60)
    with pytest.raises(error):
        act(provider)


def test_every_call_has_a_timeout(provider: XeroProvider, wire: Wire) -> None:
    provider.organisation()
    assert wire.requests[-1].extensions["timeout"] == {"connect": 5.0, "read": 20.0, "write": 20.0, "pool": 20.0}


def test_a_slow_answer_is_an_answer(provider: XeroProvider, sandbox: Sandbox, clock: ManualClock) -> None:
    def wait(seconds: float) -> None:
        clock.advance(seconds=seconds)

    sandbox.pause = wait
    sandbox.faults.add("slow", seconds=10, times=1)
    assert provider.organisation().name


@pytest.mark.parametrize("act", [read, write])
def test_an_organisation_that_was_disconnected_in_xero_asks_to_connect_again(
    provider: XeroProvider, sandbox: Sandbox, act: Callable[[XeroProvider], Any]
) -> None:
    sandbox.deeds.disconnect()
    with pytest.raises(ReconnectNeeded):
        act(provider)


@pytest.mark.parametrize("act", [read, write])
def test_a_token_that_ran_out_is_renewed_once_and_the_call_repeated(
    provider: XeroProvider, sandbox: Sandbox, consent: Consent, wire: Wire, act: Callable[[XeroProvider], Any]
) -> None:
    sandbox.faults.add("401", times=1)
    if act is write:
        made = provider.create(DocumentKind.SALES_INVOICE, _for(sandbox), key="key-1")
        first, second = wire.sent("PUT", "/Invoices")
        assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"] == "key-1"
        assert first.headers["Authorization"] != second.headers["Authorization"]
        assert made.ref.id
    else:
        assert act(provider) is not None
    assert consent.refreshes == 1


def _for(sandbox: Sandbox) -> NewDocument:
    return NewDocument(
        sandbox.contact_id("Tawa Tennis Club"), DRAFT.date, None, "NZD", AmountsAre.EXCLUSIVE, DRAFT.lines
    )


@pytest.mark.parametrize("act", [read, write])
def test_a_token_that_is_refused_twice_asks_to_connect_again(
    provider: XeroProvider, sandbox: Sandbox, wire: Wire, act: Callable[[XeroProvider], Any]
) -> None:
    sandbox.faults.add("401")
    before = len(wire.sent(path="/api.xro/"))
    with pytest.raises(ReconnectNeeded):
        act(provider)
    assert len(wire.sent(path="/api.xro/")) == before + 2


def test_a_grant_revoked_in_xero_asks_to_connect_again(provider: XeroProvider, sandbox: Sandbox) -> None:
    sandbox.deeds.revoke()
    with pytest.raises(ReconnectNeeded):
        provider.organisation()


@pytest.mark.parametrize(
    ("act", "scope"),
    [
        (lambda provider: provider.organisation(), "accounting.settings.read"),
        (lambda provider: provider.choices(ChoiceKind.ACCOUNT), "accounting.settings.read"),
        (lambda provider: provider.search_parties("x"), "accounting.contacts"),
        (lambda provider: provider.create_party(NewParty("x"), key="k"), "accounting.contacts"),
        (lambda provider: provider.search_documents(DocumentQuery("x")), "accounting.invoices"),
        (write, "accounting.invoices"),
        (
            lambda provider: provider.get_documents([(DocumentKind.OVERPAYMENT, IDENT)]),
            "accounting.payments.read",
        ),
    ],
)
def test_a_missing_permission_is_named_and_no_token_is_wasted_on_it(
    context: StaticContext, sandbox: Sandbox, wire: Wire, act: Callable[[XeroProvider], Any], scope: str
) -> None:
    token = sandbox.token(scopes=("openid", "offline_access"))["access_token"]
    asked: list[str | None] = []

    def source(rejected: str | None) -> str:
        asked.append(rejected)
        return str(token)

    context.token_source = source
    with pytest.raises(Denied) as denied:
        act(XeroProvider(context))
    assert denied.value.missing_scope == scope
    assert scope in denied.value.message
    assert asked == [None]


def test_a_call_the_budget_does_not_allow_is_not_made(context: StaticContext, wire: Wire) -> None:
    class Spent(UnlimitedBudget):
        def spend(self) -> None:
            raise Throttled("No calls are left today.", NOW, "day")

    context.budget = Spent()
    before = len(wire.requests)
    with pytest.raises(Throttled):
        XeroProvider(context).organisation()
    assert len(wire.requests) == before


def test_the_place_among_the_concurrent_calls_is_always_given_back(context: StaticContext, sandbox: Sandbox) -> None:
    class Counted(UnlimitedBudget):
        released = 0

        def release(self) -> None:
            self.released += 1

    budget = Counted()
    context.budget = budget
    provider = XeroProvider(context)
    for kind in ("503", "drop-before", "401", "429-minute", "malformed"):
        sandbox.faults.add(kind, times=1)
        try:
            provider.organisation()
        except ProviderError:
            continue
    assert budget.spent == budget.released == 6


def test_the_budget_hears_what_is_left(provider: XeroProvider, budget: UnlimitedBudget) -> None:
    provider.organisation()
    assert budget.learnt[-1] == {"day-remaining": "4999", "minute-remaining": "59"}


def test_answers_are_asked_for_compressed(provider: XeroProvider, sandbox: Sandbox, wire: Wire) -> None:
    seen: list[str] = []
    wire.http.event_hooks = {"response": [lambda response: seen.append(response.headers.get("Content-Encoding", ""))]}
    provider.search_parties("")
    assert seen == ["gzip"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("act", [read, write])
def test_no_fault_that_the_sandbox_knows_is_anything_but_an_error_of_the_contract(
    provider: XeroProvider, sandbox: Sandbox, kind: str, act: Callable[[XeroProvider], Any]
) -> None:
    """Any other exception goes through and fails the test."""
    sandbox.pause = _no_time
    for path in (None, "/connect/token"):
        sandbox.faults.add(kind, path=path)
    sandbox.faults.add("401", times=1)
    with suppress(ProviderError):
        act(provider)


def _no_time(seconds: float) -> None:
    """A wait that takes none."""
