"""The lists of documents: narrowed by how they stand, their kind and their currency, kept in the address, counted."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import pytest

from core.accounting.document_filter import STATES, Facet, Filter, conditions, facets, in_state, narrow
from core.accounting.models import DocumentRow
from core.accounting.overview import figures
from core.accounting.words import KINDS
from core.services import Services
from tests.conftest import Browser, LogIn
from tests.core.accounting.books import TODAY, Books
from tests.core.accounting.on_the_stub import books, ini
from tests.core.pages import words

__all__ = ["books", "ini"]

pytestmark = pytest.mark.slow
PAGE = 25


@pytest.fixture
def admin(log_in: LogIn) -> Browser:
    return log_in("admin")


def card(page: Any, title: str) -> Any:
    """The card of a list."""
    return next(one for one in page.html.select("section.card") if one.h2 and one.h2.get_text(strip=True) == title)


def text(part: Any) -> str:
    return " ".join(part.get_text(" ").split())


def numbers(page: Any, title: str = "Invoices") -> list[str]:
    """The numbers on a list, as they stand."""
    return [text(one).partition(" ")[0] for one in card(page, title).select("summary.num")]


def many(books: Books) -> None:
    """Invoices of every state, bills of two kinds, two currencies."""
    late, later = TODAY - dt.timedelta(days=9), TODAY + dt.timedelta(days=9)
    books.document("INV-1", due_date=late)
    books.document("INV-2", due_date=later)
    books.document("INV-3", status="submitted", due_date=later)
    books.document("INV-4", status="draft")
    books.document("INV-5", status="paid", amount_due=Decimal(0))
    books.document("INV-6", status="voided", amount_due=Decimal(0))
    books.document("INV-7", due_date=late, currency="NZD")
    books.document("BILL-1", "bill", due_date=late)
    books.document("BC-1", "bill_credit_note")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("invoices=open", ["INV-1", "INV-7", "INV-2", "INV-3"]),
        ("invoices=overdue", ["INV-1", "INV-7"]),
        ("invoices=overdue&invoices_currency=NZD", ["INV-7"]),
        ("invoices=submitted", ["INV-3"]),
        ("invoices=approved", ["INV-1", "INV-7", "INV-2"]),
        ("invoices=drafts", ["INV-4"]),
        ("invoices=paid", ["INV-5"]),
        ("invoices=void", ["INV-6"]),
        ("invoices=all&invoices_currency=NZD", ["INV-7"]),
        ("invoices=nonsense&invoices_currency=XXX&invoices_page=99", ["INV-1", "INV-7", "INV-2", "INV-3"]),
    ],
)
def test_a_list_is_narrowed_as_the_address_says(books: Books, admin: Browser, asked: str, found: list[str]) -> None:
    many(books)
    assert numbers(admin.get(f"{books.tab('organization')}?{asked}")) == found


def test_bills_are_told_from_supplier_credits(books: Books, admin: Browser) -> None:
    many(books)
    tab = books.tab("organization")
    assert numbers(admin.get(f"{tab}?bills=all&bills_kind=bill_credit_note"), "Bills") == ["BC-1"]
    assert numbers(admin.get(f"{tab}?bills=all&bills_kind=bill"), "Bills") == ["BILL-1"]
    assert numbers(admin.get(f"{tab}?bills=overdue"), "Bills") == ["BILL-1"]


def test_the_form_narrows_one_list_and_keeps_the_others_as_they_are(books: Books, admin: Browser) -> None:
    many(books)
    page = admin.get(f"{books.tab('organization')}?bills=paid&invoices_page=1")
    form = next(one for one in page.forms.values() if "invoices" in one.fields and "bills" in one.fields)
    assert "invoices_page" not in form.fields
    form["invoices"], form["invoices_currency"] = "overdue", "NZD"
    page = form.submit()
    assert numbers(page) == ["INV-7"]
    assert text(card(page, "Bills").select_one(".seg [aria-current]")) == "Paid 0"
    assert "1 of 7: overdue, in NZD. Show all invoices" in text(card(page, "Invoices"))


def test_each_choice_tells_how_many_it_would_show(books: Books, admin: Browser) -> None:
    many(books)
    page = admin.get(f"{books.tab('organization')}?invoices=overdue&invoices_currency=NZD")
    told = text(card(page, "Invoices").select_one(".filter"))
    assert "Open (1) Overdue (1) Awaiting approval (0) Approved (1) Drafts (0) Paid (0) Void or deleted (0)" in told
    assert "NZD (1) USD (1)" in told
    assert text(card(page, "Invoices").select_one(".seg")) == "Open 1 Overdue 1 Drafts 0 Paid 0 All 1"


def test_an_empty_list_says_how_to_undo_its_filter(books: Books, admin: Browser) -> None:
    books.document("INV-1")
    page = admin.get(f"{books.tab('organization')}?invoices=void")
    assert "None that are void or deleted. Show all invoices" in text(card(page, "Invoices"))
    assert numbers(admin.get(page.html.find("a", string="Show all invoices")["href"].partition("#")[0])) == ["INV-1"]


def test_pages_keep_the_filter_and_a_new_filter_begins_at_the_first(books: Books, admin: Browser) -> None:
    for number in range(PAGE + 2):
        books.document(f"INV-{number:02d}", due_date=TODAY + dt.timedelta(days=number))
    page = admin.get(f"{books.tab('organization')}?invoices=approved&bills=all")
    assert "Page 1 of 2" in text(card(page, "Invoices"))
    behind = page.click("Next")
    assert numbers(behind) == ["INV-25", "INV-26"]
    assert text(card(behind, "Invoices").select_one(".seg [aria-current]")) == "Approved 27"
    assert text(card(behind, "Bills").select_one(".seg [aria-current]") or card(behind, "Bills")) == "Bills None yet."
    again = card(behind, "Invoices").select_one(".seg a")["href"]
    assert "invoices_page" not in again


def test_lists_of_two_organisations_are_narrowed_apart(books: Books, admin: Browser) -> None:
    other = books.connect_another("Second", "NZD")
    books.link_party("organization", "harbour", other)
    books.document("INV-1")
    books.document("INV-2", connection=other)
    page = admin.get(books.tab("organization"))
    cards = [one for one in page.html.select("section.card") if one.h2 and one.h2.get_text(strip=True) == "Invoices"]
    href = next(a for a in cards[1].select(".seg a") if a.get_text().startswith("Paid"))["href"]
    page = admin.get(href.partition("#")[0])
    cards = [one for one in page.html.select("section.card") if one.h2 and one.h2.get_text(strip=True) == "Invoices"]
    assert text(cards[0].select_one(".seg [aria-current]")) == "Open 1"
    assert text(cards[1].select_one(".seg [aria-current]")) == "Paid 0"


def test_every_count_is_that_of_the_rows_it_leads_to(services: Services, books: Books) -> None:
    """Over random documents: what the grouped query counts and what the conditions find is the same."""
    dice = random.Random(7)
    kinds, states = ["sales_invoice", "bill", "estimate"], ["draft", "submitted", "authorised", "paid", "voided"]
    for number in range(60):
        due = TODAY + dt.timedelta(days=dice.randrange(-3, 3))
        of: dict[str, Any] = {"status": dice.choice(states), "currency": dice.choice(["USD", "NZD"]), "due_date": due}
        books.document(f"D-{number}", dice.choice(kinds), **of)
    with services.db.read() as session:
        found = facets(figures(session, DocumentRow.connection_id == 1, "USD", TODAY).groups)
        for state in STATES:
            for kind in ("", *kinds):
                for currency in ("", "USD"):
                    wanted = Filter(state, kind, currency)
                    rows = session.query(DocumentRow).filter(*conditions(wanted, TODAY)).count()
                    fits = [
                        one.count
                        for one in found
                        if in_state(one, state) and kind in ("", one.kind) and currency in ("", one.currency)
                    ]
                    assert sum(fits) == rows, wanted


def test_what_a_list_shows_by_itself_is_what_is_open_or_all() -> None:
    paid = Facet("sales_invoice", "paid", "USD", False, 3)
    due = Facet("sales_invoice", "authorised", "USD", False, 1)
    kinds = ("sales_invoice",)
    assert narrow([paid, due], kinds, {}, KINDS, "").wanted.state == "open"
    assert narrow([paid], kinds, {}, KINDS, "").wanted.state == "all"
    assert narrow([], kinds, {}, KINDS, "").wanted.state == "open"
    assert narrow([paid, due], kinds, {}, KINDS, "all").count == 4


def test_who_sees_no_bills_is_not_told_their_currencies(books: Books, log_in: LogIn) -> None:
    books.document("INV-1")
    books.document("BILL-1", "bill", currency="CHF")
    page = log_in("sales").get(f"{books.tab('organization')}?bills=all&invoices_currency=CHF")
    assert "CHF" not in words(page)
    assert numbers(page) == ["INV-1"]


def test_a_suppliers_credit_is_below_zero_among_bills_and_a_customers_is_not_among_credits(
    books: Books, log_in: LogIn
) -> None:
    books.document("BILL-1", "bill", total="200.00")
    books.document("SC-1", "bill_credit_note", total="50.00", amount_due=Decimal("30.00"))
    books.document("CN-1", "sales_credit_note", total="40.00")
    page = log_in("accounts").get(books.tab("organization"))
    rows = {row.td.get_text(strip=True).split(",")[0]: row for row in page.html.select("table.docs tr:has(summary)")}
    sums = {name: [text(cell) for cell in row.select("td.n:not(.act)")] for name, row in rows.items()}
    assert sums == {"BILL-1": ["200.00"] * 2, "SC-1": ["−50.00", "−30.00"], "CN-1": ["40.00"] * 2}
    assert rows["CN-1"].select("td.n")[1]["data-label"] == "Left"
    assert rows["SC-1"].select("td.n")[1]["data-label"] == "Due now"


def test_what_has_no_address_in_the_accounting_system_is_viewed_here(books: Books, log_in: LogIn) -> None:
    books.document("OP-1", "overpayment", total="40.00")
    page = log_in("accounts").get(books.tab("organization"))
    [view] = page.html.select("a[aria-label^='View OP-1']")
    assert "OP-1" in words(page.goto(view["href"]), "h2")
