"""Two people save one record: both have their way, and where they meet the second sees it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from core.audit.models import AuditEntry
from core.records.models import Opportunity, Organization, Project
from core.services import Services
from tests.conftest import LogIn
from tests.core.conftest import Make
from tests.core.pages import form_of, words

pytestmark = pytest.mark.slow  # walks through pages


@pytest.fixture
def number(make: Make) -> int:
    return make("organizations", name="Old Mill Bakery", phone="1", city="Nelson")


def stored(services: Services) -> Organization:
    with services.db.read() as session:
        return session.query(Organization).one()


def changed(form: Any, **fields: str) -> Any:
    """The form with these fields changed, sent."""
    for name, value in fields.items():
        form[name].force_value(value)
    return form.submit(expect_errors=True)


def compared(page: Any) -> list[list[str]]:
    """The rows of the comparison."""
    return [[cell.get_text(" ", strip=True) for cell in row.select("td")] for row in page.html.select("tbody tr")]


def test_the_second_sees_what_both_changed_and_may_put_his_over(log_in: LogIn, services: Services, number: int) -> None:
    first, second = (form_of(log_in(who).get(f"/organizations/{number}/edit")) for who in ("sales", "accounts"))
    changed(first, phone="2", city="Picton")
    page = changed(second, phone="3", name="New Mill Bakery")
    assert page.status_int == 409
    assert "It changed meanwhile. Mere Tautari saved this organization while you were at it." in words(page)
    assert "What else was changed is kept: City." in words(page)
    assert compared(page) == [["Phone", "Stored now 2", "Yours 3"]]
    assert stored(services).phone == "2"

    again = form_of(page)
    assert (again["phone"].value, again["name"].value, again["city"].value) == ("3", "New Mill Bakery", "Picton")
    again.submit(status=303)
    now = stored(services)
    assert (now.phone, now.name, now.city) == ("3", "New Mill Bakery", "Picton")


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("sales", "What you changed in another window is kept: Owner, Phone."),
        ("accounts", "What Mere Tautari changed meanwhile is kept: Owner, Phone."),
    ],
)
def test_two_who_change_different_fields_both_have_their_way(
    log_in: LogIn, services: Services, number: int, who: str, told: str
) -> None:
    first, second = log_in("sales"), log_in(who)
    windows = [form_of(browser.get(f"/organizations/{number}/edit")) for browser in (first, second)]
    changed(windows[0], phone="2", owner_id="1")
    answer = changed(windows[1], city="Picton", address="1 Quay\r\nEnd")
    assert answer.status_int == 303
    page = answer.follow()
    assert told in words(page)
    now = stored(services)
    assert (now.phone, now.owner_id, now.city, now.address) == ("2", 1, "Picton", "1 Quay\nEnd")


def test_ones_own_change_in_another_window_is_told_as_that(log_in: LogIn, number: int) -> None:
    browser = log_in("sales")
    windows = [form_of(browser.get(f"/organizations/{number}/edit")) for _ in range(2)]
    changed(windows[0], phone="2")
    page = changed(windows[1], phone="3")
    assert page.status_int == 409
    assert "You saved this organization in another window." in words(page)
    assert "Somebody" not in words(page)


def test_fields_of_every_sort_that_only_the_other_changed_are_kept(
    log_in: LogIn, services: Services, make: Make, number: int
) -> None:
    deal = make("opportunities", name="Refit", amount=Decimal("1200.50"), probability=10)
    other = {"amount": "1,500.00", "stage": "Proposal", "probability": "60", "close_date": "2027-01-31"}
    windows = [form_of(log_in(who).get(f"/opportunities/{deal}/edit")) for who in ("sales", "accounts")]
    changed(windows[0], **other, organization_id=f"#{number}")
    changed(windows[1], name="Refit of the mill")
    with services.db.read() as session:
        now = session.query(Opportunity).one()
    assert (now.name, now.amount, now.stage) == ("Refit of the mill", Decimal("1500.00"), "Proposal")
    assert (now.probability, now.close_date, now.organization_id) == (60, dt.date(2027, 1, 31), number)


def test_two_changes_that_fit_alone_but_not_together_are_shown_not_stored(
    log_in: LogIn, services: Services, make: Make
) -> None:
    plan = make("projects", name="Refit", starts_on=dt.date(2026, 1, 1), ends_on=dt.date(2026, 12, 1))
    windows = [form_of(log_in(who).get(f"/projects/{plan}/edit")) for who in ("sales", "accounts")]
    changed(windows[0], ends_on="2026-02-01")
    page = changed(windows[1], starts_on="2026-03-01")
    assert page.status_int == 409
    assert "The end is before the start." in words(page)
    assert "What else was changed is kept: Ends." in words(page)
    assert form_of(page)["starts_on"].value == "2026-03-01"
    assert changed(form_of(page), ends_on="2026-04-01").status_int == 303
    with services.db.read() as session:
        now = session.query(Project).one()
    assert (now.starts_on, now.ends_on) == (dt.date(2026, 3, 1), dt.date(2026, 4, 1))


@pytest.mark.parametrize(
    "was", ["", "x", "[]", '{"name": 1}', "{}", "x" * 8_500, '{"amount": "x", "phone": "\\u0000"}']
)
def test_a_form_that_does_not_say_what_it_showed_overwrites_nothing_unseen(
    log_in: LogIn, services: Services, number: int, was: str
) -> None:
    windows = [form_of(log_in(who).get(f"/organizations/{number}/edit")) for who in ("sales", "accounts")]
    changed(windows[0], phone="2")
    page = changed(windows[1], city="Picton", was=was)
    assert page.status_int == 409
    assert stored(services).phone == "2"


def test_a_third_change_in_between_is_seen_again(log_in: LogIn, services: Services, number: int) -> None:
    browser = log_in("sales")
    stale = form_of(browser.get(f"/organizations/{number}/edit"))
    for phone in ("2", "3"):
        quick = form_of(browser.get(f"/organizations/{number}/edit"))
        quick["phone"] = phone
        quick.submit(status=303)
        stale["phone"] = "9"
        stale = form_of(stale.submit(status=409))
    stale.submit(status=303)
    assert stored(services).phone == "9"


def test_what_was_typed_wrongly_is_not_stored_over_another_version(
    log_in: LogIn, services: Services, number: int
) -> None:
    browser = log_in("sales")
    stale = form_of(browser.get(f"/organizations/{number}/edit"))
    quick = form_of(browser.get(f"/organizations/{number}/edit"))
    quick["phone"] = "2"
    quick.submit(status=303)
    stale["email"] = "nonsense"
    page = stale.submit(status=409)
    assert form_of(page)["email"].value == "nonsense"
    assert form_of(page).submit(status=422)
    assert stored(services).email == ""


@pytest.mark.parametrize("version", ["", "0", "2", "x", "99999999999999999999", "-1", "1.0", "<b>"])
def test_a_version_that_was_never_shown_is_stale(log_in: LogIn, services: Services, number: int, version: str) -> None:
    fields = {"name": "Taken over", "version": version}
    page = log_in("sales").send(f"/organizations/{number}/edit", fields, status=409)
    assert stored(services).name == "Old Mill Bakery"
    assert "<b>" not in words(page)


def test_a_changed_record_is_not_deleted_unseen(log_in: LogIn, services: Services, number: int) -> None:
    browser = log_in("sales")
    question = form_of(browser.get(f"/organizations/{number}/delete"))
    quick = form_of(browser.get(f"/organizations/{number}/edit"))
    quick["phone"] = "2"
    quick.submit(status=303)
    page = question.submit(status=409)
    assert "Look at it again before you delete it." in page
    form_of(page).submit(status=303)


def test_a_record_deleted_meanwhile_is_told_as_gone(log_in: LogIn, number: int) -> None:
    browser = log_in("sales")
    form = form_of(browser.get(f"/organizations/{number}/edit"))
    form_of(browser.get(f"/organizations/{number}/delete")).submit(status=303)
    assert "was deleted. It is in the bin until" in form.submit(status=404)


def test_the_same_form_sent_twice_changes_once(log_in: LogIn, services: Services, number: int) -> None:
    form = form_of(log_in("sales").get(f"/organizations/{number}/edit"))
    form["phone"] = "2"
    form.submit(status=303)
    form.submit(status=303)
    with services.db.read() as session:
        assert session.query(AuditEntry).count() == 1
