"""The jobs that carry intents out: send, look up, sweep. `core.accounting.intents` says how and why only once."""

from __future__ import annotations

import functools
import logging
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from core.accounting import connections, failures, intents
from core.accounting.intents import EDITABLE, LOOKED_FOR, Row, is_looked_for, looked_for
from core.contract.errors import (
    Denied,
    Duplicate,
    NotFound,
    OutcomeUnknown,
    ProviderError,
    ReconnectNeeded,
    Rejected,
    Stale,
    Throttled,
    Unavailable,
    Unsupported,
)
from core.contract.extensions import PeriodicJob
from core.contract.provider import AccountingProvider
from core.db import changed
from core.services import Services

log = logging.getLogger(__name__)

# The lease is renewed before each request, so that it need last for one: 20 s for a place in the pool, 5 s for each of
# the few addresses of a name and for TLS, 20 s to send, 20 s until the answer begins (`core.services.TIMEOUT`).
ONE_REQUEST = timedelta(seconds=90)
MARGIN = timedelta(seconds=60)
LEASE = ONE_REQUEST + MARGIN
SETTLED = timedelta(minutes=15)  # what is not there so long after it was sent does not turn up any more
WAITING = timedelta(seconds=30)  # a queued intent that nobody took: its job was lost
PAUSE = timedelta(seconds=60)
SOONEST, LATEST = timedelta(seconds=15), timedelta(minutes=15)
KEEP_LOOKING = timedelta(days=1)
AUTOMATIC = 3

Made = TypeVar("Made")


class Deed(ABC, Generic[Row, Made]):
    """One kind of intent: how it is sent, looked up and finished. `name` goes into the names of its jobs."""

    name: str
    model: type[Row]

    @abstractmethod
    def send(self, services: Services, provider: AccountingProvider, row: Row) -> Made:
        """Make the call. No session is open."""

    @abstractmethod
    def look_up(self, services: Services, provider: AccountingProvider, row: Row) -> Made | None:
        """What became of a send without an answer, or None. No session is open."""

    @abstractmethod
    def finish(self, session: Session, row: Row, made: Made, now: datetime) -> None:
        """Write the result, in the transaction that turns the intent `made`."""

    def refused(self, row: Row, error: ProviderError) -> None:
        """Write what belongs to a refusal, in the transaction that turns the intent `refused`."""

    def afterwards(self, services: Services, intent_id: int) -> None:
        """What follows the commit of `made`."""

    def after_refusal(self, services: Services, row: Row) -> None:
        """What follows the commit of `refused`."""


def register(services: Services, deed: Deed[Any, Any]) -> None:
    """Add the jobs of a kind of intent, and its sweeper."""
    services.jobs.add(f"accounting.send_{deed.name}", functools.partial(send, services, deed))
    services.jobs.add(f"accounting.look_up_{deed.name}", functools.partial(look_up, services, deed))
    run = functools.partial(_sweep_periodically, deed)
    services.periodic.append(PeriodicJob(f"accounting_sweep_{deed.name}", 15, run))


def _sweep_periodically(deed: Deed[Any, Any], services: Services) -> None:
    sweep(services, deed)


def send(services: Services, deed: Deed[Row, Made], intent_id: int) -> None:
    """Job: carry out a queued intent. Does nothing when it is not queued (any more) or has to wait."""
    model = deed.model
    ready = or_(model.next_try_at.is_(None), model.next_try_at <= services.clock.now())
    row = _claim(services, deed, intent_id, (model.state == "queued", ready))
    if row is not None:
        _carry_out(services, deed, row)


def give_up(session: Session, deed: Deed[Row, Any], row: Row, now: datetime) -> bool:
    """Delete an open or refused intent; what failed of it is over. False when it moved on or is in doubt."""
    if not intents.remove(session, row):
        return False
    failures.settle(session, row.connection_id, deed.name, now, intent_id=row.id)
    return True


def _claim(
    services: Services, deed: Deed[Row, Made], intent_id: int, conditions: Sequence[ColumnElement[bool]]
) -> Row | None:
    """Turn an intent into `sending` and commit that; None when the conditions do not hold."""
    now, model = services.clock.now(), deed.model
    values = {
        "state": "sending",
        "sent_at": now,
        "updated_at": now,
        "next_try_at": None,
        "attempts": model.attempts + 1,
        "lease_owner": uuid.uuid4().hex,
        "lease_until": now + LEASE,
    }
    with services.db.begin() as session:
        if not changed(session, update(model).where(model.id == intent_id, *conditions).values(**values)):
            return None
        return session.get_one(model, intent_id)


def _carry_out(services: Services, deed: Deed[Row, Made], row: Row, *, looked_up: bool = False) -> None:
    """The call, and what its answer means. Whatever is not known to have written nothing counts as unknown.

    `looked_up`: what an earlier send in doubt became was asked just now, and it is not there.
    """
    hold = functools.partial(_hold, services, deed, row)
    http: Any = _HeldClient(services.http, hold)
    try:
        provider = connections.open_provider(replace(services, http=http), row.connection_id)
        made = None if looked_up else _found_before(services, deed, provider, row)
        if made is None:
            hold()
            http.answered = False
            made = deed.send(services, provider, row)
    except ProviderError as error:
        _failed(services, deed, row, error, answered=http.answered)
    except Exception:
        log.exception("%s %s: the provider raised what its contract does not know", deed.name, row.id)
        _failed(services, deed, row, OutcomeUnknown("Something unexpected happened while this was sent."))
    else:
        connections.note_success(services, row.connection_id)
        _keep(services, deed, row.id, made)


class _HeldClient:
    """The process's HTTP client for one attempt: whatever it is used for, the attempt is held directly before.

    `answered`: something came back of what was asked with it.
    """

    def __init__(self, http: Any, hold: Callable[[], None]) -> None:
        self._http = http
        self._hold = hold
        self.answered = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._http, name)
        return functools.partial(self._use, found) if callable(found) else found

    def _use(self, method: Callable[..., Any], *given: Any, **named: Any) -> Any:
        self._hold()
        answer = method(*given, **named)
        self.answered = True
        return answer


def _hold(services: Services, deed: Deed[Row, Made], row: Row) -> None:
    """Renew the lease of this attempt. Raises `Stale` when it was given up for dead: then nothing may be sent."""
    now, model = services.clock.now(), deed.model
    mine = update(model).where(model.id == row.id, model.state == "sending", model.lease_owner == row.lease_owner)
    with services.db.begin() as session:
        if not changed(session, mine.values(sent_at=now, lease_until=now + LEASE)):
            raise Stale("This stood still for so long that it was looked up and carried on elsewhere.")


def _found_before(services: Services, deed: Deed[Row, Made], provider: AccountingProvider, row: Row) -> Made | None:
    """What an earlier send in doubt made after all; None where there was none, or nobody can look."""
    if not row.in_doubt:
        return None
    try:
        return deed.look_up(services, provider, row)
    except Unsupported:
        return None


def _failed(
    services: Services, deed: Deed[Row, Made], row: Row, error: ProviderError, *, answered: bool = False
) -> None:
    """Write a failed attempt down, unless its lease ran out meanwhile: then the look-up has the word."""
    log.warning("%s %s: %s: %s %s", deed.name, row.id, type(error).__name__, error.message, error.detail)
    if isinstance(error, connections.ABOUT_THE_CONNECTION):
        connections.note_failure(services, row.connection_id, error)
    now, model = services.clock.now(), deed.model
    with services.db.begin() as session:
        current = session.get(model, row.id, with_for_update={"of": model})
        if current is None or current.state != "sending" or current.lease_owner != row.lease_owner:
            return
        current.error, current.error_detail = error.message, error.detail
        current.lease_until, current.updated_at = None, now
        _move(current, deed, error, now, answered=answered)
        state = current.state
    failures.note_intent(services, deed.name, row, state, error)
    if state == "refused":
        deed.after_refusal(services, row)
    elif state == "unknown":
        services.jobs.enqueue(f"accounting.look_up_{deed.name}", intent_id=row.id)


def _move(row: Row, deed: Deed[Row, Made], error: ProviderError, now: datetime, *, answered: bool) -> None:
    """The next state after an error, by what the error says of the provider's books.

    What is about the connection has written nothing, and no earlier send did: one in doubt was looked up before. That
    it is away is believed of who did not answer; an answer may be that of a gateway, so that it is looked up next time.
    """
    if isinstance(error, connections.ABOUT_THE_CONNECTION):
        row.attempts -= 1
    if isinstance(error, Throttled | Unavailable):
        row.state, row.next_try_at = "queued", _later(error, now, PAUSE)
        row.in_doubt = row.in_doubt or (answered and isinstance(error, Unavailable))
    elif isinstance(error, ReconnectNeeded | Denied):
        row.state = "open"
    elif isinstance(error, Rejected | Duplicate | NotFound | Stale | Unsupported):
        row.state = "refused"
        problems = error.problems if isinstance(error, Rejected) else ()
        row.problems = [{"field": one.field, "message": one.message} for one in problems]
        deed.refused(row, error)
    else:
        # The margin counts from now: the call may have reached the provider at the last moment.
        row.state, row.next_try_at, row.sent_at, row.in_doubt = "unknown", now + PAUSE, now, True
    if row.state in EDITABLE and row.in_doubt:
        row.next_try_at = now + PAUSE


def _later(error: ProviderError, now: datetime, pause: timedelta) -> datetime:
    """When to try again: as the provider says, else after a pause."""
    until = error.until if isinstance(error, Throttled | Unavailable) else None
    return until if until is not None and until > now else now + pause


def _keep(services: Services, deed: Deed[Row, Made], intent_id: int, made: Made) -> None:
    """The thing is there: write it down, whoever learnt it first."""
    now, model = services.clock.now(), deed.model
    with services.db.begin() as session:
        row = session.get(model, intent_id, with_for_update={"of": model})
        if row is None or row.state == "made":
            log.warning("%s %s is made already, or gone", deed.name, intent_id)
            return
        deed.finish(session, row, made, now)
        row.state, row.updated_at, row.lease_until, row.next_try_at = "made", now, None, None
        row.error, row.error_detail, row.problems = "", "", []
        failures.settle(session, row.connection_id, deed.name, now, intent_id=intent_id)
    log.info("%s %s is made", deed.name, intent_id)
    deed.afterwards(services, intent_id)


def look_up(services: Services, deed: Deed[Row, Made], intent_id: int) -> None:
    """Job: find out what became of a send without an answer; send again where that is safe and wanted."""
    asked_at = services.clock.now()
    with services.db.read() as session:
        row = session.get(deed.model, intent_id)
    if row is None or not is_looked_for(row) or row.sent_at is None:
        return
    try:
        provider = connections.open_provider(services, row.connection_id)
        made = deed.look_up(services, provider, row)
    except Unsupported as error:
        _nobody_can_look(services, deed, row, error)
    except Duplicate as error:
        _turn(services, deed, row, "refused", None, error)
    except ProviderError as error:
        log.warning("looking up %s %s: %s %s", deed.name, row.id, error.message, error.detail)
        failures.note_intent(services, deed.name, row, row.state, error)
        _turn(services, deed, row, row.state, _later(error, asked_at, _growing(asked_at - row.sent_at)), error)
    else:
        if made is not None:
            _keep(services, deed, row.id, made)
        else:
            _not_there(services, deed, row, asked_at)


def _growing(age: timedelta) -> timedelta:
    """The pause before the next look: as long again as it is since the send, within bounds."""
    return max(SOONEST, min(age, LATEST))


def _not_there(services: Services, deed: Deed[Row, Made], row: Row, asked_at: datetime) -> None:
    assert row.sent_at is not None
    settled = row.sent_at + SETTLED
    if row.state in EDITABLE:
        _turn(services, deed, row, row.state, settled if asked_at < settled else None, settled=asked_at >= settled)
    elif asked_at < row.sent_at + MARGIN:
        _turn(services, deed, row, "unknown", row.sent_at + MARGIN)
    elif row.attempts < AUTOMATIC:
        log.warning("%s %s is not there: sending it again under its key", deed.name, row.id)
        _send_again(services, deed, row)
    else:
        keep_looking = asked_at < row.sent_at + KEEP_LOOKING
        _turn(services, deed, row, "missing", asked_at + LATEST if keep_looking else None)


def _nobody_can_look(services: Services, deed: Deed[Row, Made], row: Row, error: Unsupported) -> None:
    """Without a look-up a person looks: `try_again` set the attempts to none, and is taken at its word."""
    if row.state in EDITABLE:
        _turn(services, deed, row, row.state, None)
    elif row.attempts == 0:
        _send_again(services, deed, row)
    else:
        _turn(services, deed, row, "missing", None, error)


def _send_again(services: Services, deed: Deed[Row, Made], row: Row) -> None:
    """Send what was just looked up and is not there, if nobody else did meanwhile."""
    model = deed.model
    same = (model.state.in_(LOOKED_FOR), model.lease_owner == row.lease_owner)
    claimed = _claim(services, deed, row.id, same)
    if claimed is not None:
        _carry_out(services, deed, claimed, looked_up=True)


def _turn(
    services: Services,
    deed: Deed[Row, Made],
    row: Row,
    state: str,
    next_try_at: datetime | None,
    error: ProviderError | None = None,
    *,
    settled: bool = False,
) -> None:
    """Write down what a look-up said, if it is still about the same attempt. `settled`: it is in doubt no more.

    The error of a look-up is not shown with what can be edited: there stands why it was not sent.
    """
    model = deed.model
    with services.db.begin() as session:
        current = session.get(model, row.id, with_for_update={"of": model})
        if current is None or not is_looked_for(current) or current.lease_owner != row.lease_owner:
            return
        if row.state in EDITABLE and (current.state, current.version) != (row.state, row.version):
            return
        current.in_doubt = current.in_doubt and not settled
        current.state, current.next_try_at, current.updated_at = state, next_try_at, services.clock.now()
        if error is not None and (state in LOOKED_FOR or state != row.state):
            current.error, current.error_detail = error.message, error.detail
            if state == "refused":
                deed.refused(current, error)


def sweep(services: Services, deed: Deed[Row, Made]) -> None:
    """Every few seconds: what lost its job gets another; what lost its sender becomes unknown and is looked up."""
    now, model = services.clock.now(), deed.model
    dead = (model.state == "sending", model.lease_until < now)
    taken_by_nobody = (
        model.state == "queued",
        or_(model.next_try_at.is_(None), model.next_try_at <= now),
        model.updated_at <= now - WAITING,
    )
    due = (looked_for(model), model.next_try_at <= now)
    lost = {"state": "unknown", "next_try_at": now, "updated_at": now, "in_doubt": True}
    _touch(services, model, dead, lost)
    for intent_id in _touch(services, model, taken_by_nobody, {"updated_at": now}):
        services.jobs.enqueue(f"accounting.send_{deed.name}", intent_id=intent_id)
    for intent_id in _touch(services, model, due, {"next_try_at": now + PAUSE}):
        services.jobs.enqueue(f"accounting.look_up_{deed.name}", intent_id=intent_id)


def _touch(
    services: Services, model: type[Row], conditions: Sequence[ColumnElement[bool]], values: dict[str, Any]
) -> list[int]:
    """Update what meets the conditions, one by one, and tell which; nothing is locked where there is nothing."""
    with services.db.read() as session:
        found = session.scalars(select(model.id).where(*conditions).order_by(model.id).limit(500)).all()
    touched = []
    for intent_id in found:
        with services.db.begin() as session:
            if changed(session, update(model).where(model.id == intent_id, *conditions).values(**values)):
                touched.append(intent_id)
    return touched
