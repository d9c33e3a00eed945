"""Writing contacts."""

from __future__ import annotations

import pytest

from plugins.xero.sandbox import Sandbox
from plugins.xero.sandbox.deeds import Impossible
from tests.plugins.xero.sandbox.conftest import HARBOUR, Caller


def test_a_contact_is_created_and_read_back(xero: Caller) -> None:
    made = xero.write(
        "PUT",
        "Contacts",
        {
            "Name": "Ātea Rōpū 🎉 <b>",
            "EmailAddress": "hello@atea.example",
            "FirstName": "Ani",
            "TaxNumber": "100-200-300",
            "ContactNumber": "LT-1",
            "DefaultCurrency": "AUD",
            "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": "123 4567", "PhoneAreaCode": "04"}],
            "Addresses": [{"AddressType": "POBOX", "City": "Ōtaki", "AddressLine1": "1 Main Street"}],
            "PaymentTerms": {"Sales": {"Day": 10, "Type": "OFFOLLOWINGMONTH"}},
        },
    )[0]
    kept = xero.get(f"Contacts/{made['ContactID']}")["Contacts"][0]
    assert kept["Name"] == "Ātea Rōpū 🎉 <b>"
    assert kept["ContactStatus"] == "ACTIVE"
    assert kept["PaymentTerms"]["Sales"] == {"Day": 10, "Type": "OFFOLLOWINGMONTH"}
    assert {row["PhoneType"]: row["PhoneNumber"] for row in kept["Phones"]}["DEFAULT"] == "123 4567"
    assert {row["AddressType"]: row["City"] for row in kept["Addresses"]} == {"STREET": "", "POBOX": "Ōtaki"}


def test_a_name_that_exists_is_refused_on_put(xero: Caller) -> None:
    assert xero.refused("PUT", "Contacts", {"Name": HARBOUR.upper()}) == [
        f"The contact name {HARBOUR.upper()} is already assigned to another contact. "
        "The contact name must be unique across all active contacts."
    ]


def test_a_name_of_an_archived_contact_is_free(xero: Caller) -> None:
    assert xero.write("PUT", "Contacts", {"Name": "Old Mill Bakery Ltd"})[0]["ContactStatus"] == "ACTIVE"


def test_a_name_that_exists_updates_that_contact_on_post(xero: Caller, harbour: str) -> None:
    changed = xero.write("POST", "Contacts", {"Name": HARBOUR, "TaxNumber": "9"})[0]
    assert changed["ContactID"] == harbour
    assert changed["TaxNumber"] == "9"
    assert changed["EmailAddress"] == "accounts@harbour.example"


def test_post_finds_by_number_and_creates_when_there_is_none(xero: Caller) -> None:
    made = xero.write("POST", "Contacts", {"Name": "New one", "ContactNumber": "LT-5"})[0]
    renamed = xero.write("POST", "Contacts", {"Name": "Renamed", "ContactNumber": "LT-5"})[0]
    assert renamed["ContactID"] == made["ContactID"]
    assert renamed["Name"] == "Renamed"


def test_a_contact_is_changed_by_its_id(xero: Caller, harbour: str) -> None:
    before = xero.get(f"Contacts/{harbour}")["Contacts"][0]
    xero.sandbox.clock.advance(seconds=1)  # type: ignore[attr-defined]
    changed = xero.write("POST", f"Contacts/{harbour}", {"EmailAddress": "new@harbour.example"})[0]
    assert changed["EmailAddress"] == "new@harbour.example"
    assert changed["Name"] == HARBOUR
    assert changed["UpdatedDateUTC"] > before["UpdatedDateUTC"]


def test_a_contact_is_archived_and_restored(xero: Caller, harbour: str) -> None:
    assert xero.write("POST", "Contacts", {"ContactID": harbour, "ContactStatus": "ARCHIVED"})[0]["ContactStatus"] == (
        "ARCHIVED"
    )
    assert harbour not in {row["ContactID"] for row in xero.rows("Contacts")}
    xero.write("POST", "Contacts", {"ContactID": harbour, "ContactStatus": "ACTIVE"})
    assert harbour in {row["ContactID"] for row in xero.rows("Contacts")}


@pytest.mark.parametrize(
    ("element", "word"),
    [
        ({}, None),
        ({"EmailAddress": "a@b.example"}, "name must be specified"),
        ({"Name": "   "}, "name must be specified"),
        ({"Name": "x" * 256}, "255"),
        ({"Name": "x", "EmailAddress": "no mail"}, "Email address must be valid"),
        ({"Name": "x", "ContactNumber": "1" * 51}, "50"),
        ({"Name": "x", "ContactStatus": "ASLEEP"}, "status"),
        ({"Name": "x", "DefaultCurrency": "CHF"}, "not subscribed to currency CHF"),
        ({"Name": "x", "TaxNumberType": "BOGUS"}, "TaxNumberType 'BOGUS' is not valid"),
        ({"Name": "x", "SalesDefaultLineAmountType": "GROSS"}, "SalesDefaultLineAmountType 'GROSS' is not valid"),
        ({"Name": "x", "PaymentTerms": {"Sales": {"Day": 5, "Type": "SOMEDAY"}}}, "Payment terms"),
        ({"Name": "x", "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": "1" * 51}]}, "PhoneNumber"),
        ({"Name": "x", "ContactPersons": [{"FirstName": str(n)} for n in range(6)]}, "contact persons"),
    ],
)
def test_what_xero_would_not_take_is_refused(xero: Caller, element: dict[str, object], word: str | None) -> None:
    before = len(xero.sandbox.records("Contacts"))
    if word is None:
        assert xero.send("PUT", "Contacts", {"Contacts": []}).json()["Type"] == "NoDataProcessedException"
    else:
        assert word in " ".join(xero.refused("PUT", "Contacts", element))
    assert len(xero.sandbox.records("Contacts")) == before


NAME_OF_NAMES = b'{"Contacts": [{"Name": {}}]}'


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b"[]", b"null", b'"x"', b'{"Contacts": {}}', b'{"Contacts": [1]}', b"\xff", b"<xml/>", NAME_OF_NAMES],
)
def test_a_body_that_is_no_contact_is_400(xero: Caller, body: bytes) -> None:
    response = xero.send("PUT", "Contacts", body)
    assert response.status_code == 400
    assert response.json()["Message"]


def test_with_summarize_errors_off_each_element_speaks_for_itself(xero: Caller) -> None:
    rows = xero.write("PUT", "Contacts", {"Name": "Good"}, {"Name": HARBOUR}, summarizeErrors="False")
    assert [row["StatusAttributeString"] for row in rows] == ["OK", "ERROR"]
    assert "already assigned" in rows[1]["ValidationErrors"][0]["Message"]


def test_a_good_element_beside_a_bad_one_is_kept_all_the_same(xero: Caller) -> None:
    xero.refused("PUT", "Contacts", {"Name": "Good"}, {"Name": HARBOUR})
    assert [row["Name"] for row in xero.rows("Contacts", where='Name=="Good"')] == ["Good"]


def test_an_unknown_contact_cannot_be_changed(xero: Caller) -> None:
    gone = "00000000-1111-2222-3333-444444444444"
    assert xero.send("POST", "Contacts", {"Contacts": [{"ContactID": gone, "Name": "x"}]}).status_code == 404


def test_more_than_fifty_at_once_are_refused(xero: Caller) -> None:
    rows = [{"Name": f"Many {n}"} for n in range(51)]
    assert xero.send("PUT", "Contacts", {"Contacts": rows}).status_code == 400


def test_what_was_done_is_in_the_history(xero: Caller, harbour: str) -> None:
    xero.write("POST", "Contacts", {"ContactID": harbour, "TaxNumber": "9"})
    noted = xero.send("PUT", f"Contacts/{harbour}/History", {"HistoryRecords": [{"Details": "Linked by Kim"}]})
    assert noted.status_code == 200
    rows = xero.get(f"Contacts/{harbour}/History")["HistoryRecords"]
    assert [row["Details"] for row in rows[:2]] == ["Linked by Kim", "Edited through the API"]
    empty = xero.send("PUT", f"Contacts/{harbour}/History", {"HistoryRecords": [{"Details": " "}]})
    assert empty.status_code == 400


def test_merged_contacts_are_archived_and_say_into_which(xero: Caller, sandbox: Sandbox, harbour: str) -> None:
    tui = sandbox.contact_id("Tūī Design Studio Limited")
    sandbox.deeds.merge_contact(tui, into=harbour)
    merged = xero.get(f"Contacts/{tui}")["Contacts"][0]
    assert merged["ContactStatus"] == "ARCHIVED"
    assert merged["MergedToContactID"] == harbour
    assert xero.rows("Invoices", ContactIDs=tui) == []


def test_a_merged_contact_is_not_restored(xero: Caller, sandbox: Sandbox, harbour: str) -> None:
    tui = sandbox.contact_id("Tūī Design Studio Limited")
    sandbox.deeds.merge_contact(tui, into=harbour)
    (wrong,) = xero.refused("POST", f"Contacts/{tui}", {"ContactStatus": "ACTIVE"})
    assert "cannot be restored" in wrong
    with pytest.raises(Impossible, match="cannot be restored"):
        sandbox.deeds.restore_contact(tui)
    merged = sandbox.record("Contacts", tui)
    assert (merged["ContactStatus"], merged["MergedToContactID"]) == ("ARCHIVED", harbour)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("DefaultCurrency", "AUD"),
        ("TaxNumberType", "SSN"),
        ("SalesDefaultLineAmountType", "INCLUSIVE"),
        ("PurchasesDefaultLineAmountType", "NONE"),
    ],
)
def test_an_empty_choice_is_none(xero: Caller, field: str, value: str) -> None:
    made = xero.write("PUT", "Contacts", {"Name": "Empty", field: ""})[0]
    assert field not in made
    assert xero.write("POST", f"Contacts/{made['ContactID']}", {field: value})[0][field] == value
    assert field not in xero.write("POST", f"Contacts/{made['ContactID']}", {field: " "})[0]
    assert field not in xero.rows(f"Contacts/{made['ContactID']}")[0]


def test_a_contact_number_belongs_to_one_contact_the_archived_ones_too(xero: Caller, sandbox: Sandbox) -> None:
    first = xero.write("PUT", "Contacts", {"Name": "First", "ContactNumber": "organizations/7"})[0]
    sandbox.deeds.archive_contact(first["ContactID"])
    assert xero.refused("PUT", "Contacts", {"Name": "Second", "ContactNumber": "organizations/7"}) == [
        "The contact number organizations/7 is already assigned to another contact. "
        "The contact number must be unique across all contacts."
    ]
    (wrong,) = xero.refused("PUT", "Contacts", {"Name": "Third", "ContactNumber": "n" * 51})
    assert "must not be longer than 50" in wrong
