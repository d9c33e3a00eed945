"""Checks of drafts that succeed: made once, never more than a draft, found again, changed, deleted."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from core.contract.provider import AccountingProvider, ProviderContext
from core.contract.values import Capability, Document, DocumentKind, DocumentStatus
from core.testing.conformance.fixtures import ConformanceFixtures
from core.testing.conformance.helpers import (
    DRAFTS,
    need,
    new_key,
    no_complaints,
    of_party,
    rounded,
    sample_draft,
    tick,
)
from core.testing.conformance.wellformed import document_complaints, line_sum_complaints

each_kind = pytest.mark.parametrize("kind", list(DRAFTS))


class DraftChecks(ConformanceFixtures):
    """*Create invoice draft*, and where there are no draft invoices, the estimate."""

    @each_kind
    def test_what_is_made_is_a_draft_and_no_more(
        self, provider: AccountingProvider, context: ProviderContext, customer: str, kind: DocumentKind
    ) -> None:
        """A draft must never post to the ledger."""
        need(provider, DRAFTS[kind])
        made = provider.create(kind, sample_draft(provider, context, customer, key := new_key()), key=key)
        assert made.kind is kind, (
            f"create({kind.name}) made a {made.kind.name}: make what was asked for, or Unsupported."
        )
        harmless = {DocumentStatus.DRAFT}
        if kind is DocumentKind.ESTIMATE:
            harmless.add(DocumentStatus.SUBMITTED)  # an estimate posts nothing, whoever has seen it
        read = self._read(provider, made)
        for document in (made, read):
            assert document.status in harmless, (
                f"create({kind.name}) made a document with the status {document.status.name} "
                f"({document.vendor_status!r}). Ask the system for a draft; if it has none, do not claim "
                f"{DRAFTS[kind].name}."
            )

    @each_kind
    def test_a_draft_has_what_was_typed(
        self, provider: AccountingProvider, context: ProviderContext, customer: str, kind: DocumentKind
    ) -> None:
        """Party, dates, reference, currency and lines arrive as they were sent, amounts to the cent."""
        need(provider, DRAFTS[kind])
        draft = sample_draft(provider, context, customer, key := new_key())
        read = self._read(provider, provider.create(kind, draft, key=key))
        for name in ("party_id", "date", "due_date", "reference", "currency", "amounts_are"):
            sent, told = getattr(draft, name), getattr(read, name)
            assert sent == told, (
                f"create({kind.name}): {name} was sent as {sent!r} and reads {told!r}. Map it both ways."
            )
        lines = read.lines or ()
        assert len(lines) == len(draft.lines), f"create({kind.name}): {len(draft.lines)} lines sent, {len(lines)} read."
        for sent_line, line in zip(draft.lines, lines, strict=True):
            for name in ("description", "quantity", "unit_price", "item", "tax_rate"):
                one, other = getattr(sent_line, name), getattr(line, name)
                assert one == other, f"create({kind.name}): a line's {name} was sent as {one!r} and reads {other!r}."
            wanted = rounded(sent_line, draft.currency)
            assert line.amount == wanted, (
                f"create({kind.name}): {line.quantity} × {line.unit_price} reads {line.amount}, not {wanted}. A line "
                "is rounded half-up to the cent; some systems must be asked for four decimals of a price."
            )
        base = provider.organisation().base_currency
        no_complaints(f"create({kind.name})", [*document_complaints(read, base), *line_sum_complaints(read)])

    @each_kind
    def test_the_same_key_makes_one_document(
        self, provider: AccountingProvider, context: ProviderContext, customer: str, kind: DocumentKind
    ) -> None:
        """A double click, a job that is run again: one document."""
        need(provider, DRAFTS[kind])
        before = len(of_party(provider, customer))
        draft = sample_draft(provider, context, customer, key := new_key())
        first = provider.create(kind, draft, key=key)
        second = provider.create(kind, draft, key=key)
        assert first.ref.id == second.ref.id, (
            f"create({kind.name}): the same key made two documents. Send `key` as the idempotency key, or look for the "
            "mark before you make another."
        )
        after = len(of_party(provider, customer))
        assert after == before + 1, (
            f"create({kind.name}) with one key, twice: {after - before} documents more, not one."
        )

    @each_kind
    def test_two_keys_make_two_documents(
        self, provider: AccountingProvider, context: ProviderContext, customer: str, kind: DocumentKind
    ) -> None:
        """Two equal invoices are two invoices when they were meant to be."""
        need(provider, DRAFTS[kind])
        draft = sample_draft(provider, context, customer, new_key())
        keys = (new_key(), new_key())
        made = [provider.create(kind, replace(draft, mark_url=_mark(key)), key=key) for key in keys]
        assert made[0].ref.id != made[1].ref.id, (
            f"create({kind.name}): two keys made one document. Tell documents apart by the key, not by what is in them."
        )

    @each_kind
    def test_what_was_made_is_found_by_its_key(
        self, provider: AccountingProvider, context: ProviderContext, customer: str, kind: DocumentKind
    ) -> None:
        """When the answer is lost, this is how the core learns what became of it."""
        need(provider, DRAFTS[kind])
        since = context.clock.now()
        keys = [new_key(), new_key()]
        made = [self._sample(provider, context, customer, kind, key) for key in keys]
        tick(context)
        for key, document in zip(keys, made, strict=True):
            found = provider.find_created(kind, key, customer, since)
            assert found is not None, (
                f"find_created({kind.name}) does not find what create made under the same key. Write the mark "
                "(NewDocument.mark_url holds the key) into the document and look for it there."
            )
            assert found.ref.id == document.ref.id, (
                f"find_created({kind.name}) gave {found.ref.id!r}, made under another key; {document.ref.id!r} was "
                "made under this one."
            )

    @each_kind
    def test_an_unknown_key_finds_nothing(
        self, provider: AccountingProvider, context: ProviderContext, customer: str, kind: DocumentKind
    ) -> None:
        """*Not there* is what allows another try."""
        need(provider, DRAFTS[kind])
        since, key = context.clock.now(), new_key()
        self._sample(provider, context, customer, kind, key)
        for other in (new_key(), key[:8]):
            found = provider.find_created(kind, other, customer, since)
            assert found is None, (
                f"find_created({kind.name}) gave {found!r} for a key that made nothing. Compare the whole key; the "
                "latest document is not the one that was looked for."
            )

    @each_kind
    def test_what_was_made_is_among_the_partys_documents(
        self, provider: AccountingProvider, context: ProviderContext, customer: str, kind: DocumentKind
    ) -> None:
        """The tab shows the new draft after its next refresh."""
        need(provider, DRAFTS[kind])
        made = self._sample(provider, context, customer, kind, new_key())
        assert made.ref.id in [document.ref.id for document in of_party(provider, customer)], (
            f"documents_of leaves out the {kind.name} that create just made; give drafts too."
        )

    @each_kind
    def test_a_draft_is_changed_in_place(
        self, provider: AccountingProvider, context: ProviderContext, customer: str, kind: DocumentKind
    ) -> None:
        """The same document, with what was typed the second time."""
        need(provider, DRAFTS[kind])
        need(provider, Capability.DRAFT_CHANGE)
        draft = sample_draft(provider, context, customer, key := new_key())
        made = self._read(provider, provider.create(kind, draft, key=key))
        tick(context)
        line = replace(draft.lines[0], quantity=Decimal(5), id=(made.lines or draft.lines)[0].id)
        new = replace(draft, reference="Changed", lines=(line,))
        changed = provider.update_draft(made, new, key=new_key())
        read = self._read(provider, changed)
        told = (read.ref.id, read.reference, [line.quantity for line in read.lines or ()])
        assert told == (made.ref.id, "Changed", [Decimal(5)]), (
            f"update_draft: id, reference and quantities read {told}, not {(made.ref.id, 'Changed', [Decimal(5)])}. "
            "Replace the document whole: lines that are not sent are gone."
        )
        assert read.status is made.status, (
            f"update_draft made {made.status.name} into {read.status.name}: leave it a draft."
        )

    @each_kind
    def test_a_deleted_draft_is_gone(
        self, provider: AccountingProvider, context: ProviderContext, customer: str, kind: DocumentKind
    ) -> None:
        """It is read as deleted, or not at all."""
        need(provider, DRAFTS[kind])
        need(provider, Capability.DRAFT_CHANGE)
        made = self._read(provider, self._sample(provider, context, customer, kind, new_key()))
        tick(context)
        provider.delete_draft(made)
        left = [d.status.name for d in provider.get_documents([(kind, made.ref.id)])]
        assert left in ([], ["DELETED"], ["VOIDED"]), f"delete_draft: the document is still there as {left}."

    def _sample(
        self, provider: AccountingProvider, context: ProviderContext, customer: str, kind: DocumentKind, key: str
    ) -> Document:
        return provider.create(kind, sample_draft(provider, context, customer, key), key=key)

    def _read(self, provider: AccountingProvider, made: Document) -> Document:
        """The document as the system has it now."""
        read = provider.get_documents([(made.kind, made.ref.id)])
        assert read, f"get_documents does not give the {made.kind.name} {made.ref.id!r} that was just written."
        return read[0]


def _mark(key: str) -> str:
    return f"https://crm.example/opportunities/1?mark={key}"
