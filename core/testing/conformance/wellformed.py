"""What must hold for every party, document and choice a provider gives: each rule broken is one plain sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from core.contract.values import (
    AmountsAre,
    Choice,
    ChoiceKind,
    Document,
    DocumentKind,
    DocumentStatus,
    Line,
    Party,
    PartyState,
)

_ISO = re.compile(r"^[A-Z]{3}$")
_INVOICES = (DocumentKind.SALES_INVOICE, DocumentKind.BILL)


def _is(value: object, kind: type) -> bool:
    """`isinstance` that the type checker does not reason about: a provider under test may give anything."""
    return isinstance(value, kind)


def is_currency(word: str) -> bool:
    """True for three capital letters, as ISO 4217 has them."""
    return _is(word, str) and bool(_ISO.match(word))


def party_complaints(party: Party) -> Iterator[str]:
    """What is wrong with a party."""
    who = f"party {party.ref.id!r}"
    if not party.ref.id or not _is(party.ref.id, str):
        yield f"{who} has no id: Ref.id is the id you take in get_party()"
    if not party.name.strip():
        yield f"{who} has no name: give a display name, made from first and last name or e-mail if need be"
    if not _is(party.state, PartyState):
        yield f"{who} has the state {party.state!r}: map it to PartyState.ACTIVE or ARCHIVED"
    if party.currency and not is_currency(party.currency):
        yield f"{who} has the currency {party.currency!r}: three capital letters (ISO 4217), or empty"
    if party.merged_into == party.ref.id:
        yield f"{who} is merged into itself: leave merged_into empty unless another party took its place"
    yield from _moment_complaints(who, party.updated_at)


def document_complaints(document: Document, base_currency: str) -> Iterator[str]:
    """What is wrong with a document of an organisation with that base currency."""
    what = f"{getattr(document.kind, 'name', document.kind)} {document.number or document.ref.id}"
    yield from _word_complaints(what, document)
    amounts = ("total", "tax", "amount_due", "amount_paid", "amount_credited")
    wrong = list(_amount_complaints(what, {name: getattr(document, name) for name in amounts}))
    yield from wrong
    if not wrong:
        yield from _sum_complaints(what, document)
    yield from _rate_complaints(what, document, base_currency)
    for name in ("date", "due_date", "fully_paid_on"):
        if _is(getattr(document, name), datetime):
            yield f"{what}: {name} is a datetime; a document's days are dates, without time or time zone"
    yield from _moment_complaints(what, document.updated_at)
    for line in document.lines or ():
        yield from _line_complaints(f"{what}, line {line.description[:20]!r}", line)
    for payment in document.payments:
        yield from _amount_complaints(f"{what}, payment {payment.id}", {"amount": payment.amount})


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
    if choice.kind is not kind:
        yield f"{what} says it is a {choice.kind!r}: set Choice.kind to the kind that was asked for"
    if not choice.id:
        yield f"{what} ({choice.label}) has no id: it is what goes into a draft"
    if not choice.label.strip():
        yield f"{what} has no label: people choose by it"
    if kind is ChoiceKind.TAX_RATE and choice.active and not _is(choice.rate, Decimal):
        yield f"{what} has the rate {choice.rate!r}: a tax rate needs its per cent as a Decimal (8.25, not 0.0825)"
    if kind is ChoiceKind.CURRENCY and not is_currency(choice.id):
        yield f"{what}: the id of a currency is its ISO 4217 code"
    if kind is ChoiceKind.TRACKING and not choice.group:
        yield f"{what} has no group: it names the tracking category"
    if choice.price is not None and not _is(choice.price, Decimal):
        yield f"{what} has the price {choice.price!r}: make it a Decimal from the text of the answer"


def _word_complaints(what: str, document: Document) -> Iterator[str]:
    if not document.ref.id:
        yield f"{what} has no id: Ref.id is what get_documents() takes"
    if not _is(document.kind, DocumentKind):
        yield f"{what}: kind must be a DocumentKind"
    if not _is(document.status, DocumentStatus):
        yield f"{what} has the status {document.status!r}: map the words you do not know to DocumentStatus.UNKNOWN"
    if not document.vendor_status:
        yield f"{what} has no vendor_status: keep the system's own word beside ours"
    if not document.party_id or not document.party_name:
        yield f"{what} does not say whose it is: fill party_id and party_name"
    if not is_currency(document.currency):
        yield f"{what} has the currency {document.currency!r}: three capital letters (ISO 4217)"


def _amount_complaints(what: str, amounts: dict[str, Decimal]) -> Iterator[str]:
    for name, amount in amounts.items():
        if not _is(amount, Decimal):
            yield f"{what}: {name} is {amount!r}; money is a Decimal, made from the text of the answer, never a float"
        elif not amount.is_finite():
            yield f"{what}: {name} is {amount}, which is no amount"
        elif _decimals(amount) > 4:
            yield f"{what}: {name} is {amount}; at most four decimals. A float on the way makes such tails"


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


def _rate_complaints(what: str, document: Document, base_currency: str) -> Iterator[str]:
    rate = document.rate
    if rate is None:
        return
    if not _is(rate, Decimal) or not rate.is_finite() or rate <= 0:
        yield f"{what}: rate is {rate!r}; a positive Decimal, or None where the system gave none"
    elif document.currency == base_currency and rate != 1:
        yield f"{what}: rate is {rate} for a document in the base currency; it is 1 or None"


def _line_complaints(what: str, line: Line) -> Iterator[str]:
    yield from _amount_complaints(what, {"amount": line.amount, "tax": line.tax, "unit_price": line.unit_price})
    for name in ("quantity", "discount"):
        if not _is(getattr(line, name), Decimal):
            yield f"{what}: {name} is {getattr(line, name)!r}; make it a Decimal"


def _moment_complaints(what: str, moment: datetime | None) -> Iterator[str]:
    if moment is not None and moment.utcoffset() != timedelta(0):
        yield f"{what}: updated_at is {moment!r}; moments are aware datetimes in UTC"


def _decimals(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
