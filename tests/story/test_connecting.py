"""The way to a connection and back to it: what is asked for and why, what can be done then, Reconnect, the page."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import webtest
from sqlalchemy import select

from core import ManualClock
from core.accounting.models import Connection, Consent, GrantRow
from core.audit.models import AuditEntry
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.story.conftest import Connect, consent, local

pytestmark = pytest.mark.slow
LIST = "/admin/accounting"
FORM = f"{LIST}/connect/xero/code"
READING = {"offline_access", "accounting.settings.read", "accounting.contacts.read", "accounting.invoices.read"}


def words(page: Any) -> str:
    """What a page says."""
    return " ".join(page.html.find(id="main").get_text(" ").split())


def form_of(page: Any, field: str) -> Any:
    """The form with that field."""
    return next(form for form in page.forms.values() if field in form.fields)


def ask_for(page: Any, *wishes: str) -> str:
    """Tick these boxes and no others, and set out; the address of the consent page."""
    form = form_of(page, "asked")
    for key in ("contacts", "drafts", "payments"):
        form[key].checked = key in wishes
    return str(form.submit(status=303).location)


def allow(sandbox: Sandbox, url: str, *tenants: str) -> str:
    """Allow exactly these organisations on the consent page; the way back."""
    return local(sandbox.allow(url, tenants))


def connect_with(log_in: LogIn, sandbox: Sandbox, services: Services, *wishes: str) -> Browser:
    """An admin's browser after connecting with these boxes ticked."""
    admin = log_in("admin")
    admin.get(allow(sandbox, ask_for(admin.get(FORM), *wishes), sandbox.tenant_id), status=302)
    services.jobs.drain()
    return admin


def the_connection(services: Services, number: int = 1) -> Connection:
    with services.db.read() as session:
        return session.get_one(Connection, number)


def scopes_of(services: Services) -> set[str]:
    with services.db.read() as session:
        return set(session.scalars(select(GrantRow.scopes)).one().split())


def test_the_page_before_connecting_says_what_is_asked_for_and_why_with_everything_ticked(log_in: LogIn) -> None:
    page = log_in("admin").get(LIST).click("Connect Xero")
    assert page.request.path == FORM
    said = words(page)
    assert "To show invoices, bills and credit notes, and to work out the figures. accounting.invoices.read" in said
    assert "Make invoice drafts in Xero, change or delete them, and note who made them. accounting.invoices" in said
    form = form_of(page, "asked")
    assert [form[key].checked for key in ("contacts", "drafts", "payments")] == [True] * 3


@pytest.mark.parametrize(
    ("wishes", "scopes"),
    [
        ((), READING),
        (("drafts",), READING - {"accounting.invoices.read"} | {"accounting.invoices"}),
        (("contacts", "payments"), READING - {"accounting.contacts.read"} | {"accounting.contacts"}),
    ],
)
def test_only_what_is_ticked_is_asked_for(log_in: LogIn, wishes: tuple[str, ...], scopes: set[str]) -> None:
    asked = parse_qs(urlsplit(ask_for(log_in("admin").get(FORM), *wishes)).query)["scope"][0].split()
    assert set(asked) - {"accounting.payments.read"} == scopes
    assert ("accounting.payments.read" in asked) == ("payments" in wishes)


def test_without_the_permissions_to_write_nothing_is_called_missing_and_no_page_offers_it(
    log_in: LogIn, sandbox: Sandbox, services: Services, harbour: str, refit: str
) -> None:
    admin = connect_with(log_in, sandbox, services)
    said = words(admin.get(LIST))
    assert "missing" not in said
    assert "Not granted" not in said
    assert "Not asked for Make contacts in Xero" in said
    assert scopes_of(services) == READING
    tab = f"{harbour}/tabs/xero"
    next(form for form in admin.get(tab).forms.values() if form.action.endswith("/link")).submit(status=303)
    services.jobs.drain()
    page = admin.get(tab)
    assert "12-month value" in page
    assert "INV-" in page
    for offered in ("Create invoice draft", "New Xero contact"):
        assert offered not in page, offered
        assert offered not in admin.get(f"{refit}/tabs/xero"), offered


def test_a_permission_is_added_later_by_its_own_button_and_keeps_the_rest(
    log_in: LogIn, sandbox: Sandbox, services: Services, harbour: str
) -> None:
    admin = connect_with(log_in, sandbox, services, "payments")
    page = admin.get(LIST)
    more = page.html.find("a", href=f"{FORM}?connection=1&more=drafts")
    assert more.get_text() == "Allow drafts"
    assert more["aria-label"].startswith("Allow drafts: Make invoice drafts in Xero"), "read aloud, it says which"
    assert "Make invoice drafts in Xero" in more.find_parent("li").get_text()
    page = admin.get(more["href"])
    form = form_of(page, "asked")
    assert [form[key].checked for key in ("contacts", "drafts", "payments")] == [False, True, True]
    away = str(form.submit(status=303).location)
    admin.get(allow(sandbox, away, sandbox.tenant_id), status=302)
    services.jobs.drain()
    assert {"accounting.invoices", "accounting.contacts.read"} <= scopes_of(services)
    assert the_connection(services).state == "connected"
    tab = f"{harbour}/tabs/xero"
    next(form for form in admin.get(tab).forms.values() if form.action.endswith("/link")).submit(status=303)
    services.jobs.drain()
    assert "Create invoice draft" in admin.get(tab)


def test_what_was_ticked_and_not_granted_is_told_after_connecting(log_in: LogIn, sandbox: Sandbox) -> None:
    admin = log_in("admin")
    away = ask_for(admin.get(FORM), "contacts", "drafts", "payments")
    less = away.replace("+accounting.payments.read", "")
    assert less != away
    admin.get(allow(sandbox, less, sandbox.tenant_id), status=302)
    said = words(admin.get(LIST))
    assert "The permission accounting.payments.read was not granted, so this will not work: See prepayments" in said


def test_reconnect_belongs_to_the_connection_whose_button_was_pressed_and_keeps_its_links_and_snapshot(
    log_in: LogIn, connect: Connect, sandbox: Sandbox, services: Services, harbour: str
) -> None:
    admin = connect()
    tab = f"{harbour}/tabs/xero"
    next(form for form in admin.get(tab).forms.values() if form.action.endswith("/link")).submit(status=303)
    services.jobs.drain()
    before = [one.get_text() for one in admin.get(tab).html.select(".fig dd")]
    page = admin.get(LIST).click("Reconnect")
    assert "Reconnect Kererū Trading" in words(page)
    away = str(form_of(page, "asked").submit(status=303).location)
    with services.db.read() as session:
        assert session.scalars(select(Consent.connection_id).order_by(Consent.id.desc())).first() == 1
    admin.get(allow(sandbox, away, sandbox.tenant_id), status=302)
    assert [one.get_text() for one in admin.get(tab).html.select(".fig dd")] == before
    assert the_connection(services).state == "connected"


def test_another_organisation_on_the_consent_page_changes_nothing_until_the_admin_says_so(
    connect: Connect, sandbox: Sandbox, services: Services
) -> None:
    admin = connect()
    with services.db.begin() as session:
        session.get_one(Connection, 1).state = "reconnect"
        grant = session.get_one(Connection, 1).grant_id
    away = str(form_of(admin.get(LIST).click("Reconnect", index=1), "asked").submit(status=303).location)
    page = admin.get(allow(sandbox, away, sandbox.other_tenant_id), status=302).follow()
    said = words(page)
    assert "What was allowed in Xero is not Kererū Trading, whose Reconnect was pressed. Nothing was changed" in said
    before = the_connection(services)
    assert (before.state, before.grant_id) == ("reconnect", grant)
    with services.db.read() as session:
        assert session.scalars(select(Connection.id)).all() == [1]
    assert page.click("Try Kererū Trading again").request.path == FORM
    form = form_of(page, "organisation")
    form["organisation"].checked = True
    said = words(form.submit(status=303).follow())
    assert "Connected to Kererū Trading Australia Pty Ltd." in said
    assert "Kererū Trading was not among those allowed; it still needs Reconnect." in said
    assert the_connection(services).grant_id == grant
    assert the_connection(services, 2).state == "connected"


def test_of_several_allowed_the_one_to_reconnect_is_ticked_already(connect: Connect, sandbox: Sandbox) -> None:
    admin = connect()
    away = str(form_of(admin.get(LIST).click("Reconnect"), "asked").submit(status=303).location)
    page = admin.get(allow(sandbox, away, sandbox.tenant_id, sandbox.other_tenant_id), status=302).follow()
    boxes = form_of(page, "organisation").fields["organisation"]
    assert {str(box._value): box.checked for box in boxes} == {
        sandbox.tenant_id: True,
        sandbox.other_tenant_id: False,
    }
    assert "connected already; this renews it" in words(page)


def test_a_connection_is_reconnected_the_way_it_was_made_and_can_change_it(
    connect: Connect, log_in: LogIn, sandbox: Sandbox, services: Services
) -> None:
    admin = connect()
    page = admin.get(LIST).click("Reconnect").click("Custom connection")
    form = form_of(page, "client_id")
    form["client_id"], form["client_secret"] = Sandbox.client_id, Sandbox.client_secret
    form.submit(status=303)
    services.jobs.drain()
    page = admin.get(LIST)
    assert "By way of Custom connection" in words(page)
    assert the_connection(services).state == "connected"
    with services.db.read() as session:
        assert session.scalars(select(Connection.id)).all() == [1]
    assert "does not lapse" in words(page)
    assert page.click("Reconnect").request.path == f"{LIST}/connect/xero/custom"


def test_a_disconnected_connection_is_connected_again_the_way_it_was_made(
    connect: Connect, services: Services, sandbox: Sandbox
) -> None:
    admin = connect()
    app = {"client_id": Sandbox.client_id, "client_secret": Sandbox.client_secret, "connection": "1"}
    admin.send(f"{LIST}/connect/xero/custom", app, status=303)
    services.jobs.drain()
    admin.send(f"{LIST}/1/disconnect", status=303)
    page = admin.get(LIST)
    assert (the_connection(services).state, the_connection(services).grant_id) == ("disconnected", None)
    assert "By way of Custom connection" in words(page)
    assert page.click("Connect again").request.path == f"{LIST}/connect/xero/custom"


def test_what_comes_with_a_wider_permission_is_told_as_allowed(
    log_in: LogIn, sandbox: Sandbox, services: Services
) -> None:
    admin = connect_with(log_in, sandbox, services, "drafts")
    said = words(admin.get(LIST))
    shows = "To show invoices, bills and credit notes, and to work out the figures. accounting.invoices.read"
    assert f"{shows} comes with accounting.invoices" in said
    assert "To find contacts and link records to them. accounting.contacts.read comes with" not in said
    assert "To find contacts and link records to them. accounting.contacts.read" in said


def test_a_custom_connection_of_another_organisation_is_not_swapped_in_silently(
    log_in: LogIn, sandbox: Sandbox, services: Services
) -> None:
    admin = log_in("admin")
    admin.get(allow(sandbox, ask_for(admin.get(FORM)), sandbox.other_tenant_id), status=302)
    app = {"client_id": Sandbox.client_id, "client_secret": Sandbox.client_secret, "connection": "1"}
    page = admin.send(f"{LIST}/connect/xero/custom", app, status=303).follow()
    assert "is not Kererū Trading Australia Pty Ltd, whose Reconnect was pressed" in words(page)
    with services.db.read() as session:
        assert session.scalars(select(Connection.id)).all() == [1]


def test_a_reconnect_of_a_connection_that_is_not_there_is_not_found(log_in: LogIn) -> None:
    admin = log_in("admin")
    for number in ("7", "0", "x"):
        admin.get(f"{FORM}?connection={number}", status=404)
        admin.send(FORM, {"connection": number}, status=404)


def test_the_page_tells_everything_of_a_connection(connect: Connect, services: Services, clock: ManualClock) -> None:
    admin = connect()
    said = words(admin.get(LIST))
    assert re.search(r"Calls left \d+ this minute \(\d+ made\), \d+ today \(\d+ made\)", said)
    clock.advance(seconds=2 * 86400)
    said = words(admin.get(LIST))
    for told in (
        "Kererū Trading Connected",
        "Base currency NZD",
        "Connected by Aroha Ngata, 22 Nov 2026, 00:00 UTC By way of Log in to Xero",
        "Grant given 2 days ago, renewed 2 days ago, would lapse unused on 21 Jan 2027",
        "Last good call 2 days ago",
        "Last error none since the last good call",
        "To stay connected while nobody is logged in to Xero; else it ends after half an hour. offline_access",
        "Make contacts in Xero from a record, and copy changed fields to them. accounting.contacts",
    ):
        assert told in said, told


def test_a_switch_is_saved_for_its_connection_and_written_into_the_audit_trail(
    connect: Connect, services: Services
) -> None:
    admin = connect()
    form = form_of(admin.get(LIST), "converted")
    assert not form["converted"].checked
    form["converted"].checked = True
    assert "Saved for Kererū Trading." in words(form.submit(status=303).follow())
    assert the_connection(services).converted
    with services.db.read() as session:
        deed = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert deed is not None
    assert (deed.deed, deed.old, deed.new) == (
        "accounting settings changed",
        {"in": "Kererū Trading", "in_id": 1, "other_currencies_converted": "off"},
        {"in": "Kererū Trading", "in_id": 1, "other_currencies_converted": "on"},
    )
    assert "accounting settings changed" in words(admin.get("/admin/audit")).lower()


def test_our_number_is_offered_for_contacts_only_where_the_accounting_system_has_a_place_for_it(
    log_in: LogIn, services: Services
) -> None:
    admin = log_in("admin")
    away = admin.send(f"{LIST}/connect/quickbooks_stub/consent", status=303).location
    admin.get(local(away), status=302)
    page = admin.get(LIST)
    assert "record_refs" not in page
    admin.send(f"{LIST}/1/switches", {"record_refs": "yes"}, status=303)
    assert not the_connection(services).record_refs


def test_a_way_that_asks_for_nothing_connects_and_reconnects_with_one_click(log_in: LogIn, services: Services) -> None:
    admin = log_in("admin")
    page = admin.get(LIST)
    button = page.html.find("button", string="Connect QuickBooks (stub)")
    path = button.find_parent("form")["action"]
    away = next(form for form in page.forms.values() if form.action == path).submit(status=303).location
    admin.get(local(away), status=302)
    page = admin.get(LIST)
    again = next(form for form in page.forms.values() if "connection" in form.fields)
    assert again["connection"].value == "1"
    admin.get(local(again.submit(status=303).location), status=302)
    assert the_connection(services).state == "connected"


def test_two_accounting_systems_and_several_organisations_stand_side_by_side(
    log_in: LogIn, sandbox: Sandbox, services: Services
) -> None:
    admin = log_in("admin")
    away = admin.send(FORM, status=303).location
    page = admin.get(local(consent(sandbox, away, tenants=2)), status=302).follow()
    form = form_of(page, "organisation")
    for box in form.fields["organisation"]:
        box.checked = True
    form.submit(status=303)
    admin.get(local(admin.send(f"{LIST}/connect/quickbooks_stub/consent", status=303).location), status=302)
    services.jobs.drain()
    names = [one["aria-label"] for one in admin.get(LIST).html.select("article.connection")]
    assert names == ["Kererū Trading", "Kererū Trading Australia Pty Ltd", "Redwood Toy Traders (stub)"]
    with services.db.read() as session:
        grants = session.scalars(select(Connection.grant_id).order_by(Connection.id)).all()
    assert grants[0] == grants[1] != grants[2]


def test_every_answer_to_the_callback_is_a_302(log_in: LogIn, sandbox: Sandbox, client: webtest.TestApp) -> None:
    admin = log_in("admin")
    good = allow(sandbox, ask_for(admin.get(FORM)), sandbox.tenant_id)
    denied = local(consent(sandbox, ask_for(admin.get(FORM)), answer="cancel"))
    two = allow(sandbox, ask_for(admin.get(FORM)), sandbox.tenant_id, sandbox.other_tenant_id)
    callback = "/accounting/callback/xero"
    for path in (good, good, denied, two, callback, f"{callback}?error=server_error", f"{callback}?code=1&state=2"):
        assert admin.get(path).status_int == 302, path
    assert client.get(good).status_int == 302
