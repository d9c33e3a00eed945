"""Copying into a party: fields of a record written into the linked party of the accounting system, as an intent.

The payload is ``{"typed": {field: new value}, "here": {field: [old, new]}, "party": {…as it was seen…}}``; `here` is
what was written into the record at the same time, `before` the old values there.

A party has no mark of ours. It is known by its values: after a lost answer the party is read. Has it the new values, it
is done; has it the old ones, it may be sent again; has somebody written others meanwhile, nothing is sent over them:
the intent is refused, and both are shown. A party that changed in other fields alone hinders nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounting import intents, sending, snapshot
from core.accounting.codec import from_json, to_json
from core.accounting.deeds import in_connection
from core.accounting.models import PartyChange
from core.audit.service import record_deed
from core.contract.errors import Duplicate, ProviderError, Stale
from core.contract.provider import AccountingProvider
from core.contract.values import Party
from core.services import Services

JOB = "accounting.send_party_change"
LOOK_JOB = "accounting.look_up_party_change"


class PartyChangeDeed(sending.Deed[PartyChange, Party]):
    """Writing fields into a party."""

    name = "party_change"
    model = PartyChange

    def send(self, services: Services, provider: AccountingProvider, row: PartyChange) -> Party:
        """Ask the provider to write them. Raises `Stale` when somebody wrote into one of them meanwhile."""
        seen: Party = from_json(Party, row.payload["party"])
        try:
            return self._write(provider, seen, row)
        except Stale:
            now = provider.get_party(row.party_id)
            self._learn(services, row, now)
            if has(now, wanted(row)):
                return now
            if not has(now, row.before):
                raise
            return self._write(provider, now, row)
        except Duplicate as error:
            self._learn(services, row, error.existing)
            raise

    def _write(self, provider: AccountingProvider, party: Party, row: PartyChange) -> Party:
        return provider.update_party(party, wanted(row), key=intents.send_key(row))

    def _learn(self, services: Services, row: PartyChange, party: Party) -> None:
        with services.db.begin() as session:
            snapshot.save_parties(session, row.connection_id, [party], services.clock.now())

    def look_up(self, services: Services, provider: AccountingProvider, row: PartyChange) -> Party | None:
        """The party, if it has the new values; None while it has not."""
        party = provider.get_party(row.party_id)
        return party if has(party, wanted(row)) else None

    def finish(self, session: Session, row: PartyChange, made: Party, now: datetime) -> None:
        """Into the index, audited."""
        snapshot.save_parties(session, row.connection_id, [made], now)
        told = {"party": made.name, "party_id": row.party_id, **in_connection(row.connection)}
        about: dict[str, Any] = {"kind": row.kind, "record_id": row.record_id, "user_id": row.created_by, "when": now}
        record_deed(session, deed="copied to party", old={**row.before, **told}, new={**wanted(row), **told}, **about)

    def refused(self, row: PartyChange, error: ProviderError) -> None:
        """Keep who has the name already, to be offered."""
        if isinstance(error, Duplicate):
            row.payload = {**row.payload, "existing": to_json(error.existing)}
            row.problems = [{"field": "name", "message": f"{error.existing.name} has this name already."}]


DEED = PartyChangeDeed()


def register(services: Services) -> None:
    """Add the jobs of changes of parties and their sweeper."""
    sending.register(services, DEED)


def wanted(row: PartyChange) -> Mapping[str, str]:
    """What is written, by field."""
    typed: Mapping[str, str] = row.payload["typed"]
    return typed


def existing_of(row: PartyChange) -> Party | None:
    """The party that has the name already."""
    return from_json(Party, row.payload["existing"]) if row.payload.get("existing") else None


def has(party: Party, values: Mapping[str, str]) -> bool:
    """Whether a party holds these values, spaces apart."""
    return all(_joined(getattr(party, name)) == _joined(value) for name, value in values.items())


def _joined(text: str) -> str:
    return " ".join(text.split())


def waiting(session: Session, record: Any) -> list[PartyChange]:
    """The record's changes of parties that are not done: on their way, in doubt, or refused."""
    mine = (PartyChange.kind == record.kind, PartyChange.record_id == record.id, PartyChange.state != "made")
    return list(session.scalars(select(PartyChange).where(*mine).order_by(PartyChange.id)))
