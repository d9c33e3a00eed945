"""New parties: a contact of the accounting system made from a record, once, and linked to it.

The payload is ``{"typed": {…fields of NewParty…}, "next": …, "ref": …}``, `ref` the record's number where it is sent
along (`ref_for`). There is no mark to look a party up by: names are
unique in the accounting system, so after a lost answer the name is looked up, and what is found is taken for ours only
if it agrees with what was sent; anything else is offered for linking, never linked by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from core.accounting import connections, copying, failures, intents, linking, sending, snapshot, suggestions
from core.accounting.codec import from_json, to_json
from core.accounting.deeds import in_connection
from core.accounting.models import Connection, NewPartyIntent
from core.audit.service import record_deed
from core.contract.errors import Duplicate, ProviderError
from core.contract.provider import AccountingProvider
from core.contract.values import Capability, NewParty, Party, PartyState
from core.db import changed
from core.records.service import RecordNotFound, get_record
from core.services import Services

JOB = "accounting.send_new_party"
LOOK_JOB = "accounting.look_up_new_party"
FIELDS = tuple(one.name for one in fields(NewParty) if one.name != "record_ref")  # what a person types
SLACK = timedelta(minutes=15)  # clocks differ


class NewPartyDeed(sending.Deed[NewPartyIntent, Party]):
    """Making a party and linking it."""

    name = "new_party"
    model = NewPartyIntent

    def send(self, services: Services, provider: AccountingProvider, row: NewPartyIntent) -> Party:
        """Ask the provider to make it."""
        return provider.create_party(new_party_of(row), key=intents.send_key(row))

    def look_up(self, services: Services, provider: AccountingProvider, row: NewPartyIntent) -> Party | None:
        """The party of that name, if it is the one we sent. Raises `Duplicate` when it is another of the name."""
        wanted, others = new_party_of(row), []
        for party in _called(provider, wanted.name):
            if _is_ours(party, wanted, row):
                return party
            others.append(party)
        if others:
            raise Duplicate("Somebody of this name is there already.", others[0])
        return None

    def finish(self, session: Session, row: NewPartyIntent, made: Party, now: datetime) -> None:
        """Into the index, linked, audited."""
        row.party_id, row.existing = made.ref.id, {}
        snapshot.save_parties(session, row.connection_id, [made], now)
        new = {"party": made.name, "party_id": made.ref.id, **in_connection(row.connection)}
        who, kind = row.created_by, row.kind
        record_deed(session, when=now, user_id=who, deed="party made", kind=kind, record_id=row.record_id, new=new)
        link(session, row, made.ref.id, user_id=row.created_by, now=now)

    def refused(self, row: NewPartyIntent, error: ProviderError) -> None:
        """Keep the one that has the name, to be offered."""
        if isinstance(error, Duplicate):
            row.existing = to_json(error.existing)
        if any(one["field"] == "record_ref" for one in row.problems):
            row.payload = {**row.payload, "taken": True}

    def afterwards(self, services: Services, intent_id: int) -> None:
        """Its documents are read: none yet, but from now on the tab has an age."""
        with services.db.read() as session:
            row = session.get_one(NewPartyIntent, intent_id)
        refresh = {"connection_id": row.connection_id, "party_ids": [row.party_id]}
        services.jobs.enqueue("accounting.refresh", **refresh)


def _called(provider: AccountingProvider, name: str) -> Iterator[Party]:
    """All parties of exactly that name, whatever their case; a search finds parts of names, so every page is read."""
    cursor = None
    while True:
        page = provider.search_parties(name, cursor=cursor)
        yield from (one for one in page.items if one.name.strip().casefold() == name.strip().casefold())
        cursor = page.cursor
        if cursor is None:
            return


def _is_ours(party: Party, wanted: NewParty, row: NewPartyIntent) -> bool:
    """Whether a party of the name is the one that was sent: active, the same e-mail, not older than the send."""
    if party.state is not PartyState.ACTIVE or party.email.casefold() != wanted.email.casefold():
        return False
    assert row.sent_at is not None
    return party.updated_at is None or party.updated_at >= row.created_at - SLACK


DEED = NewPartyDeed()


def register(services: Services) -> None:
    """Add the jobs of new parties and their sweeper."""
    sending.register(services, DEED)


def new_party_of(row: NewPartyIntent) -> NewParty:
    """What is sent."""
    typed = {name: text.strip() for name, text in row.payload["typed"].items()}
    return from_json(NewParty, {**typed, "record_ref": row.payload.get("ref", "")})


def ref_for(session: Session, services: Services, record: Any, connection: Connection) -> str:
    """The record's number, where the admin lets it be sent, the system can keep it, and no other party carries it."""
    if not connection.record_refs or Capability.PARTY_RECORD_REF not in connections.capabilities(services, connection):
        return ""
    ref = copying.ref_of(record)
    return "" if suggestions.somebody_carries(session, connection.id, ref) else ref


def existing_of(row: NewPartyIntent) -> Party | None:
    """The party that has the name already."""
    return from_json(Party, row.existing) if row.existing else None


def copied_from(record: Any) -> dict[str, str]:
    """The fields as they are copied from a record of the CRM."""
    copied = {name: str(getattr(record, name, "") or "") for name in FIELDS}
    return {**copied, "name": record.title}


def link(session: Session, row: NewPartyIntent, party_id: str, *, user_id: int, now: datetime) -> bool:
    """Link the intent's record to a party; False when the record is gone."""
    try:
        record = get_record(session, row.kind, row.record_id)
    except RecordNotFound:
        return False
    linking.link_party(session, record, row.connection, party_id, user_id=user_id, now=now)
    return True


def link_existing(session: Session, row: NewPartyIntent, *, user_id: int, now: datetime) -> bool:
    """Link the party that has the name already instead of making one. False when there is none (any more)."""
    party = existing_of(row)
    mine = update(NewPartyIntent).where(NewPartyIntent.id == row.id, NewPartyIntent.state == "refused")
    if party is None or party.merged_into or not changed(session, mine.values(state="made")):
        return False
    session.refresh(row)
    snapshot.save_parties(session, row.connection_id, [party], now)
    row.party_id, row.updated_at, row.error, row.error_detail = party.ref.id, now, "", ""
    row.problems = []
    failures.settle(session, row.connection_id, DEED.name, now, intent_id=row.id)
    return link(session, row, party.ref.id, user_id=user_id, now=now)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a post of the form asks for: `version` is that of the form (0: it was never stored)."""

    key: str
    version: int
    record: Any
    connection: Connection
    payload: Mapping[str, Any]


def accept(session: Session, wish: Wish, *, user_id: int, now: datetime) -> tuple[NewPartyIntent, bool]:
    """Store and queue what a post asks for, once: the intent of its key, and whether the post had its way.

    False means that it moved on since the form was shown: it was sent (a second click), refused, or changed.
    """
    row, new = intents.store(
        session,
        NewPartyIntent(
            key=wish.key,
            kind=wish.record.kind,
            record_id=wish.record.id,
            connection_id=wish.connection.id,
            connection=wish.connection,
            payload=dict(wish.payload),
            state="queued",
            created_by=user_id,
            created_at=now,
            updated_at=now,
        ),
    )
    if new:
        return row, True
    if row.state not in intents.EDITABLE or row.version != wish.version:
        return row, False
    return row, intents.change(session, row, {"payload": dict(wish.payload), "existing": {}}, send=True, now=now)
