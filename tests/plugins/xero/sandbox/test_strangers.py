"""What clients and people who were not thought of send: other clients' habits, odd addresses, odd bodies."""

from __future__ import annotations

import gzip
from uuid import UUID
from xml.etree import ElementTree

import pytest
from webob import Request

from plugins.xero.sandbox import Sandbox
from tests.plugins.xero.sandbox.conftest import API, HARBOUR, Browser, Caller

JSON = "application/json"


def names(xero: Caller) -> set[str]:
    """The names of the contacts that are kept."""
    return {row["Name"] for row in xero.sandbox.records("Contacts")}


# Ids


@pytest.mark.parametrize("written", [lambda key: UUID(key).hex, str.upper, lambda key: f"{{{key}}}"])
def test_an_id_is_found_however_it_is_written(xero: Caller, harbour: str, written: object) -> None:
    assert callable(written)
    odd = written(harbour)
    invoice = xero.sandbox.records("Invoices")[0]["InvoiceID"]
    assert [row["ContactID"] for row in xero.rows(f"Contacts/{odd}")] == [harbour]
    assert [row["ContactID"] for row in xero.rows("Contacts", IDs=odd)] == [harbour]
    assert {row["Contact"]["ContactID"] for row in xero.rows("Invoices", ContactIDs=odd)} == {harbour}
    assert [row["InvoiceID"] for row in xero.rows("Invoices", IDs=written(invoice))] == [invoice]
    assert xero.send("GET", "Organisation", headers={"xero-tenant-id": written(xero.sandbox.tenant_id)}).is_success
    drafted = xero.write("PUT", "Invoices", {"Type": "ACCREC", "Contact": {"ContactID": odd}})
    assert drafted[0]["Contact"]["Name"] == HARBOUR


# Filters


def test_a_where_may_name_the_side_that_a_contact_is_on(xero: Caller) -> None:
    every = xero.rows("Contacts")
    customers = xero.rows("Contacts", where="IsCustomer==true")
    only_suppliers = xero.rows("Contacts", where="IsSupplier==true AND IsCustomer==false")
    assert [row["ContactID"] for row in customers] == [row["ContactID"] for row in every if row["IsCustomer"]]
    assert customers
    assert [row["Name"] for row in only_suppliers] == [
        row["Name"] for row in every if row["IsSupplier"] and not row["IsCustomer"]
    ]
    assert only_suppliers


def test_a_where_may_ask_for_attachments_of_contacts(xero: Caller) -> None:
    assert xero.rows("Contacts", where="HasAttachments==false") == xero.rows("Contacts")
    assert xero.rows("Contacts", where="HasAttachments") == []


def test_a_where_may_name_fields_of_a_contact_further_inside(xero: Caller, harbour: str) -> None:
    payments = xero.rows("Payments", where=f'Invoice.Contact.ContactID==Guid("{harbour}")')
    assert {row["Invoice"]["Contact"]["Name"] for row in payments} == {HARBOUR}
    active = xero.rows("Invoices", where='Contact.ContactStatus=="ACTIVE" AND Contact.EmailAddress!=null')
    assert 0 < len(active) < len(xero.rows("Invoices"))


# Addresses and methods


@pytest.mark.parametrize("path", ["/API.XRO/2.0/Organisation", f"{API}/ORGANISATION/", f"{API}/Organisations/Actions"])
def test_capitals_and_the_plural_make_no_difference(sandbox: Sandbox, xero: Caller, path: str) -> None:
    assert xero.http.get(path, headers=xero.headers).status_code == 200


@pytest.mark.parametrize(
    "path", [f"{API}/Invoices/%ff", f"{API}/Invoices?where=%ff", "/identity/connect/authorize?client_id=%ff"]
)
def test_an_address_that_is_no_utf_8_is_refused(xero: Caller, path: str) -> None:
    answer = xero.http.get(path, headers=xero.headers)
    assert (answer.status_code, answer.json()["Type"]) == (400, "ValidationException")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/connections", "GET"),
        ("GET", "/connections/ca9ee388-3ecc-5a73-baab-7443cc245977", "DELETE"),
        ("GET", "/connect/token", "POST"),
        ("DELETE", "/.well-known/openid-configuration", "GET"),
        ("PATCH", f"{API}/Invoices", "GET, PUT, POST"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(xero: Caller, method: str, path: str, allowed: str) -> None:
    answer = xero.http.request(method, path, headers=xero.headers)
    assert (answer.status_code, answer.headers["Allow"], answer.json()["Status"]) == (405, allowed, 405)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_who_may_read_is_told_that_a_method_is_not_taken(sandbox: Sandbox, method: str) -> None:
    reader = Caller(sandbox, sandbox.token(["accounting.settings.read"])["access_token"], sandbox.tenant_id)
    answer = reader.http.request(method, f"{API}/Organisation", headers=reader.headers)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert reader.http.request(method, f"{API}/Contacts", headers=reader.headers).status_code == 401


@pytest.mark.parametrize("path", ["/connect/userinfo", "/api.xro/1.0/Invoices", "/connections/a/b"])
def test_machines_are_told_in_json_that_there_is_nothing(xero: Caller, path: str) -> None:
    answer = xero.http.get(path, headers={"Accept": "*/*"})
    assert (answer.status_code, answer.json()["Title"]) == (404, "Not Found")
    assert str(UUID(answer.json()["Instance"])) == answer.json()["Instance"]


# What is accepted


def test_what_may_not_be_compressed_is_not(xero: Caller) -> None:
    plain = xero.http.get(f"{API}/Invoices", headers={**xero.headers, "Accept-Encoding": "gzip;q=0, identity"})
    assert "Content-Encoding" not in plain.headers
    small = xero.http.get(f"{API}/Invoices", headers={**xero.headers, "Accept-Encoding": "deflate, gzip;q=0.5"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert len(gzip.compress(plain.content)) < len(plain.content) / 4


@pytest.mark.parametrize("accept", ["application/xml", "text/xml", "application/xml, application/json;q=0.5"])
def test_who_asks_for_xml_gets_xml(xero: Caller, harbour: str, accept: str) -> None:
    answer = xero.http.get(f"{API}/Contacts/{harbour}", headers={**xero.headers, "Accept": accept})
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    contact = ElementTree.fromstring(answer.content).find("Contacts/Contact")
    assert contact is not None
    like = xero.rows(f"Contacts/{harbour}")[0]
    assert contact.findtext("Name") == HARBOUR
    assert contact.findtext("IsCustomer") == "true"
    assert len(contact.findall("Addresses/Address")) == len(like["Addresses"])
    assert contact.findtext("UpdatedDateUTC", "").startswith("20")


def test_xml_tells_dates_once_money_digit_for_digit_and_refusals_too(xero: Caller) -> None:
    kept = next(row for row in xero.sandbox.records("Invoices") if row["Type"] == "ACCREC" and row["LineItems"])
    headers = {**xero.headers, "Accept": "application/xml"}
    answer = xero.http.get(f"{API}/Invoices/{kept['InvoiceID']}", headers=headers)
    invoice = ElementTree.fromstring(answer.content).find("Invoices/Invoice")
    assert invoice is not None
    assert invoice.findtext("Date") == f"{kept['Date']}T00:00:00"
    assert invoice.find("DateString") is None
    assert invoice.findtext("Total") == str(kept["Total"])
    assert len(invoice.findall("LineItems/LineItem")) == len(kept["LineItems"])
    refused = xero.http.put(f"{API}/Contacts", headers=headers, content=b"<Contact><Name>\x01</Name></Contact>")
    assert (refused.status_code, ElementTree.fromstring(refused.content).tag) == (400, "ApiException")


@pytest.mark.parametrize("accept", [JSON, "*/*", "", "text/html", "application/json, application/xml"])
def test_everybody_else_gets_json(xero: Caller, accept: str) -> None:
    answer = xero.http.get(f"{API}/Organisation", headers={**xero.headers, "Accept": accept})
    assert (answer.headers["Content-Type"].split(";")[0], answer.json()["Status"]) == (JSON, "OK")


# Bodies


@pytest.mark.parametrize("body", [b"[" * 5000 + b"]" * 5000, b"<a>" * 6000 + b"</a>" * 6000])
def test_a_body_nested_without_end_is_refused(xero: Caller, body: bytes) -> None:
    answer = xero.send("PUT", "Contacts", body)
    assert (answer.status_code, answer.json()["Type"]) == (400, "PostDataInvalidException")


def test_a_body_of_more_than_three_and_a_half_megabytes_is_refused_unread(xero: Caller) -> None:
    padded = b'{"Name": "Just so"}'.ljust(3_500_000)
    assert xero.send("PUT", "Contacts", padded).status_code == 200
    answer = xero.send("PUT", "Contacts", b"{" + padded)
    assert (answer.status_code, answer.json()["Status"]) == (413, 413)
    assert xero.send("PUT", "Contacts", padded.replace(b"Just so", b"Too big") + b" ").status_code == 413
    assert "Too big" not in names(xero)


def test_a_byte_order_mark_before_the_body_is_set_aside(xero: Caller) -> None:
    assert xero.send("PUT", "Contacts", b'\xef\xbb\xbf{"Name": "Marked"}').status_code == 200


def test_a_list_that_is_nothing_holds_no_element(xero: Caller) -> None:
    answer = xero.send("PUT", "Invoices", b'{"Invoices": null}')
    assert answer.json()["Type"] == "NoDataProcessedException"


def test_of_a_body_that_cannot_be_read_nothing_is_kept(xero: Caller) -> None:
    before = names(xero)
    answer = xero.send("PUT", "Contacts", {"Contacts": [{"Name": "Good"}, {"Name": {"no": "text"}}]})
    assert (answer.status_code, answer.json()["Type"]) == (400, "PostDataInvalidException")
    assert names(xero) == before


def test_of_a_list_in_which_one_id_is_unknown_nothing_is_kept(xero: Caller, harbour: str) -> None:
    changed, lost = {"ContactID": harbour, "Name": "Renamed"}, {"ContactID": str(UUID(int=7)), "Name": "Lost"}
    before = names(xero)
    answer = xero.send("POST", "Contacts", {"Contacts": [{"Name": "New"}, changed, lost]})
    assert answer.status_code == 404
    assert names(xero) == before
    assert xero.rows("Contacts", searchTerm=HARBOUR)[0]["ContactID"] == harbour


def test_a_contact_comes_back_in_xml_with_its_empty_parts(xero: Caller, harbour: str) -> None:
    """As pyxero sends what it has read."""
    body = (
        f"<Contact><ContactID>{harbour}</ContactID><Name>{HARBOUR}</Name><ContactPersons /><ContactGroups />"
        "<SalesTrackingCategories /><PurchasesTrackingCategories /><PaymentTerms /></Contact>"
    )
    answer = xero.send("POST", "Contacts", body.encode())
    assert answer.status_code == 200, answer.text
    assert answer.json()["Contacts"][0]["SalesTrackingCategories"] == []


@pytest.mark.parametrize(
    "body",
    [
        b"xml=",
        b'<?xml version="1.0" encoding="bogus"?><Contact><Name>n</Name></Contact>',
        b'<!DOCTYPE a [<!ENTITY x "y">]><Contact><Name>&x;</Name></Contact>',
        '<!DOCTYPE a [<!ENTITY x "y">]><Contact><Name>&x;</Name></Contact>'.encode("utf-16-le"),
    ],
)
def test_xml_that_cannot_be_read_is_refused(xero: Caller, body: bytes) -> None:
    answer = xero.send("PUT", "Contacts", body)
    assert (answer.status_code, answer.json()["Type"]) == (400, "PostDataInvalidException")


def test_comments_and_character_data_in_xml_are_read(xero: Caller) -> None:
    body = b"<Contact><!-- from a sheet --><Name><![CDATA[Salt & <Pepper>]]></Name></Contact>"
    assert xero.send("PUT", "Contacts", body).json()["Contacts"][0]["Name"] == "Salt & <Pepper>"


FILE = b'--x\r\nContent-Disposition: form-data; name="token"; filename="a"\r\n\r\nabc\r\n--x--\r\n'


@pytest.mark.parametrize("path", ["/connect/token", "/connect/revocation"])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--x\r\nno boundary"),
        ("multipart/form-data; boundary=x", FILE),
        ("application/x-www-form-urlencoded; charset=bogus", b"grant_type=client_credentials"),
    ],
)
def test_a_form_that_cannot_be_read_is_an_invalid_request(browser: Browser, path: str, kind: str, body: bytes) -> None:
    answer = browser.http.post(
        path, content=body, headers={"Content-Type": kind}, auth=("ledgertab-demo", "ledgertab-demo-secret")
    )
    assert answer.status_code == 400
    assert answer.json()["error"] in {"invalid_request", "unsupported_grant_type"}
    assert (
        browser.http.post("/identity/connect/authorize", content=body, headers={"Content-Type": kind}).status_code
        == 400
    )


def test_credentials_that_are_no_ascii_are_wrong(sandbox: Sandbox) -> None:
    request = Request.blank("/connect/token", method="POST", headers={"Authorization": "Basic é"})
    answer = request.get_response(sandbox.app)
    assert (answer.status_code, answer.json) == (400, {"error": "invalid_client"})
