"""The judge is judged first: it must see what is wrong, else its silence means nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.plugins.xero.openapi import ContractBroken, check_answer, check_request, check_schema, needed

TENANT = {"xero-tenant-id": "3fc14aad-bf05-5c8b-b945-1eeb9c0026d0"}
ID = "ca9ee388-3ecc-5a73-baab-7443cc245977"


@pytest.fixture(autouse=True)
def _description() -> None:
    needed()


def invoice(**changes: Any) -> dict[str, Any]:
    return {
        "Type": "ACCREC",
        "InvoiceID": ID,
        "Status": "DRAFT",
        "Date": "/Date(1795132800000+0000)/",
        "DateString": "2026-11-20T00:00:00",
        "Total": 24.15,
        "Contact": {"ContactID": ID, "Name": "Harbour"},
        "LineItems": [{"Description": "x", "Quantity": 1, "UnitAmount": 21}],
        "Payments": [{"PaymentID": ID, "Amount": 1, "Date": "/Date(1795132800000+0000)/"}],
        **changes,
    }


def answered(**changes: Any) -> None:
    check_answer("GET", "/api.xro/2.0/Invoices", 200, {"Id": ID, "Status": "OK", "Invoices": [invoice(**changes)]})


def test_a_right_answer_passes() -> None:
    answered()


@pytest.mark.parametrize(
    "changes",
    [
        {"Type": "BOGUS"},
        {"Status": "APPROVED"},
        {"Total": "24.15"},
        {"InvoiceID": "not-a-uuid"},
        {"Date": "2026-11-20"},
        {"Totl": 24.15},
        {"LineItems": {"Description": "x"}},
        {"LineItems": [{"Quantity": "1"}]},
        {"LineAmountTypes": "Gross"},
        {"CurrencyCode": "KIWI"},
        {"Payments": [{"Amount": "1.00"}]},
        {"Payments": [{"Invoice": {"Type": "BOGUS"}}]},
        {"CreditNotes": [{"Allocations": [{"Amount": 1, "Date": "x", "Invoice": {"Status": "BOGUS"}}]}]},
        {"Contact": {"ContactStatus": "ASLEEP"}},
    ],
    ids=str,
)
def test_a_wrong_answer_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ContractBroken):
        answered(**changes)


def test_an_answer_to_something_unheard_of_is_refused() -> None:
    with pytest.raises(ContractBroken, match="describes no"):
        check_answer("GET", "/api.xro/2.0/Voices", 200, {})


def test_the_shape_of_an_error_is_checked() -> None:
    check_answer(
        "PUT", "/api.xro/2.0/Invoices", 400, {"ErrorNumber": 10, "Type": "ValidationException", "Message": "x"}
    )
    with pytest.raises(ContractBroken):
        check_answer("PUT", "/api.xro/2.0/Invoices", 400, {"ErrorNumber": "ten"})
    with pytest.raises(ContractBroken):
        check_answer("GET", "/api.xro/2.0/Invoices", 429, {"message": "slow down"})


def sent(**changes: Any) -> None:
    row: dict[str, Any] = {"Type": "ACCREC", "Contact": {"ContactID": ID}, "Date": "2026-11-20"}
    check_request("PUT", "/api.xro/2.0/Invoices", {"unitdp": "4"}, TENANT, {"Invoices": [{**row, **changes}]})


def test_a_right_request_passes() -> None:
    sent()


@pytest.mark.parametrize(
    "changes",
    [{"Type": "BOGUS"}, {"Date": "20.11.2026"}, {"DueDat": "2026-11-20"}, {"Total": 12}, {"CurrencyRate": "1"}],
)
def test_a_wrong_body_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ContractBroken):
        sent(**changes)


@pytest.mark.parametrize(
    "call",
    [
        lambda: check_request("GET", "/api.xro/2.0/Invoices", {"Statusses": "DRAFT"}, TENANT),
        lambda: check_request("GET", "/api.xro/2.0/Invoices", {"page": "one"}, TENANT),
        lambda: check_request("GET", "/api.xro/2.0/Invoices", {"IDs": "1,2"}, TENANT),
        lambda: check_request("GET", "/api.xro/2.0/Invoices", {"summaryOnly": "True"}, TENANT),
        lambda: check_request("GET", "/api.xro/2.0/Invoices", {}, {}),
        lambda: check_request("GET", "/api.xro/2.0/CreditNotes", {"ContactIDs": ID}, TENANT),
        lambda: check_request("PUT", "/api.xro/2.0/Invoices", {}, {**TENANT, "Idempotency-Key": "k" * 129}, {}),
        lambda: check_request("GET", "/api.xro/2.0/Invoices", {}, {**TENANT, "If-Modified-Since": "yesterday"}),
        lambda: check_request("PUT", "/api.xro/2.0/Invoices", {}, TENANT),
        lambda: check_request("DELETE", "/api.xro/2.0/Invoices", {}, TENANT),
    ],
)
def test_a_wrong_request_is_refused(call: Callable[[], None]) -> None:
    with pytest.raises(ContractBroken):
        call()


def test_right_queries_and_headers_pass() -> None:
    query = {
        "IDs": f"{ID},{ID}",
        "Statuses": "DRAFT,PAID",
        "page": "1",
        "pageSize": "1000",
        "order": "UpdatedDateUTC ASC",
    }
    check_request("GET", "/api.xro/2.0/Invoices", query, {**TENANT, "If-Modified-Since": "2026-11-20T10:00:00"})
    check_request("GET", f"/api.xro/2.0/Contacts/{ID}", {}, TENANT)
    check_request("DELETE", f"/connections/{ID}")


def test_one_schema_may_be_checked_by_itself() -> None:
    check_schema("Contact", {"Name": "Harbour", "ContactStatus": "ACTIVE"})
    with pytest.raises(ContractBroken):
        check_schema("Contact", {"Name": "Harbour", "Balances": {}, "Nmae": "x"})
    with pytest.raises(ContractBroken):
        check_schema("Contact", {"UpdatedDateUTC": "/Date(1)/"}, sent=True)
