"""Checks of bad days: a lost answer, a broken line, too many calls. They need the fixture `faults`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from core.contract.errors import OutcomeUnknown, Throttled, Unavailable
from core.contract.provider import AccountingProvider, ProviderContext
from core.contract.values import DocumentKind
from core.testing.conformance.fixtures import ConformanceFixtures, FaultSwitch
from core.testing.conformance.helpers import DRAFTS, expect, need, new_key, of_party, sample_draft, tick

_WINDOWS = ("minute", "day", "concurrent", "app")


class OutageChecks(ConformanceFixtures):
    """Each outage is told by the right error, because the core acts by it."""

    @pytest.fixture
    def broken(self, faults: FaultSwitch | None) -> Iterator[FaultSwitch]:
        """The fault switch, mended afterwards; skips where there is none."""
        if faults is None:
            pytest.skip("the fixture faults is not overridden")
        yield faults
        faults.mend()

    @pytest.mark.parametrize("kind", list(DRAFTS))
    def test_a_lost_answer_is_an_unknown_outcome_and_can_be_looked_up(
        self,
        provider: AccountingProvider,
        context: ProviderContext,
        customer: str,
        kind: DocumentKind,
        broken: FaultSwitch,
    ) -> None:
        """The document was made, nobody said so: the core must not send it again, and must find it."""
        need(provider, DRAFTS[kind])
        draft, since = sample_draft(provider, context, customer, key := new_key()), context.clock.now()
        before = len(of_party(provider, customer))
        broken.lose_the_answer()
        advice = "Raise OutcomeUnknown when a write was sent and no answer came; never send it again by yourself."
        expect("create with its answer lost", advice, OutcomeUnknown, lambda: provider.create(kind, draft, key=key))
        broken.mend()
        tick(context)
        made = len(of_party(provider, customer)) - before
        assert made == 1, f"create with its answer lost made {made} documents: no retry of writes in the transport."
        assert provider.find_created(kind, key, customer, since) is not None, (
            "find_created does not find the document whose answer was lost."
        )

    @pytest.mark.parametrize("kind", list(DRAFTS))
    def test_a_lost_request_makes_nothing_and_may_be_sent_again(
        self,
        provider: AccountingProvider,
        context: ProviderContext,
        customer: str,
        kind: DocumentKind,
        broken: FaultSwitch,
    ) -> None:
        """The core looks it up, finds nothing, and tries again with the same key."""
        need(provider, DRAFTS[kind])
        draft, since = sample_draft(provider, context, customer, key := new_key()), context.clock.now()
        broken.lose_the_request()
        advice = "Raise OutcomeUnknown, or Unavailable where nothing can have been sent."
        lost = (OutcomeUnknown, Unavailable)
        expect("create with its request lost", advice, lost, lambda: provider.create(kind, draft, key=key))
        broken.mend()
        tick(context)
        assert provider.find_created(kind, key, customer, since) is None, "find_created found what was never made."
        again = provider.create(kind, draft, key=key)
        assert again.ref.id, "create with the same key after a lost request must make the document."

    def test_a_system_that_is_away_is_unavailable(
        self, provider: AccountingProvider, known_party: str, broken: FaultSwitch
    ) -> None:
        """The tab keeps showing the snapshot, with a banner."""
        broken.go_away()
        advice = "Raise Unavailable when the system cannot be reached or answers 5xx to a read."
        expect("get_party while the system is away", advice, Unavailable, lambda: provider.get_party(known_party))
        expect("documents_of while it is away", advice, Unavailable, lambda: of_party(provider, known_party))

    def test_a_malformed_answer_to_a_read_is_unavailable(
        self, provider: AccountingProvider, known_party: str, broken: FaultSwitch
    ) -> None:
        """A proxy's page instead of JSON must not show as a stack trace."""
        broken.talk_nonsense()
        advice = "Raise Unavailable when an answer cannot be understood."
        expect("get_party with a malformed answer", advice, Unavailable, lambda: provider.get_party(known_party))

    def test_too_many_calls_are_throttled_until_a_moment(
        self, provider: AccountingProvider, context: ProviderContext, known_party: str, broken: FaultSwitch
    ) -> None:
        """The core waits; a provider never sleeps."""
        broken.throttle()
        advice = "Raise Throttled with the moment from which calls are taken again."
        error = expect("get_party when throttled", advice, Throttled, lambda: provider.get_party(known_party))
        assert isinstance(error, Throttled)
        aware = error.until.utcoffset() == timedelta(0)
        assert aware and error.until > context.clock.now(), (  # noqa: PT018 - one rule
            f"Throttled.until is {error.until!r}: an aware moment in UTC that is still to come, by context.clock."
        )
        assert error.window in _WINDOWS, f"Throttled.window is {error.window!r}; one of {', '.join(_WINDOWS)}."

    def test_a_refused_token_is_renewed_once(
        self, provider: AccountingProvider, known_party: str, broken: FaultSwitch
    ) -> None:
        """A token may lapse between two calls: ask the context for a new one and go on."""
        broken.refuse_the_token()
        found = provider.get_party(known_party).ref.id
        assert found == known_party, "get_party after a refused token: call context.token(rejected=…) and try again."
