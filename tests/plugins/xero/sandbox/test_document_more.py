"""What Xero tells of one document: history, the customer's address, PDF, and what settled it, as described."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugins.xero.sandbox.conftest import HARBOUR, Caller


def one(xero: Caller, table: str = "Invoices", **of: Any) -> dict[str, Any]:
    """The first document of the demo company that is like this."""
    return next(row for row in xero.sandbox.records(table) if of.items() <= row.items())


@pytest.mark.parametrize("table", ["Invoices", "CreditNotes", "Overpayments", "Prepayments"])
def test_every_kind_of_document_has_a_history(xero: Caller, table: str) -> None:
    key = f"{table[:-1]}ID"
    path = f"{table}/{one(xero, table)[key]}/History"
    xero.send("PUT", path, {"HistoryRecords": [{"Details": "Rang about it"}]})
    told = xero.get(path)["HistoryRecords"]
    assert (told[0]["Changes"], told[0]["Details"]) == ("Note", "Rang about it")
    assert xero.send("GET", f"{table}/00000000-0000-0000-0000-000000000000/History").status_code == 404


def test_only_an_approved_sale_has_an_address_for_its_customer(xero: Caller) -> None:
    def address(**of: Any) -> str:
        told = xero.get(f"Invoices/{one(xero, **of)['InvoiceID']}/OnlineInvoice")["OnlineInvoices"]
        return str(told[0]["OnlineInvoiceUrl"])

    assert "/online/" in address(Type="ACCREC", Status="AUTHORISED")
    assert "/online/" in address(Type="ACCREC", Status="PAID")
    for status in ("DRAFT", "SUBMITTED", "VOIDED"):
        assert address(Type="ACCREC", Status=status) == ""
    assert address(Type="ACCPAY", Status="AUTHORISED") == ""


def test_what_settled_an_invoice_says_its_number(xero: Caller) -> None:
    rows = xero.rows("Invoices", ContactIDs=xero.sandbox.contact_id(HARBOUR), page=1)
    paid = [payment for row in rows for payment in row.get("Payments", ())]
    assert {bool(payment["Reference"]) for payment in paid} == {True, False}
    credited = [note for row in xero.rows("Invoices", page=1, pageSize=1000) for note in row.get("CreditNotes", ())]
    assert credited
    assert all(note["CreditNoteNumber"].startswith("CN-") for note in credited)
    used = [each for row in xero.rows("CreditNotes", page=1, pageSize=1000) for each in row.get("Allocations", ())]
    assert used
    assert all(each["Invoice"]["InvoiceNumber"] for each in used)
