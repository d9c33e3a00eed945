"""The shapes of Xero's JSON that the plugin reads: every field it does not need is ignored.

Names are Xero's in small letters with underscores (`InvoiceID` is `invoice_id`). Money and rates are `Decimal`,
made from the literal and never by way of a float; dates stay text until `mapping` reads them; words from Xero's
lists (statuses, types) stay text, so that a new word breaks nothing. What Xero always sends has no default: an
answer without it is refused as malformed. Source: Xero's accounting API description, version 16.1.0.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

_WORDS = {"id": "ID", "utc": "UTC"}


def _xero_name(name: str) -> str:
    """`updated_date_utc` is Xero's `UpdatedDateUTC`."""
    return "".join(_WORDS.get(part, part.capitalize()) for part in name.split("_"))


class Struct(msgspec.Struct, rename=_xero_name, gc=False):
    """A part of an answer of Xero's."""


class Term(Struct):
    """Days and what they are counted from."""

    day: int | None = None
    type: str | None = None


class PaymentTerms(Struct):
    """Terms of both sides."""

    bills: Term | None = None
    sales: Term | None = None


class Organisation(Struct):
    """`GET /Organisation`."""

    organisation_id: str
    name: str
    base_currency: str
    country_code: str | None = None
    timezone: str | None = None
    short_code: str | None = None
    period_lock_date: str | None = None
    end_of_year_lock_date: str | None = None
    payment_terms: PaymentTerms | None = None


class Address(Struct):
    """One of a contact's addresses."""

    address_type: str | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    address_line3: str | None = None
    address_line4: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None


class Phone(Struct):
    """One of a contact's telephone numbers."""

    phone_type: str | None = None
    phone_number: str | None = None
    phone_area_code: str | None = None
    phone_country_code: str | None = None


class Contact(Struct):
    """`GET /Contacts`."""

    contact_id: str
    name: str | None = None
    contact_status: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email_address: str | None = None
    tax_number: str | None = None
    contact_number: str | None = None
    addresses: list[Address] | None = None
    phones: list[Phone] | None = None
    is_supplier: bool | None = None
    is_customer: bool | None = None
    default_currency: str | None = None
    payment_terms: PaymentTerms | None = None
    merged_to_contact_id: str | None = None
    updated_date_utc: str | None = None


class DocumentContact(Struct):
    """Whom a document is for; Xero leaves it out of some."""

    contact_id: str | None = None
    name: str | None = None


class LineTracking(Struct):
    """One tracking entry of a line."""

    name: str | None = None
    option: str | None = None


class LineItem(Struct):
    """One line of a document."""

    line_item_id: str | None = None
    description: str | None = None
    quantity: Decimal | None = None
    unit_amount: Decimal | None = None
    line_amount: Decimal | None = None
    tax_amount: Decimal | None = None
    discount_rate: Decimal | None = None
    discount_amount: Decimal | None = None
    item_code: str | None = None
    account_code: str | None = None
    tax_type: str | None = None
    tracking: list[LineTracking] | None = None


class Payment(Struct):
    """A payment, as part of the document it settles."""

    amount: Decimal
    date: str | None = None
    payment_id: str | None = None
    reference: str | None = None
    status: str | None = None


class AppliedCredit(Struct):
    """A credit note, overpayment or prepayment, as part of the invoice it was applied to."""

    applied_amount: Decimal | None = None
    date: str | None = None
    credit_note_id: str | None = None
    credit_note_number: str | None = None
    overpayment_id: str | None = None
    prepayment_id: str | None = None
    reference: str | None = None


class AllocatedTo(Struct):
    """The invoice that a credit went to."""

    invoice_number: str | None = None


class Allocation(Struct):
    """What of a credit went to which invoice, as part of the credit."""

    amount: Decimal
    date: str | None = None
    allocation_id: str | None = None
    invoice: AllocatedTo | None = None
    is_deleted: bool | None = None


class ValidationError(Struct):
    """One sentence of Xero's about what it refuses."""

    message: str | None = None


class DocumentBase(Struct, kw_only=True):
    """What all documents have in common. `date_string` is the date without a time zone's doubt; `currency_rate` is
    read as it stands, for a rate of no number is no reason to refuse the document.
    """

    type: str
    status: str
    contact: DocumentContact | None = None
    total: Decimal
    sub_total: Decimal | None = None
    total_tax: Decimal | None = None
    currency_code: str
    currency_rate: msgspec.Raw = msgspec.Raw()
    date: str | None = None
    date_string: str | None = None
    due_date: str | None = None
    due_date_string: str | None = None
    line_amount_types: str | None = None
    line_items: list[LineItem] | None = None
    reference: str | None = None
    fully_paid_on_date: str | None = None
    updated_date_utc: str | None = None
    payments: list[Payment] | None = None


class Invoice(DocumentBase, kw_only=True):
    """A sales invoice (ACCREC) or a bill (ACCPAY)."""

    invoice_id: str
    invoice_number: str | None = None
    amount_due: Decimal | None = None
    amount_paid: Decimal | None = None
    amount_credited: Decimal | None = None
    credit_notes: list[AppliedCredit] | None = None
    overpayments: list[AppliedCredit] | None = None
    prepayments: list[AppliedCredit] | None = None
    url: str | None = None
    has_errors: bool | None = None
    validation_errors: list[ValidationError] | None = None


class CreditBase(DocumentBase, kw_only=True):
    """What credits have in common. `remaining_credit` is what nothing was done with yet."""

    remaining_credit: Decimal | None = None
    allocations: list[Allocation] | None = None


class CreditNote(CreditBase, kw_only=True):
    """A credit note for a customer (ACCRECCREDIT) or from a supplier (ACCPAYCREDIT)."""

    credit_note_id: str
    credit_note_number: str | None = None


class Overpayment(CreditBase, kw_only=True):
    """Money beyond what was owed: RECEIVE-OVERPAYMENT from a customer, SPEND-OVERPAYMENT to a supplier."""

    overpayment_id: str


class Prepayment(CreditBase, kw_only=True):
    """Money ahead of an invoice: RECEIVE-PREPAYMENT from a customer, SPEND-PREPAYMENT to a supplier."""

    prepayment_id: str
    invoice_number: str | None = None


class SalesDetails(Struct):
    """How an item is sold."""

    unit_price: Decimal | None = None
    account_code: str | None = None
    tax_type: str | None = None


class Item(Struct):
    """A product or service."""

    code: str
    name: str | None = None
    description: str | None = None
    is_sold: bool | None = None
    sales_details: SalesDetails | None = None


class Account(Struct):
    """An account of the chart of accounts."""

    name: str
    code: str | None = None
    type: str | None = None
    status: str | None = None
    tax_type: str | None = None
    class_: str | None = msgspec.field(default=None, name="Class")
    system_account: str | None = None
    description: str | None = None


class TaxRate(Struct):
    """A tax rate; `effective_rate` is per cent with compound parts worked in."""

    name: str
    tax_type: str
    status: str | None = None
    effective_rate: Decimal | None = None
    display_tax_rate: Decimal | None = None
    can_apply_to_revenue: bool | None = None


class Currency(Struct):
    """A currency the organisation has switched on."""

    code: str
    description: str | None = None


class BrandingTheme(Struct):
    """A look of invoices; the first one is Xero's default."""

    branding_theme_id: str
    name: str
    sort_order: int | None = None


class TrackingOption(Struct):
    """One value of a tracking category."""

    name: str
    status: str | None = None


class TrackingCategory(Struct):
    """A way of grouping lines, with its values."""

    name: str
    status: str | None = None
    options: list[TrackingOption] | None = None


class HistoryRecord(Struct):
    """One line of a document's history: what was done, by whom and when, and in what words."""

    changes: str | None = None
    date_utc: str | None = None
    user: str | None = None
    details: str | None = None
