"""The provider of the stub, and the consent that reaches it: what an author of a real one copies and fills in."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TypeVar
from urllib.parse import urlencode

from core import (
    AccountingProvider,
    Authorization,
    Authorizer,
    Capability,
    Change,
    Choice,
    ChoiceKind,
    Clock,
    Document,
    DocumentKind,
    DocumentQuery,
    DocumentStatus,
    Duplicate,
    Grant,
    NewDocument,
    NewParty,
    NotFound,
    Organisation,
    OutcomeUnknown,
    Page,
    Party,
    PartyState,
    Problem,
    ProviderContext,
    ReconnectNeeded,
    Rejected,
    Stale,
    Unavailable,
    Unsupported,
)
from plugins.quickbooks_stub import company, mapping
from plugins.quickbooks_stub.company import Row
from plugins.quickbooks_stub.ledger import DUPLICATE_NAME, NOT_FOUND, STALE, Fault, Ledger, Store

T = TypeVar("T")

PAGE_SIZE = 10  # QuickBooks gives a thousand at once; a small page has everybody follow cursors
CAPABILITIES = frozenset(
    {
        Capability.PARTIES_CREATE,
        Capability.PARTIES_UPDATE,
        Capability.BILLS,
        Capability.CREDIT_NOTES,
        Capability.ESTIMATE,
        Capability.DRAFT_CHANGE,
        Capability.LINE_NEEDS_ITEM,
        Capability.CHANGES,
    }
)


class QuickBooksStub(AccountingProvider):
    """The toy company through the contract. An estimate posts nothing to the ledger: it is the nearest to a draft."""

    def __init__(self, context: ProviderContext, store: Store) -> None:
        self._context = context
        self._ledger = Ledger(context.clock, store)

    def capabilities(self) -> frozenset[Capability]:
        """The same for everybody; QuickBooks has no draft invoices, so that one is not among them."""
        return CAPABILITIES

    def organisation(self) -> Organisation:
        """The toy company, in US dollars and Californian time."""
        with self._call():
            return mapping.to_organisation(self._context.organisation.id)

    def search_parties(self, text: str, *, cursor: str | None = None) -> Page[Party]:
        """Customers and vendors whose name or e-mail holds `text`, active ones first, then by name."""
        with self._call() as ledger:
            wanted = text.strip().casefold()
            found = [
                party
                for party in map(mapping.to_party, ledger.parties().values())
                if wanted in party.name.casefold() or wanted in party.email.casefold()
            ]
        return _page(found, lambda p: [p.state is not PartyState.ACTIVE, p.name.casefold(), p.ref.id], cursor)

    def get_party(self, party_id: str) -> Party:
        """One customer or vendor."""
        with self._call() as ledger:
            return self._party(ledger, party_id)

    def create_party(self, new: NewParty, *, key: str) -> Party:
        """Make a customer, in the home currency."""
        with self._call(writing=True) as ledger:
            return mapping.to_party(ledger.create(mapping.from_new_party(new), _request(key)))

    def update_party(self, party: Party, changes: Mapping[str, str], *, key: str) -> Party:
        """Change words of a customer or vendor."""
        unknown = [Problem(name, "QuickBooks has no such field") for name in changes if name not in mapping.PARTY_WORDS]
        if unknown:
            raise Rejected("QuickBooks cannot take these changes.", unknown)
        words = mapping.from_party_changes(changes)
        with self._call(writing=True) as ledger:
            return mapping.to_party(ledger.update(party.ref.id, party.ref.version, words, _request(key)))

    def search_documents(self, query: DocumentQuery) -> Page[Document]:
        """Documents that match, newest first."""
        with self._call() as ledger:
            found = [document for document in self._documents(ledger) if _matches(document, query)]
        return _page(found, lambda d: [d.date.isoformat(), d.ref.id], query.cursor, newest_first=True)

    def get_documents(self, refs: Sequence[tuple[DocumentKind, str]]) -> Sequence[Document]:
        """Documents by kind and id; the unknown are left out."""
        with self._call() as ledger:
            wanted = set(refs)
            return [document for document in self._documents(ledger) if (document.kind, document.ref.id) in wanted]

    def documents_of(self, party_ids: Sequence[str], *, cursor: str | None = None) -> Page[Document]:
        """The documents of these parties with lines and payments, by moment, so that a change moves to the end."""
        with self._call() as ledger:
            found = [document for document in self._documents(ledger) if document.party_id in party_ids]
        return _page(found, lambda d: [_told_at(d).isoformat(), d.ref.id], cursor)

    def changes(self, since: datetime | None, *, cursor: str | None = None) -> Page[Change]:
        """What changed at or after `since`, in the order in which it happened; deleted estimates say so.

        With None: every customer and vendor, and the credit memos that are still open.
        """
        with self._call() as ledger:
            found = [Change(party=mapping.to_party(row)) for row in ledger.parties().values()]
            documents = self._documents(ledger, deleted=since is not None)
            found += [Change(document=each) for each in documents if since is not None or _is_open_credit(each)]
        new = [change for change in found if since is None or _changed_at(change) >= since]
        # By moment, so that what changes between two pages moves to the end and is told, not skipped.
        return _page(new, lambda change: [_changed_at(change).isoformat(), _changed_id(change)], cursor)

    def create(self, kind: DocumentKind, draft: NewDocument, *, key: str) -> Document:
        """Make an estimate. An invoice would be posted to the ledger at once, so there is no way to make one."""
        if kind is not DocumentKind.ESTIMATE:
            raise Unsupported("QuickBooks has no draft invoices; an estimate is the nearest.")
        row = mapping.from_new_document(draft) | {"PrivateNote": _mark(draft.mark_url, key)}
        with self._call(writing=True) as ledger:
            return self._document(ledger, ledger.create(row, _request(key)))

    def update_draft(self, document: Document, draft: NewDocument, *, key: str) -> Document:
        """Replace an estimate that is still pending."""
        with self._call(writing=True) as ledger:
            row = self._pending(ledger, document)
            note = _mark(draft.mark_url, key) if draft.mark_url else row["PrivateNote"]
            words = mapping.from_new_document(draft) | {"PrivateNote": note}
            return self._document(ledger, ledger.update(row["Id"], document.ref.version, words, _request(key)))

    def delete_draft(self, document: Document) -> None:
        """Delete an estimate that is still pending."""
        with self._call(writing=True) as ledger:
            row = self._pending(ledger, document)
            ledger.update(row["Id"], document.ref.version, {"status": "Deleted"}, "")

    def find_created(self, kind: DocumentKind, key: str, party_id: str, since: datetime) -> Document | None:
        """The document that carries our mark in its private note, which QuickBooks shows to staff only."""
        with self._call() as ledger:
            for row in ledger.documents().values():
                if mapping.KINDS[row["Type"]] is kind and row["PartyRef"] == party_id and _marked(row, key):
                    return self._document(ledger, row)
        return None

    def choices(self, kind: ChoiceKind) -> Sequence[Choice]:
        """Items, accounts, tax codes and currencies; there are no themes and no tracking."""
        with self._call():
            return tuple(mapping.to_choices(kind))

    @contextmanager
    def _call(self, *, writing: bool = False) -> Iterator[Ledger]:
        """What a call to QuickBooks needs around it: a place in the budget, a token, our errors for its faults."""
        self._context.budget.spend()
        try:
            self._context.token()
            yield self._ledger
        except Fault as fault:
            raise self._error(fault) from fault
        except OSError as error:
            if writing:  # the disk may have taken it before it failed
                raise OutcomeUnknown("The toy ledger gave no answer.", detail=str(error)) from error
            raise Unavailable("The toy ledger cannot be read.", detail=str(error)) from error
        finally:
            self._context.budget.release()

    def _error(self, fault: Fault) -> Exception:
        detail = str(fault)
        if fault.code == NOT_FOUND:
            return NotFound("This is no longer in QuickBooks.", detail=detail)
        if fault.code == STALE:
            return Stale("Somebody changed this in QuickBooks meanwhile.", detail=detail)
        if fault.code == DUPLICATE_NAME:
            existing = mapping.to_party(self._ledger.parties()[fault.existing])
            return Duplicate("QuickBooks has somebody of this name already.", existing, detail=detail)
        return Rejected("QuickBooks refused this.", mapping.to_problems(fault.errors), detail=detail)

    def _party(self, ledger: Ledger, party_id: str) -> Party:
        row = ledger.parties().get(party_id)
        if row is None:
            raise NotFound("This customer or vendor is not in QuickBooks.")
        return mapping.to_party(row)

    def _documents(self, ledger: Ledger, *, deleted: bool = False) -> list[Document]:
        names = {key: row["DisplayName"] for key, row in ledger.parties().items()}
        rows = [row for row in ledger.documents().values() if deleted or row.get("status") != "Deleted"]
        return [mapping.to_document(row, names[row["PartyRef"]]) for row in rows]

    def _document(self, ledger: Ledger, row: Row) -> Document:
        return mapping.to_document(row, self._party(ledger, row["PartyRef"]).name)

    def _pending(self, ledger: Ledger, document: Document) -> Row:
        """The row of an estimate that may still be changed. Raises `Stale` for everything else."""
        row = ledger.documents().get(document.ref.id)
        if row is None:
            raise NotFound("This estimate is not in QuickBooks.")
        if row["Type"] != "Estimate" or mapping.vendor_word(row) != "Pending":
            raise Stale("This is no pending estimate any more.", detail=mapping.vendor_word(row))
        return row


class ToyConsent(Authorizer):
    """Consent without a browser page: the "consent page" is the way straight back, with a realm id on it."""

    key = "consent"
    title = "Connect the toy company"
    help = "Nothing leaves this machine: the stub agrees with itself and sends you straight back."

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def start(self, redirect_uri: str, state: str, typed: Mapping[str, str]) -> Authorization:
        """The callback's own address with code, state and realm id, as QuickBooks would put them there."""
        code = secrets.token_urlsafe(16)
        query = urlencode({"code": code, "state": state, "realmId": company.REALM})
        return Authorization(f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{query}", kept=(("code", code),))

    def finish(
        self, redirect_uri: str, callback: Mapping[str, str], kept: Mapping[str, str]
    ) -> tuple[Grant, Sequence[Organisation]]:
        """The grant, and the one company it reaches: QuickBooks names it on the callback, not afterwards."""
        if callback.get("error"):
            raise Rejected("QuickBooks was not connected: consent was refused.", detail=callback["error"])
        if not kept.get("code") or callback.get("code") != kept["code"]:
            raise Rejected("QuickBooks was not connected: the code does not hold. Connect again.")
        realm = callback.get("realmId", "")
        if realm != company.REALM:
            raise Rejected("QuickBooks was not connected: the answer names no company. Connect again.")
        grant = self._grant(realm)
        return grant, self.organisations(grant)

    def organisations(self, grant: Grant) -> Sequence[Organisation]:
        """The one company of the grant."""
        return (mapping.to_organisation(dict(grant.extra)["realmId"]),)

    def refresh(self, grant: Grant) -> Grant:
        """A newer grant for the same company."""
        if not grant.refresh_token:
            raise ReconnectNeeded("The grant of the stub cannot be renewed: connect again.")
        return self._grant(dict(grant.extra)["realmId"])

    def disconnect(self, grant: Grant, organisation: Organisation, *, last: bool) -> None:
        """Nothing to take back: the stub remembers no grant."""

    def _grant(self, realm: str) -> Grant:
        now = self._clock.now()
        return Grant(  # an hour and a hundred days, as QuickBooks has it
            access_token=secrets.token_urlsafe(24),
            expires_at=now + timedelta(hours=1),
            refresh_token=secrets.token_urlsafe(24),
            scopes=("com.intuit.quickbooks.accounting",),
            lapses_at=now + timedelta(days=100),
            extra=(("realmId", realm),),
        )


def _page(
    items: Sequence[T], key: Callable[[T], list[object]], cursor: str | None, *, newest_first: bool = False
) -> Page[T]:
    """One page. The cursor is the key of the last one given, so that what comes in between shifts nothing."""
    ordered = sorted(items, key=key, reverse=newest_first)
    if cursor is not None:
        last = json.loads(cursor)
        ordered = [item for item in ordered if (key(item) < last if newest_first else key(item) > last)]
    more = len(ordered) > PAGE_SIZE
    return Page(ordered[:PAGE_SIZE], json.dumps(key(ordered[PAGE_SIZE - 1])) if more else None)


def _matches(document: Document, query: DocumentQuery) -> bool:
    wanted = query.text.strip().casefold()
    return (
        (wanted in document.number.casefold() or wanted in document.reference.casefold())
        and (not query.kinds or document.kind in query.kinds)
        and (query.date_from is None or document.date >= query.date_from)
        and (query.date_to is None or document.date <= query.date_to)
        and (not query.party_id or document.party_id == query.party_id)
    )


def _is_open_credit(document: Document) -> bool:
    return document.kind is DocumentKind.SALES_CREDIT_NOTE and document.status is DocumentStatus.AUTHORISED


def _request(key: str) -> str:
    """Our key as QuickBooks' requestid, which holds 50 characters at most."""
    return key if len(key) <= 50 else sha256(key.encode()).hexdigest()[:50]


def _mark(mark_url: str, key: str) -> str:
    return mark_url if key in mark_url else f"{mark_url} {key}".strip()


def _marked(row: Row, key: str) -> bool:
    """True when the note holds the whole key, not only the beginning of a longer one."""
    return bool(re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", row["PrivateNote"]))


def _told_at(thing: Document | Party) -> datetime:
    return thing.updated_at or datetime.min.replace(tzinfo=UTC)


def _changed_at(change: Change) -> datetime:
    thing = change.party or change.document
    return _told_at(thing) if thing else datetime.min.replace(tzinfo=UTC)


def _changed_id(change: Change) -> str:
    thing = change.party or change.document
    return thing.ref.id if thing else ""
