"""Money that came in, by the day it came: payments of sales invoices and what was paid in advance, less what went back.

Use of a credit note, an over- or a prepayment moves no money: an advance counts on the day it was received.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from core.accounting.models import DocumentRow, PaymentRow
from core.accounting.rules import ADVANCES, AUTHORISED, CREDIT, PAID, SALE, ZERO
from core.accounting.snapshot import MONEY

STANDING = DocumentRow.status.in_((AUTHORISED, PAID))


@dataclass(frozen=True)
class LastPayment:
    """What came in on the last day on which anything did, by currency, the base currency first."""

    day: date
    amounts: tuple[tuple[str, Decimal], ...]


def last_payment(session: Session, whose: ColumnElement[bool], currency: str, today: date) -> LastPayment | None:
    """The last payment of a customer; None where none is known."""
    last = _last_day(session, whose, today)
    if last is None:
        return None
    found: dict[str, Decimal] = {}
    for code, amount in [
        *_settled(session, whose, PaymentRow.date == last, DocumentRow.last_paid_on >= last, kinds=(SALE,)),
        *_advances(session, whose, DocumentRow.date == last),
    ]:
        found[code[1]] = found.get(code[1], ZERO) + amount
    amounts = sorted(found.items(), key=lambda one: (one[0] != currency, one[0]))
    return LastPayment(last, tuple(amounts)) if amounts else None


def _last_day(session: Session, whose: ColumnElement[bool], today: date) -> date | None:
    """The last day up to today on which money came in."""
    came = case((DocumentRow.kind == SALE, DocumentRow.last_paid_on), else_=DocumentRow.date)
    incoming = (whose, DocumentRow.kind.in_((SALE, *ADVANCES)), STANDING)
    known = session.scalar(select(func.max(came)).where(*incoming, came <= today))
    # An invoice with a payment dated ahead may have earlier ones, which its row does not tell.
    ahead = (whose, DocumentRow.kind == SALE, STANDING, DocumentRow.last_paid_on > today)
    before = session.scalar(
        select(func.max(PaymentRow.date))
        .join(DocumentRow, PaymentRow.document == DocumentRow.id)
        .where(*ahead, PaymentRow.kind == MONEY, PaymentRow.date <= today)
    )
    return max((day for day in (known, before) if day is not None), default=None)


def received(
    session: Session, whose: ColumnElement[bool], currency: str, since: date, until: date
) -> Mapping[date, Decimal]:
    """Money received in one currency by day, both ends in; what was paid back is taken off on its own day."""
    of_currency = DocumentRow.currency == currency
    kinds = (SALE, CREDIT, *ADVANCES)
    days = PaymentRow.date.between(since, until)
    found: dict[date, Decimal] = {}
    for (day, _), amount in [
        *_settled(session, whose, of_currency, days, DocumentRow.last_paid_on >= since, kinds=kinds),
        *_advances(session, whose, of_currency, DocumentRow.date.between(since, until)),
    ]:
        found[day] = found.get(day, ZERO) + amount
    return found


def _settled(
    session: Session, whose: ColumnElement[bool], *conditions: ColumnElement[bool], kinds: tuple[str, ...]
) -> list[tuple[tuple[date, str], Decimal]]:
    """Payments by day and currency: of invoices added, of credits (money that went back) taken off."""
    signed = case((DocumentRow.kind == SALE, PaymentRow.amount), else_=-PaymentRow.amount)
    rows: Any = session.execute(
        select(PaymentRow.date, DocumentRow.currency, func.sum(signed))
        .join(DocumentRow, PaymentRow.document == DocumentRow.id)
        .where(whose, DocumentRow.kind.in_(kinds), STANDING, PaymentRow.kind == MONEY, *conditions)
        .group_by(PaymentRow.date, DocumentRow.currency)
    )
    return [((day, code), amount) for day, code, amount in rows]


def _advances(
    session: Session, whose: ColumnElement[bool], *conditions: ColumnElement[bool]
) -> list[tuple[tuple[date, str], Decimal]]:
    """Over- and prepayments by the day they came in."""
    rows: Any = session.execute(
        select(DocumentRow.date, DocumentRow.currency, func.sum(DocumentRow.total))
        .where(whose, DocumentRow.kind.in_(ADVANCES), STANDING, *conditions)
        .group_by(DocumentRow.date, DocumentRow.currency)
    )
    return [((day, code), amount) for day, code, amount in rows]
