"""Estimates on the tab: a total and how long they hold, but nothing that is due."""

from __future__ import annotations

import datetime as dt

import pytest

from core.services import Services
from tests.conftest import LogIn
from tests.core.accounting.books import TODAY, Books, connect, four_records
from tests.core.accounting.on_the_stub import ini

pytestmark = pytest.mark.slow  # walks through pages

__all__ = ["ini"]


def test_an_estimate_has_a_total_and_nothing_due(services: Services, log_in: LogIn) -> None:
    connect(log_in("admin"), services)
    books = Books(services)
    four_records(books)
    books.document("EST-7", "estimate", to="project", total="321.57", due_date=TODAY + dt.timedelta(days=9))
    page = log_in("sales").get(books.tab("project"))
    listed = page.html.find("section", {"aria-labelledby": "list-1-estimates"}).table
    heads = [head.get_text() for head in listed.thead.find_all("th")]
    assert heads == ["Number", "Status", "Date", "Valid until", "Total", "Actions"]
    cells = [cell.get_text(" ", strip=True) for cell in listed.tbody.tr.find_all("td")]
    assert cells[3:5] == ["1 Dec 2026", "321.57"]
    assert len(cells) == len(heads)
