"""Lists, pages and forms of records, as a person goes through them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from core.audit.models import AuditEntry
from core.records.models import Contact, Opportunity, Organization, Project
from core.services import Services
from tests.conftest import LogIn
from tests.core.conftest import Make
from tests.core.pages import form_of, words

NAMES = {
    "contacts": {"last_name": "Parata"},
    "organizations": {"name": "Parata"},
    "opportunities": {"name": "Parata"},
    "projects": {"name": "Parata"},
}
KINDS = pytest.mark.parametrize("kind", NAMES)


@KINDS
def test_a_record_is_made_seen_changed_and_deleted(kind: str, log_in: LogIn) -> None:
    browser = log_in("sales")
    page = browser.get(f"/{kind}").click(href=f"/{kind}/new", index=0)
    form = form_of(page)
    for name, value in NAMES[kind].items():
        form[name] = value
    page = form.submit(status=303).follow()
    assert page.request.path == f"/{kind}/1"
    assert "Parata was created." in page
    assert words(page, "h1") == "Parata"

    form = form_of(page.click("^Edit$"))
    name = next(iter(NAMES[kind]))
    assert form[name].value == "Parata"
    form[name] = "Parata the Second"
    page = form.submit(status=303).follow()
    assert "Parata the Second was saved." in page

    question = page.click(href=f"/{kind}/1/delete")
    assert "Nothing hangs on it." in question
    page = form_of(question).submit(status=303).follow()
    assert "Parata the Second was deleted." in page
    assert page.request.path == f"/{kind}"
    browser.get(f"/{kind}/1", status=404)


def test_what_is_empty_is_folded_away_and_what_is_no_or_nought_is_not(log_in: LogIn, make: Make) -> None:
    number = make("opportunities", name="Refit", amount=Decimal(0))
    page = log_in("sales").get(f"/opportunities/{number}")
    folded = {term.get_text() for term in page.html.select("details.more dt")}
    shown = {term.get_text() for term in page.html.select(".facts dt")} - folded
    assert {"Organization", "Contact", "Expected close"} <= folded
    assert {"Name", "Amount", "Stage", "Probability"} <= shown
    assert "Show 2 empty fields" in words(page)


def test_an_opportunity_keeps_all_that_was_typed(log_in: LogIn, make: Make, services: Services) -> None:
    organization = make("organizations", name="Harbour Coffee Roasters")
    contact = make("contacts", first_name="Ngaire", last_name="Cooper")
    form = form_of(log_in("sales").get("/opportunities/new"))
    form["name"], form["amount"], form["currency"] = "Roastery refit", "20,000.00", "AUD"
    form["organization_id"], form["contact_id"] = f"#{organization}", f"#{contact}"
    form["stage"], form["close_date"], form["owner_id"] = "Proposal", "2026-12-24", ""
    page = form.submit(status=303).follow()
    with services.db.read() as session:
        deal = session.get(Opportunity, 1)
        assert deal is not None
        assert deal.amount == Decimal("20000")
        assert (deal.currency, deal.stage, deal.probability) == ("AUD", "Proposal", 50)
        assert (deal.organization_id, deal.contact_id, deal.owner_id) == (organization, contact, None)
        assert deal.close_date == dt.date(2026, 12, 24)
    assert "AU$ 20,000.00" in words(page)
    assert "closes 24 Dec 2026" in words(page)


def test_a_probability_of_zero_is_not_an_empty_one(log_in: LogIn, services: Services) -> None:
    form = form_of(log_in("sales").get("/opportunities/new"))
    form["name"], form["stage"], form["probability"] = "Long shot", "Proposal", "0"
    form.submit(status=303)
    with services.db.read() as session:
        assert session.query(Opportunity).one().probability == 0


def test_a_project_may_hang_on_an_opportunity(log_in: LogIn, make: Make, services: Services) -> None:
    deal = make("opportunities", name="Roastery refit, stage 1")
    form = form_of(log_in("sales").get(f"/opportunities/{deal}/projects").click("New project"))
    assert form["opportunity_id"].value == f"#{deal}"
    form["name"], form["starts_on"], form["ends_on"], form["budget"] = "Refit", "2026-01-05", "2026-01-05", "0"
    form.submit(status=303)
    with services.db.read() as session:
        project = session.query(Project).one()
        assert (project.opportunity_id, project.budget) == (deal, Decimal(0))


def test_who_makes_a_record_owns_it_until_somebody_else_is_chosen(log_in: LogIn) -> None:
    form = form_of(log_in("sales").get("/organizations/new"))
    form["name"] = "Old Mill Bakery"
    page = form.submit().follow()
    assert "Owner Mere Tautari" in words(page, ".sub")
    form = form_of(page.click("^Edit$"))
    form["owner_id"].select(text="Tom Fielding")
    assert "Owner Tom Fielding" in words(form.submit().follow(), ".sub")


def test_a_list_has_pages(log_in: LogIn, make: Make) -> None:
    for number in range(60):
        make("organizations", name=f"Company {number:03}")
    browser = log_in("reader")
    page = browser.get("/organizations")
    assert len(page.html.select("tbody tr")) == 25
    assert "1–25 of 60" in words(page)
    page = page.click("Next").click("Next")
    assert len(page.html.select("tbody tr")) == 10
    assert "51–60 of 60" in words(page)
    assert "Next" not in words(page, ".pager")
    assert "Company 025" in page.click("Previous")


@pytest.mark.parametrize("page", ["2", "999", "abc", "-1", ""])
def test_the_headings_of_a_list_are_words_alone_on_every_page(log_in: LogIn, make: Make, page: str) -> None:
    for number in range(30):
        make("organizations", name=f"Company {number:02}")
    shown = log_in("reader").get(f"/organizations?q=company&page={page}")
    heads = [" ".join(head.get_text(" ").split()) for head in shown.html.select("thead th")]
    assert heads == ["Name ↑", "City", "E-mail", "Phone", "Owner"]
    links = [link["href"] for link in shown.html.select("thead a")]
    assert links == [f"?q=company&sort={key}" for key in ("-name", "city", "email", "phone", "owner")]


@pytest.mark.parametrize("page", ["0", "-1", "9999999", "99999999999999999999", "x", "", "1.5", "²"])
def test_a_page_that_is_not_there_is_the_nearest_that_is(log_in: LogIn, make: Make, page: str) -> None:
    make("organizations", name="Old Mill Bakery")
    assert "Old Mill Bakery" in log_in("reader").get("/organizations", {"page": page})


def test_paging_keeps_filter_and_order(log_in: LogIn, make: Make) -> None:
    for number in range(30):
        make("organizations", name=f"Bakery & Sons {number:03}")
    page = log_in("reader").get("/organizations?q=bakery+%26&sort=-name")
    assert "Bakery & Sons 029" in words(page, "tbody tr")
    assert "Bakery & Sons 000" in words(page.click("Next"), "tbody")


def test_a_list_is_filtered_by_name_and_e_mail(log_in: LogIn, make: Make) -> None:
    make("contacts", first_name="Hana", last_name="Whitiora", email="hana@tuidesign.example")
    make("contacts", first_name="Mere", last_name="Parata")
    browser = log_in("reader")
    for text in ("na whi", "HANA", "tuidesign"):
        page = browser.get("/contacts", {"q": text})
        assert "Hana Whitiora" in page
        assert "Mere Parata" not in page
    assert "Nothing found" in browser.get("/contacts", {"q": "nobody"})


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", '"', "<b>", "🐨"])
def test_a_filter_takes_every_letter_as_itself(log_in: LogIn, make: Make, text: str) -> None:
    make("organizations", name="Old Mill Bakery")
    page = log_in("reader").get("/organizations", {"q": text})
    assert "Old Mill Bakery" not in page
    assert "<b>”" not in page


@pytest.mark.parametrize(
    ("sort", "first"), [("close", "Soon"), ("-close", "Late"), ("amount", "Late"), ("-name", "Soon")]
)
def test_a_list_is_sorted_and_what_is_empty_comes_last(log_in: LogIn, make: Make, sort: str, first: str) -> None:
    make("opportunities", name="Soon", close_date=dt.date(2026, 12, 1), amount=Decimal(9))
    make("opportunities", name="Late", close_date=dt.date(2027, 12, 1), amount=Decimal("8.5"))
    make("opportunities", name="Never")
    page = log_in("reader").get("/opportunities", {"sort": sort})
    assert words(page, "tbody tr td") == first
    if sort != "-name":
        assert words(page, "tbody tr:last-child td") == "Never"


def test_an_unknown_order_is_the_usual_one(log_in: LogIn, make: Make) -> None:
    make("organizations", name="Old Mill Bakery")
    page = log_in("reader").get("/organizations", {"sort": "password_hash; DROP TABLE"})
    assert page.html.select_one("th[aria-sort]").get_text(strip=True).startswith("Name")


def test_names_are_sorted_as_people_do_without_regard_to_capitals(log_in: LogIn, make: Make) -> None:
    for name in ("zebra", "Apple", "aardvark"):
        make("organizations", name=name)
    page = log_in("reader").get("/organizations")
    assert [cell.get_text(strip=True) for cell in page.html.select("td.title")] == ["aardvark", "Apple", "zebra"]


def test_empty_lists_say_what_will_be_there(log_in: LogIn) -> None:
    page = log_in("sales").get("/projects")
    assert "No projects yet" in page
    assert "New project" in words(page, ".empty")
    assert log_in("reader").get("/projects").html.select_one(".empty a") is None


def test_the_page_of_a_record_shows_what_belongs_to_it(log_in: LogIn, make: Make) -> None:
    organization = make("organizations", name="Harbour Coffee Roasters", city="Lyttelton", country="NZ")
    for name in ("Ngaire", "Daniel"):
        make("contacts", first_name=name, organization_id=organization)
    make("contacts", first_name="Stranger")
    make("opportunities", name="Refit", organization_id=organization)
    page = log_in("reader").get(f"/organizations/{organization}")
    assert words(page, ".tabs") == "Overview People 2 Opportunities 1 Projects"
    assert "Lyttelton, NZ" in words(page, ".sub")
    people = page.click("People")
    assert people.html.select_one(".tabs [aria-current]").get_text(" ", strip=True) == "People 2"
    assert "Ngaire" in people
    assert "Stranger" not in people


def test_deleting_says_first_what_hangs_on_a_record_and_leaves_that(
    log_in: LogIn, make: Make, services: Services
) -> None:
    organization = make("organizations", name="Harbour Coffee Roasters")
    contact = make("contacts", first_name="Ngaire", organization_id=organization)
    question = log_in("sales").get(f"/organizations/{organization}/delete")
    assert "1 contact will stay, without this organization" in question
    page = form_of(question).submit(status=303).follow()
    with services.db.read() as session:
        assert session.query(Organization).count() == 0
        left = session.get(Contact, contact)
        assert left is not None
        assert left.organization is None
    restored = next(form for form in page.forms.values() if form.action.endswith("/restore")).submit(status=303)
    assert "Ngaire" in restored.follow().click("People")


def test_search_finds_records_of_every_type(log_in: LogIn, make: Make) -> None:
    for kind, values in NAMES.items():
        make(kind, **values)
    page = log_in("reader").get("/search", {"q": "para"})
    titles = [heading.get_text(strip=True) for heading in page.html.select(".card h2")]
    assert titles == ["Contacts", "Organizations", "Opportunities", "Projects"]
    assert "Nothing found" in log_in("reader").get("/search", {"q": "nothing like it"})
    assert "Type a part of a name" in log_in("reader").get("/search")


def test_what_was_done_is_written_down_with_old_and_new_values(log_in: LogIn, services: Services, make: Make) -> None:
    old = make("organizations", name="Old Mill Bakery")
    contact = make("contacts", first_name="Mere", organization_id=old)
    new = make("organizations", name="New Mill Bakery")
    form = form_of(log_in("sales").get(f"/contacts/{contact}/edit"))
    form["first_name"], form["organization_id"] = "Merē", f"#{new}"
    form.submit(status=303)
    with services.db.read() as session:
        entry = session.query(AuditEntry).one()
    assert (entry.deed, entry.kind, entry.record_id) == ("record.changed", "contacts", contact)
    assert entry.old == {"first_name": "Mere", "organization_id": f"Old Mill Bakery (#{old})"}
    assert entry.new == {"first_name": "Merē", "organization_id": f"New Mill Bakery (#{new})"}
    page = log_in("admin").get(f"/contacts/{contact}")
    assert words(page, ".timeline li").startswith(
        f"First name: Mere → became Merē Organization: Old Mill Bakery (#{old}) → became New Mill Bakery (#{new})"
    )


def test_saving_without_a_change_writes_nothing_down(log_in: LogIn, services: Services, make: Make) -> None:
    number = make(
        "opportunities", name="Refit", amount=Decimal("1234.5"), probability=10, close_date=dt.date(2026, 1, 2)
    )
    form_of(log_in("sales").get(f"/opportunities/{number}/edit")).submit(status=303)
    with services.db.read() as session:
        assert session.query(AuditEntry).count() == 0
        assert session.query(Opportunity).one().version == 1


def test_a_reader_sees_no_buttons_that_change(log_in: LogIn, make: Make) -> None:
    number = make("organizations", name="Old Mill Bakery")
    page = log_in("reader").get(f"/organizations/{number}")
    assert "Edit" not in words(page)
    assert "Delete" not in words(page)


def test_with_many_records_a_link_is_typed_and_suggested(log_in: LogIn, make: Make, services: Services) -> None:
    for number in range(201):
        make("organizations", name=f"Company {number:03}")
    browser = log_in("sales")
    form = form_of(browser.get("/contacts/new"))
    assert form["organization_id"].tag == "input"
    options = browser.get("/organizations/choices", {"organization_id": "any 07"}).html.select("option")
    assert [option["value"] for option in options] == [
        f"Company 0{number} #{number + 1}" for number in range(79, 69, -1)
    ]
    form["first_name"], form["organization_id"] = "Mere", "company 070"
    form.submit(status=303)
    with services.db.read() as session:
        assert session.query(Contact).one().organization_id == 71
    form = form_of(browser.get("/contacts/1/edit"))
    assert form["organization_id"].value == "Company 070 #71"
    form["organization_id"] = "Compani"
    page = form.submit(status=422)
    assert "No organization is called so." in page
    assert form_of(page)["organization_id"].value == "Compani"
    form["organization_id"] = ""
    form.submit(status=303)
    with services.db.read() as session:
        assert session.query(Contact).one().organization_id is None


def test_of_two_with_the_same_name_one_must_say_which(log_in: LogIn, make: Make) -> None:
    for number in range(201):
        make("organizations", name=f"Company {number:03}")
    first, second = make("organizations", name="Twin"), make("organizations", name="twin")
    form = form_of(log_in("sales").get("/contacts/new"))
    form["first_name"], form["organization_id"] = "Mere", "Twin"
    page = form.submit(status=422)
    assert f"“Twin #{first}” or “Twin #{second}”" in words(page)
    form["organization_id"] = f"Twin #{second}"
    form.submit(status=303)


def test_a_record_in_a_currency_that_went_out_of_use_can_still_be_saved_and_no_other_be_put_into_it(
    log_in: LogIn, make: Make, services: Services
) -> None:
    old = make("opportunities", name="From 1999", currency="DEM", stage="New")
    make("opportunities", name="Of today", currency="NZD", stage="New")
    browser = log_in("sales")
    form = form_of(browser.get(f"/opportunities/{old}/edit"))
    assert form["currency"].value == "DEM"
    form["name"] = "From the year 1999"
    form.submit(status=303)
    with services.db.read() as session:
        assert session.get_one(Opportunity, old).currency == "DEM"
    form = form_of(browser.get(f"/opportunities/{old + 1}/edit"))
    form["currency"].force_value("DEM")
    form.submit(status=422)
