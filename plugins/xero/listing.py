"""Xero's lists, page by page: which endpoint holds what, and whether a page is the last one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from core import Document, DocumentKind, Party
from plugins.xero import answers, mapping
from plugins.xero.client import XeroClient
from plugins.xero.literals import readable_moment

T = TypeVar("T")

MOST = 1000  # the largest page Xero gives
MOST_IDS = 40  # in one call
LONGEST_ADDRESS = 2000  # Xero answers 404 to longer ones, from about 2,048 characters on (Xero-NetStandard #471)
LATEST_FIRST = {"order": "UpdatedDateUTC DESC"}
FOUR_DECIMALS = {"unitdp": "4"}  # else unit prices come rounded to two


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[T]):
    """A list of Xero's: its path, the shape of its answer, the name of the rows in it, and what makes values of them.

    `read` gives None for a row that has no place in the CRM.
    """

    path: str
    shape: type[answers.Envelope]
    rows: str
    read: Callable[[Any, str], T | None]
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """One page: its values, whether it is the last, when its last row was changed, and of how many pages, if told."""

    items: list[T]
    last: bool
    changed: datetime | None
    pages: int | None = None


CONTACTS: Endpoint[Party] = Endpoint("Contacts", answers.Contacts, "contacts", lambda row, base: mapping.party(row), {})
INVOICES: Endpoint[Document] = Endpoint("Invoices", answers.Invoices, "invoices", mapping.invoice, FOUR_DECIMALS)
CREDIT_NOTES: Endpoint[Document] = Endpoint(
    "CreditNotes", answers.CreditNotes, "credit_notes", mapping.credit_note, FOUR_DECIMALS
)
OVERPAYMENTS: Endpoint[Document] = Endpoint(
    "Overpayments", answers.Overpayments, "overpayments", mapping.overpayment, FOUR_DECIMALS
)
PREPAYMENTS: Endpoint[Document] = Endpoint(
    "Prepayments", answers.Prepayments, "prepayments", mapping.prepayment, FOUR_DECIMALS
)
ENDPOINTS: dict[DocumentKind, Endpoint[Document]] = {
    DocumentKind.SALES_INVOICE: INVOICES,
    DocumentKind.BILL: INVOICES,
    DocumentKind.SALES_CREDIT_NOTE: CREDIT_NOTES,
    DocumentKind.BILL_CREDIT_NOTE: CREDIT_NOTES,
    DocumentKind.OVERPAYMENT: OVERPAYMENTS,
    DocumentKind.PREPAYMENT: PREPAYMENTS,
}


class Lists:
    """Reads lists of one organisation; amounts are compared with its base currency."""

    def __init__(self, client: XeroClient, base_currency: str) -> None:
        self._client = client
        self._base = base_currency

    def part(
        self,
        endpoint: Endpoint[T],
        params: Mapping[str, str],
        *,
        page: int = 1,
        size: int = MOST,
        modified_since: datetime | None = None,
    ) -> Part[T]:
        """One page of a list, in one call."""
        asked = {**endpoint.params, **params, "page": str(page), "pageSize": str(size)}
        return self._client.get(
            endpoint.path,
            lambda raw: self._read(endpoint, raw, page, size),
            asked,
            modified_since=modified_since,
        )

    def portions(
        self, endpoint: Endpoint[T], idents: Sequence[str], asking: Callable[[Sequence[str]], Mapping[str, str]]
    ) -> Iterator[list[str]]:
        """Ids in portions of which `asking` makes parameters that fit into one address."""
        rest = list(idents)
        while rest:
            some = rest[:MOST_IDS]
            while len(some) > 1 and self._length(endpoint, asking(some)) > LONGEST_ADDRESS:
                some.pop()
            yield some
            rest = rest[len(some) :]

    def _length(self, endpoint: Endpoint[T], params: Mapping[str, str]) -> int:
        longest = {**endpoint.params, **LATEST_FIRST, **params, "page": str(MOST), "pageSize": str(MOST)}
        return len(self._client.address(endpoint.path, longest))

    def every(
        self,
        endpoint: Endpoint[T],
        params: Mapping[str, str],
        *,
        modified_since: datetime | None = None,
        pages: int | None = None,
    ) -> Iterator[T]:
        """The whole list in as few calls as it takes, or its first `pages`; latest changes first.

        With this order what changes meanwhile moves to a page that was read: it may be told twice, and a change it
        hides is newer than the start of the reading. Nothing is skipped by the moving of others.
        """
        page = 1
        while True:
            part = self.part(endpoint, {**LATEST_FIRST, **params}, page=page, modified_since=modified_since)
            yield from part.items
            if part.last or page == pages:
                return
            page += 1

    def one(self, endpoint: Endpoint[T], ident: str) -> T | None:
        """One row by its id. Raises `NotFound`."""
        asked = endpoint.params if endpoint in (INVOICES, CREDIT_NOTES) else {}
        return self._client.get(f"{endpoint.path}/{ident}", lambda raw: self._first(endpoint, raw), asked)

    def _first(self, endpoint: Endpoint[T], raw: bytes) -> T | None:
        return endpoint.read(getattr(answers.reader(endpoint.shape)(raw), endpoint.rows)[0], self._base)

    def _read(self, endpoint: Endpoint[T], raw: bytes, page: int, size: int) -> Part[T]:
        envelope = answers.reader(endpoint.shape)(raw)
        rows = getattr(envelope, endpoint.rows)
        values = (endpoint.read(row, self._base) for row in rows)
        pages = envelope.pagination.page_count if envelope.pagination else None
        last = len(rows) < size if pages is None else page >= pages
        changed = readable_moment(rows[-1].updated_date_utc) if rows else None
        return Part([value for value in values if value is not None], last, changed, pages)
