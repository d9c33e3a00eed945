from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from core import (
    AmountsAre,
    Document,
    DocumentKind,
    DocumentStatus,
    Line,
    Organisation,
    Party,
    PartyState,
    Payment,
    PaymentTerms,
    TermsKind,
)
from plugins.xero import answers, mapping, structs

INVOICE: dict[str, Any] = {
    "InvoiceID": "243216c5-369e-4056-ac67-05388f86dc81",
    "InvoiceNumber": "INV-0042",
    "Type": "ACCREC",
    "Status": "AUTHORISED",
    "Reference": "Website",
    "Contact": {"ContactID": "025867f1-d741-4d6b-b1af-9ac774b59ba7", "Name": "City Agency"},
    "DateString": "2026-03-15T00:00:00",
    "Date": "/Date(1773532800000+0000)/",
    "DueDate": "/Date(1774137600000+0000)/",
    "LineAmountTypes": "Inclusive",
    "LineItems": [
        {
            "LineItemID": "ce7c3b44-3021-434a-9e9d-66b62ef72bfe",
            "Description": "Hours",
            "Quantity": 2.5,
            "UnitAmount": 100.1234,
            "LineAmount": 225.28,
            "TaxAmount": 29.38,
            "DiscountRate": 10,
            "AccountCode": "200",
            "TaxType": "OUTPUT2",
            "Tracking": [{"Name": "Region", "Option": "North", "TrackingCategoryID": "x", "TrackingOptionID": "y"}],
        }
    ],
    "SubTotal": 195.90,
    "TotalTax": 29.38,
    "Total": 225.28,
    "AmountDue": 100.00,
    "AmountPaid": 75.28,
    "AmountCredited": 50,
    "CurrencyCode": "USD",
    "CurrencyRate": 0.8,
    "UpdatedDateUTC": "/Date(1773532800123+0000)/",
    "Payments": [{"PaymentID": "p1", "Date": "/Date(1773705600000+0000)/", "Amount": 75.28}],
    "CreditNotes": [{"CreditNoteID": "c1", "Date": "/Date(1773792000000+0000)/", "AppliedAmount": 30}],
    "Overpayments": [{"OverpaymentID": "o1", "Date": "/Date(1773792000000+0000)/", "AppliedAmount": 15}],
    "Prepayments": [{"PrepaymentID": "pp1", "Date": "/Date(1773792000000+0000)/", "AppliedAmount": 5}],
    "Url": "https://crm.example/opportunities/7?draft=k1",
    "SomethingNew": {"in": ["2027"]},
}
CREDIT: dict[str, Any] = {
    "CreditNoteID": "249f15fa-f2a7-4acc-8769-0984103f2225",
    "CreditNoteNumber": "CN-0005",
    "Type": "ACCRECCREDIT",
    "Status": "AUTHORISED",
    "Contact": {"ContactID": "c"},
    "Date": "/Date(1773532800000+0000)/",
    "SubTotal": 100,
    "TotalTax": 15,
    "Total": 115,
    "RemainingCredit": 65,
    "CurrencyCode": "NZD",
    "CurrencyRate": 1,
    "Allocations": [
        {"Amount": 40, "Date": "/Date(1773705600000+0000)/", "AllocationID": "a1", "Invoice": {"InvoiceID": "i"}},
        {"Amount": 99, "Date": "/Date(1773705600000+0000)/", "IsDeleted": True},
    ],
    "Payments": [{"PaymentID": "p9", "Date": "/Date(1773705600000+0000)/", "Amount": 10}],
}


def invoice(without: tuple[str, ...] = (), **fields: Any) -> Document | None:
    """The sample invoice with other fields, as the mapping reads it from JSON."""
    row = {name: value for name, value in (INVOICE | fields).items() if name not in without}
    told = answers.reader(answers.Invoices)(json.dumps({"Invoices": [row]}).encode())
    return mapping.invoice(told.invoices[0], "NZD")


def credit_note(**fields: Any) -> Document | None:
    """The sample credit note with other fields."""
    told = answers.reader(answers.CreditNotes)(json.dumps({"CreditNotes": [CREDIT | fields]}).encode())
    return mapping.credit_note(told.credit_notes[0], "NZD")


def party(**fields: Any) -> Party:
    """A contact with these fields."""
    told = answers.reader(answers.Contacts)(json.dumps({"Contacts": [{"ContactID": "c", **fields}]}).encode())
    return mapping.party(told.contacts[0])


def made(document: Document | None) -> Document:
    """The document, which must be there."""
    assert document is not None
    return document


def test_an_invoice_arrives_whole() -> None:
    document = made(invoice())
    assert document.kind is DocumentKind.SALES_INVOICE
    assert document.status is DocumentStatus.AUTHORISED
    assert (document.number, document.reference, document.party_name) == ("INV-0042", "Website", "City Agency")
    assert (document.date, document.due_date) == (dt.date(2026, 3, 15), dt.date(2026, 3, 22))
    assert (document.total, document.tax) == (Decimal("225.28"), Decimal("29.38"))
    assert (document.amount_due, document.amount_paid, document.amount_credited) == (
        Decimal(100),
        Decimal("75.28"),
        Decimal(50),
    )
    assert (document.currency, document.rate) == ("USD", Decimal("1.25"))
    assert document.amounts_are is AmountsAre.INCLUSIVE
    assert document.updated_at == dt.datetime(2026, 3, 15, 0, 0, 0, 123000, tzinfo=dt.UTC)
    assert document.source_url.endswith("draft=k1")
    assert document.lines == (
        Line(
            description="Hours",
            quantity=Decimal("2.5"),
            unit_price=Decimal("100.1234"),
            discount=Decimal(10),
            amount=Decimal("225.28"),
            tax=Decimal("29.38"),
            account="200",
            tax_rate="OUTPUT2",
            tracking=(("Region", "North"),),
            id="ce7c3b44-3021-434a-9e9d-66b62ef72bfe",
        ),
    )


def test_what_settled_an_invoice_is_told_apart() -> None:
    assert made(invoice()).payments == (
        Payment(dt.date(2026, 3, 17), Decimal("75.28"), "payment", "p1"),
        Payment(dt.date(2026, 3, 18), Decimal(30), "credit", "c1"),
        Payment(dt.date(2026, 3, 18), Decimal(15), "overpayment", "o1"),
        Payment(dt.date(2026, 3, 18), Decimal(5), "prepayment", "pp1"),
    )


def test_a_deleted_payment_settled_nothing() -> None:
    payment = {"PaymentID": "p1", "Date": "/Date(0+0000)/", "Amount": 5, "Status": "DELETED"}
    document = made(invoice(("CreditNotes", "Overpayments", "Prepayments"), Payments=[payment]))
    assert document.payments == ()


def test_a_bill_is_a_bill() -> None:
    assert made(invoice(Type="ACCPAY")).kind is DocumentKind.BILL


@pytest.mark.parametrize("word", ["DRAFT", "SUBMITTED", "AUTHORISED", "PAID", "VOIDED", "DELETED"])
def test_every_status_has_its_word(word: str) -> None:
    document = made(invoice(Status=word))
    assert (document.status.name, document.vendor_status) == (word, word)


def test_an_unknown_status_is_kept_as_xero_said_it() -> None:
    document = made(invoice(Status="ON_HOLD"))
    assert (document.status, document.vendor_status) == (DocumentStatus.UNKNOWN, "ON_HOLD")


def test_a_document_of_an_unknown_type_is_left_out() -> None:
    assert invoice(Type="ACCSOMETHING") is None


def test_numbers_written_as_text_are_numbers() -> None:
    document = made(invoice(Total="225.28", AmountDue="100.00", CurrencyRate="0.8000000000"))
    assert (document.total, document.amount_due, document.rate) == (Decimal("225.28"), Decimal(100), Decimal("1.25"))


@pytest.mark.parametrize("name", ["InvoiceID", "Type", "Status", "Total", "CurrencyCode"])
def test_an_invoice_without_what_it_cannot_do_without_is_refused(name: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=name):
        invoice((name,))


def test_missing_tax_is_total_less_subtotal_and_else_refused() -> None:
    assert made(invoice(("TotalTax",))).tax == Decimal("29.38")
    with pytest.raises(ValueError, match="missing"):
        invoice(("TotalTax", "SubTotal"))


def test_a_missing_amount_due_follows_from_total_and_payments_while_open() -> None:
    assert made(invoice(("AmountDue",))).amount_due == Decimal("100.00")
    assert made(invoice(("AmountDue",), Status="VOIDED")).amount_due == 0


def test_an_invoice_of_a_light_list_has_no_lines_rather_than_empty_ones() -> None:
    assert made(invoice(("LineItems",))).lines is None
    assert made(invoice(LineItems=[])).lines == ()


@pytest.mark.parametrize("total", ["NaN", "Infinity"])
def test_a_total_that_is_no_number_is_refused(total: str) -> None:
    with pytest.raises(ValueError, match="no amount"):
        invoice(Total=total)


def test_a_credit_note_is_due_what_is_left_of_it() -> None:
    document = made(credit_note())
    assert document.kind is DocumentKind.SALES_CREDIT_NOTE
    assert (document.amount_due, document.amount_credited, document.amount_paid) == (
        Decimal(65),
        Decimal(40),
        Decimal(10),
    )
    assert [payment.kind for payment in document.payments] == ["payment", "credit"]
    assert document.rate == 1


def test_a_suppliers_credit_note_is_on_the_side_of_bills() -> None:
    assert made(credit_note(Type="ACCPAYCREDIT")).kind is DocumentKind.BILL_CREDIT_NOTE


def test_customers_prepayments_and_overpayments_are_credits_and_suppliers_are_left_out() -> None:
    base = {name: value for name, value in CREDIT.items() if not name.startswith("CreditNote")}

    def over(kind: str) -> Document | None:
        raw = json.dumps({"Overpayments": [base | {"OverpaymentID": "o", "Type": kind}]}).encode()
        return mapping.overpayment(answers.reader(answers.Overpayments)(raw).overpayments[0], "NZD")

    def pre(kind: str) -> Document | None:
        raw = json.dumps({"Prepayments": [base | {"PrepaymentID": "p", "Type": kind}]}).encode()
        return mapping.prepayment(answers.reader(answers.Prepayments)(raw).prepayments[0], "NZD")

    assert made(over("RECEIVE-OVERPAYMENT")).kind is DocumentKind.OVERPAYMENT
    assert made(pre("RECEIVE-PREPAYMENT")).kind is DocumentKind.PREPAYMENT
    assert made(over("AROVERPAYMENT")).amount_due == 65
    assert over("SPEND-OVERPAYMENT") is None
    assert pre("SPEND-PREPAYMENT") is None


def test_a_contact_arrives_whole() -> None:
    arrived = party(
        Name="City Agency",
        ContactStatus="ACTIVE",
        FirstName="Jo",
        EmailAddress="jo@city.example",
        TaxNumber="12-345",
        IsCustomer=True,
        DefaultCurrency="EUR",
        PaymentTerms={"Sales": {"Day": 20, "Type": "OFFOLLOWINGMONTH"}, "Bills": {"Day": 7, "Type": "SOMEDAY"}},
        Phones=[
            {"PhoneType": "FAX", "PhoneNumber": "1"},
            {"PhoneType": "DEFAULT", "PhoneNumber": ""},
            {"PhoneType": "MOBILE", "PhoneNumber": "5550", "PhoneAreaCode": "21", "PhoneCountryCode": "64"},
        ],
        Addresses=[
            {"AddressType": "POBOX", "City": ""},
            {"AddressType": "STREET", "AddressLine1": "1 Quay", "AddressLine3": "Dock", "City": "Auckland"},
        ],
        UpdatedDateUTC="/Date(1773532800000+0000)/",
        Balances={"AccountsReceivable": {"Outstanding": 999}},
    )
    assert (arrived.name, arrived.first_name, arrived.email) == ("City Agency", "Jo", "jo@city.example")
    assert (arrived.phone, arrived.address, arrived.city) == ("+64 21 5550", "1 Quay\nDock", "Auckland")
    assert (arrived.currency, arrived.is_customer, arrived.is_supplier) == ("EUR", True, False)
    assert arrived.sales_terms == PaymentTerms(20, TermsKind.DAY_OF_NEXT_MONTH)
    assert arrived.bill_terms is None
    assert arrived.state is PartyState.ACTIVE


@pytest.mark.parametrize("status", ["ARCHIVED", "GDPRREQUEST", "ASLEEP"])
def test_only_an_active_contact_may_be_used(status: str) -> None:
    assert party(Name="x", ContactStatus=status).state is PartyState.ARCHIVED


def test_a_merged_contact_says_into_which() -> None:
    assert party(Name="x", MergedToContactID="other").merged_into == "other"


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("DAYSAFTERBILLDATE", TermsKind.DAYS_AFTER_DATE),
        ("DAYSAFTERBILLMONTH", TermsKind.DAYS_AFTER_MONTH_END),
        ("OFCURRENTMONTH", TermsKind.DAY_OF_THIS_MONTH),
        ("OFFOLLOWINGMONTH", TermsKind.DAY_OF_NEXT_MONTH),
    ],
)
def test_every_kind_of_terms_has_its_word(word: str, kind: TermsKind) -> None:
    assert party(PaymentTerms={"Sales": {"Day": 5, "Type": word}}).sales_terms == PaymentTerms(5, kind)


def test_an_organisation_keeps_the_ids_it_is_known_by() -> None:
    known = Organisation("tenant", "Old name", connection_ref="conn", extra=(("kept", "1"),))
    told = structs.Organisation(
        organisation_id="org",
        name="New name",
        base_currency="NZD",
        country_code="NZ",
        timezone="NEWZEALANDSTANDARDTIME",
        short_code="!abc",
        period_lock_date="/Date(1767139200000+0000)/",
        end_of_year_lock_date="/Date(1743379200000+0000)/",
    )
    now = mapping.organisation(told, known)
    assert (now.id, now.connection_ref, now.own_id) == ("tenant", "conn", "org")
    assert (now.name, now.base_currency, now.timezone) == ("New name", "NZD", "Pacific/Auckland")
    assert now.lock_date == dt.date(2025, 12, 31)
    assert dict(now.extra) == {"kept": "1", "short_code": "!abc"}


@pytest.mark.parametrize(
    ("country", "area", "number", "read"),
    [
        ("64", "04", "385 1174", "+64 4 385 1174"),
        ("+64", "", "021 555 777", "+64 21 555 777"),
        ("39", "06", "698 1234", "+39 06 698 1234"),
        ("", "04", "385 1174", "04 385 1174"),
        ("64", "", "", ""),
    ],
)
def test_a_phone_with_its_country_can_be_dialled_as_it_is_read(country: str, area: str, number: str, read: str) -> None:
    phone = structs.Phone("DEFAULT", number, area, country)
    assert mapping.party(structs.Contact(contact_id="c", name="Tui", phones=[phone])).phone == read
