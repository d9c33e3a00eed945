"""Writing invoices, bills and credit notes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest

from core import ManualClock
from plugins.xero.sandbox import Sandbox
from tests.plugins.xero.sandbox.conftest import Caller

LINE = {"Description": "Beans", "Quantity": 2, "UnitAmount": 10.5, "AccountCode": "200"}


def draft(contact: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Type": "ACCREC", "Contact": {"ContactID": contact}, "LineItems": list(lines) or [LINE], **more}


def test_a_draft_is_created_and_read_back(xero: Caller, harbour: str, sandbox: Sandbox) -> None:
    made = xero.write("PUT", "Invoices", draft(harbour, Date="2026-11-20", DueDate="2026-12-10", Reference="R 1"))[0]
    kept = xero.get(f"Invoices/{made['InvoiceID']}")["Invoices"][0]
    assert (kept["Status"], kept["Type"], kept["Reference"]) == ("DRAFT", "ACCREC", "R 1")
    assert (kept["DateString"], kept["DueDateString"]) == ("2026-11-20T00:00:00", "2026-12-10T00:00:00")
    assert (kept["SubTotal"], kept["TotalTax"], kept["Total"], kept["AmountDue"]) == (21, 3.15, 24.15, 24.15)
    assert kept["LineItems"][0]["TaxType"] == "OUTPUT2"
    assert kept["CurrencyCode"] == "NZD"
    assert kept["InvoiceNumber"] not in {
        row["InvoiceNumber"] for row in sandbox.records("Invoices") if row["InvoiceID"] != kept["InvoiceID"]
    }


def test_the_date_is_the_organisations_own_when_none_is_given(xero: Caller, harbour: str, clock: ManualClock) -> None:
    clock.advance(seconds=9 * 3600)  # noon UTC on the 22nd is past midnight in Auckland
    caller = Caller(xero.sandbox, xero.sandbox.token()["access_token"], xero.sandbox.tenant_id)
    assert caller.write("PUT", "Invoices", draft(harbour))[0]["DateString"] == "2026-11-23T00:00:00"


def test_dates_are_read_in_xeros_own_way_too(xero: Caller, harbour: str) -> None:
    made = xero.write(
        "PUT", "Invoices", draft(harbour, Date="/Date(1795132800000+0000)/", DueDate="2026-12-01T00:00:00")
    )[0]
    assert (made["DateString"][:10], made["DueDateString"][:10]) == ("2026-11-20", "2026-12-01")


@pytest.mark.parametrize("bad", ["31/12/2026", "2026-13-45", "tomorrow"])
def test_a_date_that_is_none_is_400(xero: Caller, harbour: str, bad: str) -> None:
    response = xero.send("PUT", "Invoices", {"Invoices": [draft(harbour, Date=bad)]})
    assert response.status_code == 400
    assert response.json()["Type"] == "PostDataInvalidException"


@pytest.mark.parametrize("bad", ["many", "1,000.00", True, {}, "1e40", "NaN"])
def test_a_number_that_is_none_is_400(xero: Caller, harbour: str, bad: object) -> None:
    response = xero.send("PUT", "Invoices", {"Invoices": [draft(harbour, {**LINE, "UnitAmount": bad})]})
    assert response.status_code == 400
    assert response.json()["Type"] == "PostDataInvalidException"


# Sub-total, tax, total; each line rounded half up after its discount, tax rounded for each line.
SUMS: list[tuple[str, list[tuple[str, str, str]], tuple[str, str, str]]] = [
    ("Exclusive", [("1", "0.10", "0")] * 3, ("0.30", "0.06", "0.36")),
    ("Exclusive", [("3", "33.33", "7.5"), ("1", "0.05", "10")], ("92.54", "13.88", "106.42")),
    ("Inclusive", [("1", "115.00", "0"), ("1", "0.99", "0")], ("100.86", "15.13", "115.99")),
    ("NoTax", [("2.5", "19.99", "0")], ("49.98", "0.00", "49.98")),
    ("Exclusive", [("1", "100.00", "0"), ("-1", "30.00", "0")], ("70.00", "10.50", "80.50")),
]


@pytest.mark.parametrize(("kind", "lines", "sums"), SUMS)
def test_totals_are_reckoned_line_by_line(
    xero: Caller, harbour: str, kind: str, lines: list[tuple[str, str, str]], sums: tuple[str, str, str]
) -> None:
    rows = [
        {**LINE, "Quantity": many, "UnitAmount": price, "DiscountRate": discount} for many, price, discount in lines
    ]
    made = xero.write("PUT", "Invoices", draft(harbour, *rows, LineAmountTypes=kind))[0]
    found = tuple(Decimal(str(made[name])) for name in ("SubTotal", "TotalTax", "Total"))
    assert found == tuple(map(Decimal, sums))


def test_unit_prices_keep_four_places_only_with_unitdp(xero: Caller, harbour: str) -> None:
    line = {**LINE, "Quantity": 1000, "UnitAmount": 0.2375}
    assert xero.write("PUT", "Invoices", draft(harbour, line))[0]["SubTotal"] == 240
    made = xero.write("PUT", "Invoices", draft(harbour, line), unitdp=4)[0]
    assert (made["SubTotal"], made["LineItems"][0]["UnitAmount"]) == (237.50, 0.2375)
    assert xero.get(f"Invoices/{made['InvoiceID']}")["Invoices"][0]["LineItems"][0]["UnitAmount"] == 0.24


def test_an_item_brings_its_text_price_account_and_tax(xero: Caller, harbour: str) -> None:
    line = xero.write("PUT", "Invoices", draft(harbour, {"ItemCode": "GRN-01", "Quantity": 2}))[0]["LineItems"][0]
    assert (line["Description"], line["UnitAmount"], line["AccountCode"], line["TaxType"], line["LineAmount"]) == (
        "Grinder, 64 mm burrs",
        1185.5,
        "200",
        "OUTPUT2",
        2371,
    )
    assert line["Item"]["Code"] == "GRN-01"


def test_a_line_of_words_alone_is_taken(xero: Caller, harbour: str) -> None:
    made = xero.write("PUT", "Invoices", draft(harbour, LINE, {"Description": "Thank you"}))[0]
    assert made["Total"] == 24.15


def test_a_foreign_document_gets_the_days_rate(xero: Caller, sandbox: Sandbox, harbour: str) -> None:
    gum = sandbox.contact_id("Blue Gum Brewing Pty Ltd")
    made = xero.write("PUT", "Invoices", draft(gum), draft(harbour, CurrencyCode="USD", CurrencyRate=0.6))
    assert [(row["CurrencyCode"], row["CurrencyRate"]) for row in made] == [("AUD", 0.912), ("USD", 0.6)]


def test_tracking_is_answered_with_names_and_ids(xero: Caller, harbour: str) -> None:
    tracking = [{"Name": "Region", "Option": "South Island"}, {"Name": "Department", "Option": "Beans"}]
    line = xero.write("PUT", "Invoices", draft(harbour, {**LINE, "Tracking": tracking}))[0]["LineItems"][0]
    assert [(row["Name"], row["Option"]) for row in line["Tracking"]] == [
        ("Region", "South Island"),
        ("Department", "Beans"),
    ]
    assert all(row["TrackingCategoryID"] and row["TrackingOptionID"] for row in line["Tracking"])


def test_a_bill_may_repeat_a_number_and_a_sale_may_not(xero: Caller, harbour: str) -> None:
    bill = {"Type": "ACCPAY", "Contact": {"ContactID": harbour}, "InvoiceNumber": "B-1"}
    assert len(xero.write("PUT", "Invoices", bill, bill)) == 2
    assert xero.refused("PUT", "Invoices", draft(harbour, InvoiceNumber="INV-0412")) == ["Invoice # must be unique."]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"Type": "BOGUS"}, "type 'BOGUS' is not valid"),
    ({"Type": None}, "type '' is not valid"),
    ({"Status": "APPROVED"}, "status 'APPROVED' is not valid"),
    ({"Status": "PAID"}, "status 'PAID' is not valid"),
    ({"LineAmountTypes": "Gross"}, "Line amount type"),
    ({"CurrencyCode": "CHF"}, "Organisation is not subscribed to currency CHF"),
    ({"Contact": None}, "A Contact must be specified"),
    ({"Contact": {"ContactID": "00000000-1111-2222-3333-444444444444"}}, "could not be found"),
    ({"Url": "https://crm.example/xero/1"}, "must not contain 'xero'"),
    ({"Url": "nowhere"}, "valid absolute address"),
    ({"Reference": "x" * 256}, "Reference must not be longer"),
    ({"BrandingThemeID": "00000000-1111-2222-3333-444444444444"}, "Branding theme"),
    ({"CurrencyCode": "USD", "CurrencyRate": 0}, "Currency rate"),
    ({"Status": "AUTHORISED", "DueDate": None}, "Due Date cannot be empty"),
    ({"Status": "AUTHORISED", "LineItems": []}, "One or more line items must be specified"),
    ({"Status": "AUTHORISED", "Date": "2024-01-01"}, "lock date"),
]
REFUSED_LINES: list[tuple[dict[str, Any], str]] = [
    ({"AccountCode": "260"}, "Account code '260' is not a valid code for this document."),
    ({"AccountCode": "nope"}, "Account code 'nope' is not a valid code"),
    ({"AccountCode": "090"}, "Account code '090' is not a valid code"),
    ({"AccountCode": "610"}, "Account code '610' is not a valid code"),
    ({"TaxType": "BOGUS"}, "TaxType code 'BOGUS' does not exist"),
    ({"TaxType": "INPUT2"}, "TaxType code 'INPUT2' cannot be used with account code '200'"),
    ({"ItemCode": "PKG-BOX"}, "Item code 'PKG-BOX' is not valid for this document."),
    ({"ItemCode": "NOPE"}, "Item code 'NOPE' is not valid"),
    ({"Description": "x" * 4001}, "4000"),
    ({"DiscountRate": 101}, "between 0 and 100"),
    ({"LineAmount": 20}, "does not match the expected line total 21.00"),
    ({"Tracking": [{"Name": "Region", "Option": "The Moon"}]}, "no active option 'The Moon'"),
    ({"Tracking": [{"Name": "Region", "Option": "North Island"}] * 3}, "at most 2 tracking"),
]


@pytest.mark.parametrize(("change", "word"), REFUSED, ids=str)
def test_what_xero_would_not_take_is_refused(xero: Caller, harbour: str, change: dict[str, Any], word: str) -> None:
    before = len(xero.sandbox.records("Invoices"))
    element = draft(harbour, **{"Date": "2026-11-20", "DueDate": "2026-12-10", **change})
    assert word in " ".join(xero.refused("PUT", "Invoices", element))
    assert len(xero.sandbox.records("Invoices")) == before


@pytest.mark.parametrize(("change", "word"), REFUSED_LINES, ids=str)
def test_lines_xero_would_not_take_are_refused(xero: Caller, harbour: str, change: dict[str, Any], word: str) -> None:
    assert word in " ".join(xero.refused("PUT", "Invoices", draft(harbour, {**LINE, **change})))


def test_an_approved_document_needs_accounts_where_a_draft_does_not(xero: Caller, harbour: str) -> None:
    line = {"Description": "Beans", "UnitAmount": 5}
    made = xero.write("PUT", "Invoices", draft(harbour, line, DueDate="2026-12-10"))[0]
    wrong = xero.refused("POST", "Invoices", {"InvoiceID": made["InvoiceID"], "Status": "AUTHORISED"})
    assert wrong == ["Account code must be specified"]


def test_an_archived_contact_gets_no_new_document(xero: Caller, sandbox: Sandbox) -> None:
    mill = sandbox.contact_id("Old Mill Bakery Ltd")
    assert "has been archived" in xero.refused("PUT", "Invoices", draft(mill))[0]


def test_an_unknown_name_makes_a_contact_and_a_known_one_finds_it(xero: Caller, harbour: str) -> None:
    by_name = draft(harbour, Contact={"Name": "Brand New Ltd"})
    first, second = (xero.write("PUT", "Invoices", by_name)[0]["Contact"]["ContactID"] for _ in range(2))
    assert first == second
    assert xero.get(f"Contacts/{first}")["Contacts"][0]["Name"] == "Brand New Ltd"


def test_fields_beside_a_contacts_id_write_over_the_contact(xero: Caller, harbour: str) -> None:
    xero.write(
        "PUT", "Invoices", draft(harbour, Contact={"ContactID": harbour, "EmailAddress": "other@harbour.example"})
    )
    assert xero.get(f"Contacts/{harbour}")["Contacts"][0]["EmailAddress"] == "other@harbour.example"


def test_an_update_drops_the_lines_it_does_not_name(xero: Caller, harbour: str) -> None:
    made = xero.write("PUT", "Invoices", draft(harbour, LINE, {**LINE, "Description": "Cups"}))[0]
    keep = made["LineItems"][1]["LineItemID"]
    changed = xero.write(
        "POST", "Invoices", {"InvoiceID": made["InvoiceID"], "LineItems": [{"LineItemID": keep, "Quantity": 4}]}
    )[0]
    assert [(row["LineItemID"], row["Description"], row["LineAmount"]) for row in changed["LineItems"]] == [
        (keep, "Cups", 42)
    ]
    assert changed["Total"] == 48.30


def test_an_update_without_lines_keeps_them(xero: Caller, harbour: str) -> None:
    made = xero.write("PUT", "Invoices", draft(harbour))[0]
    changed = xero.write(
        "POST", f"Invoices/{made['InvoiceID']}", {"Reference": "later", "LineAmountTypes": "Inclusive"}
    )[0]
    assert changed["LineItems"][0]["LineItemID"] == made["LineItems"][0]["LineItemID"]
    assert (changed["Total"], changed["TotalTax"], changed["Reference"]) == (21, 2.74, "later")


def test_a_known_sales_number_updates_on_post(xero: Caller, harbour: str) -> None:
    made = xero.write("PUT", "Invoices", draft(harbour))[0]
    again = xero.write("POST", "Invoices", draft(harbour, InvoiceNumber=made["InvoiceNumber"], Reference="same"))[0]
    assert again["InvoiceID"] == made["InvoiceID"]


def test_a_status_goes_forward_and_never_back(xero: Caller, harbour: str) -> None:
    made = xero.write("PUT", "Invoices", draft(harbour, DueDate="2026-12-10"))[0]

    def move(status: str) -> dict[str, Any]:
        return {"InvoiceID": made["InvoiceID"], "Status": status}

    for status in ("SUBMITTED", "DRAFT", "AUTHORISED"):
        assert xero.write("POST", "Invoices", move(status))[0]["Status"] == status
    for status in ("DRAFT", "SUBMITTED", "DELETED"):
        assert xero.refused("POST", "Invoices", move(status)) == ["Invoice not of valid status for modification"]
    voided = xero.write("POST", "Invoices", move("VOIDED"))[0]
    assert (voided["Status"], voided["AmountDue"]) == ("VOIDED", 0)
    assert xero.refused("POST", "Invoices", move("AUTHORISED")) == ["Invoice not of valid status for modification"]


def test_a_draft_is_deleted_by_its_status(xero: Caller, harbour: str) -> None:
    made = xero.write("PUT", "Invoices", draft(harbour))[0]
    assert (
        xero.write("POST", "Invoices", {"InvoiceID": made["InvoiceID"], "Status": "DELETED"})[0]["Status"] == "DELETED"
    )
    assert xero.refused("POST", "Invoices", {"InvoiceID": made["InvoiceID"], "Reference": "x"})


def test_a_paid_invoice_cannot_be_changed(xero: Caller, sandbox: Sandbox) -> None:
    paid = next(row for row in sandbox.records("Invoices") if row["Status"] == "PAID")
    part = next(row for row in sandbox.records("Invoices") if row["Status"] == "AUTHORISED" and row["AmountPaid"])
    assert xero.refused("POST", "Invoices", {"InvoiceID": paid["InvoiceID"], "Reference": "x"})
    assert (
        "payment or credit note allocated"
        in (xero.refused("POST", "Invoices", {"InvoiceID": part["InvoiceID"], "Status": "VOIDED"})[0])
    )


def test_what_my_app_made_can_be_told_apart(xero: Caller, harbour: str) -> None:
    made = xero.write("PUT", "Invoices", draft(harbour, Url="https://crm.example/o/1?key=abc"))[0]
    rows = xero.rows("Invoices", createdByMyApp="true", ContactIDs=harbour)
    assert [(row["InvoiceID"], row["Url"]) for row in rows] == [(made["InvoiceID"], "https://crm.example/o/1?key=abc")]


def test_a_sale_has_an_address_for_its_customer(xero: Caller, sandbox: Sandbox) -> None:
    sale = next(row for row in sandbox.records("Invoices") if row["Type"] == "ACCREC")
    url = xero.get(f"Invoices/{sale['InvoiceID']}/OnlineInvoice")["OnlineInvoices"][0]["OnlineInvoiceUrl"]
    assert url.startswith("http://localhost/")


def test_a_history_tells_who_did_what(xero: Caller, harbour: str, sandbox: Sandbox) -> None:
    made = xero.write("PUT", "Invoices", draft(harbour, DueDate="2026-12-10"))[0]
    path = f"Invoices/{made['InvoiceID']}/History"
    note = {"HistoryRecords": [{"Details": "Raised by Kim in the CRM"}]}
    assert xero.send("PUT", path, note).status_code == 200
    sandbox.deeds.approve(made["InvoiceID"])
    details = [row["Details"] for row in xero.get(path)["HistoryRecords"]]
    assert details == [
        "Document authorised by Aroha Ngata",
        "Raised by Kim in the CRM",
        "Invoice created through the API",
    ]


def test_a_credit_note_is_created_changed_and_found(xero: Caller, harbour: str) -> None:
    element = {"Type": "ACCRECCREDIT", "Contact": {"ContactID": harbour}, "LineItems": [LINE]}
    made = xero.write("PUT", "CreditNotes", element)[0]
    assert (made["Status"], made["Total"], made["RemainingCredit"]) == ("DRAFT", 24.15, 24.15)
    assert made["CreditNoteNumber"].startswith("CN-")
    approved = xero.write("POST", f"CreditNotes/{made['CreditNoteID']}", {"Status": "AUTHORISED"})[0]
    assert approved["Status"] == "AUTHORISED"
    where = f'Contact.ContactID==guid("{harbour}") AND Status=="AUTHORISED"'
    assert made["CreditNoteID"] in {row["CreditNoteID"] for row in xero.rows("CreditNotes", where=where, page=1)}
    assert xero.refused("PUT", "CreditNotes", {**element, "Type": "ACCREC"})


def test_a_payment_pays_in_part_and_in_whole(xero: Caller, harbour: str, sandbox: Sandbox) -> None:
    caller = Caller(
        sandbox, sandbox.token(["accounting.payments", "accounting.invoices"])["access_token"], sandbox.tenant_id
    )
    made = xero.write("PUT", "Invoices", draft(harbour, Status="AUTHORISED", DueDate="2026-12-10"))[0]
    payment = {"Invoice": {"InvoiceID": made["InvoiceID"]}, "Account": {"Code": "090"}, "Date": "2026-11-21"}
    assert caller.refused("PUT", "Payments", {**payment, "Amount": 24.16})
    caller.write("PUT", "Payments", {**payment, "Amount": 4.15})
    half = xero.get(f"Invoices/{made['InvoiceID']}")["Invoices"][0]
    assert (half["Status"], half["AmountPaid"], half["AmountDue"]) == ("AUTHORISED", 4.15, 20)
    caller.write("PUT", "Payments", {**payment, "Amount": 20})
    whole = xero.get(f"Invoices/{made['InvoiceID']}")["Invoices"][0]
    assert (whole["Status"], whole["AmountDue"], len(whole["Payments"])) == ("PAID", 0, 2)
    assert whole["FullyPaidOnDate"] == "/Date(1795219200000+0000)/"


def test_what_accounts_people_do_shows_in_the_api(xero: Caller, harbour: str, sandbox: Sandbox) -> None:
    made = xero.write("PUT", "Invoices", draft(harbour, DueDate="2026-12-10"))[0]["InvoiceID"]
    sandbox.deeds.submit(made)
    sandbox.deeds.approve(made)
    sandbox.deeds.pay(made, Decimal("14.15"))
    sandbox.deeds.credit(made)
    row = xero.get(f"Invoices/{made}")["Invoices"][0]
    assert (row["Status"], row["AmountPaid"], row["AmountCredited"], row["AmountDue"]) == ("PAID", 14.15, 10, 0)
    note = xero.get(f"CreditNotes/{row['CreditNotes'][0]['CreditNoteID']}")["CreditNotes"][0]
    assert (note["Status"], note["RemainingCredit"], note["Allocations"][0]["Amount"]) == ("PAID", 0, 10)


def test_xml_is_read_too_plain_and_as_a_form(xero: Caller, harbour: str) -> None:
    xml = (
        f"<Invoice><Type>ACCREC</Type><Contact><ContactID>{harbour}</ContactID></Contact>"
        "<Date>2026-11-20T00:00:00</Date><SentToContact>true</SentToContact><LineItems><LineItem>"
        "<Description>Beans &amp; cups</Description><Quantity>2</Quantity><UnitAmount>10.50</UnitAmount>"
        "<AccountCode>200</AccountCode><Tracking><TrackingCategory><Name>Region</Name><Option>Australia</Option>"
        "</TrackingCategory></Tracking></LineItem></LineItems></Invoice>"
    )
    for body in (xml.encode(), f"<Invoices>{xml}</Invoices>".encode(), urlencode({"xml": xml}).encode()):
        made = xero.send("PUT", "Invoices", body).json()["Invoices"][0]
        line = made["LineItems"][0]
        assert (made["Total"], made["SentToContact"], made["DateString"][:10]) == (24.15, True, "2026-11-20")
        assert (line["Description"], line["Tracking"][0]["Option"]) == ("Beans & cups", "Australia")


@pytest.mark.parametrize("body", [b"<Invoice>", b'<!DOCTYPE a [<!ENTITY b "c">]><Invoice>&b;</Invoice>', b"<Invoice/>"])
def test_xml_that_is_none_is_400(xero: Caller, body: bytes) -> None:
    assert xero.send("PUT", "Invoices", body).status_code == 400
