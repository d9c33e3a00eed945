"""The walk to a provider's consent page and back: a checked `state`, good once, for the admin who set out.

No transaction is open while the provider is asked: each step reads or writes in a short session of its own.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.accounting import connections, failures, wishes
from core.accounting.codec import from_json, to_json
from core.accounting.context import ConnectionContext, authorizer_of, granted_by, read_grant
from core.accounting.deeds import in_connection
from core.accounting.models import Connection, Consent, GrantRow
from core.audit.service import record_deed
from core.contract.errors import ProviderError, ReconnectNeeded, Rejected
from core.contract.provider import Authorizer, ProviderSpec
from core.contract.values import Authorization, Grant, Organisation
from core.db import changed
from core.services import Services

LIFE = timedelta(minutes=15)


@dataclass(frozen=True)
class Begun:
    """What comes of setting out: an address to send the browser to, or a consent that is done already."""

    url: str = ""
    consent_id: int = 0


def redirect_uri(services: Services, provider: str) -> str:
    """Where the provider sends the browser back to; registered with the provider by the admin."""
    return f"{services.settings.url}/accounting/callback/{provider}"


def begin(
    services: Services,
    spec: ProviderSpec,
    authorizer: Authorizer,
    typed: Mapping[str, str],
    user_id: int,
    *,
    again: int | None = None,
) -> Begun:
    """Set out; `typed` holds fields and wishes, `again` the connection to reconnect. Raises the contract's errors."""
    state = secrets.token_urlsafe(32)
    started = authorizer.start(redirect_uri(services, spec.key), state, typed)
    kept = dict(started.kept) if isinstance(started, Authorization) else {}
    with services.db.begin() as session:
        consent = Consent(
            state_hash=_hash(state),
            provider=spec.key,
            authorizer=authorizer.key,
            kept=services.vault.encrypt(json.dumps(kept)),
            user_id=user_id,
            connection_id=again,
            wishes=[one.key for one in wishes.optional(authorizer) if typed.get(one.key)],
            created_at=services.clock.now(),
        )
        session.add(consent)
        session.flush()
        consent_id = consent.id
    if isinstance(started, Authorization):
        return Begun(url=started.url)
    _keep(services, spec, authorizer, consent_id, started, authorizer.organisations(started))
    return Begun(consent_id=consent_id)


def finish(services: Services, spec: ProviderSpec, callback: Mapping[str, str], user_id: int) -> int:
    """Come back: the consent's id, its grant and organisations kept. Raises `Rejected` with a sentence for people."""
    consent = _take(services, spec, callback.get("state", ""), user_id)
    try:
        authorizer = authorizer_of(spec, consent.authorizer)
    except KeyError:
        raise Rejected("This way to connect is not there any more. Start again with Connect.") from None
    kept: dict[str, str] = json.loads(services.vault.decrypt(consent.kept))
    grant, organisations = authorizer.finish(redirect_uri(services, spec.key), callback, kept)
    _keep(services, spec, authorizer, consent.id, grant, organisations)
    return consent.id


def _take(services: Services, spec: ProviderSpec, state: str, user_id: int) -> Consent:
    """The consent of that state, marked as used by one compare-and-set: a second answer finds nothing."""
    again = "Start again with Connect."
    if not state:
        raise Rejected(f"The answer came without its state, so it cannot be trusted. {again}")
    now = services.clock.now()
    with services.db.begin() as session:
        consent = session.scalar(
            select(Consent).where(Consent.state_hash == _hash(state), Consent.provider == spec.key)
        )
        if consent is None or consent.user_id != user_id:
            raise Rejected(f"This answer does not belong to a connection that you began. {again}")
        if consent.created_at < now - LIFE:
            raise Rejected(f"That took longer than a quarter of an hour, so the request ran out. {again}")
        mine = update(Consent).where(Consent.id == consent.id, Consent.used_at.is_(None))
        if not changed(session, mine.values(used_at=now)):
            raise Rejected(f"This answer was used already. {again}")
        return consent


def _keep(
    services: Services,
    spec: ProviderSpec,
    authorizer: Authorizer,
    consent_id: int,
    grant: Grant,
    organisations: Sequence[Organisation],
) -> None:
    if not organisations:
        raise Rejected(f"No organisation was picked in {spec.title}, so there is nothing to connect. Start again.")
    with services.db.begin() as session:
        row = connections.store_grant(services, session, spec.key, authorizer.key, grant)
        consent = session.get_one(Consent, consent_id)
        consent.used_at, consent.grant_id = services.clock.now(), row.id
        consent.organisations = [to_json(organisation) for organisation in organisations]


def organisations_of(consent: Consent) -> list[Organisation]:
    """The organisations that a consent reaches."""
    return [from_json(Organisation, one) for one in consent.organisations]


def reconnecting(session: Session, consent: Consent) -> Connection | None:
    """The connection whose *Reconnect* led to the consent; None where it began with *Connect*."""
    return session.get(Connection, consent.connection_id) if consent.connection_id else None


def connected_already(session: Session, consent: Consent) -> set[str]:
    """The ids of those organisations of the consent that have a connection."""
    ids = [one.id for one in organisations_of(consent)]
    mine = select(Connection.organisation_id).where(
        Connection.provider == consent.provider,
        Connection.organisation_id.in_(ids),
        Connection.state != "disconnected",
    )
    return set(session.scalars(mine))


def connect(services: Services, consent_id: int, picked: Sequence[str], user_id: int) -> list[int]:
    """Connect the organisations picked (by their ids); the ids of their connections. Raises `Rejected`."""
    now = services.clock.now()
    with services.db.begin() as session:
        consent = session.get(Consent, consent_id)
        grant = session.get(GrantRow, consent.grant_id) if consent and consent.grant_id else None
        if consent is None or grant is None or consent.user_id != user_id:
            raise Rejected("That consent is not there any more. Start again with Connect.")
        chosen = [one for one in organisations_of(consent) if one.id in picked]
        if not chosen:
            raise Rejected("Pick at least one organisation.")
        made = connections.connect(session, grant, chosen, user_id=user_id, now=now)
        consent.organisations, consent.grant_id = [], None  # used up; the row stays, to know a replay by
        for connection in made:
            new = {"provider": connection.provider, **in_connection(connection), "scopes": grant.scopes}
            record_deed(session, when=now, user_id=user_id, deed="accounting connected", new=new)
        failures.settle(session, None, "connect", now)
        return [connection.id for connection in made]


def disconnect(services: Services, connection_id: int, user_id: int) -> None:
    """Take the access back at the provider, then forget the tokens. Raises errors of the contract: nothing changed."""
    with services.db.read() as session:
        connection = session.get_one(Connection, connection_id)
        spec = connections.spec_of(services, connection)
        last = not connections.shares_grant(session, connection)
        organisation = connections.organisation_of(connection)
    if connection.grant_id is not None:
        try:
            ConnectionContext(services, spec, connection).token()
            with services.db.read() as session:
                row = session.get_one(GrantRow, connection.grant_id)
                grant, authorizer = read_grant(services, row), granted_by(spec, row)
            authorizer.disconnect(grant, organisation, last=last)
        except ReconnectNeeded:
            pass  # gone on the provider's side already: forgetting is all that is left
    with services.db.begin() as session:
        connection = session.get_one(Connection, connection_id)
        old = {"provider": connection.provider, **in_connection(connection)}
        connections.mark_disconnected(session, connection)
        now = services.clock.now()
        record_deed(session, when=now, user_id=user_id, deed="accounting disconnected", old=old)


def sentence(error: ProviderError) -> str:
    """An error with the provider's own words behind it, for a flash message."""
    return f"{error.message} ({error.detail})" if error.detail and error.detail not in error.message else error.message


def not_connected(title: str, error: ProviderError) -> str:
    """That `title` was not connected, said once, and why: a provider may have said so itself."""
    told, begins = sentence(error), f"{title} was not connected"
    return told if told.startswith(begins) else f"{begins}. {told}"


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
