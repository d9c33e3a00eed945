"""What is deleted lies in the bin for thirty days, is found nowhere else, and comes back whole."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from core import ManualClock
from core.jobs.periodic import tick
from core.records.hiding import WITH
from core.records.models import Contact, Organization
from core.services import Services
from tests.conftest import LogIn
from tests.core.conftest import Make
from tests.core.pages import words


def deleted(log_in: LogIn, path: str) -> None:
    log_in("sales").send(f"{path}/delete", {"version": "1"}, status=303)


def test_what_is_in_the_bin_is_found_nowhere_and_its_links_wait_for_it(log_in: LogIn, make: Make) -> None:
    mill = make("organizations", name="Old Mill Bakery", tags=("Wholesale",))
    mere = make("contacts", first_name="Mere", organization_id=mill)
    deleted(log_in, f"/organizations/{mill}")
    sales = log_in("sales")
    for path in ("/organizations", "/search?q=mill", f"/contacts/{mere}", "/"):
        assert "Old Mill Bakery" not in words(sales.get(path)), path
    for path in ("/organizations/choices?q=mill", "/search/suggest?q=mill"):
        assert "Old Mill Bakery" not in sales.get(path), path
    for path in (f"/organizations/{mill}", f"/organizations/{mill}/edit", f"/organizations/{mill}/contacts"):
        sales.get(path, status=404)
    form = sales.get(f"/contacts/{mere}/edit").forms
    edit = next(one for one in form.values() if "first_name" in one.fields)
    assert "Old Mill Bakery (in the bin)" in str(edit["organization_id"].options)
    edit["first_name"] = "Mereana"
    edit.submit(status=303)
    page = sales.get("/bin?kind=organizations")
    page = next(form for form in page.forms.values() if form.action.endswith("/restore")).submit(status=303).follow()
    assert words(page, "h1") == "Old Mill Bakery"
    assert "Wholesale" in words(page)
    assert "Old Mill Bakery" in words(sales.get(f"/contacts/{mere}"))


def test_the_address_of_what_lies_in_the_bin_says_so_and_restores_it_for_whoever_may(
    log_in: LogIn, make: Make, clock: ManualClock
) -> None:
    mill, gone = make("organizations", name="Old Mill Bakery"), make("organizations", name="Never Was")
    deleted(log_in, f"/organizations/{mill}")
    sales = log_in("sales")
    page = sales.get(f"/organizations/{mill}/edit", status=404)
    until = (clock.now() + dt.timedelta(days=30)).day
    assert f"Old Mill Bakery was deleted. It is in the bin until {until} " in words(page)
    page = next(form for form in page.forms.values() if form.action.endswith("/restore")).submit(status=303).follow()
    assert words(page, "h1") == "Old Mill Bakery"
    log_in("sales").send(f"/organizations/{gone}/delete", {"version": "1"}, status=303)
    assert "Never Was" not in words(log_in("reader").get(f"/organizations/{gone}", status=404), "main")
    for path in ("/organizations/999", "/contacts/99999999999999999", f"/contacts/{gone}"):
        assert "the bin" not in words(sales.get(path, status=404), "main"), path


def test_after_thirty_days_the_bin_is_emptied_and_not_before(
    log_in: LogIn, make: Make, services: Services, clock: ManualClock
) -> None:
    contact = make("contacts", first_name="Mere")
    deleted(log_in, f"/contacts/{contact}")
    for days, left in ((29, 1), (2, 0)):
        clock.advance(dt.timedelta(days=days))
        tick(services)
        with services.db.read() as session:
            assert len(session.scalars(select(Contact.id), execution_options=WITH).all()) == left
    log_in("sales").get("/bin?kind=contacts").mustcontain("No contacts in the bin")


def test_only_who_may_deletes_for_good_and_what_is_not_there_is_said(
    log_in: LogIn, make: Make, services: Services
) -> None:
    mill = make("organizations", name="Old Mill Bakery")
    log_in("admin").send(f"/bin/organizations/{mill}/purge", status=404)
    deleted(log_in, f"/organizations/{mill}")
    assert "Delete for good" not in words(log_in("sales").get("/bin?kind=organizations"))
    log_in("sales").send(f"/bin/organizations/{mill}/purge", status=403)
    page = log_in("admin").send(f"/bin/organizations/{mill}/purge", status=303).follow()
    assert "Old Mill Bakery was deleted for good." in words(page)
    log_in("sales").send(f"/bin/organizations/{mill}/restore", status=404)
    with services.db.read() as session:
        assert session.scalars(select(Organization.id), execution_options=WITH).all() == []


def test_deleting_for_good_leaves_a_new_version_and_a_trace_on_what_belonged_to_it(
    log_in: LogIn, make: Make, services: Services
) -> None:
    mill = make("organizations", name="Old Mill Bakery")
    here = make("contacts", last_name="Rata", organization_id=mill)
    gone = make("contacts", last_name="Tane", organization_id=mill)
    deleted(log_in, f"/contacts/{gone}")
    deleted(log_in, f"/organizations/{mill}")
    with services.db.read() as session:
        contacts = select(Contact).order_by(Contact.id)
        before = [one.version for one in session.scalars(contacts, execution_options=WITH)]
    log_in("admin").send(f"/bin/organizations/{mill}/purge", status=303)
    with services.db.read() as session:
        both = session.scalars(contacts, execution_options=WITH).all()
        assert [(one.organization_id, one.version) for one in both] == [(None, version + 1) for version in before]
    assert "Old Mill Bakery" in words(log_in("sales").get(f"/contacts/{here}"), "main")


@pytest.mark.parametrize("query", ["kind=x", "page=99999999999", "page=-1", "kind=projects&page=%00"])
def test_odd_addresses_of_the_bin_show_it(log_in: LogIn, query: str) -> None:
    log_in("sales").get(f"/bin?{query}", status=200)
