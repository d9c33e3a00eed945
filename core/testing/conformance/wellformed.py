"""What must hold for every party, document and choice a provider gives: each rule broken is one plain sentence.

What the core itself refuses (`core.contract.wellformed`) comes first; then what it would take, and show wrongly.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from core.contract.values import AmountsAre, Choice, ChoiceKind, Document, DocumentKind, DocumentStatus, Party
from core.contract.wellformed import CURRENCY, fault

_INVOICES = (DocumentKind.SALES_INVOICE, DocumentKind.BILL)


def is_currency(word: str) -> bool:
    """True for three capital letters, as ISO 4217 has them."""
    return bool(CURRENCY.match(word))


def party_complaints(party: Party) -> Iterator[str]:
    """What is wrong with a party."""
    if wrong := fault(party, Party):
        yield wrong
        return
    who = f"party {party.ref.id!r}"
    if not party.name.strip():
        yield f"{who} has no name: give a display name, made from first and last name or e-mail if need be"
    if party.merged_into == party.ref.id:
        yield f"{who} is merged into itself: leave merged_into empty unless another party took its place"
    yield from _moment_complaints(who, party.updated_at)


def document_complaints(document: Document, base_currency: str) -> Iterator[str]:
    """What is wrong with a document of an organisation with that base currency."""
    if wrong := fault(document, Document):
        yield wrong
        return
    what = f"{document.kind.name} {document.number or document.ref.id}"
    if not document.vendor_status:
        yield f"{what} has no vendor_status: keep the system's own word beside ours"
    if not document.party_id or not document.party_name:
        yield f"{what} does not say whose it is: fill party_id and party_name"
    if document.currency == base_currency and document.rate not in (None, 1):
        yield f"{what}: rate is {document.rate} for a document in the base currency; it is 1 or None"
    yield from _sum_complaints(what, document)
    yield from _moment_complaints(what, document.updated_at)


def line_sum_complaints(document: Document) -> Iterator[str]:
    """What is wrong between the lines of a document and its total."""
    if document.lines is None or document.status in (DocumentStatus.VOIDED, DocumentStatus.DELETED):
        return
    what = f"{document.kind.name} {document.number or document.ref.id}"
    lines = sum((line.amount for line in document.lines), Decimal(0))
    wanted = document.total if document.amounts_are is AmountsAre.INCLUSIVE else document.total - document.tax
    if document.lines and lines != wanted:
        yield (
            f"{what}: the lines add up to {lines}, the document says {wanted} ({document.amounts_are.value}). "
            "Line.amount is after discount, with tax inside only when amounts_are is INCLUSIVE"
        )
    if document.amounts_are is AmountsAre.NO_TAX and document.tax:
        yield f"{what}: amounts_are is NO_TAX and tax is {document.tax}: one of them is mapped wrongly"


def choice_complaints(choice: Choice, kind: ChoiceKind) -> Iterator[str]:
    """What is wrong with an entry of a list of the organisation."""
    what = f"choices({kind.name}): {choice.id!r}"
    if wrong := fault(choice, Choice):
        yield f"choices({kind.name}): {wrong}"
        return
    if choice.kind is not kind:
        yield f"{what} says it is a {choice.kind!r}: set Choice.kind to the kind that was asked for"
    if not choice.label.strip():
        yield f"{what} has no label: people choose by it"
    if kind is ChoiceKind.TAX_RATE and choice.active and choice.rate is None:
        yield f"{what} has no rate: a tax rate needs its per cent as a Decimal (8.25, not 0.0825)"
    if kind is ChoiceKind.CURRENCY and not is_currency(choice.id):
        yield f"{what}: the id of a currency is its ISO 4217 code"
    if kind is ChoiceKind.TRACKING and not choice.group:
        yield f"{what} has no group: it names the tracking category"


def _sum_complaints(what: str, document: Document) -> Iterator[str]:
    settled = document.amount_paid + document.amount_credited
    if document.total < 0 or document.amount_due < 0:
        yield f"{what}: total {document.total}, due {document.amount_due}; credits are positive too, their kind says so"
    if document.status is DocumentStatus.PAID and document.amount_due:
        yield f"{what} is PAID and {document.amount_due} is due: AUTHORISED is the status of what is open"
    if document.kind not in _INVOICES or document.status not in (DocumentStatus.AUTHORISED, DocumentStatus.PAID):
        return
    if settled + document.amount_due != document.total:
        yield (
            f"{what}: paid {document.amount_paid} + credited {document.amount_credited} + due {document.amount_due} "
            f"is not the total {document.total}. All are in the document's currency, total and due with tax"
        )
    if document.status is DocumentStatus.PAID and document.total and document.fully_paid_on is None:
        yield f"{what} is PAID without fully_paid_on: days to pay are counted from it; give the last payment's date"


def _moment_complaints(what: str, moment: datetime | None) -> Iterator[str]:
    if moment is not None and moment.utcoffset() != timedelta(0):
        yield f"{what}: updated_at is {moment!r}; moments are aware datetimes in UTC"
