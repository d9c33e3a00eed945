"""Connecting when something is wrong: denied, replayed, forged, late, nothing picked, revoked meanwhile."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import webtest
from sqlalchemy import func, select

from core import ManualClock
from core.accounting.models import Connection, GrantRow
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.story.conftest import Connect, consent, local

pytestmark = pytest.mark.slow  # walks through pages

LIST = "/admin/accounting"


def set_out(admin: Browser) -> str:
    """The address of the consent page."""
    return str(admin.send(f"{LIST}/connect/xero/code", status=303).location)


def connections(services: Services) -> int:
    with services.db.read() as session:
        return session.scalar(select(func.count()).select_from(Connection)) or 0


def refused(admin: Browser, path: str) -> str:
    """What the page says after a callback that connects nothing."""
    answer = admin.get(path, status=302)
    assert urlsplit(answer.location).path == LIST
    return str(answer.follow().html.get_text(" ", strip=True))


def test_consent_denied_is_told_in_words(log_in: LogIn, sandbox: Sandbox, services: Services) -> None:
    admin = log_in("admin")
    text = refused(admin, local(consent(sandbox, set_out(admin), answer="cancel")))
    assert text.count("Xero was not connected") == 1
    assert "the permission was declined" in text
    assert connections(services) == 0


@pytest.mark.parametrize("query", ["", "?code=abc", "?code=abc&state=forged", "?error=access_denied"])
def test_a_callback_with_a_wrong_state_or_none_connects_nothing(log_in: LogIn, services: Services, query: str) -> None:
    assert "Start again" in refused(log_in("admin"), f"/accounting/callback/xero{query}")
    assert connections(services) == 0


def test_a_replayed_callback_is_refused(log_in: LogIn, sandbox: Sandbox, services: Services) -> None:
    admin = log_in("admin")
    back = local(consent(sandbox, set_out(admin)))
    admin.get(back, status=302)
    assert "used already" in refused(admin, back)
    assert connections(services) == 1


def test_a_callback_of_somebody_else_is_refused(
    log_in: LogIn, sandbox: Sandbox, services: Services, client: Browser
) -> None:
    back = local(consent(sandbox, set_out(log_in("admin"))))
    log_in("sales").get(back, status=403)
    assert urlsplit(client.get(back, status=302).location).path == "/login"
    assert connections(services) == 0


def test_an_expired_code_is_told_in_words(
    log_in: LogIn, sandbox: Sandbox, services: Services, clock: ManualClock
) -> None:
    admin = log_in("admin")
    back = local(consent(sandbox, set_out(admin)))
    clock.advance(seconds=6 * 60)
    assert "Xero was not connected" in refused(admin, back)
    assert connections(services) == 0


def test_a_consent_that_took_too_long_is_told_in_words(log_in: LogIn, sandbox: Sandbox, clock: ManualClock) -> None:
    admin = log_in("admin")
    away = set_out(admin)
    clock.advance(seconds=16 * 60)
    assert "ran out" in refused(admin, local(consent(sandbox, away)))


def test_the_consent_asks_for_granular_scopes_with_pkce(log_in: LogIn) -> None:
    asked = parse_qs(urlsplit(set_out(log_in("admin"))).query)
    assert "offline_access" in asked["scope"][0]
    assert "accounting.transactions" not in asked["scope"][0]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://localhost/accounting/callback/xero"]


def test_no_organisation_picked_is_asked_again(log_in: LogIn, sandbox: Sandbox, services: Services) -> None:
    admin = log_in("admin")
    page = admin.get(local(consent(sandbox, set_out(admin), tenants=2)), status=302).follow()
    form = page.forms[next(number for number, form in page.forms.items() if "organisation" in form.fields)]
    assert "Pick at least one" in form.submit(status=200)
    for box in form.fields["organisation"]:
        box.checked = True
    form.submit(status=303)
    assert connections(services) == 2
    with services.db.read() as session:
        assert session.scalar(select(func.count()).select_from(GrantRow)) == 1


def test_tokens_are_not_readable_in_the_database(connect: Connect, services: Services) -> None:
    connect()
    with services.db.read() as session:
        row = session.scalars(select(GrantRow)).one()
    assert "access_token" not in row.secret
    assert "access_token" in services.vault.decrypt(row.secret)


def test_disconnect_takes_the_access_back_and_keeps_the_links(
    connect: Connect, services: Services, sandbox: Sandbox
) -> None:
    admin = connect()
    page = admin.get(f"{LIST}/1/disconnect")
    assert "What stays" in page
    next(form for form in page.forms.values() if form.action in ("", f"{LIST}/1/disconnect")).submit(status=303)
    with services.db.read() as session:
        connection = session.get_one(Connection, 1)
        assert (connection.state, connection.grant_id) == ("disconnected", None)
        assert session.scalar(select(func.count()).select_from(GrantRow)) == 0
    assert "Disconnected" in admin.get(LIST)


def test_a_disconnect_while_xero_is_away_changes_nothing(
    connect: Connect, services: Services, sandbox: Sandbox
) -> None:
    admin = connect()
    sandbox.faults.add("503", path="/connections")
    page = admin.send(f"{LIST}/1/disconnect", status=303).follow()
    assert "Not disconnected" in page
    with services.db.read() as session:
        assert session.get_one(Connection, 1).state == "connected"


def test_a_consent_that_was_used_up_offers_nothing_to_pick(connect: Connect) -> None:
    connect().get("/admin/accounting/choose/1", status=404)


def test_reconnecting_keeps_the_connection_and_drops_the_old_grant(connect: Connect, services: Services) -> None:
    connect()
    connect()
    assert connections(services) == 1
    with services.db.read() as session:
        assert session.scalar(select(func.count()).select_from(GrantRow)) == 1


def test_a_custom_connection_needs_its_own_id_and_secret(log_in: LogIn, services: Services) -> None:
    admin = log_in("admin")
    page = admin.get(f"{LIST}/connect/xero/custom")
    form = next(form for form in page.forms.values() if "client_id" in form.fields)
    assert "This is needed" in form.submit(status=200)
    form["client_id"], form["client_secret"] = Sandbox.client_id, Sandbox.client_secret
    form.submit(status=303)
    assert connections(services) == 1


def test_unknown_ways_and_providers_are_not_found(log_in: LogIn) -> None:
    admin = log_in("admin")
    for path in ("/admin/accounting/connect/xero/nothing", "/admin/accounting/connect/sage/code"):
        admin.get(path, status=404)
    admin.get("/accounting/callback/sage?state=1", status=404)
    admin.get("/admin/accounting/choose/999", status=404)
    admin.get("/admin/accounting/999/disconnect", status=404)


class TestAtAnAddressThatXeroRefuses:
    """The CRM at http://127.0.0.1, where the browser would never come back to."""

    @pytest.fixture
    def ini(self, ini: dict[str, str]) -> dict[str, str]:
        return {**ini, "crm.url": "http://127.0.0.1:6543"}

    def test_connect_says_so_and_stays_here(self, log_in: LogIn, services: Services) -> None:
        page = log_in("admin").send(f"{LIST}/connect/xero/code", status=200)
        assert "Xero sends nobody back to http://127.0.0.1:6543/accounting/callback/xero" in page
        assert "Set crm.url" in page
        assert connections(services) == 0


def test_reconnecting_names_what_was_connected_and_what_was_not_among_those_allowed(
    connect: Connect, sandbox: Sandbox, services: Services
) -> None:
    admin = connect()
    with services.db.begin() as session:
        lost = session.scalars(select(Connection)).one()
        lost.state, first = "reconnect", lost.name
    parts = urlsplit(set_out(admin))
    form = webtest.TestApp(sandbox.app).get(f"{parts.path}?{parts.query}").form
    for number, box in enumerate(form.fields["tenant"]):
        box.checked = number == 1
    back = local(str(form.submit("answer", value="allow").location))
    with services.db.read() as session:
        before = session.scalars(select(Connection.id)).all()
    page = admin.get(back, status=302).follow()
    if "choose" in page.request.path:
        page = picked_but(page, first)
    told = " ".join(page.html.get_text(" ").split())
    with services.db.read() as session:
        second = session.scalars(select(Connection.name).where(Connection.id.not_in(before))).one()
    assert f"Connected to {second}." in told
    assert f"{first} was not among those allowed; it still needs Reconnect." in told


def test_an_organisation_that_was_allowed_and_not_picked_is_said_to_need_reconnect(
    connect: Connect, sandbox: Sandbox, services: Services
) -> None:
    admin = connect()
    with services.db.begin() as session:
        lost = session.scalars(select(Connection)).one()
        lost.state, first = "reconnect", lost.name
    page = admin.get(local(consent(sandbox, set_out(admin), tenants=2)), status=302).follow()
    told = " ".join(picked_but(page, first).html.get_text(" ").split())
    assert f"{first} was not picked; it still needs Reconnect." in told
    both = admin.get(local(consent(sandbox, set_out(admin), tenants=2)), status=302).follow()
    told = " ".join(picked_but(both, "").html.get_text(" ").split())
    assert f"Connected to {first} and " in told
    assert "still needs" not in told


def picked_but(page: Any, name: str) -> Any:
    """The page after all but one of the organisations were picked."""
    form = next(form for form in page.forms.values() if "organisation" in form.fields)
    labels = [label.span.get_text(strip=True) for label in page.html.select("label.check")]
    for label, box in zip(labels, form.fields["organisation"], strict=True):
        box.checked = label != name
    return form.submit(status=303).follow()
