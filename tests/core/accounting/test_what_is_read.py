"""What a page reads of the snapshot: each sum once, of parties named one by one, however many pieces show it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from core.services import Services
from tests.conftest import LogIn
from tests.core.accounting.books import Books, connect, four_records
from tests.core.accounting.on_the_stub import ini
from tests.core.pages import words

pytestmark = pytest.mark.slow  # walks through pages

__all__ = ["ini"]


@pytest.fixture
def books(services: Services, log_in: LogIn) -> Books:
    connect(log_in("admin"), services)
    made = Books(services)
    four_records(made)
    made.link_party("organization", "harbour")
    made.document("INV-1")
    made.document("BILL-1", "bill")
    return made


@contextmanager
def statements(services: Services) -> Iterator[list[str]]:
    """The statements on documents that run in the block, their blanks made one."""
    ran: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "FROM accounting_document " in f"{' '.join(statement.split())} ":
            ran.append(" ".join(statement.split()))

    engine = services.db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_the_tab_and_the_strip_above_it_share_their_sums(services: Services, books: Books, log_in: LogIn) -> None:
    accounts = log_in("accounts")
    with statements(services) as ran:
        page = accounts.get(books.tab("organization"))
    assert "Overdue US$ 115.00" in words(page, ".strip")
    for what in ("sum(accounting_document.amount_due)", "accounting_document.fully_paid_on >"):
        assert len([one for one in ran if what in one]) == 1, what
    counts = [one for one in ran if "count(*)" in one and "GROUP BY" in one]
    assert len(counts) == 3, "what is billed ever and lately, what is owed, days to pay: the lists count nothing"


def test_the_strip_on_another_tab_adds_up_no_more_than_it_shows(
    services: Services, books: Books, log_in: LogIn
) -> None:
    accounts = log_in("accounts")
    with statements(services) as ran:
        page = accounts.get(books.paths["organization"])
    assert "Overdue US$ 115.00" in words(page, ".strip")
    assert not [one for one in ran if "sum(accounting_document.tax)" in one]


@pytest.mark.parametrize("page", ["", "/explain/outstanding?connection=1"])
def test_no_document_is_looked_for_by_a_question_about_links(
    services: Services, books: Books, log_in: LogIn, page: str
) -> None:
    """A subselect in the place of the parties makes both databases guess wrong how much there is to read."""
    accounts = log_in("accounts")
    with statements(services) as ran:
        accounts.get(f"{books.tab('organization')}{page}")
    mine = [one for one in ran if re.search(r"accounting_document\.party_id IN", one)]
    assert mine
    assert not [one for one in mine if re.search(r"party_id IN \(SELECT", one) and "document_link" not in one]
