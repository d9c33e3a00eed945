"""What to tell an admin who comes back from a consent: what is connected, what was not granted or left behind."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounting import connections, wishes
from core.accounting.draft_words import joined
from core.accounting.models import Connection
from core.services import Services

WELCOME = "Connected to {}. The list of contacts is being read; nothing is linked until you say so."
NOT_GRANTED = "The permission {} was not granted, so this will not work: {}. Press Reconnect and allow it."


def welcome(rows: Sequence[Connection]) -> str:
    """That these are connected."""
    return WELCOME.format(joined([row.name for row in rows]))


def troubles(
    services: Services, session: Session, connection: Connection, wants: Sequence[str], allowed: Collection[str]
) -> list[str]:
    """What `connection` lacks of what it needs and of what was wanted, and who still needs Reconnect.

    `wants` are the keys of the boxes ticked, `allowed` the ids of the organisations that the consent reached.
    """
    missing = connections.lacking(services, connection)
    told = [NOT_GRANTED.format(scope, what) for scope, what in missing.items()]
    held = wishes.held(connections.spec_of(services, connection), connection)
    if held.way is not None and connection.grant is not None:
        lost = wishes.refused(held.way, wants, connection.grant.scopes.split())
        told += [NOT_GRANTED.format(one.scope, one.why.rstrip(".")) for one in lost if one.scope not in missing]
    for other in _left_behind(session, connection.provider):
        why = "picked" if other.organisation_id in allowed else "among those allowed"
        told.append(f"{other.name} was not {why}; it still needs Reconnect.")
    return told


def _left_behind(session: Session, provider: str) -> list[Connection]:
    """The provider's connections that need to be connected again and were not just now."""
    waiting = (Connection.provider == provider, Connection.state == "reconnect")
    return list(session.scalars(select(Connection).where(*waiting).order_by(Connection.name)))
