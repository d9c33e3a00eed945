"""Who made, changed or deleted a draft, written into the document's history in the accounting system.

A note that is refused harms nothing and is tried no more. One that was throttled, or lost with its worker, is written
later, within an hour.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.accounting import connections, failures, intents
from core.accounting.models import Connection, Draft, DraftChange
from core.contract.errors import ProviderError, Throttled, Unavailable
from core.contract.extensions import PeriodicJob
from core.contract.values import Capability, DocumentKind, Ref
from core.records.service import RecordNotFound, get_record
from core.services import Services
from core.users.models import User

log = logging.getLogger(__name__)
PAUSE, WITHIN = timedelta(minutes=2), timedelta(hours=1)
Noted: TypeAlias = Draft | DraftChange


@dataclass(frozen=True)
class Note:
    """What is noted of one kind of intent: `verb` says of a row what was done (*made*), `name` goes into its job."""

    name: str
    model: type[Noted]
    verb: Callable[[Any], str]

    @property
    def job(self) -> str:
        """The name of the job that writes one."""
        return f"accounting.note_{self.name}"


def register(services: Services, note: Note) -> None:
    """Add the job of a kind of note, and its sweeper."""
    services.jobs.add(note.job, functools.partial(write, services, note))
    services.periodic.append(PeriodicJob(f"accounting_sweep_notes_{note.name}", 60, functools.partial(_sweep, note)))


def _sweep(note: Note, services: Services) -> None:
    sweep(services, note)


def write(services: Services, note: Note, intent_id: int) -> None:
    """Job: write who did it into the document's history, once."""
    model: Any = note.model
    with services.db.read() as session:
        row = session.get(model, intent_id)
        if row is None or row.state != "made" or row.noted_at is not None or not _takes_notes(services, row.connection):
            return
        text = _text(session, row, note.verb(row))
    try:
        provider = connections.open_provider(services, row.connection_id)
        provider.note(DocumentKind(row.document_kind), Ref(row.document_id), text, key=f"{intents.send_key(row)}-note")
    except (Throttled, Unavailable) as error:
        log.info("the note on %s %s waits: %s", note.name, row.id, error.message)
        return
    except ProviderError as error:
        log.warning("no note on %s %s: %s %s", note.name, row.id, error.message, error.detail)
        about = failures.About("note", "", {note.name: row.id}, row.kind, row.record_id, row.created_by)
        failures.note(services, row.connection_id, about, error)
    with services.db.begin() as session:
        session.execute(update(model).where(model.id == intent_id).values(noted_at=services.clock.now()))


def _takes_notes(services: Services, connection: Connection) -> bool:
    """Whether its provider keeps notes; False too while the plugin is off."""
    if connection.provider not in services.providers:
        return False
    return Capability.NOTES in connections.capabilities(services, connection)


def _text(session: Session, row: Noted, verb: str) -> str:
    user = session.get(User, row.created_by)
    try:
        title = get_record(session, row.kind, row.record_id).title
    except RecordNotFound:
        title = f"{row.kind} {row.record_id}"
    return f"Draft {verb} by {user.name if user else 'somebody'} in Ledgertab for {title}"


def sweep(services: Services, note: Note) -> None:
    """Notes that were throttled or lost with their worker: again, for an hour after it was made."""
    model: Any = note.model
    now = services.clock.now()
    recent = (model.updated_at <= now - PAUSE, model.updated_at >= now - WITHIN)
    with services.db.read() as session:
        rows = session.scalars(select(model).where(model.state == "made", model.noted_at.is_(None), *recent)).all()
        able = [row.id for row in rows if _takes_notes(services, row.connection)]
    for intent_id in able:
        services.jobs.enqueue(note.job, intent_id=intent_id)
