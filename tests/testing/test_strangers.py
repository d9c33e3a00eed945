"""A provider written by a stranger may be wrong in any way: the page keeps the last known copy and says so plainly."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core import (
    AccountingProvider,
    AmountsAre,
    ChoiceKind,
    Document,
    DocumentKind,
    DocumentQuery,
    DocumentStatus,
    Line,
    ManualClock,
    NewDocument,
    OutcomeUnknown,
    Page,
    ProviderError,
    Ref,
    Rejected,
    Throttled,
    Unavailable,
)
from core.contract.answers import said
from core.contract.guard import take_set_aside
from core.testing import StaticContext
from tests.core.pages import words
from tests.databases import NOW
from tests.testing.desk import Desk, boom, desk, extra, house, ini, make
from tests.testing.stranger import HOUSE, Ledgerhouse, invoice

__all__ = ["desk", "extra", "house", "ini", "make"]

pytestmark = pytest.mark.slow
UNREADABLE = "What the accounting system told could not be read."


def _any(value: Any) -> Any:
    """What the type checker does not look into."""
    return value


def each(change: Callable[[Document], Any]) -> Callable[[Any], Any]:
    return lambda documents: [change(one) for one in documents]


def altered(**values: Any) -> Callable[[Any], Any]:
    return each(lambda document: replace(document, **values))


BILL = invoice(3, "5", kind=DocumentKind.BILL)
INVOICES = DocumentQuery(kinds=frozenset({DocumentKind.SALES_INVOICE}))
LINE = Line("Bread")
CREDIT = DocumentKind.SALES_CREDIT_NOTE
ODD: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    "a float": ("documents_of", altered(total=115.0), "total is a float: a rate or money is a Decimal"),
    "not a number": ("documents_of", altered(amount_due=Decimal("NaN")), "amount_due is no number"),
    "infinity": ("documents_of", altered(total=Decimal("Infinity")), "total is no number"),
    "a float's tail": ("documents_of", altered(total=Decimal("115.0000000009")), "at most four decimals"),
    "a huge number": ("documents_of", altered(total=Decimal("1e30")), "more than fourteen digits"),
    "a naive moment": ("documents_of", altered(updated_at=dt.datetime(2026, 10, 1)), "without a time zone"),  # noqa: DTZ001
    "a moment as day": ("documents_of", altered(date=dt.datetime(2026, 10, 1, tzinfo=dt.UTC)), "not a date"),
    "a day as text": ("documents_of", altered(due_date="2026-10-20"), "due_date is a str, not a date"),
    "its own status": ("documents_of", altered(status="Posted"), "status is a str, not a DocumentStatus"),
    "a small currency": ("documents_of", altered(currency="nzd"), "currency must be three capital letters"),
    "no currency": ("documents_of", altered(currency=""), "currency must be three capital letters"),
    "no number": ("documents_of", altered(number=None), "number is None, not a str"),
    "a credit below zero": ("documents_of", altered(kind=CREDIT, total=Decimal(-5)), "amounts are positive"),
    "an invoice below zero": (
        "documents_of",
        altered(total=Decimal(-5), amount_due=Decimal(-5)),
        "amounts are positive",
    ),
    "a rate of nothing": ("documents_of", altered(currency="USD", rate=Decimal(0)), "the rate must be positive"),
    "a line's float": (
        "documents_of",
        altered(lines=(replace(LINE, amount=_any(1.5)),)),
        "amount is a float",
    ),
    "a list for a tuple": ("documents_of", altered(lines=[]), "lines is a list, not a tuple"),
}
WRONG: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    "it raises": ("documents_of", boom, "RuntimeError"),
    "it gives nothing": ("documents_of", lambda _: None, "NoneType where a list of Document belongs"),
    "it gives a text": ("documents_of", lambda _: "<html>", "str where a list of Document belongs"),
    "it gives mappings": ("documents_of", each(lambda one: {"total": "1"}), "a dict where a Document belongs"),
    "one is None": ("documents_of", each(lambda one: None), "None where a Document belongs"),
    "a party search raises": ("search_parties", boom, "RuntimeError"),
    "parties are no page": ("search_parties", lambda page: list(page.items), "list where a Page belongs"),
    "a numeric cursor": ("search_parties", lambda page: Page(page.items, _any(1)), "cursor is a text"),
    "a circle of pages": ("search_parties", lambda page: Page(page.items, "again"), "never end"),
    "another organisation": ("organisation", lambda it: replace(it, id="43"), "answers for another organisation"),
    "a strange time zone": ("organisation", lambda it: replace(it, timezone="NZST"), "no IANA name"),
    "no base currency": ("organisation", lambda it: replace(it, base_currency=""), "base_currency is empty"),
    "choices are None": ("choices", lambda _: None, "NoneType where a list of Choice belongs"),
    "a choice of another kind": ("choices", lambda found: [replace(found[0], kind=ChoiceKind.ITEM)], "a kind that was"),
    "another party": ("get_party", lambda one: replace(one, ref=Ref("8")), "another party than the one asked for"),
    "a party without an id": ("get_party", lambda one: replace(one, ref=Ref(" ")), "id is empty"),
    "a numeric id": ("get_party", lambda one: replace(one, ref=Ref(7)), "id is an int, not a str"),  # type: ignore[arg-type]
    "a long id": ("get_party", lambda one: replace(one, ref=Ref("7" * 101)), "at most 100 characters"),
    "documents nobody asked for": ("get_documents", lambda found: [invoice(9, "1")], "that was not asked for"),
    "a kind nobody asked for": ("search_documents", lambda page: Page([BILL]), "a kind of document that was not"),
    "an invoice that is True": ("find_created", lambda _: True, "True where a Document belongs"),
    "two kinds of one id": (
        "documents_of",
        lambda found: [*found, invoice(1, "40.00", kind=CREDIT)],
        "stands for documents of two kinds",
    ),
    "a rate as float": (
        "choices",
        lambda found: [replace(one, rate=0.15) for one in found],
        "rate is a float: a rate or money is a Decimal",
    ),
    "capabilities raise": ("capabilities", boom, "RuntimeError"),
    "capabilities are words": ("capabilities", lambda _: ["draft_invoice"], "capabilities() is no frozenset"),
    "it cannot be opened": ("open", boom, "RuntimeError"),
    "open gives nothing": ("open", lambda _: None, "open() gave NoneType"),
}


ASKED: dict[str, Callable[[AccountingProvider], Any]] = {
    "documents_of": lambda provider: provider.documents_of(["7"]),
    "search_parties": lambda provider: provider.search_parties("ann", cursor="again"),
    "organisation": lambda provider: provider.organisation(),
    "choices": lambda provider: provider.choices(ChoiceKind.CURRENCY),
    "capabilities": lambda provider: provider.capabilities() or provider.organisation(),
    "open": lambda provider: provider.capabilities() or provider.organisation(),
    "get_party": lambda provider: provider.get_party("7"),
    "get_documents": lambda provider: provider.get_documents([(DocumentKind.SALES_INVOICE, "1")]),
    "search_documents": lambda provider: provider.search_documents(INVOICES),
    "find_created": lambda provider: provider.find_created(DocumentKind.SALES_INVOICE, "k", "7", NOW),
}


@pytest.mark.parametrize("what", list(WRONG))
def test_a_wrong_answer_is_one_that_could_not_be_read(what: str, house: Ledgerhouse) -> None:
    method, spoil, why = WRONG[what]
    house.spoilt[method] = spoil
    noted: list[str] = []
    context = StaticContext(HOUSE, ManualClock(NOW))
    provider = house.guarded(lambda where, error: noted.append(where)).open(context)
    with pytest.raises(Unavailable) as failure:
        ASKED[method](provider)
    assert failure.value.message.startswith(UNREADABLE)
    assert why in failure.value.detail
    assert "lh_1" not in failure.value.detail, "the text of an unexpected error may hold a secret"
    assert noted == [method]
    assert failure.value.until == NOW + dt.timedelta(minutes=5)


@pytest.mark.parametrize("what", list(ODD))
def test_a_wrong_document_is_set_aside_and_keeps_no_other_back(what: str, house: Ledgerhouse) -> None:
    method, spoil, why = ODD[what]
    house.spoilt[method] = lambda documents: [*spoil(documents), invoice(2, "10.00")]
    noted: list[tuple[str, Exception]] = []
    context = StaticContext(HOUSE, ManualClock(NOW))
    provider = house.guarded(lambda where, error: noted.append((where, error))).open(context)
    assert [one.ref.id for one in provider.documents_of(["7"]).items] == ["2"]
    assert [(one.document_id, one.party_id) for one in take_set_aside(provider)] == [("1", "7")]
    assert take_set_aside(provider) == []
    assert [where for where, _ in noted] == [method]
    assert why in said(noted[0][1])
    assert not re.search(r"115|1\.5|A-1|[Ee]\+?30", said(noted[0][1])), "who sees no amounts may read it"


@pytest.mark.parametrize("spoil", [boom, lambda _: None, lambda made: replace(made, total=1.5)])
def test_a_write_whose_answer_is_wrong_may_have_been_carried_out(house: Ledgerhouse, spoil: Any) -> None:
    house.spoilt["create"] = spoil
    provider = house.guarded(lambda where, error: None).open(StaticContext(HOUSE, ManualClock(NOW)))
    draft = NewDocument("7", NOW.date(), None, "NZD", AmountsAre.EXCLUSIVE, ())
    with pytest.raises(OutcomeUnknown):
        provider.create(DocumentKind.SALES_INVOICE, draft, key="k")
    assert provider.find_created(DocumentKind.SALES_INVOICE, "k", "7", NOW) is not None


PLAIN = [
    "it raises",
    "one is None",
    "two kinds of one id",
    "a circle of pages",
    "capabilities raise",
    "it cannot be opened",
]


def test_wrong_answers_keep_the_last_known_copy_under_a_plain_sentence(desk: Desk, house: Ledgerhouse) -> None:
    house.documents["1"] = invoice(1, "115.00", amount_due=Decimal("15.00"))
    for what in PLAIN:
        method, spoil, why = WRONG[what]
        house.spoilt = {"documents_of": boom, "get_documents": boom, method: spoil}
        desk.clock.advance(dt.timedelta(days=1))  # so that the list of parties is old, too
        tab = desk.later()
        assert "Outstanding NZ$ 115.00" in tab, f"{what}: the last figure that was right"
        assert UNREADABLE in tab, what
        assert why in tab, what
    assert "search_parties: Malformed: Page: the cursor is the one" in desk.plugins()
    desk.browser.get("/", status=200)
    desk.browser.get("/organizations/1", status=200)
    desk.browser.get("/admin/accounting", status=200)
    house.spoilt.clear()
    tab = desk.later()
    assert UNREADABLE not in tab
    assert "Outstanding NZ$ 15.00" in tab


ERRORS: dict[str, ProviderError] = {
    "the family": ProviderError("Ledgerhouse is having its tea."),
    "a refusal where nothing was sent": Rejected("Ledgerhouse is having its tea."),
    "away until a naive moment": Unavailable("Ledgerhouse is having its tea.", dt.datetime(2026, 11, 23)),  # noqa: DTZ001
    "too many until a number": Throttled("Ledgerhouse is having its tea.", 30, "second"),  # type: ignore[arg-type]
}


def test_an_error_of_the_wrong_kind_is_told_on_the_tab(desk: Desk, house: Ledgerhouse) -> None:
    for what, error in ERRORS.items():

        def fails(_: Any, error: ProviderError = error) -> Any:
            raise error

        house.spoilt["documents_of"] = fails
        tab = desk.later()
        assert "Ledgerhouse is having its tea." in tab, what
        assert "Outstanding NZ$ 115.00" in tab
        assert desk.services.jobs.drain() == 0, f"{what}: nobody asks again at once"
        house.spoilt.clear()
        assert "tea" not in desk.later()


def test_lists_may_come_as_generators(desk: Desk, house: Ledgerhouse) -> None:
    house.spoilt["search_parties"] = lambda page: Page(_any(one for one in page.items), page.cursor)
    house.spoilt["choices"] = house.spoilt["documents_of"] = lambda found: (one for one in found)
    house.documents["2"] = invoice(2, "10.00")
    desk.clock.advance(dt.timedelta(days=1))
    assert "Outstanding NZ$ 125.00" in desk.later()
    assert UNREADABLE not in desk.tab()


def test_a_document_that_is_not_told_any_more_counts_no_longer(desk: Desk, house: Ledgerhouse) -> None:
    house.documents = {"2": invoice(2, "10.00")}
    assert "Outstanding NZ$ 10.00" in desk.later()


def test_a_document_whose_party_was_changed_counts_for_the_new_one_alone(desk: Desk, house: Ledgerhouse) -> None:
    house.documents["1"] = invoice(1, "115.00", party_id="8")
    told = desk.later()
    assert "Outstanding –" in told
    assert "NZ$ 115.00" not in told.partition("Outstanding")[2].partition("Lifetime")[0]


def test_currencies_of_no_and_three_decimals_are_written_as_they_are(desk: Desk, house: Ledgerhouse) -> None:
    house.documents["2"] = invoice(2, "12000", currency="JPY")
    house.documents["3"] = invoice(3, "12.345", currency="BHD")
    tab = desk.later()
    assert "Outstanding NZ$ 115.00" in tab
    assert "¥12,000 in 1 open invoice" in tab
    assert "BHD 12.345 in 1 open invoice" in tab


NAMES = ["X", "Ж" * 300, '<script>alert(1)</script> & "S"', "🍞 Bäckerei", "\u202eשלום", "null\x00byte", "half\ud83d"]


def test_names_of_any_kind_are_shown_and_harm_nothing(desk: Desk, house: Ledgerhouse) -> None:
    for number, name in enumerate(NAMES, start=2):
        house.parties["7"] = replace(house.parties["7"], name=name)
        house.documents[str(number)] = invoice(number, "10.00", party_name=name, number=name[:40])
        desk.clock.advance(dt.timedelta(days=1))
        assert f"Outstanding NZ$ {115 + 10 * (number - 1)}.00" in desk.later()
        page = desk.browser.get(desk.path)
        assert not [wrong for wrong in ("<script>alert", "\u202e", "\x00") if wrong in page]


def test_a_status_that_nobody_knows_is_in_no_figure_and_explained(desk: Desk, house: Ledgerhouse) -> None:
    house.documents["2"] = invoice(2, "10.00", status=DocumentStatus.UNKNOWN, vendor_status="Frozen by dunning" * 9)
    assert "Outstanding NZ$ 115.00" in desk.later()
    told = words(desk.browser.get(f"{desk.path}/explain/outstanding", {"connection": "1"}))
    assert "A-2 in a state this version does not know" in told


def test_a_wrong_address_is_no_address(desk: Desk, house: Ledgerhouse) -> None:
    for spoil in (boom, lambda _: "javascript:alert(1)", lambda _: 7):
        house.spoilt["web_url"] = spoil
        tab = desk.tab()
        assert "Outstanding NZ$ 115.00" in tab
        assert "View ↗" not in tab, "it leads nowhere but to the document's own page"
    assert "web_url: Malformed: web_url() gave no http address" in desk.plugins()


def test_a_search_that_goes_wrong_is_a_sentence_on_its_page(desk: Desk, house: Ledgerhouse) -> None:
    for spoil in (boom, lambda _: None, lambda page: Page([replace(one, name=None) for one in page.items])):
        house.spoilt = {"search_documents": spoil, "search_parties": spoil}
        page = words(desk.browser.get(f"{desk.path}/find", {"connection": "1", "q": "A"}, status=200))
        assert UNREADABLE in page
        assert "Below is what was read before" in page
        page = words(desk.browser.get(f"{desk.path}/search", {"connection": "1", "q": "Ann"}, status=200))
        assert UNREADABLE in page
