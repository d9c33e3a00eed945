"""Copying fields on the pages: looked at before it is written, written once, never over somebody else's change."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from core import ManualClock
from core.accounting import copying, failures, party_changes, sending
from core.accounting.models import Connection, PartyChange, PartyLink, PartyRow
from core.audit.models import AuditEntry
from core.records.models import Organization
from core.services import Services
from core.users.models import Role
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.core.accounting.drafting import key_in
from tests.core.pages import words
from tests.story.conftest import Connect

pytestmark = pytest.mark.slow
NAME = "Harbour Coffee Roasters Ltd"


@pytest.fixture
def sales(connect: Connect, log_in: LogIn) -> Browser:
    """A sales person's browser; the organisation is connected."""
    connect()
    return log_in("sales")


@pytest.fixture
def tab(sales: Browser, services: Services, sandbox: Sandbox, harbour: str) -> str:
    """The tab of an organization that is linked."""
    with services.db.read() as session:
        connection = session.scalars(select(Connection)).one()
    fields = {"connection": str(connection.id), "party": sandbox.contact_id(NAME)}
    sales.send(f"{harbour}/tabs/xero/link", fields, status=303)
    services.jobs.drain()
    return f"{harbour}/tabs/xero"


def contact(sandbox: Sandbox) -> dict[str, Any]:
    ident = sandbox.contact_id(NAME)
    return next(one for one in sandbox.records("Contacts") if one["ContactID"] == ident)


def set_record(services: Services, **values: str) -> None:
    with services.db.begin() as session:
        record = session.scalars(select(Organization)).one()
        for name, value in values.items():
            setattr(record, name, value)


def set_rights(services: Services, *rights: str) -> None:
    with services.db.begin() as session:
        session.scalars(select(Role).where(Role.key == "sales")).one().rights = list(rights)


def link_id(services: Services) -> str:
    with services.db.read() as session:
        return str(session.scalars(select(PartyLink)).one().id)


def form_of(page: Any) -> Any:
    return next(form for form in page.forms.values() if "link" in form.fields and form.method.upper() == "GET")


def preview(sales: Browser, services: Services, tab: str, **ways: str) -> Any:
    form = form_of(sales.get(f"{tab}/copy?link={link_id(services)}"))
    for field in list(form.fields):
        if field and field in party_fields() and field not in ways:
            form[field] = "leave"
    for field, way in ways.items():
        form[field] = way
    return form.submit("step", value="preview")


def party_fields() -> frozenset[str]:
    return frozenset({*copying.FIELDS["organizations"], copying.REF})


def confirm(page: Any) -> Any:
    return next(form for form in page.forms.values() if form.action.endswith("/copy") and "seen" in form.fields)


def posts(sandbox: Sandbox) -> int:
    return sum(call.method == "POST" and "/Contacts/" in call.path for call in sandbox.calls.all())


def pass_time(services: Services, clock: ManualClock, seconds: int) -> None:
    for _ in range(0, seconds, 15):
        clock.advance(seconds=15)
        sending.sweep(services, party_changes.DEED)
        services.jobs.drain()


def test_both_ways_are_previewed_written_once_and_written_down(
    sales: Browser, services: Services, sandbox: Sandbox, tab: str
) -> None:
    before = contact(sandbox)
    set_record(services, phone="", city="Lyttelton Port", email="new@harbour.example")
    page = preview(sales, services, tab, email="there", phone="here")
    assert before["EmailAddress"] in page
    assert "new@harbour.example" in page
    assert contact(sandbox) == before, "a preview writes nothing"
    assert posts(sandbox) == 0
    fields = confirm(page).submit_fields()
    answers = [sales.post(f"{tab}/copy", fields, status=303) for _ in range(2)]
    assert answers[0].location == answers[1].location
    services.jobs.drain()
    after = contact(sandbox)
    assert after["EmailAddress"] == "new@harbour.example"
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"EmailAddress", "UpdatedDateUTC"}, "nothing else of it is sent"
    assert posts(sandbox) == 1
    landed = sales.get(answers[0].location, status=303).follow()
    assert "Copied: E-mail to Kererū Trading; Phone to Harbour Coffee Roasters." in landed
    with services.db.read() as session:
        record = session.scalars(select(Organization)).one()
        assert record.phone
        deeds = {one.deed: one for one in session.scalars(select(AuditEntry))}
    there, here = deeds["copied to party"], deeds["copied to record"]
    assert (there.old["email"], there.new["email"]) == (before["EmailAddress"], "new@harbour.example")
    assert (here.old["phone"], here.new["phone"]) == ("", record.phone)
    assert there.new["in"] == here.new["in"] == "Kererū Trading"


def test_other_phones_and_addresses_of_the_contact_stay(
    sales: Browser, services: Services, sandbox: Sandbox, tab: str
) -> None:
    ident = sandbox.contact_id(NAME)
    mobile = {"PhoneType": "MOBILE", "PhoneNumber": "21 555 777", "PhoneAreaCode": "", "PhoneCountryCode": "64"}
    street = {"AddressType": "STREET", "AddressLine1": "Wharf 3", "City": "Lyttelton"}
    sandbox.deeds.change_contact(ident, Phones=[mobile], Addresses=[street])
    set_record(services, phone="+64 3 328 0000", city="Ōhinehou", address="PO Box 1")
    with services.db.read() as session:
        connection = session.scalars(select(Connection)).one()
    services.jobs.enqueue("accounting.refresh", connection_id=connection.id, force=True)
    services.jobs.drain()
    confirm(preview(sales, services, tab, phone="there", address="there")).submit(status=303)
    services.jobs.drain()
    found = contact(sandbox)
    phones = {one["PhoneType"]: one["PhoneNumber"] for one in found["Phones"]}
    assert (phones["DEFAULT"], phones["MOBILE"]) == ("+64 3 328 0000", "21 555 777")
    places = {one["AddressType"]: one for one in found["Addresses"]}
    assert places["POBOX"]["City"] == "Ōhinehou"
    assert places["STREET"]["AddressLine1"] == "Wharf 3"


def test_a_lost_answer_is_looked_up_and_written_once(
    sales: Browser, services: Services, sandbox: Sandbox, tab: str
) -> None:
    set_record(services, email="new@harbour.example")
    page = preview(sales, services, tab, email="there")
    sandbox.faults.add("drop-after", times=1, method="POST", path=f"/api.xro/2.0/Contacts/{sandbox.contact_id(NAME)}")
    confirm(page).submit(status=303)
    services.jobs.drain()
    assert contact(sandbox)["EmailAddress"] == "new@harbour.example"
    assert posts(sandbox) == 1
    with services.db.read() as session:
        assert session.scalars(select(PartyChange)).one().state == "made"


def test_what_never_arrived_is_sent_again_after_the_margin(
    sales: Browser, services: Services, sandbox: Sandbox, tab: str, clock: ManualClock
) -> None:
    set_record(services, email="new@harbour.example")
    page = preview(sales, services, tab, email="there")
    sandbox.faults.add("drop-before", times=1, method="POST", path=f"/api.xro/2.0/Contacts/{sandbox.contact_id(NAME)}")
    answer = confirm(page).submit(status=303)
    services.jobs.drain()
    assert "We do not know yet" in sales.get(answer.location)
    assert "is not known yet" in sales.get(tab)
    pass_time(services, clock, 120)
    assert contact(sandbox)["EmailAddress"] == "new@harbour.example"


def test_somebody_elses_change_is_not_written_over_and_both_are_shown(
    sales: Browser, services: Services, sandbox: Sandbox, tab: str, clock: ManualClock
) -> None:
    set_record(services, email="new@harbour.example")
    old = contact(sandbox)["EmailAddress"]
    page = preview(sales, services, tab, email="there")
    clock.advance(seconds=5)
    sandbox.deeds.change_contact(sandbox.contact_id(NAME), EmailAddress="theirs@harbour.example")
    answer = confirm(page).submit(status=303)
    services.jobs.drain()
    assert contact(sandbox)["EmailAddress"] == "theirs@harbour.example"
    shown = sales.get(answer.location, status=303).follow()
    for text in ("is not as it was", "new@harbour.example", "theirs@harbour.example", f"was {old} when you looked"):
        assert text in shown
    assert form_of(shown)["email"].value == "there", "what was chosen is chosen still"
    confirm(form_of(shown).submit("step", value="preview")).submit(status=303)
    services.jobs.drain()
    assert contact(sandbox)["EmailAddress"] == "new@harbour.example"
    with services.db.read() as session:
        assert [one.state for one in session.scalars(select(PartyChange))] == ["made"]


def test_a_change_of_another_field_meanwhile_hinders_nothing(
    sales: Browser, services: Services, sandbox: Sandbox, tab: str, clock: ManualClock
) -> None:
    set_record(services, email="new@harbour.example")
    page = preview(sales, services, tab, email="there")
    clock.advance(seconds=5)
    sandbox.deeds.change_contact(sandbox.contact_id(NAME), TaxNumber="99-999-999")
    confirm(page).submit(status=303)
    services.jobs.drain()
    found = contact(sandbox)
    assert (found["EmailAddress"], found["TaxNumber"]) == ("new@harbour.example", "99-999-999")


def test_what_changed_between_the_preview_and_the_button_is_shown_again(
    sales: Browser, services: Services, sandbox: Sandbox, tab: str
) -> None:
    set_record(services, email="new@harbour.example")
    page = preview(sales, services, tab, email="there")
    set_record(services, email="newer@harbour.example")
    again = confirm(page).submit(status=409)
    assert "Something changed since you looked" in again
    assert form_of(again)["email"].value == "there"
    services.jobs.drain()
    assert posts(sandbox) == 0


def test_a_record_that_changed_after_the_preview_is_not_written_over(
    sales: Browser, services: Services, sandbox: Sandbox, tab: str
) -> None:
    set_record(services, email="mine@harbour.example")
    page = preview(sales, services, tab, email="here")
    set_record(services, website="https://changed.example")
    confirm(page).submit(status=409)
    with services.db.read() as session:
        assert session.scalars(select(Organization)).one().email == "mine@harbour.example"
        assert session.scalars(select(PartyChange)).all() == []


def test_a_name_that_is_taken_offers_who_has_it(sales: Browser, services: Services, sandbox: Sandbox, tab: str) -> None:
    other = next(
        one["Name"] for one in sandbox.records("Contacts") if one["ContactStatus"] == "ACTIVE" and one["Name"] != NAME
    )
    set_record(services, name=other.upper())
    answer = confirm(preview(sales, services, tab, name="there")).submit(status=303)
    services.jobs.drain()
    page = sales.get(answer.location, status=303).follow()
    assert f"Kererū Trading has {other} already" in page.text.replace("&amp;", "&").replace("&#39;", "'")
    assert page.html.find(id="d-name-error") is not None
    assert form_of(page)["name"].value == "there"
    assert "was not written" in sales.get(tab)


def test_a_refusal_stands_at_its_field(sales: Browser, services: Services, sandbox: Sandbox, tab: str) -> None:
    set_record(services, country="C" * 60)
    answer = confirm(preview(sales, services, tab, address="there")).submit(status=303)
    services.jobs.drain()
    page = sales.get(answer.location, status=303).follow()
    said = page.html.find(id="d-address-error").get_text()
    assert said.startswith("Country: ")
    assert "at most 50 characters" in said


def test_nothing_chosen_is_said(sales: Browser, services: Services, tab: str) -> None:
    form = form_of(sales.get(f"{tab}/copy?link={link_id(services)}"))
    for field in party_fields() & set(form.fields):
        form[field] = "leave"
    assert "Choose a direction" in form.submit("step", value="preview", status=422)


def test_the_tab_says_how_many_fields_differ_and_nothing_when_none_does(
    sales: Browser, services: Services, sandbox: Sandbox, tab: str
) -> None:
    with services.db.read() as session:
        party = session.scalars(select(PartyRow).where(PartyRow.party_id == sandbox.contact_id(NAME))).one().data
    same = {name: party.get(name, "") for name in ("email", "phone", "address", "city", "region", "postal_code")}
    set_record(services, **same, tax_number=party.get("tax_number", ""), country=party.get("country", ""))
    assert "differ" not in sales.get(tab)
    set_record(services, email="new@harbour.example", city="Elsewhere")
    page = sales.get(tab)
    assert "2 fields differ" in page
    assert page.click("2 fields differ").status_int == 200
    set_rights(services, "accounting.see_status", "accounting.see_amounts")
    page = sales.get(tab)
    assert "Linked to" in page
    assert "fields differ" not in page
    assert "Copy fields" not in page


def test_who_may_link_but_sees_no_amounts_sees_none_here(services: Services, tab: str, sales: Browser) -> None:
    set_rights(services, "records.edit", "accounting.see_status", "accounting.link")
    set_record(services, email="new@harbour.example")
    pages = [sales.get(tab), sales.get(f"{tab}/copy?link={link_id(services)}"), sales.get(f"{tab}/search")]
    pages.append(preview(sales, services, tab, email="there"))
    for page in pages:
        assert "NZD" not in page
        assert "$" not in page.text


def test_who_may_not_change_records_copies_there_alone(services: Services, tab: str, sales: Browser) -> None:
    set_rights(services, "accounting.see_status", "accounting.link")
    set_record(services, email="new@harbour.example")
    form = form_of(sales.get(f"{tab}/copy?link={link_id(services)}"))
    assert [value for value, *_ in form["email"].options] == ["leave", "there"]


def test_the_number_of_the_record_is_given_only_where_the_admin_allows_it(
    sales: Browser, services: Services, sandbox: Sandbox, tab: str
) -> None:
    page = sales.get(f"{tab}/copy?link={link_id(services)}")
    assert "record_ref" not in form_of(page).fields
    with services.db.begin() as session:
        session.execute(update(Connection).values(record_refs=True))
    confirm(preview(sales, services, tab, record_ref="there")).submit(status=303)
    services.jobs.drain()
    assert contact(sandbox)["ContactNumber"] == tab.removeprefix("/").partition("/tabs")[0]
    assert "record_ref" not in form_of(sales.get(f"{tab}/copy?link={link_id(services)}")).fields


def test_a_change_is_shown_to_nobody_without_the_right(
    sales: Browser, services: Services, tab: str, log_in: LogIn
) -> None:
    set_record(services, email="new@harbour.example")
    answer = confirm(preview(sales, services, tab, email="there")).submit(status=303)
    assert key_in(answer.location)
    log_in("reader").get(answer.location, status=403)
    log_in("reader").get(f"{tab}/copy?link={link_id(services)}", status=403)


def test_a_copy_that_is_throttled_says_until_when_and_goes_out_by_itself(
    sales: Browser, services: Services, sandbox: Sandbox, tab: str, clock: ManualClock
) -> None:
    set_record(services, email="new@harbour.example")
    page = preview(sales, services, tab, email="there")
    sandbox.faults.add("429-minute", times=1)
    answer = confirm(page).submit(status=303)
    services.jobs.drain()
    page = sales.get(answer.location)
    assert "goes out by itself" in page
    assert "Reference for support: LT-" in words(page)
    assert "waits to be sent" in sales.get(tab)
    assert contact(sandbox)["EmailAddress"] != "new@harbour.example"
    pass_time(services, clock, 180)
    assert contact(sandbox)["EmailAddress"] == "new@harbour.example"


def test_a_copy_that_waits_can_be_taken_back_and_looked_at_again(
    sales: Browser, services: Services, sandbox: Sandbox, tab: str
) -> None:
    set_record(services, email="new@harbour.example")
    page = preview(sales, services, tab, email="there")
    sandbox.faults.add("429-minute", times=1)
    answer = confirm(page).submit(status=303)
    services.jobs.drain()
    waiting = sales.get(answer.location)
    back = next(form for form in waiting.forms.values() if form.action.endswith("/back"))
    form = form_of(back.submit(status=303).follow().follow())
    assert form["email"].value == "there"
    services.jobs.drain()
    assert posts(sandbox) == 0
    with services.db.read() as session:
        assert failures.open_count(session) == 1
    confirm(form.submit("step", value="preview")).submit(status=303)
    with services.db.read() as session:
        assert failures.open_count(session) == 0, "another copy took its place"


def test_a_record_that_is_deleted_for_good_takes_its_unsent_copies_along(
    log_in: LogIn, sales: Browser, services: Services, sandbox: Sandbox, tab: str
) -> None:
    set_record(services, country="C" * 60)
    answer = confirm(preview(sales, services, tab, address="there")).submit(status=303)
    services.jobs.drain()
    asked = sales.get(f"{tab.partition('/tabs')[0]}/delete")
    assert "1 copy that was not sent will go." in asked
    with services.db.read() as session:
        assert failures.open_count(session) == 1
    next(form for form in asked.forms.values() if "version" in form.fields).submit(status=303)
    sales.get(answer.location, status=303)
    log_in("admin").send(f"/bin{tab.partition('/tabs')[0]}/purge", status=303)
    sales.get(answer.location, status=404)
    with services.db.read() as session:
        assert session.scalars(select(PartyChange)).all() == []
        assert failures.open_count(session) == 0
