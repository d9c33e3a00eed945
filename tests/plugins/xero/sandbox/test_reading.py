"""Reading: lists, pages, filters, single documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core import ManualClock
from plugins.xero.sandbox import Sandbox
from tests.plugins.xero.sandbox.conftest import API, HARBOUR, Caller, judge


def numbers(rows: list[dict[str, Any]]) -> list[str]:
    return [row["InvoiceNumber"] for row in rows]


@pytest.mark.parametrize(
    "path",
    [
        "Organisation",
        "Organisation/Actions",
        "Contacts",
        "Invoices",
        "CreditNotes",
        "Payments",
        "Overpayments",
        "Prepayments",
        "Items",
        "Accounts",
        "TaxRates",
        "Currencies",
        "BrandingThemes",
        "TrackingCategories",
        "Users",
    ],
)
def test_every_list_answers_as_xero_describes_it(xero: Caller, path: str) -> None:
    body = xero.get(path)
    assert body["Status"] == "OK"
    key = {"Organisation": "Organisations", "Organisation/Actions": "Actions"}.get(path, path)
    assert body[key]


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("Contacts", "ContactID"),
        ("Invoices", "InvoiceID"),
        ("CreditNotes", "CreditNoteID"),
        ("Payments", "PaymentID"),
        ("Overpayments", "OverpaymentID"),
        ("Prepayments", "PrepaymentID"),
        ("Items", "ItemID"),
        ("Accounts", "AccountID"),
        ("TaxRates", "TaxType"),
        ("BrandingThemes", "BrandingThemeID"),
        ("TrackingCategories", "TrackingCategoryID"),
        ("Users", "UserID"),
    ],
)
def test_each_row_can_be_read_by_itself(xero: Caller, path: str, key: str) -> None:
    for row in xero.rows(path)[:3]:
        assert xero.get(f"{path}/{row[key]}")[path][0][key] == row[key]


@pytest.mark.slow
def test_every_page_of_everything_is_as_xero_describes_it(xero: Caller) -> None:
    for path in ("Contacts", "Invoices", "CreditNotes", "Payments", "Overpayments", "Prepayments"):
        response = xero.send("GET", path, page=1, pageSize=1000, includeArchived="true")
        judge("GET", response, most=1000)
        assert response.json()["pagination"]["itemCount"] == len(response.json()[path])


def test_pages_join_to_the_whole_without_gap_or_repeat(xero: Caller) -> None:
    first = xero.get("Invoices", page=1, order="UpdatedDateUTC ASC")
    counts = first["pagination"]
    assert (counts["page"], counts["pageSize"], counts["pageCount"]) == (1, 100, 7)
    rows = [row for page in range(1, 8) for row in xero.rows("Invoices", page=page, order="UpdatedDateUTC ASC")]
    assert len({row["InvoiceID"] for row in rows}) == len(rows) == counts["itemCount"]
    assert [row["UpdatedDateUTC"] for row in rows] == sorted(row["UpdatedDateUTC"] for row in rows)
    assert xero.rows("Invoices", page=8) == []


def test_only_pages_carry_lines(xero: Caller) -> None:
    assert all(row["LineItems"] for row in xero.rows("Invoices", page=1))
    assert not any(row["LineItems"] for row in xero.rows("Invoices"))


def test_a_page_holds_no_more_than_a_thousand(xero: Caller) -> None:
    assert len(xero.rows("Invoices", page=1, pageSize=1000)) > 600
    assert xero.send("GET", "Invoices", page=1, pageSize=1001).status_code == 400
    assert xero.send("GET", "Invoices", page=1, pageSize=0).status_code == 400


@pytest.mark.parametrize("number", ["one", "0", "-1", "+1", "1_0", "1.0", "\u0661", "1" * 400, "2147483648"])
def test_a_page_that_is_no_positive_number_is_refused(xero: Caller, number: str) -> None:
    for path in ("Invoices", "Contacts", "Payments"):
        answer = xero.send("GET", path, page=number)
        assert (answer.status_code, answer.json()["Type"]) == (400, "ValidationException")
    assert xero.send("GET", "Invoices", page=1, pageSize=number).status_code == 400


def test_a_summary_is_light(xero: Caller) -> None:
    row = xero.rows("Invoices", page=1, summaryOnly="True")[0]
    assert "LineItems" not in row
    assert "Payments" not in row
    assert {"Total", "AmountDue", "Status", "Contact"} <= set(row)
    contact = xero.rows("Contacts", page=1, summaryOnly="true")[0]
    assert "Balances" not in contact
    assert contact["Name"]


def test_ids_numbers_contacts_and_statuses_narrow_the_list(xero: Caller, harbour: str) -> None:
    some = xero.rows("Invoices", page=1)[:3]
    ids = ",".join(row["InvoiceID"] for row in some)
    assert numbers(xero.rows("Invoices", IDs=ids)) == numbers(some)
    assert numbers(xero.rows("Invoices", InvoiceNumbers="INV-0412,INV-0101")) == ["INV-0412", "INV-0101"]
    of_harbour = xero.rows("Invoices", ContactIDs=harbour, Statuses="AUTHORISED,PAID", page=1)
    assert of_harbour
    assert {row["Contact"]["Name"] for row in of_harbour} == {HARBOUR}
    assert {row["Status"] for row in of_harbour} == {"AUTHORISED", "PAID"}


def test_a_list_that_is_repeated_counts_as_one_list(xero: Caller) -> None:
    one, two, three = xero.rows("Invoices", page=1)[:3]
    ids = [row["InvoiceID"] for row in (one, two, three)]
    path = f"{API}/Invoices?IDs={ids[0]}&IDs={ids[1]},{ids[0]}&ids={ids[2]}"
    assert numbers(xero.rows_of("Invoices", path)) == numbers([one, two, three])
    assert {row["Status"] for row in xero.rows_of("Invoices", f"{API}/Invoices?Statuses=DRAFT&Statuses=PAID")} == {
        "DRAFT",
        "PAID",
    }


@pytest.mark.parametrize(
    ("table", "parameter", "field"),
    [("Overpayments", "References", "Reference"), ("Prepayments", "InvoiceNumbers", "InvoiceNumber")],
)
def test_money_paid_in_advance_is_narrowed_by_what_it_is_called(
    xero: Caller, sandbox: Sandbox, harbour: str, table: str, parameter: str, field: str
) -> None:
    for text in ("ADV-1", "ADV-2", ""):
        sandbox.deeds.receive(harbour, Decimal(5), table, text)
    assert [row[field] for row in xero.rows(table, **{parameter: "adv-2,NOPE"})] == ["ADV-2"]
    assert {row["Reference"] for row in xero.rows(table, **{parameter: "ADV-1,ADV-2"})} == {"ADV-1", "ADV-2"}
    assert xero.rows(table, **{parameter: "NOPE"}) == []
    assert len(xero.rows(table, **{parameter: ""})) == len(sandbox.records(table))


def test_the_search_term_looks_in_number_and_reference(xero: Caller) -> None:
    assert {row["Reference"] for row in xero.rows("Invoices", searchTerm="refit, STAGE")} == {"Roastery refit, stage 1"}
    assert numbers(xero.rows("Invoices", searchTerm="v-0412")) == ["INV-0412"]
    assert numbers(xero.rows("Invoices", searchTerm="hcr-0219")) == ["HCR-0219"]
    assert xero.rows("Invoices", searchTerm="nothing of that name") == []


def test_the_search_term_finds_contacts_by_name_mail_and_persons(xero: Caller) -> None:
    def found(term: str) -> list[str]:
        return [row["Name"] for row in xero.rows("Contacts", searchTerm=term)]

    assert HARBOUR in found("harbour coffee")
    assert "Hana Whitiora" in found("hana@tuidesign")
    assert found("o'connell") == ["James O'Connell"]
    assert "Tūī Design Studio Limited" in found("TŪĪ")


def test_changes_since_a_moment_are_told_to_the_second(xero: Caller, sandbox: Sandbox, clock: ManualClock) -> None:
    clock.advance(seconds=60)
    before = clock.now()
    clock.advance(seconds=5)
    changed = next(row for row in sandbox.records("Invoices") if row["Status"] == "SUBMITTED")
    sandbox.deeds.approve(changed["InvoiceID"])
    for moment in (
        before.isoformat(),
        before.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        before.strftime("%Y-%m-%dT%H:%M:%S"),
    ):
        response = xero.send("GET", "Invoices", headers={"If-Modified-Since": moment})
        assert [row["InvoiceID"] for row in response.json()["Invoices"]] == [changed["InvoiceID"]]
    later = (clock.now() + timedelta(seconds=1)).isoformat()
    assert xero.send("GET", "Invoices", headers={"if-modified-since": later}).json()["Invoices"] == []
    assert xero.send("GET", "Invoices", headers={"If-Modified-Since": "yesterday"}).status_code == 400


def test_the_offset_of_if_modified_since_counts(xero: Caller, sandbox: Sandbox, clock: ManualClock) -> None:
    clock.advance(seconds=600)
    sandbox.deeds.approve(next(row for row in sandbox.records("Invoices") if row["Status"] == "SUBMITTED")["InvoiceID"])
    in_auckland = (clock.now() - timedelta(seconds=1)).astimezone(UTC).replace(tzinfo=None) + timedelta(hours=13)
    header = f"{in_auckland.isoformat()}+13:00"
    assert len(xero.send("GET", "Invoices", headers={"If-Modified-Since": header}).json()["Invoices"]) == 1


WHERE = [
    ('Type=="ACCREC"', lambda row: row["Type"] == "ACCREC"),
    ('Type=="ACCPAY" AND Status=="AUTHORISED"', lambda row: (row["Type"], row["Status"]) == ("ACCPAY", "AUTHORISED")),
    ('Status=="DRAFT" OR Status=="SUBMITTED"', lambda row: row["Status"] in {"DRAFT", "SUBMITTED"}),
    (
        'Type=="ACCREC" && (Status=="DRAFT" || Status=="VOIDED")',
        lambda row: row["Type"] == "ACCREC" and row["Status"] in {"DRAFT", "VOIDED"},
    ),
    ("AmountDue > 0", lambda row: row["AmountDue"] > 0),
    ("AmountDue>=100.50 AND AmountPaid==0", lambda row: row["AmountDue"] >= 100.50 and row["AmountPaid"] == 0),
    (
        "Date >= DateTime(2026, 06, 01) AND Date < DateTime(2026,7,1)",
        lambda row: "2026-06-01" <= row["DateString"][:10] < "2026-07-01",
    ),
    ("DueDate<DateTime(2026,11,22)", lambda row: row["DueDateString"][:10] < "2026-11-22"),
    ('Reference=="Roastery refit, stage 1"', lambda row: row["Reference"] == "Roastery refit, stage 1"),
    ('Reference != null AND Reference.StartsWith("PO ")', lambda row: row["Reference"].startswith("PO ")),
    ('InvoiceNumber.EndsWith("2")', lambda row: row["InvoiceNumber"].endswith("2")),
    ('Reference.ToLower().Contains("refit")', lambda row: "refit" in row["Reference"].lower()),
    ('CurrencyCode!="NZD"', lambda row: row["CurrencyCode"] != "NZD"),
    ('Contact.Name=="Albion Bicycle Works Ltd"', lambda row: row["Contact"]["Name"] == "Albion Bicycle Works Ltd"),
    ("SentToContact==true", lambda row: row["SentToContact"]),
    ("SentToContact == False", lambda row: not row["SentToContact"]),
    ("FullyPaidOnDate==null", lambda row: "FullyPaidOnDate" not in row),
    ('!(Status=="PAID")', lambda row: row["Status"] != "PAID"),
]  # fmt: skip


@pytest.mark.parametrize(("where", "holds"), WHERE, ids=[where for where, _ in WHERE])
def test_a_where_keeps_what_it_says_and_nothing_else(xero: Caller, where: str, holds: Any) -> None:
    everything = xero.rows("Invoices")
    wanted = [row["InvoiceID"] for row in everything if holds(row)]
    assert wanted
    assert len(wanted) < len(everything)
    assert [row["InvoiceID"] for row in xero.rows("Invoices", where=where)] == wanted


def test_a_where_may_name_a_contact_by_its_id(xero: Caller, harbour: str) -> None:
    for guid in (f'guid("{harbour}")', f'Guid("{harbour.upper()}")'):
        rows = xero.rows("Invoices", where=f'Contact.ContactID=={guid} AND Type=="ACCPAY"')
        assert {row["Contact"]["Name"] for row in rows} == {HARBOUR}
    assert xero.rows("CreditNotes", where=f'Contact.ContactID=guid("{harbour}")')


@pytest.mark.parametrize(
    "where",
    [
        'Bogus=="x"',
        'Type=="ACCREC',
        "Type==",
        'Type=="ACCREC" AND',
        "AmountDue>\"many\"",
        "Date>=DateTime(2026,13,1)",
        "Date>DateTime(999999999999,1,1)",
        "Date>DateTime(2026,2147483648,1)",
        "Date>DateTime(2026,1,1,0,0,0,2147483648)",
        "Date>\"2026-01-01\"",
        '(Type=="ACCREC"',
        'Contact.ContactID=="ca9ee388-3ecc-5a73-baab-7443cc245977"',
        'Contact.ContactID==guid("no")',
        'AmountDue.Contains("1")',
        "Type",
        'Type=="ACCREC" "x"',
        "Type==\"a\" ; drop",
    ],
)  # fmt: skip
def test_a_where_that_cannot_be_read_is_refused(xero: Caller, where: str) -> None:
    response = xero.send("GET", "Invoices", where=where)
    assert response.status_code == 400
    assert response.json()["Type"] == "QueryParseException"


def test_settings_can_be_filtered(xero: Caller) -> None:
    assert {row["Class"] for row in xero.rows("Accounts", where='Class=="REVENUE" AND Status=="ACTIVE"')} == {"REVENUE"}
    assert all(row["IsSold"] for row in xero.rows("Items", where="IsSold==true"))
    assert any(not row["IsSold"] for row in xero.rows("Items"))
    assert {row["TaxType"] for row in xero.rows("TaxRates", where='CanApplyToRevenue==true AND Status=="ACTIVE"')} == {
        "OUTPUT2",
        "ZERORATEDOUTPUT",
        "NONE",
    }


def test_several_orders_hold_one_after_the_other(xero: Caller) -> None:
    rows = xero.rows("Invoices", order="Type, Date DESC, InvoiceNumber ASC")
    key = [(row["Type"], -int(row["Date"][6:-7]), row["InvoiceNumber"].casefold()) for row in rows]
    assert key == sorted(key)
    assert xero.send("GET", "Invoices", order="Bogus").status_code == 400
    assert xero.send("GET", "Invoices", order="Date SIDEWAYS").status_code == 400
    names = [row["Name"].casefold() for row in xero.rows("Contacts", order="Name DESC")]
    assert names == sorted(names, reverse=True)


def test_archived_contacts_appear_when_asked_for(xero: Caller) -> None:
    def statuses(**query: str) -> set[str]:
        return {row["ContactStatus"] for row in xero.rows("Contacts", **query)}

    assert statuses() == {"ACTIVE"}
    assert statuses(includeArchived="True") == statuses(includeArchived="true") == {"ACTIVE", "ARCHIVED"}
    assert statuses(where='ContactStatus=="ARCHIVED"') == {"ARCHIVED"}


def test_pages_of_contacts_carry_terms_and_balances(xero: Caller, harbour: str) -> None:
    paged = next(row for row in xero.rows("Contacts", page=1, pageSize=200) if row["ContactID"] == harbour)
    plain = next(row for row in xero.rows("Contacts") if row["ContactID"] == harbour)
    assert paged["PaymentTerms"]["Sales"] == {"Day": 20, "Type": "DAYSAFTERBILLDATE"}
    assert "PaymentTerms" not in plain
    assert "Balances" not in plain
    open_sales = [
        row
        for row in xero.rows("Invoices", ContactIDs=harbour)
        if (row["Status"], row["Type"]) == ("AUTHORISED", "ACCREC")
    ]
    due = sum(Decimal(str(row["AmountDue"])) for row in open_sales)
    assert Decimal(str(paged["Balances"]["AccountsReceivable"]["Outstanding"])) == due
    assert 0 < paged["Balances"]["AccountsReceivable"]["Overdue"] < due
    assert paged["IsCustomer"]
    assert paged["IsSupplier"]


def test_a_contact_is_found_by_its_number_too(xero: Caller) -> None:
    made = xero.write("PUT", "Contacts", {"Name": "Numbered", "ContactNumber": "LT-77"})[0]
    assert xero.get("Contacts/LT-77")["Contacts"][0]["ContactID"] == made["ContactID"]


def test_an_invoice_is_found_by_its_number_whatever_the_case(xero: Caller) -> None:
    assert xero.get("Invoices/inv-0412")["Invoices"][0]["InvoiceNumber"] == "INV-0412"


@pytest.mark.parametrize("path", ["Invoices/nothing", "Contacts/ca9ee388-0000-5a73-baab-7443cc245977", "Accounts/999"])
def test_an_unknown_id_is_404(xero: Caller, path: str) -> None:
    assert xero.send("GET", path).status_code == 404


def test_an_unknown_endpoint_is_404_and_a_wrong_method_405(xero: Caller) -> None:
    assert xero.send("GET", "Voices").status_code == 404
    assert xero.send("GET", "").status_code == 404
    response = xero.send("DELETE", "Invoices")
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, PUT, POST"


def test_a_trailing_slash_and_another_case_do_no_harm(xero: Caller) -> None:
    assert xero.send("GET", "invoices/").json()["Invoices"]
    assert xero.send("GET", "Organisation/").status_code == 200


def test_unit_prices_have_four_places_only_when_asked_for(xero: Caller) -> None:
    def cup(**query: int) -> Any:
        return next(row for row in xero.rows("Items", **query) if row["Code"] == "CUP-200")["SalesDetails"]["UnitPrice"]

    assert cup() == 0.24
    assert cup(unitdp=4) == 0.2375


def test_numbers_are_written_digit_for_digit(xero: Caller) -> None:
    text = xero.send("GET", "Invoices/INV-0412").text
    total = xero.sandbox.records("Invoices")
    found = next(row for row in total if row["InvoiceNumber"] == "INV-0412")
    assert f'"Total":{found["Total"]}' in text


def test_dates_are_written_in_xeros_way(xero: Caller) -> None:
    row = xero.get("Invoices/INV-0412")["Invoices"][0]
    ms = int(row["Date"].removeprefix("/Date(").removesuffix("+0000)/"))
    assert datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT00:00:00") == row["DateString"]


def test_a_big_answer_is_compressed_when_asked_for(xero: Caller) -> None:
    packed = xero.send("GET", "Invoices", headers={"Accept-Encoding": "gzip"})
    plain = xero.send("GET", "Invoices", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert int(packed.headers["Content-Length"]) * 4 < int(plain.headers["Content-Length"])
    assert packed.json()["Invoices"] == plain.json()["Invoices"]


def test_the_two_organisations_do_not_mix(xero: Caller, sandbox: Sandbox) -> None:
    other = Caller(sandbox, sandbox.token()["access_token"], sandbox.other_tenant_id)
    assert other.get("Organisation")["Organisations"][0]["BaseCurrency"] == "AUD"
    assert not {row["InvoiceID"] for row in other.rows("Invoices")} & {
        row["InvoiceID"] for row in xero.rows("Invoices")
    }
    assert other.send("GET", f"Contacts/{sandbox.contact_id(HARBOUR)}").status_code == 404


@pytest.mark.parametrize(("path", "key"), [("Invoices", "InvoiceID"), ("CreditNotes", "CreditNoteID")])
def test_a_document_comes_as_pdf_too(xero: Caller, path: str, key: str) -> None:
    row = xero.sandbox.records(path)[0]
    by_path = xero.send("GET", f"{path}/{row[key]}/pdf")
    by_header = xero.http.get(f"{API}/{path}/{row[key]}", headers={**xero.headers, "Accept": "application/pdf"})
    for response in (by_path, by_header):
        assert response.headers["Content-Type"] == "application/pdf"
        assert response.content.startswith(b"%PDF-1.4")
        start = int(response.content.rsplit(b"startxref\n", 1)[1].split()[0])
        assert response.content[start : start + 4] == b"xref"
        assert str(row["Total"]).encode() in response.content
    assert xero.send("GET", f"{path}/none/pdf").status_code == 404
