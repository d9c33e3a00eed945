"""Links between records and parties: one link however often, and written down."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import ManualClock, Organisation, Party, Ref
from core.accounting import linking, snapshot
from core.accounting.codec import to_json
from core.accounting.models import Connection, PartyLink
from core.audit.models import AuditEntry
from core.records.models import Organization
from core.services import Services

PARTIES = [
    Party(Ref("1"), "Harbour Coffee Roasters Ltd", email="accounts@harbour.example"),
    Party(Ref("6"), "100% Cotton_Co", email="a%b@x.example"),
]


@pytest.fixture
def connection(services: Services, clock: ManualClock) -> Connection:
    with services.db.begin() as session:
        organisation = to_json(Organisation("o", "Books"))
        made = Connection(
            provider="p", organisation_id="o", organisation=organisation, name="Books", connected_at=clock.now()
        )
        session.add(made)
        session.flush()
        snapshot.save_parties(session, made.id, PARTIES, clock.now())
        return made


def test_signs_of_sql_patterns_in_names_are_just_letters(services: Services, connection: Connection) -> None:
    with services.db.read() as session:
        assert [one.party_id for one in linking.search_index(session, connection.id, "100%")] == ["6"]
        assert linking.search_index(session, connection.id, "%") != []


def test_linking_twice_is_one_link_and_one_audit_entry(
    services: Services, connection: Connection, clock: ManualClock
) -> None:
    record = Organization(id=1, name="Harbour Coffee Roasters")
    with services.db.begin() as session:
        first = linking.link_party(session, record, connection, "1", user_id=1, now=clock.now())
        again = linking.link_party(session, record, connection, "1", user_id=1, now=clock.now())
        assert first.id == again.id
        assert _deeds(session) == ["party linked"]
    with services.db.begin() as session:
        assert linking.unlink_party(session, record, first.id, user_id=1, now=clock.now())
        assert not linking.unlink_party(session, record, first.id, user_id=1, now=clock.now())
        assert session.scalars(select(PartyLink)).all() == []
        assert _deeds(session) == ["party linked", "party unlinked"]


def _deeds(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.deed).order_by(AuditEntry.id)))


def test_a_link_of_another_record_cannot_be_removed_from_here(
    services: Services, connection: Connection, clock: ManualClock
) -> None:
    mine, other = Organization(id=1, name="A"), Organization(id=2, name="B")
    with services.db.begin() as session:
        link = linking.link_party(session, mine, connection, "1", user_id=1, now=clock.now())
        assert not linking.unlink_party(session, other, link.id, user_id=1, now=clock.now())
