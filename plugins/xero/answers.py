"""What Xero's answers come in: the envelope of every list, and the two shapes of a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TypeVar

import msgspec

from plugins.xero import structs

S = TypeVar("S")
_HALVES = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


class Pagination(msgspec.Struct, gc=False):
    """Where a page stands among its list."""

    page: int | None = None
    page_size: int | None = msgspec.field(default=None, name="pageSize")
    page_count: int | None = msgspec.field(default=None, name="pageCount")


class Envelope(structs.Struct, kw_only=True):
    """What every list comes in."""

    pagination: Pagination | None = msgspec.field(default=None, name="pagination")


class Organisations(Envelope):
    """Answer of `/Organisation`."""

    organisations: list[structs.Organisation]


class Contacts(Envelope):
    """Answer of `/Contacts`."""

    contacts: list[structs.Contact]


class Invoices(Envelope):
    """Answer of `/Invoices`."""

    invoices: list[structs.Invoice]


class CreditNotes(Envelope):
    """Answer of `/CreditNotes`."""

    credit_notes: list[structs.CreditNote]


class Overpayments(Envelope):
    """Answer of `/Overpayments`."""

    overpayments: list[structs.Overpayment]


class Prepayments(Envelope):
    """Answer of `/Prepayments`."""

    prepayments: list[structs.Prepayment]


class Items(Envelope):
    """Answer of `/Items`."""

    items: list[structs.Item]


class Accounts(Envelope):
    """Answer of `/Accounts`."""

    accounts: list[structs.Account]


class TaxRates(Envelope):
    """Answer of `/TaxRates`."""

    tax_rates: list[structs.TaxRate]


class Currencies(Envelope):
    """Answer of `/Currencies`."""

    currencies: list[structs.Currency]


class BrandingThemes(Envelope):
    """Answer of `/BrandingThemes`."""

    branding_themes: list[structs.BrandingTheme]


class TrackingCategories(Envelope):
    """Answer of `/TrackingCategories`."""

    tracking_categories: list[structs.TrackingCategory]


class HistoryRecords(Envelope):
    """Answer of `/{endpoint}/{id}/History`."""

    history_records: list[structs.HistoryRecord]


class OnlineInvoice(structs.Struct):
    """Where a customer sees an invoice."""

    online_invoice_url: str | None = None


class OnlineInvoices(Envelope):
    """Answer of `/Invoices/{id}/OnlineInvoice`."""

    online_invoices: list[OnlineInvoice]


class RefusedElement(structs.Struct):
    """One thing that was refused."""

    validation_errors: list[structs.ValidationError] | None = None


class Refusal(structs.Struct):
    """Answer with HTTP 400. The elements hold what was sent, too; only the sentences are read."""

    type: str | None = None
    message: str | None = None
    elements: list[RefusedElement] | None = None


class AccessRefusal(structs.Struct):
    """Answer with HTTP 401, 403, 404 or 5xx: another shape than a refusal."""

    title: str | None = None
    detail: str | None = None


class Connection(msgspec.Struct, rename="camel"):
    """One element of `GET /connections`: `id` is the connection's own, `tenant_id` goes with every call."""

    id: str
    tenant_id: str
    tenant_name: str | None = None
    tenant_type: str | None = None


@cache
def reader(shape: type[S]) -> Callable[[bytes], S]:
    """What reads an answer into a shape; numbers written as text are taken for the numbers they are.

    Halves of characters, which a text that was cut may end with, are left out.
    """
    decode = msgspec.json.Decoder(shape, strict=False).decode

    def read(raw: bytes) -> S:
        try:
            return decode(raw)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            return decode(_HALVES.sub(lambda found: b"" if found[1] else found[0], raw))

    return read
