"""The figures of a tab as people read them: other currencies, days to pay, the ladder, links to remove."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from tests.conftest import Browser
from tests.core.accounting.books import TODAY, Books
from tests.core.accounting.drafting import button, draft_form
from tests.core.accounting.on_the_stub import books, ini, sales
from tests.core.pages import words

__all__ = ["books", "ini", "sales"]

pytestmark = pytest.mark.slow
HERE = TODAY - dt.timedelta(days=1)  # it is still yesterday where the organisation keeps its books


def ago(days: int) -> dt.date:
    return HERE - dt.timedelta(days=days)


def tile(page: Browser, title: str) -> str:
    """The text of a figure."""
    found = next(one for one in page.html.select("dl.figs > div") if one.dt.get_text(strip=True).startswith(title))
    return " ".join(found.get_text(" ").split())


def test_what_is_overdue_in_another_currency_is_never_told_as_nothing_late(books: Books, sales: Browser) -> None:
    books.document("INV-1", currency="GBP", due_date=ago(18))
    page = sales.get(books.tab("organization"))
    assert "nothing late in USD; 1 invoice overdue in GBP, oldest 18 days" in tile(page, "Overdue")
    assert "nothing is late" not in words(page)
    assert "bad" in page.html.select_one(".strip")["class"]
    books.document("INV-2", due_date=ago(1))
    books.document("INV-3", currency="GBP", due_date=ago(2))
    told = tile(sales.get(books.tab("organization")), "Overdue")
    assert "1 invoice, oldest 1 day; 2 invoices overdue in GBP, oldest 18 days" in told


def test_the_form_of_a_draft_warns_of_what_is_overdue_in_any_currency(books: Books, sales: Browser) -> None:
    books.document("INV-1", currency="GBP", due_date=ago(18), total="4532.75")
    form = sales.get(f"{books.tab('organization')}/draft", status=303).follow()
    assert "is 18 days overdue with £4,532.75." in words(form, "#draft-before")
    books.document("INV-2", due_date=ago(30), total="10.00")
    form = sales.get(f"{books.tab('organization')}/draft", status=303).follow()
    assert "is 30 days overdue with US$ 10.00 and £4,532.75." in words(form, "#draft-before")


def test_days_to_pay_says_how_many_invoices_in_other_currencies_it_leaves_out(books: Books, sales: Browser) -> None:
    paid: dict[str, Any] = {
        "status": "paid",
        "amount_due": Decimal(0),
        "amount_paid": Decimal("115.00"),
        "date": ago(60),
    }
    books.document("INV-1", currency="AUD", fully_paid_on=ago(39), **paid)
    page = sales.get(books.tab("organization"))
    assert "not known yet" in tile(page, "Days to pay")
    assert "1 invoice in other currencies left out" in tile(page, "Days to pay")
    explained = page.click(href="explain/days_to_pay")
    assert words(explained, "main h2") == "Days to pay: not known yet"
    assert "Those in other currencies are left out" in words(explained)
    assert "1 in AUD, not USD" in words(explained)
    books.document("INV-2", fully_paid_on=ago(40), **paid)
    page = sales.get(books.tab("organization"))
    assert "20 days" in tile(page, "Days to pay")
    assert "1 invoice in other currencies left out" in tile(page, "Days to pay")
    assert "pays after 20 days" in words(page, ".strip")


def test_the_days_of_each_invoice_can_be_checked(books: Books, sales: Browser) -> None:
    paid: dict[str, Any] = {"status": "paid", "amount_due": Decimal(0), "amount_paid": Decimal("115.00")}
    books.document("INV-1", date=dt.date(2026, 10, 1), fully_paid_on=dt.date(2026, 10, 21), **paid)
    page = sales.get(f"{books.tab('organization')}/explain/days_to_pay", {"connection": "1"})
    cells = [cell.get_text(" ", strip=True) for cell in page.html.find("table").tbody.tr.find_all("td")]
    assert cells[2:] == ["1 Oct 2026", "21 Oct 2026", "20"]
    assert "Paid from 22 Nov 2024 up to and with 21 Nov 2026." in words(page)


def test_the_twelve_months_say_the_day_they_begin(books: Books, sales: Browser) -> None:
    asked = {"connection": str(books.connection)}
    year = words(sales.get(f"{books.tab('organization')}/explain/twelve_months", asked))
    assert "of the last 12 months. Dated from 22 Nov 2025 up to and with 21 Nov 2026." in year
    assert "Dated from" not in words(sales.get(f"{books.tab('organization')}/explain/lifetime", asked))


def test_what_awaits_approval_has_one_name_on_the_tile_and_in_the_list(books: Books, sales: Browser) -> None:
    books.document("INV-1", status="submitted")
    page = sales.get(books.tab("organization"))
    assert "nothing approved 115.00 awaiting approval" in tile(page, "Invoices")
    assert "Awaiting approval" in words(page, "table.docs")


def test_the_rows_of_the_ladder_add_up_and_the_form_of_a_draft_says_the_same(books: Books, sales: Browser) -> None:
    books.document("INV-1", to="opportunity", status="draft", total="40.00")
    books.document("INV-2", to="opportunity", status="submitted", total="20.00")
    books.document("INV-3", to="opportunity", total="1000.00")
    books.document("INV-4", to="opportunity", status="paid", total="500.00", amount_paid=Decimal(500))
    books.document("CN-1", "sales_credit_note", to="opportunity", total="100.00")
    page = sales.get(books.tab("opportunity"))
    shown = {step.span.get_text(): step.b.get_text().replace(",", "") for step in page.html.select(".ladder li")}
    assert {label: Decimal(text) for label, text in shown.items()} == {
        "Agreed": Decimal(6400),
        "Drafted or awaiting approval": Decimal(60),
        "Approved": Decimal(1400),
        "Paid": Decimal(500),
        "Still to bill": Decimal(4940),
    }
    assert "1,420.00 with what awaits approval" in tile(page, "Billed so far")
    page = sales.get(f"{books.tab('opportunity')}/draft", status=303).follow()
    form = draft_form(page)
    form["lines-0-description"], form["lines-0-unit_price"] = "Grinder", "940.00"
    form["lines-0-item"], form["lines-0-tax_rate"] = "1", "NON"
    told = words(button(page, "recalculate"), "#draft-before")
    assert "Still to bill after this: US$ 4,000.00 of the agreed US$ 6,400.00" in told


def test_more_drafted_than_agreed_is_said_so(books: Books, sales: Browser) -> None:
    books.document("INV-1", to="opportunity", status="draft", total="6500.00")
    ladder = words(sales.get(books.tab("opportunity")), ".ladder")
    assert "More than agreed 100.00" in ladder
    assert "Still to bill" not in ladder


def test_unlink_stands_only_where_it_takes_the_document_off_the_tab(books: Books, sales: Browser) -> None:
    books.document("INV-1", to="organization")
    books.document("INV-2", to="opportunity")
    assert not sales.get(books.tab("organization")).html.select("form[action$='/documents/unlink']")
    assert len(sales.get(books.tab("opportunity")).html.select("form[action$='/documents/unlink']")) == 1


def test_the_estimate_that_is_made_is_valid_until_a_day_and_not_due(books: Books, sales: Browser) -> None:
    page = sales.get(f"{books.tab('organization')}/draft", status=303).follow()
    assert words(page, "#due-field label") == "Valid until"
    form = draft_form(page)
    form["due_date"] = "never"
    told = words(button(page, "recalculate"), "#draft-before")
    assert "Valid until" in told
    assert "Due" not in told
    form["due_date"] = ""
    assert "approved" not in words(button(page, "recalculate"), "#draft-before")
    form["due_date"] = "2026-12-24"
    saved = words(form.submit("action", value="save").follow())
    assert "Valid until 24 Dec 2026" in saved
    assert "Due" not in saved


def test_the_link_from_a_mistake_in_find_is_called_like_its_field(books: Books, sales: Browser) -> None:
    page = sales.get(f"{books.tab('opportunity')}/find", {"from": "soon", "to": "later"})
    told = [link.get_text().partition(": ") for link in page.html.select(".errs a")]
    for link, (label, _, sentence) in zip(page.html.select(".errs a"), told, strict=True):
        assert label == page.html.find("label", {"for": link["href"].lstrip("#")}).get_text()
        assert sentence.startswith("Write the date as")
    assert [label for label, *_ in told] == ["Dated from", "up to"]
    assert page.html.select_one("[autofocus]")["id"] == "find-from"


def test_an_end_before_its_beginning_stays_in_its_picker(books: Books, sales: Browser) -> None:
    page = sales.get(f"{books.tab('opportunity')}/find", {"from": "2026-03-02", "to": "2026-03-01"})
    field = page.html.find(id="find-to")
    assert (field["type"], field["value"], field.has_attr("autofocus")) == ("date", "2026-03-01", True)
    assert "The end is before the beginning" in words(page, ".errs")
