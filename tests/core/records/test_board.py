"""The pipeline as a board: sums, cards, and moving a deal."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from core.audit.models import AuditEntry
from core.records.models import Opportunity
from core.services import Services
from tests.conftest import LogIn
from tests.core.conftest import Make
from tests.core.pages import form_of, words
from tests.databases import NOW


def column(page: Any, stage: str) -> str:
    found = next(one for one in page.html.select(".stage") if one["data-stage"] == stage)
    return " ".join(found.get_text(" ").split())


def test_each_stage_has_count_sum_and_likely_sum_in_each_currency(
    log_in: LogIn, make: Make, services: Services
) -> None:
    make("opportunities", name="A", stage="Proposal", amount=Decimal("100.01"), probability=50)
    make("opportunities", name="B", stage="Proposal", amount=Decimal("200"), probability=25)
    make("opportunities", name="C", stage="Proposal", amount=Decimal("999999999.99"), currency="AUD", probability=1)
    make("opportunities", name="D", stage="Proposal")
    make("opportunities", name="E", stage="Was there once", amount=Decimal("5"), currency="JPY")
    make("opportunities", name="Won now", stage="Won", amount=Decimal("7"))
    old = make("opportunities", name="Won long ago", stage="Won", amount=Decimal("700"))
    with services.db.begin() as session:
        session.get_one(Opportunity, old).changed_at = NOW - dt.timedelta(days=31)
    page = log_in("reader").get("/opportunities/board")
    shown = column(page, "Proposal")
    assert shown.startswith("Proposal 4 AU$ 999,999,999.99 likely AU$ 10,000,000.00 NZ$ 300.01 likely NZ$ 100.0")
    assert column(page, "Was there once").startswith("Was there once 1 ¥5")
    assert column(page, "Won").startswith("Won 1 NZ$ 7.00 changed in the last 30 days")
    assert "Won long ago" not in page
    assert page.html.select_one("[draggable='true'], .mover") is None, "who only reads moves nothing"
    only = log_in("reader").get("/opportunities/board?currency=AUD")
    assert column(only, "Proposal").startswith("Proposal 1 AU$")


def test_cards_stand_by_date_overdue_ones_are_marked_and_a_long_column_leads_to_its_list(
    log_in: LogIn, make: Make
) -> None:
    for number in range(52):
        make(
            "opportunities",
            name=f"Deal {number:02}",
            stage="New",
            close_date=NOW.date() + dt.timedelta(days=40 - number),
        )
    page = log_in("reader").get("/opportunities/board?q=deal")
    names = [link.get_text() for link in page.html.select("#stage-0 .deal a")]
    assert (names[0], len(names)) == ("Deal 51", 50)
    assert "overdue, 11 Nov" in column(page, "New")
    rest = page.click("Show all 52")
    assert rest.request.query_string == "q=deal&stage=New&sort=close"
    assert "1–25 of 52" in words(rest)


def test_a_deal_is_moved_by_the_menu_on_its_card_and_on_its_page(log_in: LogIn, make: Make, services: Services) -> None:
    deal = make("opportunities", name="Refit", stage="New", amount=Decimal("5"))
    sales = log_in("sales")
    form = next(
        form for form in sales.get("/opportunities/board?q=refit").forms.values() if form.action.endswith("/stage")
    )
    page = form.submit("stage", value="Proposal", status=303).follow()
    assert page.request.path_qs == "/opportunities/board?q=refit"
    assert "Refit was moved to Proposal." in words(page)
    form = next(f for f in sales.get(f"/opportunities/{deal}").forms.values() if f.action.endswith("/stage"))
    page = form.submit("stage", value="Won", status=303).follow()
    assert page.request.path == f"/opportunities/{deal}"
    with services.db.read() as session:
        stored = session.get_one(Opportunity, deal)
        assert (stored.stage, stored.outcome, stored.probability) == ("Won", "won", 100)
        last = session.query(AuditEntry).order_by(AuditEntry.id.desc()).first()
        assert last is not None
        assert (last.old["stage"], last.new["stage"]) == ("Proposal", "Won")


@pytest.mark.slow
def test_a_lost_deal_is_asked_why_and_a_changed_one_is_looked_at_again(
    log_in: LogIn, make: Make, services: Services
) -> None:
    deal = make("opportunities", name="Refit", stage="New")
    sales, path = log_in("sales"), f"/opportunities/{deal}/stage"
    page = sales.send(path, {"stage": "Lost", "version": "1", "back": "record"}, status=303).follow()
    assert "Why was it lost?" in words(page)
    assert page.html.select(".err, .errs, [aria-invalid]") == []  # nothing was asked before, so nothing is wrong
    form = form_of(page)
    assert (form["stage"].value, form["back"].value) == ("Lost", "record")
    page = form.submit(status=422)
    assert "Write why it was lost." in words(page)
    form = form_of(page)
    assert form["stage"].value == "Lost"
    form["reason"] = "Too dear"
    assert form.submit(status=303).location.endswith(f"/opportunities/{deal}")
    assert "Choose one of the list." in sales.send(path, {"stage": "Nowhere", "version": "2"}, status=422)
    page = sales.send(path, {"stage": "New", "version": "1"}, status=409)
    assert "It changed meanwhile." in words(page)
    with services.db.read() as session:
        assert session.get_one(Opportunity, deal).reason == "Too dear"
    sales.send(path, {"stage": "Lost", "reason": "x" * 10_000, "version": "2"}, status=422)
    sales.send("/opportunities/99999999999/stage", {"stage": "New"}, status=404)
    log_in("reader").send(path, {"stage": "New", "version": "2"}, status=403)


@pytest.mark.parametrize("version", ["", "x", "\x00", "99999999999999999999", "-1"])
@pytest.mark.slow
def test_a_version_nobody_saw_moves_nothing(version: str, log_in: LogIn, make: Make) -> None:
    deal = make("opportunities", name="Refit", stage="New")
    log_in("sales").send(f"/opportunities/{deal}/stage", {"stage": "Won", "version": version}, status=409)


@pytest.mark.slow
def test_the_script_gets_both_columns_back(log_in: LogIn, make: Make) -> None:
    deal = make("opportunities", name="Refit", stage="New")
    fields = {"stage": "Qualified", "version": "1", "back": "?"}
    answer = log_in("sales").send(f"/opportunities/{deal}/stage", fields, headers={"HX-Request": "true"}, status=200)
    assert [one["data-stage"] for one in answer.html.select(".stage")] == ["New", "Qualified"]
    assert column(answer, "Qualified").startswith("Qualified 1 Refit")
    assert answer.html.find("main") is None
