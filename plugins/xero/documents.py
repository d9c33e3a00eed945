"""Xero's invoices, bills and credit notes: find, read by id, read all of a contact's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from core import Document, DocumentKind, DocumentQuery, DocumentStatus, NotFound, Page, Rejected
from plugins.xero import ids, outgoing
from plugins.xero.listing import CREDIT_NOTES, ENDPOINTS, INVOICES, MOST, Endpoint, Lists, Part

IDS_A_CALL = 40  # they stand in the address, which must not get too long
_SIZE = 100
_INVOICES = {DocumentKind.SALES_INVOICE: "ACCREC", DocumentKind.BILL: "ACCPAY"}
_CREDITS = {DocumentKind.SALES_CREDIT_NOTE: "ACCRECCREDIT", DocumentKind.BILL_CREDIT_NOTE: "ACCPAYCREDIT"}
_FINDABLE = "DRAFT,SUBMITTED,AUTHORISED,PAID,VOIDED"
_NEWEST = {"order": "Date DESC"}


class Documents:
    """The documents of one organisation."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists

    def search(self, query: DocumentQuery) -> Page[Document]:
        """Invoices and bills page by page, credit notes with the last page of them; deleted ones are left out.

        Xero looks for the text in the numbers and references of invoices and bills. For credit notes it has no
        such search: they are read by their dates and the text is looked for here.
        """
        kinds = query.kinds or frozenset({*_INVOICES, *_CREDITS})
        stage, page = _position(query.cursor)
        items: list[Document] = []
        if stage == "invoices" and kinds & _INVOICES.keys():
            part = self._invoices(query, kinds, page)
            items = part.items
            if not part.last:
                return Page(items, f"invoices.{page + 1}")
        if not kinds & _CREDITS.keys():
            return Page(items)
        page = page if stage == "credits" else 1
        credits = self._credit_notes(query, kinds, page)
        items = sorted([*items, *credits.items], key=lambda document: document.date, reverse=True)
        return Page(items, None if credits.last else f"credits.{page + 1}")

    def _invoices(self, query: DocumentQuery, kinds: frozenset[DocumentKind], page: int) -> Part[Document]:
        wanted = [_INVOICES[kind] for kind in kinds if kind in _INVOICES]
        dated = outgoing.dated(query.date_from, query.date_to)
        params = {**_NEWEST, "Statuses": _FINDABLE, **outgoing.where(outgoing.types(wanted, _INVOICES.values()), dated)}
        if query.text.strip():
            params["searchTerm"] = query.text.strip()
        if query.party_id:
            params["ContactIDs"] = ids.known(query.party_id)
        return self._lists.part(INVOICES, params, page=page, size=_SIZE)

    def _credit_notes(self, query: DocumentQuery, kinds: frozenset[DocumentKind], page: int) -> Part[Document]:
        wanted = [_CREDITS[kind] for kind in kinds if kind in _CREDITS]
        party = _contacts([ids.known(query.party_id)]) if query.party_id else ""
        dated = outgoing.dated(query.date_from, query.date_to)
        text = query.text.strip().casefold()
        params = {**_NEWEST, **outgoing.where(outgoing.types(wanted, _CREDITS.values()), dated, party)}
        part = self._lists.part(CREDIT_NOTES, params, page=page, size=MOST if text else _SIZE)
        return Part([document for document in part.items if _matches(document, text)], part.last, part.changed)

    def get(self, refs: Sequence[tuple[DocumentKind, str]]) -> list[Document]:
        """Documents by kind and id; what has no id of Xero's or is not there is left out."""
        asked: dict[str, list[str]] = {}
        for kind, ident in refs:
            if kind in ENDPOINTS and ids.is_id(ident):
                asked.setdefault(ENDPOINTS[kind].path, []).append(ident)
        endpoints = {endpoint.path: endpoint for endpoint in ENDPOINTS.values()}
        return [
            document
            for path, idents in asked.items()
            for some in _portions(list(dict.fromkeys(idents)))
            for document in self._by_ids(endpoints[path], some)
        ]

    def _by_ids(self, endpoint: Endpoint[Document], idents: list[str]) -> list[Document]:
        """Invoices and bills have a parameter for ids. The others are asked for by a filter; where Xero finds that
        too much (large organisations), one by one.
        """
        if endpoint is INVOICES:
            return self._lists.part(INVOICES, {"IDs": ",".join(idents)}, size=IDS_A_CALL).items
        if len(idents) > 1:
            field = f"{endpoint.path[:-1]}ID"
            try:
                asked = outgoing.where(outgoing.any_of(field, map(outgoing.guid, idents)))
                return self._lists.part(endpoint, asked, size=IDS_A_CALL).items
            except Rejected:
                pass
        return [document for ident in idents for document in self._one(endpoint, ident)]

    def _one(self, endpoint: Endpoint[Document], ident: str) -> list[Document]:
        try:
            document = self._lists.one(endpoint, ident)
        except NotFound:
            return []
        return [document] if document else []

    def of(self, party_ids: Sequence[str], modified_since: datetime | None) -> Iterator[Document]:
        """All of these contacts' invoices, bills and credit notes, each once."""
        seen: set[str] = set()
        for some in _portions([ident for ident in dict.fromkeys(party_ids) if ids.is_id(ident)]):
            for endpoint, params in (
                (INVOICES, {"ContactIDs": ",".join(some)}),
                (CREDIT_NOTES, outgoing.where(_contacts(some))),
            ):
                for document in self._lists.every(endpoint, params, modified_since=modified_since):
                    if document.ref.id not in seen:
                        seen.add(document.ref.id)
                        yield document


def _position(cursor: str | None) -> tuple[str, int]:
    stage, _, number = (cursor or "invoices.1").partition(".")
    if stage not in ("invoices", "credits"):
        raise NotFound("This part of the list does not exist.")
    return stage, ids.page_number(number)


def _portions(idents: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(idents), IDS_A_CALL):
        yield idents[start : start + IDS_A_CALL]


def _contacts(idents: Sequence[str]) -> str:
    return outgoing.any_of("Contact.ContactID", map(outgoing.guid, idents))


def _matches(document: Document, text: str) -> bool:
    if document.status is DocumentStatus.DELETED:
        return False
    return text in document.number.casefold() or text in document.reference.casefold()
