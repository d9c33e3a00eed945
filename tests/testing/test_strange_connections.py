"""A stranger's ways to connect, gone wrong: a sentence each, and nothing half connected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from core.accounting.context import grant_values, read_grant
from core.accounting.models import Connection, GrantRow
from core.accounting.models import Consent as ConsentRow
from core.services import Services
from tests.conftest import LogIn
from tests.core.pages import words
from tests.testing.desk import Desk, boom, desk, extra, house, ini, make
from tests.testing.stranger import HOUSE, KEY, Ledgerhouse

__all__ = ["desk", "extra", "house", "ini", "make"]

pytestmark = pytest.mark.slow
BEGINNINGS: list[tuple[str, Callable[[Any], Any]]] = [
    ("start", boom),
    ("start", lambda _: None),
    ("start", lambda grant: replace(grant, expires_at=dt.datetime(2100, 1, 1))),  # noqa: DTZ001
    ("start", lambda grant: replace(grant, access_token="")),
    ("organisations", boom),
    ("organisations", lambda _: [HOUSE, None]),
    ("organisations", lambda _: [replace(HOUSE, id=42)]),  # type: ignore[arg-type]
    ("organisations", lambda _: [replace(HOUSE, base_currency="dollars")]),
]


def test_a_fault_is_a_sentence_and_nothing_is_connected(log_in: LogIn, house: Ledgerhouse, services: Services) -> None:
    browser = log_in("admin")
    for method, spoil in BEGINNINGS:
        house.spoilt = {method: spoil}
        page = browser.send(f"/admin/accounting/connect/{KEY}/api_key", {"api_key": "lh_1"}, status=200)
        assert "Ledgerhouse was not connected" in words(page)
        assert "lh_1" not in words(page)
    _nothing(services)


def test_a_fault_on_the_way_back_is_a_sentence(log_in: LogIn, house: Ledgerhouse, services: Services) -> None:
    browser = log_in("admin")
    for spoil in (boom, lambda _: None, lambda pair: pair[0], lambda pair: (None, [HOUSE])):
        house.spoilt["finish"] = spoil
        away = browser.send(f"/admin/accounting/connect/{KEY}/code", status=303)
        back = browser.get(f"/accounting/callback/{KEY}?code=good&{away.location.partition('?')[2]}", status=302)
        assert "Ledgerhouse was not connected" in words(back.follow())
    _nothing(services)


def test_a_consent_page_that_is_no_address_is_refused(log_in: LogIn, house: Ledgerhouse) -> None:
    house.spoilt["start"] = lambda begun: replace(begun, url="javascript:alert(1)")
    page = log_in("admin").send(f"/admin/accounting/connect/{KEY}/code", status=200)
    assert "Ledgerhouse was not connected" in words(page)


def test_fields_that_cannot_be_told_take_no_page_down(log_in: LogIn, house: Ledgerhouse) -> None:
    house.spoilt["fields"] = boom
    log_in("admin").get("/admin/accounting", status=200)


def test_a_way_that_the_plugin_has_no_more_asks_for_a_new_connection(desk: Desk) -> None:
    with desk.services.db.begin() as session:
        session.execute(update(GrantRow).values(authorizer="gone"))
        grant = read_grant(desk.services, session.scalars(select(GrantRow)).one())
        lapsed = replace(grant, expires_at=desk.clock.now())
        session.execute(update(GrantRow).values(**grant_values(desk.services, lapsed, desk.clock.now())))
    assert "Outstanding NZ$ 115.00" in desk.later()
    told = words(desk.browser.get("/admin/accounting"))
    assert "Reconnect" in told
    assert "cannot be connected the way it was" in told
    page = desk.browser.send("/admin/accounting/1/disconnect", status=303).follow()
    assert "is disconnected" in words(page)


def test_a_consent_by_a_way_that_is_gone_meanwhile_is_a_sentence(log_in: LogIn, services: Services) -> None:
    browser = log_in("admin")
    away = browser.send(f"/admin/accounting/connect/{KEY}/code", status=303)
    with services.db.begin() as session:
        session.execute(update(ConsentRow).values(authorizer="gone"))
    back = browser.get(f"/accounting/callback/{KEY}?code=good&{away.location.partition('?')[2]}", status=302)
    assert "This way to connect is not there any more" in words(back.follow())


def test_a_disconnect_that_fails_changes_nothing(desk: Desk, house: Ledgerhouse) -> None:
    house.spoilt["disconnect"] = boom
    page = desk.browser.send("/admin/accounting/1/disconnect", status=303).follow()
    assert "Not disconnected" in words(page)
    with desk.services.db.read() as session:
        assert session.scalars(select(Connection.state)).one() == "connected"


def _nothing(services: Services) -> None:
    with services.db.read() as session:
        assert session.scalars(select(Connection)).all() == []
