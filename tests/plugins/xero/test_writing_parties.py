"""Contacts written to Xero: made once, refused at the right field, never over a name or somebody's change."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from core import (
    Duplicate,
    ManualClock,
    NewParty,
    OutcomeUnknown,
    Rejected,
    Stale,
)
from plugins.xero.provider import XeroProvider
from plugins.xero.sandbox import Sandbox
from tests.plugins.xero.conftest import Wire

HARBOUR = "Harbour Coffee Roasters Ltd"


def test_a_new_contact_is_made_and_comes_back(provider: XeroProvider, sandbox: Sandbox) -> None:
    new = NewParty("Ōhau <Tea> & Co 🫖", "Ana", "Ōhau", "ana@tea.example", "021 555", city="Levin", country="NZ")
    made = provider.create_party(new, key="party-1")
    assert (made.name, made.email, made.city, made.country) == (new.name, new.email, "Levin", "NZ")
    assert "021 555" in made.phone
    assert sandbox.contact_id(new.name) == made.ref.id
    assert provider.get_party(made.ref.id).first_name == "Ana"


def test_a_name_that_is_taken_is_offered_for_linking(provider: XeroProvider, sandbox: Sandbox) -> None:
    before = len(sandbox.records("Contacts"))
    with pytest.raises(Duplicate) as taken:
        provider.create_party(NewParty(HARBOUR, email="other@example.com"), key="party-1")
    assert taken.value.existing.ref.id == sandbox.contact_id(HARBOUR)
    assert len(sandbox.records("Contacts")) == before
    assert provider.get_party(taken.value.existing.ref.id).email == "accounts@harbour.example"


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewParty("A", email="no address"), "email"),
        (NewParty("A" * 300), "name"),
        (NewParty("A", tax_number="9" * 60), "tax_number"),
    ],
    ids=["email", "name", "tax_number"],
)
def test_what_is_wrong_in_a_contact_is_said_at_its_field(provider: XeroProvider, new: NewParty, field: str) -> None:
    with pytest.raises(Rejected) as refused:
        provider.create_party(new, key="party-1")
    assert field in [problem.field for problem in refused.value.problems]


def test_copied_fields_leave_the_others_alone(provider: XeroProvider, sandbox: Sandbox, wire: Wire) -> None:
    party = provider.get_party(sandbox.contact_id(HARBOUR))
    changed = provider.update_party(party, {"city": "Nelson", "email": "new@harbour.example"}, key="update-1")
    assert (changed.city, changed.email) == ("Nelson", "new@harbour.example")
    assert replace(changed, city=party.city, email=party.email, ref=party.ref, updated_at=party.updated_at) == party
    (sent,) = wire.sent("POST", "/Contacts")
    assert json.loads(sent.content)["Contacts"][0].keys() == {"ContactID", "EmailAddress", "Addresses"}


def test_a_contact_that_changed_meanwhile_is_not_overwritten(
    provider: XeroProvider, sandbox: Sandbox, clock: ManualClock
) -> None:
    party = provider.get_party(sandbox.contact_id(HARBOUR))
    clock.advance(seconds=60)
    sandbox.deeds.rename_contact(party.ref.id, "Somebody was here")
    with pytest.raises(Stale):
        provider.update_party(party, {"city": "Nelson"}, key="update-1")


def test_a_rename_to_a_taken_name_offers_the_other_contact(provider: XeroProvider, sandbox: Sandbox) -> None:
    party = provider.get_party(sandbox.contact_id(HARBOUR))
    with pytest.raises(Duplicate) as taken:
        provider.update_party(party, {"name": "Tawa Tennis Club"}, key="update-1")
    assert taken.value.existing.name == "Tawa Tennis Club"


def test_a_lost_answer_about_a_contact_is_not_repeated(provider: XeroProvider, sandbox: Sandbox, wire: Wire) -> None:
    sandbox.faults.add("drop-after", times=1, method="PUT")
    with pytest.raises(OutcomeUnknown):
        provider.create_party(NewParty("Once Only"), key="party-1")
    assert len(wire.sent("PUT", "/Contacts")) == 1
