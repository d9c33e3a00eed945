"""The words of accounting that the core and every provider share: frozen values, no behaviour of any vendor."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Generic, TypeVar

T = TypeVar("T")


class DocumentKind(Enum):
    """What a document is. Credits on the sales side lower what a customer owes."""

    SALES_INVOICE = "sales_invoice"
    BILL = "bill"
    SALES_CREDIT_NOTE = "sales_credit_note"
    BILL_CREDIT_NOTE = "bill_credit_note"
    OVERPAYMENT = "overpayment"
    PREPAYMENT = "prepayment"
    ESTIMATE = "estimate"


class DocumentStatus(Enum):
    """Where a document stands, in words of accounting; the vendor's own word is kept beside it."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    AUTHORISED = "authorised"
    PAID = "paid"
    VOIDED = "voided"
    DELETED = "deleted"
    UNKNOWN = "unknown"


class PartyState(Enum):
    """Whether a party may be used for new documents."""

    ACTIVE = "active"
    ARCHIVED = "archived"


class AmountsAre(Enum):
    """Whether the unit prices of a document hold tax."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"
    NO_TAX = "no_tax"


class TermsKind(Enum):
    """From when the days of payment terms are counted."""

    DAYS_AFTER_DATE = "days_after_date"
    DAYS_AFTER_MONTH_END = "days_after_month_end"
    DAY_OF_THIS_MONTH = "day_of_this_month"
    DAY_OF_NEXT_MONTH = "day_of_next_month"


class ChoiceKind(Enum):
    """The lists of the connected organisation that a draft is filled in from."""

    ITEM = "item"
    ACCOUNT = "account"
    TAX_RATE = "tax_rate"
    CURRENCY = "currency"
    THEME = "theme"
    TRACKING = "tracking"


class Capability(Enum):
    """What a provider can do for one organisation; pages follow it, unclaimed abilities raise `Unsupported`."""

    PARTIES_CREATE = "parties_create"
    PARTIES_UPDATE = "parties_update"
    BILLS = "bills"
    CREDIT_NOTES = "credit_notes"
    DRAFT_INVOICE = "draft_invoice"
    ESTIMATE = "estimate"
    DRAFT_CHANGE = "draft_change"
    LINE_NEEDS_ACCOUNT = "line_needs_account"
    LINE_NEEDS_ITEM = "line_needs_item"
    TRACKING = "tracking"
    THEMES = "themes"
    PDF = "pdf"
    NOTES = "notes"
    HISTORY = "history"
    CUSTOMER_LINK = "customer_link"
    PARTY_RECORD_REF = "party_record_ref"
    CHANGES = "changes"
    ADVANCES = "advances"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency (ISO 4217), exact to the cent."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        """Refuse a float: it cannot hold a cent."""
        if not isinstance(self.amount, Decimal):
            raise TypeError(f"Money needs a Decimal, not {type(self.amount).__name__}")


@dataclass(frozen=True, slots=True)
class Ref:
    """A thing in the accounting system: its id there and, where the vendor locks by it, an opaque version."""

    id: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """When an invoice falls due: `days` counted as `kind` says."""

    days: int
    kind: TermsKind


@dataclass(frozen=True, slots=True)
class Organisation:
    """One accounting organisation that a grant reaches.

    `id` is the provider's id used on every call; `connection_ref` the provider's own id of the connection,
    if it has one; `timezone` an IANA name; `extra` opaque words of the provider (a short code, a realm).
    """

    id: str
    name: str
    base_currency: str = ""
    timezone: str = "UTC"
    connection_ref: str = ""
    country: str = ""
    own_id: str = ""
    sales_terms: PaymentTerms | None = None
    bill_terms: PaymentTerms | None = None
    lock_date: dt.date | None = None
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Party:
    """A customer or supplier in the accounting system.

    `record_ref` is what the system keeps for a record's id of ours, in a place that no person writes into;
    `merged_into` the id of the party that this one was merged into.
    """

    ref: Ref
    name: str
    state: PartyState = PartyState.ACTIVE
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    tax_number: str = ""
    address: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    currency: str = ""
    is_customer: bool = False
    is_supplier: bool = False
    sales_terms: PaymentTerms | None = None
    bill_terms: PaymentTerms | None = None
    merged_into: str = ""
    record_ref: str = ""
    updated_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class NewParty:
    """What is copied into the accounting system when a party is made from a CRM record.

    `record_ref` is the record's own id (at most 50 characters), sent only with `Capability.PARTY_RECORD_REF` and where
    the admin allows it.
    """

    name: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    tax_number: str = ""
    address: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    record_ref: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a document. `amount` is after discount, tax in or out as the document's `amounts_are` says."""

    description: str
    quantity: Decimal = Decimal(1)
    unit_price: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    item: str = ""
    account: str = ""
    tax_rate: str = ""
    tracking: tuple[tuple[str, str], ...] = ()
    id: str = ""
    discount_amount: Decimal = Decimal(0)  # money off instead of per cent: the core keeps what is there, and makes none


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that settled a document, in the document's currency. `kind`: payment, credit, overpayment, prepayment.

    `reference` is what tells it from others: the payment's reference, or the number of the credit note.
    """

    date: dt.date
    amount: Decimal
    kind: str = "payment"
    id: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of a document's history in the accounting system: when (aware), who, what was done, in what words."""

    at: dt.datetime
    deed: str
    by: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A document as last seen in the accounting system; all amounts in `currency`, `total` with tax.

    `rate` is what one unit of `currency` is worth in the organisation's base currency (base = amount × rate);
    None where the provider gave none. `amount_due` of a credit is what is left of it. `lines` is None where a
    list came without lines. `vendor_status` is the provider's own word.
    """

    ref: Ref
    kind: DocumentKind
    party_id: str
    party_name: str
    number: str
    status: DocumentStatus
    date: dt.date
    currency: str
    total: Decimal
    tax: Decimal
    amount_due: Decimal
    vendor_status: str = ""
    reference: str = ""
    due_date: dt.date | None = None
    amount_paid: Decimal = Decimal(0)
    amount_credited: Decimal = Decimal(0)
    rate: Decimal | None = None
    fully_paid_on: dt.date | None = None
    amounts_are: AmountsAre = AmountsAre.EXCLUSIVE
    lines: tuple[Line, ...] | None = None
    payments: tuple[Payment, ...] = ()
    updated_at: dt.datetime | None = None
    source_url: str = ""


@dataclass(frozen=True, slots=True)
class DocumentQuery:
    """What a person looks for: words in the number or the reference, dates (both ends in), kinds.

    `party_id` narrows to one party; `cursor` is opaque and comes from the page before.
    """

    text: str = ""
    kinds: frozenset[DocumentKind] = frozenset()
    date_from: dt.date | None = None
    date_to: dt.date | None = None
    party_id: str = ""
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of a list and where the rest is: `cursor` is opaque, None at the end."""

    items: Sequence[T]
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A party or a document that changed, as it is now."""

    party: Party | None = None
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a list of the organisation. `id` goes into a draft; `label` is for people.

    `rate` (per cent) belongs to a tax rate; `price`, `account`, `tax_rate` and `description` to an item;
    `tax_rate` of an account is its default; `group` names the tracking category; `active` is False for what
    may no longer be used; `for_sales` is False for what may not stand on a sales invoice.
    """

    kind: ChoiceKind
    id: str
    label: str
    active: bool = True
    for_sales: bool = True
    code: str = ""
    description: str = ""
    rate: Decimal | None = None
    price: Decimal | None = None
    account: str = ""
    tax_rate: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class NewDocument:
    """An invoice draft as a person typed it. Tax amounts are not sent: the provider computes them.

    `mark_url` is the address of the CRM record with our key in it: shown in the accounting system as a link
    back, and by which a document whose answer was lost is found again.
    """

    party_id: str
    date: dt.date
    due_date: dt.date | None
    currency: str
    amounts_are: AmountsAre
    lines: tuple[Line, ...]
    reference: str = ""
    theme: str = ""
    mark_url: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing a provider refused: the field of ours it belongs to ("" for the whole) and its own words.

    Fields: party, date, due_date, reference, currency, amounts_are, theme, name, email …, and for lines
    ``lines.0.account`` (counted from zero).
    """

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Grant:
    """What an authoriser got: tokens and how long they hold. Lives encrypted in the core's database.

    `lapses_at` is when the grant dies if nobody uses it (None: it does not). `extra` is opaque to the core.
    """

    access_token: str = field(repr=False)
    expires_at: dt.datetime
    refresh_token: str = field(default="", repr=False)
    scopes: tuple[str, ...] = ()
    lapses_at: dt.datetime | None = None
    extra: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission that a way to connect may ask for: the vendor's word for it, and why, in a plain sentence.

    `optional` ones are asked for only where the admin wants what they are for; `key` names the wish in a form and
    says in a word what is allowed. `within`: a wider permission that holds this one as well.
    """

    scope: str
    why: str
    key: str = ""
    optional: bool = False
    within: str = ""


@dataclass(frozen=True, slots=True)
class Authorization:
    """Where the browser is sent to consent, and what is kept (encrypted, server side) until it comes back."""

    url: str
    kept: tuple[tuple[str, str], ...] = field(default=(), repr=False)
