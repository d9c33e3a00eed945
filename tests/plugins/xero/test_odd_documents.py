"""One odd document, or one odd name in a list, keeps nothing else back: what comes is what the contract takes."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from core import Change, Choice, ChoiceKind, Document
from core.contract.wellformed import fault
from core.testing import StaticContext
from plugins.xero.provider import XeroProvider
from tests.plugins.xero.acts import IDENT
from tests.plugins.xero.conftest import NOW
from tests.plugins.xero.test_odd_answers import ROW, answered

SINCE = NOW - dt.timedelta(days=1)
ODD = "11111111-1111-4111-8111-111111111111"
CHANGED = "/Date(1773532800123+0000)/"  # 15 March 2026


def told(context: StaticContext, answer: dict[str, Any]) -> XeroProvider:
    """A provider at a server that always gives this answer."""
    return answered(context, httpx2.Response(200, content=json.dumps(answer).encode()))


def documents(context: StaticContext, **odd: Any) -> list[Document]:
    """What a round of changes tells of an invoice with odd fields and of one behind it; each as the contract has it."""
    rows = [{**ROW, "InvoiceID": ODD, **odd}, {**ROW, "InvoiceID": IDENT}]
    provider = told(context, {"Invoices": rows})
    page = provider.changes(SINCE, cursor=f"invoices|{SINCE.isoformat()}|1")
    changes: Sequence[Change] = page.items
    found = [change.document for change in changes if change.document]
    assert [fault(document, Document) for document in found] == [""] * len(found)
    assert found[-1].ref.id == IDENT
    return found


def line(context: StaticContext, **fields: Any) -> Any:
    """The line of an invoice that has such a line."""
    first, _ = documents(context, LineItems=[{"Description": "x", **fields}])
    assert first.lines is not None
    return first.lines[0]


def test_numbers_of_a_line_with_more_than_four_decimals_are_rounded(context: StaticContext) -> None:
    numbers = {"Quantity": 0.33335, "UnitAmount": 10.123456, "LineAmount": 3.374148, "TaxAmount": 0.50611}
    found = line(context, **numbers)
    assert [str(one) for one in (found.quantity, found.unit_price, found.amount, found.tax)] == [
        "0.3334",
        "10.1235",
        "3.3741",
        "0.5061",
    ]


def test_totals_are_never_rounded(context: StaticContext) -> None:
    """The contract refuses them, and that is right: a total is never made to fit."""
    rows = [{**ROW, "Total": 1.23456}]
    (found,) = told(context, {"Invoices": rows, "CreditNotes": []}).documents_of([IDENT]).items
    assert found.total == Decimal("1.23456")


def test_words_of_a_line_come_without_characters_that_cannot_be_kept(context: StaticContext) -> None:
    found = line(
        context,
        ItemCode="\u202aABC",
        AccountCode="2\x0000",
        TaxType="OUTPUT2\u2069",
        Tracking=[{"Name": "\u202eRegion", "Option": "North\u202c"}, {"Name": "\x00", "Option": "x"}],
    )
    assert (found.item, found.account, found.tax_rate) == ("ABC", "200", "OUTPUT2")
    assert found.tracking == (("Region", "North"),)


def test_half_a_character_is_left_out_and_whole_ones_stay(context: StaticContext) -> None:
    raw = json.dumps({"Invoices": [{**ROW, "Reference": "🫖 a\ud83e b\udd16 \\ud800"}], "CreditNotes": []})
    (found,) = answered(context, httpx2.Response(200, content=raw.encode())).documents_of([IDENT]).items
    assert found.reference == "🫖 a b \\ud800"


@pytest.mark.parametrize("rate", [0, -1, "NaN", "a lot", "", None, [], {}])
def test_a_rate_that_tells_nothing_is_none(context: StaticContext, rate: Any) -> None:
    first, _ = documents(context, CurrencyCode="USD", CurrencyRate=rate)
    assert (first.currency, first.rate) == ("USD", None)


@pytest.mark.parametrize("contact", [None, {}, {"Name": "Somebody"}])
def test_a_document_of_nobody_belongs_to_no_party(context: StaticContext, contact: Any) -> None:
    first, _ = documents(context, Contact=contact)
    assert (first.ref.id, first.party_id) == (ODD, "")


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({"DateString": "someday", "Date": "/Date(1773446400000+0000)/"}, dt.date(2026, 3, 14)),
        ({"DateString": None, "UpdatedDateUTC": CHANGED}, dt.date(2026, 3, 15)),
        ({"DateString": "someday", "Date": "/Date(x)/", "UpdatedDateUTC": CHANGED}, dt.date(2026, 3, 15)),
    ],
)
def test_a_date_that_cannot_be_read_is_the_next_best(
    context: StaticContext, dates: dict[str, Any], expected: dt.date
) -> None:
    first, _ = documents(context, **dates)
    assert (first.ref.id, first.date) == (ODD, expected)


def test_other_dates_that_cannot_be_read_are_none(context: StaticContext) -> None:
    odd = {"DueDate": "soon", "FullyPaidOnDate": "/Date(99999999999999999)/", "UpdatedDateUTC": "just now"}
    first, _ = documents(context, **odd, Payments=[{"PaymentID": "p", "Amount": 1, "Date": "once"}])
    assert (first.due_date, first.fully_paid_on, first.updated_at) == (None, None, None)
    assert [payment.date for payment in first.payments] == [first.date]


def test_a_document_without_any_date_is_left_out_with_a_note(
    context: StaticContext, caplog: pytest.LogCaptureFixture
) -> None:
    assert len(documents(context, DateString=None, Date="")) == 1
    assert f"{ODD} is left out: it has no date" in caplog.text


def choices(context: StaticContext, kind: ChoiceKind, **answer: Any) -> list[Choice]:
    """A list of the organisation, each of it as the contract has it."""
    found = list(told(context, answer).choices(kind))
    assert [fault(choice, Choice) for choice in found] == [""] * len(found)
    return found


def test_tracking_options_come_without_characters_that_cannot_be_kept(context: StaticContext) -> None:
    options = [{"Name": "\u202aNorth"}, {"Name": "\u202a"}, {"Name": "South"}]
    found = choices(context, ChoiceKind.TRACKING, TrackingCategories=[{"Name": "Re\x00gion", "Options": options}])
    assert [(choice.group, choice.id) for choice in found] == [("Region", "North"), ("Region", "South")]


def test_codes_come_without_characters_that_cannot_be_kept(context: StaticContext) -> None:
    item = {"Code": "A\u202a1", "SalesDetails": {"AccountCode": "\u202a200", "TaxType": "OUTPUT2\x00"}}
    (found,) = choices(context, ChoiceKind.ITEM, Items=[item])
    assert (found.id, found.code, found.account, found.tax_rate) == ("A1", "A1", "200", "OUTPUT2")
    (found,) = choices(context, ChoiceKind.ACCOUNT, Accounts=[{"Code": "20\u20660", "Name": "S", "TaxType": "\x00T"}])
    assert (found.id, found.code, found.tax_rate) == ("200", "200", "T")
    (found,) = choices(context, ChoiceKind.TAX_RATE, TaxRates=[{"TaxType": "TAX\u202d001", "Name": "T"}])
    assert (found.id, found.code) == ("TAX001", "TAX001")
