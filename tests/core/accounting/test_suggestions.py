"""Who a record may be in the books: reasons, scores, and names as people compare them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, select, text

from core import ManualClock, Organisation, Party, PartyState, Ref
from core.accounting import linking, snapshot, suggestions
from core.accounting.codec import to_json
from core.accounting.models import Connection, PartyKey
from core.folding import any_order, country_of, domain_of, fold, same_phone, tax_digits
from core.records.models import Contact, Organization
from core.services import Services


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Tūī Design Studio Limited", "tui design studio"),
        ("TUI DESIGN STUDIO, LTD.", "tui design studio"),
        ("The Tui Design Studio (Pty) Ltd", "tui design studio"),
        ("Café Zoë & Söhne GmbH", "cafe zoe sohne"),
        ("Cafe Zoe und Soehne", "cafe zoe soehne"),
        ("Smith and Sons", "smith sons"),
        ("Smith & Co.", "smith"),
        ("Müller GmbH & Co. KG", "muller"),
        ("Straße AG", "strasse"),
        ("Dupont S.A.", "dupont"),
        ("Dupont SA", "dupont"),
        ("Rossi S.p.A.", "rossi"),
        ("Acme B.V.", "acme"),
        ("Acme Oy", "acme"),
        ("Acme AB (publ)", "acme"),
        ("Novo Nordisk A/S", "novo nordisk"),
        ("Kowalski Sp. z o.o.", "kowalski"),
        ("Grupo Bimbo S.A.B. de C.V.", "grupo bimbo"),
        ("Foo S. de R.L. de C.V.", "foo"),
        ("株式会社トヨタ", "トヨタ"),
        ("ООО Ромашка", "ромашка"),
        ("J.P. Morgan, LLC", "jp morgan"),
        ("O'Connell", "oconnell"),
        ("O’Connell Pty Ltd", "oconnell"),
        ("H&M", "h m"),
        ("Limited", "limited"),
        ("The", "the"),
        ("AG", "ag"),
        ("", ""),
        ("🚀", ""),
    ],
)
def test_names_are_compared_without_accents_case_punctuation_and_legal_forms(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_a_name_is_the_same_in_either_order() -> None:
    assert any_order("Whitiora, Hana") == any_order("Hana Whitiora") != any_order("Hana Whitehead")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+64 3 328 1234", "03 3281234", True),
        ("0064 3 328 1234", "(03) 328-1234", True),
        ("+64 (0)3 328 1234", "03 328 1234 ext 12", True),
        ("+64 04 385 1174", "+64 4 385 1174", True),
        ("+64 04 385 1174", "04 385 1174", True),
        ("+1 (212) 555-0100", "212.555.0100", True),
        ("+61 2 9999 1234", "(03) 9999 1234", False),
        ("328 1234", "03 328 1235", False),
        ("111", "03 328 1111", False),
        ("111", "111", True),
    ],
)
def test_a_phone_is_the_same_with_and_without_its_country(one: str, other: str, same: bool) -> None:
    assert same_phone(one, other) is same


def test_a_tax_number_is_the_same_with_and_without_its_country() -> None:
    assert {tax_digits(one) for one in ("NZ 12-345-678", "12.345.678", "12345678")} == {"12345678"}
    assert tax_digits("CHE-116.281.710 MWST") == tax_digits("116 281 710")
    assert tax_digits("ATU12345678") == tax_digits("U12345678")


def test_a_domain_that_everybody_has_is_nobodys() -> None:
    assert domain_of("jo@gmail.com") == domain_of("nobody") == domain_of("http://[") == ""
    assert domain_of("Jo@Harbour.example") == domain_of("https://www.harbour.example/about") == "harbour.example"


def test_a_country_is_the_same_by_its_name_and_its_letters() -> None:
    assert country_of("New Zealand") == country_of("nz") == country_of("Aotearoa") == "nz"
    assert country_of("Nowhere") == "nowhere"


PARTIES = [
    Party(Ref("1"), "Harbour Coffee Roasters Ltd", email="accounts@harbour.example", phone="+64 3 328 1234"),
    Party(Ref("2"), "Harbor Coffee Roaster", email="x@other.example"),
    Party(Ref("3"), "Old Harbour Coffee Roasters Ltd", state=PartyState.ARCHIVED),
    Party(Ref("4"), "Somebody Else", email="jo@harbour.example"),
    Party(Ref("5"), "Tax Twin", tax_number="NZ 12-345-678"),
    Party(Ref("6"), "100% Cotton_Co", email="a%b@x.example"),
    Party(Ref("7"), "Merged Harbour Coffee Roasters", merged_into="1"),
    Party(Ref("8"), "Whitiora, Hana"),
    Party(Ref("9"), "Tūī Design Studio", first_name="Hana", last_name="Whitiora"),
    Party(Ref("10"), "Nothing alike", record_ref="organizations/1"),
    Party(Ref("11"), "Free mail", email="somebody@gmail.com"),
    Party(Ref("12"), "Other area", phone="04 328 1234"),
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


def found(services: Services, connection: Connection, record: Any) -> dict[str, suggestions.Candidate]:
    with services.db.read() as session:
        return {one.party.party_id: one for one in suggestions.suggest(session, record, connection)}


def harbour(**values: str) -> Organization:
    return Organization(id=99, **{"name": "Harbour Coffee Roasters", **values})


def test_name_mail_phone_and_tax_number_each_find_the_party_and_say_why(
    services: Services, connection: Connection
) -> None:
    record = harbour(email="accounts@harbour.example", phone="03 3281234", tax_number="12345678")
    all_of = found(services, connection, record)
    assert all_of["1"].reasons == ("same name", "same e-mail", "same phone")
    assert all_of["1"].score == 100
    assert all_of["4"].reasons == ("same e-mail domain",)
    assert all_of["5"].reasons == ("same tax number",)
    assert all_of["2"].reasons == ("similar name",)
    assert next(iter(all_of)) == "1"
    assert "12" not in all_of


def test_the_number_of_the_record_is_the_surest_sign(services: Services, connection: Connection) -> None:
    (one,) = found(services, connection, Organization(id=1, name="Zebra")).values()
    assert (one.party.party_id, one.reasons, one.score) == ("10", ("carries the number of this record",), 100)
    assert found(services, connection, Contact(id=1, first_name="Zebra")) == {}


def test_the_website_leads_to_an_email_at_its_domain(services: Services, connection: Connection) -> None:
    all_of = found(services, connection, Organization(id=99, name="Zebra", website="https://www.harbour.example/"))
    assert {one.reasons for one in all_of.values()} == {("e-mail at the domain of the website",)}
    assert set(all_of) == {"1", "4"}


def test_a_free_mail_domain_leads_to_nobody(services: Services, connection: Connection) -> None:
    assert found(services, connection, Organization(id=99, name="Zebra", email="me@gmail.com")) == {}


def test_a_person_is_found_by_the_name_in_either_order_and_as_somebodys_contact_person(
    services: Services, connection: Connection
) -> None:
    all_of = found(services, connection, Contact(id=99, first_name="Hana", last_name="Whitiora"))
    assert all_of["8"].reasons == ("same name",)
    assert all_of["9"].reasons == ("its contact person has this name",)


def test_a_name_that_holds_the_other_is_offered_below_the_rest(services: Services, connection: Connection) -> None:
    all_of = found(services, connection, Organization(id=99, name="Harbour Coffee"))
    assert all_of["1"].reasons == ("part of the name is the same",)
    assert list(all_of)[-1] == "3", "an archived one stands last"


def test_a_party_that_got_another_name_is_found_by_that_alone(
    services: Services, connection: Connection, clock: ManualClock
) -> None:
    with services.db.begin() as session:
        snapshot.save_parties(session, connection.id, [Party(Ref("4"), "Kiwi Bakery")], clock.now())
    assert set(found(services, connection, Organization(id=99, name="Kiwi Bakery Ltd"))) == {"4"}
    assert found(services, connection, Organization(id=99, name="Somebody Else")) == {}


def test_a_merged_party_is_not_offered(services: Services, connection: Connection) -> None:
    assert "7" not in found(services, connection, Organization(id=99, name="Merged Harbour Coffee Roasters"))


def test_a_record_that_looks_like_nobody_gets_no_suggestion(services: Services, connection: Connection) -> None:
    assert found(services, connection, Organization(id=99, name="Zebra 🦓", email="")) == {}


def test_words_that_everybody_has_lead_to_nobody_similar(
    services: Services, connection: Connection, clock: ManualClock
) -> None:
    many = [Party(Ref(f"m{number}"), f"Services {number:04}") for number in range(suggestions.COMMON)]
    with services.db.begin() as session:
        snapshot.save_parties(session, connection.id, many, clock.now())
    assert found(services, connection, Organization(id=99, name="Services Kowhai")) == {}
    assert set(found(services, connection, Organization(id=99, name="Services 0007"))) == {"m7"}


def test_a_party_linked_elsewhere_is_offered_and_said(
    services: Services, connection: Connection, clock: ManualClock
) -> None:
    with services.db.begin() as session:
        other = Organization(name="B", created_at=clock.now(), changed_at=clock.now())
        session.add(other)
        session.flush()
        linking.link_party(session, other, connection, "1", user_id=1, now=clock.now())
    offered = found(services, connection, harbour())["1"]
    assert [(one.kind, one.title) for one in offered.linked_to] == [("organizations", "B")]


def test_every_look_up_goes_by_an_index(services: Services, connection: Connection) -> None:
    asked: list[tuple[str, Any]] = []
    engine = services.db.engine

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    record = harbour(email="a@harbour.example", phone="03 328 1234", tax_number="12345678", website="harbour.example")
    found(services, connection, record)
    event.remove(engine, "before_cursor_execute", note)
    looked_up = [one for one in asked if "accounting_party" in one[0]]
    assert len(looked_up) >= 8
    postgres = engine.dialect.name == "postgresql"
    explain, scan = (
        ("EXPLAIN", "Seq Scan on accounting_party") if postgres else ("EXPLAIN QUERY PLAN", "SCAN accounting_party")
    )
    with engine.connect() as conn:
        if postgres:  # so small a table is read in one go for as long as that is allowed
            conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, parameters in looked_up:
            steps = [str(step[-1]) for step in conn.exec_driver_sql(f"{explain} {statement}", parameters)]
            assert not [step for step in steps if scan in step], (statement, steps)
            assert not postgres or any("Index Cond" in step for step in steps), (statement, steps)


def test_keys_go_with_their_party(services: Services, connection: Connection) -> None:
    with services.db.begin() as session:
        assert session.scalars(select(PartyKey).where(PartyKey.connection_id == connection.id)).first() is not None
        session.execute(text("delete from accounting_connection"))
        assert session.scalars(select(PartyKey)).all() == []
