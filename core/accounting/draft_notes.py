"""Who made, changed or deleted a draft, written into the document's history in the accounting system.

A note that is refused harms nothing and is tried no more. One that was held up (the provider was away, throttled, in
need of a new consent, or gave no answer) is written later, within three days; then it stands among the failures, and an
admin can try it again. Whoever tries again looks first whether it is in the history already: providers forget keys.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from core import formats
from core.accounting import connections, failures, intents
from core.accounting.models import Connection, Draft, DraftChange
from core.contract.errors import (
    Denied,
    OutcomeUnknown,
    ProviderError,
    ReconnectNeeded,
    Throttled,
    Unavailable,
)
from core.contract.extensions import PeriodicJob
from core.contract.provider import AccountingProvider
from core.contract.values import Capability, DocumentKind, Ref
from core.db import changed
from core.records.service import RecordNotFound, get_record
from core.services import Services
from core.users.models import User

log = logging.getLogger(__name__)
PAUSE, LONGEST, WITHIN = timedelta(minutes=2), timedelta(hours=6), timedelta(days=3)
HELD_UP = (Throttled, Unavailable, OutcomeUnknown)
FOR_AN_ADMIN = (ReconnectNeeded, Denied)
Noted: TypeAlias = Draft | DraftChange


@dataclass(frozen=True)
class Note:
    """What is noted of one kind of intent: `verb` says of a row what was done (*made*), `name` goes into its job."""

    name: str
    model: type[Noted]
    verb: Callable[[Any], str]

    @property
    def deed(self) -> str:
        """What it is called among the failures."""
        return f"note_{self.name}"

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


def write(services: Services, note: Note, intent_id: int, *, again: bool = False) -> None:
    """Job: write who did it into the document's history, once. `again`: an admin asks for it, due or not."""
    claimed = _claim(services, note, intent_id, again=again)
    if claimed is None:
        return
    row, words = claimed
    try:
        provider = connections.open_provider(services, row.connection_id)
        if not ((again or row.note_due) and _is_there(provider, row, words)):
            provider.note(DocumentKind(row.document_kind), Ref(row.document_id), words.text, key=words.key)
    except ProviderError as error:
        _not_written(services, note, row, error)
    else:
        _done(services, note, row)


def _claim(services: Services, note: Note, intent_id: int, *, again: bool) -> tuple[Noted, Words] | None:
    """The row as it was before this try, and what to write; None where there is nothing to do (yet).

    The next try is set before the call, so that a worker that dies leaves it to the sweeper.
    """
    model: Any = note.model
    now = services.clock.now()
    due = () if again else (or_(model.note_due.is_(None), model.note_due <= now),)
    with services.db.read() as session:
        row = session.scalar(select(model).where(model.id == intent_id, *_open(model), *due))
        if row is None or not _able(services, row.connection, Capability.NOTES):
            return None
        words = _words(session, row, note.verb(row))
    with services.db.begin() as session:
        mine = update(model).where(model.id == intent_id, *_open(model), *due)
        taken = changed(session, mine.values(note_due=now + _pause(row, now)))
    return (row, words) if taken else None


def _open(model: Any) -> tuple[ColumnElement[bool], ...]:
    return model.state == "made", model.noted_at.is_(None)


def _pause(row: Noted, now: datetime) -> timedelta:
    """As long again as it is since the deed, within bounds."""
    return max(PAUSE, min(now - row.updated_at, LONGEST))


def _is_there(provider: AccountingProvider, row: Noted, words: Words) -> bool:
    """Whether an earlier try arrived: the history has a line with the deed and its moment."""
    if Capability.HISTORY not in provider.capabilities():
        return False
    lines = provider.history(DocumentKind(row.document_kind), Ref(row.document_id))
    return any(all(mark in line.text for mark in words.marks) for line in lines)


def _not_written(services: Services, note: Note, row: Noted, error: ProviderError) -> None:
    """Try later what may go well then, and list it when nobody tries any more, or an admin has to do something."""
    log.warning("no note on %s %s: %s %s", note.name, row.id, error.message, error.detail)
    blind = isinstance(error, OutcomeUnknown) and not _able(services, row.connection, Capability.HISTORY)
    if blind or not isinstance(error, (*HELD_UP, *FOR_AN_ADMIN)):
        _list(services, note, row, error, "")
        _write_down(services, note, row, {"noted_at": services.clock.now()})
        return
    now = services.clock.now()
    until = error.until if isinstance(error, Throttled | Unavailable) else None
    over = now >= row.updated_at + WITHIN
    _write_down(services, note, row, {"note_due": None if over else max(until or now, now + _pause(row, now))})
    if over or isinstance(error, FOR_AN_ADMIN):
        _list(services, note, row, error, note.job)


def _list(services: Services, note: Note, row: Noted, error: ProviderError, job: str) -> None:
    at = {"intent_id": row.id, "again": True}
    about = failures.About(note.deed, job, at, row.kind, row.record_id, row.created_by)
    failures.note(services, row.connection_id, about, error)


def _done(services: Services, note: Note, row: Noted) -> None:
    _write_down(services, note, row, {"noted_at": services.clock.now(), "note_due": None})
    failures.settle_now(services, row.connection_id, note.deed, intent_id=row.id)


def _write_down(services: Services, note: Note, row: Noted, values: dict[str, Any]) -> None:
    model: Any = note.model
    with services.db.begin() as session:
        session.execute(update(model).where(model.id == row.id, model.noted_at.is_(None)).values(**values))


def _able(services: Services, connection: Connection, wanted: Capability) -> bool:
    """Whether its provider can do that; False too while the plugin is off."""
    if connection.provider not in services.providers:
        return False
    return wanted in connections.capabilities(services, connection)


@dataclass(frozen=True, slots=True)
class Words:
    """A note: its text, the parts that together no other note on the document has, and the key it is sent under."""

    text: str
    marks: tuple[str, str]
    key: str


def _words(session: Session, row: Noted, verb: str) -> Words:
    """What is written: the moment is that of the deed, for the note may be late."""
    user = session.get(User, row.created_by)
    try:
        title = get_record(session, row.kind, row.record_id).title
    except RecordNotFound:
        title = f"{row.kind} {row.record_id}"
    deed = f"Draft {verb} by"
    with formats.using(formats.DEFAULT):  # it is read there, and looked for again, by whoever
        at = f"{formats.day(row.updated_at)} at {row.updated_at:%H:%M:%S} UTC in Ledgertab"
    text = f"{deed} {user.name if user else 'somebody'} on {at} for {title}"
    return Words(text, (deed, at), f"{intents.send_key(row)}-note")


def sweep(services: Services, note: Note) -> None:
    """Notes that were held up are written when they are due; so are those whose first job was lost."""
    model: Any = note.model
    now = services.clock.now()
    lost = and_(model.note_due.is_(None), model.updated_at <= now - PAUSE, model.updated_at >= now - WITHIN)
    with services.db.read() as session:
        rows = session.scalars(select(model).where(*_open(model), or_(lost, model.note_due <= now))).all()
        able = [row.id for row in rows if _able(services, row.connection, Capability.NOTES)]
    for intent_id in able:
        services.jobs.enqueue(note.job, intent_id=intent_id)
