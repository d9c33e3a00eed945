"""The demo companies."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core import ManualClock
from plugins.xero.sandbox import Sandbox, demo_data, make_sandbox
from plugins.xero.sandbox.arithmetic import line_amount, line_tax, totals
from plugins.xero.sandbox.demo_data.bulk import BULK_ID
from plugins.xero.sandbox.document_rules import problems
from plugins.xero.sandbox.kinds import CREDIT_NOTE, INVOICE
from plugins.xero.sandbox.limits import Limits
from plugins.xero.sandbox.store import Store
from plugins.xero.sandbox.wire import encoded
from tests.plugins.xero.sandbox.conftest import HARBOUR, Caller

TODAY = date(2026, 11, 22)


def written(today: date) -> bytes:
    store = Store()
    demo_data._made.cache_clear()
    demo_data.fill(store, today)
    return encoded(
        [[tenant, name, table.all()] for tenant, books in store.books.items() for name, table in books.tables.items()]
    )


def test_it_is_the_same_every_time_byte_for_byte() -> None:
    assert written(TODAY) == written(TODAY)


@pytest.mark.parametrize("today", [date(2024, 2, 29), date(2027, 1, 1), date(2030, 12, 31)])
def test_another_day_moves_the_dates_and_nothing_else(today: date) -> None:
    here, there = make_sandbox(today=TODAY), make_sandbox(today=today)
    one, other = (sorted(each.records("Invoices"), key=lambda row: row["InvoiceNumber"]) for each in (here, there))
    moved = (today - TODAY).days
    for before, after in zip(one, other, strict=True):
        assert (before["Total"], before["Status"], before["AmountDue"]) == (
            after["Total"],
            after["Status"],
            after["AmountDue"],
        )
        assert date.fromisoformat(before["Date"]) + timedelta(days=moved) == date.fromisoformat(after["Date"])
    assert [row["ContactID"] for row in here.records("Contacts")] == [
        row["ContactID"] for row in there.records("Contacts")
    ]


def test_there_is_life_in_it(sandbox: Sandbox) -> None:
    contacts, invoices, notes = (sandbox.records(name) for name in ("Contacts", "Invoices", "CreditNotes"))
    assert len(contacts) >= 60
    assert len(invoices) + len(notes) >= 600
    assert set(Counter(row["CurrencyCode"] for row in invoices)) == {"NZD", "AUD", "USD", "GBP"}
    assert {row["Status"] for row in invoices} == {"DRAFT", "SUBMITTED", "AUTHORISED", "PAID", "VOIDED", "DELETED"}
    for kind in ("ACCREC", "ACCPAY"):
        assert {row["Status"] for row in invoices if row["Type"] == kind} >= {"SUBMITTED", "AUTHORISED", "PAID"}
    assert {row["ContactStatus"] for row in contacts} == {"ACTIVE", "ARCHIVED"}
    assert {row["Status"] for row in sandbox.records("Accounts")} == {"ACTIVE", "ARCHIVED"}
    assert {row["Type"] for row in notes} == {"ACCRECCREDIT", "ACCPAYCREDIT"}
    assert {row["Status"] for row in notes} >= {"DRAFT", "SUBMITTED", "AUTHORISED", "PAID", "VOIDED"}
    assert any(row["Status"] == "AUTHORISED" and row["AmountPaid"] for row in invoices)
    assert any(row["Status"] == "PAID" and row["CreditNotes"] and not row["Payments"] for row in invoices)
    assert any(row["Allocations"] and row["RemainingCredit"] for row in notes)
    assert all(row["RemainingCredit"] > 0 for name in ("Overpayments", "Prepayments") for row in sandbox.records(name))
    span = (min(row["Date"] for row in invoices), max(row["Date"] for row in invoices))
    assert span[0] < "2023-12-31"
    assert span[1] >= "2026-11-20"


def test_the_names_the_crm_knows_are_there(sandbox: Sandbox) -> None:
    for name in (
        HARBOUR,
        "Tūī Design Studio Limited",
        "Southern Cross Logistics",
        "Blue Gum Brewing Pty Ltd",
        "Albion Bicycle Works Ltd",
        "Pacific Rim Imports Inc.",
        "Wellington Physio Group Ltd",
        "Aoraki Outdoor Co",
        "Hana Whitiora",
        "James O'Connell",
        "Mere Parata",
        "Old Mill Bakery Ltd",
    ):
        assert sandbox.contact_id(name)
    of_harbour = [
        row for row in sandbox.records("Invoices") if row["Contact"]["ContactID"] == sandbox.contact_id(HARBOUR)
    ]
    assert {row["CurrencyCode"] for row in of_harbour} == {"NZD", "AUD"}
    open_sales = [row for row in of_harbour if (row["Type"], row["Status"]) == ("ACCREC", "AUTHORISED")]
    assert len(open_sales) >= 4
    assert any(row["DueDate"] < "2026-11-22" for row in open_sales)
    assert any(row["AmountPaid"] for row in open_sales)
    assert sum(row["Reference"] == "Roastery refit, stage 1" for row in of_harbour) >= 3
    assert any(row["InvoiceNumber"] == "INV-0412" for row in sandbox.records("Invoices"))


def test_the_settings_are_what_forms_need(sandbox: Sandbox) -> None:
    organisation = sandbox.records("Organisations")[0]
    assert (organisation["Name"], organisation["BaseCurrency"]) == ("Kererū Trading", "NZD")
    assert organisation["Timezone"] == "NEWZEALANDSTANDARDTIME"
    assert organisation["ShortCode"].startswith("!")
    assert {"OUTPUT2", "INPUT2", "ZERORATEDOUTPUT", "NONE"} <= {row["TaxType"] for row in sandbox.records("TaxRates")}
    assert next(row for row in sandbox.records("Accounts") if row["Code"] == "260")["Status"] == "ARCHIVED"
    assert {row["IsSold"] for row in sandbox.records("Items")} == {True, False}
    assert len(sandbox.records("TrackingCategories")) == 2
    assert len(sandbox.records("BrandingThemes")) == 3
    other = sandbox.records("Organisations", sandbox.other_tenant_id)[0]
    assert (other["Name"], other["BaseCurrency"]) == ("Kererū Trading Australia Pty Ltd", "AUD")


def everything(sandbox: Sandbox) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (tenant, table, row)
        for tenant in (sandbox.tenant_id, sandbox.other_tenant_id)
        for table in ("Invoices", "CreditNotes", "Overpayments", "Prepayments")
        for row in sandbox.records(table, tenant)
    ]


def test_every_document_adds_up(sandbox: Sandbox) -> None:
    for tenant, table, row in everything(sandbox):
        for line in row["LineItems"]:
            discount = line.get("DiscountRate") or Decimal(0)
            assert line["LineAmount"] == line_amount(Decimal(line["Quantity"]), line["UnitAmount"], discount)
            rate = sandbox.books(tenant)["TaxRates"].get(line["TaxType"]) or {}
            assert line["TaxAmount"] == line_tax(line["LineAmount"], rate["EffectiveRate"], row["LineAmountTypes"])
        assert (row["SubTotal"], row["TotalTax"], row["Total"]) == totals(row["LineItems"], row["LineAmountTypes"])
        if table == "Invoices" and row["Status"] not in {"VOIDED", "DELETED"}:
            assert row["AmountDue"] == row["Total"] - row["AmountPaid"] - row["AmountCredited"]
            assert (row["Status"] == "PAID") == (row["AmountDue"] == 0)
            assert ("FullyPaidOnDate" in row) == (row["Status"] == "PAID")
        if table != "Invoices" and row["Status"] in {"AUTHORISED", "PAID"}:
            assert row["RemainingCredit"] == row["Total"] - sum(each["Amount"] for each in row["Allocations"])


def test_payments_and_invoices_tell_the_same(sandbox: Sandbox) -> None:
    paid: Counter[str] = Counter()
    for payment in sandbox.records("Payments"):
        paid[payment["Invoice"]["InvoiceID"]] += payment["Amount"]
    for row in sandbox.records("Invoices"):
        assert paid[row["InvoiceID"]] == row["AmountPaid"]


def test_xero_would_have_taken_every_one_of_them(sandbox: Sandbox) -> None:
    books = sandbox.books()
    for kind in (INVOICE, CREDIT_NOTE):
        for row in books[kind.table].all():
            if row["Status"] in {"DRAFT", "SUBMITTED", "AUTHORISED"} and row["Date"] > "2026-01-01":
                assert problems(books, kind, row, row) == []


def test_nothing_is_dated_or_changed_in_the_future(clock: ManualClock) -> None:
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    sandbox = make_sandbox(clock=ManualClock(midnight))
    last = int(midnight.timestamp() * 1000)
    for _, _, row in everything(sandbox):
        assert row["Date"] < "2026-11-22"
        assert row.get("FullyPaidOnDate", "") <= "2026-11-22"
        assert row["UpdatedDateUTC"] < last


def test_as_many_invoices_of_one_contact_as_asked_for_come_in_whole_pages(clock: ManualClock) -> None:
    sandbox = make_sandbox(clock=clock, invoices_for_one_contact=2000, limits=Limits(minute=1000))
    caller = Caller(sandbox, sandbox.token()["access_token"], sandbox.tenant_id)
    query = {"ContactIDs": BULK_ID, "pageSize": 1000, "order": "UpdatedDateUTC ASC"}
    pages = [caller.rows("Invoices", page=page, **query) for page in (1, 2)]
    assert [len(page) for page in pages] == [1000, 1000]
    assert len({row["InvoiceID"] for page in pages for row in page}) == 2000
    assert caller.rows("Invoices", page=3, **query) == []
    assert {row["Status"] for page in pages for row in page} == {"DRAFT", "AUTHORISED", "PAID"}
