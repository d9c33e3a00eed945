"""The figures of the whole demo company, computed a second time from the sandbox's raw JSON, to the cent."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from zoneinfo import ZoneInfo

import httpx2
import pytest
from sqlalchemy import and_, select

from core import ManualClock
from core.accounting.charts import charts
from core.accounting.connections import today
from core.accounting.linking import link_party
from core.accounting.models import Connection, DocumentRow, PartyRow
from core.accounting.overview import figures
from core.accounting.payments import last_payment
from core.records.models import Organization
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.story.conftest import Connect
from tests.story.raw import Raw, as_told, independent, read_raw, received

pytestmark = pytest.mark.slow  # walks through pages


@pytest.fixture
def raw(sandbox: Sandbox, http: httpx2.Client) -> dict[str, list[Raw]]:
    return read_raw(http)


def link_everybody(services: Services, clock: ManualClock) -> tuple[Connection, list[str]]:
    """Link every contact of the books to one record and read their documents; the connection, and their ids."""
    with services.db.begin() as session:
        connection = session.scalars(select(Connection).where(Connection.provider == "xero")).one()
        record = Organization(name="Everybody", created_at=clock.now(), changed_at=clock.now())
        session.add(record)
        session.flush()
        parties = list(session.scalars(select(PartyRow.party_id)))
        for party in parties:
            link_party(session, record, connection, party, user_id=1, now=clock.now())
    services.jobs.enqueue("accounting.refresh", connection_id=connection.id, party_ids=[])
    services.jobs.drain()
    return connection, parties


def test_every_figure_of_every_party_is_what_the_raw_documents_say(
    connect: Connect, services: Services, clock: ManualClock, raw: dict[str, list[Raw]]
) -> None:
    connect()
    connection, parties = link_everybody(services, clock)
    now = today(connection, clock)
    assert now == clock.now().astimezone(ZoneInfo("Pacific/Auckland")).date()
    assert len(parties) >= 60
    seen = 0
    with services.db.read() as session:
        for party in parties:
            mine = and_(DocumentRow.connection_id == connection.id, DocumentRow.party_id == party)
            ours = as_told(figures(session, mine, "NZD", now))
            theirs = {name: value for name, value in independent(raw, party, now).items() if value}
            assert ours == theirs, party
            seen += len(ours)
    assert seen > 150, "the demo company has too little life in it to prove anything"


def test_what_was_paid_ahead_and_used_up_before_connecting_counts_on_the_day_it_came(
    sandbox: Sandbox, http: httpx2.Client, connect: Connect, services: Services, clock: ManualClock
) -> None:
    for table, key in (("Overpayments", "OverpaymentID"), ("Prepayments", "PrepaymentID")):
        invoice = next(
            one
            for one in sandbox.records("Invoices")
            if (one["Type"], one["Status"], one["AmountPaid"], one["CurrencyCode"])
            == ("ACCREC", "AUTHORISED", 0, "NZD")
        )
        held = sandbox.deeds.receive(invoice["Contact"]["ContactID"], Decimal(invoice["AmountDue"]), table)
        sandbox.deeds.apply(table, held[key], invoice["InvoiceID"], Decimal(invoice["AmountDue"]))
        assert next(one for one in sandbox.records(table) if one[key] == held[key])["Status"] == "PAID"
    raw = read_raw(http)
    connect()
    connection, parties = link_everybody(services, clock)
    now, seen = today(connection, clock), 0
    with services.db.read() as session:
        for party in parties:
            mine = and_(DocumentRow.connection_id == connection.id, DocumentRow.party_id == party)
            drawn = charts(session, mine, figures(session, mine, "NZD", now)).months
            theirs = Counter[tuple[int, int]]()
            money = [one for one in received(raw, party) if one[0] <= now]
            for day, amount, _ in money:
                theirs[day.year, day.month] += amount  # type: ignore[assignment]
            assert [one.paid for one in drawn] == [theirs[one.year, one.month] for one in drawn], party
            last = last_payment(session, mine & (DocumentRow.currency == "NZD"), "NZD", now)
            assert (last.day if last else None) == max((day for day, _, came in money if came), default=None), party
            seen += sum(one.paid != 0 for one in drawn)
    assert seen > 50
