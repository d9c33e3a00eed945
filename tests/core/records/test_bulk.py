"""One change to many records: asked first, reported, undone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from core import ManualClock
from core.audit.models import AuditEntry
from core.jobs.periodic import tick
from core.records import bulk
from core.records.models import Contact, Opportunity
from core.services import Services
from tests.conftest import Browser, LogIn
from tests.core.conftest import Make
from tests.core.pages import form_of, words


def asked(browser: Browser, path: str, **fields: Any) -> Any:
    return browser.send(path, fields, status=303).follow()


def test_many_are_tagged_after_a_question_and_what_moved_on_is_left_alone_and_named(
    log_in: LogIn, make: Make, services: Services
) -> None:
    numbers = [make("contacts", last_name=f"Person {number}", tags=("Old",)) for number in range(4)]
    sales = log_in("sales")
    listed = sales.get("/contacts")
    form = next(form for form in listed.forms.values() if form.action.startswith("/contacts/bulk"))
    for box in form.fields["id"]:
        box.checked = True
    form["tag"] = "VIP"
    page = form.submit("deed", value="add_tag", status=303).follow()
    assert "4 contacts will be changed" in words(page)
    with services.db.begin() as session:
        assert session.query(AuditEntry).count() == 0, "nothing is done before it is confirmed"
        session.get_one(Contact, numbers[0]).last_name = "Moved on"
        session.delete(session.get_one(Contact, numbers[1]))
    done = form_of(page).submit(status=303).follow()
    assert "2 changed. 2 left out: Moved on was changed meanwhile. #2 was deleted meanwhile." in words(done)
    form_of(page).submit(status=303)  # a second click
    with services.db.read() as session:
        assert session.get_one(Contact, numbers[3]).tags == ("Old", "VIP")
        assert session.get_one(Contact, numbers[0]).tags == ("Old",)
        assert session.query(AuditEntry).count() == 2
    undone = next(f for f in done.forms.values() if f.action == "/contacts/bulk/1").submit(status=303).follow()
    assert "It was undone." in words(undone)
    with services.db.read() as session:
        assert session.get_one(Contact, numbers[3]).tags == ("Old",)
    log_in("admin").get("/contacts/bulk/1", status=404)


def test_all_that_match_are_meant_by_their_filters_and_lost_ones_need_a_reason(
    log_in: LogIn, make: Make, services: Services
) -> None:
    for name in ("Refit 1", "Refit 2", "Other"):
        make("opportunities", name=name, stage="New", probability=10)
    sales, path = log_in("sales"), "/opportunities/bulk?q=refit"
    assert "Write why they were lost." in asked(sales, path, all="on", deed="stage", stage="Lost")
    page = asked(sales, path, all="on", deed="stage", stage="Lost", reason="Too dear")
    done = form_of(page).submit(status=303).follow()
    with services.db.read() as session:
        deals = session.query(Opportunity).order_by(Opportunity.id).all()
        assert [(deal.outcome, deal.reason) for deal in deals] == [("lost", "Too dear")] * 2 + [("open", "")]
    next(f for f in done.forms.values() if f.action == "/opportunities/bulk/1").submit(status=303)
    with services.db.read() as session:
        assert {(deal.stage, deal.probability) for deal in session.query(Opportunity)} == {("New", 10)}
    page = asked(sales, path, all="on", deed="delete")
    form_of(page).submit(status=303)
    with services.db.read() as session:
        assert session.query(Opportunity).count() == 1


def test_more_than_some_are_done_by_a_job_in_pieces_once(
    log_in: LogIn, make: Make, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 3)
    for number in range(7):
        make("contacts", last_name=f"Person {number}")
    sales = log_in("sales")
    page = asked(sales, "/contacts/bulk", all="on", deed="owner", owner="1")
    waiting = form_of(page).submit(status=303).follow()
    assert "0 of 7 contacts are done." in words(waiting)
    assert waiting.html.find(id="bulk")["hx-get"] == "/contacts/bulk/1"
    assert services.jobs.drain() == 1
    services.jobs.enqueue("records.bulk", bulk_id=1)
    services.jobs.drain()
    assert "7 changed." in words(sales.get("/contacts/bulk/1"))
    with services.db.read() as session:
        assert session.query(AuditEntry).count() == 7


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"deed": "owner", "owner": "99", "id": "1"},
        {"deed": "add_tag", "tag": "a,b", "id": "1"},
        {"deed": "add_tag", "tag": "x" * 10_000, "id": "1"},
        {"deed": "add_tag", "tag": "\x00", "id": "1"},
        {"deed": "stage", "stage": "Won", "id": "1"},
        {"deed": "delete"},
        {"deed": "delete", "id": "99999999999999999999"},
        {"deed": "delete", "id": "\x00"},
        {"deed": "<b>", "id": "1"},
    ],
)
@pytest.mark.slow
def test_what_cannot_be_done_is_said_and_nothing_is_written_down(
    fields: dict[str, str], log_in: LogIn, make: Make, services: Services
) -> None:
    make("contacts", last_name="Parata")
    page = asked(log_in("sales"), "/contacts/bulk", **fields)
    assert page.request.path == "/contacts"
    assert page.html.select_one(".toast.error") is not None
    with services.db.read() as session:
        assert session.query(bulk.BulkChange).count() == 0


def test_what_cannot_be_taken_back_is_forgotten_after_a_day_and_what_is_under_way_is_not(
    log_in: LogIn, make: Make, services: Services, clock: ManualClock
) -> None:
    number = make("contacts", last_name="Person")
    sales = log_in("sales")
    for tag in ("One", "Two", "Three"):
        asked(sales, "/contacts/bulk", deed="add_tag", tag=tag, id=str(number))
    sales.send("/contacts/bulk/1", {"action": "do"}, status=303)
    with services.db.begin() as session:
        session.get_one(bulk.BulkChange, 2).state = bulk.RUNNING
    clock.advance(dt.timedelta(hours=23))
    tick(services)
    assert "1 changed." in words(sales.get("/contacts/bulk/1"))
    clock.advance(dt.timedelta(hours=2))
    tick(services)
    with services.db.read() as session:
        assert [one.id for one in session.query(bulk.BulkChange)] == [2]
