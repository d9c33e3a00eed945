"""The lists under Money stand in the menu of who may open them, and the count beside Drafts is what they show."""

from __future__ import annotations

from typing import Any

import pytest

from core.accounting.access import DRAFT, SEE_AMOUNTS, SEE_STATUS
from core.accounting.models import ConnectionAccess, Draft, DraftChange
from core.services import Services
from core.users.models import Role
from tests.conftest import Browser, LogIn
from tests.core.accounting.books import Books, connect
from tests.core.accounting.on_the_stub import ini
from tests.databases import NOW

pytestmark = pytest.mark.slow  # walks through pages

__all__ = ["ini"]

LISTS = {"Drafts", "Won but not invoiced", "Invoiced more than agreed"}


@pytest.fixture
def books(services: Services, log_in: LogIn) -> Books:
    connect(log_in("admin"), services)
    return Books(services)


def limit(services: Services, connection: int, *rights: str) -> None:
    """Leave sales these rights alone in a connection."""
    with services.db.begin() as session:
        role = session.query(Role.id).filter_by(key="sales").scalar()
        session.merge(ConnectionAccess(connection_id=connection, role_id=role, rights=list(rights)))


def change(services: Services, connection: int, count: int = 1, **values: Any) -> None:
    """Changes of drafts that wait for a person."""
    head = {"currency": "USD", "reference": "", "party": ""}
    rest: dict[str, Any] = {
        "kind": "opportunities",
        "record_id": 1,
        "connection_id": connection,
        "payload": {"typed": {"head": head, "lines": []}, "party_name": "Old Mill", "sums": {"total": "1"}},
        "state": "refused",
        "created_by": 1,
        "created_at": NOW,
        "updated_at": NOW,
    }
    about = {
        "document_kind": "sales_invoice",
        "deed": "change",
        "before": {"number": "INV-7", "party_name": "Old Mill"},
    }
    with services.db.begin() as session:
        for number in range(count):
            key = f"{connection:016x}{number:016x}"
            session.add(DraftChange(key=key, document_id=f"d{number}", **about, **{**rest, **values}))


def draft(services: Services, connection: int) -> None:
    """A draft that was saved."""
    payload = {"typed": {"head": {"currency": "USD"}, "lines": []}, "party_name": "", "sums": {"total": "1"}}
    at: dict[str, Any] = {"created_by": 1, "created_at": NOW, "updated_at": NOW}
    with services.db.begin() as session:
        session.add(
            Draft(
                key=f"{connection:032x}", kind="contacts", record_id=1, connection_id=connection, payload=payload, **at
            )
        )


def menu(browser: Browser) -> dict[str, str]:
    """What stands in the menu, each with its count."""
    links = browser.get("/").html.select("nav a")
    parts = [[*link.stripped_strings] for link in links]
    return {words[0]: words[1] if len(words) > 1 else "" for words in parts if words}


def test_a_list_that_a_role_may_open_nowhere_is_not_in_the_menu(
    books: Books, services: Services, log_in: LogIn
) -> None:
    sales = log_in("sales")
    assert menu(sales).keys() >= LISTS
    limit(services, books.connection, SEE_STATUS, DRAFT)
    assert menu(sales).keys() & LISTS == {"Drafts"}
    limit(services, books.connection, SEE_STATUS, SEE_AMOUNTS)
    assert menu(sales).keys() & LISTS == LISTS - {"Drafts"}
    sales.get("/accounting/drafts", status=403)
    limit(services, books.connection)
    assert menu(sales).keys() & LISTS == set()
    books.connect_another("Seen Ltd")
    assert menu(sales).keys() >= LISTS
    sales.get("/accounting/drafts")


def test_the_count_beside_drafts_holds_the_changes_that_wait(books: Books, services: Services, log_in: LogIn) -> None:
    sales = log_in("sales")
    draft(services, books.connection)
    change(services, books.connection, count=3)
    change(services, books.connect_another("Other"), state="open")
    assert menu(sales)["Drafts"] == "4", "a change that was begun and never touched waits for nobody"
    limit(services, books.connection, SEE_STATUS, DRAFT)
    assert menu(sales)["Drafts"] == "1", "who sees no amounts changes nothing"


def test_changes_that_a_role_does_not_see_push_no_others_off_the_list(
    books: Books, services: Services, log_in: LogIn
) -> None:
    change(services, books.connection)
    other = books.connect_another("Hidden Ltd")
    change(services, other, count=101)
    limit(services, other)
    sales = log_in("sales")
    page = sales.get("/accounting/drafts")
    assert f"/accounting/changes/{books.connection:016x}{0:016x}" in page
    assert "Hidden Ltd" not in page
    assert menu(sales)["Drafts"] == "1"
