"""Answers that the sandbox does not give: empty, broken, of another shape, or none at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from core import (
    Denied,
    DocumentKind,
    NotFound,
    OutcomeUnknown,
    ProviderError,
    Ref,
    Rejected,
    Unavailable,
)
from core.testing import StaticContext
from core.testing.conformance.helpers import of_parties
from plugins.xero.provider import XeroProvider
from tests.plugins.xero.acts import IDENT, read, write

ROW = {
    "InvoiceID": IDENT,
    "Type": "ACCREC",
    "Status": "DRAFT",
    "Contact": {"ContactID": IDENT},
    "Total": 1,
    "TotalTax": 0,
    "CurrencyCode": "NZD",
    "DateString": "2026-01-01T00:00:00",
}
Answer = httpx2.Response | Exception | Callable[[httpx2.Request], httpx2.Response]


def answered(context: StaticContext, *answers: Answer) -> XeroProvider:
    """A provider at a server that gives these answers one after the other, the last for ever."""
    left = list(answers)

    def reply(request: httpx2.Request) -> httpx2.Response:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            return answer(request)
        return httpx2.Response(answer.status_code, content=answer.content, headers=answer.headers)

    context.http = httpx2.Client(transport=httpx2.MockTransport(reply))
    return XeroProvider(context)


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(200, content=b""),
        httpx2.Response(200, content=b"null"),
        httpx2.Response(200, content=b"[]"),
        httpx2.Response(200, json={}),
        httpx2.Response(200, json={"Invoices": None}),
        httpx2.Response(200, json={"Invoices": [{}]}),
        httpx2.Response(200, json={"Invoices": [{**ROW, "Total": "a lot"}]}),
        httpx2.Response(200, json={"Invoices": [{**ROW, "Total": "NaN"}]}),
        httpx2.Response(200, content=b"\xff\xfe"),
        httpx2.Response(302, headers={"Location": "https://elsewhere.example"}),
        httpx2.Response(500, content=b"<h1>"),
        httpx2.Response(408),
        lambda request: httpx2.Response(200, headers={"Content-Encoding": "gzip"}, content=b"no gzip"),
        httpx2.ReadTimeout("slow"),
        httpx2.WriteError("broken pipe"),
        httpx2.ReadError("reset"),
        httpx2.RemoteProtocolError("closed"),
    ],
)
@pytest.mark.parametrize(("act", "error"), [(read, Unavailable), (write, OutcomeUnknown)])
def test_what_makes_no_sense_is_a_plain_sentence_and_never_a_traceback(
    context: StaticContext, answer: Answer, act: Callable[[XeroProvider], Any], error: type[ProviderError]
) -> None:
    with pytest.raises(error) as raised:
        act(answered(context, answer))
    assert "Traceback" not in raised.value.message
    assert raised.value.message.startswith(("Xero", "The connection"))


@pytest.mark.parametrize(
    "error", [httpx2.ConnectError("refused"), httpx2.ConnectTimeout("slow"), httpx2.PoolTimeout("full")]
)
@pytest.mark.parametrize("act", [read, write])
def test_what_was_never_sent_may_be_tried_again(
    context: StaticContext, error: Exception, act: Callable[[XeroProvider], Any]
) -> None:
    with pytest.raises(Unavailable):
        act(answered(context, error))


def test_the_answer_to_a_write_without_what_was_written_leaves_the_outcome_unknown(context: StaticContext) -> None:
    with pytest.raises(OutcomeUnknown):
        write(answered(context, httpx2.Response(200, json={"Invoices": []})))
    with pytest.raises(OutcomeUnknown):
        write(answered(context, httpx2.Response(200, json={"Invoices": [{**ROW, "Type": "ACCODD"}]})))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "HTTP 400"),
        (b"<h1>Bad</h1>", "HTTP 400"),
        (b'{"Title": "Bad Request", "Detail": "No"}', "Bad Request: No"),
        (b'{"Type": "QueryParseException", "Message": "No such field"}', "No such field"),
        (b'{"Message": "Whole", "Elements": [{"ValidationErrors": [{"Message": "A"}, {"Message": "A"}]}]}', "A"),
        (b'{"Message": "Whole", "Elements": [{"ValidationErrors": []}, {}]}', "Whole"),
    ],
)
def test_a_refusal_in_any_shape_is_a_refusal_with_xeros_words(
    context: StaticContext, body: bytes, message: str
) -> None:
    for act in (read, write):
        with pytest.raises(Rejected) as refused:
            act(answered(context, httpx2.Response(400, content=body)))
        assert [problem.message for problem in refused.value.problems] == [message]


def test_a_refusal_that_comes_with_http_200_is_one_too(context: StaticContext) -> None:
    row = {
        **ROW,
        "HasErrors": True,
        "StatusAttributeString": "ERROR",
        "ValidationErrors": [{"Message": "Account code '200' is not a valid code for this document."}],
    }
    with pytest.raises(Rejected) as refused:
        write(answered(context, httpx2.Response(200, json={"Invoices": [row]})))
    assert [problem.field for problem in refused.value.problems] == ["lines.0.account"]


@pytest.mark.parametrize("act", [read, write])
def test_what_is_gone_is_not_found(context: StaticContext, act: Callable[[XeroProvider], Any]) -> None:
    with pytest.raises(NotFound):
        act(answered(context, httpx2.Response(404)))


def test_the_pdf_is_asked_for_as_pdf(context: StaticContext) -> None:
    def pdf(request: httpx2.Request) -> httpx2.Response:
        assert request.headers["Accept"] == "application/pdf"
        assert request.url.path.endswith(f"/CreditNotes/{IDENT}/pdf")
        return httpx2.Response(200, content=b"%PDF-1.7")

    assert answered(context, pdf).attachment(Ref(IDENT), DocumentKind.BILL_CREDIT_NOTE) == b"%PDF-1.7"


def test_a_status_or_a_type_that_is_new_costs_no_other_document(context: StaticContext) -> None:
    rows = [{**ROW, "Status": "NEWLY_INVENTED"}, {**ROW, "Type": "ACCNEW"}, ROW]
    invoices = httpx2.Response(200, json={"Invoices": rows})
    none = httpx2.Response(200, json={"CreditNotes": []})
    found = of_parties(answered(context, invoices, none), [IDENT])
    assert [one.vendor_status for one in found] == ["NEWLY_INVENTED", ROW["Status"]]


def test_another_kind_of_403_is_a_denial_and_no_reason_to_reconnect(context: StaticContext) -> None:
    refusal = httpx2.Response(403, json={"Title": "Forbidden", "Status": 403, "Detail": "Not your role"})
    with pytest.raises(Denied) as denied:
        answered(context, refusal).organisation()
    assert "Not your role" in denied.value.detail
