"""The database server goes away for a moment, at each step of a draft: every connection to it dies, nothing is lost."""

from __future__ import annotations

import os
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from core import ManualClock
from core.accounting import drafts
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.core.accounting.drafting import (
    books,
    draft_form,
    fill,
    key_in,
    link_harbour,
    open_form,
    pass_time,
    send,
    state,
)
from tests.story.conftest import Connect

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
STEPS = ("before the call", "after the call", "while it is written down")


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """A database of the test's own on the server."""
    return postgres_url


def restart(services: Services) -> None:
    """What a restart of the server does to whoever is connected."""
    server = os.environ["LEDGERTAB_TEST_POSTGRES"].replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    name = make_url(services.db.url).database
    with engine.connect() as connection:
        query = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"
        )
        connection.execute(text(query), {"name": name})
    engine.dispose()


@pytest.fixture
def sales(connect: Connect, log_in: LogIn, services: Services, harbour: str) -> Browser:
    connect()
    browser = log_in("sales")
    link_harbour(browser, services, harbour)
    return browser


def test_pages_are_served_after_a_restart_as_if_nothing_had_been(
    sales: Browser, services: Services, harbour: str
) -> None:
    for page in (harbour, f"{harbour}/tabs/xero", "/accounting/drafts"):
        restart(services)
        assert sales.get(page).status_int == 200


@pytest.mark.parametrize("step", STEPS)
def test_a_restart_in_the_middle_of_a_draft_leaves_one_invoice(
    sales: Browser,
    services: Services,
    sandbox: Sandbox,
    clock: ManualClock,
    refit: str,
    step: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deed: Any = drafts.DEED
    real_send, real_finish = deed.send, deed.finish
    times = iter([True])

    def breaking_send(*given: Any) -> Any:
        if step == "before the call" and next(times, False):
            restart(services)
        made = real_send(*given)
        if step == "after the call" and next(times, False):
            restart(services)
        return made

    def breaking_finish(*given: Any) -> Any:
        real_finish(*given)
        if step == "while it is written down" and next(times, False):
            restart(services)

    monkeypatch.setattr(deed, "send", breaking_send)
    monkeypatch.setattr(deed, "finish", breaking_finish)
    page = open_form(sales, refit)
    fill(draft_form(page))
    key = key_in(send(page).location)
    services.jobs.drain()
    assert next(times, False) is False, "the server was never restarted"
    pass_time(services, clock, seconds=1200)
    assert state(services, key) == "made"
    assert len(books(sandbox, key)) == 1
