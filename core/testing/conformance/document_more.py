"""Checks of what is asked for of one document: its PDF, notes, history, and the customer's own address of it."""

from __future__ import annotations

import pytest

from core.contract.errors import NotFound
from core.contract.provider import AccountingProvider
from core.contract.values import Capability, Document, DocumentKind, DocumentQuery, DocumentStatus, HistoryEntry, Ref
from core.contract.wellformed import fault
from core.testing.conformance.fixtures import ConformanceFixtures
from core.testing.conformance.helpers import (
    expect,
    expect_unsupported,
    find_documents,
    need,
    need_unclaimed,
    new_key,
    no_complaints,
    of_party,
)


class DocumentMoreChecks(ConformanceFixtures):
    """One document, looked at closely, without a log-in to the accounting system."""

    def test_a_pdf_is_a_pdf(self, provider: AccountingProvider, known_party: str, unknown_id: str) -> None:
        """For those without a log-in to the accounting system."""
        need(provider, Capability.PDF)
        invoice = an_invoice(provider, known_party)
        content = provider.attachment(invoice.ref, invoice.kind)
        assert content.startswith(b"%PDF"), f"attachment() begins with {content[:12]!r}; give the bytes of the PDF."
        absent = lambda: provider.attachment(Ref(unknown_id), invoice.kind)  # noqa: E731
        expect("attachment() of an unknown id", "Raise NotFound.", NotFound, absent)

    def test_a_note_can_be_written(self, provider: AccountingProvider, known_party: str, unknown_id: str) -> None:
        """Who made a draft is written to its history."""
        need(provider, Capability.NOTES)
        invoice = an_invoice(provider, known_party)
        provider.note(invoice.kind, invoice.ref, "Made by Ana O'Neill – ‘draft’", key=new_key())
        absent = lambda: provider.note(invoice.kind, Ref(unknown_id), "Nobody", key=new_key())  # noqa: E731
        expect("note() on an unknown id", "Raise NotFound.", NotFound, absent)

    def test_an_unclaimed_pdf_is_unsupported(self, provider: AccountingProvider, known_party: str) -> None:
        """The page offers no button for it."""
        need_unclaimed(provider, Capability.PDF)
        document = of_party(provider, known_party)[0]
        expect_unsupported("attachment()", Capability.PDF, lambda: provider.attachment(document.ref, document.kind))

    def test_an_unclaimed_note_is_unsupported(self, provider: AccountingProvider, known_party: str) -> None:
        """The core writes no history where there is none."""
        need_unclaimed(provider, Capability.NOTES)
        document = of_party(provider, known_party)[0]
        note = lambda: provider.note(document.kind, document.ref, "x", key=new_key())  # noqa: E731
        expect_unsupported("note()", Capability.NOTES, note)

    def test_a_history_tells_what_when_and_in_order(
        self, provider: AccountingProvider, known_party: str, unknown_id: str
    ) -> None:
        """A person reads what happened to an invoice before calling about it."""
        need(provider, Capability.HISTORY)
        invoice = an_invoice(provider, known_party)
        told = provider.history(invoice.kind, invoice.ref)
        no_complaints("history", [wrong for one in told if (wrong := fault(one, HistoryEntry))])
        moments = [one.at for one in told]
        assert moments == sorted(moments, reverse=True), "history() is not in order: give the newest first."
        assert all(one.deed.strip() for one in told), "history() has an entry without a deed: say what was done."
        absent = lambda: provider.history(invoice.kind, Ref(unknown_id))  # noqa: E731
        expect("history() of an unknown id", "Raise NotFound.", NotFound, absent)

    def test_a_note_stands_in_the_history(self, provider: AccountingProvider, known_party: str) -> None:
        """Who made a draft is written there, and must be found there."""
        need(provider, Capability.HISTORY)
        need(provider, Capability.NOTES)
        invoice, text = an_invoice(provider, known_party), "Asked about by Ana O'Neill"
        provider.note(invoice.kind, invoice.ref, text, key=new_key())
        told = [one.text for one in provider.history(invoice.kind, invoice.ref)]
        assert any(text in one for one in told), f"note() wrote {text!r}, and history() tells {told[:3]}."

    def test_the_customers_address_is_one(
        self, provider: AccountingProvider, known_party: str, unknown_id: str
    ) -> None:
        """It is copied into mails: a customer must be able to follow it."""
        need(provider, Capability.CUSTOMER_LINK)
        invoice = an_invoice(provider, known_party)
        address = provider.customer_url(invoice.kind, invoice.ref)
        assert address is not None, f"customer_url() gave nothing for {invoice.number}, which counts."
        assert address.startswith(("https://", "http://")), f"customer_url() gave {address!r}; give a whole address."
        absent = lambda: provider.customer_url(invoice.kind, Ref(unknown_id))  # noqa: E731
        expect("customer_url() of an unknown id", "Raise NotFound.", NotFound, absent)

    def test_an_unclaimed_history_is_unsupported(self, provider: AccountingProvider, known_party: str) -> None:
        """The page offers none."""
        need_unclaimed(provider, Capability.HISTORY)
        document = of_party(provider, known_party)[0]
        ask = lambda: provider.history(document.kind, document.ref)  # noqa: E731
        expect_unsupported("history()", Capability.HISTORY, ask)

    def test_an_unclaimed_customers_address_is_unsupported(
        self, provider: AccountingProvider, known_party: str
    ) -> None:
        """The page offers no button for it."""
        need_unclaimed(provider, Capability.CUSTOMER_LINK)
        document = of_party(provider, known_party)[0]
        ask = lambda: provider.customer_url(document.kind, document.ref)  # noqa: E731
        expect_unsupported("customer_url()", Capability.CUSTOMER_LINK, ask)


def an_invoice(provider: AccountingProvider, party_id: str) -> Document:
    """A sales invoice of the party that counts; skips when there is none."""
    found = find_documents(provider, DocumentQuery(kinds=frozenset({DocumentKind.SALES_INVOICE}), party_id=party_id))
    for document in found:
        if document.status in (DocumentStatus.AUTHORISED, DocumentStatus.PAID):
            return document
    pytest.skip("the known party has no approved sales invoice")
