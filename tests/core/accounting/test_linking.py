"""Who a record may be in the books: reasons, scores, folded names."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import ManualClock, Organisation, Party, PartyState, Ref
from core.accounting import linking, snapshot
from core.accounting.codec import to_json
from core.accounting.folding import fold
from core.accounting.models import Connection, PartyLink
from core.audit.models import AuditEntry
from core.records.models import Organization
from core.services import Services


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Tūī Design Studio Limited", "tui design studio"),
        ("TUI DESIGN STUDIO, LTD.", "tui design studio"),
        ("Café Zoë & Söhne GmbH", "cafe zoe and sohne"),
        ("Straße AG", "strasse"),
        ("O'Connell", "oconnell"),
        ("O’Connell Pty Ltd", "oconnell"),
        ("Limited", "limited"),
        ("AG", "ag"),
        ("", ""),
        ("🚀", ""),
    ],
)
def test_names_are_compared_without_accents_case_and_legal_forms(written: str, folded: str) -> None:
    assert fold(written) == folded


PARTIES = [
    Party(Ref("1"), "Harbour Coffee Roasters Ltd", email="accounts@harbour.example", phone="+64 3 328 1234"),
    Party(Ref("2"), "Harbor Coffee Roaster", email="x@other.example"),
    Party(Ref("3"), "Old Harbour Coffee Roasters Ltd", state=PartyState.ARCHIVED),
    Party(Ref("4"), "Somebody Else", email="jo@harbour.example"),
    Party(Ref("5"), "Tax Twin", tax_number="12-345-678"),
    Party(Ref("6"), "100% Cotton_Co", email="a%b@x.example"),
    Party(Ref("7"), "Merged Harbour Coffee Roasters", merged_into="1"),
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


def found(services: Services, connection: Connection, record: Organization) -> dict[str, linking.Candidate]:
    with services.db.read() as session:
        return {one.party.party_id: one for one in linking.suggest(session, record, connection)}


def test_name_mail_phone_and_tax_number_each_find_the_party_and_say_why(
    services: Services, connection: Connection
) -> None:
    record = Organization(
        id=1,
        name="Harbour Coffee Roasters",
        email="accounts@harbour.example",
        phone="03 3281234",
        tax_number="12345678",
    )
    all_of = found(services, connection, record)
    assert all_of["1"].reasons == ("same name", "same e-mail", "same phone")
    assert all_of["1"].score == 100
    assert all_of["4"].reasons == ("same e-mail domain",)
    assert all_of["5"].reasons == ("same tax number",)
    assert all_of["2"].reasons == ("similar name",)
    assert next(iter(all_of)) == "1"


def test_a_merged_party_is_not_offered(services: Services, connection: Connection) -> None:
    assert "7" not in found(services, connection, Organization(id=1, name="Merged Harbour Coffee Roasters"))


def test_a_record_that_looks_like_nobody_gets_no_suggestion(services: Services, connection: Connection) -> None:
    assert found(services, connection, Organization(id=1, name="Zebra 🦓", email="")) == {}


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


def test_a_party_linked_elsewhere_is_offered_and_said(
    services: Services, connection: Connection, clock: ManualClock
) -> None:
    with services.db.begin() as session:
        other = Organization(name="B", created_at=clock.now(), changed_at=clock.now())
        session.add(other)
        session.flush()
        linking.link_party(session, other, connection, "1", user_id=1, now=clock.now())
    offered = found(services, connection, Organization(id=99, name="Harbour Coffee Roasters"))["1"]
    assert [(one.kind, one.title) for one in offered.linked_to] == [("organizations", "B")]
