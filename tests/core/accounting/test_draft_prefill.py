"""A draft is filled from the opportunity's own lines, or from what is still to bill; what differs is said."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.accounting.draft_form import price_text
from core.records.models import Opportunity, OpportunityLine
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser
from tests.core.accounting.books import Books
from tests.core.accounting.drafting import books, button, draft_form, fill, key_in, open_form, send
from tests.core.pages import form_of, words

pytestmark = pytest.mark.slow


def agree(services: Services, record: str, *lines: dict[str, Any], **values: Any) -> None:
    """Give the opportunity an amount, a currency or lines."""
    with services.db.begin() as session:
        found = session.get_one(Opportunity, int(record.rpartition("/")[2]))
        for name, value in values.items():
            setattr(found, name, value)
        for position, line in enumerate(lines):
            session.add(OpportunityLine(opportunity_id=found.id, position=position, **line))


LINES: tuple[dict[str, Any], ...] = (
    {"item": "ESP-2G", "quantity": Decimal(2), "unit_price": Decimal("1250.1234"), "discount": Decimal("12.5")},
    {"item": "NOWHERE", "description": "Site visit", "unit_price": Decimal(90)},
    {"description": "Delivery", "quantity": Decimal("1.5"), "unit_price": Decimal("80.5")},
)


def sold(sandbox: Sandbox) -> dict[str, Any]:
    """An item of the books that is sold, with a sales account."""
    return next(one for one in sandbox.records("Items") if one["IsSold"] and one["SalesDetails"].get("AccountCode"))


def two_sold(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Two items of the books that are sold and have a price."""
    return [one for one in sandbox.records("Items") if one["IsSold"] and one["SalesDetails"].get("UnitPrice")][:2]


def test_the_opportunitys_lines_become_lines_with_item_discount_and_four_decimals(
    sales: Browser, services: Services, sandbox: Sandbox, refit: str
) -> None:
    item = sold(sandbox)
    agree(services, refit, {**LINES[0], "item": item["Code"]}, *LINES[1:])
    form = draft_form(button(open_form(sales, refit), "fill"))
    told = [
        tuple(form[f"lines-{n}-{name}"].value for name in ("item", "quantity", "unit_price", "discount"))
        for n in range(3)
    ]
    assert told == [
        (item["Code"], "2", "1,250.1234", "12.5"),
        ("", "1", "90.00", ""),
        ("", "1.5", "80.50", ""),
    ]
    assert form["lines-1-description"].value == "Site visit"
    assert form["lines-0-account"].value == item["SalesDetails"]["AccountCode"]


def test_what_was_filled_is_what_the_books_get(
    sales: Browser, services: Services, sandbox: Sandbox, refit: str
) -> None:
    agree(services, refit, {**LINES[0], "item": sold(sandbox)["Code"]})
    page = button(open_form(sales, refit), "fill")
    key = key_in(send(page).location)
    services.jobs.drain()
    (made,) = books(sandbox, key)
    (line,) = made["LineItems"]
    assert (line["Quantity"], line["UnitAmount"], line["DiscountRate"]) == (2, Decimal("1250.1234"), Decimal("12.5"))
    assert line["LineAmount"] == Decimal("2187.72")
    assert "The totals differ" not in sales.get(f"/accounting/drafts/{key}")


def bill(sales: Browser, services: Services, refit: str, price: str) -> None:
    """Make a draft of that amount for the opportunity."""
    page = open_form(sales, refit)
    fill(draft_form(page), price=price)
    send(page)
    services.jobs.drain()


def test_what_an_item_brings_along_is_sent_though_the_form_did_not_show_it_yet(
    sales: Browser, services: Services, sandbox: Sandbox, refit: str
) -> None:
    item = sold(sandbox)
    page = open_form(sales, refit)
    form = fill(draft_form(page), price="10.00")
    form["lines-0-account"], form["lines-0-tax_rate"] = "", ""
    form["lines-0-item"].force_value(item["Code"])
    key = key_in(send(page).location)
    services.jobs.drain()
    (made,) = books(sandbox, key)
    (line,) = made["LineItems"]
    assert (line["AccountCode"], line["UnitAmount"]) == (item["SalesDetails"]["AccountCode"], 10)
    assert line["TaxType"] == item["SalesDetails"]["TaxType"]
    assert "The totals differ" not in sales.get(f"/accounting/drafts/{key}")


def test_what_is_still_to_bill_is_filled_in_and_said(sales: Browser, services: Services, refit: str) -> None:
    agree(services, refit, amount=Decimal(6400))
    bill(sales, services, refit, "4,400.00")
    page = button(open_form(sales, refit), "fill")
    assert draft_form(page)["lines-0-unit_price"].value == "2,000.00"
    assert "NZ$ 4,400.00 of the agreed NZ$ 6,400.00 is drafted or billed already: what is still" in words(page)


def test_what_is_billed_elsewhere_or_on_its_way_is_not_filled_in_again(
    sales: Browser, services: Services, refit: str
) -> None:
    agree(services, refit, amount=Decimal(6400))
    other_books = Books(services, paths={"refit": refit})
    other = other_books.connect_another("Kererū Trading Australia", "NZD")
    other_books.document("A-1", to="refit", connection=other, currency="NZD", total="1000.00")
    page = open_form(sales, refit)
    fill(draft_form(page), price="3,000.00")
    send(page)  # no worker runs: it waits
    page = button(open_form(sales, refit), "fill")
    assert draft_form(page)["lines-0-unit_price"].value == "2,400.00"
    assert "NZ$ 4,000.00 of the agreed NZ$ 6,400.00 is drafted or billed already" in words(page)
    services.jobs.drain()
    bill(sales, services, refit, "400.00")  # linked here, so that the tab has a ladder
    other_books.document("A-2", to="refit", connection=other, currency="NZD", total="500.00")
    told = words(sales.get(f"{refit}/tabs/xero"))
    assert "1,500.00 more is billed in another connection, or drafted here and not there yet" in told
    assert "Of all that was agreed 1,500.00 is still to bill" in told


def test_that_all_lines_were_filled_though_part_is_billed_is_said(
    sales: Browser, services: Services, refit: str
) -> None:
    agree(services, refit, *LINES[1:], amount=Decimal(6400))
    bill(sales, services, refit, "400.00")
    assert "take out what was billed" in words(button(open_form(sales, refit), "fill"))


def test_that_nothing_is_left_to_bill_is_said(sales: Browser, services: Services, refit: str) -> None:
    agree(services, refit, amount=Decimal(400))
    bill(sales, services, refit, "400.00")
    page = button(open_form(sales, refit), "fill")
    assert words(page, ".banner.info").startswith("NZ$ 400.00 of the agreed NZ$ 400.00 is drafted or billed already:")
    assert "nothing is left to bill, so nothing was filled in" in words(page, ".banner.info")
    form = draft_form(page)
    assert (form["lines-0-unit_price"].value, form["lines-0-description"].value) == ("", "")


def test_a_currency_other_than_the_opportunitys_is_warned_of(sales: Browser, services: Services, refit: str) -> None:
    agree(services, refit, amount=Decimal(400), currency="USD")
    page = open_form(sales, refit)
    fill(draft_form(page), currency="NZD")
    assert "what was agreed is in USD. Prices are not converted" in words(button(page, "recalculate"))


def test_that_prices_with_tax_are_read_without_it_after_filling_is_said(
    sales: Browser, services: Services, refit: str
) -> None:
    page = open_form(sales, refit)
    form = fill(draft_form(page), price="115.00")
    form["amounts_are"] = "inclusive"
    filled = button(page, "fill")
    assert draft_form(filled)["amounts_are"].value == "exclusive"
    assert "Prices are without tax now, in the rows that were there as well: check those." in filled


@pytest.mark.parametrize(("currency", "price"), [("NZD", True), ("USD", False)])
def test_an_item_picked_on_a_line_of_an_opportunity_fills_its_words_and_its_price_in_its_currency(
    sales: Browser, sandbox: Sandbox, refit: str, currency: str, price: bool
) -> None:
    item = sold(sandbox)
    page = sales.get(f"{refit}/edit")
    form = form_of(page)
    field = page.html.find(id="lines-0-item")
    assert (field["hx-trigger"], field["hx-target"]) == ("change consume", "#lines-row-0")
    form["currency"] = currency
    form["lines-0-item"] = item["Code"]
    form["lines-0-quantity"] = "2"
    form = form_of(form.submit("action", value="look"))
    details = item["SalesDetails"]
    wanted = price_text(Decimal(str(details["UnitPrice"]))) if price else ""
    assert form["lines-0-description"].value in (item.get("Description"), item["Name"])
    assert (form["lines-0-quantity"].value, form["lines-0-unit_price"].value) == ("2", wanted)
    form["lines-0-description"], form["lines-0-unit_price"] = "Our own words", "1.00"
    form = form_of(form.submit("action", value="look"))
    assert form["lines-0-description"].value == "Our own words"
    assert form["lines-0-unit_price"].value == "1.00", "what somebody typed stays"


def test_another_item_on_a_line_of_an_opportunity_takes_the_place_of_what_the_first_brought(
    sales: Browser, sandbox: Sandbox, refit: str
) -> None:
    first, second = two_sold(sandbox)
    form = form_of(sales.get(f"{refit}/edit"))
    form["currency"], form["lines-0-item"], form["lines-0-quantity"] = "NZD", first["Code"], "1"
    form = form_of(form.submit("action", value="look"))
    form["lines-0-item"] = second["Code"]
    form = form_of(form.submit("action", value="look"))
    assert form["lines-0-description"].value in (second.get("Description"), second["Name"])
    assert form["lines-0-unit_price"].value == price_text(Decimal(str(second["SalesDetails"]["UnitPrice"])))
    form["lines-0-item"], form["lines-0-unit_price"] = first["Code"], "1.00"
    form = form_of(form.submit("action", value="look"))
    assert form["lines-0-description"].value in (first.get("Description"), first["Name"])
    assert form["lines-0-unit_price"].value == "1.00", "what somebody typed stays"


def test_another_item_in_a_draft_takes_the_place_of_what_the_first_brought(
    sales: Browser, sandbox: Sandbox, refit: str
) -> None:
    first, second = two_sold(sandbox)
    page = open_form(sales, refit)
    draft_form(page)["lines-0-item"] = first["Code"]
    page = button(page, "recalculate")
    assert draft_form(page)["lines-0-unit_price"].value == price_text(Decimal(str(first["SalesDetails"]["UnitPrice"])))
    draft_form(page)["lines-0-item"] = second["Code"]
    form = draft_form(button(page, "recalculate"))
    assert form["lines-0-description"].value in (second.get("Description"), second["Name"])
    assert form["lines-0-unit_price"].value == price_text(Decimal(str(second["SalesDetails"]["UnitPrice"])))


def test_another_item_that_is_sent_at_once_is_looked_at_first(
    sales: Browser, sandbox: Sandbox, services: Services, refit: str
) -> None:
    first, second = two_sold(sandbox)
    page = open_form(sales, refit)
    draft_form(page)["lines-0-item"] = first["Code"]
    page = button(page, "recalculate")
    form = draft_form(page)
    form["lines-0-item"] = second["Code"]
    page = form.submit("action", value="send", status=422)
    assert "Another item was chosen" in words(page)
    form = draft_form(page)
    assert form["lines-0-unit_price"].value == price_text(Decimal(str(second["SalesDetails"]["UnitPrice"])))
    form.submit("action", value="send", status=303)
    services.jobs.drain()
    (line,) = sandbox.records("Invoices")[-1]["LineItems"]
    assert (line["ItemCode"], Decimal(str(line["UnitAmount"]))) == (
        second["Code"],
        Decimal(str(second["SalesDetails"]["UnitPrice"])),
    )


def test_another_item_on_a_line_that_is_saved_at_once_brings_its_own(
    sales: Browser, sandbox: Sandbox, services: Services, refit: str
) -> None:
    first, second = two_sold(sandbox)
    form = form_of(sales.get(f"{refit}/edit"))
    form["currency"], form["lines-0-item"] = "NZD", first["Code"]
    form = form_of(form.submit("action", value="look"))
    form["lines-0-item"] = second["Code"]
    form.submit(status=303)
    with services.db.read() as session:
        (line,) = session.get_one(Opportunity, int(refit.rpartition("/")[2])).lines
        assert (line.item, line.unit_price) == (second["Code"], Decimal(str(second["SalesDetails"]["UnitPrice"])))
