"""Two people save one record: the second sees both versions and loses nothing."""

from __future__ import annotations

import pytest

from core.audit.models import AuditEntry
from core.records.models import Organization
from core.services import Services
from tests.conftest import LogIn
from tests.core.conftest import Make
from tests.core.pages import form_of, words


@pytest.fixture
def number(make: Make) -> int:
    return make("organizations", name="Old Mill Bakery", phone="1", city="Nelson")


def stored(services: Services) -> Organization:
    with services.db.read() as session:
        return session.query(Organization).one()


def test_the_second_sees_both_versions_and_may_put_his_over(log_in: LogIn, services: Services, number: int) -> None:
    first, second = (form_of(log_in(who).get(f"/organizations/{number}/edit")) for who in ("sales", "accounts"))
    first["phone"], first["city"] = "2", "Picton"
    first.submit(status=303)
    second["phone"], second["name"] = "3", "New Mill Bakery"
    page = second.submit(status=409)
    assert "It changed meanwhile." in words(page)
    rows = {row.td.get_text(strip=True): words(page, "tbody") for row in page.html.select("tbody tr")}
    assert set(rows) == {"Name", "Phone", "City"}
    told = [cell.get_text(" ", strip=True) for row in page.html.select("tbody tr") for cell in row.select("td")]
    assert told[told.index("Phone") : told.index("Phone") + 3] == ["Phone", "Stored now 2", "Yours 3"]
    assert stored(services).phone == "2"

    again = form_of(page)
    assert (again["phone"].value, again["name"].value, again["city"].value) == ("3", "New Mill Bakery", "Nelson")
    again.submit(status=303)
    now = stored(services)
    assert (now.phone, now.name, now.city) == ("3", "New Mill Bakery", "Nelson")


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
    assert "It may have been deleted." in form.submit(status=404)


def test_the_same_form_sent_twice_changes_once(log_in: LogIn, services: Services, number: int) -> None:
    form = form_of(log_in("sales").get(f"/organizations/{number}/edit"))
    form["phone"] = "2"
    form.submit(status=303)
    page = form.submit(status=409)
    assert "Nothing: what you typed is what is stored." in words(page)
    with services.db.read() as session:
        assert session.query(AuditEntry).count() == 1
