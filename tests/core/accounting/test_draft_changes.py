"""A draft that is in the books is changed and deleted from here, once; what moved on there is not written over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core import ManualClock
from core.accounting import connections, draft_changes, sending
from core.accounting.models import DocumentRow, DraftChange
from core.audit.models import AuditEntry
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser
from tests.core.accounting.changing import (
    WRITES,
    begin,
    edit_there,
    invoice,
    made,
    posts,
    press,
    send,
    the_change,
)
from tests.core.accounting.drafting import button, draft_form, fields_of, fill, pass_time
from tests.core.pages import words

__all__ = ["made"]
pytestmark = pytest.mark.slow


def test_the_form_of_a_change_is_filled_with_the_document_as_it_is(sales: Browser, made: str) -> None:
    page = begin(sales, made)
    form = draft_form(page)
    assert form["lines-0-description"].value == "Extraction hood"
    assert form["lines-0-unit_price"].value == "6,400.00"
    assert form["reference"].value == "Roastery refit, stage 1"
    assert form["lines-0-id"].value
    assert "Change it in Xero" in page


def test_a_change_reaches_the_draft_and_its_lines_keep_their_ids(
    sales: Browser, services: Services, sandbox: Sandbox, made: str
) -> None:
    before = invoice(sandbox, made)
    page = button(begin(sales, made), "add")
    form = draft_form(page)
    form["lines-0-unit_price"] = "6,150.25"
    fill(form, price="6,150.25")
    form["lines-1-description"], form["lines-1-unit_price"] = "Delivery", "95.5"
    answer = send(page)
    services.jobs.drain()
    after = invoice(sandbox, made)
    assert [line["Description"] for line in after["LineItems"]] == ["Extraction hood", "Delivery"]
    assert after["LineItems"][0]["LineItemID"] == before["LineItems"][0]["LineItemID"]
    assert (after["Status"], str(after["SubTotal"])) == ("DRAFT", "6245.75")
    assert made in after["Url"]
    assert "Changed in Xero" in answer.follow()
    with services.db.read() as session:
        entry = session.scalars(select(AuditEntry).filter_by(deed="draft changed")).one()
        row = session.scalars(select(DocumentRow).filter_by(document_id=after["InvoiceID"])).one()
    assert entry.old["total"] != entry.new["total"]
    assert str(row.total - row.tax) == "6245.75"
    assert "Draft changed by" in str(sandbox.records("History"))
    for address in (answer.location, f"/accounting/drafts/{made}"):
        assert "The totals differ" not in sales.get(address)
    assert "It was changed from here since" in words(sales.get(f"/accounting/drafts/{made}"))


def test_a_text_between_lines_and_a_rebate_pass_through_a_change(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, made: str
) -> None:
    kept = invoice(sandbox, made)["LineItems"][0]
    extra = [
        {"Description": "Thank you for your order"},
        {"Description": "Rebate", "Quantity": 1, "UnitAmount": -20, "AccountCode": "200"},
    ]
    clock.advance(seconds=1)
    sandbox.deeds.edit(invoice(sandbox, made)["InvoiceID"], {"LineItems": [{"LineItemID": kept["LineItemID"]}, *extra]})
    clock.advance(seconds=360)
    services.jobs.enqueue("accounting.refresh", connection_id=1, force=True)
    services.jobs.drain()
    page = begin(sales, made)
    draft_form(page)["reference"] = "PO 81"
    send(page)
    services.jobs.drain()
    after = invoice(sandbox, made)
    assert after["Reference"] == "PO 81"
    assert [line.get("UnitAmount") for line in after["LineItems"]][1:] == [None, -20]
    assert "The totals differ" not in sales.get(f"/accounting/changes/{the_change(services).key}")


def test_a_second_click_changes_it_once(sales: Browser, services: Services, sandbox: Sandbox, made: str) -> None:
    page = begin(sales, made)
    form = draft_form(page)
    form["reference"] = "PO 77"
    fields = fields_of(form, "send")
    locations = {sales.post(form.action, fields, status=303).location for _ in range(2)}
    services.jobs.drain()
    locations.add(sales.post(form.action, fields, status=303).location)
    services.jobs.drain()
    assert len(locations) == 1
    assert posts(sandbox) == 1
    assert invoice(sandbox, made)["Reference"] == "PO 77"


def test_pressing_change_twice_begins_one_change(sales: Browser, services: Services, made: str) -> None:
    first, second = begin(sales, made), begin(sales, made)
    assert draft_form(first)["key"].value == draft_form(second)["key"].value


def test_what_is_saved_half_finished_is_taken_up_again(sales: Browser, services: Services, made: str) -> None:
    page = begin(sales, made)
    form = draft_form(page)
    form["reference"], form["lines-0-unit_price"] = "PO 78", ""
    form.submit("action", value="save", status=303)
    again = draft_form(begin(sales, made))
    assert (again["reference"].value, again["lines-0-unit_price"].value) == ("PO 78", "")


def moved(sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, made: str) -> Any:
    """A form opened, the draft changed there, then the form sent: its page."""
    page = begin(sales, made)
    form = draft_form(page)
    form["lines-0-unit_price"] = "6,000.00"
    form["reference"] = "Ours"
    edit_there(sandbox, clock, made, line={"Description": "Extraction hood, 900 mm"}, Reference="Theirs")
    answer = send(page)
    services.jobs.drain()
    return answer.follow()


def test_what_accounts_changed_meanwhile_is_shown_beside_ours_and_not_written_over(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, made: str
) -> None:
    page = moved(sales, services, sandbox, clock, made)
    rows = [[words_of(cell) for cell in row.find_all(["th", "td"])] for row in page.html.select(".versions tbody tr")]
    assert rows == [
        ["Reference", "Roastery refit, stage 1", "Theirs", "Ours Both changed it"],
        ["Line 1, description", "Extraction hood", "Extraction hood, 900 mm", "Extraction hood"],
        ["Line 1, price", "6,400.00", "6,400.00", "6,000.00"],
    ]
    assert posts(sandbox) == 0
    assert invoice(sandbox, made)["Reference"] == "Theirs"


def words_of(cell: Any) -> str:
    return " ".join(cell.get_text(" ").split())


def test_ours_goes_on_top_of_theirs_after_a_look(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, made: str
) -> None:
    page = press(moved(sales, services, sandbox, clock, made), "ours").follow()
    form = draft_form(page)
    assert form["lines-0-description"].value == "Extraction hood, 900 mm"
    assert (form["reference"].value, form["lines-0-unit_price"].value) == ("Ours", "6,000.00")
    send(page)
    services.jobs.drain()
    now = invoice(sandbox, made)
    assert (now["Reference"], now["LineItems"][0]["Description"]) == ("Ours", "Extraction hood, 900 mm")
    assert now["LineItems"][0]["UnitAmount"] == 6000
    assert the_change(services).state == "made"


def test_theirs_is_taken_and_nothing_is_sent(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, made: str
) -> None:
    page = moved(sales, services, sandbox, clock, made)
    press(page, "discard")
    assert (posts(sandbox), invoice(sandbox, made)["Reference"]) == (0, "Theirs")
    with services.db.read() as session:
        assert session.scalars(select(DraftChange)).all() == []


def test_a_draft_approved_meanwhile_is_said_and_can_be_viewed_and_what_was_typed_becomes_a_new_draft(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, made: str
) -> None:
    page = begin(sales, made)
    draft_form(page)["reference"] = "Too late"
    clock.advance(seconds=1)
    sandbox.deeds.approve(invoice(sandbox, made)["InvoiceID"])
    answer = send(page)
    services.jobs.drain()
    page = answer.follow()
    assert "is no longer a draft" in words(page)
    assert "approved or sent for approval" in words(page)
    assert page.html.find("a", string=lambda text: text and text.startswith("View in Xero"))
    assert invoice(sandbox, made)["Reference"] != "Too late"
    anew = page.click("New draft of what I typed").follow()
    assert draft_form(anew)["reference"].value == "Too late"
    assert "lines-0-id" not in draft_form(anew).fields


def test_a_version_that_moved_without_a_change_is_no_conflict(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, made: str
) -> None:
    page = begin(sales, made)
    draft_form(page)["reference"] = "PO 79"
    edit_there(sandbox, clock, made)
    send(page)
    services.jobs.drain()
    assert invoice(sandbox, made)["Reference"] == "PO 79"


def test_a_deletion_asks_first_and_then_the_draft_counts_no_more(
    sales: Browser, services: Services, sandbox: Sandbox, made: str, refit: str
) -> None:
    page = begin(sales, made, "delete")
    assert "It cannot be brought back" in words(page)
    assert invoice(sandbox, made)["Status"] == "DRAFT"
    page = press(page, "send")
    services.jobs.drain()
    assert "Deleted in Xero" in page.follow()
    assert invoice(sandbox, made)["Status"] == "DELETED"
    tab = sales.get(f"{refit}/tabs/xero?invoices=drafts")
    assert "None that are drafts" in words(tab)
    with services.db.read() as session:
        assert session.scalars(select(AuditEntry).filter_by(deed="draft deleted")).one().old["document"]


def test_a_deletion_confirmed_twice_is_sent_once(
    sales: Browser, services: Services, sandbox: Sandbox, made: str
) -> None:
    page = begin(sales, made, "delete")
    press(page, "send")
    press(page, "send")
    services.jobs.drain()
    press(page, "send")
    services.jobs.drain()
    assert (posts(sandbox), the_change(services).state) == (1, "made")


def test_a_draft_approved_before_its_deletion_stays(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, made: str
) -> None:
    page = begin(sales, made, "delete")
    clock.advance(seconds=1)
    sandbox.deeds.approve(invoice(sandbox, made)["InvoiceID"])
    page = press(page, "send")
    services.jobs.drain()
    assert invoice(sandbox, made)["Status"] == "AUTHORISED"
    assert "Your deletion was not sent" in words(page.follow())


def test_what_was_deleted_there_already_is_deleted(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, made: str
) -> None:
    page = begin(sales, made, "delete")
    clock.advance(seconds=1)
    sandbox.deeds.delete(invoice(sandbox, made)["InvoiceID"])
    press(page, "send")
    services.jobs.drain()
    assert the_change(services).state == "made"


def change_the_reference(sales: Browser, made: str, text: str = "PO 80") -> None:
    page = begin(sales, made)
    draft_form(page)["reference"] = text
    send(page)


@pytest.mark.parametrize("fault", ["drop-after", "malformed", "500"])
def test_a_change_whose_answer_was_lost_is_found_by_reading_the_document(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, made: str, fault: str
) -> None:
    change_the_reference(sales, made)
    sandbox.faults.add(fault, times=1, **WRITES)
    services.jobs.drain()
    pass_time(services, clock, seconds=300, deed=draft_changes.DEED)
    assert the_change(services).state == "made"
    assert invoice(sandbox, made)["Reference"] == "PO 80"


def test_a_lost_answer_is_never_sent_again_over_what_somebody_changed_since(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, made: str
) -> None:
    """The change arrived and its worker died; accounts changed the draft after it; only then it is looked up."""
    change_the_reference(sales, made)
    change = the_change(services)
    claimed = sending._claim(services, draft_changes.DEED, change.id, (DraftChange.state == "queued",))
    assert claimed is not None
    draft_changes.DEED.send(services, connections.open_provider(services, change.connection_id), claimed)
    edit_there(sandbox, clock, made, Reference="Theirs, later")
    pass_time(services, clock, seconds=300, deed=draft_changes.DEED)
    assert invoice(sandbox, made)["Reference"] == "Theirs, later"
    assert (the_change(services).state, posts(sandbox)) == ("made", 1)


def test_a_change_that_never_arrived_is_sent_again_only_while_the_draft_is_as_it_was(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, made: str
) -> None:
    change_the_reference(sales, made)
    sandbox.faults.add("drop-before", times=1, **WRITES)
    services.jobs.drain()
    assert the_change(services).state == "unknown"
    edit_there(sandbox, clock, made, Reference="Theirs")
    pass_time(services, clock, seconds=300, deed=draft_changes.DEED)
    assert invoice(sandbox, made)["Reference"] == "Theirs"
    change = the_change(services)
    assert change.state == "refused"
    assert change.theirs["reference"] == "Theirs"


def test_a_change_that_never_arrived_is_sent_again_after_the_margin(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, made: str
) -> None:
    change_the_reference(sales, made)
    sandbox.faults.add("drop-before", times=1, **WRITES)
    services.jobs.drain()
    pass_time(services, clock, seconds=120, deed=draft_changes.DEED)
    assert the_change(services).state == "made"
    assert invoice(sandbox, made)["Reference"] == "PO 80"


@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
def test_a_deletion_whose_answer_was_lost_ends_with_the_draft_deleted(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, made: str, fault: str
) -> None:
    press(begin(sales, made, "delete"), "send")
    sandbox.faults.add(fault, times=1, **WRITES)
    services.jobs.drain()
    pass_time(services, clock, seconds=300, deed=draft_changes.DEED)
    assert (the_change(services).state, invoice(sandbox, made)["Status"]) == ("made", "DELETED")


@pytest.mark.parametrize(("fault", "wait"), [("429-minute", 120), ("503", 700)])
def test_a_change_waits_for_who_is_throttled_or_away_and_goes_out_by_itself(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, made: str, fault: str, wait: int
) -> None:
    change_the_reference(sales, made)
    sandbox.faults.add(fault, times=1, method="GET", path="/api.xro/2.0/Invoices")
    services.jobs.drain()
    assert the_change(services).state == "queued"
    page = sales.get(f"/accounting/changes/{the_change(services).key}")
    assert "Reference for support: LT-" in words(page)
    assert "Xero says" not in page, "its own words may hold anything, and sales sees no bills"
    pass_time(services, clock, seconds=wait, deed=draft_changes.DEED)
    assert invoice(sandbox, made)["Reference"] == "PO 80"


def test_the_form_of_a_change_that_was_taken_back_tells_the_reference_too(
    sales: Browser, services: Services, sandbox: Sandbox, made: str
) -> None:
    change_the_reference(sales, made)
    sandbox.faults.add("429-minute", times=1, method="GET", path="/api.xro/2.0/Invoices")
    services.jobs.drain()
    page = sales.get(f"/accounting/changes/{the_change(services).key}")
    assert "Reference for support: LT-" in words(press(page, "back").follow(), "main .banner.bad")


def test_what_is_refused_stands_at_its_field_and_can_be_mended(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, made: str
) -> None:
    page = begin(sales, made)
    draft_form(page)["lines-0-account"] = "210"
    sandbox.deeds.archive_account("210", Sandbox.tenant_id)
    answer = send(page)
    services.jobs.drain()
    page = answer.follow().follow()
    assert "is archived. Choose another." in words(page)
    form = draft_form(page)
    form["lines-0-account"] = "200"
    form["reference"] = "Mended"
    send(page)
    services.jobs.drain()
    assert invoice(sandbox, made)["Reference"] == "Mended"


def test_a_change_in_two_windows_keeps_both_texts(sales: Browser, services: Services, made: str) -> None:
    one, other = begin(sales, made), begin(sales, made)
    draft_form(one)["reference"] = "One"
    draft_form(other)["reference"] = "Other"
    draft_form(one).submit("action", value="save", status=303)
    answer = draft_form(other).submit("action", value="save", status=409)
    assert draft_form(answer)["reference"].value == "Other"
    assert "It changed meanwhile" in words(answer)


def test_who_sees_no_amounts_changes_nothing(sales: Browser, services: Services, made: str, log_in: Any) -> None:
    key = draft_form(begin(sales, made))["key"].value
    with services.db.begin() as session:
        from core.accounting.models import ConnectionAccess
        from core.users.models import User

        role = session.scalars(select(User.role_id).where(User.login == "sales")).one()
        session.add(
            ConnectionAccess(role_id=role, connection_id=1, rights=["accounting.see_status", "accounting.draft"])
        )
    assert sales.get(f"/accounting/changes/{key}/edit", expect_errors=True).status_int == 403
    page = sales.get(f"/accounting/drafts/{made}")
    assert [form for form in page.forms.values() if form.action == "/accounting/changes"] == []


def test_changes_never_touched_are_dropped_after_a_day(
    sales: Browser, services: Services, clock: ManualClock, made: str
) -> None:
    begin(sales, made)
    clock.advance(timedelta(days=2))
    draft_changes.tidy(services)
    with services.db.read() as session:
        assert session.scalars(select(DraftChange)).all() == []
