"""Nothing the sandbox offers is our own invention: Xero describes every endpoint and method of it."""

from __future__ import annotations

import pytest

from plugins.xero.sandbox.calls import KEPT_BYTES, Call, CallLog
from plugins.xero.sandbox.endpoints import ENDPOINTS
from plugins.xero.sandbox.fields import FIELDS
from tests.plugins.xero import openapi
from tests.plugins.xero.sandbox.conftest import NOW, Caller

CALLS = [
    (method, "/".join(shape).replace("*", "ca9ee388-3ecc-5a73-baab-7443cc245977"))
    for shape, methods in ENDPOINTS.items()
    for method in methods
    if shape[0] != "organisations"  # the plural works at Xero, though it is not described
]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_xero_describes_every_endpoint(method: str, path: str) -> None:
    openapi.needed()
    which, _, operation = openapi.find_operation(method, f"{openapi.API}/{path}")
    assert which == "accounting"
    assert operation["operationId"]


@pytest.mark.parametrize("name", FIELDS)
def test_xero_describes_every_field_that_a_where_may_name(name: str) -> None:
    openapi.needed()
    schemas = openapi.description("accounting")["components"]["schemas"]
    for path in FIELDS[name]:
        schema = schemas[{"Currencies": "Currency", "TrackingCategories": "TrackingCategory"}.get(name, name[:-1])]
        for part in path.split("."):
            schema = openapi.followed("accounting", schema["properties"][part])
        assert schema.get("type", "string") in {"string", "number", "integer", "boolean"}


def test_the_log_lets_go_of_old_answers_but_not_of_calls() -> None:
    log = CallLog()
    for number in range(4):
        log.add(Call(NOW, "GET", f"/{number}", "", {}, b"", 200, b"x" * (KEPT_BYTES // 3)))
    assert [bool(call.answer) for call in log.all()] == [False, False, True, True]
    assert log.count() == 4


def test_an_approved_sale_is_marked_as_sent(xero: Caller) -> None:
    rows = xero.sandbox.records("Invoices")
    sale = next(
        row for row in rows if (row["Type"], row["Status"], row["SentToContact"]) == ("ACCREC", "SUBMITTED", False)
    )
    bill = next(row for row in rows if row["Type"] == "ACCPAY")
    answer = xero.send("POST", f"Invoices/{sale['InvoiceID']}/Email", {})
    assert (answer.status_code, answer.content) == (204, b"")
    assert xero.sandbox.record("Invoices", sale["InvoiceID"])["SentToContact"]
    assert xero.send("POST", f"Invoices/{bill['InvoiceID']}/Email", {}).status_code == 400
