"""Checks of what changed: the first reading gives every party, later ones leave nothing out."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from core.contract.provider import AccountingProvider, ProviderContext
from core.contract.values import Capability, Change, DocumentKind, DocumentStatus
from core.testing.conformance.fixtures import ConformanceFixtures
from core.testing.conformance.helpers import (
    ADVANCES,
    CREDITS,
    DRAFTS,
    all_advances,
    all_changes,
    expect_unsupported,
    find_parties,
    missing,
    need,
    need_unclaimed,
    new_key,
    no_complaints,
    of_party,
    sample_draft,
    sample_party,
    tick,
)
from core.testing.conformance.wellformed import document_complaints, party_complaints

_OVERLAP = timedelta(days=1)


def told_first(provider: AccountingProvider) -> list[Change]:
    """What the first reading gives, over- and prepayments too."""
    apart = Capability.ADVANCES in provider.capabilities()
    return [*all_changes(provider, None), *(all_advances(provider, None) if apart else [])]


def _what(change: Change) -> str:
    return change.document.kind.name if change.document else "a party"


class ChangeChecks(ConformanceFixtures):
    """The party index and the snapshots are kept current by asking what changed."""

    def test_the_first_reading_gives_every_party(
        self, provider: AccountingProvider, known_party: str, broad_text: str
    ) -> None:
        """The party index is filled from it."""
        need(provider, Capability.CHANGES)
        told = {change.party.ref.id for change in all_changes(provider, None) if change.party}
        wanted = {known_party, *(party.ref.id for party in find_parties(provider, broad_text))}
        lost = missing(wanted, told)
        assert not lost, (
            f"changes(None) leaves out the parties {lost}. Give every party, archived ones too, on all pages."
        )

    def test_the_first_reading_gives_no_documents_but_credits(self, provider: AccountingProvider) -> None:
        """The documents of linked parties are read apart; all documents of a company would be too many."""
        need(provider, Capability.CHANGES)
        documents = [change.document for change in told_first(provider) if change.document]
        wrong = [
            f"{d.kind.name} {d.number}"
            for d in documents
            if d.kind not in ADVANCES and not (d.kind in CREDITS and d.status is DocumentStatus.AUTHORISED)
        ]
        assert not wrong, (
            f"changes(None) gave {wrong[:5]}; of documents give over- and prepayments alone, and open credit notes."
        )

    def test_a_change_is_one_thing_and_well_formed(
        self, provider: AccountingProvider, context: ProviderContext
    ) -> None:
        """Either a party or a document, as it is now."""
        need(provider, Capability.CHANGES)
        base = provider.organisation().base_currency
        told = all_changes(provider, context.clock.now() - timedelta(days=90))
        double = [change for change in told if (change.party is None) is (change.document is None)]
        assert not double, f"changes: {double[:1]} is neither or both; set exactly one of party and document."
        no_complaints("changes", [w for change in told if change.party for w in party_complaints(change.party)])
        no_complaints("changes", [w for c in told if c.document for w in document_complaints(c.document, base)])

    def test_changes_since_a_moment_leave_nothing_out(self, provider: AccountingProvider, known_party: str) -> None:
        """Whatever is left out here is wrong on the page until somebody notices."""
        need(provider, Capability.CHANGES)
        dated = [(d.updated_at, d.number or d.ref.id) for d in of_party(provider, known_party) if d.updated_at]
        if len(dated) < 2:
            pytest.skip("the documents carry no updated_at")
        since = sorted(dated)[len(dated) // 2][0]
        told = [c.document.number or c.document.ref.id for c in all_changes(provider, since) if c.document]
        lost = missing([number for moment, number in dated if moment > since], told)
        assert not lost, (
            f"changes({since}) leaves out {lost}, which changed later. Cover every kind of document, every "
            "page, and begin a little earlier rather than a little later."
        )

    def test_changes_do_not_begin_at_the_beginning_every_time(
        self, provider: AccountingProvider, context: ProviderContext
    ) -> None:
        """Asked every few minutes, it must cost few calls."""
        need(provider, Capability.CHANGES)
        since = context.clock.now().astimezone(UTC)
        moments = [
            thing.updated_at
            for change in all_changes(provider, since)
            if (thing := change.party or change.document) and thing.updated_at
        ]
        old = [moment.isoformat() for moment in moments if moment < since - _OVERLAP]
        assert not old, f"changes({since}) told {len(old)} old things, from {min(old, default='')} on: use `since`."

    def test_a_new_party_is_told(self, provider: AccountingProvider, context: ProviderContext) -> None:
        """Somebody adds a customer in the accounting system: it can be suggested minutes later."""
        need(provider, Capability.CHANGES)
        need(provider, Capability.PARTIES_CREATE)
        since = context.clock.now()
        tick(context)
        made = provider.create_party(sample_party(), key=new_key())
        tick(context)
        told = [change.party.ref.id for change in all_changes(provider, since) if change.party]
        assert made.ref.id in told, f"changes({since}) does not tell the party made a moment later."

    @pytest.mark.parametrize("kind", list(DRAFTS))
    def test_a_new_document_is_told(
        self, provider: AccountingProvider, context: ProviderContext, customer: str, kind: DocumentKind
    ) -> None:
        """The same for documents, made a moment after the last reading."""
        need(provider, Capability.CHANGES)
        need(provider, DRAFTS[kind])
        since = context.clock.now()
        tick(context)
        made = provider.create(kind, sample_draft(provider, context, customer, key := new_key()), key=key)
        tick(context)
        told = [change.document.ref.id for change in all_changes(provider, since) if change.document]
        assert made.ref.id in told, f"changes({since}) does not tell the {kind.name} made a moment later."

    def test_over_and_prepayments_are_told_in_one_place(
        self, provider: AccountingProvider, context: ProviderContext
    ) -> None:
        """Where they are told apart they are read less often, each list up to a mark of its own."""
        need(provider, Capability.ADVANCES)
        since = context.clock.now() - timedelta(days=90)
        apart, others = all_advances(provider, since), all_changes(provider, since)
        wrong = {_what(change) for change in apart} - {kind.name for kind in ADVANCES}
        assert not wrong, f"advances({since}) tells {sorted(wrong)}; it is for over- and prepayments alone."
        double = {_what(change) for change in others} & {kind.name for kind in ADVANCES}
        assert not double, f"changes({since}) tells {sorted(double)} too; leave them to advances, or do not claim it."
        base = provider.organisation().base_currency
        no_complaints("advances", [w for c in apart if c.document for w in document_complaints(c.document, base)])

    def test_unclaimed_advances_are_unsupported(self, provider: AccountingProvider) -> None:
        """They are then among all other changes."""
        need_unclaimed(provider, Capability.ADVANCES)
        expect_unsupported("advances(None)", Capability.ADVANCES, lambda: provider.advances(None))

    def test_unclaimed_changes_are_unsupported(self, provider: AccountingProvider) -> None:
        """The core then reads what it needs party by party."""
        need_unclaimed(provider, Capability.CHANGES)
        expect_unsupported("changes(None)", Capability.CHANGES, lambda: provider.changes(None))
