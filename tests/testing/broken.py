"""Providers that are wrong in one small way each, as real ones are; the suite must catch every one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from core import (
    AccountingProvider,
    Capability,
    Change,
    Choice,
    ChoiceKind,
    Document,
    DocumentKind,
    DocumentQuery,
    DocumentStatus,
    Duplicate,
    HistoryEntry,
    NewDocument,
    NewParty,
    NotFound,
    Organisation,
    OutcomeUnknown,
    Page,
    Party,
    Ref,
    Unavailable,
)
from core.testing.conformance.helpers import new_key, of_party
from plugins.quickbooks_stub.provider import QuickBooksStub


class Garbling(QuickBooksStub):
    """Passes every document it gives through `garble`."""

    def garble(self, document: Document) -> Document:
        raise NotImplementedError

    def search_documents(self, query: DocumentQuery) -> Page[Document]:
        page = super().search_documents(query)
        return Page([self.garble(document) for document in page.items], page.cursor)

    def get_documents(self, refs: Sequence[tuple[DocumentKind, str]]) -> Sequence[Document]:
        return [self.garble(document) for document in super().get_documents(refs)]

    def documents_of(self, party_ids: Sequence[str], *, cursor: str | None = None) -> Page[Document]:
        page = super().documents_of(party_ids, cursor=cursor)
        return Page([self.garble(document) for document in page.items], page.cursor)


class CountsInFloats(Garbling):
    def garble(self, document: Document) -> Document:
        return replace(document, total=float(document.total))  # type: ignore[arg-type]


class ReadsJsonAsFloats(Garbling):
    """A Decimal made from a float carries the float's tail."""

    def garble(self, document: Document) -> Document:
        return replace(document, total=Decimal(float(document.total)))


class KnowsOneCurrency(Garbling):
    def garble(self, document: Document) -> Document:
        return replace(document, currency="USD", rate=None)


class CountsCreditsBelowZero(Garbling):
    def garble(self, document: Document) -> Document:
        credit = document.kind is DocumentKind.SALES_CREDIT_NOTE
        return replace(document, total=-document.total) if credit else document


class CountsEachKindApart(Garbling):
    """Every kind of document has its own numbers, and the mapping leaves the kind out of the id."""

    def garble(self, document: Document) -> Document:
        return replace(document, ref=Ref("7"))


class ForgetsTheirWord(Garbling):
    def garble(self, document: Document) -> Document:
        return replace(document, vendor_status="")


class ForgetsWhenItWasPaid(Garbling):
    def garble(self, document: Document) -> Document:
        return replace(document, fully_paid_on=None)


class TellsLocalTime(Garbling):
    def garble(self, document: Document) -> Document:
        moment = document.updated_at
        return replace(document, updated_at=moment and moment.replace(tzinfo=None))


class PutsTaxIntoLines(Garbling):
    """Line amounts with tax, in a document that says its prices are without."""

    def garble(self, document: Document) -> Document:
        lines = tuple(replace(line, amount=line.amount + line.tax) for line in document.lines or ())
        return replace(document, lines=lines)


class SpeaksItsOwnTimeZone(QuickBooksStub):
    def organisation(self) -> Organisation:
        return replace(super().organisation(), timezone="PACIFICSTANDARDTIME")


class NeverEnds(QuickBooksStub):
    def search_parties(self, text: str, *, cursor: str | None = None) -> Page[Party]:
        page = super().search_parties(text, cursor=None)
        return Page(page.items, "1")


class StopsTooEarly(QuickBooksStub):
    """The last page is not asked for."""

    def search_parties(self, text: str, *, cursor: str | None = None) -> Page[Party]:
        page = super().search_parties(text, cursor=cursor)
        last = page.cursor and super().search_parties(text, cursor=page.cursor).cursor is None
        return Page(page.items, None if last else page.cursor)


class Overlaps(QuickBooksStub):
    """Each page begins with the last one of the page before."""

    _last: Sequence[Party] = ()

    def search_parties(self, text: str, *, cursor: str | None = None) -> Page[Party]:
        page = super().search_parties(text, cursor=cursor)
        before, self._last = self._last if cursor else (), page.items[-1:]
        return Page([*before, *page.items], page.cursor)


class TakesTextForAPattern(QuickBooksStub):
    def search_parties(self, text: str, *, cursor: str | None = None) -> Page[Party]:
        return super().search_parties(text.replace("%", ""), cursor=cursor)


class ReadsNothingAsEverything(QuickBooksStub):
    def documents_of(self, party_ids: Sequence[str], *, cursor: str | None = None) -> Page[Document]:
        everybody = [f"customer-{number}" for number in range(1, 14)]
        return super().documents_of(party_ids or everybody, cursor=cursor)


class KeepsItsPlaceToItself(QuickBooksStub):
    """The cursor says nothing: where the walk stands is known to this one object alone."""

    _walk: list[Document]

    def documents_of(self, party_ids: Sequence[str], *, cursor: str | None = None) -> Page[Document]:
        if cursor is None:
            self._walk = list(super().documents_of(party_ids).items)
        taken, self._walk = self._walk[:2], self._walk[2:]
        return Page(taken, f"{len(self._walk)} to come" if self._walk else None)


class LeavesTheLastDayOut(QuickBooksStub):
    def search_documents(self, query: DocumentQuery) -> Page[Document]:
        until = query.date_to and query.date_to - dt.timedelta(days=1)
        return super().search_documents(replace(query, date_to=until))


class StumblesOverUnknownIds(QuickBooksStub):
    def get_party(self, party_id: str) -> Party:
        with self._call() as ledger:
            known: dict[str, Any] = ledger.parties()
            return super().get_party(known[party_id]["Key"])


class ForgetsTheKey(QuickBooksStub):
    def create(self, kind: DocumentKind, draft: NewDocument, *, key: str) -> Document:
        return super().create(kind, draft, key=new_key())


class PostsAtOnce(QuickBooksStub):
    def create(self, kind: DocumentKind, draft: NewDocument, *, key: str) -> Document:
        made = super().create(kind, draft, key=key)
        return replace(made, status=DocumentStatus.AUTHORISED, vendor_status="Open")


class MakesSomethingElse(QuickBooksStub):
    """Asked for an invoice draft, which it does not claim, it makes an estimate."""

    def create(self, kind: DocumentKind, draft: NewDocument, *, key: str) -> Document:
        return super().create(DocumentKind.ESTIMATE, draft, key=key)


class FindsTheLatest(QuickBooksStub):
    def find_created(self, kind: DocumentKind, key: str, party_id: str, since: dt.datetime) -> Document | None:
        found = [document for document in of_party(self, party_id) if document.kind is kind]
        found = [document for document in found if document.updated_at and document.updated_at >= since]
        return found[-1] if found else None


class LosesTheDiscount(QuickBooksStub):
    def create(self, kind: DocumentKind, draft: NewDocument, *, key: str) -> Document:
        lines = tuple(replace(line, discount=Decimal(0)) for line in draft.lines)
        return super().create(kind, replace(draft, lines=lines), key=key)


class ReplaysALostWrite(QuickBooksStub):
    """Sends again what may have arrived, as some clients do by themselves."""

    def create(self, kind: DocumentKind, draft: NewDocument, *, key: str) -> Document:
        try:
            return super().create(kind, draft, key=key)
        except OutcomeUnknown:
            return super().create(kind, draft, key=new_key())


class SaysNothingHappened(QuickBooksStub):
    def create(self, kind: DocumentKind, draft: NewDocument, *, key: str) -> Document:
        try:
            return super().create(kind, draft, key=key)
        except OutcomeUnknown as error:
            raise Unavailable(error.message) from error


class OverwritesWhoHasTheName(QuickBooksStub):
    def create_party(self, new: NewParty, *, key: str) -> Party:
        try:
            return super().create_party(new, key=key)
        except Duplicate as error:
            return super().update_party(error.existing, {"email": new.email}, key=key)


class ClearsWhatWasNotSent(QuickBooksStub):
    def update_party(self, party: Party, changes: Mapping[str, str], *, key: str) -> Party:
        return super().update_party(party, {"phone": "", **changes}, key=key)


class LooksAtNoVersion(QuickBooksStub):
    def update_party(self, party: Party, changes: Mapping[str, str], *, key: str) -> Party:
        return super().update_party(self.get_party(party.ref.id), changes, key=key)


class BeginsAtTheBeginning(QuickBooksStub):
    def changes(self, since: dt.datetime | None, *, cursor: str | None = None) -> Page[Change]:
        return super().changes(since and dt.datetime(2000, 1, 1, tzinfo=dt.UTC), cursor=cursor)


class TellsOnlyInvoices(QuickBooksStub):
    def changes(self, since: dt.datetime | None, *, cursor: str | None = None) -> Page[Change]:
        page = super().changes(since, cursor=cursor)
        kinds = (None, DocumentKind.SALES_INVOICE)
        return Page([c for c in page.items if (c.document and c.document.kind) in kinds], page.cursor)


class TellsAllOfItTwice(QuickBooksStub):
    """It claims to tell over- and prepayments apart and tells everything in both places."""

    def capabilities(self) -> frozenset[Capability]:
        return super().capabilities() | {Capability.ADVANCES}

    def advances(self, since: dt.datetime | None, *, cursor: str | None = None) -> Page[Change]:
        return super().changes(since, cursor=cursor)


class CallsForAnAddress(QuickBooksStub):
    def web_url(self, kind: DocumentKind | None, ref: Ref) -> str | None:
        return f"https://qbo.example/{self.organisation().id}/{ref.id}"


class KeepsAHistory(QuickBooksStub):
    """A right one to begin with: it claims a history and a page for customers."""

    def capabilities(self) -> frozenset[Capability]:
        return super().capabilities() | {Capability.HISTORY, Capability.CUSTOMER_LINK}

    def history(self, kind: DocumentKind, ref: Ref) -> Sequence[HistoryEntry]:
        document = self._there(kind, ref)
        day = dt.timedelta(days=1)
        at = dt.datetime.combine(document.date, dt.time(), dt.UTC)
        return [HistoryEntry(at + day, "Sent"), HistoryEntry(at, "Created")]

    def customer_url(self, kind: DocumentKind, ref: Ref) -> str | None:
        return f"https://qbo.example/pay/{self._there(kind, ref).ref.id}"

    def _there(self, kind: DocumentKind, ref: Ref) -> Document:
        for document in self.get_documents([(kind, ref.id)]):
            return document
        raise NotFound("There is no such document.")


class TellsTheOldestFirst(KeepsAHistory):
    def history(self, kind: DocumentKind, ref: Ref) -> Sequence[HistoryEntry]:
        return list(reversed(super().history(kind, ref)))


class MakesUpAHistory(KeepsAHistory):
    def history(self, kind: DocumentKind, ref: Ref) -> Sequence[HistoryEntry]:
        return []


class SendsCustomersNowhere(KeepsAHistory):
    def customer_url(self, kind: DocumentKind, ref: Ref) -> str | None:
        return f"/pay/{super().customer_url(kind, ref)}"


class ClaimsTooMuch(QuickBooksStub):
    def capabilities(self) -> frozenset[Capability]:
        return super().capabilities() | {Capability.PDF}


class ListsAnIdTwice(QuickBooksStub):
    def choices(self, kind: ChoiceKind) -> Sequence[Choice]:
        return [*super().choices(kind), *super().choices(kind)[:1]]


class TellsRatesAsFractions(QuickBooksStub):
    def choices(self, kind: ChoiceKind) -> Sequence[Choice]:
        return [replace(choice, rate=choice.rate and choice.rate / 100) for choice in super().choices(kind)]


def read_only(stub: type[QuickBooksStub] = QuickBooksStub) -> type[AccountingProvider]:
    """The smallest provider: it only reads, claims only bills and credits, and leaves the rest to the base class."""
    names = (
        "organisation",
        "search_parties",
        "get_party",
        "search_documents",
        "get_documents",
        "documents_of",
        "choices",
    )
    members: dict[str, Callable[..., Any]] = {name: getattr(stub, name) for name in names}
    helpers = {
        name: getattr(stub, name) for name in ("__init__", "_call", "_error", "_party", "_documents", "_document")
    }
    claims = frozenset({Capability.BILLS, Capability.CREDIT_NOTES})
    return type("ReadOnly", (AccountingProvider,), {**members, **helpers, "capabilities": lambda self: claims})
