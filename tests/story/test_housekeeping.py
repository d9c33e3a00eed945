"""What the worker does every so often: light calls, tidying, nothing twice."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from core import ManualClock
from core.accounting.models import Connection, Consent, DocumentRow, GrantRow
from core.jobs.periodic import tick
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import LogIn
from tests.story.conftest import Connect, consent, local

pytestmark = pytest.mark.slow  # walks through pages

DAY = 24 * 3600


def count(services: Services, model: type[Consent | DocumentRow | GrantRow]) -> int:
    with services.db.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_connection_that_nobody_looks_at_is_asked_lightly_every_day(
    connect: Connect, services: Services, clock: ManualClock, sandbox: Sandbox
) -> None:
    connect()
    for _ in range(3):
        before = sandbox.calls.count()
        clock.advance(seconds=DAY)
        tick(services)
        services.jobs.drain()
        assert 0 < sandbox.calls.count() - before <= 20


def test_a_disconnect_made_in_xero_is_noticed_within_a_day_though_nobody_looks(
    connect: Connect, services: Services, clock: ManualClock, sandbox: Sandbox
) -> None:
    connect()
    sandbox.deeds.disconnect()
    clock.advance(seconds=DAY)
    tick(services)
    services.jobs.drain()
    with services.db.read() as session:
        assert session.scalars(select(Connection.state)).one() == "reconnect"


def test_a_refusal_that_passes_is_over_within_a_day_though_nobody_looks(
    connect: Connect, services: Services, clock: ManualClock, sandbox: Sandbox
) -> None:
    connect()
    states = []
    sandbox.faults.add("403", times=1)
    for _ in range(2):
        clock.advance(seconds=DAY)
        tick(services)
        services.jobs.drain()
        with services.db.read() as session:
            states.append(session.scalars(select(Connection.state)).one())
    assert states == ["reconnect", "connected"]


def test_the_grant_is_kept_alive_for_a_year_by_the_light_call(
    connect: Connect, services: Services, clock: ManualClock
) -> None:
    connect()
    for _ in range(37):
        clock.advance(seconds=10 * DAY)
        tick(services)
        services.jobs.drain()
    with services.db.read() as session:
        assert session.scalars(select(Connection.state)).one() == "connected"


def test_what_a_search_found_and_nobody_linked_is_gone_after_a_day(
    connect: Connect, services: Services, clock: ManualClock, log_in: LogIn, refit: str
) -> None:
    connect()
    sales = log_in("sales")
    found = sales.get(f"{refit}/tabs/xero/find?what=invoices&q=Roastery")
    kept = count(services, DocumentRow)
    next(form for form in found.forms.values() if form.action.endswith("/documents/link")).submit(status=303)
    clock.advance(seconds=DAY + 60)
    tick(services)
    services.jobs.drain()
    assert 1 <= count(services, DocumentRow) < kept
    assert "Roastery refit, stage 1" in sales.get(f"{refit}/tabs/xero")


def test_a_consent_that_was_never_finished_leaves_no_token_behind(
    log_in: LogIn, services: Services, clock: ManualClock, sandbox: Sandbox
) -> None:
    admin = log_in("admin")
    away = admin.send("/admin/accounting/connect/xero/code", status=303).location
    admin.get(local(consent(sandbox, away, tenants=2)), status=302)
    assert (count(services, Consent), count(services, GrantRow)) == (1, 1)
    clock.advance(seconds=DAY + 60)
    tick(services)
    assert (count(services, Consent), count(services, GrantRow)) == (0, 0)


def test_a_tab_left_open_day_and_night_stays_within_a_thousand_calls(
    connect: Connect, services: Services, clock: ManualClock, log_in: LogIn, harbour: str, sandbox: Sandbox
) -> None:
    connect()
    sales, tab = log_in("sales"), f"{harbour}/tabs/xero"
    next(form for form in sales.get(tab).forms.values() if form.action.endswith("/link")).submit()
    services.jobs.drain()
    before = sandbox.calls.count("/api.xro")
    for _ in range(24 * 12):
        clock.advance(seconds=301)
        sales.get(tab)
        services.jobs.drain()
    assert 300 < sandbox.calls.count("/api.xro") - before < 1000
