"""The lines of an opportunity: typed, added, removed, added up; nothing is lost and nothing is cut."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from webob.multidict import MultiDict

from core.audit.models import AuditEntry
from core.records.forms import OpportunityForm
from core.records.line_items import LineItem, total
from core.records.lines_field import MOST
from core.records.models import Opportunity, OpportunityLine
from core.services import Services
from tests.conftest import LogIn
from tests.core.conftest import Make
from tests.core.pages import form_of, words

REFIT = LineItem("", "Refit", Decimal(2), Decimal("310.00"))


def stored(services: Services) -> tuple[LineItem, ...]:
    """The lines of the one opportunity."""
    with services.db.read() as session:
        return session.query(Opportunity).one().line_items


def type_line(form: Any, number: int, **parts: str) -> None:
    for part, text in parts.items():
        form[f"lines-{number}-{part}"].force_value(text)


def press(form: Any, action: str, status: int = 200) -> Any:
    """Press a button of the form; its next state."""
    return form.submit("action", value=action, status=status)


def errors(page: Any) -> dict[str, str]:
    return {error["id"].removesuffix("-error"): error.get_text(strip=True) for error in page.html.select(".err[id]")}


def test_lines_are_typed_without_scripts_and_shown_with_their_sum(log_in: LogIn, services: Services) -> None:
    form = form_of(log_in("sales").get("/opportunities/new"))
    form["name"] = "Roastery refit"
    type_line(form, 0, item="FIT", description="Fitting\r\nof the roaster", quantity="3", unit_price="1,200.1234")
    form = form_of(press(form, "add-line"))
    assert form["lines-0-unit_price"].value == "1,200.1234"
    type_line(form, 1, description="Travel", quantity="1.5", unit_price="80", discount="12.5")
    page = form.submit(status=303).follow()
    assert stored(services) == (
        LineItem("FIT", "Fitting\nof the roaster", Decimal(3), Decimal("1200.1234")),
        LineItem("", "Travel", Decimal("1.5"), Decimal(80), Decimal("12.5")),
    )
    rows = [[cell.get_text(" ", strip=True) for cell in row.select("td")] for row in page.html.select("tbody tr")]
    assert rows[0][0] == "Fitting\nof the roaster FIT"
    assert [row[-1] for row in rows] == ["3,600.37", "105.00"]
    assert rows[1][1:4] == ["1.5 ×", "80.00", "less 12.5 %"]
    assert "All lines, without tax NZ$ 3,705.37" in words(page)
    with services.db.read() as session:
        assert session.query(Opportunity).one().amount == Decimal("3705.37"), "left empty, the lines decide"


@pytest.mark.slow
def test_an_amount_that_differs_from_the_lines_is_told_and_can_be_taken_from_them(
    log_in: LogIn, services: Services, make: Make
) -> None:
    deal = make("opportunities", name="Refit", amount=Decimal(600), line_items=(REFIT,))
    browser = log_in("sales")
    told = "The amount of the opportunity is NZ$ 600.00: NZ$ 20.00 less than the lines."
    assert told in words(browser.get(f"/opportunities/{deal}"))
    page = browser.get(f"/opportunities/{deal}/edit")
    assert told in words(page)
    page = press(form_of(page), "take-amount")
    assert told not in words(page)
    assert form_of(page)["amount"].value == "620.00"
    assert stored(services) == (REFIT,)
    form_of(page).submit(status=303)
    assert told not in words(browser.get(f"/opportunities/{deal}"))


@pytest.mark.slow
def test_a_line_is_removed_and_the_others_close_up(log_in: LogIn, services: Services, make: Make) -> None:
    lines = [LineItem("", name, Decimal(1), Decimal(1)) for name in "abc"]
    deal = make("opportunities", name="Refit", line_items=lines)
    form = form_of(log_in("sales").get(f"/opportunities/{deal}/edit"))
    type_line(form, 2, description="c, changed")
    form_of(press(form, "remove-line-1")).submit(status=303)
    assert [line.description for line in stored(services)] == ["a", "c, changed"]
    with services.db.read() as session:
        assert [(row.position, row.description) for row in session.query(OpportunityLine).order_by("id")] == [
            (0, "a"),
            (1, "c, changed"),
        ]


@pytest.mark.slow
def test_the_last_line_can_go(log_in: LogIn, services: Services, make: Make) -> None:
    deal = make("opportunities", name="Refit", line_items=(REFIT,))
    form = form_of(press(form_of(log_in("sales").get(f"/opportunities/{deal}/edit")), "remove-line-0"))
    assert form["lines-0-description"].value == ""
    form.submit(status=303)
    assert stored(services) == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "typed", "sentence"),
    [
        ("quantity", "", "Write how many."),
        ("quantity", "0", "Write a quantity above zero, or empty the line."),
        ("quantity", "two", "Write a number such as"),
        ("quantity", "1.00001", "Write at most 4 decimals."),
        ("unit_price", "", "Write a price; 0 if it is free."),
        ("unit_price", "-5", "Write an amount that is not below zero."),
        ("unit_price", "9" * 40, "Write an amount of at most"),
        ("discount", "101", "Write a number of at most 100."),
        ("discount", "1.005", "Write at most 2 decimals."),
        ("description", "\u200b", "Write what this line is for."),
        ("description", "x" * 4001, "Write at most 4,000 characters; this has 4,001."),
        ("item", "x" * 101, "Write at most 100 characters; this has 101."),
    ],
)
def test_what_cannot_be_meant_is_told_at_its_field_and_nothing_is_lost(
    log_in: LogIn, make: Make, services: Services, part: str, typed: str, sentence: str
) -> None:
    deal = make("opportunities", name="Refit", line_items=(REFIT, REFIT))
    form = form_of(log_in("sales").get(f"/opportunities/{deal}/edit"))
    type_line(form, 1, **{part: typed})
    page = form.submit(status=422)
    assert errors(page)[f"lines-1-{part}"].startswith(sentence)
    assert not [text for text in page.html.main.find_all(string=True, recursive=False) if text.strip()]
    assert page.html.select_one(f'.errs a[href="#lines-1-{part}"]').get_text().startswith("Line 2, ")
    assert form_of(page)[f"lines-1-{part}"].value == typed
    assert form_of(page)["lines-0-description"].value == "Refit"
    assert stored(services) == (REFIT, REFIT)


def test_too_many_lines_are_refused_not_cut() -> None:
    typed = MultiDict({"name": "Refit"})
    for number in range(MOST + 1):
        typed.update({f"lines-{number}-description": "x", f"lines-{number}-quantity": "1"})
        typed[f"lines-{number}-unit_price"] = "1"
    form = OpportunityForm(typed)
    assert not form.validate()
    assert form.line_items.errors == [f"At most {MOST} lines fit; there are {MOST + 1}."]
    assert list(form.line_items.told()) == [("line_items", f"At most {MOST} lines fit; there are {MOST + 1}.")]
    assert len(form.line_items.rows) == MOST + 1
    del typed["lines-0-description"], typed["lines-0-unit_price"]
    form = OpportunityForm(typed)
    assert form.validate()
    assert (len(form.line_items.data), form.values()["amount"]) == (MOST, Decimal(MOST))


@pytest.mark.slow
def test_lines_that_come_to_more_than_an_amount_holds_are_told(log_in: LogIn) -> None:
    form = form_of(log_in("sales").get("/opportunities/new"))
    form["name"] = "Refit"
    type_line(form, 0, description="x", quantity="999999999", unit_price="999999999.9999")
    assert "All lines come to more than 999,999,999.99." in words(form.submit(status=422))


@pytest.mark.slow
def test_a_post_without_a_row_leaves_the_lines_alone(log_in: LogIn, services: Services, make: Make) -> None:
    deal = make("opportunities", name="Refit", line_items=(REFIT,))
    fields = {"name": "Refit of the mill", "currency": "NZD", "stage": "New", "version": "1"}
    log_in("sales").send(f"/opportunities/{deal}/edit", fields, status=303)
    assert stored(services) == (REFIT,)


@pytest.mark.slow
def test_new_lines_alone_make_a_new_version_and_are_written_down(log_in: LogIn, services: Services, make: Make) -> None:
    deal = make("opportunities", name="Refit", amount=Decimal(620), line_items=(REFIT,))
    windows = [form_of(log_in(who).get(f"/opportunities/{deal}/edit")) for who in ("sales", "accounts")]
    type_line(windows[0], 0, discount="10")
    windows[0].submit(status=303)
    with services.db.read() as session:
        assert session.query(Opportunity).one().version == 2
        entry = session.query(AuditEntry).one()
    assert entry.old == {"line_items": ["Refit: 2 at 310.00"], "amount": "620.00 NZD"}
    assert entry.new == {"line_items": ["Refit: 2 at 310.00 less 10 %"], "amount": "558.00 NZD"}
    windows[1]["name"] = "Refit of the mill"
    page = windows[1].submit(status=303).follow()
    assert "What Mere Tautari changed meanwhile is kept: Amount, Lines." in words(page)
    assert stored(services)[0].discount == 10


@pytest.mark.slow
def test_lines_that_two_changed_are_shown_side_by_side(log_in: LogIn, services: Services, make: Make) -> None:
    deal = make("opportunities", name="Refit", amount=Decimal(620), line_items=(REFIT,))
    windows = [form_of(log_in(who).get(f"/opportunities/{deal}/edit")) for who in ("sales", "accounts")]
    type_line(windows[0], 0, quantity="3")
    windows[0].submit(status=303)
    type_line(windows[1], 0, quantity="4")
    page = windows[1].submit(status=409)
    assert "Stored now Refit: 3 at 310.00 Yours Refit: 4 at 310.00" in words(page, ".differs")
    assert form_of(page)["lines-0-quantity"].value == "4"
    form_of(page).submit(status=303)
    assert stored(services)[0].quantity == 4


@pytest.mark.slow
def test_lines_that_nobody_touched_are_the_same_however_they_are_written(
    log_in: LogIn, services: Services, make: Make
) -> None:
    line = LineItem("A", "Two\nlines", Decimal("1.5"), Decimal("0.2375"), Decimal("2.50"))
    deal = make("opportunities", name="Refit", amount=Decimal("0.35"), line_items=(line,))
    form = form_of(log_in("sales").get(f"/opportunities/{deal}/edit"))
    form.submit(status=303)
    with services.db.read() as session:
        assert session.query(AuditEntry).count() == 0
    assert stored(services) == (line,)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["x", "{}", "[1]", "[" * 2000, '[{"item": "\\ud800\\u0000", "unit_price": 3}]'])
def test_a_text_in_the_place_of_the_rows_is_read_without_a_fault(log_in: LogIn, make: Make, text: str) -> None:
    deal = make("opportunities", name="Refit", line_items=(REFIT,))
    fields = {"name": "Refit", "currency": "NZD", "stage": "New", "version": "7", "was": "x", "line_items": text}
    log_in("sales").send(f"/opportunities/{deal}/edit", fields, status=409)


@pytest.mark.slow
def test_lines_go_with_their_opportunity(log_in: LogIn, services: Services, make: Make) -> None:
    deal = make("opportunities", name="Refit", line_items=(REFIT,))
    form_of(log_in("sales").get(f"/opportunities/{deal}/delete")).submit(status=303)
    with services.db.read() as session:
        assert session.query(OpportunityLine).count() == 1
    log_in("admin").send(f"/bin/opportunities/{deal}/purge", status=303)
    with services.db.read() as session:
        assert session.query(OpportunityLine).count() == 0


@pytest.mark.slow
def test_other_records_have_no_lines(log_in: LogIn) -> None:
    page = log_in("sales").get("/projects/new")
    assert "Lines" not in words(page)
    browser = log_in("sales")
    assert "Write a name." in words(browser.send("/projects/new", {"name": "", "currency": "NZD"}, status=422))


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "currency", "amount"),
    [
        ("3", "0.10", "0", "NZD", "0.30"),
        ("1", "0.005", "0", "NZD", "0.01"),
        ("1.5", "0.2375", "2.5", "NZD", "0.35"),
        ("1", "1.5", "0", "JPY", "2"),
        ("1", "100", "100", "NZD", "0"),
    ],
)
def test_a_line_is_rounded_half_up_after_its_discount(
    quantity: str, price: str, discount: str, currency: str, amount: str
) -> None:
    line = LineItem("", "x", Decimal(quantity), Decimal(price), Decimal(discount))
    assert line.amount(currency) == Decimal(amount)
    assert total((line, line), currency) == 2 * Decimal(amount)


def test_an_amount_that_came_from_the_lines_follows_them_and_one_written_by_hand_stays(
    log_in: LogIn, make: Make, services: Services
) -> None:
    deal = make("opportunities", name="Refit", amount=Decimal(620), line_items=(REFIT,))
    sales = log_in("sales")

    def saved(**typed: str) -> tuple[Decimal | None, str]:
        form = form_of(sales.get(f"/opportunities/{deal}/edit"))
        told = words(press(_with(form, typed), "look"))
        _with(form_of(sales.get(f"/opportunities/{deal}/edit")), typed).submit(status=303)
        with services.db.read() as session:
            return session.get_one(Opportunity, deal).amount, told

    amount, told = saved(**{"lines-0-quantity": "5"})
    assert amount == 5 * REFIT.unit_price
    assert "The amount follows the lines: it becomes NZ$" in told
    assert saved(name="Refit of the roastery")[0] == amount
    with services.db.read() as session:
        last = session.query(AuditEntry).filter_by(deed="record.changed").order_by(AuditEntry.id).first()
        assert last is not None
        assert last.old["amount"] == "620.00 NZD"
    written, told = saved(amount="100", **{"lines-0-quantity": "3"})
    assert written == 100
    assert "follows the lines" not in told
    assert saved(**{"lines-0-quantity": "4"})[0] == 100
    assert saved(amount="", **{"lines-0-quantity": "4"})[0] == 4 * REFIT.unit_price


def _with(form: Any, typed: dict[str, str]) -> Any:
    for name, text in typed.items():
        form[name] = text
    return form


def test_an_amount_left_empty_follows_the_lines_also_after_a_mistake_was_mended(
    log_in: LogIn, services: Services
) -> None:
    form = form_of(log_in("sales").get("/opportunities/new"))
    form["name"] = "Refit"
    type_line(form, 0, description="Oak", quantity="abc", unit_price="100")
    form = form_of(form.submit(status=422))
    assert form["amount"].value == ""
    form["lines-0-quantity"] = "3"
    form.submit(status=303)
    with services.db.read() as session:
        assert session.query(Opportunity).one().amount == 300
