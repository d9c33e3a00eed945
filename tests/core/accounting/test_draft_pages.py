"""A draft on its way: its own page, the record's tab, the list."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from core import ManualClock
from core.accounting.models import Draft
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser
from tests.core.accounting import changing
from tests.core.accounting.drafting import (
    HOUR,
    books,
    button,
    draft_form,
    fill,
    key_in,
    open_form,
    press,
    send,
    the_draft,
)
from tests.core.pages import words

pytestmark = pytest.mark.slow


def test_a_draft_goes_from_the_form_into_the_books_and_back_to_its_page(
    sales: Browser, services: Services, refit: str, sandbox: Sandbox
) -> None:
    page = open_form(sales, refit)
    assert "goes to Kererū Trading in Xero as a draft" in page
    form = draft_form(page)
    assert form["reference"].value == "Roastery refit, stage 1"
    assert form["currency"].value == "NZD"
    assert form["party"].value == sandbox.contact_id("Harbour Coffee Roasters Ltd")
    fill(form)
    answer = send(page)
    assert answer.status_int == 303
    key = key_in(answer.location)
    assert "Waiting to be sent to Xero" in answer.follow()
    services.jobs.drain()
    (invoice,) = books(sandbox, key)
    assert invoice["Status"] == "DRAFT"
    made = sales.get(f"/accounting/drafts/{key}")
    assert "Made in Xero" in made
    assert invoice["InvoiceNumber"] in made
    assert "NZ$ 7,360.00" in words(made)
    assert "The totals differ" not in made
    assert invoice["InvoiceNumber"] in sales.get(f"{refit}/tabs/xero")


def test_the_records_tab_shows_what_is_not_made_yet(sales: Browser, services: Services, refit: str) -> None:
    page = open_form(sales, refit)
    fill(draft_form(page))
    send(page)
    waiting = sales.get(f"{refit}/tabs/xero")
    assert "Drafts not in Xero yet" in waiting
    assert "Waiting" in waiting
    services.jobs.drain()
    assert "Drafts not in Xero yet" not in sales.get(f"{refit}/tabs/xero")


def test_an_open_tab_learns_at_once_what_became_of_a_draft_and_of_its_change(
    sales: Browser, services: Services, sandbox: Sandbox, queued: str, refit: str
) -> None:
    def ask() -> Any:
        return sales.get(tab, {"mark": body["hx-vals"].split('"')[3]}, headers={"HX-Request": "true"})

    tab = f"{refit}/tabs/xero"
    body = sales.get(tab).html.find(id="accounting-tab")
    assert body["hx-trigger"] == "every 2s"
    assert ask().status_int == 204
    services.jobs.drain()
    answer = ask()
    assert answer.status_int == 200
    body = answer.html.find(id="accounting-tab")
    assert body["hx-trigger"] == "every 60s"
    changing.send(changing.begin(sales, queued))
    body = ask().html.find(id="accounting-tab")
    assert body["hx-trigger"] == "every 2s"
    services.jobs.drain()
    body = ask().html.find(id="accounting-tab")
    assert body["hx-trigger"] == "every 60s"


def test_a_tab_does_not_hurry_for_a_draft_that_waits_for_hours(
    sales: Browser, services: Services, sandbox: Sandbox, queued: str, refit: str
) -> None:
    sandbox.faults.add("429-day", seconds=6 * 3600, path="/api.xro/2.0/Invoices", method="PUT")
    services.jobs.drain()
    assert the_draft(services).state == "queued"
    assert sales.get(f"{refit}/tabs/xero").html.find(id="accounting-tab")["hx-trigger"] == "every 60s"


def test_an_open_draft_can_be_deleted_and_a_made_one_cannot(
    sales: Browser, services: Services, sandbox: Sandbox, refit: str
) -> None:
    page = open_form(sales, refit)
    saved = draft_form(page).submit("action", value="save", status=303).follow()
    assert press(saved, "delete").location.endswith("/accounting/drafts")
    with services.db.read() as session:
        assert session.scalars(select(Draft)).all() == []
    page = open_form(sales, refit)
    fill(draft_form(page))
    key = key_in(send(page).location)
    services.jobs.drain()
    sales.send(f"/accounting/drafts/{key}/delete", status=303)
    assert the_draft(services, key).state == "made"


def test_one_that_waits_can_be_taken_back_and_is_not_sent(
    sales: Browser, services: Services, sandbox: Sandbox, refit: str
) -> None:
    page = open_form(sales, refit)
    fill(draft_form(page))
    waiting = send(page).follow()
    form = press(waiting, "back").follow()
    assert draft_form(form)["lines-0-description"].value == "Extraction hood"
    services.jobs.drain()
    assert books(sandbox, the_draft(services).key) == []


def test_the_status_is_followed_until_it_is_paid(
    sales: Browser, services: Services, sandbox: Sandbox, refit: str, clock: ManualClock
) -> None:
    page = open_form(sales, refit)
    fill(draft_form(page))
    key = key_in(send(page).location)
    services.jobs.drain()
    (invoice,) = books(sandbox, key)
    said = []
    for deed in (sandbox.deeds.approve, sandbox.deeds.pay):
        clock.advance(seconds=600)
        deed(invoice["InvoiceID"])
        sales.get(f"/accounting/drafts/{key}")
        services.jobs.drain()
        said.append(sales.get("/accounting/drafts").html.find("tbody").get_text())
    assert "Awaiting payment" in said[0]
    assert "Paid" in said[1]
    clock.advance(seconds=HOUR)
    before = sandbox.calls.count()
    sales.get(f"/accounting/drafts/{key}")
    services.jobs.drain()
    assert sandbox.calls.count() == before


def test_a_page_that_is_drawn_calls_nobody(sales: Browser, sandbox: Sandbox, refit: str, services: Services) -> None:
    before = sandbox.calls.count()
    page = open_form(sales, refit)
    fill(draft_form(page))
    button(page, "recalculate")
    send(page).follow()
    sales.get("/accounting/drafts")
    assert sandbox.calls.count() == before


def test_a_total_that_the_provider_reckons_otherwise_is_shown(
    sales: Browser, services: Services, sandbox: Sandbox, refit: str
) -> None:
    page = open_form(sales, refit)
    fill(draft_form(page))
    key = key_in(send(page).location)
    draft = the_draft(services, key)
    sums = {**draft.payload["sums"], "total": "7,000.00".replace(",", "")}
    with services.db.begin() as session:
        session.execute(update(Draft).values(payload={**draft.payload, "sums": sums}))
    services.jobs.drain()
    page = sales.get(f"/accounting/drafts/{key}")
    assert "The totals differ" in page
    assert "NZ$ 360.00" in words(page)


@pytest.mark.parametrize("path", ["/accounting/drafts/" + "0" * 32, "/accounting/drafts/nonsense"])
def test_an_unknown_key_is_not_here(sales: Browser, path: str) -> None:
    sales.get(path, status=404)


def test_the_page_of_a_draft_refreshes_itself_with_and_without_scripts(
    sales: Browser, services: Services, refit: str
) -> None:
    page = open_form(sales, refit)
    fill(draft_form(page))
    waiting = send(page).follow()
    assert waiting.html.find("noscript").find("meta", {"http-equiv": "refresh"}) is not None
    assert "Reload" in waiting
    path = waiting.html.find(id="draft-state")["hx-get"]
    piece = sales.get(path, headers={"HX-Request": "true"})
    assert "<html" not in piece
    services.jobs.drain()
    piece = sales.get(path, headers={"HX-Request": "true"})
    assert "every 1500ms" not in piece  # made: it is looked at now and then, not all the time
    assert "http-equiv" not in sales.get(path)


def test_the_page_of_a_draft_shows_all_of_it(sales: Browser, services: Services, sandbox: Sandbox, refit: str) -> None:
    form = fill(draft_form(open_form(sales, refit)), lines_0_quantity="11.5", price="92.5", lines_0_discount="10")
    sent = form.submit("action", value="send", status=303)
    for _ in range(2):  # on its way, and made
        page = sales.get(sent.location)
        whole = page.html.find(id="draft-whole").get_text(" ", strip=True)
        assert "Date 22 Nov 2026 Due 12 Dec 2026 Reference Roastery refit, stage 1" in whole
        assert "Currency NZD Amounts are tax exclusive" in whole
        assert "Extraction hood 200 Sales · by the account: 15% GST on Income · less 10% 11.5 92.50 957.38" in whole
        assert "Subtotal 957.38 Tax 143.61 Total NZ$\N{NO-BREAK SPACE}1,100.99" in whole
        services.jobs.drain()
    assert "Total in Xero NZ$\N{NO-BREAK SPACE}1,100.99" in whole
    assert "Difference" not in whole


def test_a_half_finished_draft_is_shown_as_it_was_typed(sales: Browser, refit: str) -> None:
    form = fill(draft_form(open_form(sales, refit)), description="Hood", price="a lot", due_date="next week")
    page = form.submit("action", value="save", status=303).follow()
    whole = page.html.find(id="draft-whole").get_text(" ", strip=True)
    assert "Due next week" in whole
    assert "a lot –" in whole
    assert "Total so far" in whole


def test_the_piece_that_says_it_is_made_brings_the_whole_draft_along(
    sales: Browser, services: Services, refit: str
) -> None:
    sent = fill(draft_form(open_form(sales, refit))).submit("action", value="send", status=303)
    piece = sales.get(sent.location, headers={"HX-Request": "true"})
    assert "draft-whole" not in piece
    services.jobs.drain()
    piece = sales.get(sent.location, headers={"HX-Request": "true"})
    assert piece.html.find(id="draft-whole")["hx-swap-oob"] == "true"
    assert "Total in Xero" in piece


def test_the_list_of_drafts_has_pages(sales: Browser, services: Services, refit: str) -> None:
    empty = sales.get("/accounting/drafts")
    assert "No drafts yet" in empty
    form = fill(draft_form(open_form(sales, refit)))
    for number in range(26):
        form["key"].force_value(f"{number:032x}")
        form.submit("action", value="save", status=303)
    first = sales.get("/accounting/drafts")
    assert "1–25 of 26" in first
    assert f"/accounting/drafts/{0:032x}" not in first
    last = first.click("Next")
    assert "26–26 of 26" in last
    assert f"/accounting/drafts/{0:032x}" in last
    for page in ("99", "x", "-1", "0", "9" * 30):
        assert "of 26" in sales.get("/accounting/drafts", {"page": page})


def test_the_page_of_a_made_draft_follows_it_until_it_is_paid(
    sales: Browser, services: Services, refit: str, sandbox: Sandbox, clock: ManualClock
) -> None:
    page = open_form(sales, refit)
    fill(draft_form(page))
    key = key_in(send(page).location)
    services.jobs.drain()
    made = sales.get(f"/accounting/drafts/{key}")
    asks = made.html.select_one("#draft-state")["hx-get"]
    piece = {"HX-Request": "true"}
    assert sales.get(asks, headers=piece).status_int == 204
    (invoice,) = books(sandbox, key)
    sandbox.deeds.approve(invoice["InvoiceID"])
    clock.advance(seconds=301)
    sales.get(asks, headers=piece)
    services.jobs.drain()
    assert "Awaiting payment" in sales.get(asks, headers=piece)
    sandbox.deeds.pay(invoice["InvoiceID"])
    clock.advance(seconds=301)
    sales.get(asks, headers=piece)
    services.jobs.drain()
    paid = sales.get(f"/accounting/drafts/{key}")
    assert "Paid" in paid
    assert not paid.html.select_one("#draft-state").has_attr("hx-get")
