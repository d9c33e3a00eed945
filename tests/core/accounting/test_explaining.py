"""Explain this number: every document that has to do with the record is counted, or left out with the true reason."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import event, insert

from core.accounting import explaining
from core.accounting.access import Sight
from core.accounting.models import Connection, DocumentRow
from core.accounting.rules import BY_KEY, Day, Lens
from core.records.service import get_record
from core.services import Services
from tests.conftest import Browser, LogIn
from tests.core.accounting.books import TODAY, Books
from tests.core.accounting.on_the_stub import books, ini, sales
from tests.core.pages import words
from tests.databases import NOW

pytestmark = pytest.mark.slow  # walks through pages

__all__ = ["books", "ini", "sales"]


def explained(browser: Browser, books: Books, name: str, figure: str, **asked: Any) -> tuple[set[str], dict[str, str]]:
    """The numbers counted, and those left out with their reasons, as the page tells them."""
    page = browser.get(f"{books.tab(name)}/explain/{figure}", {"connection": str(books.connection), **asked})
    counted: set[str] = set()
    left: dict[str, str] = {}
    for cell in page.html.select("td[data-label=Number] .num"):
        why = cell.find_parent("tr").find("td", {"data-label": "Why"})
        if why is None:
            counted.add(cell.get_text())
        else:
            left[cell.get_text()] = why.get_text()
    return counted, left


def test_what_a_linked_party_has_in_another_connection_is_left_out_with_its_name(books: Books, sales: Browser) -> None:
    other = books.connect_another("Redwood East")
    books.link_party("organization", "harbour", other)
    books.document("INV-1")
    books.document("INV-2", status="draft")
    books.document("INV-3", status="voided")
    books.document("INV-4", currency="NZD")
    books.document("INV-5", connection=other)
    books.document("BILL-5", "bill", connection=other)
    counted, left = explained(sales, books, "organization", "invoices")
    assert counted == {"INV-1"}
    assert left == {
        "INV-2": "still a draft",
        "INV-3": "void",
        "INV-4": "in NZD, not USD",
        "INV-5": "in another connection, Redwood East",
    }


def test_what_the_party_of_the_organization_has_and_is_not_linked_is_left_out_as_not_linked(
    books: Books, sales: Browser
) -> None:
    other = books.connect_another("Redwood East")
    books.link_party("contact", "hana")
    books.document("INV-1", to="opportunity")
    books.document("INV-2", to="project")
    books.document("INV-3", party_id="hana")
    books.document("INV-4", party_id="a stranger")
    books.document("INV-5", connection=other, to="opportunity")
    counted, left = explained(sales, books, "opportunity", "billed")
    assert counted == {"INV-1"}
    assert left == {
        "INV-2": "not linked to this opportunity",
        "INV-3": "not linked to this opportunity",
        "INV-5": "in another connection, Redwood East",
    }
    assert "INV-1" in explained(sales, books, "project", "billed")[1]


def test_who_sees_no_bills_reads_of_no_bill_here_either(books: Books, sales: Browser, log_in: LogIn) -> None:
    books.document("INV-1", to="opportunity")
    books.document("BILL-1", "bill", to="opportunity")
    books.document("BILL-2", "bill")
    sales.get(f"{books.tab('opportunity')}/explain/costs", {"connection": "1"}, status=403)
    _, left = explained(log_in("accounts"), books, "opportunity", "costs")
    assert left == {"BILL-2": "not linked to this opportunity"}


def many(services: Services, count: int, **changes: Any) -> None:
    """Many approved invoices of the organization's party."""
    base = {"connection_id": 1, "kind": "sales_invoice", "party_id": "harbour", "status": "authorised", "date": TODAY}
    money = {"total": 1, "tax": 0, "amount_due": 1, "amount_paid": 0, "amount_credited": 0, "currency": "USD"}
    rows = [
        {**base, **money, "document_id": f"m{number}", "number": f"M-{number}", "seen_at": NOW, "amounts_are": "x"}
        for number in range(count)
    ]
    with services.db.begin() as session:
        session.execute(insert(DocumentRow), [{**row, **changes} for row in rows])


def test_many_documents_come_a_page_at_a_time_and_none_is_lost(
    books: Books, sales: Browser, services: Services
) -> None:
    many(services, 230)
    for number in range(3):
        books.document(f"LINKED-{number}", to="opportunity", status="voided")
    seen: list[str] = []
    for page in range(1, 6):
        seen += explained(sales, books, "opportunity", "billed", left=str(page))[1]
    assert Counter(seen) == Counter([f"M-{one}" for one in range(230)] + [f"LINKED-{one}" for one in range(3)])
    text = sales.get(f"{books.tab('opportunity')}/explain/billed", {"connection": "1"}).html.get_text(" ", strip=True)
    assert "Left out (233)" in text
    assert "230 not linked to this opportunity; 3 void" in text
    counted = [explained(sales, books, "organization", "invoices", counted=str(page))[0] for page in (1, 2, 5)]
    assert [len(one) for one in counted] == [50, 50, 30]


@pytest.mark.parametrize("odd", ["", "0", "-1", "x", "9" * 9, "9" * 40])
def test_odd_pages_are_the_first_or_the_last(books: Books, sales: Browser, odd: str) -> None:
    books.document("INV-1")
    assert explained(sales, books, "organization", "invoices", counted=odd, left=odd)[0] == {"INV-1"}


def all_of_it(connection: Connection) -> Sight:
    return Sight(status=True, amounts=True, bills=True)


def test_ten_thousand_documents_are_told_in_a_handful_of_statements(books: Books, services: Services) -> None:
    many(services, 10_000)
    asked: list[str] = []
    event.listen(services.db.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    with services.db.read() as session:
        project = get_record(session, "projects", int(books.paths["project"].rpartition("/")[2]))
        connection = session.get_one(Connection, 1)
        lens = Lens("USD", Day(TODAY))
        told = explaining.tell(session, project, connection, BY_KEY["billed"], lens, sight_of=all_of_it, left=200)
    assert (told.left_out.total, len(told.left_out.rows), told.left_out.pages) == (10_000, 50, 200)
    assert len([one for one in asked if one.startswith("SELECT")]) <= 8


def test_what_is_counted_opens_and_adds_up_to_the_figure(books: Books, sales: Browser) -> None:
    books.document("INV-1", total="310.10")
    books.document("CN-1", "sales_credit_note", total="40.00")
    books.document("INV-2", status="draft")
    path = books.tab("organization")
    page = sales.get(f"{path}/explain/lifetime?connection=1")
    counted, left = page.html.select("table.docs")
    assert [" ".join(row.get_text(" ").split()) for row in counted.select("tfoot tr")] == ["Sum of 2 270.10"]
    assert "−40.00" in counted.get_text(), "a true minus"
    assert [link.get_text() for link in left.select("a.opens")] == ["INV-2"], "a draft has a page too"
    assert {cell["class"][0] for cell in counted.select("tr > :last-child")} == {"n"}, "money stands at the right"
    opened = sales.get(counted.select_one("a.opens")["href"])
    assert "310.10" in words(opened) or "40.00" in words(opened)


def test_what_the_tab_does_not_show_opens_nowhere(books: Books, sales: Browser) -> None:
    books.document("INV-1", to="opportunity")
    books.document("INV-2")
    page = sales.get(f"{books.tab('opportunity')}/explain/billed?connection=1")
    assert "not linked to this opportunity" in words(page)
    assert [link.get_text() for link in page.html.select("a.opens")] == ["INV-1"]
