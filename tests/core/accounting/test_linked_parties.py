"""What the tab says of linked parties: several of them, who else is linked, and one that is archived."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from core import ManualClock
from core.accounting.models import Connection, PartyLink
from core.records.models import Contact
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.story.conftest import Connect

pytestmark = pytest.mark.slow
ONE, OTHER = "Harbour Coffee Roasters Ltd", "Aoraki Outdoor Co"


@pytest.fixture
def sales(connect: Connect, log_in: LogIn) -> Browser:
    """A sales person's browser; the organisation is connected."""
    connect()
    return log_in("sales")


@pytest.fixture
def person(services: Services, clock: ManualClock, harbour: str) -> str:
    """The address of somebody who works at that organization."""
    made = Contact(first_name="Hana", last_name="Whitiora", organization_id=int(harbour.rpartition("/")[2]))
    made.created_at = made.changed_at = clock.now()
    with services.db.begin() as session:
        session.add(made)
        session.flush()
        return made.path


def link(sales: Browser, services: Services, sandbox: Sandbox, record: str, name: str) -> Any:
    with services.db.read() as session:
        number = str(session.scalars(select(Connection.id)).one())
    fields = {"connection": number, "party": sandbox.contact_id(name)}
    answer = sales.send(f"{record}/tabs/xero/link", fields, status=303)
    services.jobs.drain()
    return answer.follow()


def text_of(element: Any) -> str:
    return " ".join(element.get_text(" ").split())


def test_an_organization_with_several_contacts_lists_each_with_its_state_and_buttons(
    sales: Browser, services: Services, sandbox: Sandbox, harbour: str
) -> None:
    link(sales, services, sandbox, harbour, ONE)
    search = sales.get(f"{harbour}/tabs/xero").click("Link another contact")
    assert search.forms
    page = link(sales, services, sandbox, harbour, OTHER)
    assert "Linked to 2 contacts in Kererū Trading" in text_of(page.html.find(class_="conn"))
    rows = page.html.find(attrs={"aria-label": "Linked contacts"}).find_all("li")
    assert [row.find("b").get_text() for row in rows] == [ONE, OTHER]
    for row, name in zip(rows, (ONE, OTHER), strict=True):
        told = text_of(row)
        assert "Active" in told
        assert f"View in Xero ↗ {name}" in told
        assert f"Copy fields of {name}" in told
        assert f"Unlink {name}" in told
    unlinks = [form for form in page.forms.values() if form.action.endswith("/unlink")]
    left = unlinks[0].submit(status=303).follow()
    assert f"Linked to {OTHER} in Kererū Trading" in text_of(left.html.find(class_="conn"))


def test_a_contact_that_others_are_linked_to_is_said_before_and_after_linking(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, harbour: str, person: str
) -> None:
    clock.advance(seconds=600)
    sandbox.deeds.change_contact(sandbox.contact_id(ONE), FirstName="Hana", LastName="Whitiora")
    with services.db.read() as session:
        number = session.scalars(select(Connection.id)).one()
    services.jobs.enqueue("accounting.refresh", connection_id=number, force=True)
    services.jobs.drain()
    link(sales, services, sandbox, harbour, ONE)
    offered = sales.get(f"{person}/tabs/xero")
    assert "its contact person has this name" in offered
    warned = offered.html.find("small", class_="warn")
    assert text_of(warned) == "Linked to Harbour Coffee Roasters (the organization of this person)"
    assert warned.find("a")["href"] == harbour
    page = link(sales, services, sandbox, person, ONE)
    assert "It is linked to Harbour Coffee Roasters, too." in page
    assert "Also linked to" in page
    back = sales.get(f"{harbour}/tabs/xero")
    notes = text_of(back.html.find(class_="notes"))
    assert "Also linked to Hana Whitiora (of this organization)" in notes
    with services.db.read() as session:
        assert len(session.scalars(select(PartyLink)).all()) == 2


def test_an_archived_contact_is_said_with_a_way_out(
    sales: Browser, services: Services, sandbox: Sandbox, harbour: str, clock: ManualClock
) -> None:
    link(sales, services, sandbox, harbour, ONE)
    clock.advance(seconds=600)
    sandbox.deeds.archive_contact(sandbox.contact_id(ONE))
    with services.db.read() as session:
        number = session.scalars(select(Connection.id)).one()
    services.jobs.enqueue("accounting.refresh", connection_id=number, force=True)
    services.jobs.drain()
    page = sales.get(f"{harbour}/tabs/xero")
    assert f"{ONE} is archived in Xero." in page
    assert "Open in Xero" in page
    copying = page.click("Copy fields", index=0)
    assert "Restore it there first" in copying
    search = page.click("^Link another$")
    assert any("q" in form.fields and "instead" in form.fields for form in search.forms.values())
    found = sales.get(f"{search.request.path_qs}&q=Aoraki")
    form = next(one for one in found.forms.values() if one.action.endswith("/link"))
    done = form.submit(status=303).follow()
    assert "Linked to Aoraki Outdoor Co" in text_of(done.html.find(class_="conn"))
    with services.db.read() as session:
        assert len(session.scalars(select(PartyLink)).all()) == 1, "it took the place of the archived one"


def test_the_search_offers_who_it_may_be_before_a_word_is_typed(
    sales: Browser, services: Services, harbour: str
) -> None:
    page = sales.get(f"{harbour}/tabs/xero/search")
    assert ONE in page
    assert "same name" in page
