"""A backend as a stranger writes it: other words, other ids, no feed of changes; and a switch that spoils an answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from types import ModuleType
from typing import Any

from core import (
    AccountingProvider,
    Authorization,
    Authorizer,
    Capability,
    Change,
    Choice,
    ChoiceKind,
    Document,
    DocumentKind,
    DocumentQuery,
    DocumentStatus,
    Field,
    Grant,
    HistoryEntry,
    Line,
    NewDocument,
    NotFound,
    Organisation,
    Page,
    Party,
    Problem,
    ProviderContext,
    ProviderSpec,
    Ref,
    Rejected,
    Unsupported,
    hookimpl,
)
from core.contract.guard import guarded
from core.contract.guard_authorizer import Note
from core.testing.conformance.helpers import rounded, smallest

HOUSE = Organisation("42", "Ledgerhouse NZ", base_currency="NZD", timezone="Pacific/Auckland")
KEY = "ledgerhouse"
Spoil = Callable[[Any], Any]


def invoice(ident: int, amount: str, **more: Any) -> Document:
    """An invoice of customer 7, posted and wholly due, unless `more` says otherwise."""
    document = Document(
        ref=Ref(str(ident)),
        kind=DocumentKind.SALES_INVOICE,
        party_id="7",
        party_name="Ann's Bakery",
        number=f"A-{ident}",
        status=DocumentStatus.AUTHORISED,
        vendor_status="Posted",
        date=dt.date(2026, 10, 1),
        due_date=dt.date(2026, 10, 20),
        currency="NZD",
        total=Decimal(amount),
        tax=Decimal(0),
        amount_due=Decimal(amount),
        lines=(Line("Bread", unit_price=Decimal(amount), amount=Decimal(amount)),),
        updated_at=dt.datetime(2026, 10, 1, tzinfo=dt.UTC),
    )
    return replace(document, **more)


class Ledgerhouse:
    """The books; `spoilt` names a method of the provider or of the authorizer and what becomes of its answer.

    `page` is how many documents of parties it gives at once.
    """

    def __init__(self) -> None:
        self.parties = {"7": Party(Ref("7"), "Ann's Bakery", email="ann@bakery.example", is_customer=True)}
        self.documents = {"1": invoice(1, "115.00")}
        self.spoilt: dict[str, Spoil] = {}
        self.made: dict[str, Document] = {}
        self.page = 1000

    def tell(self, method: str, answer: Any) -> Any:
        return self.spoilt[method](answer) if method in self.spoilt else answer

    def spec(self) -> ProviderSpec:
        ways = [ApiKey(self), Consent(self)]
        return ProviderSpec(KEY, "Ledgerhouse", ways, lambda context: self.tell("open", Books(context, self)))

    def guarded(self, note: Note) -> ProviderSpec:
        """The backend as the core uses it."""
        return guarded(self.spec(), note)

    def module(self) -> ModuleType:
        """The plugin."""

        def record_tabs(request: Any, record: Any) -> Iterator[Any]:
            if tab := request.accounting_tab(KEY, record):
                yield tab

        def accounting_providers(settings: Mapping[str, str]) -> list[ProviderSpec]:
            return [self.spec()]

        module = ModuleType(KEY)
        module.record_tabs = hookimpl(record_tabs)  # type: ignore[attr-defined]
        module.accounting_providers = hookimpl(accounting_providers)  # type: ignore[attr-defined]
        return module


class Books(AccountingProvider):
    """Answers from the books."""

    def __init__(self, context: ProviderContext, house: Ledgerhouse) -> None:
        self._context, self._house = context, house
        self._tell = house.tell

    def capabilities(self) -> frozenset[Capability]:
        told: frozenset[Capability] = self._tell("capabilities", frozenset({Capability.DRAFT_INVOICE}))
        return told

    def organisation(self) -> Organisation:
        told: Organisation = self._tell("organisation", HOUSE)
        return told

    def search_parties(self, text: str, *, cursor: str | None = None) -> Page[Party]:
        words = text.casefold()
        found = [one for one in self._house.parties.values() if words in f"{one.name} {one.email}".casefold()]
        told: Page[Party] = self._tell("search_parties", Page(found))
        return told

    def get_party(self, party_id: str) -> Party:
        if party_id not in self._house.parties:
            raise NotFound("Nobody of that id is in Ledgerhouse.")
        told: Party = self._tell("get_party", self._house.parties[party_id])
        return told

    def search_documents(self, query: DocumentQuery) -> Page[Document]:
        found = [one for one in self._house.documents.values() if _wanted(one, query)]
        found.sort(key=lambda one: one.date, reverse=True)
        told: Page[Document] = self._tell("search_documents", Page(found))
        return told

    def get_documents(self, refs: Sequence[tuple[DocumentKind, str]]) -> Sequence[Document]:
        found = [one for one in self._house.documents.values() if (one.kind, one.ref.id) in refs]
        told: Sequence[Document] = self._tell("get_documents", found)
        return told

    def documents_of(self, party_ids: Sequence[str], *, cursor: str | None = None) -> Page[Document]:
        self._context.token()
        found = [one for one in self._house.documents.values() if one.party_id in party_ids]
        start, size = int(cursor or 0), self._house.page
        told = self._tell("documents_of", iter(found[start : start + size]))
        return Page(told, str(start + size) if start + size < len(found) else None)

    def create(self, kind: DocumentKind, draft: NewDocument, *, key: str) -> Document:
        """Looks first: the vendor takes no idempotency key."""
        if kind is not DocumentKind.SALES_INVOICE:
            raise Unsupported("Ledgerhouse drafts invoices only.")
        if draft.party_id not in self._house.parties:
            raise Rejected("Ledgerhouse refused this.", [Problem("party", "There is no such customer.")])
        strange = [place for place, line in enumerate(draft.lines) if line.tax_rate not in ("", "S15")]
        if strange:
            problems = [Problem(f"lines.{place}.tax_rate", "There is no such rate.") for place in strange]
            raise Rejected("Ledgerhouse refused this.", problems)
        if key not in self._house.made:
            made = _made(100 + len(self._house.made), draft, self._house.parties[draft.party_id], self._context)
            self._house.made[key] = self._house.documents[made.ref.id] = made
        told: Document = self._tell("create", self._house.made[key])
        return told

    def find_created(self, kind: DocumentKind, key: str, party_id: str, since: dt.datetime) -> Document | None:
        told: Document | None = self._tell("find_created", self._house.made.get(key))
        return told

    def changes(self, since: dt.datetime | None, *, cursor: str | None = None) -> Page[Change]:
        """Everything there is, each time, where a test claims it."""
        if Capability.CHANGES not in self.capabilities():
            return super().changes(since, cursor=cursor)
        found = [Change(party=one) for one in self._house.parties.values()]
        if since is not None:
            found += [Change(document=one) for one in self._house.documents.values()]
        told: Page[Change] = self._tell("changes", Page(found))
        return told

    def choices(self, kind: ChoiceKind) -> Sequence[Choice]:
        lists = {
            ChoiceKind.CURRENCY: [Choice(kind, one, one) for one in ("NZD", "JPY", "BHD")],
            ChoiceKind.TAX_RATE: [Choice(kind, "S15", "15 %", rate=Decimal(15))],
        }
        told: Sequence[Choice] = self._tell("choices", lists.get(kind, []))
        return told

    def attachment(self, ref: Ref, kind: DocumentKind) -> bytes:
        if Capability.PDF not in self.capabilities():
            return super().attachment(ref, kind)
        told: bytes = self._tell("attachment", b"%PDF-1.7 of the stranger")
        return told

    def history(self, kind: DocumentKind, ref: Ref) -> Sequence[HistoryEntry]:
        if Capability.HISTORY not in self.capabilities():
            return super().history(kind, ref)
        at = self._context.clock.now()
        told: Sequence[HistoryEntry] = self._tell("history", [HistoryEntry(at, "Posted", "Ann", "to the ledger")])
        return told

    def customer_url(self, kind: DocumentKind, ref: Ref) -> str | None:
        if Capability.CUSTOMER_LINK not in self.capabilities():
            return super().customer_url(kind, ref)
        told: str | None = self._tell("customer_url", f"https://ledgerhouse.example/pay/{ref.id}")
        return told

    def web_url(self, kind: DocumentKind | None, ref: Ref) -> str | None:
        told: str | None = self._tell("web_url", f"https://ledgerhouse.example/{ref.id}")
        return told


def _wanted(document: Document, query: DocumentQuery) -> bool:
    return (
        query.text.strip().casefold() in f"{document.number} {document.reference}".casefold()
        and (not query.kinds or document.kind in query.kinds)
        and (query.date_from is None or query.date_from <= document.date)
        and (query.date_to is None or document.date <= query.date_to)
        and query.party_id in ("", document.party_id)
    )


def _made(number: int, draft: NewDocument, party: Party, context: ProviderContext) -> Document:
    """The draft as it is kept, not numbered yet."""
    cent = smallest(draft.currency)
    lines = tuple(replace(line, amount=rounded(line, draft.currency)) for line in draft.lines)
    net = sum((line.amount for line in lines), Decimal(0))
    tax = sum(((line.amount * 15 / 100).quantize(cent, ROUND_HALF_UP) for line in lines if line.tax_rate), Decimal(0))
    values = {name: getattr(draft, name) for name in ("date", "due_date", "currency", "reference", "amounts_are")}
    return invoice(
        number,
        str(net + tax),
        number="",
        tax=tax,
        lines=lines,
        status=DocumentStatus.DRAFT,
        vendor_status="Planned",
        party_id=draft.party_id,
        party_name=party.name,
        updated_at=context.clock.now(),
        **values,
    )


class ApiKey(Authorizer):
    """A key that is typed; it does not lapse, and nothing renews it."""

    key = "api_key"
    title = "With an API key"

    def __init__(self, house: Ledgerhouse) -> None:
        self._tell = house.tell

    def fields(self) -> Sequence[Field]:
        told: Sequence[Field] = self._tell("fields", [Field("api_key", "API key", secret=True)])
        return told

    def start(self, redirect_uri: str, state: str, typed: Mapping[str, str]) -> Authorization | Grant:
        if not typed["api_key"].startswith("lh_"):
            raise Rejected("Ledgerhouse does not know this key.")
        told: Grant = self._tell("start", Grant(typed["api_key"], dt.datetime(2100, 1, 1, tzinfo=dt.UTC)))
        return told

    def finish(
        self, redirect_uri: str, callback: Mapping[str, str], kept: Mapping[str, str]
    ) -> tuple[Grant, Sequence[Organisation]]:
        raise Rejected("This way has no consent page.")

    def organisations(self, grant: Grant) -> Sequence[Organisation]:
        told: Sequence[Organisation] = self._tell("organisations", [HOUSE])
        return told

    def lacks(self, scopes: Sequence[str]) -> Mapping[str, str]:
        told: Mapping[str, str] = self._tell("lacks", {})
        return told

    def refresh(self, grant: Grant) -> Grant:
        told: Grant = self._tell("refresh", grant)
        return told

    def disconnect(self, grant: Grant, organisation: Organisation, *, last: bool) -> None:
        self._tell("disconnect", None)


class Consent(ApiKey):
    """A consent page, and a code that comes back."""

    key = "code"
    title = "Log in to Ledgerhouse"

    def fields(self) -> Sequence[Field]:
        return ()

    def start(self, redirect_uri: str, state: str, typed: Mapping[str, str]) -> Authorization | Grant:
        told: Authorization = self._tell("start", Authorization(f"https://ledgerhouse.example/consent?state={state}"))
        return told

    def finish(
        self, redirect_uri: str, callback: Mapping[str, str], kept: Mapping[str, str]
    ) -> tuple[Grant, Sequence[Organisation]]:
        grant = Grant("code", dt.datetime(2100, 1, 1, tzinfo=dt.UTC))
        told: tuple[Grant, Sequence[Organisation]] = self._tell("finish", (grant, [HOUSE]))
        return told
