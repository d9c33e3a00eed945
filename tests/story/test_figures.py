"""The figures of the whole demo company, computed a second time from the sandbox's raw JSON, to the cent."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import httpx2
import pytest
from sqlalchemy import and_, select

from core import ManualClock
from core.accounting.connections import today
from core.accounting.linking import link_party
from core.accounting.models import Connection, DocumentRow, PartyRow
from core.accounting.overview import figures
from core.records.models import Organization
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.story.conftest import Connect
from tests.story.raw import Raw, as_told, independent, read_raw


@pytest.fixture
def raw(sandbox: Sandbox, http: httpx2.Client) -> dict[str, list[Raw]]:
    return read_raw(http)


def test_every_figure_of_every_party_is_what_the_raw_documents_say(
    connect: Connect, services: Services, clock: ManualClock, raw: dict[str, list[Raw]]
) -> None:
    connect()
    with services.db.begin() as session:
        connection = session.scalars(select(Connection).where(Connection.provider == "xero")).one()
        record = Organization(name="Everybody", created_at=clock.now(), changed_at=clock.now())
        session.add(record)
        session.flush()
        parties = session.scalars(select(PartyRow.party_id)).all()
        for party in parties:
            link_party(session, record, connection, party, user_id=1, now=clock.now())
    services.jobs.enqueue("accounting.refresh", connection_id=connection.id, party_ids=[])
    services.jobs.drain()
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
