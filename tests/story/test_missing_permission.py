"""A grant that lacks a permission: every page names it and says what to do, and what was read before stays."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from core import ManualClock
from core.accounting import connections
from core.accounting.models import Connection, GrantRow
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.story.conftest import Connect, consent, local

pytestmark = pytest.mark.slow
LIST = "/admin/accounting"
INVOICES, PAYMENTS = "accounting.invoices", "accounting.payments.read"


def set_out_without(log_in: LogIn, sandbox: Sandbox, *scopes: str) -> Browser:
    """Connect, as an app that never asked for these scopes did; no job was done yet."""
    admin = log_in("admin")
    away = str(admin.send(f"{LIST}/connect/xero/code", status=303).location)
    for scope in scopes:
        asked = away.replace(f"+{scope}", "").replace(f"={scope}+", "=")
        assert asked != away
        away = asked
    admin.get(local(consent(sandbox, away)), status=302)
    return admin


def connect_without(log_in: LogIn, sandbox: Sandbox, services: Services, *scopes: str) -> Browser:
    """The same, and what connecting asked for is done."""
    admin = set_out_without(log_in, sandbox, *scopes)
    services.jobs.drain()
    return admin


def text(browser: Browser, path: str) -> str:
    """What a page says."""
    return str(browser.get(path).html.find(id="main").get_text(" ", strip=True))


def look(browser: Browser, services: Services, path: str) -> str:
    """What the tab says once the worker did what opening it asked for."""
    browser.get(path)
    services.jobs.drain()
    return text(browser, path)


def link(browser: Browser, tab: str) -> None:
    """Link the first suggestion."""
    next(form for form in browser.get(tab).forms.values() if form.action.endswith("/link")).submit(status=303)


@pytest.mark.parametrize(
    ("scopes", "named"),
    [([INVOICES], INVOICES), ([PAYMENTS, INVOICES], INVOICES), (["accounting.contacts"], "accounting.contacts")],
)
def test_a_permission_that_went_is_named_and_the_snapshot_stays(
    connect: Connect,
    log_in: LogIn,
    sandbox: Sandbox,
    services: Services,
    clock: ManualClock,
    harbour: str,
    refit: str,
    scopes: list[str],
    named: str,
) -> None:
    connect()
    sales, tab = log_in("sales"), f"{harbour}/tabs/xero"
    link(sales, tab)
    assert "is missing" not in look(sales, services, tab)
    figures = [one.get_text() for one in sales.get(tab).html.select(".fig dd")]
    admin = connect_without(log_in, sandbox, services, *scopes)
    clock.advance(seconds=301)
    told = look(sales, services, tab)
    assert f"the permission {named} is missing" in told
    assert "What is shown is the last known copy" in told
    assert f"Ask an admin to reconnect it and to allow {named}" in told
    assert [one.get_text() for one in sales.get(tab).html.select(".fig dd")] == figures
    assert "INV-" in told
    assert admin.get(tab).html.find("a", string="Reconnect")["href"] == LIST
    assert f"the permission {named} is missing" in text(sales, f"{refit}/tabs/xero")
    page = admin.get(LIST)
    assert "Connected, a permission is missing" in page
    assert f"Press Reconnect and allow {named}" in text(admin, LIST)
    page = page.click("Reconnect")
    again = next(form for form in page.forms.values() if "drafts" in form.fields)
    assert [again[key].checked for key in ("contacts", "drafts")] == [True, True]
    again["payments"].checked = True
    away = again.submit(status=303).location
    admin.get(local(consent(sandbox, away)), status=302)
    services.jobs.drain()
    assert "missing" not in text(admin, LIST)
    assert "missing" not in look(sales, services, tab)


@pytest.mark.parametrize(
    ("scope", "what"),
    [
        (INVOICES, "invoices, bills, credit notes and drafts"),
        ("accounting.contacts", "finding, linking and making contacts"),
        ("offline_access", "staying connected for more than half an hour"),
    ],
)
def test_a_permission_that_the_consent_left_out_is_told_before_anything_is_asked_for(
    log_in: LogIn, sandbox: Sandbox, services: Services, scope: str, what: str
) -> None:
    admin = set_out_without(log_in, sandbox, scope)
    said = text(admin, LIST)
    assert f"The permission {scope} was not granted, so this will not work: {what}. Press Reconnect" in said
    said = text(admin, LIST)
    assert "Connected, a permission is missing" in said
    assert f"Without {scope} this does not work: {what}." in said
    assert f"Press Reconnect and allow {scope}" in said
    assert f"Not granted: {scope}." in said
    assert "Reconnect" in [link.get_text() for link in admin.get(LIST).html.find_all("a")]


def test_a_custom_connection_without_a_permission_says_so_at_once(log_in: LogIn, services: Services) -> None:
    admin = log_in("admin")
    admin.send(f"{LIST}/connect/xero/custom", dict.fromkeys(("client_id", "client_secret"), ""), status=200)
    app = {"client_id": Sandbox.client_id, "client_secret": Sandbox.client_secret}
    admin.send(f"{LIST}/connect/xero/custom", app, status=303)
    assert "missing" not in text(admin, LIST)
    with services.db.begin() as session:
        session.execute(update(GrantRow).values(scopes="accounting.contacts accounting.settings.read"))
    assert "Without accounting.invoices this does not work" in text(admin, LIST)


@pytest.mark.parametrize("scopes", [[PAYMENTS, INVOICES], ["accounting.contacts"], ["accounting.settings.read"]])
def test_a_first_connection_without_a_permission_says_so_wherever_one_looks(
    log_in: LogIn, sandbox: Sandbox, services: Services, harbour: str, refit: str, scopes: list[str]
) -> None:
    admin, sales = connect_without(log_in, sandbox, services, *scopes), log_in("sales")
    for path in (f"{harbour}/tabs/xero", f"{refit}/tabs/xero", LIST):
        said = text(admin, path)
        assert scopes[0] in said, path
        assert "Reconnect" in said, path
    assert f"Ask an admin to reconnect it and to allow {scopes[0]}" in text(sales, f"{harbour}/tabs/xero")
    assert "last known copy" not in text(sales, f"{harbour}/tabs/xero")


def test_without_the_permission_for_payments_alone_nothing_is_missing_for_that_for_invoices_reaches_credits_too(
    log_in: LogIn, sandbox: Sandbox, services: Services, harbour: str
) -> None:
    admin = connect_without(log_in, sandbox, services, PAYMENTS)
    tab = f"{harbour}/tabs/xero"
    link(admin, tab)
    said = look(admin, services, tab)
    assert "12-month value" in said
    assert "missing" not in said + text(admin, LIST)


def test_who_links_without_the_permission_to_read_invoices_is_not_told_that_they_are_being_read(
    log_in: LogIn, sandbox: Sandbox, services: Services, harbour: str
) -> None:
    connect_without(log_in, sandbox, services, INVOICES)
    sales, tab = log_in("sales"), f"{harbour}/tabs/xero"
    link(sales, tab)
    services.jobs.drain()
    said = text(sales, tab)
    assert "the permission accounting.invoices is missing" in said
    assert "Nothing of it was read yet" in said
    assert "fills itself in" not in said


def test_a_search_that_is_denied_names_the_permission(
    log_in: LogIn, sandbox: Sandbox, services: Services, harbour: str, refit: str
) -> None:
    connect_without(log_in, sandbox, services, INVOICES)
    said = text(log_in("sales"), f"{refit}/tabs/xero/find?what=invoices&q=INV")
    assert "The permission accounting.invoices is missing" in said
    assert "and to allow accounting.invoices" in said


def test_tabs_that_are_open_meanwhile_ask_in_vain_once_an_hour_and_no_more(
    log_in: LogIn, sandbox: Sandbox, services: Services, clock: ManualClock, harbour: str
) -> None:
    connect_without(log_in, sandbox, services, INVOICES)
    sales, tab = log_in("sales"), f"{harbour}/tabs/xero"
    link(sales, tab)
    services.jobs.drain()
    before = sandbox.calls.count()
    for _ in range(50):
        clock.advance(seconds=60)
        look(sales, services, tab)
    assert sandbox.calls.count() == before
    clock.advance(seconds=700)
    look(sales, services, tab)
    assert sandbox.calls.count() > before
    with services.db.read() as session:
        assert session.scalars(select(Connection.state)).one() == "connected"


def test_a_call_that_goes_well_does_not_hide_that_a_permission_is_missing(
    connect: Connect, log_in: LogIn, sandbox: Sandbox, services: Services, clock: ManualClock, harbour: str
) -> None:
    connect()
    sales, tab = log_in("sales"), f"{harbour}/tabs/xero"
    link(sales, tab)
    services.jobs.drain()
    connect_without(log_in, sandbox, services, "accounting.contacts")
    clock.advance(seconds=301)
    assert "the permission accounting.contacts is missing" in look(sales, services, tab)
    connections.note_success(services, 1)
    assert "the permission accounting.contacts is missing" in text(sales, tab)
    clock.advance(seconds=3601)
    connections.note_success(services, 1)
    assert "the permission accounting.contacts is missing" not in text(sales, tab)
