"""What is held of the provider's, when things are told in another order than they happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core import ManualClock
from core.accounting import snapshot
from core.accounting.codec import to_json
from core.accounting.models import Connection, DocumentRow, LineRow, PartyRow, PaymentRow
from core.contract.values import Document, DocumentKind, DocumentStatus, Line, Organisation, Party, Payment, Ref
from core.services import Services

FIRST = Document(
    ref=Ref("d1", "1"),
    kind=DocumentKind.SALES_INVOICE,
    party_id="p1",
    party_name="Harbour",
    number="INV-1",
    status=DocumentStatus.DRAFT,
    date=date(2026, 11, 1),
    currency="NZD",
    total=Decimal(100),
    tax=Decimal(0),
    amount_due=Decimal(100),
    lines=(),
)
LINES = (Line("Coffee", Decimal(1), Decimal(60)), Line("Tea", Decimal(1), Decimal(40)))


@pytest.fixture
def connection(services: Services, clock: ManualClock) -> int:
    with services.db.begin() as session:
        organisation = to_json(Organisation("o", "Books"))
        made = Connection(
            provider="p", organisation_id="o", organisation=organisation, name="Books", connected_at=clock.now()
        )
        session.add(made)
        session.flush()
        return int(made.id)


def save(services: Services, connection: int, told: Document, now: datetime) -> tuple[DocumentRow, int, int]:
    """Save one document; what is held then, and of how many lines and payments."""
    with services.db.begin() as session:
        snapshot.save_documents(session, connection, [told], now)
    with services.db.read() as session:
        parts = [session.scalar(select(func.count()).select_from(table)) or 0 for table in (LineRow, PaymentRow)]
        return session.scalars(select(DocumentRow)).one(), parts[0], parts[1]


def test_a_copy_that_was_asked_for_before_a_newer_one_was_held_changes_nothing(
    services: Services, connection: int, clock: ManualClock
) -> None:
    """A refresh asked, somebody here changed the draft, and then the answer of the refresh is kept."""
    old = replace(FIRST, updated_at=clock.now())
    paid = (Payment(date(2026, 11, 2), Decimal(40)),)
    new = replace(FIRST, ref=Ref("d1", "2"), total=Decimal(90), lines=LINES, payments=paid)
    new = replace(new, updated_at=clock.advance(seconds=1))
    save(services, connection, new, clock.now())
    for begun in (clock.advance(seconds=5), clock.now() - timedelta(minutes=5)):
        row, lines, payments = save(services, connection, old, begun)
        assert (row.total, row.version, lines, payments) == (Decimal(90), "2", 2, 1)
    tomorrow = clock.advance(timedelta(days=1))
    row, lines, payments = save(services, connection, old, tomorrow)
    assert (row.total, row.seen_at, payments) == (Decimal(100), tomorrow, 0), "what is told then is what there is"


@pytest.mark.parametrize("moves", [timedelta(0), timedelta(seconds=1), None])
def test_what_is_told_of_the_same_moment_or_of_none_is_taken(
    services: Services, connection: int, clock: ManualClock, moves: timedelta | None
) -> None:
    """A payment need not move a document's own moment; and some systems tell none."""
    save(services, connection, replace(FIRST, updated_at=clock.now()), clock.now())
    moment = None if moves is None else clock.now() + moves
    told = replace(FIRST, amount_due=Decimal(60), payments=(Payment(date(2026, 11, 2), Decimal(40)),))
    row, _, payments = save(services, connection, replace(told, updated_at=moment), clock.now())
    assert (row.amount_due, payments) == (Decimal(60), 1)
    row, _, payments = save(services, connection, FIRST, clock.now())
    assert (row.amount_due, payments) == (Decimal(100), 0)


def test_of_parties_too_the_newer_copy_stays_and_the_others_are_taken(
    services: Services, connection: int, clock: ManualClock
) -> None:
    old, new = clock.now(), clock.now() + timedelta(seconds=1)
    with services.db.begin() as session:
        held = [Party(Ref("p1"), "New name", updated_at=new), Party(Ref("p2"), "Old", updated_at=old)]
        snapshot.save_parties(session, connection, held, new)
        told = [Party(Ref("p1"), "Old name", updated_at=old), Party(Ref("p2"), "New", updated_at=new)]
        snapshot.save_parties(session, connection, [*told, Party(Ref("p3"), "Third")], new)
    with services.db.read() as session:
        assert session.scalars(select(PartyRow.name).order_by(PartyRow.party_id)).all() == ["New name", "New", "Third"]
