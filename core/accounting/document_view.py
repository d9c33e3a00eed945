"""One document as it is shown: its lines with the names of their codes, what settled it, and who else it belongs to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import formats
from core.accounting.models import Choices, DocumentLink, DocumentRow, LineRow, PaymentRow
from core.contract.values import AmountsAre, ChoiceKind, DocumentKind
from core.records.models import MODELS, Record

AMOUNTS = {
    AmountsAre.EXCLUSIVE.value: "Prices and amounts of the lines are without tax",
    AmountsAre.INCLUSIVE.value: "Prices and amounts of the lines are with tax",
    AmountsAre.NO_TAX.value: "There is no tax on it",
}
_NAMED = (ChoiceKind.ITEM, ChoiceKind.ACCOUNT, ChoiceKind.TAX_RATE)
_SETTLED = {
    "payment": "Payment",
    "credit": "Credit note",
    "overpayment": "Overpayment",
    "prepayment": "Prepayment",
}


@dataclass(frozen=True)
class ShownLine:
    """A line in words: item, account and tax rate by their names where these are known, else by their codes.

    `discount` is a text: per cent, or money.
    """

    description: str
    item: str
    account: str
    tax_rate: str
    tracking: str
    quantity: Decimal
    unit_price: Decimal
    discount: str
    amount: Decimal
    tax: Decimal

    @property
    def is_text(self) -> bool:
        """Whether it is only a text: no quantity, no amount."""
        return not self.quantity and not self.amount


@dataclass(frozen=True)
class Settlement:
    """What settled a document, or what a credit was used for: in words, when, by how much, and its number."""

    words: str
    date: date
    amount: Decimal
    reference: str


@dataclass(frozen=True)
class Inside:
    """What a document unfolds to.

    `elsewhere`: the other records it is linked to; `amounts_are` says whether the lines hold tax; `columns` is which of
    item, discount, tax_rate, account and tracking some line has.
    """

    lines: Sequence[ShownLine]
    settled: Sequence[Settlement]
    elsewhere: Sequence[Record]
    amounts_are: str
    columns: frozenset[str]


def insides(
    session: Session, connection_id: int, documents: Collection[DocumentRow], record: Any
) -> Mapping[int, Inside]:
    """What documents of one connection unfold to, by the row's id, as shown on `record`'s page."""
    if not documents:
        return {}
    names = _names(session, connection_id)
    elsewhere = records_of(session, connection_id, [one.document_id for one in documents])
    return {
        one.id: _inside(one, names, [each for each in elsewhere.get(one.document_id, ()) if not _same(each, record)])
        for one in documents
    }


def _inside(document: DocumentRow, names: Mapping[tuple[str, str], str], elsewhere: Sequence[Record]) -> Inside:
    lines = [_line(one, names, document.currency) for one in document.lines]
    columns = ("item", "discount", "tax_rate", "account", "tracking")
    filled = frozenset(name for name in columns if any(getattr(line, name) for line in lines))
    settled = [_settlement(one, document) for one in document.payments]
    return Inside(lines, settled, elsewhere, AMOUNTS.get(document.amounts_are, ""), filled)


def _line(line: LineRow, names: Mapping[tuple[str, str], str], currency: str) -> ShownLine:
    def name(kind: ChoiceKind, code: str) -> str:
        return names.get((kind.value, code), code)

    return ShownLine(
        description=line.description,
        item=name(ChoiceKind.ITEM, line.item),
        account=name(ChoiceKind.ACCOUNT, line.account),
        tax_rate=name(ChoiceKind.TAX_RATE, line.tax_rate),
        tracking=", ".join(f"{group}: {option}" for group, option in line.tracking),
        quantity=line.quantity,
        unit_price=line.unit_price,
        discount=f"{formats.number(line.discount)} %" if line.discount else _money_off(line, currency),
        amount=line.amount,
        tax=line.tax,
    )


def _money_off(line: LineRow, currency: str) -> str:
    return formats.amount(line.discount_amount, currency) if line.discount_amount else ""


def _names(session: Session, connection_id: int) -> dict[tuple[str, str], str]:
    """The names of the organisation's items, accounts and tax rates: (kind, code) → name."""
    kinds = [kind.value for kind in _NAMED]
    rows = session.execute(
        select(Choices.kind, Choices.data).where(Choices.connection_id == connection_id, Choices.kind.in_(kinds))
    ).all()
    return {(row[0], one["id"]): one["label"] for row in rows for one in row[1]}


def _settlement(payment: PaymentRow, document: DocumentRow) -> Settlement:
    """A credit that went to an invoice is told from both sides: on the invoice as what settled it."""
    words = _SETTLED.get(payment.kind, payment.kind.capitalize())
    if document.is_credit:
        words = "Refund" if payment.kind == "payment" else "Used for"
    elif document.kind == DocumentKind.BILL.value and payment.kind == "credit":
        words = "Supplier credit"
    return Settlement(words, payment.date, payment.amount, payment.reference)


def records_of(session: Session, connection_id: int, document_ids: Collection[str]) -> Mapping[str, list[Record]]:
    """The records that each of these documents is linked to, by the document's id, oldest link first."""
    mine = (DocumentLink.connection_id == connection_id, DocumentLink.document_id.in_(document_ids))
    links = session.scalars(select(DocumentLink).where(*mine).order_by(DocumentLink.id)).all()
    records: dict[tuple[str, int], Record] = {}
    for kind in {link.kind for link in links}:
        model: Any = MODELS[kind]
        ids = {link.record_id for link in links if link.kind == kind}
        records |= {(kind, one.id): one for one in session.scalars(select(model).where(model.id.in_(ids)))}
    found: dict[str, list[Record]] = {}
    for link in links:
        if record := records.get((link.kind, link.record_id)):
            found.setdefault(link.document_id, []).append(record)
    return found


def _same(one: Record, other: Any) -> bool:
    return (one.kind, one.id) == (other.kind, other.id)
