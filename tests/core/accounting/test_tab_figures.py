"""The figures of a tab as people read them: other currencies, days to pay, the ladder, links to remove."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from core.services import Services
from tests.conftest import Browser, LogIn
from tests.core.accounting.books import TODAY, Books, connect, four_records
from tests.core.pages import words

HERE = TODAY - dt.timedelta(days=1)  # it is still yesterday where the organisation keeps its books


@pytest.fixture
def ini() -> dict[str, str]:
    return {"crm.plugins": "quickbooks_stub"}


@pytest.fixture
def books(services: Services, log_in: LogIn) -> Books:
    connect(log_in("admin"), services)
    made = Books(services)
    four_records(made)
    made.link_party("organization", "harbour")
    return made


@pytest.fixture
def sales(log_in: LogIn) -> Browser:
    return log_in("sales")


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
    paid = {"status": "paid", "amount_due": Decimal(0), "amount_paid": Decimal("115.00"), "date": ago(60)}
    books.document("INV-1", currency="AUD", fully_paid_on=ago(39), **paid)
    page = sales.get(books.tab("organization"))
    assert "days to pay not known yet" in words(page, ".strip")
    assert "1 invoice in other currencies left out" in words(page, ".strip")
    explained = page.click("Explain", linkid=None, href="explain/days_to_pay")
    assert words(explained, "main h2") == "Days to pay: not known yet"
    assert "those in other currencies are left out" in words(explained)
    assert "1 in AUD, not USD" in words(explained)
    books.document("INV-2", fully_paid_on=ago(40), **paid)
    page = sales.get(books.tab("organization"))
    assert "pays after 20 days" in words(page, ".strip")
    assert "1 invoice in other currencies left out" in words(page, ".strip")


def test_the_days_of_each_invoice_can_be_checked(books: Books, sales: Browser) -> None:
    paid = {"status": "paid", "amount_due": Decimal(0), "amount_paid": Decimal("115.00")}
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
    assert "0.00 approved · 115.00 awaiting approval" in tile(page, "Invoices")
    assert "Awaiting approval" in words(page, "table.docs")
