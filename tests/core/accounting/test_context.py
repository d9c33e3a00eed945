"""Tokens refreshed under a lease: whatever happens, one refresh and no lost connection."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest

from core import (
    AccountingProvider,
    Authorization,
    Authorizer,
    Grant,
    ManualClock,
    Organisation,
    ProviderSpec,
    ReconnectNeeded,
    Unavailable,
)
from core.accounting import connections
from core.accounting.context import ConnectionContext
from core.accounting.models import Connection, GrantRow
from core.contract.errors import ProviderError
from core.services import Services


@dataclass
class Bank(Authorizer):
    """An authoriser that rotates tokens: each refresh token is good once."""

    clock: ManualClock
    refreshed: int = 0
    fail: ProviderError | None = None
    slow: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)
    key = "bank"
    title = "Bank"

    def start(self, redirect_uri: str, state: str, typed: Mapping[str, str]) -> Authorization | Grant:
        return self.grant(0)

    def finish(
        self, redirect_uri: str, callback: Mapping[str, str], kept: Mapping[str, str]
    ) -> tuple[Grant, Sequence[Organisation]]:
        return self.grant(0), []

    def organisations(self, grant: Grant) -> Sequence[Organisation]:
        return []

    def grant(self, number: int) -> Grant:
        expires = self.clock.now() + dt.timedelta(minutes=30)
        return Grant(access_token=f"a{number}", refresh_token=f"r{number}", expires_at=expires)

    def refresh(self, grant: Grant) -> Grant:
        time.sleep(self.slow)
        with self.lock:
            if self.fail is not None:
                raise self.fail
            if grant.refresh_token != f"r{self.refreshed}":
                raise ReconnectNeeded("invalid_grant")
            self.refreshed += 1
            return self.grant(self.refreshed)

    def disconnect(self, grant: Grant, organisation: Organisation, *, last: bool) -> None:
        return


@pytest.fixture
def bank(clock: ManualClock) -> Bank:
    return Bank(clock)


@pytest.fixture
def spec(bank: Bank) -> ProviderSpec:
    def open_never(context: object) -> AccountingProvider:
        raise AssertionError("no provider is opened here")

    return ProviderSpec("bank", "Bank", [bank], open_never)


@pytest.fixture
def connection(services: Services, bank: Bank, clock: ManualClock) -> Connection:
    with services.db.begin() as session:
        grant = connections.store_grant(services, session, "bank", "bank", bank.grant(0))
        organisation = Organisation("org", "Books", base_currency="NZD")
        return connections.connect(session, grant, [organisation], user_id=1, now=clock.now())[0]


def ask(services: Services, spec: ProviderSpec, connection: Connection, rejected: str | None = None) -> str:
    """The token that a fresh context (as of another process) gives."""
    return ConnectionContext(services, spec, connection).token(rejected)


def test_a_token_that_holds_is_not_refreshed(
    services: Services, spec: ProviderSpec, connection: Connection, bank: Bank
) -> None:
    assert ask(services, spec, connection) == "a0"
    assert bank.refreshed == 0


def test_a_token_about_to_expire_is_refreshed_first(
    services: Services, spec: ProviderSpec, connection: Connection, bank: Bank, clock: ManualClock
) -> None:
    clock.advance(seconds=29 * 60)
    assert ask(services, spec, connection) == "a1"


def test_eight_at_once_refresh_once(
    services: Services, spec: ProviderSpec, connection: Connection, bank: Bank, clock: ManualClock
) -> None:
    clock.advance(seconds=3600)
    bank.slow = 0.2
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: ask(services, spec, connection), range(8)))
    assert tokens == ["a1"] * 8
    assert bank.refreshed == 1


def test_a_refused_token_is_refreshed_once_however_many_saw_it_refused(
    services: Services, spec: ProviderSpec, connection: Connection, bank: Bank
) -> None:
    assert [ask(services, spec, connection, rejected="a0") for _ in range(3)] == ["a1"] * 3
    assert bank.refreshed == 1


def test_a_grant_that_is_gone_asks_for_a_reconnect_and_says_so_on_the_connection(
    services: Services, spec: ProviderSpec, connection: Connection, bank: Bank, clock: ManualClock
) -> None:
    clock.advance(seconds=3600)
    bank.fail = ReconnectNeeded("invalid_grant")
    for _ in range(2):
        with pytest.raises(ReconnectNeeded):
            ask(services, spec, connection)
    with services.db.read() as session:
        assert session.get_one(Connection, connection.id).state == "reconnect"


def test_an_authoriser_that_is_away_loses_nothing(
    services: Services, spec: ProviderSpec, connection: Connection, bank: Bank, clock: ManualClock
) -> None:
    clock.advance(seconds=3600)
    bank.fail = Unavailable("away")
    with pytest.raises(Unavailable):
        ask(services, spec, connection)
    bank.fail = None
    assert ask(services, spec, connection) == "a1"


def test_the_lease_of_a_killed_process_runs_out(
    services: Services, spec: ProviderSpec, connection: Connection, clock: ManualClock
) -> None:
    clock.advance(seconds=3600)
    with services.db.begin() as session:
        row = session.get_one(GrantRow, connection.grant_id)
        row.lease_owner, row.lease_until = "killed", clock.now() + dt.timedelta(seconds=45)
    clock.advance(seconds=46)
    assert ask(services, spec, connection) == "a1"


def test_a_rotated_key_still_reads_what_the_old_one_wrote(
    services: Services, spec: ProviderSpec, connection: Connection
) -> None:
    from core.vault import Vault, _make_key

    old = (services.settings.home / "key").read_text(encoding="ascii").strip()
    new = _make_key(services.settings.home / "new-key")
    rotated = replace(services, vault=Vault([new, old]))
    assert ask(rotated, spec, connection) == "a0"
