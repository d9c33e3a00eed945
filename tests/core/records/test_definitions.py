"""What an administrator defines: stages that deals follow, and custom fields that appear where they should."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from core.audit.models import AuditEntry
from core.records.models import Contact, Opportunity, Project
from core.services import Services
from tests.conftest import Browser, LogIn
from tests.core.conftest import Make
from tests.core.pages import form_of, words


def stages_form(browser: Browser) -> Any:
    return browser.get("/admin/stages").forms["stages"]


def deal(services: Services, number: int) -> Opportunity:
    with services.db.read() as session:
        found = session.get(Opportunity, number)
        assert found is not None
        return found


def test_deals_follow_a_stage_that_is_renamed_and_one_that_changes_places_with_another(
    log_in: LogIn, make: Make, services: Services
) -> None:
    first, second = (
        make("opportunities", name="A", stage="Qualified"),
        make("opportunities", name="B", stage="Proposal"),
    )
    form = stages_form(log_in("admin"))
    form["stage-1-name"], form["stage-2-name"] = "Proposal", "Qualified"
    form["stage-4-name"] = "Dead"
    form.submit(status=303)
    assert (deal(services, first).stage, deal(services, second).stage) == ("Proposal", "Qualified")
    assert deal(services, first).version == 2
    options = form_of(log_in("sales").get("/opportunities/new"))["stage"].options
    assert [name for name, *_ in options] == ["New", "Proposal", "Qualified", "Won", "Dead"]
    with services.db.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.deed == "stages.changed")).one()
    assert entry.new["stages"][4] == "Dead (0 %, lost)"
    with services.db.read() as session:
        told = session.scalars(
            select(AuditEntry).where(AuditEntry.deed == "record.changed").order_by(AuditEntry.record_id)
        )
        assert [(one.record_id, one.old, one.new) for one in told] == [
            (first, {"stage": "Qualified"}, {"stage": "Proposal"}),
            (second, {"stage": "Proposal"}, {"stage": "Qualified"}),
        ]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"stage-0-name": ""}, "Write a name, or remove the stage."),
        ({"stage-0-name": "x" * 41}, "Write at most 40 characters."),
        ({"stage-0-name": "won"}, "There are two stages called Won."),
        ({"stage-0-probability": "101"}, "Write a whole number from 0 to 100."),
        ({"stage-3-outcome": "open"}, "At least one stage must mean that an opportunity is won."),
    ],
)
def test_stages_that_cannot_be_are_refused_and_what_was_typed_stays(
    log_in: LogIn, change: dict[str, str], sentence: str
) -> None:
    form = stages_form(log_in("admin"))
    for name, value in change.items():
        form.fields[name][0].force_value(value)
    page = form.submit(status=422)
    assert sentence in words(page)
    for name, value in change.items():
        assert page.forms["stages"][name].value == value


def test_a_stage_with_deals_in_it_is_not_removed_and_one_without_is(log_in: LogIn, make: Make) -> None:
    make("opportunities", name="A", stage="Proposal")
    admin = log_in("admin")
    page = stages_form(admin).submit("action", value="remove-2")
    assert "1 opportunity is in Proposal: move them first." in words(page.forms["stages"].submit(status=422))
    page = stages_form(admin).submit("action", value="remove-1").forms["stages"].submit(status=303).follow()
    assert "Qualified" not in [field.value for field in page.forms["stages"].fields["stage-1-name"]]


def test_a_stage_with_deals_in_it_does_not_come_to_mean_something_else_and_those_in_the_bin_are_told(
    log_in: LogIn, make: Make, services: Services
) -> None:
    number = make("opportunities", name="A", stage="Proposal")
    form = stages_form(log_in("admin"))
    form["stage-2-outcome"] = "lost"
    told = "1 opportunity is in Proposal: move them before it means something else."
    assert told in words(form.submit(status=422))
    assert deal(services, number).outcome == "open"
    log_in("sales").send(f"/opportunities/{number}/delete", {"version": "1"}, status=303)
    page = stages_form(log_in("admin")).submit("action", value="remove-2")
    told = "1 opportunity is in Proposal, 1 of them in the bin: restore those, and move all first."
    assert told in words(page.forms["stages"].submit(status=422))


def test_a_stage_moves_up_and_down_with_what_was_typed_and_stays_where_it_cannot(log_in: LogIn) -> None:
    form = stages_form(log_in("admin"))
    form["stage-0-name"] = "Lead"
    form = form.submit("action", value="down-0").forms["stages"]
    assert [form[f"stage-{place}-name"].value for place in range(3)] == ["Qualified", "Lead", "Proposal"]
    form = form.submit("action", value="up-2").forms["stages"]
    assert [form[f"stage-{place}-name"].value for place in range(3)] == ["Qualified", "Proposal", "Lead"]
    sent = {name: field[0].value for name, field in form.fields.items() if name and name.startswith("stage-")}
    admin = log_in("admin")
    for action in ("up-0", "down-4", "down-9", "up-9", "down-x", "down-"):
        page = admin.send("/admin/stages", {**sent, "action": action}, status=200)
        assert [page.forms["stages"][f"stage-{place}-name"].value for place in (0, 4)] == ["Qualified", "Lost"]


def test_a_new_deal_cannot_begin_in_a_stage_that_is_not_there_any_more(log_in: LogIn) -> None:
    form = stages_form(log_in("admin"))
    form["stage-0-name"] = "Talk"
    form.submit(status=303)
    browser = log_in("sales")
    assert form_of(browser.get("/opportunities/new"))["stage"].value == "Talk"
    page = browser.send("/opportunities/new", {"name": "A", "stage": "New"}, status=422)
    assert "Choose one of the list." in words(page)


def test_two_who_change_the_stages_at_once_are_told(log_in: LogIn) -> None:
    mine, theirs = stages_form(log_in("admin")), stages_form(log_in("admin"))
    theirs["stage-0-name"] = "Lead"
    theirs.submit(status=303)
    mine["stage-0-name"] = "Prospect"
    page = mine.submit(status=409)
    assert "they are now: Lead, Qualified" in words(page)
    assert page.forms["stages"]["stage-0-name"].value == "Prospect"
    page = page.forms["stages"].submit(status=303).follow()
    assert page.forms["stages"]["stage-0-name"].value == "Prospect"


@pytest.mark.slow
def test_a_lost_deal_says_why_and_an_open_one_has_no_reason(log_in: LogIn, make: Make, services: Services) -> None:
    number = make("opportunities", name="Refit")
    sales = log_in("sales")
    form = form_of(sales.get(f"/opportunities/{number}/edit"))
    form["stage"] = "Lost"
    page = form.submit(status=422)
    assert "Write why it was lost." in words(page)
    form = form_of(page)
    form["reason"] = "Too dear"
    form.submit(status=303)
    assert (deal(services, number).outcome, deal(services, number).reason) == ("lost", "Too dear")
    form = form_of(sales.get(f"/opportunities/{number}/edit"))
    form["stage"] = "Proposal"
    form.submit(status=303)
    assert (deal(services, number).outcome, deal(services, number).reason) == ("open", "")


def add_field(browser: Browser, **values: str) -> Any:
    return browser.send("/admin/fields", {"kind": "contacts", "style": "text", **values}, expect_errors=True)


@pytest.mark.parametrize(
    ("style", "typed", "kept", "shown"),
    [
        ("text", "Blue", "Blue", "Blue"),
        ("number", "1,250.50", "1250.50", "1,250.5"),
        ("date", "2026-11-30", "2026-11-30", "30 Nov 2026"),
        ("choice", "Gold", "Gold", "Gold"),
        ("yesno", "No", False, "No"),
    ],
)
@pytest.mark.slow
def test_a_custom_field_is_typed_kept_shown_and_written_down(
    log_in: LogIn, make: Make, services: Services, style: str, typed: str, kept: Any, shown: str
) -> None:
    number = make("contacts", first_name="Mere")
    assert add_field(log_in("admin"), label="Størrelse", style=style, choices="Gold\nSilver").status_int == 303
    sales = log_in("sales")
    form = form_of(sales.get(f"/contacts/{number}/edit"))
    name = next(field for field in form.fields if field and field.startswith("custom_"))
    form[name] = typed
    page = form.submit(status=303).follow()
    assert shown in words(page)
    with services.db.read() as session:
        found = session.get(Contact, number)
        assert found is not None
        assert list(found.custom.values()) == [kept]
        entry = session.scalars(select(AuditEntry).where(AuditEntry.deed == "record.changed")).one()
    assert list(entry.new) == ["Størrelse"]
    assert form_of(sales.get(f"/contacts/{number}/edit"))[name].value in (typed, shown)


@pytest.mark.parametrize(
    ("style", "typed", "sentence"),
    [
        ("text", "x" * 501, "Write at most 500 characters."),
        ("number", "twelve", "Write a number such as"),
        ("number", "9" * 40, "Write a number of at most"),
        ("date", "30.11.", "Write the date as year-month-day"),
        ("choice", "Tin", "Choose one of the list."),
        ("yesno", "Perhaps", "Choose one of the list."),
    ],
)
@pytest.mark.slow
def test_a_wrong_value_in_a_custom_field_is_refused(log_in: LogIn, style: str, typed: str, sentence: str) -> None:
    add_field(log_in("admin"), label="Size", style=style, choices="Gold\nSilver")
    fields = {"first_name": "Mere", "email_kind": "Work", "phone_kind": "Work", "address_kind": "Office"}
    page = log_in("sales").send("/contacts/new", {**fields, "custom_size": typed}, status=422)
    assert sentence in words(page)
    if style not in ("choice", "yesno"):
        assert form_of(page)["custom_size"].value == typed[:100] if style != "text" else typed


@pytest.mark.slow
def test_a_retired_field_is_hidden_and_comes_back_with_what_was_in_it(
    log_in: LogIn, make: Make, services: Services
) -> None:
    admin, sales = log_in("admin"), log_in("sales")
    add_field(admin, label="Size")
    number = make("contacts", first_name="Mere", custom={"size": "XL"})
    admin.send("/admin/fields/1", {"action": "retire"}, status=303)
    form = form_of(sales.get(f"/contacts/{number}/edit"))
    assert "custom_size" not in form.fields
    form["first_name"] = "Mereana"
    form.submit(status=303)
    admin.send("/admin/fields/1", {"action": "bring-back"}, status=303)
    assert "XL" in words(sales.get(f"/contacts/{number}"))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"label": "​"}, "Write a name for the field."),
        ({"label": "x" * 61}, "Write at most 60 characters."),
        ({"label": "SIZE"}, "There is a field of that name already."),
        ({"label": "e-mail"}, "There is a field of that name already."),
        ({"label": "Colour", "style": "sound"}, "Choose one of the list."),
        ({"label": "Colour", "style": "choice", "choices": "Red\nRed"}, "Write at least two choices"),
    ],
)
@pytest.mark.slow
def test_a_field_that_cannot_be_is_refused(log_in: LogIn, values: dict[str, str], sentence: str) -> None:
    admin = log_in("admin")
    add_field(admin, label="Size")
    answer = add_field(admin, **values)
    assert answer.status_int == 422
    assert sentence in words(answer)


@pytest.mark.slow
def test_a_won_deal_becomes_a_project_in_one_click_and_a_second_click_makes_no_second(
    log_in: LogIn, make: Make, services: Services
) -> None:
    won = make("opportunities", name="Refit", stage="Won", amount=Decimal(24000), currency="AUD")
    open_one = make("opportunities", name="Beans")
    sales = log_in("sales")
    page = sales.get(f"/opportunities/{won}")
    button = next(form for form in page.forms.values() if form.action.endswith("/project"))
    assert "Budget AU$ 24,000.00" in words(button.submit(status=303).follow())
    assert "There is a project of this opportunity already." in words(button.submit(status=303).follow())
    with services.db.read() as session:
        assert len(session.scalars(select(Project)).all()) == 1
    assert "is not won" in words(sales.send(f"/opportunities/{open_one}/project", status=409))


def test_a_file_in_the_place_of_a_text_is_nothing(log_in: LogIn) -> None:
    admin = log_in("admin")
    fields = {"csrf_token": admin.token(), "stage-0-name": "Lead"}
    for path, name in (("/admin/stages", "action"), ("/admin/fields", "kind"), ("/admin/fields", "label")):
        answer = admin.post(path, fields, upload_files=[(name, "a.txt", b"x")], expect_errors=True)
        assert answer.status_int in (409, 422), (path, name)
