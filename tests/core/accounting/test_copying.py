"""Fields side by side: what differs to people, and what is written where, to whom it may be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core import Party, PartyState, Ref
from core.accounting import copying
from core.accounting.copying import HERE, LEAVE, THERE, Able
from core.records.models import Contact, Organization

BOTH = Able(here=True, there=True)
WHERE = ("address", "city", "region", "postal_code", "country")
HARBOUR = Organization(
    id=7,
    name="Harbour Coffee Roasters",
    email="Accounts@harbour.example",
    phone="03 328 1234",
    tax_number="12-345-678",
    address="1 Quay Street",
    city="Lyttelton",
    region="",
    postal_code="8082",
    country="New Zealand",
)
PARTY = Party(
    Ref("1", "v1"),
    "HARBOUR COFFEE ROASTERS LTD",
    email="accounts@harbour.example",
    phone="+64 3 3281234",
    tax_number="NZ 12345678",
    address="1 Quay  Street,",
    city="lyttelton",
    postal_code="8082",
    country="NZ",
)


def test_what_people_call_the_same_is_no_difference() -> None:
    assert copying.differing(HARBOUR, PARTY) == 0


@pytest.mark.parametrize(
    "there",
    [
        {"name": "Harbour Tea"},
        {"email": "office@harbour.example"},
        {"phone": "03 328 9999"},
        {"tax_number": "99999999"},
        {"address": "2 Quay Street"},
        {"city": "Ōtautahi"},
        {"region": "Canterbury"},
        {"postal_code": ""},
        {"country": "Australia"},
    ],
)
def test_another_value_is_one_difference(there: dict[str, Any]) -> None:
    assert copying.differing(HARBOUR, replace(PARTY, **there)) == 1


def test_a_person_whose_company_pays_differs_not_by_name() -> None:
    hana = Contact(id=1, first_name="Hana", last_name="Whitiora", **dict.fromkeys(("email", "phone", *WHERE), ""))
    assert copying.differing(hana, Party(Ref("1"), "Whitiora, Hana")) == 0
    assert copying.differing(hana, Party(Ref("1"), "Tui Design", first_name="Hana", last_name="Whitiora")) == 0
    assert copying.differing(hana, Party(Ref("1"), "Tui Design")) == 3


def ways(able: Able, party: Party = PARTY) -> dict[str, tuple[str, ...]]:
    return {pair.name: pair.ways for pair in copying.pairs(HARBOUR, party, able)}


def test_an_empty_field_is_never_copied_and_a_gap_is_proposed_to_be_filled() -> None:
    nowhere: dict[str, Any] = dict.fromkeys(WHERE, "")
    party = replace(PARTY, tax_number="", **nowhere)
    pairs = {pair.name: pair for pair in copying.pairs(HARBOUR, party, BOTH)}
    assert (pairs["tax_number"].ways, pairs["tax_number"].proposed) == ((THERE,), THERE)
    assert (pairs["address"].ways, pairs["address"].proposed) == ((THERE,), THERE)
    assert (pairs["name"].ways, pairs["name"].proposed) == ((HERE, THERE), LEAVE)
    bare = Organization(id=8, name="Harbour", **dict.fromkeys(("email", "phone", "tax_number", *WHERE), ""))
    assert {pair.name: pair.ways for pair in copying.pairs(bare, party, BOTH)}["address"] == ()


def test_an_address_goes_as_one_piece_and_is_never_made_of_both_sides() -> None:
    party = replace(PARTY, address="PO Box 9", city="", region="Canterbury", postal_code="8140")
    pairs = copying.pairs(HARBOUR, party, BOTH)
    (pair,) = [one for one in pairs if one.name == "address"]
    assert (pair.here, pair.there) == (
        "1 Quay Street\nLyttelton\n8082\nNew Zealand",
        "PO Box 9\nCanterbury\n8140\nNZ",
    )
    assert (pair.ways, pair.proposed) == ((HERE, THERE), LEAVE), "no part of it is proposed to fill a gap"
    here = {name: new for name, (_, new) in copying.wish(pairs, {"address": HERE}).here.items()}
    assert {**{name: getattr(HARBOUR, name) for name in WHERE}, **here} == {
        name: getattr(party, name) for name in WHERE
    }
    there = {name: new for name, (_, new) in copying.wish(pairs, {"address": THERE}).there.items()}
    assert there["region"] == "", "what the new address does not have does not stay of the old one"
    assert copying.wish(pairs, {"city": HERE, "region": THERE}).is_empty


@pytest.mark.parametrize(
    "there", ["+64 3 3281234", "+64 03 328 1234", "03-328-1234", "(03) 328 1234", "0064 3 328 1234"]
)
def test_the_same_phone_is_offered_in_no_direction_and_loses_no_country(there: str) -> None:
    pairs = copying.pairs(HARBOUR, replace(PARTY, phone=there), BOTH)
    (pair,) = [one for one in pairs if one.name == "phone"]
    assert (pair.is_same, pair.differs, pair.ways) == (True, False, ())
    assert copying.wish(pairs, {"phone": THERE}).is_empty


def test_a_way_that_is_not_open_is_not_offered_and_not_taken() -> None:
    assert ways(Able(here=False, there=True))["name"] == (THERE,)
    assert ways(Able(here=True, there=False))["name"] == (HERE,)
    pairs = copying.pairs(HARBOUR, PARTY, Able(here=True, there=False))
    assert copying.wish(pairs, {"name": THERE, "address": "nonsense", "tax_number": LEAVE}).is_empty


def test_the_name_of_a_person_is_written_there_alone() -> None:
    hana = Contact(id=1, first_name="Hana", last_name="W", **dict.fromkeys(("email", "phone", *WHERE), ""))
    pairs = {pair.name: pair for pair in copying.pairs(hana, Party(Ref("1"), "Else", first_name="Jo"), BOTH)}
    assert pairs["name"].ways == (THERE,)
    assert pairs["first_name"].ways == (HERE, THERE)


def test_the_number_of_the_record_goes_only_where_it_may_and_none_is() -> None:
    assert "record_ref" not in ways(BOTH)
    may = replace(BOTH, ref=True)
    assert ways(may)["record_ref"] == (THERE,)
    assert "record_ref" not in ways(may, replace(PARTY, record_ref="somebody's own"))
    (pair,) = [pair for pair in copying.pairs(HARBOUR, PARTY, may) if pair.name == "record_ref"]
    assert (pair.here, pair.proposed) == ("organizations/7", LEAVE)


def test_what_the_record_cannot_hold_is_said_at_the_field() -> None:
    party = replace(PARTY, postal_code="8" * 21, email="a b")
    wish = copying.wish(copying.pairs(HARBOUR, party, BOTH), {"address": HERE, "email": HERE, "name": LEAVE})
    found = copying.problems(HARBOUR, wish)
    assert [one.field for one in found] == ["address", "email"]
    assert found[0].message.startswith("Postal code: The record holds at most")


@pytest.mark.parametrize(
    ("party", "said"),
    [
        (replace(PARTY, state=PartyState.ARCHIVED), "Restore it there first"),
        (replace(PARTY, merged_into="2"), "merged"),
    ],
)
def test_nothing_is_copied_into_a_party_that_cannot_take_it(party: Party, said: str) -> None:
    able = copying.able(may_edit=True, may_update=True, refs=False, party=party, title="Books", connected=True)
    assert (able.here, able.there) == (True, False)
    assert said in able.why_not_there


def test_the_mark_of_what_was_shown_is_that_of_its_values() -> None:
    pairs = copying.pairs(HARBOUR, PARTY, BOTH)
    first = copying.wish(pairs, {"name": HERE})
    moved = copying.pairs(HARBOUR, replace(PARTY, name="Else"), BOTH)
    assert first.seen == copying.wish(pairs, {"name": HERE, "address": LEAVE}).seen
    assert first.seen != copying.wish(moved, {"name": HERE}).seen
    assert first.seen != copying.wish(pairs, {"name": THERE}).seen
