"""Xero's words and the core's: from Xero's JSON shapes to values. No network.

Amounts are in the document's currency, tax in or out as its `amounts_are` says. A contact's `Balances` are never
read: they are raw and not converted. A total that makes no sense raises `ValueError`; a document that only lacks what
it can do without is told without it.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from core import (
    AmountsAre,
    Document,
    DocumentKind,
    DocumentStatus,
    HistoryEntry,
    Line,
    Organisation,
    Party,
    PartyState,
    Payment,
    PaymentTerms,
    Ref,
    TermsKind,
)
from plugins.xero import structs
from plugins.xero.literals import (
    amount,
    clean,
    day,
    four_decimals,
    rate,
    readable_day,
    readable_moment,
    readable_number,
)
from plugins.xero.timezones import iana_name

log = logging.getLogger(__name__)

ZERO = Decimal(0)

KINDS = {
    "ACCREC": DocumentKind.SALES_INVOICE,
    "ACCPAY": DocumentKind.BILL,
    "ACCRECCREDIT": DocumentKind.SALES_CREDIT_NOTE,
    "ACCPAYCREDIT": DocumentKind.BILL_CREDIT_NOTE,
    "RECEIVE-OVERPAYMENT": DocumentKind.OVERPAYMENT,
    "AROVERPAYMENT": DocumentKind.OVERPAYMENT,
    "RECEIVE-PREPAYMENT": DocumentKind.PREPAYMENT,
    "ARPREPAYMENT": DocumentKind.PREPAYMENT,
}
STATUSES = {
    "DRAFT": DocumentStatus.DRAFT,
    "SUBMITTED": DocumentStatus.SUBMITTED,
    "AUTHORISED": DocumentStatus.AUTHORISED,
    "PAID": DocumentStatus.PAID,
    "VOIDED": DocumentStatus.VOIDED,
    "DELETED": DocumentStatus.DELETED,
}
TERMS = {
    "DAYSAFTERBILLDATE": TermsKind.DAYS_AFTER_DATE,
    "DAYSAFTERBILLMONTH": TermsKind.DAYS_AFTER_MONTH_END,
    "OFCURRENTMONTH": TermsKind.DAY_OF_THIS_MONTH,
    "OFFOLLOWINGMONTH": TermsKind.DAY_OF_NEXT_MONTH,
}
AMOUNTS_ARE = {
    "Exclusive": AmountsAre.EXCLUSIVE,
    "Inclusive": AmountsAre.INCLUSIVE,
    "NoTax": AmountsAre.NO_TAX,
}
_OPEN = ("DRAFT", "SUBMITTED", "AUTHORISED")
_PHONES = ("DEFAULT", "MOBILE", "DDI", "OFFICE")
_KEEP_THE_ZERO = frozenset(
    {"+39", "+378", "+379"}
)  # in Italy it is a part of the number (ITU-T E.164, Operational Bulletin)


def organisation(told: structs.Organisation, known: Organisation) -> Organisation:
    """The organisation as it is now; the tenant's id and the connection's are kept from what is known.

    `lock_date` is the later of the two that Xero has: neither lets a document dated up to it be approved.
    """
    locks = [day(told.period_lock_date), day(told.end_of_year_lock_date)]
    extra = dict(known.extra)
    if told.short_code:
        extra["short_code"] = told.short_code
    sales, bills = _both_terms(told.payment_terms)
    return Organisation(
        id=known.id,
        name=told.name,
        base_currency=told.base_currency,
        timezone=iana_name(told.timezone),
        connection_ref=known.connection_ref,
        country=told.country_code or "",
        own_id=told.organisation_id,
        sales_terms=sales,
        bill_terms=bills,
        lock_date=max((lock for lock in locks if lock), default=None),
        extra=tuple(sorted(extra.items())),
    )


def party(told: structs.Contact) -> Party:
    """A contact. One that is archived, or that asked to be forgotten, may not be used for new documents."""
    place = postal(told)
    sales, bills = _both_terms(told.payment_terms)
    return Party(
        ref=Ref(told.contact_id, told.updated_date_utc or ""),
        name=told.name or "",
        state=PartyState.ACTIVE if told.contact_status in ("ACTIVE", "", None) else PartyState.ARCHIVED,
        first_name=told.first_name or "",
        last_name=told.last_name or "",
        email=told.email_address or "",
        phone=_phone(told.phones or ()),
        tax_number=told.tax_number or "",
        address="\n".join(address_lines(place)),
        city=place.city or "",
        region=place.region or "",
        postal_code=place.postal_code or "",
        country=place.country or "",
        currency=told.default_currency or "",
        is_customer=bool(told.is_customer),
        is_supplier=bool(told.is_supplier),
        sales_terms=sales,
        bill_terms=bills,
        merged_into=clean(told.merged_to_contact_id),
        record_ref=told.contact_number or "",
        updated_at=readable_moment(told.updated_date_utc),
    )


def postal(told: structs.Contact) -> structs.Address:
    """The address that Xero prints on invoices (POBOX); the street address where that one is empty."""
    by_type = {address.address_type: address for address in told.addresses or ()}
    found = [by_type[name] for name in ("POBOX", "STREET") if name in by_type]
    return next((address for address in found if _is_filled(address)), structs.Address())


def address_lines(address: structs.Address) -> list[str]:
    """The filled ones of an address' four lines."""
    lines = (address.address_line1, address.address_line2, address.address_line3, address.address_line4)
    return [line for line in lines if line]


def _is_filled(address: structs.Address) -> bool:
    return bool(address_lines(address) or address.city or address.region or address.postal_code or address.country)


def _phone(phones: Iterable[structs.Phone]) -> str:
    """The first number there is, with its country; without the 0 before the area that is dialled only at home."""
    numbers = {phone.phone_type: phone for phone in phones if phone.phone_number}
    found = next((numbers[name] for name in _PHONES if name in numbers), None)
    if found is None:
        return ""
    country = f"+{found.phone_country_code.lstrip('+')}" if found.phone_country_code else ""
    local = " ".join(part for part in (found.phone_area_code, found.phone_number) if part)
    if country and country not in _KEEP_THE_ZERO:
        local = local.removeprefix("0").strip()
    return f"{country} {local}".strip()


def _both_terms(told: structs.PaymentTerms | None) -> tuple[PaymentTerms | None, PaymentTerms | None]:
    """The terms of sales and of bills."""
    return (_terms(told.sales), _terms(told.bills)) if told else (None, None)


def _terms(told: structs.Term | None) -> PaymentTerms | None:
    kind = TERMS.get(told.type or "") if told else None
    if told is None or kind is None or told.day is None:
        return None
    return PaymentTerms(told.day, kind)


@dataclass(frozen=True, slots=True)
class _Settled:
    """What is left of a document, what was paid of it, what was credited, and by what."""

    due: Decimal
    paid: Decimal
    credited: Decimal
    by: tuple[Payment, ...]


def invoice(told: structs.Invoice, base_currency: str) -> Document | None:
    """A sales invoice or a bill; None for a type that is neither."""
    paid, credited = amount(told.amount_paid, ZERO), amount(told.amount_credited, ZERO)
    left = amount(told.total) - paid - credited if told.status in _OPEN else ZERO
    settled = _Settled(amount(told.amount_due, left), paid, credited, (*_payments(told), *_credits(told)))
    document = _document(told, base_currency, told.invoice_id, told.invoice_number, settled)
    return replace(document, source_url=told.url) if document and told.url else document


def credit_note(told: structs.CreditNote, base_currency: str) -> Document | None:
    """A credit note of either side; `amount_due` is what is left of it."""
    return _document(told, base_currency, told.credit_note_id, told.credit_note_number, _used(told))


def overpayment(told: structs.Overpayment, base_currency: str) -> Document | None:
    """A customer's overpayment; None for one to a supplier."""
    return _document(told, base_currency, told.overpayment_id, None, _used(told))


def prepayment(told: structs.Prepayment, base_currency: str) -> Document | None:
    """A customer's prepayment; None for one to a supplier."""
    return _document(told, base_currency, told.prepayment_id, told.invoice_number, _used(told))


def _used(told: structs.CreditBase) -> _Settled:
    """What was refunded of a credit and what was set against invoices."""
    parts = [part for part in told.allocations or () if not part.is_deleted]
    payments = tuple(_payments(told))
    allocated = sum((amount(part.amount) for part in parts), ZERO)
    paid = sum((payment.amount for payment in payments), ZERO)
    left = amount(told.total) - allocated - paid if told.status in _OPEN else ZERO
    dated = _dated(told)
    used = (_Part(part.allocation_id, part.date, part.amount, _number_of(part.invoice)) for part in parts)
    credits = _settlements(used, "credit", dated)
    return _Settled(amount(told.remaining_credit, left), paid, allocated, (*payments, *credits))


def _number_of(told: structs.AllocatedTo | None) -> str | None:
    return told.invoice_number if told else None


def _document(
    told: structs.DocumentBase, base_currency: str, ref: str, number: str | None, settled: _Settled
) -> Document | None:
    kind = KINDS.get(told.type)
    dated = _dated(told)
    if kind is None:
        return None
    if dated is None:
        log.warning("Xero's document %s is left out: it has no date", ref)
        return None
    contact = told.contact or structs.DocumentContact()
    return Document(
        ref=Ref(ref, told.updated_date_utc or ""),
        kind=kind,
        party_id=clean(contact.contact_id),
        party_name=contact.name or "",
        number=number or "",
        status=STATUSES.get(told.status, DocumentStatus.UNKNOWN),
        date=dated,
        currency=told.currency_code,
        total=amount(told.total),
        tax=amount(told.total_tax, None if told.sub_total is None else told.total - told.sub_total),
        amount_due=settled.due,
        vendor_status=told.status,
        reference=told.reference or "",
        due_date=readable_day(told.due_date_string, told.due_date),
        amount_paid=settled.paid,
        amount_credited=settled.credited,
        rate=rate(told.currency_code, base_currency, readable_number(bytes(told.currency_rate))),
        fully_paid_on=readable_day(told.fully_paid_on_date),
        amounts_are=AMOUNTS_ARE.get(told.line_amount_types or "", AmountsAre.EXCLUSIVE),
        lines=None if told.line_items is None else tuple(map(line, told.line_items)),
        payments=settled.by,
        updated_at=readable_moment(told.updated_date_utc),
    )


def _dated(told: structs.DocumentBase) -> dt.date | None:
    """The date of a document; where it has none that can be read, the day of its last change."""
    return readable_day(told.date_string, told.date, told.updated_date_utc)


def line(told: structs.LineItem) -> Line:
    """One line; a line that is only a text has a quantity of zero and no amount."""
    tracking = ((clean(entry.name), clean(entry.option)) for entry in told.tracking or ())
    return Line(
        description=told.description or "",
        quantity=four_decimals(told.quantity),
        unit_price=four_decimals(told.unit_amount),
        discount=amount(told.discount_rate, ZERO),
        amount=four_decimals(told.line_amount),
        tax=four_decimals(told.tax_amount),
        item=clean(told.item_code),
        account=clean(told.account_code),
        tax_rate=clean(told.tax_type),
        tracking=tuple((name, option) for name, option in tracking if name and option),
        id=clean(told.line_item_id),
        discount_amount=ZERO if told.discount_rate else four_decimals(told.discount_amount),
    )


def _payments(told: structs.DocumentBase) -> Iterator[Payment]:
    held = (part for part in told.payments or () if part.status != "DELETED")
    parts = (_Part(part.payment_id, part.date, part.amount, part.reference) for part in held)
    return _settlements(parts, "payment", _dated(told))


def _credits(told: structs.Invoice) -> Iterator[Payment]:
    """What settled an invoice beside payments; Xero gives the date of the credit, not of its use."""
    applied: tuple[tuple[str, list[structs.AppliedCredit] | None, Callable[[structs.AppliedCredit], str | None]], ...]
    applied = (
        ("credit", told.credit_notes, lambda part: part.credit_note_id),
        ("overpayment", told.overpayments, lambda part: part.overpayment_id),
        ("prepayment", told.prepayments, lambda part: part.prepayment_id),
    )
    for kind, parts, ident in applied:
        held = (
            _Part(ident(part), part.date, part.applied_amount or ZERO, part.credit_note_number or part.reference)
            for part in parts or ()
        )
        yield from _settlements(held, kind, _dated(told))


class _Part(NamedTuple):
    """One part of what settled a document, as Xero tells it."""

    ident: str | None
    date: str | None
    value: Decimal
    reference: str | None


def _settlements(parts: Iterable[_Part], kind: str, fallback: dt.date | None) -> Iterator[Payment]:
    for part in parts:
        if when := readable_day(part.date) or fallback:
            yield Payment(when, amount(part.value), kind, part.ident or "", part.reference or "")


def history(told: Iterable[structs.HistoryRecord]) -> list[HistoryEntry]:
    """The lines of a history; what has no moment that can be read has no place in it."""
    dated = ((readable_moment(one.date_utc), one) for one in told)
    return [
        HistoryEntry(at, one.changes or "Changed", one.user or "", one.details or "")
        for at, one in dated
        if at is not None
    ]
