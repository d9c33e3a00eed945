"""What a provider is opened with: tokens refreshed under a lease, a budget, settings. It holds no session.

The lease is one compare-and-set UPDATE, committed before the authoriser is called, so that of any number of processes
one refreshes and the others wait for what it saved; no transaction is open during the call.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import object_session

from core.accounting.budget import DEED, Caller, RowBudget
from core.accounting.codec import from_json, to_json
from core.accounting.models import Connection, GrantRow
from core.contract.clock import Clock
from core.contract.errors import ReconnectNeeded, Unavailable
from core.contract.provider import Authorizer, ProviderSpec
from core.contract.values import Grant, Organisation
from core.db import changed
from core.services import Services

LEASE = timedelta(seconds=45)
EARLY = timedelta(seconds=90)
WAIT = 30.0
GONE = "The connection to the accounting system is gone. An admin can connect it again under Admin, Accounting."


class ConnectionContext:
    """The `ProviderContext` of one connection."""

    def __init__(
        self, services: Services, spec: ProviderSpec, connection: Connection, *, caller: Caller = DEED
    ) -> None:
        self._services = services
        self._spec = spec
        self._grant_id = connection.grant_id
        self._connection_id = connection.id
        self._organisation = from_json(Organisation, connection.organisation)
        self._scopes: str | None = None
        if object_session(connection) is not None:  # the grant is at hand, or one query away in that session
            self._scopes = connection.grant.scopes if connection.grant else ""
        self.budget = RowBudget(services, spec, connection.id, caller)

    @property
    def organisation(self) -> Organisation:
        """The organisation as last known."""
        return self._organisation

    @cached_property
    def scopes(self) -> Sequence[str]:
        """The permissions that the grant holds; nothing where none were told."""
        if self._scopes is not None:
            return self._scopes.split()
        with self._services.db.read() as session:
            return (session.scalar(select(GrantRow.scopes).where(GrantRow.id == self._grant_id)) or "").split()

    @property
    def settings(self) -> Mapping[str, str]:
        """The settings of this provider, without its key and dot."""
        start = f"{self._spec.key}."
        every = self._services.settings.all
        return MappingProxyType({name[len(start) :]: value for name, value in every.items() if name.startswith(start)})

    @property
    def clock(self) -> Clock:
        """The time."""
        return self._services.clock

    @property
    def http(self) -> Any:
        """The pooled HTTP client of the process."""
        return self._services.http

    def token(self, rejected: str | None = None) -> str:
        """An access token that holds. Raises `ReconnectNeeded`, `Unavailable`."""
        deadline = time.monotonic() + WAIT
        while True:
            grant = self._read()
            if grant.access_token != rejected and grant.expires_at > self.clock.now() + EARLY:
                return grant.access_token
            owner = self._lease()
            if owner:
                return self._refresh_as(owner, rejected).access_token
            if time.monotonic() > deadline:
                raise Unavailable("The connection is being renewed by another process. Try again in a moment.")
            time.sleep(0.05)

    def _read(self) -> Grant:
        with self._services.db.read() as session:
            row = session.get(GrantRow, self._grant_id) if self._grant_id else None
            if row is None or row.lost:
                raise ReconnectNeeded(GONE)
            return read_grant(self._services, row)

    def _lease(self) -> str:
        now, owner = self.clock.now(), uuid.uuid4().hex
        with self._services.db.begin() as session:
            free = or_(GrantRow.lease_until.is_(None), GrantRow.lease_until < now)
            mine = update(GrantRow).where(GrantRow.id == self._grant_id, GrantRow.lost.is_(False), free)
            return owner if changed(session, mine.values(lease_owner=owner, lease_until=now + LEASE)) else ""

    def _refresh_as(self, owner: str, rejected: str | None) -> Grant:
        saved = False
        try:
            grant = self._read()  # again: the lease may have been won just after somebody saved
            if grant.access_token != rejected and grant.expires_at > self.clock.now() + EARLY:
                return grant
            fresh = self._authorizer().refresh(grant)
            self._save(fresh)
            saved = True
            return fresh
        except ReconnectNeeded:
            self._mark_lost(owner)
            raise
        finally:
            if not saved:
                self._give_back(owner)

    def _authorizer(self) -> Authorizer:
        with self._services.db.read() as session:
            row = session.get_one(GrantRow, self._grant_id)
            return granted_by(self._spec, row)

    def _save(self, grant: Grant) -> None:
        """Save at once; a database that is away for a moment must not cost the connection."""
        for pause in (0.2, 0.5, 1.0, 2.0, 0.0):
            try:
                with self._services.db.begin() as session:
                    session.execute(
                        update(GrantRow)
                        .where(GrantRow.id == self._grant_id)
                        .values(
                            **grant_values(self._services, grant, self.clock.now()), lease_owner="", lease_until=None
                        )
                    )
                return
            except OperationalError:
                if not pause:
                    raise
                time.sleep(pause)

    def _mark_lost(self, owner: str) -> None:
        with self._services.db.begin() as session:
            mine = update(GrantRow).where(GrantRow.id == self._grant_id, GrantRow.lease_owner == owner)
            if changed(session, mine.values(lost=True)):
                session.execute(
                    update(Connection)
                    .where(Connection.grant_id == self._grant_id, Connection.state == "connected")
                    .values(state="reconnect")
                )

    def _give_back(self, owner: str) -> None:
        with self._services.db.begin() as session:
            session.execute(
                update(GrantRow)
                .where(GrantRow.id == self._grant_id, GrantRow.lease_owner == owner)
                .values(lease_owner="", lease_until=None)
            )


def authorizer_of(spec: ProviderSpec, key: str) -> Authorizer:
    """The way to connect of that key. Raises KeyError."""
    for authorizer in spec.authorizers:
        if authorizer.key == key:
            return authorizer
    raise KeyError(key)


def granted_by(spec: ProviderSpec, row: GrantRow) -> Authorizer:
    """The way by which a grant was got. Raises `ReconnectNeeded` where the plugin has that way no more."""
    try:
        return authorizer_of(spec, row.authorizer)
    except KeyError:
        raise ReconnectNeeded(f"{spec.title} cannot be connected the way it was.", detail=row.authorizer) from None


def read_grant(services: Services, row: GrantRow) -> Grant:
    """The grant out of its row, decrypted."""
    return from_json(Grant, json.loads(services.vault.decrypt(row.secret)))


def grant_values(services: Services, grant: Grant, now: datetime) -> dict[str, Any]:
    """The columns of a grant's row: tokens encrypted."""
    secret = services.vault.encrypt(json.dumps(to_json(grant)))
    return {
        "secret": secret,
        "scopes": " ".join(grant.scopes),
        "refreshed_at": now,
        "lapses_at": grant.lapses_at,
        "lost": False,
    }
