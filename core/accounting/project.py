"""The figures of an opportunity or a project, over the documents linked to it alone: billed so far, the ladder."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from core.accounting.models import DocumentRow
from core.accounting.rules import AUTHORISED, BILL, BILL_CREDIT, CREDIT, DRAFT, PAID, SALE, SUBMITTED, ZERO
from core.formats import decimals

BILLED = (SUBMITTED, AUTHORISED, PAID)


@dataclass(frozen=True)
class Billed:
    """Billed so far, in `currency`, without tax: sales and bills less their credit notes, and the ladder's steps.

    `drafted` counts drafts and what awaits approval, `approved` what is approved or paid, both less credit notes.
    `paid` is the money received on approved and paid sales invoices less what was paid back on their credit notes,
    without the tax in it, document by document to the currency's smallest amount. `elsewhere` counts sales invoices and
    credit notes in other currencies.
    """

    currency: str
    sales: Decimal
    bills: Decimal
    drafted: Decimal
    approved: Decimal
    paid: Decimal
    elsewhere: int = 0

    @property
    def net(self) -> Decimal:
        """What is left of sales after bills."""
        return self.sales - self.bills

    def still_to_bill(self, agreed: Decimal) -> Decimal:
        """What neither approved nor drafted documents hold of what was agreed; below zero for more than agreed."""
        return agreed - self.approved - self.drafted


def billed(session: Session, whose: ColumnElement[bool], currency: str) -> Billed:
    """The sums over the documents that `whose` picks; other currencies are left out."""
    rows = session.execute(
        select(DocumentRow.kind, DocumentRow.status, func.sum(DocumentRow.total), func.sum(DocumentRow.tax))
        .where(whose, DocumentRow.currency == currency)
        .group_by(DocumentRow.kind, DocumentRow.status)
    ).all()
    sums = {(kind, state): total - tax for kind, state, total, tax in rows}

    def less(kind: str, credit: str, states: tuple[str, ...]) -> Decimal:
        gross = sum((sums.get((kind, state), ZERO) for state in states), ZERO)
        return gross - sum((sums.get((credit, state), ZERO) for state in states), ZERO)

    return Billed(
        currency=currency,
        sales=less(SALE, CREDIT, BILLED),
        bills=less(BILL, BILL_CREDIT, BILLED),
        drafted=less(SALE, CREDIT, (DRAFT, SUBMITTED)),
        approved=less(SALE, CREDIT, (AUTHORISED, PAID)),
        paid=_received(session, whose, currency),
        elsewhere=_elsewhere(session, whose, currency),
    )


def agreed_for(record: Any) -> Decimal | None:
    """What a record's documents are measured by, without tax: an opportunity's amount, a project's budget."""
    agreed: Decimal | None = getattr(record, "amount", None) if record.kind == "opportunities" else None
    return record.budget if record.kind == "projects" else agreed


def _elsewhere(session: Session, whose: ColumnElement[bool], currency: str) -> int:
    mine = (whose, DocumentRow.currency != currency, DocumentRow.kind.in_((SALE, CREDIT)))
    states = DocumentRow.status.in_((DRAFT, *BILLED))
    return session.scalar(select(func.count()).select_from(DocumentRow).where(*mine, states)) or 0


def _received(session: Session, whose: ColumnElement[bool], currency: str) -> Decimal:
    """Money received on sales less money paid back, without tax, document by document."""
    rows = session.execute(
        select(DocumentRow.kind, DocumentRow.amount_paid, DocumentRow.total, DocumentRow.tax).where(
            whose,
            DocumentRow.currency == currency,
            DocumentRow.kind.in_((SALE, CREDIT)),
            DocumentRow.status.in_((AUTHORISED, PAID)),
            DocumentRow.amount_paid != 0,
            DocumentRow.total != 0,
        )
    )
    shares = ((kind, _share(paid, total, tax, currency)) for kind, paid, total, tax in rows)
    return sum((share if kind == SALE else -share for kind, share in shares), ZERO)


def _share(paid: Decimal, total: Decimal, tax: Decimal, currency: str) -> Decimal:
    """The part of a payment that is not tax, rounded half up to the currency's smallest amount; all of it exactly."""
    if paid == total:
        return total - tax
    return (paid * (total - tax) / total).quantize(Decimal(1).scaleb(-decimals(currency)), ROUND_HALF_UP)
