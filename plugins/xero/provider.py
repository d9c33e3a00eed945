"""Xero as the core sees it: the provider for one connection, in the core's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from core import (
    AccountingProvider,
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
    ProviderContext,
    ReconnectNeeded,
    Ref,
    Unsupported,
)
from plugins.xero import answers, choosing, ids, links, mapping, outgoing, scopes
from plugins.xero.changes import advances, changes
from plugins.xero.client import XeroClient
from plugins.xero.documents import Documents
from plugins.xero.drafts import Drafts
from plugins.xero.listing import ENDPOINTS, Lists
from plugins.xero.parties import Parties

_CAPABILITIES = frozenset(
    {
        Capability.PARTIES_CREATE,
        Capability.PARTIES_UPDATE,
        Capability.PARTY_RECORD_REF,
        Capability.BILLS,
        Capability.CREDIT_NOTES,
        Capability.DRAFT_INVOICE,
        Capability.DRAFT_CHANGE,
        Capability.TRACKING,
        Capability.THEMES,
        Capability.PDF,
        Capability.NOTES,
        Capability.HISTORY,
        Capability.CUSTOMER_LINK,
        Capability.CHANGES,
        Capability.ADVANCES,
    }
)
_PRINTED = (
    DocumentKind.SALES_INVOICE,
    DocumentKind.BILL,
    DocumentKind.SALES_CREDIT_NOTE,
    DocumentKind.BILL_CREDIT_NOTE,
)


class XeroProvider(AccountingProvider):
    """One Xero organisation. Reads `api_url` and `web_url` from the context's settings."""

    def __init__(self, context: ProviderContext) -> None:
        self._context = context
        self._client = XeroClient(context)
        self._lists = Lists(self._client, context.organisation.base_currency)
        self._parties = Parties(self._client, self._lists)
        self._documents = Documents(self._lists)
        self._drafts = Drafts(self._client, self._lists, context.organisation.base_currency)

    def capabilities(self) -> frozenset[Capability]:
        """What Xero can do from here, as far as the connection's scopes allow it."""
        return scopes.able(_CAPABILITIES, self._context.scopes)

    def _allowed(self, capability: Capability) -> None:
        """Raises `Unsupported` where the connection's scopes do not allow it."""
        scopes.demand(capability, self._context.scopes)

    def organisation(self) -> Organisation:
        """The organisation as it is now, in one call. Raises `ReconnectNeeded` when it is another one than before."""
        known = self._context.organisation
        now = self._client.get("Organisation", lambda raw: _organisation(raw, known))
        if known.own_id and now.own_id != known.own_id:
            raise ReconnectNeeded("Xero answers for another organisation than the one connected. Connect it again.")
        return now

    def search_parties(self, text: str, *, cursor: str | None = None) -> Page[Party]:
        """Contacts by name, first and last name, number or e-mail; archived ones last on their page."""
        return self._parties.search(text, cursor)

    def get_party(self, party_id: str) -> Party:
        """One contact. Raises `NotFound`."""
        return self._parties.get(party_id)

    def create_party(self, new: NewParty, *, key: str) -> Party:
        """Make a contact. Raises `Duplicate` with the one that has the name, `Rejected`, `OutcomeUnknown`."""
        self._allowed(Capability.PARTIES_CREATE)
        return self._parties.create(new, key)

    def update_party(self, party: Party, changes: Mapping[str, str], *, key: str) -> Party:
        """Change fields of a contact. Raises `Stale` when it changed in Xero meanwhile, `Rejected`, `Duplicate`."""
        self._allowed(Capability.PARTIES_UPDATE)
        return self._parties.update(party, changes, key)

    def search_documents(self, query: DocumentQuery) -> Page[Document]:
        """Invoices, bills and credit notes by number, reference and dates, newest first on each page."""
        return self._documents.search(query)

    def get_documents(self, refs: Sequence[tuple[DocumentKind, str]]) -> Sequence[Document]:
        """Documents by kind and id, many in one call; the unknown are left out."""
        return self._documents.get(refs)

    def documents_of(self, party_ids: Sequence[str], *, cursor: str | None = None) -> Page[Document]:
        """A page of the invoices, bills and credit notes of these contacts, a thousand in one call.

        Over- and prepayments are told by `advances`: Xero cannot filter them by contact in a way that scales.
        """
        return self._documents.of(party_ids, cursor)

    def changes(self, since: datetime | None, *, cursor: str | None = None) -> Page[Change]:
        """One page of the contacts, invoices, bills and credit notes that changed; with None all contacts."""
        return changes(self._lists, since, cursor)

    def advances(self, since: datetime | None, *, cursor: str | None = None) -> Page[Change]:
        """One page of the over- and prepayments that changed; with None all of them."""
        return advances(self._lists, since, cursor)

    def create(self, kind: DocumentKind, draft: NewDocument, *, key: str) -> Document:
        """Make a sales invoice with the status DRAFT. Raises `Rejected`, `OutcomeUnknown`, `Unsupported`."""
        if kind is not DocumentKind.SALES_INVOICE:
            raise Unsupported("Only sales invoices can be drafted in Xero from here.")
        self._allowed(Capability.DRAFT_INVOICE)
        return self._drafts.create(draft, key)

    def update_draft(self, document: Document, draft: NewDocument, *, key: str) -> Document:
        """Replace a draft; lines keep their identity by `Line.id`. Raises `Stale` when it moved on."""
        self._allowed(Capability.DRAFT_CHANGE)
        return self._drafts.update(document, draft, key)

    def delete_draft(self, document: Document) -> None:
        """Delete a draft. Raises `Stale` when it moved on."""
        self._allowed(Capability.DRAFT_CHANGE)
        self._drafts.delete(document)

    def find_created(self, kind: DocumentKind, key: str, party_id: str, since: datetime) -> Document | None:
        """The invoice whose link back holds `key`, made by this app since the intent, in whatever status."""
        if kind is not DocumentKind.SALES_INVOICE:
            raise Unsupported("Only sales invoices can be drafted in Xero from here.")
        self._allowed(Capability.DRAFT_INVOICE)
        return self._drafts.find(key, party_id, since)

    def choices(self, kind: ChoiceKind) -> Sequence[Choice]:
        """A list of the organisation, in one call; what may not be used is there and marked."""
        return self._client.get(*choosing.LISTS[kind], choosing.PARAMS.get(kind))

    def attachment(self, ref: Ref, kind: DocumentKind) -> bytes:
        """The document as PDF. Raises `NotFound`."""
        if kind not in _PRINTED:
            raise Unsupported("Xero prints only invoices, bills and credit notes.")
        path = f"{ENDPOINTS[kind].path}/{ids.known(ref.id)}/pdf"
        return self._client.get(path, bytes, accept="application/pdf")

    def note(self, kind: DocumentKind, ref: Ref, text: str, *, key: str) -> None:
        """Write a line into the document's history."""
        if kind not in ENDPOINTS:
            raise Unsupported("Xero keeps no history of this from here.")
        self._allowed(Capability.NOTES)
        path = f"{ENDPOINTS[kind].path}/{ids.known(ref.id)}/History"
        self._client.write("PUT", path, answers.reader(answers.HistoryRecords), outgoing.note(text), key=key)

    def history(self, kind: DocumentKind, ref: Ref) -> Sequence[HistoryEntry]:
        """The document's history and notes, in one call. Raises `NotFound`, `Unsupported`."""
        if kind not in ENDPOINTS:
            raise Unsupported("Xero keeps no history of this from here.")
        return self._client.get(f"{ENDPOINTS[kind].path}/{ids.known(ref.id)}/History", _history)

    def customer_url(self, kind: DocumentKind, ref: Ref) -> str | None:
        """Where the customer sees a sales invoice; None while it is a draft. Raises `NotFound`, `Unsupported`."""
        if kind is not DocumentKind.SALES_INVOICE:
            raise Unsupported("Xero has a page for customers of sales invoices alone.")
        return self._client.get(f"Invoices/{ids.known(ref.id)}/OnlineInvoice", _customer_url)

    def web_url(self, kind: DocumentKind | None, ref: Ref) -> str | None:
        """Where staff look at the document (kind None: the contact) in Xero. Makes no call."""
        short_code = dict(self._context.organisation.extra).get("short_code", "")
        return links.web_url(self._context.settings.get("web_url", links.WEB_URL), short_code, kind, ref.id)


def _history(raw: bytes) -> list[HistoryEntry]:
    return mapping.history(answers.reader(answers.HistoryRecords)(raw).history_records)


def _customer_url(raw: bytes) -> str | None:
    told = answers.reader(answers.OnlineInvoices)(raw).online_invoices
    return (told[0].online_invoice_url or None) if told else None


def _organisation(raw: bytes, known: Organisation) -> Organisation:
    return mapping.organisation(answers.reader(answers.Organisations)(raw).organisations[0], known)
