"""The form of a draft on its pages: it keeps what is typed, says what is wrong at the field, and helps along."""

from __future__ import annotations

import gc
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from core import ManualClock
from core.accounting.models import PartyRow
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.core.accounting.drafting import (
    books,
    button,
    draft_form,
    fields_of,
    fill,
    key_in,
    open_form,
    puts,
    send,
    the_draft,
)

pytestmark = pytest.mark.slow


def test_the_due_date_follows_the_partys_terms_until_somebody_types_another(sales: Browser, refit: str) -> None:
    page = open_form(sales, refit)
    form = draft_form(page)
    assert form["due_date"].value == "2026-12-12"
    assert "Their terms, 20 days" in page
    form["date"] = "2026-12-01"
    page = button(page, "recalculate")
    assert draft_form(page)["due_date"].value == "2026-12-21"
    draft_form(page)["due_date"] = "2027-01-31"
    draft_form(page)["date"] = "2026-12-05"
    page = button(page, "recalculate")
    assert draft_form(page)["due_date"].value == "2027-01-31"


def test_lines_are_added_and_taken_away_without_losing_what_was_typed(sales: Browser, refit: str) -> None:
    page = open_form(sales, refit)
    fill(draft_form(page), description="First", price="1,0")
    page = button(page, "add")
    form = draft_form(page)
    assert form["lines-0-unit_price"].value == "1,0"
    assert form["lines-1-account"].value == "200"
    form["lines-1-description"], form["lines-1-unit_price"] = "Second", "2"
    page = button(page, "remove-0")
    form = draft_form(page)
    assert form["lines-0-description"].value == "Second"
    assert "lines-1-description" not in form.fields


def test_totals_are_shown_before_anything_is_sent(sales: Browser, refit: str) -> None:
    page = open_form(sales, refit)
    fill(draft_form(page), lines_0_quantity="11.5", price="92.50", lines_0_discount="10")
    page = button(page, "recalculate")
    assert page.html.find(id="amount-0").get_text() == "957.38"
    sums = page.html.find(id="draft-sums").get_text()
    assert "143.61" in sums
    assert "NZ$\N{NO-BREAK SPACE}1,100.99" in sums


def test_the_opportunity_fills_a_line(sales: Browser, services: Services, refit: str) -> None:
    page = button(open_form(sales, refit), "fill")
    assert draft_form(page)["lines-0-description"].value == "Roastery refit, stage 1"


def test_somebody_else_is_found_in_the_list_and_chosen(sales: Browser, sandbox: Sandbox, refit: str) -> None:
    page = open_form(sales, refit)
    fill(draft_form(page))["q"] = "hana"
    page = button(page, "find")
    wanted = sandbox.contact_id("Hana Whitiora")
    page = button(page, f"party-{wanted}")
    form = draft_form(page)
    assert form["party"].value == wanted
    assert form["lines-0-description"].value == "Extraction hood"
    assert "not linked to this record" in page


def test_a_search_in_the_address_finds_and_a_party_in_it_is_chosen(
    sales: Browser, sandbox: Sandbox, refit: str
) -> None:
    assert "Hana Whitiora" in open_form(sales, refit, "?q=hana")
    wanted = sandbox.contact_id("Hana Whitiora")
    assert draft_form(open_form(sales, refit, f"?party={wanted}"))["party"].value == wanted


def test_searching_the_provider_keeps_what_was_typed_in_a_saved_draft(
    sales: Browser, services: Services, sandbox: Sandbox, refit: str
) -> None:
    page = open_form(sales, refit)
    fill(draft_form(page), description="Typed before")
    away = draft_form(page).submit("action", value="elsewhere", status=303)
    found = away.follow()
    draft = the_draft(services)
    assert draft.state == "open"
    wanted = sandbox.contact_id("Hana Whitiora")
    form = next(one for one in found.forms.values() if "q" in one.fields and "for" in one.fields)
    form["q"] = "Hana"
    form = draft_form(form.submit().click("Bill to", index=0).follow())
    assert (form["party"].value, form["lines-0-description"].value) == (wanted, "Typed before")


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("count", [200, 300])
def test_two_hundred_lines_go_into_the_books(
    sales: Browser, services: Services, sandbox: Sandbox, refit: str, count: int
) -> None:
    fields = dict(fields_of(fill(draft_form(open_form(sales, refit))), "send"))
    for number in range(count):
        fields |= {f"lines-{number}-description": f"Line {number}", f"lines-{number}-quantity": "1"}
        fields |= {f"lines-{number}-unit_price": "0.10", f"lines-{number}-account": "200"}
        fields |= {f"lines-{number}-tax_rate": fields["lines-0-tax_rate"]}
    answer = sales.post(f"{refit}/tabs/xero/draft", fields, status=303)
    services.jobs.drain()
    (invoice,) = books(sandbox, key_in(answer.location))
    assert len(invoice["LineItems"]) == count
    assert "The totals differ" not in sales.get(answer.location)
    gc.collect()  # the test's own WSGI client leaves the file that held so large a post to the collector


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lines-0-unit_price", "1.000,00"),
        ("lines-0-unit_price", "-5"),
        ("lines-0-unit_price", "1e9"),
        ("lines-0-unit_price", "NaN"),
        ("lines-0-quantity", "0"),
        ("due_date", "2026-11-21"),
        ("due_date", "next week"),
        ("reference", "<b>" + "r" * 300),
        ("lines-0-account", "999"),
        ("party", "00000000-0000-0000-0000-000000000000"),
    ],
)
def test_what_cannot_be_sent_comes_back_as_typed_with_its_sentence_and_a_link_to_it(
    sales: Browser, services: Services, sandbox: Sandbox, refit: str, field: str, value: str
) -> None:
    page = open_form(sales, refit)
    fields = {**dict(fields_of(fill(draft_form(page)), "send")), field: value}
    before = sandbox.calls.count()
    page = sales.post(f"{refit}/tabs/xero/draft", fields, status=422)
    assert draft_form(page)[field].value == value
    assert draft_form(page)["lines-0-description"].value == "Extraction hood"
    assert page.html.find(id=f"{field}-error").get_text()
    assert page.html.find(id=field)["aria-invalid"] == "true"
    assert page.html.find(class_="errs").find("a", href=f"#{field}") is not None
    services.jobs.drain()
    assert sandbox.calls.count() == before


def test_html_and_emoji_are_text_on_every_page(
    sales: Browser, services: Services, sandbox: Sandbox, refit: str
) -> None:
    page = open_form(sales, refit)
    fill(draft_form(page), description="<script>alert(1)</script> 🦜")["reference"] = "<i>x</i> & 🐙"
    answer = send(page)
    services.jobs.drain()
    (invoice,) = books(sandbox, key_in(answer.location))
    assert invoice["Reference"] == "<i>x</i> & 🐙"
    assert invoice["LineItems"][0]["Description"] == "<script>alert(1)</script> 🦜"
    assert "<script>alert" not in sales.get(f"{refit}/tabs/xero")
    assert "<i>x" not in sales.get(f"{refit}/tabs/xero")


def before_it_goes(page: Any) -> str:
    return str(page.html.find(id="draft-before").get_text(" ", strip=True))


def test_before_it_goes_warns_of_what_may_hinder_and_says_what_is_well(sales: Browser, refit: str) -> None:
    page = open_form(sales, refit)
    fill(draft_form(page))
    page = button(page, "recalculate")
    listed = before_it_goes(page)
    assert "is active, terms known" in listed
    assert "days overdue" in listed
    assert "Accounts and tax rates may be used for sales." in listed


def test_a_line_without_an_account_is_a_warning_and_its_tax_is_not_called_final(sales: Browser, refit: str) -> None:
    page = open_form(sales, refit)
    fill(draft_form(page))["lines-0-account"] = ""
    page = button(page, "recalculate")
    listed = before_it_goes(page)
    assert "Line 1 has no account yet: it needs one before this can be approved, and its tax comes with it." in listed
    assert "may be used for sales" not in listed
    sums = page.html.find(id="draft-sums").get_text(" ", strip=True)
    assert "Tax so far without that of line 1: not known yet 0.00" in sums
    assert "Total so far NZ$\N{NO-BREAK SPACE}6,400.00" in sums
    assert page.html.find(id="lines-0-tax_rate").find("option").get_text() == "not known yet"
    saved = draft_form(page).submit("action", value="send", status=303).follow()
    assert "Total so far" in saved.html.find(id="draft-whole").get_text()
    assert "so far" in sales.get("/accounting/drafts").html.find("tbody").get_text()


def test_a_line_taxed_by_its_account_names_the_rate(sales: Browser, refit: str) -> None:
    page = open_form(sales, refit)
    fields = {**dict(fields_of(fill(draft_form(page)), "save")), "lines-0-tax_rate": "", "lines-0-unit_price": "?"}
    saved = sales.post(f"{refit}/tabs/xero/draft", fields, status=303)
    page = sales.get(f"{saved.location}/edit")
    option = page.html.find(id="lines-0-tax_rate").find("option")
    assert option.get_text() == "by the account: 15% GST on Income"


def test_the_way_back_to_a_form_that_was_sent_leads_to_its_draft(
    sales: Browser, services: Services, sandbox: Sandbox, refit: str
) -> None:
    where = sales.get(f"{refit}/tabs/xero/draft?q=hana", status=303).location
    page = sales.get(where)
    assert page.headers["Vary"] == "*"  # a browser asks again instead of showing an empty copy
    assert "Hana Whitiora" in page
    fields = fields_of(fill(draft_form(page)), "send")
    sent = sales.post(f"{refit}/tabs/xero/draft", fields, status=303)
    back = sales.get(where, status=303).follow().follow()
    assert back.request.path == f"/accounting/drafts/{key_in(sent.location)}"
    assert "Here is its draft" in back
    assert "Extraction hood" in back
    services.jobs.drain()
    assert sales.get(where, status=303).follow(status=303).location.endswith(sent.location)
    assert sales.post(f"{refit}/tabs/xero/draft", fields, status=303).location == sent.location
    services.jobs.drain()
    assert len(books(sandbox, key_in(sent.location))) == 1


def test_the_way_back_to_a_form_that_was_saved_shows_it_as_typed(sales: Browser, refit: str) -> None:
    where = sales.get(f"{refit}/tabs/xero/draft", status=303).location
    form = fill(draft_form(sales.get(where)), price="one thousand")
    form.submit("action", value="save", status=303)
    page = sales.get(where, status=303).follow()
    assert draft_form(page)["lines-0-unit_price"].value == "one thousand"
    assert draft_form(page)["key"].value in where


def test_what_was_changed_on_the_way_back_is_kept_beside_a_link_to_what_was_sent(sales: Browser, refit: str) -> None:
    form = fill(draft_form(open_form(sales, refit)))
    sent = form.submit("action", value="send", status=303)
    form["reference"] = "Changed on the way back"
    page = form.submit("action", value="send", status=409)
    assert page.click("Open the one that was sent").request.path == sent.location.removeprefix("http://localhost")
    assert draft_form(page)["reference"].value == "Changed on the way back"


def test_a_form_from_before_a_refusal_leads_to_what_was_refused_and_sends_nothing(
    sales: Browser, services: Services, sandbox: Sandbox, refit: str
) -> None:
    form = fill(draft_form(open_form(sales, refit)))
    sandbox.deeds.archive_account("200", Sandbox.tenant_id)
    sandbox.faults.add("503", method="GET")  # so that the page knows no better
    key = key_in(form.submit("action", value="send", status=303).location)
    services.jobs.drain()
    again = form.submit("action", value="send", status=303)
    services.jobs.drain()
    assert puts(sandbox) == 1
    assert the_draft(services, key).state == "refused"
    assert again.location.endswith(key)
    assert "Account code '200'" in sales.get(again.location).follow().html.find(id="lines-0-account-error").get_text()


@pytest.mark.parametrize("field", ["reference", "lines-0-description", "lines-0-quantity", "q"])
@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x>', "🦜", "\u200b", "{{ 7 * 7 }}"])
def test_any_text_in_any_field_comes_back_to_the_letter(sales: Browser, refit: str, field: str, text: str) -> None:
    page = open_form(sales, refit)
    fields = {**dict(fields_of(fill(draft_form(page)), "find")), field: text}
    page = sales.post(f"{refit}/tabs/xero/draft/lines", fields)
    assert draft_form(page)[field].value == text
    assert page.html.find("img") is None
    saved = sales.post(f"{refit}/tabs/xero/draft", {**fields, "action": "save"}, status=303).follow()
    assert "<script>alert" not in saved
    assert saved.html.find("img") is None
    assert "<script>alert" not in sales.get("/accounting/drafts")


def test_a_description_that_nobody_can_see_is_none(sales: Browser, refit: str) -> None:
    form = fill(draft_form(open_form(sales, refit)), description="\u200b")
    assert "what this line is for" in form.submit("action", value="send", status=422)


@pytest.mark.parametrize("price", ["1,000.00", "1000", "1 000.00"])
def test_a_thousand_is_a_thousand(sales: Browser, services: Services, sandbox: Sandbox, refit: str, price: str) -> None:
    sent = send_form(sales, refit, price=price)
    services.jobs.drain()
    (invoice,) = books(sandbox, key_in(sent.location))
    assert invoice["SubTotal"] == 1000
    assert "1,000.00" in sales.get(sent.location).html.find(class_="lines-of").get_text()


def send_form(sales: Browser, refit: str, **fields: str) -> Any:
    return fill(draft_form(open_form(sales, refit)), **fields).submit("action", value="send", status=303)


@pytest.mark.parametrize("refresh", [True, False])
def test_a_party_merged_meanwhile_is_said_at_bill_to_and_nothing_typed_is_lost(
    sales: Browser, services: Services, sandbox: Sandbox, refit: str, clock: ManualClock, refresh: bool
) -> None:
    """Whether the list of contacts was read again before the form was sent, or not."""
    form = fill(draft_form(open_form(sales, refit)), description="Typed before the merge")
    party = form["party"].value
    sandbox.deeds.merge_contact(party, sandbox.contact_id("Hana Whitiora"))
    if refresh:
        clock.advance(timedelta(hours=25))
        sales.get(f"{refit}/tabs/xero")
        services.jobs.enqueue("accounting.refresh", connection_id=1, force=True)
        services.jobs.drain()
        page = form.submit("action", value="send", status=422)
    else:
        sent = form.submit("action", value="send", status=303)
        services.jobs.drain()
        page = sales.get(sent.location).follow()
    assert page.html.find(id="party-error").get_text()
    assert draft_form(page)["lines-0-description"].value == "Typed before the merge"
    draft_form(page)["party"].force_value(sandbox.contact_id("Hana Whitiora"))
    key = key_in(send(page).location)
    services.jobs.drain()
    (invoice,) = books(sandbox, key)
    assert invoice["Contact"]["ContactID"] == sandbox.contact_id("Hana Whitiora")


def test_a_key_of_another_record_is_not_taken(sales: Browser, services: Services, harbour: str, refit: str) -> None:
    draft_form(open_form(sales, refit)).submit("action", value="save", status=303)
    fields = dict(fields_of(draft_form(open_form(sales, harbour)), "send"))
    sales.post(f"{harbour}/tabs/xero/draft", {**fields, "key": the_draft(services).key}, status=404)


def test_an_archived_party_is_refused_before_anything_is_sent(
    sales: Browser, services: Services, sandbox: Sandbox, refit: str
) -> None:
    page = open_form(sales, refit)
    fill(draft_form(page))
    with services.db.begin() as session:
        session.execute(update(PartyRow).values(state="archived"))
    page = draft_form(page).submit("action", value="send", status=422)
    assert "archived" in page.html.find(id="party-error").get_text()


def test_without_a_connection_the_page_teaches(log_in: LogIn, refit: str) -> None:
    assert "No Xero organisation is connected" in open_form(log_in("sales"), refit)


def test_two_people_at_one_draft_do_not_overwrite_each_other_unasked(
    sales: Browser, log_in: LogIn, services: Services, refit: str
) -> None:
    page = open_form(sales, refit)
    draft_form(page).submit("action", value="save", status=303)
    key = the_draft(services).key
    mine, theirs = (one.get(f"/accounting/drafts/{key}/edit") for one in (sales, log_in("accounts")))
    draft_form(theirs)["reference"] = "Theirs"
    draft_form(theirs).submit("action", value="save", status=303)
    draft_form(mine)["reference"] = "Mine"
    page = draft_form(mine).submit("action", value="save", status=409)
    assert "It changed meanwhile" in page
    assert draft_form(page)["reference"].value == "Mine"
    draft_form(page).submit("action", value="save", status=303)
    assert the_draft(services).payload["typed"]["head"]["reference"] == "Mine"


def test_a_half_finished_draft_is_saved_taken_up_again_and_sent_once(
    sales: Browser, services: Services, sandbox: Sandbox, refit: str
) -> None:
    page = open_form(sales, refit)
    draft_form(page)["lines-0-unit_price"] = "one thousand"
    saved = draft_form(page).submit("action", value="save", status=303).follow()
    assert "Saved, not sent" in saved
    services.jobs.drain()
    page = saved.click("Go on with it")
    assert draft_form(page)["lines-0-unit_price"].value == "one thousand"
    fill(draft_form(page))
    answer = send(page)
    services.jobs.drain()
    assert len(books(sandbox, key_in(answer.location))) == 1
    assert the_draft(services).state == "made"


def test_while_nobody_is_linked_the_form_offers_who_may_be_meant_and_why(
    connect: Any, log_in: LogIn, sandbox: Sandbox, refit: str
) -> None:
    connect()
    browser = log_in("sales")
    page = open_form(browser, refit)
    group = page.html.select_one("#party optgroup")
    assert group["label"] == "May be meant"
    harbour = sandbox.contact_id("Harbour Coffee Roasters Ltd")
    assert next((one["value"], one.get_text()) for one in group.select("option")) == (
        harbour,
        "Harbour Coffee Roasters Ltd (same name)",
    )
    assert draft_form(page)["party"].value == "", "nobody is billed before somebody chose"
    assert "the list has who may be meant" in page
    form = fill(draft_form(page))
    form["party"] = harbour
    shown = form.submit("action", value="save", status=303).follow().click("Go on with it")
    assert "not linked to this record, same name, same e-mail" in shown
