"""What a provider is: one class that speaks the core's words, and one way or more to authorise it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from core.contract.clock import Clock
from core.contract.errors import Unsupported
from core.contract.extensions import check_key
from core.contract.values import (
    Authorization,
    Capability,
    Change,
    Choice,
    ChoiceKind,
    Document,
    DocumentKind,
    DocumentQuery,
    Grant,
    HistoryEntry,
    NewDocument,
    NewParty,
    Organisation,
    Page,
    Party,
    Permission,
    Ref,
)
from core.contract.wellformed import check_types


class Budget(Protocol):
    """The calls a connection has left, shared by all processes."""

    def spend(self) -> None:
        """Take one call before making it. Raises `Throttled` when none is left."""

    def learn(self, headers: Mapping[str, str]) -> None:
        """Hear what an answer's headers say of the calls left, or until when to wait.

        The core reads the neutral names ``day-remaining``, ``minute-remaining`` (whole numbers),
        ``retry-after`` (seconds) and ``window`` (minute, day, concurrent, app); a provider translates its own.
        """

    def release(self) -> None:
        """Give back the place taken among the concurrent calls, once the answer is in."""


class ProviderContext(Protocol):
    """What the core hands to a provider for one connection. A provider holds no database session."""

    @property
    def organisation(self) -> Organisation:
        """The organisation of the connection, as last known."""

    @property
    def scopes(self) -> Sequence[str]:
        """The permissions that the grant holds, in the vendor's words; nothing where it never said."""

    @property
    def settings(self) -> Mapping[str, str]:
        """The settings of the ini file whose names begin with the provider's key and a dot, without that."""

    @property
    def clock(self) -> Clock:
        """The time."""

    @property
    def http(self) -> Any:
        """The pooled HTTP client of the process (an `httpx2.Client`): timeouts set, no automatic retries."""

    @property
    def budget(self) -> Budget:
        """The calls left."""

    def token(self, rejected: str | None = None) -> str:
        """A bearer token that holds; pass the one the provider just refused to have it refreshed.

        Refreshes under a lease shared by all processes and persists at once. Raises `ReconnectNeeded` when
        the grant is gone, `Unavailable` when the authoriser cannot be reached.
        """


class AccountingProvider(ABC):
    """An accounting backend, for one connection. May call the network; raises only the errors of the contract.

    Every write takes `key`: the provider sends it as its idempotency key where it has one. Optional abilities
    raise `Unsupported` unless `capabilities()` claims them.
    """

    @abstractmethod
    def capabilities(self) -> frozenset[Capability]:
        """What can be done for this organisation. Makes no call."""

    @abstractmethod
    def organisation(self) -> Organisation:
        """The organisation as it is now: base currency, time zone (IANA), terms, lock date."""

    @abstractmethod
    def search_parties(self, text: str, *, cursor: str | None = None) -> Page[Party]:
        """Parties whose name or e-mail holds `text`, active ones first."""

    @abstractmethod
    def get_party(self, party_id: str) -> Party:
        """One party. Raises `NotFound`."""

    def create_party(self, new: NewParty, *, key: str) -> Party:
        """Make a party. Raises `Duplicate` with the one that has the name, `Rejected`, `OutcomeUnknown`."""
        raise Unsupported("This accounting system cannot take new contacts from here.")

    def update_party(self, party: Party, changes: Mapping[str, str], *, key: str) -> Party:
        """Change fields of a party (names of `NewParty`'s fields). Raises `Stale`, `Rejected`, `Duplicate`."""
        raise Unsupported("This accounting system cannot change contacts from here.")

    @abstractmethod
    def search_documents(self, query: DocumentQuery) -> Page[Document]:
        """Documents that match, newest first."""

    @abstractmethod
    def get_documents(self, refs: Sequence[tuple[DocumentKind, str]]) -> Sequence[Document]:
        """Documents by kind and id, with lines and payments, in few calls; those that are not there are left out.

        What is left out counts as deleted. So follow pages to their end, and raise where one cannot be read.
        """

    @abstractmethod
    def documents_of(self, party_ids: Sequence[str], *, cursor: str | None = None) -> Page[Document]:
        """A page of the documents of these parties, with lines and payments where a list carries them, in few calls.

        A cursor may be asked with after hours, by another process, for the same parties. May tell the same document
        twice; must leave none out that stayed as it was, whatever becomes of others meanwhile. Raises `NotFound` for a
        cursor that means nothing any more: it then begins again.
        """

    def changes(self, since: datetime | None, *, cursor: str | None = None) -> Page[Change]:
        """Parties and documents that changed after `since`; with None, every party and what customers paid ahead.

        That is every over- and prepayment, used up or not (where `advances` does not tell them): money counts on the
        day it came in, and the documents of linked parties are read apart (`documents_of`). Open credit notes may come.

        `since` is a moment by the clock of the CRM, which may be ten minutes fast: begin a quarter of an hour before.
        May tell the same thing twice; must leave nothing out. Follow the cursor to its end.
        """
        raise Unsupported("This accounting system does not tell what changed.")

    def advances(self, since: datetime | None, *, cursor: str | None = None) -> Page[Change]:
        """Over- and prepayments that changed after `since`, where `changes` leaves them out; with None all of them.

        Used up or not: the money of one came in on its day, and using it up later moved none.

        Asked less often than `changes`, for where they are lists of their own that cost calls of their own.
        """
        raise Unsupported("This accounting system tells over- and prepayments with all other changes.")

    def create(self, kind: DocumentKind, draft: NewDocument, *, key: str) -> Document:
        """Make a draft, never more than a draft. Raises `Rejected`, `OutcomeUnknown`, `Unsupported`."""
        raise Unsupported("This accounting system cannot take drafts.")

    def update_draft(self, document: Document, draft: NewDocument, *, key: str) -> Document:
        """Replace a document that is still a draft. Raises `Stale` when it moved on."""
        raise Unsupported("This accounting system cannot change drafts.")

    def delete_draft(self, document: Document) -> None:
        """Delete a document that is still a draft. Raises `Stale` when it moved on, `NotFound` when it is not there.

        It takes no key: what is deleted twice is deleted once. After a lost answer the core reads the document, and
        asks again only while that is still the draft it was.
        """
        raise Unsupported("This accounting system cannot delete drafts.")

    def find_created(self, kind: DocumentKind, key: str, party_id: str, since: datetime) -> Document | None:
        """What became of a `create` whose answer was lost: the document made under `key`, or None."""
        raise Unsupported("This accounting system cannot look up lost drafts.")

    @abstractmethod
    def choices(self, kind: ChoiceKind) -> Sequence[Choice]:
        """A list of the organisation, the inactive ones too (marked)."""

    def attachment(self, ref: Ref, kind: DocumentKind) -> bytes:
        """The document as PDF. Raises `NotFound`."""
        raise Unsupported("This accounting system gives no PDF.")

    def note(self, kind: DocumentKind, ref: Ref, text: str, *, key: str) -> None:
        """Write a line into the document's history in the accounting system."""
        raise Unsupported("This accounting system keeps no notes.")

    def history(self, kind: DocumentKind, ref: Ref) -> Sequence[HistoryEntry]:
        """What happened to a document in the accounting system, newest first. Raises `NotFound`."""
        raise Unsupported("This accounting system tells no history.")

    def customer_url(self, kind: DocumentKind, ref: Ref) -> str | None:
        """Where the customer looks at the document without a log-in; None while there is no such page (a draft).

        Makes a call. Raises `NotFound`.
        """
        raise Unsupported("This accounting system has no page of a document for customers.")

    def web_url(self, kind: DocumentKind | None, ref: Ref) -> str | None:
        """Where staff look at the document (kind None: the party) in the accounting system. Makes no call."""
        return None


@dataclass(frozen=True, slots=True)
class Field:
    """One thing an admin types before connecting; `secret` ones are masked and kept encrypted."""

    name: str
    label: str
    help: str = ""
    secret: bool = False


class Authorizer(ABC):
    """One way to connect: no database, no web framework inside. `key` is unique within its provider."""

    key: str
    title: str
    help: str = ""

    def fields(self) -> Sequence[Field]:
        """What the admin types first; usually nothing."""
        return ()

    def permissions(self) -> Sequence[Permission]:
        """What this way asks for and why, for the page before connecting; usually nothing is to be chosen."""
        return ()

    @abstractmethod
    def start(self, redirect_uri: str, state: str, typed: Mapping[str, str]) -> Authorization | Grant:
        """Either where to send the browser, or a grant at once (no browser needed).

        `typed` holds the `fields()` by name, and ``yes`` by the key of each optional one of the `permissions()` that is
        wanted.
        """

    @abstractmethod
    def finish(
        self, redirect_uri: str, callback: Mapping[str, str], kept: Mapping[str, str]
    ) -> tuple[Grant, Sequence[Organisation]]:
        """The grant, and the organisations this consent reaches, from the whole query of the callback.

        `state` was checked by the core. Raises `Rejected` when consent was denied or the code no longer
        holds, `Unavailable`.
        """

    @abstractmethod
    def organisations(self, grant: Grant) -> Sequence[Organisation]:
        """The organisations a grant reaches now."""

    def lacks(self, scopes: Sequence[str]) -> Mapping[str, str]:
        """Which permissions a grant with these scopes should have and has not, each with what will not work.

        *What will not work* is a few words (``invoices, bills and drafts``). Makes no call; usually nothing is missing.
        """
        return {}

    @abstractmethod
    def refresh(self, grant: Grant) -> Grant:
        """A newer grant. Called by the core, which holds the lease. Raises `ReconnectNeeded`, `Unavailable`."""

    @abstractmethod
    def disconnect(self, grant: Grant, organisation: Organisation, *, last: bool) -> None:
        """Take the app's access to one organisation back; with `last`, revoke the grant as well.

        What is gone already is no error.
        """


@dataclass(frozen=True, slots=True)
class ProviderSpec:
    """What the hook `accounting_providers` yields: one accounting backend.

    `title` is the product's name as people say it. `open` makes a provider for one connection. `notice` is a
    sentence shown on its pages (a stub says that it is one). The limits are the vendor's, for one organisation; None
    means that none is known. `decimals`: to how many places the vendor rounds the amounts of documents in every
    currency; None where it rounds as each currency has them (none for yen, three for Bahraini dinars).
    means that none is known. `tells`: the plugin passes on what the vendor tells by itself (webhooks, set up), so that
    an open tab looks more often.
    """

    key: str
    title: str
    authorizers: Sequence[Authorizer]
    open: Callable[[ProviderContext], AccountingProvider]
    notice: str = ""
    calls_per_minute: int | None = None
    calls_per_day: int | None = None
    calls_at_once: int | None = None
    decimals: int | None = None
    tells: bool = False

    def __post_init__(self) -> None:
        """Refuse what could not be shown, connected or opened, before anything starts."""
        check_types(self)
        check_key(self.key)
        if not self.title.strip():
            raise ValueError(f"The provider {self.key!r} has no title: the product's name, as people say it")
        if not callable(self.open):
            raise TypeError(f"The provider {self.key!r}: open must make an AccountingProvider from a ProviderContext")
        _check_authorizers(self.key, self.authorizers)
        for name in ("calls_per_minute", "calls_per_day", "calls_at_once"):
            if (limit := getattr(self, name)) is not None and limit < 1:
                raise ValueError(f"The provider {self.key!r}: {name} is {limit}; None means that none is known")
        if self.decimals is not None and not 0 <= self.decimals <= 4:
            raise ValueError(f"The provider {self.key!r}: decimals is {self.decimals}; amounts have none to four")


def _check_authorizers(provider: str, authorizers: Sequence[Any]) -> None:
    """Ways to connect: each with a title and a key of its own, which stands in addresses."""
    for one in authorizers:
        words = [getattr(one, name, None) for name in ("key", "title", "help")]
        if not isinstance(one, Authorizer) or not all(isinstance(word, str) for word in words):
            raise TypeError(f"The provider {provider!r}: {type(one).__name__} is no Authorizer with a key and a title")
        check_key(one.key)
    keys = [one.key for one in authorizers]
    if len(set(keys)) < len(keys):
        raise ValueError(f"The provider {provider!r} has two authorizers of one key: {', '.join(keys)}")
