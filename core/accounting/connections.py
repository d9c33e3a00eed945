"""Connections: opening a provider, making them after a consent, losing them, and what went well or wrong last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from core.accounting.budget import DEED, Caller, Held
from core.accounting.codec import from_json, to_json
from core.accounting.context import ConnectionContext, grant_values, granted_by
from core.accounting.models import Connection, GrantRow
from core.contract.clock import Clock
from core.contract.errors import Denied, NotFound, ProviderError, ReconnectNeeded, Throttled, Unavailable
from core.contract.provider import AccountingProvider, ProviderSpec
from core.contract.values import Capability, Grant, Organisation
from core.services import Services

DENIED_PAUSE = timedelta(hours=1)  # only a new consent grants what is missing: no open tab asks in between
TROUBLE = ("last_error", "last_error_detail", "missing_scope")
ABOUT_ALL = (Throttled, ReconnectNeeded)  # whatever was asked
ABOUT_THE_CONNECTION = (Throttled, Unavailable, ReconnectNeeded, Denied)


def open_provider(services: Services, connection_id: int, caller: Caller = DEED) -> AccountingProvider:
    """The provider for a connection, for whoever calls; holds no session.

    Raises `ReconnectNeeded`, `NotFound`, `Unavailable`.
    """
    with services.db.read() as session:
        connection = session.get(Connection, connection_id)
        if connection is None:
            raise NotFound("This connection does not exist any more.")
        if connection.state == "disconnected":
            raise ReconnectNeeded(f"{connection.name} was disconnected. An admin can connect it again.")
        spec = services.providers.get(connection.provider)
        if spec is None:
            raise Unavailable(f"The plugin for {connection.name} is switched off.")
        return spec.open(ConnectionContext(services, spec, connection, caller=caller))


def spec_of(services: Services, connection: Connection) -> ProviderSpec:
    """The accounting backend of a connection. Raises KeyError when its plugin is off."""
    return services.providers[connection.provider]


def capabilities(services: Services, connection: Connection) -> frozenset[Capability]:
    """What can be done for this organisation. Makes no call."""
    spec = spec_of(services, connection)
    return spec.open(ConnectionContext(services, spec, connection)).capabilities()


def makes_parties(services: Services, connection: Connection) -> bool:
    """Whether new parties can be made there."""
    return Capability.PARTIES_CREATE in capabilities(services, connection)


def lacking(services: Services, connection: Connection) -> Mapping[str, str]:
    """The permissions that the connection's grant should have and has not, each with what will not work. No call."""
    spec, grant = services.providers.get(connection.provider), connection.grant
    if spec is None or grant is None or connection.state != "connected":
        return {}
    try:
        return granted_by(spec, grant).lacks(grant.scopes.split())
    except ReconnectNeeded:
        return {}


def active(session: Session, provider: str) -> list[Connection]:
    """The provider's connections that are connected or wait to be connected again, by name."""
    found = session.scalars(
        select(Connection)
        .where(Connection.provider == provider, Connection.state != "disconnected")
        .order_by(Connection.name, Connection.id)
    )
    return list(found)


def organisation_of(connection: Connection) -> Organisation:
    """The organisation as last known."""
    return from_json(Organisation, connection.organisation)


def zone(connection: Connection) -> ZoneInfo:
    """The organisation's own time zone; UTC where its name is not known here."""
    try:
        return ZoneInfo(connection.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def today(connection: Connection, clock: Clock) -> date:
    """The day it is where the organisation keeps its books."""
    return clock.now().astimezone(zone(connection)).date()


def note_success(services: Services, connection_id: int) -> None:
    """A call went well: remember when, forget the last error, and that it seemed lost while its grant still holds.

    That a permission is missing is not forgotten before its pause is over: what went well did without it.
    """
    now = services.clock.now()
    over = or_(Connection.missing_scope == "", Connection.retry_at.is_(None), Connection.retry_at <= now)
    mine = update(Connection).where(Connection.id == connection_id)
    with services.db.begin() as session:
        session.execute(mine.values(last_good_at=now))
        session.execute(mine.where(over).values(retry_at=None, **dict.fromkeys(TROUBLE, "")))
        holds = Connection.grant_id.in_(select(GrantRow.id).where(GrantRow.lost.is_(False)))
        session.execute(mine.where(Connection.state == "reconnect", holds).values(state="connected"))


def note_failure(services: Services, connection_id: int, error: ProviderError, *, of_one: bool = False) -> None:
    """A call went wrong: remember the sentence, the provider's own words, and until when to wait.

    Only what is about the connection: that one thing is not there, or was refused, concerns who asked for it. `of_one`:
    it was about one document alone, whose failing says nothing of the others; a limit or a lost grant does.
    """
    meant = ABOUT_ALL if of_one else ABOUT_THE_CONNECTION
    if isinstance(error, Held) or not isinstance(error, meant):
        return
    now = services.clock.now()
    until = error.until if isinstance(error, Throttled | Unavailable) else None
    if isinstance(error, Denied):
        until = now + DENIED_PAUSE
    with services.db.begin() as session:
        connection = session.get(Connection, connection_id)
        if connection is None:
            return
        connection.last_error, connection.last_error_detail = error.message, error.detail
        connection.last_error_at, connection.retry_at = now, until
        connection.missing_scope = error.missing_scope if isinstance(error, Denied) else ""
        if isinstance(error, ReconnectNeeded) and connection.state == "connected":
            connection.state = "reconnect"


def note_pause(services: Services, connection_id: int, until: datetime | None) -> None:
    """Nothing went wrong, and nobody asks before `until`."""
    with services.db.begin() as session:
        session.execute(update(Connection).where(Connection.id == connection_id).values(retry_at=until))


def store_grant(services: Services, session: Session, provider: str, authorizer: str, grant: Grant) -> GrantRow:
    """Keep a new grant, encrypted."""
    now = services.clock.now()
    row = GrantRow(provider=provider, authorizer=authorizer, granted_at=now, **grant_values(services, grant, now))
    session.add(row)
    session.flush()
    return row


def connect(
    session: Session, grant: GrantRow, organisations: Sequence[Organisation], *, user_id: int, now: datetime
) -> list[Connection]:
    """Connect the organisations that an admin picked; one that was connected before keeps its links and snapshot."""
    made = []
    for organisation in organisations:
        connection = session.scalar(
            select(Connection).where(
                Connection.provider == grant.provider, Connection.organisation_id == organisation.id
            )
        )
        if connection is None:
            connection = Connection(
                provider=grant.provider, organisation_id=organisation.id, name=organisation.name, organisation={}
            )
            session.add(connection)
        before = connection.grant_id
        connection.grant_id, connection.authorizer, connection.state = grant.id, grant.authorizer, "connected"
        connection.connected_by, connection.connected_at = user_id, now
        connection.last_error = connection.last_error_detail = connection.missing_scope = ""
        connection.last_error_at = connection.retry_at = connection.organisation_at = None
        save_organisation(connection, organisation, known=False)
        session.flush()
        made.append(connection)
        if before is not None and before != grant.id:
            drop_grant_if_unused(session, before)
    return made


def save_organisation(connection: Connection, organisation: Organisation, *, known: bool) -> None:
    """Take over what an organisation is; `known` when the provider itself was asked (else only id and name count)."""
    old = organisation_of(connection) if connection.organisation else None
    if not known and old is not None:
        organisation = replace(
            old, name=organisation.name, connection_ref=organisation.connection_ref or old.connection_ref
        )
    connection.organisation = to_json(organisation)
    connection.name = organisation.name[:200]
    connection.base_currency = organisation.base_currency or connection.base_currency or ""
    connection.timezone = organisation.timezone or connection.timezone or "UTC"


def shares_grant(session: Session, connection: Connection) -> bool:
    """Whether another connection lives on the same grant."""
    others = session.scalar(
        select(func.count())
        .select_from(Connection)
        .where(
            Connection.grant_id == connection.grant_id,
            Connection.id != connection.id,
            Connection.state != "disconnected",
        )
    )
    return bool(others)


def drop_grant_if_unused(session: Session, grant_id: int) -> None:
    """Forget tokens that no connection uses any more."""
    if session.scalar(select(func.count()).select_from(Connection).where(Connection.grant_id == grant_id)) == 0:
        grant = session.get(GrantRow, grant_id)
        if grant is not None:
            session.delete(grant)
            session.flush()


def mark_disconnected(session: Session, connection: Connection) -> None:
    """Forget the tokens, keep links, snapshot and audit."""
    grant_id = connection.grant_id
    connection.state, connection.grant_id = "disconnected", None
    session.flush()
    if grant_id is not None:
        drop_grant_if_unused(session, grant_id)
