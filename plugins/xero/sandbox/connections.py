"""Connections: which organisations an app reaches on behalf of a user. Used under the store's lock.

A connection has an id of its own; consenting again keeps it, with the new consent's `authEventId`.
Source: Xero, "Connections" (`GET /connections`, `DELETE /connections/{id}`).
"""

from __future__ import annotations

from uuid import uuid4

from core import Clock
from plugins.xero.sandbox.store import Store
from plugins.xero.sandbox.wire import Record, milliseconds, moment_of


class Connections:
    """The links between an app, a user (none for a custom connection) and an organisation."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._table, self._clock = store, store.oauth["connections"], clock

    def connect(self, client: str, user: str | None, tenant: str, auth_event: str) -> Record:
        """Make or renew a connection."""
        now = milliseconds(self._clock.now())
        kept = self.find(client, user, tenant)
        row = kept or {"id": str(uuid4()), "client": client, "user": user, "tenant": tenant, "created": now}
        return self._table.put({**row, "updated": now, "auth_event": auth_event})

    def find(self, client: str, user: str | None, tenant: str) -> Record | None:
        """The connection of this app and user to this organisation."""
        return next((row for row in self.of(client, user) if row["tenant"] == tenant), None)

    def of(self, client: str, user: str | None) -> list[Record]:
        """All connections of this app and user."""
        return [row for row in self._table.all() if row["client"] == client and row["user"] == user]

    def all(self) -> list[Record]:
        """All connections there are."""
        return self._table.all()

    def drop(self, connection_id: str) -> None:
        """Disconnect."""
        self._table.drop(connection_id)

    def shown(self, row: Record) -> Record:
        """A connection as Xero lists it."""
        return {
            "id": row["id"],
            "authEventId": row["auth_event"],
            "tenantId": row["tenant"],
            "tenantType": "ORGANISATION",
            "tenantName": self._store.books[row["tenant"]].organisation["Name"],
            "createdDateUtc": _precise(row["created"]),
            "updatedDateUtc": _precise(row["updated"]),
        }


def _precise(ms: int) -> str:
    """Seven decimals and no zone, as Xero writes these two; the moment is UTC."""
    return moment_of(ms).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0"
