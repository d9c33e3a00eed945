"""Checks of the search for documents: by number, reference, dates, kind and party."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from core.contract.provider import AccountingProvider
from core.contract.values import Document, DocumentKind, DocumentQuery, DocumentStatus
from core.testing.conformance.fixtures import ConformanceFixtures
from core.testing.conformance.helpers import find_documents, missing, of_party, walk_pages

_INVOICES = frozenset({DocumentKind.SALES_INVOICE, DocumentKind.BILL})
_GONE = (DocumentStatus.VOIDED, DocumentStatus.DELETED)


class SearchChecks(ConformanceFixtures):
    """*Find … to link*: a person looks for a document by what stands on it."""

    def test_a_document_is_found_by_its_number(self, provider: AccountingProvider, known_party: str) -> None:
        """In full and in part, in any case."""
        document = _with(provider, known_party, "number")
        number = document.number
        for text in (number, number.lower(), number[-3:], f" {number} "):
            self._must_find(provider, document, DocumentQuery(text=text, kinds=frozenset({document.kind})))

    def test_a_document_is_found_by_its_reference(self, provider: AccountingProvider, known_party: str) -> None:
        """Customers name their own order number."""
        document = _with(provider, known_party, "reference")
        self._must_find(provider, document, DocumentQuery(text=document.reference, kinds=frozenset({document.kind})))

    def test_both_ends_of_the_dates_are_in(self, provider: AccountingProvider, known_party: str) -> None:
        """From the third to the third means: on the third."""
        document = _with(provider, known_party, "number")
        day, one = document.date, timedelta(days=1)
        within = DocumentQuery(party_id=known_party, date_from=day, date_to=day)
        self._must_find(provider, document, within)
        for query in (replace(within, date_to=None), replace(within, date_from=None)):
            self._must_find(provider, document, query)
        for query in (
            replace(within, date_from=day + one, date_to=None),
            replace(within, date_from=None, date_to=day - one),
        ):
            found = [other.date for other in find_documents(provider, query)]
            assert day not in found, (
                f"search_documents from {query.date_from} to {query.date_to} gave a document of {day}: "
                "date_from and date_to are days, both ends in, nothing outside."
            )

    def test_a_kind_that_was_not_asked_for_is_not_given(self, provider: AccountingProvider, known_party: str) -> None:
        """Who may not see bills must not find them."""
        for kind in (DocumentKind.SALES_INVOICE, DocumentKind.BILL):
            found = find_documents(provider, DocumentQuery(kinds=frozenset({kind}), party_id=known_party))
            wrong = {document.kind.name for document in found} - {kind.name}
            assert not wrong, f"search_documents for {kind.name} gave {sorted(wrong)}: filter by the kinds asked for."

    def test_a_search_within_a_party_gives_all_its_own_and_nothing_else(
        self, provider: AccountingProvider, known_party: str
    ) -> None:
        """Over all pages, each once."""
        found = find_documents(provider, DocumentQuery(party_id=known_party))
        others = {document.party_name for document in found if document.party_id != known_party}
        assert not others, f"search_documents(party_id=…) gave documents of {sorted(others)[:3]}: filter by the party."
        ids = [document.ref.id for document in found]
        assert len(ids) == len(set(ids)), "search_documents gave a document twice: pages overlap."
        wanted = [d.ref.id for d in of_party(provider, known_party) if d.kind in _INVOICES and d.status not in _GONE]
        lost = missing(wanted, ids)
        assert not lost, f"search_documents(party_id=…) leaves out {lost}, which documents_of gives. Follow all pages."

    def test_a_search_over_everything_ends_and_repeats_nothing(self, provider: AccountingProvider) -> None:
        """An empty query is the list of all documents."""
        found = [(document.kind, document.ref.id) for document in find_documents(provider, DocumentQuery())]
        assert found, "search_documents with an empty query found nothing; it means all documents."
        twice = {ref[1] for ref in found if found.count(ref) > 1}
        assert not twice, (
            f"search_documents: {sorted(twice)[:5]} came twice. Break ties in the order, by id for example."
        )

    def test_the_newest_come_first_on_a_page(self, provider: AccountingProvider) -> None:
        """The one that is looked for is usually recent."""
        for page in _pages(provider, DocumentQuery(kinds=_INVOICES)):
            dates = [document.date for document in page]
            assert dates == sorted(dates, reverse=True), "search_documents: the newest must come first; sort by date."

    @pytest.mark.parametrize("text", ["zqxj-no-such-number", "%", "' OR 1==1 --", '" OR "1"=="1', "🦉", "\\"])
    def test_a_strange_text_finds_nothing_and_breaks_nothing(self, provider: AccountingProvider, text: str) -> None:
        """What is typed is a text, never a pattern or part of a query."""
        found = [
            d.number for d in find_documents(provider, DocumentQuery(text=text)) if text not in d.number + d.reference
        ]
        assert not found, (
            f"search_documents({text!r}) found {found[:3]}, which do not hold the text. Send it as a text: escape it, "
            "or look for it yourself."
        )

    def test_an_unknown_party_has_nothing_to_find(self, provider: AccountingProvider, unknown_id: str) -> None:
        """A filter that matches nobody must not be dropped."""
        found = find_documents(provider, DocumentQuery(party_id=unknown_id))
        assert not found, f"search_documents(party_id={unknown_id!r}) gave {len(found)} documents of others."

    def _must_find(self, provider: AccountingProvider, document: Document, query: DocumentQuery) -> None:
        found = [other.ref.id for other in find_documents(provider, query)]
        assert document.ref.id in found, (
            f"{query} does not find {document.kind.name} {document.number!r} ({document.reference!r}) of "
            f"{document.date}. The text may stand anywhere in number or reference, in any case; both ends of "
            "the dates are in."
        )


def _with(provider: AccountingProvider, party_id: str, name: str) -> Document:
    """An invoice or bill of the party that has the field filled in; skips when there is none."""
    for document in of_party(provider, party_id):
        if document.kind in _INVOICES and document.status not in _GONE and getattr(document, name):
            return document
    pytest.skip(f"the known party has no invoice with a {name}")


def _pages(provider: AccountingProvider, query: DocumentQuery) -> list[Sequence[Document]]:
    return walk_pages("search_documents", lambda cursor: provider.search_documents(replace(query, cursor=cursor)))
