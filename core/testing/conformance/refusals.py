"""Checks of drafts that must not succeed: refused, moved on, or not claimed; and nothing is made by trying."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from core.contract.errors import NotFound, Rejected, Stale, Unsupported
from core.contract.provider import AccountingProvider, ProviderContext
from core.contract.values import Capability, Document, DocumentKind, DocumentStatus, NewDocument
from core.testing.conformance.fixtures import ConformanceFixtures
from core.testing.conformance.helpers import (
    DRAFTS,
    expect,
    expect_unsupported,
    need,
    need_unclaimed,
    new_key,
    of_party,
    rounded,
    sample_draft,
    tick,
)

_FIELDS = re.compile(
    r"^(|party|date|due_date|reference|currency|amounts_are|theme|lines"
    r"|lines\.\d+(\.(description|quantity|unit_price|discount|item|account|tax_rate|tracking))?)$"
)
_KINDS = list(DRAFTS)


class RefusalChecks(ConformanceFixtures):
    """What a provider refuses is told at its field, and nothing is made by trying."""

    @pytest.mark.parametrize("kind", _KINDS)
    def test_a_draft_for_an_unknown_party_is_refused(
        self, provider: AccountingProvider, context: ProviderContext, customer: str, unknown_id: str, kind: DocumentKind
    ) -> None:
        """Some systems would make a new party of it."""
        need(provider, DRAFTS[kind])
        draft = replace(sample_draft(provider, context, customer, new_key()), party_id=unknown_id)
        advice = "Raise Rejected at `party`, or NotFound; never make a party by the way."
        self._refused(provider, kind, draft, advice, "party", errors=(Rejected, NotFound))

    @pytest.mark.parametrize("kind", _KINDS)
    def test_a_draft_for_an_archived_party_is_refused(
        self,
        provider: AccountingProvider,
        context: ProviderContext,
        customer: str,
        archived_party: str | None,
        kind: DocumentKind,
    ) -> None:
        """It was archived after the page was drawn."""
        need(provider, DRAFTS[kind])
        if archived_party is None:
            pytest.skip("the fixture archived_party is not overridden")
        currency = provider.get_party(archived_party).currency or provider.organisation().base_currency
        sample = sample_draft(provider, context, customer, new_key())
        draft = replace(sample, party_id=archived_party, currency=currency)
        self._refused(provider, kind, draft, "Raise Rejected with a Problem for the field `party`.", "party")

    @pytest.mark.parametrize("kind", _KINDS)
    def test_a_tax_rate_that_is_not_there_is_refused_at_its_line(
        self, provider: AccountingProvider, context: ProviderContext, customer: str, kind: DocumentKind
    ) -> None:
        """The form marks the field; everything typed is still there."""
        need(provider, DRAFTS[kind])
        sample = sample_draft(provider, context, customer, new_key())
        bad = replace(sample.lines[1], tax_rate="NO SUCH RATE")
        advice = "Raise Rejected with a Problem for the field `lines.1.tax_rate` (lines count from nought)."
        self._refused(provider, kind, replace(sample, lines=(sample.lines[0], bad)), advice, "lines.1.tax_rate")

    @pytest.mark.parametrize("kind", _KINDS)
    def test_a_line_without_the_item_it_needs_is_refused(
        self, provider: AccountingProvider, context: ProviderContext, customer: str, kind: DocumentKind
    ) -> None:
        """LINE_NEEDS_ITEM makes the field required on the page; the system has the last word."""
        need(provider, DRAFTS[kind])
        need(provider, Capability.LINE_NEEDS_ITEM)
        sample = sample_draft(provider, context, customer, new_key())
        draft = replace(sample, lines=(replace(sample.lines[0], item=""),))
        self._refused(provider, kind, draft, "Raise Rejected with a Problem for `lines.0.item`.", "lines.0.item")

    @pytest.mark.parametrize("kind", _KINDS)
    def test_a_discount_counts_or_is_refused(
        self, provider: AccountingProvider, context: ProviderContext, customer: str, kind: DocumentKind
    ) -> None:
        """It must not get lost on the way: the customer would be billed too much."""
        need(provider, DRAFTS[kind])
        sample = sample_draft(provider, context, customer, key := new_key())
        line = replace(sample.lines[0], discount=Decimal("12.5"))
        try:
            made = provider.create(kind, replace(sample, lines=(line,)), key=key)
        except Rejected as refused:
            fields = [problem.field for problem in refused.problems]
            assert "lines.0.discount" in fields, f"A discount was refused at {fields}, not at lines.0.discount."
            return
        wanted = rounded(line, sample.currency)
        assert made.total - made.tax == wanted, (
            f"create: 3 × {line.unit_price} less 12.5 % came to {made.total - made.tax}, not {wanted}. Send the "
            "discount, or raise Rejected at lines.0.discount."
        )

    @pytest.mark.parametrize("kind", _KINDS)
    def test_an_unclaimed_kind_is_unsupported_and_makes_nothing(
        self, provider: AccountingProvider, context: ProviderContext, customer: str, kind: DocumentKind
    ) -> None:
        """A provider that cannot make a draft says so; it never makes the real thing instead."""
        need_unclaimed(provider, DRAFTS[kind])
        draft, before = sample_draft(provider, context, customer, key := new_key()), _ids(provider, customer)
        expect_unsupported(f"create({kind.name})", DRAFTS[kind], lambda: provider.create(kind, draft, key=key))
        self._nothing_made(provider, customer, before, kind)

    @pytest.mark.parametrize(
        "kind",
        [DocumentKind.BILL, DocumentKind.SALES_CREDIT_NOTE, DocumentKind.BILL_CREDIT_NOTE, DocumentKind.PREPAYMENT],
    )
    def test_a_kind_that_nobody_can_claim_is_unsupported(
        self, provider: AccountingProvider, context: ProviderContext, customer: str, kind: DocumentKind
    ) -> None:
        """From here only sales invoices and estimates are drafted."""
        draft, before = sample_draft(provider, context, customer, key := new_key()), _ids(provider, customer)
        advice = "Raise Unsupported for every kind but those whose capability is claimed."
        expect(f"create({kind.name})", advice, Unsupported, lambda: provider.create(kind, draft, key=key))
        self._nothing_made(provider, customer, before, kind)

    @pytest.mark.parametrize("kind", _KINDS)
    def test_a_draft_that_moved_on_is_stale(
        self, provider: AccountingProvider, context: ProviderContext, customer: str, kind: DocumentKind
    ) -> None:
        """Changed by somebody else, or deleted: what they did is not overwritten."""
        need(provider, DRAFTS[kind])
        need(provider, Capability.DRAFT_CHANGE)
        draft = sample_draft(provider, context, customer, key := new_key())
        made = provider.create(kind, draft, key=key)
        tick(context)
        current = made
        if made.ref.version:
            current = provider.update_draft(made, replace(draft, reference="First"), key=new_key())
            tick(context)
            second = replace(draft, reference="Second")
            advice = "Compare Ref.version, or send it as the lock token, and raise Stale when it moved on."
            expect("update_draft of an old version", advice, Stale, _update(provider, made, second))
            expect("delete_draft of an old version", advice, Stale, lambda: provider.delete_draft(made))
            read = provider.get_documents([(kind, made.ref.id)])[0]
            assert read.reference == "First", f"update_draft raised Stale and wrote all the same: {read.reference!r}."
        provider.delete_draft(current)
        advice = "What is deleted is no draft any more: raise Stale (or NotFound)."
        expect("update_draft of a deleted one", advice, (Stale, NotFound), _update(provider, current, draft))

    def test_what_is_no_draft_is_not_touched(
        self, provider: AccountingProvider, context: ProviderContext, customer: str
    ) -> None:
        """An approved invoice is accounts people's work."""
        need(provider, Capability.DRAFT_CHANGE)
        approved = [d for d in of_party(provider, customer) if d.status is DocumentStatus.AUTHORISED]
        if not approved:
            pytest.skip("the customer has no open document")
        draft = sample_draft(provider, context, customer, new_key())
        for document in approved[:3]:
            name, advice = f"{document.status.name} {document.kind.name}", "Raise Stale for what is no draft."
            refusals = (Stale, Unsupported)
            expect(f"update_draft of an {name}", advice, refusals, _update(provider, document, draft))
            expect(f"delete_draft of an {name}", advice, refusals, _delete(provider, document))
            read = provider.get_documents([(document.kind, document.ref.id)])[0]
            told = (read.status, read.total, read.reference)
            assert told == (document.status, document.total, document.reference), f"The {name} was changed: {told}."

    def test_unclaimed_changes_of_drafts_are_unsupported(
        self, provider: AccountingProvider, context: ProviderContext, customer: str
    ) -> None:
        """The page offers no button for it."""
        need_unclaimed(provider, Capability.DRAFT_CHANGE)
        document = of_party(provider, customer)[0]
        draft = sample_draft(provider, context, customer, new_key())
        expect_unsupported("update_draft", Capability.DRAFT_CHANGE, _update(provider, document, draft))
        expect_unsupported("delete_draft", Capability.DRAFT_CHANGE, _delete(provider, document))

    def test_a_due_date_before_the_date_makes_no_posted_document(
        self, provider: AccountingProvider, context: ProviderContext, customer: str
    ) -> None:
        """The system may take it as a draft or refuse it at a field, nothing else."""
        for kind in (kind for kind in _KINDS if DRAFTS[kind] in provider.capabilities()):
            sample = sample_draft(provider, context, customer, key := new_key())
            try:
                made = provider.create(kind, replace(sample, due_date=sample.date - timedelta(days=3)), key=key)
            except Rejected as refused:
                _check_fields(refused)
            else:
                assert made.status is not DocumentStatus.AUTHORISED, "create posted a document; make drafts only."

    def _refused(
        self,
        provider: AccountingProvider,
        kind: DocumentKind,
        draft: NewDocument,
        advice: str,
        field: str,
        *,
        errors: tuple[type[Exception], ...] = (Rejected,),
    ) -> None:
        before, key = _ids(provider, draft.party_id), new_key()
        draft = replace(draft, mark_url=f"https://crm.example/opportunities/1?mark={key}")
        error = expect(f"create({kind.name})", advice, errors, lambda: provider.create(kind, draft, key=key))
        if isinstance(error, Rejected):
            _check_fields(error)
            fields = [problem.field for problem in error.problems]
            assert field in fields, f"create({kind.name}) was refused at {fields}. {advice}"
        self._nothing_made(provider, draft.party_id, before, kind)

    def _nothing_made(self, provider: AccountingProvider, party_id: str, before: set[str], kind: DocumentKind) -> None:
        more = _ids(provider, party_id) - before
        assert not more, f"create({kind.name}) raised an error and made {sorted(more)} all the same: check first."


def _ids(provider: AccountingProvider, party_id: str) -> set[str]:
    return {document.ref.id for document in of_party(provider, party_id)}


def _update(provider: AccountingProvider, document: Document, draft: NewDocument) -> Callable[[], object]:
    return lambda: provider.update_draft(document, draft, key=new_key())


def _delete(provider: AccountingProvider, document: Document) -> Callable[[], object]:
    return lambda: provider.delete_draft(document)


def _check_fields(refused: Rejected) -> None:
    strange = [problem.field for problem in refused.problems if not _FIELDS.match(problem.field)]
    assert not strange, (
        f"Rejected has problems at {strange}. Use the core's names (see core.Problem): party, due_date, "
        'lines.0.account …, and "" for what belongs to none.'
    )
    empty = [problem.field for problem in refused.problems if not problem.message.strip()]
    assert not empty, f"Rejected has problems without words at {empty}: pass on what the system said."
