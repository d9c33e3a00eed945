"""What a provider could not do, kept for support and for the admin's list: in whose words, how often, since when.

A failure has a short reference (``LT-7K3Q9``) that a person tells support. The same failure again counts up; the same
deed going well settles it, and so does giving it up. The provider's own words are for the admin's list and for who may
see bills (`access.reads_words`); everybody else reads the sentence and the reference.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from core.accounting.budget import Held
from core.accounting.models import Failure
from core.contract.errors import Duplicate, ProviderError, Stale
from core.services import Services

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is taken for another when it is read out
KEPT = timedelta(days=90)
PAGE = 25
# Deeds in words, for the list; others are told by their own name.
DEEDS = {
    "refresh": "Reading what is new",
    "draft": "Sending a draft",
    "new_party": "Making a contact",
    "draft_change": "Changing a draft",
    "party_change": "Copying fields",
    "note_draft": "Writing into the history",
    "note_draft_change": "Writing into the history",
    "search": "Searching contacts",
    "find": "Finding documents",
    "connect": "Connecting",
    "disconnect": "Disconnecting",
    "pdf": "Fetching a PDF",
    "history": "Reading a history",
    "customer_url": "Asking for the customer's address",
    "page": "Drawing a page",
}


@dataclass(frozen=True)
class About:
    """What was being done: `deed` in a word; the job that does it again, "" for none; record and user, if any."""

    deed: str
    job: str = ""
    arguments: Mapping[str, Any] | None = None
    kind: str = ""
    record_id: int | None = None
    user_id: int | None = None


def note(services: Services, connection_id: int | None, about: About, error: ProviderError, reference: str = "") -> str:
    """Write a failure down in a transaction of its own; its reference. One that was told already makes it a new one."""
    with services.db.begin() as session:
        return write(session, connection_id, about, error, services.clock.now(), reference)


def write(
    session: Session,
    connection_id: int | None,
    about: About,
    error: ProviderError,
    now: datetime,
    reference: str = "",
) -> str:
    """The same in a transaction that is open.

    A name that is taken is an offer, and a call that our own budget holds back is no failure either: "" for these.
    """
    if isinstance(error, Duplicate | Held):
        return ""
    arguments = dict(about.arguments or {})
    same = select(Failure).where(*_open(connection_id, about.deed), Failure.error == type(error).__name__)
    same = same.where(Failure.kind == about.kind, Failure.record_id.is_not_distinct_from(about.record_id))
    row = next((one for one in session.scalars(same) if one.arguments == arguments and not reference), None)
    if row is None:
        row = Failure(reference=reference or new_reference(session), connection_id=connection_id, deed=about.deed)
        row.error, row.kind, row.record_id, row.first_at, row.times = (
            type(error).__name__,
            about.kind,
            about.record_id,
            now,
            0,
        )
        row.arguments = arguments
        session.add(row)
    row.message, row.detail, row.job, row.user_id = error.message, error.detail, about.job, about.user_id
    row.times, row.last_at = row.times + 1, now
    session.flush()
    return row.reference


def _open(connection_id: int | None, deed: str) -> tuple[ColumnElement[bool], ...]:
    return (
        Failure.settled_at.is_(None),
        Failure.connection_id.is_not_distinct_from(connection_id),
        Failure.deed == deed,
    )


def new_reference(session: Session) -> str:
    """A reference that no failure has."""
    while True:
        found = "LT-" + "".join(secrets.choice(LETTERS) for _ in range(5))
        if session.scalar(select(Failure.id).where(Failure.reference == found)) is None:
            return found


def settle(session: Session, connection_id: int | None, deed: str, now: datetime, /, **arguments: Any) -> None:
    """The deed went well: what failed of it before is over. `arguments` narrow it down to those of one job."""
    rows = session.scalars(select(Failure).where(*_open(connection_id, deed))).all()
    for row in rows:
        if all(row.arguments.get(name) == value for name, value in arguments.items()):
            row.settled_at = now


def settle_now(services: Services, connection_id: int | None, deed: str, /, **arguments: Any) -> None:
    """The same in a transaction of its own, opened only where something is open."""
    with services.db.read() as session:
        if session.scalar(select(Failure.id).where(*_open(connection_id, deed)).limit(1)) is None:
            return
    with services.db.begin() as session:
        settle(session, connection_id, deed, services.clock.now(), **arguments)


def note_again(services: Services, connection_id: int, deed: str, error: ProviderError, /, **arguments: Any) -> None:
    """A deed that was tried again from the list failed once more: what is open of it counts up, in the newest words."""
    now = services.clock.now()
    with services.db.begin() as session:
        rows = session.scalars(select(Failure).where(*_open(connection_id, deed))).all()
        for row in rows:
            if all(row.arguments.get(name) == value for name, value in arguments.items()):
                row.error, row.message, row.detail = type(error).__name__, error.message, error.detail
                row.times, row.last_at = row.times + 1, now


def note_intent(services: Services, name: str, row: Any, state: str, error: ProviderError) -> None:
    """A failure of an intent (a draft, a new party …) that left it in `state`: sent or looked up again by its jobs.

    What can be edited is sent again by the person who mends it. What moved on meanwhile is no failure: it is shown, and
    a person decides.
    """
    if isinstance(error, Stale):
        return
    step = {"queued": "send", "unknown": "look_up", "missing": "look_up"}.get(state)
    job = f"accounting.{step}_{name}" if step else ""
    about = About(name, job, {"intent_id": row.id}, row.kind, row.record_id, row.created_by)
    note(services, row.connection_id, about, error)


def reference_of(session: Session, connection_id: int, message: str) -> str:
    """The reference of what is wrong with a connection, known by its sentence; "" where it was not written down."""
    mine = (Failure.connection_id == connection_id, Failure.message == message, Failure.settled_at.is_(None))
    return session.scalar(select(Failure.reference).where(*mine).order_by(Failure.last_at.desc()).limit(1)) or ""


def reference_of_intent(session: Session, name: str, row: Any) -> str:
    """The reference of the last failure of an intent; "" where there is none."""
    mine = select(Failure).where(Failure.connection_id == row.connection_id, Failure.deed == name)
    mine = mine.where(Failure.kind == row.kind, Failure.record_id == row.record_id, Failure.message == row.error)
    rows = session.scalars(mine.order_by(Failure.last_at.desc()))
    return next((one.reference for one in rows if one.arguments.get("intent_id") == row.id), "")


@dataclass(frozen=True)
class Listed:
    """A page of failures. It has what a pager needs."""

    rows: Sequence[Failure]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // PAGE))

    @property
    def first(self) -> int:
        """The number of the first on this page."""
        return (self.page - 1) * PAGE + 1

    @property
    def last(self) -> int:
        """The number of the last on this page."""
        return self.first + len(self.rows) - 1


def listed(session: Session, *, settled: bool, connection_id: int, reference: str, page: int) -> Listed:
    """Open or settled failures, the latest first; of one connection (0: of all); or the one with a reference."""
    mine: list[ColumnElement[bool]] = [Failure.settled_at.is_not(None) if settled else Failure.settled_at.is_(None)]
    mine += [Failure.connection_id == connection_id] if connection_id else []
    if reference:
        mine = [Failure.reference == reference]
    total = session.scalar(select(func.count()).select_from(Failure).where(*mine)) or 0
    page = min(max(1, page), max(1, -(-total // PAGE)))
    rows = select(Failure).where(*mine).order_by(Failure.last_at.desc(), Failure.id.desc())
    return Listed(session.scalars(rows.limit(PAGE).offset((page - 1) * PAGE)).all(), total, page)


def open_count(session: Session) -> int:
    """How many failures are open: the count in the navigation."""
    return session.scalar(select(func.count()).select_from(Failure).where(Failure.settled_at.is_(None))) or 0


def tidy(session: Session, now: datetime) -> None:
    """Forget what last happened long ago."""
    session.execute(delete(Failure).where(Failure.last_at < now - KEPT))


def settle_one(session: Session, reference: str, now: datetime) -> bool:
    """An admin says that it is over. False when it was already."""
    mine = update(Failure).where(Failure.reference == reference, Failure.settled_at.is_(None))
    return bool(session.execute(mine.values(settled_at=now)).rowcount)  # type: ignore[attr-defined]
