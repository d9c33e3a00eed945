"""A connection is kept alive, an end of it is noticed, and who manages connections is told in time, on every page."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from core import ManualClock
from core.accounting.models import Connection, GrantRow
from core.jobs.periodic import tick
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.story.conftest import Connect

pytestmark = pytest.mark.slow  # walks through pages

LIST = "/admin/accounting"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ORGANISATION = "GET /api.xro/2.0/Organisation"


def words(page: Any) -> str:
    """What a page says."""
    return " ".join(page.html.find(id="main").get_text(" ").split())


def connection(services: Services) -> Connection:
    with services.db.read() as session:
        return session.scalars(select(Connection)).one()


def grant(services: Services) -> GrantRow:
    with services.db.read() as session:
        return session.scalars(select(GrantRow)).one()


def work(services: Services, clock: ManualClock, by: timedelta) -> None:
    """Time passes, the worker's clock strikes, what waits is done."""
    clock.advance(by)
    tick(services)
    services.jobs.drain()


def test_a_connection_that_nobody_uses_is_asked_who_it_is_daily_and_its_grant_moves_on(
    connect: Connect, services: Services, clock: ManualClock, sandbox: Sandbox
) -> None:
    connect()
    for _ in range(3):
        asked, lapses = sandbox.calls.count(ORGANISATION), grant(services).lapses_at
        for _ in range(24):
            work(services, clock, HOUR)
        assert sandbox.calls.count(ORGANISATION) > asked
        after = grant(services).lapses_at
        assert lapses is not None
        assert after is not None
        assert after >= lapses + DAY - 6 * HOUR


def test_a_connection_in_use_is_asked_who_it_is_daily_as_well(
    connect: Connect, services: Services, clock: ManualClock, sandbox: Sandbox
) -> None:
    connect()
    asked = sandbox.calls.count(ORGANISATION)
    for _ in range(4 * 24):
        clock.advance(HOUR)
        services.jobs.enqueue("accounting.refresh", connection_id=1, force=True)
        services.jobs.drain()
    assert 4 <= sandbox.calls.count(ORGANISATION) - asked <= 6


def test_a_disconnect_made_in_xero_is_noticed_at_once_on_use(
    connect: Connect, services: Services, clock: ManualClock, sandbox: Sandbox, harbour: str
) -> None:
    admin = connect()
    sandbox.deeds.disconnect()
    clock.advance(seconds=301)
    admin.get(f"{harbour}/tabs/xero/search?q=harbour&connection=1")
    admin.send(f"{harbour}/tabs/xero/refresh", {"connection": "1"}, status="*")
    services.jobs.drain()
    assert connection(services).state == "reconnect"
    said = words(admin.get(LIST))
    assert "Reconnect needed" in said
    assert "Xero no longer lets this app in" in said


def test_another_organisation_behind_the_connection_is_told_in_plain_words_and_nothing_of_it_is_saved(
    connect: Connect, services: Services, clock: ManualClock, sandbox: Sandbox
) -> None:
    admin = connect()
    before = connection(services)
    (row,) = sandbox.records("Organisations")
    sandbox.books()["Organisations"].drop(row["OrganisationID"])
    other = "11111111-2222-4333-8444-555555555555"
    sandbox.books()["Organisations"].put({**row, "OrganisationID": other, "Name": "Somebody Else Ltd"})
    work(services, clock, DAY)
    after = connection(services)
    assert after.state == "reconnect"
    assert (after.name, after.organisation, after.changes_at) == (before.name, before.organisation, before.changes_at)
    said = words(admin.get(LIST))
    assert "Xero answers for another organisation than the one connected" in said
    assert "Somebody Else" not in said


def test_every_call_names_the_organisation_of_its_connection(connect: Connect, sandbox: Sandbox) -> None:
    connect(tenants=1)
    calls = [call for call in sandbox.calls.all() if call.path.startswith("/api.xro/")]
    assert calls
    assert {call.tenant for call in calls} == {sandbox.tenant_id}


@pytest.mark.parametrize(
    ("days", "tone", "told"),
    [
        (45, "", ""),
        (46.5, "warn", "lapses on 21 Jan 2027"),
        (56.5, "warn", "lapses on 21 Jan 2027"),
        (57.5, "bad", "lapses on 21 Jan 2027"),
        (61, "bad", "has lapsed"),
    ],
)
def test_who_manages_connections_is_told_on_every_page_a_fortnight_and_three_days_before_a_grant_would_lapse(
    connect: Connect, log_in: LogIn, clock: ManualClock, harbour: str, days: float, tone: str, told: str
) -> None:
    connect()
    clock.advance(timedelta(days=days))
    admin, sales = log_in("admin"), log_in("sales")
    for path in ("/", harbour, "/contacts"):
        banners = admin.get(path).html.select("#main > .banner")
        assert [(one["class"][1], told in one.get_text()) for one in banners] == ([(tone, True)] if tone else [])
        assert sales.get(path).html.select("#main > .banner") == []
    if tone:
        page = admin.get("/contacts")
        assert "Kererū Trading in Xero" in words(page)
        assert "22 Nov 2026" in words(page)
        assert "Reconnect Kererū Trading" in words(page.click("Reconnect"))


def test_that_a_connection_needs_reconnect_is_told_on_every_page_to_who_manages_connections_until_it_is_done(
    connect: Connect, log_in: LogIn, services: Services, clock: ManualClock, sandbox: Sandbox
) -> None:
    admin = connect()
    assert "no longer lets Ledgertab into" not in words(admin.get("/contacts"))
    sandbox.deeds.disconnect()
    work(services, clock, DAY)
    assert "Xero no longer lets Ledgertab into Kererū Trading." in words(admin.get("/contacts"))
    for role in ("sales", "accounts", "reader"):
        assert "no longer lets" not in words(log_in(role).get("/contacts"))
    connect()
    assert "no longer lets Ledgertab into" not in words(admin.get("/contacts"))


def test_who_does_not_manage_connections_pays_nothing_for_the_notice(
    connect: Connect, log_in: LogIn, services: Services
) -> None:
    connect()
    found: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        found.append(statement)

    event.listen(services.db.engine, "before_cursor_execute", note)
    asked = {}
    for role in ("admin", "sales"):
        browser = log_in(role)
        found.clear()
        browser.get("/projects")
        asked[role] = sum("accounting_grant" in one for one in found)
    assert asked == {"admin": 1, "sales": 0}


def test_no_page_and_no_json_holds_a_token_or_a_secret(
    connect: Connect, log_in: LogIn, services: Services, harbour: str, refit: str
) -> None:
    admin = connect()
    app = {"client_id": Sandbox.client_id, "client_secret": "not-the-secret-9f3b"}
    refused = admin.send(f"{LIST}/connect/xero/custom", app, status=200)
    assert "does not know this client id" in refused
    assert app["client_secret"] not in refused
    kept = json.loads(services.vault.decrypt(grant(services).secret))
    secrets = {kept["access_token"], kept["refresh_token"], grant(services).secret, Sandbox.client_secret}
    assert all(len(one) > 15 for one in secrets)
    seen: set[str] = set()
    waiting = {
        LIST,
        harbour,
        f"{harbour}/tabs/xero",
        f"{refit}/tabs/xero",
        "/admin/plugins",
        "/admin/audit",
        "/",
        "/readyz",
    }
    while waiting - seen and len(seen) < 120:
        path = sorted(waiting - seen)[0]
        seen.add(path)
        answer = admin.get(path, expect_errors=True)
        text = answer.text if answer.content_type.startswith(("text/", "application/json")) else ""
        told = text + str(answer.headers) + json.dumps(dict(admin.cookies))
        assert not [one for one in secrets if one in told], path
        if answer.content_type == "text/html":
            links = re.findall(r'(?:href|hx-get)="(/[^"#]*)"', text)
            waiting |= {link.replace("&amp;", "&") for link in links if not link.startswith("/static/")}
    assert {f"{LIST}/1/disconnect", f"{LIST}/connect/xero/custom"} <= seen


class TestOverHttps:
    """The CRM at an https address, as everybody runs it."""

    @pytest.fixture
    def ini(self, ini: dict[str, str]) -> dict[str, str]:
        return {**ini, "crm.url": "https://crm.example"}

    def test_cookies_travel_over_https_alone_and_no_script_reads_them(self, client: Browser) -> None:
        cookies = client.get("/login", extra_environ={"wsgi.url_scheme": "https"}).headers.getall("Set-Cookie")
        assert cookies
        for cookie in cookies:
            assert re.search(r"; secure(;|$)", cookie, re.IGNORECASE), cookie
            assert re.search(r"; httponly(;|$)", cookie, re.IGNORECASE), cookie
