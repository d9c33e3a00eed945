"""Whatever is typed into a form: a sentence at the field, and nothing lost; never a fault of ours."""

from __future__ import annotations

from typing import Any

import pytest
from webob import Request

from core.records.models import Contact, Opportunity, Organization
from core.services import Services
from tests.conftest import Browser, LogIn
from tests.core.conftest import Make
from tests.core.pages import form_of, words

pytestmark = pytest.mark.slow


def errors(page: Any) -> dict[str, str]:
    """The sentence at each field."""
    return {error["id"].removesuffix("-error"): error.get_text(strip=True) for error in page.html.select(".err")}


def refused(browser: Browser, path: str, fields: dict[str, str]) -> dict[str, str]:
    """Send a form that must be refused; the sentences, after checking that all that was typed is still there."""
    form = form_of(browser.get(path))
    for name, value in fields.items():
        form[name].force_value(value) if hasattr(form[name], "force_value") else form.set(name, value)
    page = form.submit(status=422)
    found = errors(page)
    for name in found:
        assert page.html.select_one(f'.errs a[href="#{name}"]') is not None, "the sum at the top links to the field"
        assert page.html.find(id=name)["aria-invalid"] == "true"
    again = form_of(page)
    for name, value in fields.items():
        if again[name].tag != "select":
            assert again[name].value.strip() == value.strip(), f"{name} was lost"
    return found


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("1.000,00", "Write an amount such as 1000 or 1,000.00: digits, and a point before the decimals."),
        ("1e9", "Write an amount such as"),
        ("NaN", "Write an amount such as"),
        ("Infinity", "Write an amount such as"),
        ("abc", "Write an amount such as"),
        ("1,00", "Write an amount such as"),
        ("٣", "Write an amount such as"),
        ("NZ$ 5", "Write an amount such as"),
        ("-5", "Write an amount that is not below zero."),
        ("1.005", "Write at most 2 decimals."),
        ("1000000000", "Write an amount of at most 999,999,999.99."),
        ("9" * 500, "Write an amount of at most"),
    ],
)
def test_an_amount_that_cannot_be_meant_is_refused_with_what_to_write(log_in: LogIn, typed: str, sentence: str) -> None:
    form = {"name": "Refit", "amount": typed[:100]}
    assert refused(log_in("sales"), "/opportunities/new", form)["amount"].startswith(sentence)


@pytest.mark.parametrize("typed", ["1,000.00", "1000", "1000.0", "1 000.00", "1000.000", " 1,000 "])
def test_an_amount_may_be_written_in_the_usual_ways(log_in: LogIn, services: Services, typed: str) -> None:
    form = form_of(log_in("sales").get("/opportunities/new"))
    form["name"], form["amount"] = "Refit", typed
    form.submit(status=303)
    with services.db.read() as session:
        assert session.query(Opportunity).one().amount == 1000


def test_yen_have_no_decimals(log_in: LogIn) -> None:
    found = refused(log_in("sales"), "/opportunities/new", {"name": "Refit", "amount": "1.5", "currency": "JPY"})
    assert found == {"amount": "Write a whole number, without decimals."}


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "", "Write a name."),
        ("name", "   ", "Write a name."),
        ("name", "\u200b\x00", "Write a name."),
        ("name", "x" * 201, "Write at most 200 characters."),
        ("email", "mere", "Write one e-mail address, such as name@example.com."),
        ("email", "a@b.example, c@d.example", "Write one e-mail address"),
        ("email", "x" * 250 + "@example.com", "Write at most 254 characters."),
        ("website", "javascript:alert(1)", "Write an address such as www.example.com."),
        ("website", "ftp://example.com", "Write an address such as www.example.com."),
        ("phone", "1" * 51, "Write at most 50 characters."),
        ("phone", "ask Mere", "Write a telephone number, such as +64 21 555 0199; there is no digit in this."),
        ("phone", "²½", "Write a telephone number"),
        ("address", "x" * 501, "Write at most 500 characters."),
        ("owner_id", "99999", "Choose one of the list."),
        ("owner_id", "x", "Choose one of the list."),
    ],
)
def test_an_organization_that_cannot_be_stored_is_refused(log_in: LogIn, field: str, typed: str, sentence: str) -> None:
    browser = log_in("sales")
    fields = {"name": "Old Mill Bakery", field: typed}
    page = browser.send("/organizations/new", fields, status=422)
    assert errors(page)[field].startswith(sentence)


@pytest.mark.parametrize("first", ["", "\u202e\u200b", "\u2060"])
def test_a_person_needs_one_of_two_names_that_can_be_seen(log_in: LogIn, first: str) -> None:
    found = refused(log_in("sales"), "/contacts/new", {"first_name": first, "email": "mere@example.nz"})
    assert found == {"first_name": "Write a first name or a last name."}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("tomorrow", "Write the date as year-month-day, such as 2026-11-30."),
        ("31/12/2026", "Write the date as year-month-day"),
        ("2026-02-30", "Write the date as year-month-day"),
        ("0001-01-01", "Write a year between 1900 and 2200."),
        ("9999-12-31", "Write a year between 1900 and 2200."),
    ],
)
def test_a_date_that_is_none_is_refused(log_in: LogIn, typed: str, sentence: str) -> None:
    found = refused(log_in("sales"), "/opportunities/new", {"name": "Refit", "close_date": typed})
    assert found["close_date"].startswith(sentence)


def test_a_project_does_not_end_before_it_begins(log_in: LogIn) -> None:
    fields = {"name": "Refit", "starts_on": "2026-11-30", "ends_on": "2026-11-29"}
    assert refused(log_in("sales"), "/projects/new", fields) == {"ends_on": "The end is before the start."}


@pytest.mark.parametrize("typed", ["101", "-1", "half", "50.5", "²"])
def test_a_probability_is_a_whole_number_to_a_hundred(log_in: LogIn, typed: str) -> None:
    found = refused(log_in("sales"), "/opportunities/new", {"name": "Refit", "probability": typed})
    assert found["probability"] == "Write a whole number from 0 to 100."


@pytest.mark.parametrize("field", ["stage", "currency"])
def test_a_choice_that_is_not_in_the_list_is_refused(log_in: LogIn, field: str) -> None:
    page = log_in("sales").send("/opportunities/new", {"name": "Refit", field: "<b>Other</b>"}, status=422)
    assert errors(page)[field] == "Choose one of the list."
    assert "<b>Other" not in page


@pytest.mark.parametrize("typed", ["#99999", "#999999999999999999", "Nobody of that name", "'; --"])
def test_a_link_to_what_is_not_there_is_refused(log_in: LogIn, typed: str) -> None:
    page = log_in("sales").send("/contacts/new", {"first_name": "Mere", "organization_id": typed}, status=422)
    assert "organization_id" in errors(page)


def test_several_mistakes_are_told_at_once(log_in: LogIn) -> None:
    fields = {"name": "", "amount": "x", "probability": "x", "close_date": "x", "organization_id": "x"}
    page = log_in("sales").send("/opportunities/new", fields, status=422)
    assert set(errors(page)) == set(fields)
    assert "5 things to mend." in words(page, ".errs")


HOSTILE = "<script>alert('x')</script> & \"O'Brien\" {{ 7*7 }} 🐨 Whānau ﷽"
SHORT = HOSTILE[:48] + "🐨"


def test_html_and_emoji_come_back_as_they_were_typed(log_in: LogIn, services: Services) -> None:
    browser = log_in("sales")
    form = form_of(browser.get("/organizations/new"))
    for name in ("name", "phone", "city", "region", "address", "country"):
        form[name] = SHORT
    page = form.submit(status=303).follow()
    for path in (page.request.path, "/organizations", "/search?q=alert", "/", f"{page.request.path}/delete"):
        answer = browser.get(path)
        assert "<script>alert" not in answer
        assert SHORT in " ".join(answer.html.find(id="main").get_text().split())
    assert form_of(browser.get(f"{page.request.path}/edit"))["name"].value == SHORT
    with services.db.read() as session:
        assert session.query(Organization).one().name == SHORT


def test_lines_of_an_address_are_kept_and_control_characters_are_not(log_in: LogIn, services: Services) -> None:
    fields = {"name": "Old\x00 Mill\x07 Bakery", "address": "12 Norwich Quay\r\nLevel 2"}
    log_in("sales").send("/organizations/new", fields, status=303)
    with services.db.read() as session:
        found = session.query(Organization).one()
    assert (found.name, found.address) == ("Old Mill Bakery", "12 Norwich Quay\nLevel 2")


@pytest.mark.parametrize(
    "path",
    [
        "/contacts/999",
        "/contacts/abc",
        "/contacts/1e3",
        "/contacts/-1",
        "/contacts/99999999999999999999999",
        "/contacts/1/edit",
        "/contacts/1/delete",
        "/contacts/1/organizations",
        "/nothing",
        "/contacts/%00",
        "/contacts/1/..%2f..%2fetc/passwd",
    ],
)
def test_an_address_of_nothing_is_told_so(log_in: LogIn, path: str) -> None:
    page = log_in("sales").get(path, status=404)
    assert "Not here" in words(page, "h1")
    assert page.html.select_one("nav.side") is not None


@pytest.mark.parametrize(("path", "query"), [("/contacts/\xff\xfe", ""), ("/search", "q=%ff"), ("/contacts", "%ff=1")])
def test_an_address_that_is_no_text_is_told_so(log_in: LogIn, app: Any, path: str, query: str) -> None:
    cookie = f"ledgertab={log_in('sales').cookies['ledgertab']}"
    environ = {**Request.blank("/").environ, "PATH_INFO": path, "QUERY_STRING": query, "HTTP_COOKIE": cookie}
    answer = Request(environ).get_response(app)
    assert answer.status_int == 400
    assert "This cannot be read" in answer.text


def test_a_contact_has_no_related_list_of_contacts(log_in: LogIn, make: Make) -> None:
    number = make("contacts", first_name="Mere")
    log_in("sales").get(f"/contacts/{number}/contacts", status=404)


def test_fields_that_were_never_asked_for_are_left_alone(log_in: LogIn, services: Services) -> None:
    fields = {"name": "Old Mill Bakery", "id": "77", "version": "9", "created_at": "x", "is_admin": "1"}
    log_in("sales").send("/organizations/new", fields, status=303)
    with services.db.read() as session:
        found = session.query(Organization).one()
    assert (found.id, found.version, found.phone) == (1, 1, "")


def test_a_file_in_the_place_of_a_text_is_no_fault_of_ours(log_in: LogIn, services: Services) -> None:
    browser = log_in("sales")
    fields = {"csrf_token": browser.token(), "first_name": "Mere"}
    files = [("email", "x.txt", b"hello"), ("organization_id", "y.txt", b"hello")]
    browser.post("/contacts/new", fields, upload_files=files, status=303)
    with services.db.read() as session:
        assert session.query(Contact).one().email == ""
