"""Checks of documents: those of a party, by id, in other currencies."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from core.contract.errors import NotFound
from core.contract.provider import AccountingProvider
from core.contract.values import Capability, Document, DocumentKind, DocumentQuery, Page
from core.testing.conformance.fixtures import ConformanceFixtures
from core.testing.conformance.helpers import (
    find_documents,
    find_parties,
    missing,
    need,
    no_complaints,
    of_parties,
    of_party,
    walk,
    walk_pages,
)
from core.testing.conformance.wellformed import document_complaints, line_sum_complaints


class DocumentChecks(ConformanceFixtures):
    """Documents as snapshots and figures are made from them."""

    def test_every_document_of_a_party_is_well_formed(self, provider: AccountingProvider, known_party: str) -> None:
        """Money, currencies, statuses, days and moments as the contract has them."""
        base = provider.organisation().base_currency
        documents = of_party(provider, known_party)
        assert documents, f"documents_of([{known_party!r}]) gave nothing; the fixture known_party needs documents."
        no_complaints("documents_of", [words for d in documents for words in document_complaints(d, base)])

    def test_documents_of_a_party_are_its_own_and_come_once(
        self, provider: AccountingProvider, known_party: str
    ) -> None:
        """A figure must not hold somebody else's money, and no document twice."""
        documents = of_party(provider, known_party)
        others = {document.party_id for document in documents} - {known_party}
        assert not others, (
            f"documents_of([{known_party!r}]) gave documents of {sorted(others)[:3]}. Filter by the parties asked for."
        )
        for page in walk_pages("documents_of", lambda cursor: provider.documents_of([known_party], cursor=cursor)):
            refs = [(document.kind, document.ref.id) for document in page]
            assert len(refs) == len(set(refs)), "documents_of gave a document twice on a page: two lists hold it."

    def test_an_id_stands_for_one_document_of_any_kind(self, provider: AccountingProvider, known_party: str) -> None:
        """Systems that count invoices and credit notes apart have two of one number; the core keeps each by its id."""
        found = [*of_party(provider, known_party), *find_documents(provider, DocumentQuery())]
        kinds = {(document.ref.id, document.kind) for document in found}
        ids = [ident for ident, _ in kinds]
        twice = sorted({ident for ident in ids if ids.count(ident) > 1})
        assert not twice, f"the ids {twice[:5]} stand for documents of two kinds: put the kind into Ref.id."

    def test_documents_of_nobody_are_none(self, provider: AccountingProvider) -> None:
        """An empty filter must not mean *everything*."""
        found = [document.number for document in of_parties(provider, [])]
        assert not found, (
            f"documents_of([]) gave {len(found)} documents. With no party asked for, give nothing: many systems read "
            "an empty filter as no filter."
        )

    def test_documents_of_several_parties_are_those_of_each(
        self, provider: AccountingProvider, known_party: str, broad_text: str
    ) -> None:
        """Refreshes of several parties are gathered into one question."""
        others = (party.ref.id for party in find_parties(provider, broad_text) if party.ref.id != known_party)
        ids = [known_party, *(party for party, _ in zip(others, range(4), strict=False))]
        together = {document.ref.id for document in of_parties(provider, ids)}
        apart = {document.ref.id for party in ids for document in of_party(provider, party)}
        assert together == apart, (
            f"documents_of({len(ids)} parties) and the same one by one differ: {missing(apart, together)} left out, "
            f"{missing(together, apart)} too many."
        )

    def test_an_unknown_party_has_no_documents(self, provider: AccountingProvider, unknown_id: str) -> None:
        """A party may be gone by the time its documents are read."""
        assert not of_party(provider, unknown_id), "documents_of an unknown party must give nothing."

    def test_a_walk_through_a_partys_documents_goes_on_from_any_cursor(
        self, provider: AccountingProvider, known_party: str
    ) -> None:
        """A limit or a crash may stop a first load in the middle; another process goes on, and asks nothing twice."""
        cursors: list[str] = []
        pages: list[list[str]] = []

        def fetch(cursor: str | None) -> Page[Document]:
            page = provider.documents_of([known_party], cursor=cursor)
            cursors.extend([cursor] if cursor else [])
            pages.extend([[document.ref.id for document in page.items]] if cursor else [])
            return page

        walk("documents_of", fetch)
        again = [[d.ref.id for d in provider.documents_of([known_party], cursor=one).items] for one in cursors]
        assert again == pages, (
            "documents_of: a cursor asked with again gives another page. Put all that is needed into the cursor; "
            "another process has nothing else."
        )

    def test_only_claimed_kinds_are_given(self, provider: AccountingProvider, known_party: str) -> None:
        """Who may not see bills relies on the kinds."""
        claimed = provider.capabilities()
        kinds = {document.kind for document in of_party(provider, known_party)}
        for kind, capability in (
            (DocumentKind.BILL, Capability.BILLS),
            (DocumentKind.BILL_CREDIT_NOTE, Capability.CREDIT_NOTES),
            (DocumentKind.SALES_CREDIT_NOTE, Capability.CREDIT_NOTES),
        ):
            assert kind not in kinds or capability in claimed, (
                f"documents_of gave a {kind.name}: claim {capability.name}."
            )

    @pytest.mark.parametrize(
        ("capability", "kind"),
        [(Capability.BILLS, DocumentKind.BILL), (Capability.CREDIT_NOTES, DocumentKind.SALES_CREDIT_NOTE)],
    )
    def test_a_claimed_kind_is_found(
        self, provider: AccountingProvider, capability: Capability, kind: DocumentKind
    ) -> None:
        """What is claimed is there to be searched; the test company needs one of each."""
        need(provider, capability)
        page = provider.search_documents(DocumentQuery(kinds=frozenset({kind})))
        assert page.items, f"{capability.name} is claimed and search_documents finds no {kind.name}."
        wrong = {document.kind.name for document in page.items} - {kind.name}
        assert not wrong, f"search_documents for {kind.name} gave {sorted(wrong)}: filter by the kinds asked for."

    def test_a_document_by_id_is_the_one_of_the_list_with_its_lines(
        self, provider: AccountingProvider, known_party: str
    ) -> None:
        """A row expands to its lines; the row itself does not change by it."""
        listed = of_party(provider, known_party)[:30]
        read = {(d.kind, d.ref.id): d for d in provider.get_documents([(d.kind, d.ref.id) for d in listed])}
        for document in listed:
            same = read.get((document.kind, document.ref.id))
            assert same is not None, (
                f"get_documents leaves out {document.kind.name} {document.number}, which documents_of gives."
            )
            for name in ("party_id", "number", "status", "date", "currency", "total", "tax", "amount_due"):
                one, other = getattr(document, name), getattr(same, name)
                assert one == other, (
                    f"{document.number}: {name} is {one!r} in documents_of, {other!r} in get_documents."
                )
            assert same.lines is not None, (
                f"get_documents: {document.number} has no lines; give them, () when it has none."
            )
        no_complaints("get_documents", [words for document in read.values() for words in line_sum_complaints(document)])

    def test_unknown_documents_are_left_out(
        self, provider: AccountingProvider, known_party: str, unknown_id: str
    ) -> None:
        """One that was removed must not hide the others."""
        known = of_party(provider, known_party)[0]
        asked = [(known.kind, unknown_id), (known.kind, known.ref.id), (known.kind, "no such thing")]
        try:
            read = provider.get_documents(asked)
        except NotFound:
            pytest.fail("get_documents raised NotFound for one unknown id: leave it out and give the others.")
        assert [document.ref.id for document in read] == [known.ref.id], (
            f"get_documents of one known and two unknown ids gave {[d.ref.id for d in read]}; give the known one alone."
        )

    def test_no_documents_asked_for_are_none_given(self, provider: AccountingProvider) -> None:
        """An empty list of ids must not mean *everything*."""
        assert not list(provider.get_documents([])), "get_documents([]) gave documents; answer without a call."

    def test_documents_keep_their_own_currency(
        self, provider: AccountingProvider, documents_in_two_currencies: Sequence[tuple[DocumentKind, str]] | None
    ) -> None:
        """Other currencies are shown apart and never added up."""
        if documents_in_two_currencies is None:
            pytest.skip("the fixture documents_in_two_currencies is not overridden")
        base = provider.organisation().base_currency
        read = provider.get_documents(documents_in_two_currencies)
        currencies = sorted({document.currency for document in read})
        assert len(currencies) == 2, (
            f"The documents of documents_in_two_currencies came in {currencies}. Document.currency is the document's "
            "own currency, never the organisation's."
        )
        assert base in currencies, f"One of documents_in_two_currencies must be in {base}; they are in {currencies}."
        no_complaints("get_documents", [words for document in read for words in document_complaints(document, base)])
