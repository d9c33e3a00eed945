"""Xero's invoices, bills and credit notes: find, read by id, read all of a contact's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from core import Document, DocumentKind, DocumentQuery, DocumentStatus, NotFound, Page, Rejected
from plugins.xero import ids, outgoing
from plugins.xero.listing import CREDIT_NOTES, ENDPOINTS, INVOICES, MOST, MOST_IDS, Endpoint, Lists, Part
from plugins.xero.walking import OLDEST_FIRST, Position, following

_SIZE = 100
_PAGES_LOOKED_THROUGH = 4  # of a thousand each
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
            params["searchTerm"] = outgoing.search_term(query.text)
        if query.party_id:
            params["ContactIDs"] = ids.known(query.party_id)
        return self._lists.part(INVOICES, params, page=page, size=_SIZE)

    def _credit_notes(self, query: DocumentQuery, kinds: frozenset[DocumentKind], page: int) -> Part[Document]:
        wanted = [_CREDITS[kind] for kind in kinds if kind in _CREDITS]
        party = outgoing.contacts([ids.known(query.party_id)]) if query.party_id else ""
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
                asked.setdefault(ENDPOINTS[kind].path, []).append(ident.lower())
        endpoints = {endpoint.path: endpoint for endpoint in ENDPOINTS.values()}
        return [
            document
            for path, idents in asked.items()
            for document in self._by_ids(endpoints[path], list(dict.fromkeys(idents)))
        ]

    def _by_ids(self, endpoint: Endpoint[Document], idents: list[str]) -> list[Document]:
        """Invoices and bills have a parameter for ids; the others are asked for by a filter, unless Xero refuses it."""
        if len(idents) == 1 and endpoint is not INVOICES:
            return self._one(endpoint, idents[0])
        asking = _listed if endpoint is INVOICES else partial(_among, f"{endpoint.path[:-1]}ID")
        found: list[Document] = []
        for some in self._lists.portions(endpoint, idents, asking):
            try:
                found += self._lists.part(endpoint, asking(some), size=MOST_IDS).items
            except (Rejected, NotFound):
                if endpoint is INVOICES:
                    raise
                return found + self._looked_for(endpoint, idents[idents.index(some[0]) :])
        return found

    def _looked_for(self, endpoint: Endpoint[Document], idents: list[str]) -> list[Document]:
        """Documents among the latest of the list, in few calls for any number; the rest, old or gone, one by one."""
        wanted = set(idents)
        found: list[Document] = []
        for document in self._lists.every(endpoint, {}, pages=_PAGES_LOOKED_THROUGH):
            if document.ref.id in wanted:
                wanted.remove(document.ref.id)
                found.append(document)
            if not wanted:
                break
        return found + [document for ident in idents if ident in wanted for document in self._one(endpoint, ident)]

    def _one(self, endpoint: Endpoint[Document], ident: str) -> list[Document]:
        try:
            document = self._lists.one(endpoint, ident)
        except NotFound:
            return []
        return [document] if document else []

    def of(self, party_ids: Sequence[str], cursor: str | None) -> Page[Document]:
        """One page of these contacts' invoices, bills and credit notes, of a thousand in one call.

        The cursor counts the questions that the contacts take; it holds for the same contacts only.
        """
        idents = [ident for ident in dict.fromkeys(party_ids) if ids.is_id(ident)]
        questions = [
            (endpoint, asking(some))
            for endpoint, asking in ((INVOICES, _of_contacts), (CREDIT_NOTES, _with_contacts))
            for some in self._lists.portions(endpoint, idents, asking)
        ]
        if not questions:
            return Page([])
        stages = [str(number) for number in range(len(questions))]
        at = Position.read(cursor, stages) if cursor else Position("0")
        endpoint, params = questions[int(at.stage)]
        part = self._lists.part(endpoint, {**OLDEST_FIRST, **params}, page=abs(at.page), modified_since=at.since)
        goes_on = following(at, part)
        if goes_on is None and int(at.stage) + 1 < len(questions):
            goes_on = Position(str(int(at.stage) + 1))
        return Page(part.items, goes_on.text() if goes_on else None)


def _position(cursor: str | None) -> tuple[str, int]:
    stage, _, number = (cursor or "invoices.1").partition(".")
    if stage not in ("invoices", "credits"):
        raise NotFound("This part of the list does not exist.")
    return stage, ids.page_number(number)


def _listed(idents: Sequence[str]) -> dict[str, str]:
    return {"IDs": ",".join(idents)}


def _of_contacts(idents: Sequence[str]) -> dict[str, str]:
    return {"ContactIDs": ",".join(idents)}


def _with_contacts(idents: Sequence[str]) -> dict[str, str]:
    return outgoing.where(outgoing.contacts(idents))


def _among(field: str, idents: Sequence[str]) -> dict[str, str]:
    return outgoing.where(outgoing.any_of(field, map(outgoing.guid, idents)))


def _matches(document: Document, text: str) -> bool:
    if document.status is DocumentStatus.DELETED:
        return False
    return text in document.number.casefold() or text in document.reference.casefold()
