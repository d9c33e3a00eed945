from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from core import AmountsAre, Line, NewDocument, NewParty
from plugins.xero import outgoing, structs

DRAFT = NewDocument(
    party_id="025867f1-d741-4d6b-b1af-9ac774b59ba7",
    date=dt.date(2026, 3, 1),
    due_date=dt.date(2026, 3, 20),
    currency="EUR",
    amounts_are=AmountsAre.EXCLUSIVE,
    lines=(Line("Hours", Decimal("2.5"), Decimal("99.99"), Decimal(10), tax=Decimal(9), amount=Decimal(8)),),
    reference="PO 7",
    theme="theme-1",
    mark_url="https://crm.example/opportunities/7?draft=k",
)


def test_a_draft_is_a_draft_and_sends_what_was_typed() -> None:
    assert outgoing.draft(DRAFT) == {
        "Type": "ACCREC",
        "Status": "DRAFT",
        "Contact": {"ContactID": "025867f1-d741-4d6b-b1af-9ac774b59ba7"},
        "Date": "2026-03-01",
        "DueDate": "2026-03-20",
        "LineAmountTypes": "Exclusive",
        "Reference": "PO 7",
        "CurrencyCode": "EUR",
        "BrandingThemeID": "theme-1",
        "Url": "https://crm.example/opportunities/7?draft=k",
        "LineItems": [
            {"Description": "Hours", "Quantity": Decimal("2.5"), "UnitAmount": Decimal("99.99"), "DiscountRate": 10}
        ],
    }


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(AmountsAre.EXCLUSIVE, "Exclusive"), (AmountsAre.INCLUSIVE, "Inclusive"), (AmountsAre.NO_TAX, "NoTax")],
)
def test_what_amounts_are_goes_in_xeros_words(ours: AmountsAre, theirs: str) -> None:
    draft = NewDocument("p", dt.date(2026, 1, 1), None, "NZD", ours, ())
    assert outgoing.draft(draft)["LineAmountTypes"] == theirs


def test_a_line_keeps_its_id_and_what_it_stands_for() -> None:
    line = Line(
        "Chair",
        item="CHAIR",
        account="200",
        tax_rate="OUTPUT2",
        tracking=(("Region", "North"), ("Team", "Blue")),
        id="line-1",
    )
    (sent,) = outgoing.draft(NewDocument("p", dt.date(2026, 1, 1), None, "", AmountsAre.EXCLUSIVE, (line,)))[
        "LineItems"
    ]
    assert (sent["LineItemID"], sent["ItemCode"], sent["AccountCode"], sent["TaxType"]) == (
        "line-1",
        "CHAIR",
        "200",
        "OUTPUT2",
    )
    assert sent["Tracking"] == [{"Name": "Region", "Option": "North"}, {"Name": "Team", "Option": "Blue"}]


def test_a_new_contact_sends_only_what_is_filled_in() -> None:
    assert outgoing.new_party(NewParty("Solo")) == {"Name": "Solo"}


def test_a_new_contact_with_everything_has_an_address_and_a_telephone() -> None:
    new = NewParty("A", "B", "C", "d@e.example", "123", "T1", "1 Quay\nDock", "Auckland", "AKL", "1010", "New Zealand")
    sent = outgoing.new_party(new)
    assert sent["Phones"][0]["PhoneNumber"] == "123"
    assert sent["Addresses"] == [
        {
            "AddressType": "POBOX",
            "AddressLine1": "1 Quay",
            "AddressLine2": "Dock",
            "AddressLine3": "",
            "AddressLine4": "",
            "City": "Auckland",
            "Region": "AKL",
            "PostalCode": "1010",
            "Country": "New Zealand",
        }
    ]


def test_a_changed_city_leaves_the_rest_of_the_address_alone() -> None:
    now = structs.Contact(
        contact_id="c",
        addresses=[structs.Address(address_type="POBOX", address_line1="1 Quay", city="Auckland", country="NZ")],
    )
    (sent,) = outgoing.party_changes({"city": "Wellington"}, now)["Addresses"]
    assert (sent["AddressLine1"], sent["City"], sent["Country"]) == ("1 Quay", "Wellington", "NZ")


def test_an_address_of_more_than_four_lines_loses_none() -> None:
    (sent,) = outgoing.party_changes({"address": "a\nb\nc\nd\ne"}, structs.Contact(contact_id="c"))["Addresses"]
    assert [sent[f"AddressLine{number}"] for number in range(1, 5)] == ["a", "b", "c", "d, e"]


def test_filters_use_xeros_words() -> None:
    assert outgoing.dated(dt.date(2026, 1, 2), dt.date(2026, 3, 4)) == (
        "Date>=DateTime(2026,01,02) AND Date<=DateTime(2026,03,04)"
    )
    assert outgoing.dated(None, None) == ""
    assert outgoing.types(["ACCREC"], ("ACCREC", "ACCPAY")) == 'Type=="ACCREC"'
    assert outgoing.types(["ACCREC", "ACCPAY"], ("ACCREC", "ACCPAY")) == ""
    assert outgoing.where("", "") == {}
    assert outgoing.where(outgoing.any_of("X", ["1", "2"]), "Y==3") == {"where": "(X==1 OR X==2) AND Y==3"}


def test_a_long_note_is_cut_to_what_xero_takes() -> None:
    assert len(outgoing.note("x" * 9000)["HistoryRecords"][0]["Details"]) == 250
