"""One document of Xero's in the core's words: its history, the customer's address, what settled it by number."""

from __future__ import annotations

import msgspec
import pytest

from core import DocumentKind, DocumentStatus, NotFound, Ref, Unsupported
from plugins.xero import mapping, structs
from plugins.xero.provider import XeroProvider
from plugins.xero.sandbox import Sandbox
from tests.plugins.xero.conftest import Wire

HARBOUR = "Harbour Coffee Roasters Ltd"
SALES = (DocumentKind.SALES_INVOICE, DocumentKind.SALES_CREDIT_NOTE)
NOBODY = Ref("00000000-0000-0000-0000-000000000000")


def history(*told: dict[str, object]) -> list[tuple[str, str, str]]:
    rows = [msgspec.convert(one, structs.HistoryRecord) for one in told]
    return [(one.deed, one.by, one.text) for one in mapping.history(rows)]


def test_a_history_is_told_in_one_call(provider: XeroProvider, sandbox: Sandbox, wire: Wire) -> None:
    document = next(one for one in provider.documents_of([sandbox.contact_id(HARBOUR)]).items if one.kind in SALES)
    wire.requests.clear()
    told = provider.history(document.kind, document.ref)
    assert len(wire.requests) == 1
    assert told[-1].deed == "Created"
    assert told[-1].by == "Aroha Ngata"
    assert told[-1].at.utcoffset() is not None


def test_what_has_no_moment_that_can_be_read_is_left_out() -> None:
    moment = "/Date(1795132800000+0000)/"
    assert history(
        {"Changes": "Paid", "DateUTC": moment, "User": "A", "Details": "5.00"},
        {"Changes": "Lost", "DateUTC": "yesterday"},
        {"Changes": "Lost"},
        {"DateUTC": moment},
    ) == [("Paid", "A", "5.00"), ("Changed", "", "")]


def test_the_customers_address_is_that_of_an_approved_sale(provider: XeroProvider, sandbox: Sandbox) -> None:
    sales = [
        one
        for one in provider.documents_of([sandbox.contact_id(HARBOUR)]).items
        if one.kind is DocumentKind.SALES_INVOICE
    ]
    approved = next(one for one in sales if one.status is DocumentStatus.AUTHORISED)
    draft = next(one for one in sales if one.status is DocumentStatus.DRAFT)
    assert str(provider.customer_url(approved.kind, approved.ref)).startswith("http://localhost/online/")
    assert provider.customer_url(draft.kind, draft.ref) is None


@pytest.mark.parametrize("kind", [DocumentKind.BILL, DocumentKind.SALES_CREDIT_NOTE, DocumentKind.PREPAYMENT])
def test_other_kinds_have_no_address_for_a_customer_and_cost_no_call(
    provider: XeroProvider, wire: Wire, kind: DocumentKind
) -> None:
    wire.requests.clear()
    with pytest.raises(Unsupported):
        provider.customer_url(kind, NOBODY)
    assert wire.requests == []


def test_what_xero_does_not_know_is_not_found(provider: XeroProvider) -> None:
    with pytest.raises(NotFound):
        provider.history(DocumentKind.SALES_CREDIT_NOTE, NOBODY)
    with pytest.raises(NotFound):
        provider.customer_url(DocumentKind.SALES_INVOICE, NOBODY)
    with pytest.raises(NotFound):
        provider.history(DocumentKind.BILL, Ref("../Contacts"))


def test_what_settled_a_document_carries_its_number(provider: XeroProvider, sandbox: Sandbox) -> None:
    rows = [*sandbox.records("CreditNotes")]
    used = next(row for row in rows if row["Allocations"])
    note = provider.get_documents([(DocumentKind.SALES_CREDIT_NOTE, used["CreditNoteID"])])[0]
    went_to = used["Allocations"][0]["Invoice"]
    assert [one.reference for one in note.payments] == [went_to["InvoiceNumber"]]
    invoice = provider.get_documents([(DocumentKind.SALES_INVOICE, went_to["InvoiceID"])])[0]
    assert [(one.kind, one.reference) for one in invoice.payments if one.kind == "credit"] == [
        ("credit", used["CreditNoteNumber"])
    ]
    paid = next(row for row in sandbox.records("Invoices") if row["Payments"] and row["Payments"][0]["Reference"])
    kind = DocumentKind.SALES_INVOICE if paid["Type"] == "ACCREC" else DocumentKind.BILL
    read = provider.get_documents([(kind, paid["InvoiceID"])])[0]
    assert read.payments[0].reference == paid["Payments"][0]["Reference"]
