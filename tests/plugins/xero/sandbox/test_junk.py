"""Whatever is sent, there is an answer as Xero describes it: never an error of the sandbox's own."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

import pytest

from plugins.xero.sandbox import Sandbox
from plugins.xero.sandbox.scopes import KNOWN, OPENID
from tests.plugins.xero.sandbox.conftest import HARBOUR, Caller

pytestmark = pytest.mark.slow  # a thousand odd queries

JUNK: list[Any] = [
    None, "", " ", "x" * 5000, 0, -1, 1.5, 1e300, 10**30, True, False, [], {}, [1], [{}], [[]], {"a": 1}, "2026-02-30",
    "/Date(9999999999999999999)/", "/Date(1)/", "DELETED", "VOIDED", "ACCPAY", "NoTax", "<b>", "-0", "1E5", "Infinity",
    "00000000-0000-0000-0000-000000000000", "١٢", "\x00", "🎉",
]  # fmt: skip
WHERES = [
    "Type==", '"', "(((", "Date>DateTime(1,1,1)", "Date>DateTime(99999,1,1)", "Date>DateTime(1.5,1,1)", "true==true",
    "null==null", '"a".Contains("b")', "AmountDue>-5", "AmountDue>1m", "Contact", "Contact.", "Name.Contains(1)",
    "!!true", "Date.Year==2020", "Date.Value>DateTime(2020,1,1)", "a.b.c.d", "Type.ToLower", "-1",
    'Type.ToLower()=="accrec"', "Date==null", "null!=Reference", "DateTime()",
    'UpdatedDateUTC>=DateTime.Parse("2026-01-01T00:00:00Z")',
    "(" * 300 + ")" * 300, "not " * 400, "not " * 3000, 'Type=="x" OR', "SentToContact AND true", "AmountDue>1.2.3",
]  # fmt: skip
PARAMETERS = [
    "where", "order", "page", "pageSize", "IDs", "InvoiceNumbers", "ContactIDs", "Statuses", "searchTerm",
    "summaryOnly", "unitdp", "includeArchived", "createdByMyApp",
]  # fmt: skip
LISTS = ["Invoices", "Contacts", "CreditNotes", "Payments", "Items", "Accounts", "TaxRates", "Overpayments", "Users"]

CONTACT: dict[str, Any] = {
    "Name": "n",
    "EmailAddress": "a@b.example",
    "ContactStatus": "ACTIVE",
    "DefaultCurrency": "AUD",
    "Addresses": [{"AddressType": "POBOX", "City": "x"}],
    "Phones": [{"PhoneType": "DDI", "PhoneNumber": "1"}],
    "ContactPersons": [{"FirstName": "x"}],
    "PaymentTerms": {"Sales": {"Day": 1, "Type": "OFCURRENTMONTH"}},
}


def whole(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """One element of each kind with every field that the sandbox reads."""
    contact = sandbox.contact_id(HARBOUR)
    tracking = {"Name": "Region", "Option": "Australia", "TrackingCategoryID": "x", "TrackingOptionID": "y"}
    line: dict[str, Any] = {
        "LineItemID": "x",
        "Description": "d",
        "Quantity": 1,
        "UnitAmount": 2,
        "DiscountRate": 1,
        "LineAmount": 2,
    }
    line |= {"TaxAmount": 1, "ItemCode": "GRN-01", "AccountCode": "200", "TaxType": "OUTPUT2", "Tracking": [tracking]}
    document: dict[str, Any] = {
        "Contact": {"ContactID": contact},
        "LineItems": [line],
        "Date": "2026-11-20",
        "DueDate": "2026-12-01",
    }
    document |= {"CurrencyCode": "NZD", "CurrencyRate": 1, "Status": "AUTHORISED", "LineAmountTypes": "Exclusive"}
    return {
        "Invoices": {
            **document,
            "Type": "ACCREC",
            "Url": "https://a.example/",
            "SentToContact": True,
            "Reference": "r",
        },
        "CreditNotes": {**document, "Type": "ACCRECCREDIT", "CreditNoteNumber": "CN-9"},
        "Contacts": CONTACT,
        "Payments": {"Invoice": {"InvoiceNumber": "x"}, "Account": {"Code": "090"}, "Amount": 1, "Date": "2026-11-01"},
    }


def spoilt(value: dict[str, Any], dice: Random) -> dict[str, Any]:
    """The element with one to three of its values, at any depth, gone or replaced by junk."""
    found = copy.deepcopy(value)
    for _ in range(dice.choice((1, 1, 2, 3))):
        node: Any = found
        while node:
            key = dice.choice(list(node) if isinstance(node, dict) else range(len(node)))
            if isinstance(node[key], dict | list) and node[key] and dice.random() < 0.7:
                node = node[key]
                continue
            node[key] = dice.choice(JUNK)
            break
    return found


@pytest.fixture
def able(sandbox: Sandbox) -> Caller:
    """A caller who may do everything."""
    return Caller(sandbox, sandbox.token(sorted(KNOWN - set(OPENID)))["access_token"], sandbox.tenant_id)


@pytest.mark.parametrize("seed", range(4))
def test_junk_in_a_body_is_answered_in_xeros_shapes(able: Caller, seed: int) -> None:
    dice, elements = Random(seed), whole(able.sandbox)
    statuses = set()
    for _ in range(60):
        name = dice.choice(list(elements))
        element = spoilt(elements[name], dice)
        body = dice.choice([{name: [element]}, {name: element}, element, [element]])
        query: dict[str, Any] = dice.choice([{}, {"summarizeErrors": "false"}, {"unitdp": "4"}])
        response = able.send(dice.choice(["PUT", "POST"]), name, body, **query)
        statuses.add(response.status_code)
    assert statuses == {200, 400}


@pytest.mark.parametrize("seed", range(2))
def test_junk_in_a_query_is_answered_in_xeros_shapes(able: Caller, seed: int) -> None:
    dice = Random(seed)
    words = [*WHERES, *(str(each)[:200] for each in JUNK)]
    statuses = set()
    for _ in range(80):
        query: dict[str, Any] = {dice.choice(PARAMETERS): dice.choice(words) for _ in range(dice.choice((1, 2, 3)))}
        statuses.add(able.send("GET", dice.choice(LISTS), **query).status_code)
    assert statuses == {200, 400, 404}, "404 where the address is too long"
