"""What accounting does outside a request, and every so often."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy import delete, or_, select

from core.accounting import (
    document_more,
    draft_changes,
    drafts,
    failures,
    parties,
    party_changes,
    reading,
    refresh,
    telling,
    walks,
)
from core.accounting.models import Connection, Consent, DocumentRow, GrantRow
from core.accounting.rereading import is_linked, with_open_for_a_day
from core.accounting.snapshot import CREDITS
from core.contract.extensions import PeriodicJob
from core.services import Services

CONSENT_LIFE = timedelta(hours=1)
HOUR = 3600
QUIET = reading.QUIET


def register(services: Services) -> None:
    """Add the jobs of this room to the queue and to the worker's clock."""
    services.jobs.add(refresh.JOB, partial(refresh.refresh, services))
    services.jobs.add("accounting.told", partial(telling.told, services))
    services.periodic.append(PeriodicJob("accounting_told", 10, telling.read_what_waits))
    services.periodic.append(PeriodicJob("accounting_walks", 10, walks.go_on))
    drafts.register(services)
    draft_changes.register(services)
    parties.register(services)
    document_more.register(services)
    party_changes.register(services)
    services.periodic.append(PeriodicJob("accounting_light_call", 6 * HOUR, light_calls))
    services.periodic.append(PeriodicJob("accounting_tidy", 24 * HOUR, tidy))


def light_calls(services: Services) -> None:
    """Use each connection daily, and ask it who it is: keeps its grant alive, notices a disconnect, and its end.

    Also where documents are open that nobody read again within a day: not every change of them is told.
    """
    now = services.clock.now()
    before = now - QUIET
    quiet = or_(
        *(column.is_(None) | (column < before) for column in (Connection.last_good_at, Connection.organisation_at))
    )
    with services.db.read() as session:
        due = or_(quiet, (Connection.state == "connected") & with_open_for_a_day(now))
        found = session.scalars(select(Connection.id).where(Connection.state != "disconnected", due)).all()
    for connection_id in found:
        services.jobs.enqueue("accounting.refresh", connection_id=connection_id, force=True)


def tidy(services: Services) -> None:
    """Drop what nobody needs any more: documents found by a search, consents that ran out, failures of long ago."""
    draft_changes.tidy(services)
    now = services.clock.now()
    unlinked = delete(DocumentRow).where(
        DocumentRow.seen_at < now - timedelta(days=1),
        DocumentRow.kind.not_in([kind.value for kind in CREDITS]),
        ~is_linked(),
    )
    with services.db.begin() as session:
        session.execute(unlinked, execution_options={"synchronize_session": False})
        document_more.tidy(session)
        failures.tidy(session, now)
        walks.tidy(session, now)
        session.execute(delete(Consent).where(Consent.created_at < now - CONSENT_LIFE))
        used = select(Connection.grant_id).where(Connection.grant_id.is_not(None))
        unused = delete(GrantRow).where(GrantRow.granted_at < now - CONSENT_LIFE, GrantRow.id.not_in(used))
        session.execute(unused, execution_options={"synchronize_session": False})
