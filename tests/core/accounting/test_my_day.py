"""What accounting says on the start page, and to whom."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from core.accounting.models import ConnectionAccess, Draft, DraftChange
from core.services import Services
from tests.conftest import Browser, LogIn
from tests.core.accounting.books import TODAY, Books, connect
from tests.core.accounting.on_the_stub import ini
from tests.databases import NOW

__all__ = ["ini"]

DAY = dt.timedelta(days=1)
THERE = TODAY - DAY  # the day where the books are kept, in Los Angeles


@pytest.fixture
def books(services: Services, log_in: LogIn) -> Books:
    connect(log_in("admin"), services)
    books = Books(services)
    books.make("mill", "organizations", name="Old Mill")
    books.make("hana", "contacts", last_name="Hana")
    return books


def card(browser: Browser, title: str) -> list[str]:
    """The rows of a card on the start page, each as its text; none where the card is not there."""
    cards = [one for one in browser.get("/").html.select("section.card") if one.h2 and one.h2.get_text() == title]
    rows = [row for one in cards for row in one.select("tbody tr, li")]
    return [" ".join(row.get_text(" ").split()) for row in rows]


def test_overdue_customers_are_told_with_amounts_to_who_may_see_them(
    books: Books, log_in: LogIn, services: Services
) -> None:
    books.link_party("hana", "harbour")
    books.link_party("mill", "harbour")
    books.link_party("hana", "other")
    books.document("1", total="100.10", due_date=THERE - 9 * DAY)
    books.document("2", total="0.05", due_date=THERE - DAY)
    books.document("3", total="7", due_date=THERE - 2 * DAY, currency="NZD")
    books.document("4", total="50", due_date=THERE + DAY)
    books.document("5", total="50", status="paid", amount_due=0, due_date=THERE - DAY)
    books.document("6", "bill", total="50", due_date=THERE - DAY)
    books.document("7", total="5", party_id="other", due_date=THERE - 3 * DAY)
    books.document("8", total="5", party_id="nobody linked", due_date=THERE - 3 * DAY)
    sales = log_in("sales")
    assert card(sales, "Overdue customers") == [
        "Old Mill 2 invoices Overdue 9 d US$ 100.15",
        "Hana 1 invoice Overdue 3 d US$ 5.00",
        "Old Mill 1 invoice Overdue 2 d NZ$ 7.00",
    ]
    assert sales.get("/").html.find("a", string="Old Mill", class_="num")["href"] == books.tab("mill")
    assert card(log_in("reader"), "Overdue customers") == []
    with services.db.begin() as session:
        session.add(ConnectionAccess(role_id=2, connection_id=1, rights=["accounting.see_status"]))
    assert card(sales, "Overdue customers") == []


def test_drafts_wait_for_who_began_them_and_nobody_else(books: Books, log_in: LogIn, services: Services) -> None:
    sales, accounts = log_in("sales"), log_in("accounts")
    about: dict[str, Any] = {**books.of("mill"), "connection_id": 1, "created_at": NOW, "updated_at": NOW}
    with services.db.begin() as session:
        for state in ("open", "refused", "missing", "queued", "made", "unknown"):
            session.add(Draft(key=state, state=state, payload={}, created_by=2, **about))
        before = {"number": "INV-7", "party_name": "Mill Ltd"}
        change = {"key": "c", "document_id": "7", "document_kind": "sales_invoice", "deed": "delete", "version": 2}
        session.add(DraftChange(**change, payload={}, before=before, state="refused", created_by=2, **about))
    name = "Redwood Toy Traders (stub)"
    assert card(sales, "Drafts that wait for you") == [
        f"Old Mill New, in {name} · just now Saved",
        f"Old Mill New, in {name} · just now Refused",
        f"Old Mill New, in {name} · just now Did not arrive",
        f"INV-7 Deletion, in {name} · just now Refused",
    ]
    assert card(accounts, "Drafts that wait for you") == []
    with services.db.begin() as session:
        session.add(ConnectionAccess(role_id=2, connection_id=1, rights=[]))
    assert card(sales, "Drafts that wait for you") == []
