"""Several e-mails, phones and addresses, each with what it is for, and tags."""

from __future__ import annotations

import pytest

from core.records.models import Contact
from core.records.ways import Place, Way
from core.services import Services
from tests.conftest import LogIn
from tests.core.conftest import Make
from tests.core.pages import form_of, words

NEW = {"first_name": "Mere", "email_kind": "Work", "phone_kind": "Mobile", "address_kind": "Office"}


def contact(services: Services, number: int) -> Contact:
    with services.db.read() as session:
        found = session.get(Contact, number)
        assert found is not None
        return found


def test_rows_are_added_filled_in_and_removed_without_scripts(log_in: LogIn, make: Make, services: Services) -> None:
    number = make("contacts", first_name="Mere", email="mere@work.example")
    sales = log_in("sales")
    page = sales.get(f"/contacts/{number}/edit")
    for action in ("add-more_emails", "add-more_phones", "add-more_addresses"):
        page = form_of(page).submit("action", value=action)
    form = form_of(page)
    form["more_emails-0-value"], form["more_emails-0-kind"] = "mere@home.example", "Private"
    form["more_phones-0-value"], form["more_phones-0-kind"] = "021 555 0199", "Mobile"
    form["more_addresses-0-city"] = "Nelson"
    shown = words(form.submit(status=303).follow())
    assert "mere@home.example Private" in shown
    found = contact(services, number)
    assert found.more_emails == (Way("Private", "mere@home.example"),)
    assert found.more_phones == (Way("Mobile", "021 555 0199"),)
    assert found.more_addresses == (Place("Billing", city="Nelson"),)
    page = form_of(sales.get(f"/contacts/{number}/edit")).submit("action", value="remove-more_emails-0")
    form_of(page).submit(status=303)
    assert contact(services, number).more_emails == ()
    assert contact(services, number).more_phones == found.more_phones


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"more_emails-0-value": "mere"}, "Write one e-mail address, such as name@example.com."),
        ({"more_emails-0-value": f"{'x' * 250}@a.example"}, "Write at most 254 characters."),
        ({"more_phones-0-value": "1" * 51}, "Write at most 50 characters."),
        ({"more_phones-0-value": "at home"}, "there is no digit in this."),
        ({"more_phones-0-value": "1", "more_phones-0-kind": "Pigeon"}, "Choose one of the list."),
        ({"more_addresses-0-country": "x" * 61}, "Write at most 60 characters."),
        ({"tags": "x" * 41}, "A tag has at most 40 characters."),
        ({"tags": ",".join(map(str, range(21)))}, "At most 20 tags fit; there are 21."),
        ({f"more_emails-{row}-value": f"m{row}@a.example" for row in range(21)}, "At most 20 fit; there are 21."),
    ],
)
@pytest.mark.slow
def test_what_cannot_be_stored_is_refused_and_comes_back(log_in: LogIn, typed: dict[str, str], sentence: str) -> None:
    page = log_in("sales").send("/contacts/new", {**NEW, **typed}, status=422)
    assert sentence in words(page)
    for name, value in typed.items():
        if not name.endswith("-kind"):
            assert form_of(page)[name].value == value


@pytest.mark.slow
def test_tags_are_kept_once_each_and_lead_to_the_others_that_have_them(
    log_in: LogIn, make: Make, services: Services
) -> None:
    number = make("contacts", first_name="Mere")
    sales = log_in("sales")
    form = form_of(sales.get(f"/contacts/{number}/edit"))
    form["tags"] = " Wholesale,  key   account ,wholesale,, "
    page = form.submit(status=303).follow()
    assert [tag.get_text() for tag in page.html.select(".sub a.tag")] == ["key account", "wholesale"]
    assert contact_tags(services, number) == ("key account", "wholesale")
    form = form_of(sales.get(f"/contacts/{number}/edit"))
    form["tags"] = "wholesale"
    form.submit(status=303)
    assert contact_tags(services, number) == ("wholesale",)


def contact_tags(services: Services, number: int) -> tuple[str, ...]:
    with services.db.read() as session:
        found = session.get(Contact, number)
        assert found is not None
        return found.tags


@pytest.mark.slow
def test_two_who_add_different_ways_both_have_theirs(log_in: LogIn, make: Make, services: Services) -> None:
    number = make("contacts", first_name="Mere")
    mine, theirs = (form_of(log_in(who).get(f"/contacts/{number}/edit")) for who in ("sales", "accounts"))
    with_mail = form_of(theirs.submit("action", value="add-more_emails"))
    with_mail["more_emails-0-value"] = "mere@home.example"
    with_mail.submit(status=303)
    mine["phone"] = "021 555 0199"
    mine.submit(status=303)
    found = contact(services, number)
    assert (found.phone, [one.value for one in found.more_emails]) == ("021 555 0199", ["mere@home.example"])
