"""Between the core and a plugin's provider: only what the contract knows comes through, answers and errors alike.

A provider may be written by anybody. What it gives is looked at before anything is stored or shown (`wellformed`); what
is wrong becomes an error of the contract, so that a page keeps the last known copy with a plain sentence. A read that
goes wrong is `Unavailable`; a write is `OutcomeUnknown`, for it may have been carried out. `note` hears of each fault.

One wrong document does not keep the others back: it is set aside, and the core asks `take_set_aside` which ones were,
so that no figure lacks one silently.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.contract.answers import (
    AFTER_A_FAULT,
    KNOWN,
    Leave,
    Malformed,
    SetAside,
    all_checked,
    checked,
    checked_bytes,
    choices_checked,
    is_address,
    page_checked,
    said,
    set_aside,
    tidied,
    unlike,
)
from core.contract.errors import OutcomeUnknown, ProviderError, Unavailable
from core.contract.guard_authorizer import GuardedAuthorizer, Note
from core.contract.provider import AccountingProvider, ProviderContext, ProviderSpec
from core.contract.values import (
    Capability,
    Change,
    Choice,
    ChoiceKind,
    Document,
    DocumentKind,
    DocumentQuery,
    HistoryEntry,
    NewDocument,
    NewParty,
    Organisation,
    Page,
    Party,
    Ref,
)

T = TypeVar("T")

UNREADABLE = "What the accounting system told could not be read. It is tried again in a few minutes."
UNEXPECTED = "Something unexpected happened while this was sent."


def guarded(spec: ProviderSpec, note: Note) -> ProviderSpec:
    """The same backend with a guard before its providers and its ways to connect."""
    return replace(
        spec,
        open=lambda context: GuardedProvider(spec, context, note),
        authorizers=tuple(GuardedAuthorizer(one, note) for one in spec.authorizers),
    )


class GuardedProvider(AccountingProvider):
    """A provider of a plugin, held to the contract. One that cannot be opened answers every call with `Unavailable`."""

    def __init__(self, spec: ProviderSpec, context: ProviderContext, note: Note) -> None:
        self._note = note
        self._context = context
        self._aside: list[SetAside] = []
        self._broken: Exception | None = None
        self._inner: Any = None
        try:
            self._inner = spec.open(context)
            if not isinstance(self._inner, AccountingProvider):
                raise Malformed(f"open() gave {type(self._inner).__name__} where an AccountingProvider belongs")
        except Exception as error:
            self._break("open", error)

    def _break(self, what: str, error: Exception) -> None:
        self._broken = error
        self._note(what, error)

    def _fails(self, what: str, error: Exception, *, writes: bool) -> NoReturn:
        now = self._context.clock.now()
        if isinstance(error, ProviderError):
            known = isinstance(error, KNOWN)
            if not known:
                self._note(what, error)
            if known or not writes:
                raise tidied(error, now) from error.__cause__
            raise OutcomeUnknown(str(error.message), detail=type(error).__name__) from error
        self._note(what, error)
        if writes:
            raise OutcomeUnknown(UNEXPECTED, detail=said(error)) from error
        raise Unavailable(UNREADABLE, now + AFTER_A_FAULT, detail=said(error)) from error

    def _call(self, what: str, ask: Callable[[], T], *, writes: bool = False) -> T:
        if self._broken is not None:
            until = self._context.clock.now() + AFTER_A_FAULT
            raise Unavailable(UNREADABLE, until, detail=said(self._broken)) from self._broken
        try:
            return ask()
        except Exception as error:
            self._fails(what, error, writes=writes)

    def take_set_aside(self) -> list[SetAside]:
        """The documents that were set aside since this was last asked."""
        taken, self._aside = self._aside, []
        return taken

    def _leave(self, what: str) -> Leave:
        """Left out and noted: a document that can be told from others, and what no figure counts."""

        def leave(one: Any, wrong: Malformed) -> None:
            document = set_aside(one)
            party = isinstance(one, Change) and isinstance(one.party, Party) and one.document is None
            if document is None and not party and not isinstance(one, Choice):
                raise wrong
            self._note(what, wrong)
            if document is not None:
                self._aside.append(document)

        return leave

    def capabilities(self) -> frozenset[Capability]:
        """What the provider claims; nothing where it cannot say, and then every call fails with the reason."""
        if self._broken is not None:
            return frozenset()
        try:
            claimed: Any = self._inner.capabilities()
            if not isinstance(claimed, frozenset | set) or not all(isinstance(one, Capability) for one in claimed):
                raise Malformed("capabilities() is no frozenset of Capability")
            return frozenset(claimed)
        except Exception as error:
            self._break("capabilities", error)
            return frozenset()

    def organisation(self) -> Organisation:
        """The organisation of the connection and no other."""

        def ask() -> Organisation:
            found = checked(self._inner.organisation(), Organisation)
            if found.id != self._context.organisation.id:
                raise Malformed("organisation() answers for another organisation than that of the connection")
            if not found.base_currency:
                raise Malformed("Organisation: base_currency is empty, and figures are in it")
            try:
                ZoneInfo(found.timezone)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise Malformed(f"Organisation: timezone is {found.timezone[:60]!r}, no IANA name") from None
            return found

        return self._call("organisation", ask)

    def search_parties(self, text: str, *, cursor: str | None = None) -> Page[Party]:
        """A page of parties."""
        ask = self._inner_call("search_parties", text, cursor=cursor)
        return self._call("search_parties", lambda: page_checked(ask(), Party, cursor))

    def get_party(self, party_id: str) -> Party:
        """The party of that id and no other."""

        def ask() -> Party:
            found = checked(self._inner.get_party(party_id), Party)
            if found.ref.id != party_id:
                raise Malformed("get_party() gave another party than the one asked for")
            return found

        return self._call("get_party", ask)

    def create_party(self, new: NewParty, *, key: str) -> Party:
        """The party made."""
        ask = self._inner_call("create_party", new, key=key)
        return self._call("create_party", lambda: checked(ask(), Party), writes=True)

    def update_party(self, party: Party, changes: Mapping[str, str], *, key: str) -> Party:
        """The party changed."""
        ask = self._inner_call("update_party", party, changes, key=key)
        return self._call("update_party", lambda: checked(ask(), Party), writes=True)

    def search_documents(self, query: DocumentQuery) -> Page[Document]:
        """A page of documents, of the kinds asked for: who may not see bills relies on it. Wrong ones are left out."""

        def ask() -> Page[Document]:
            page = page_checked(
                self._inner.search_documents(query), Document, query.cursor, self._leave("search_documents")
            )
            if query.kinds and any(one.kind not in query.kinds for one in page.items):
                raise Malformed("search_documents() gave a kind of document that was not asked for")
            return Page(list(unlike(page.items)), page.cursor)

        return self._call("search_documents", ask)

    def get_documents(self, refs: Sequence[tuple[DocumentKind, str]]) -> Sequence[Document]:
        """The documents, and no others than those asked for. Wrong ones are set aside."""

        def ask() -> list[Document]:
            found = all_checked(self._inner.get_documents(refs), Document, self._leave("get_documents"))
            if any(one.ref.id not in asked for one in found):
                raise Malformed("get_documents() gave a document that was not asked for")
            return list(unlike(found))

        asked = {ident for _, ident in refs}
        return self._call("get_documents", ask)

    def documents_of(self, party_ids: Sequence[str], *, cursor: str | None = None) -> Page[Document]:
        """A page of documents. Wrong ones are set aside."""

        def ask() -> Page[Document]:
            told = self._inner.documents_of(party_ids, cursor=cursor)
            page = page_checked(told, Document, cursor, self._leave("documents_of"))
            return Page(list(unlike(page.items)), page.cursor)

        return self._call("documents_of", ask)

    def changes(self, since: datetime | None, *, cursor: str | None = None) -> Page[Change]:
        """A page of changes. Wrong documents are set aside."""
        ask = self._inner_call("changes", since, cursor=cursor)
        return self._call("changes", lambda: page_checked(ask(), Change, cursor, self._leave("changes")))

    def advances(self, since: datetime | None, *, cursor: str | None = None) -> Page[Change]:
        """A page of changes of over- and prepayments. Wrong ones are set aside."""
        ask = self._inner_call("advances", since, cursor=cursor)
        return self._call("advances", lambda: page_checked(ask(), Change, cursor, self._leave("advances")))

    def create(self, kind: DocumentKind, draft: NewDocument, *, key: str) -> Document:
        """The draft made."""
        ask = self._inner_call("create", kind, draft, key=key)
        return self._call("create", lambda: checked(ask(), Document), writes=True)

    def update_draft(self, document: Document, draft: NewDocument, *, key: str) -> Document:
        """The draft changed."""
        ask = self._inner_call("update_draft", document, draft, key=key)
        return self._call("update_draft", lambda: checked(ask(), Document), writes=True)

    def delete_draft(self, document: Document) -> None:
        """Nothing."""
        self._call("delete_draft", self._inner_call("delete_draft", document), writes=True)

    def find_created(self, kind: DocumentKind, key: str, party_id: str, since: datetime) -> Document | None:
        """The document, or None."""
        ask = self._inner_call("find_created", kind, key, party_id, since)
        return self._call("find_created", lambda: None if (found := ask()) is None else checked(found, Document))

    def choices(self, kind: ChoiceKind) -> Sequence[Choice]:
        """The list, without entries that are wrong."""
        ask = self._inner_call("choices", kind)
        return self._call("choices", lambda: choices_checked(ask(), kind, self._leave("choices")))

    def attachment(self, ref: Ref, kind: DocumentKind) -> bytes:
        """The bytes."""
        ask = self._inner_call("attachment", ref, kind)
        return self._call("attachment", lambda: checked_bytes(ask()))

    def note(self, kind: DocumentKind, ref: Ref, text: str, *, key: str) -> None:
        """Nothing."""
        self._call("note", self._inner_call("note", kind, ref, text, key=key), writes=True)

    def history(self, kind: DocumentKind, ref: Ref) -> Sequence[HistoryEntry]:
        """The history, newest first."""
        ask = self._inner_call("history", kind, ref)

        def newest_first() -> list[HistoryEntry]:
            return sorted(all_checked(ask(), HistoryEntry), key=lambda one: one.at, reverse=True)

        return self._call("history", newest_first)

    def customer_url(self, kind: DocumentKind, ref: Ref) -> str | None:
        """An http address, or None."""

        def ask() -> str | None:
            address: Any = self._inner.customer_url(kind, ref)
            if address is not None and not is_address(address):
                raise Malformed("customer_url() gave no http address")
            return address if address is None else str(address)

        return self._call("customer_url", ask)

    def web_url(self, kind: DocumentKind | None, ref: Ref) -> str | None:
        """An http address, or None, also where the provider fails to tell."""
        if self._broken is not None:
            return None
        try:
            address: Any = self._inner.web_url(kind, ref)
            if address is not None and not is_address(address):
                raise Malformed("web_url() gave no http address")
            return address if address is None else str(address)
        except Exception as error:
            self._note("web_url", error)
            return None

    def _inner_call(self, name: str, *positional: Any, **named: Any) -> Callable[[], Any]:
        return lambda: getattr(self._inner, name)(*positional, **named)


def take_set_aside(provider: AccountingProvider) -> list[SetAside]:
    """The documents of a provider that were set aside since this was last asked."""
    return provider.take_set_aside() if isinstance(provider, GuardedProvider) else []
