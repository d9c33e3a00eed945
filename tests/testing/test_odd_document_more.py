"""A provider's odd answers about one document take no page down: said on it, and asked for again when wanted."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from core import Capability, HistoryEntry
from core.accounting.models import DocumentRow
from tests.core.pages import words
from tests.testing.desk import Desk, boom, desk, extra, house, ini, make
from tests.testing.stranger import Ledgerhouse

__all__ = ["desk", "extra", "house", "ini", "make"]

pytestmark = pytest.mark.slow
ALL = {Capability.PDF, Capability.HISTORY, Capability.CUSTOMER_LINK}
NAIVE = dt.datetime(2026, 11, 1)  # noqa: DTZ001


@pytest.fixture
def page(desk: Desk, house: Ledgerhouse) -> str:
    """The page of a document whose provider claims all of it."""
    house.spoilt["capabilities"] = lambda able: able | ALL
    with desk.services.db.read() as session:
        return f"{desk.path}/documents/{session.query(DocumentRow).order_by(DocumentRow.id).limit(1).one().id}"


def asked(desk: Desk, page: str, what: str) -> str:
    desk.browser.send(f"{page}/ask/{what}", status=303)
    desk.services.jobs.drain()
    return words(desk.browser.get(page, status=200), "#more")


def test_what_is_claimed_is_offered_and_shown(desk: Desk, page: str) -> None:
    assert "Posted to the ledger Ann" in asked(desk, page, "history")
    asked(desk, page, "customer_url")
    field = desk.browser.get(page).html.select_one("#more input[readonly]")
    assert field["value"].startswith("https://ledgerhouse.example/pay/")
    assert desk.browser.get(f"{page}/pdf").body == b"%PDF-1.7 of the stranger"


def _saying(text: str, found: list[HistoryEntry]) -> list[HistoryEntry]:
    return [replace(found[0], text=text)]


@pytest.mark.parametrize("ahead", [-90, 90])
def test_an_answer_is_one_though_the_workers_clock_differs(
    desk: Desk, house: Ledgerhouse, page: str, ahead: int
) -> None:
    for text in ("to the ledger", "once more", "a third time"):
        house.spoilt["history"] = partial(_saying, text)
        desk.browser.send(f"{page}/ask/history", status=303)
        desk.clock.advance(seconds=ahead)
        desk.services.jobs.drain()
        desk.clock.advance(seconds=-ahead)
        assert text in words(desk.browser.get(page, status=200), "#more")
        desk.clock.advance(seconds=300)
        assert "No answer came" not in words(desk.browser.get(page, status=200), "#more")


@pytest.mark.parametrize(
    "wrong",
    [
        boom,
        lambda _: None,
        lambda _: ["Posted"],
        lambda _: [HistoryEntry(NAIVE, "Posted")],
        lambda _: "Posted",
    ],
)
def test_an_odd_history_is_said_and_kept_out(desk: Desk, house: Ledgerhouse, page: str, wrong: Any) -> None:
    house.spoilt["history"] = wrong
    told = asked(desk, page, "history")
    assert "Ask again" in told
    assert "Posted" not in told
    assert "lh_1" not in told
    assert "history" in desk.plugins()
    del house.spoilt["history"]
    assert "Posted to the ledger Ann" in asked(desk, page, "history")


@pytest.mark.parametrize("wrong", [boom, lambda _: "javascript:alert(1)", lambda _: 7, lambda _: ""])
def test_an_address_that_is_none_never_becomes_a_link(desk: Desk, house: Ledgerhouse, page: str, wrong: Any) -> None:
    house.spoilt["customer_url"] = wrong
    asked(desk, page, "customer_url")
    shown = desk.browser.get(page, status=200)
    assert "javascript:" not in shown
    assert shown.html.select_one("#more input[readonly]") is None
    assert "Get the customer's link" in words(shown, "#more")


@pytest.mark.parametrize("wrong", [boom, lambda _: "no bytes", lambda _: None])
def test_a_pdf_that_is_none_is_a_plain_page(desk: Desk, house: Ledgerhouse, page: str, wrong: Any) -> None:
    house.spoilt["attachment"] = wrong
    answer = desk.browser.get(f"{page}/pdf", status=503)
    assert "There is no PDF to show" in words(answer, "[role=alert]")
    assert "lh_1" not in answer
