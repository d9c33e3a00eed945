"""Calls left per connection, shared by all processes: rows changed by compare-and-set, no lock held over a call.

People come first: what is read in the background leaves the last calls of a minute and of a day, and one of the places,
to those who wait for an answer. While a day's calls run low, nobody who searches or presses Refresh takes more than a
share of them. Drafts that were sent are never held back.

Windows are counted by our own limits (those the vendor publishes, `ProviderSpec`) and corrected by what its answers
say. Places among the concurrent calls are leased, so that a killed process gives its place back.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.accounting.models import CallShare, CallSlot, CallWindow, Connection
from core.contract.errors import Throttled
from core.contract.provider import ProviderSpec
from core.db import changed
from core.services import Services

LENGTH = {"minute": timedelta(minutes=1), "day": timedelta(days=1)}
LONGEST_PAUSE = {
    "minute": timedelta(minutes=10),
    "day": timedelta(days=2),
    "concurrent": timedelta(minutes=10),
    "app": timedelta(minutes=10),
}
PLANNED = 1000
KEPT = {"minute": 10, "day": 60}  # calls that the background leaves to people
LOW, SHARE = 250, 40  # with so few calls left today, nobody who looks takes more than a share
# With at least so many calls left today documents may be so old, and a Refresh that is pressed reads them when so old.
PACES = (
    (500, timedelta(minutes=5), timedelta(seconds=5)),
    (250, timedelta(minutes=10), timedelta(minutes=1)),
    (KEPT["day"], timedelta(minutes=14), timedelta(minutes=5)),
)
LONGEST = PACES[-1][1]  # with the minute after which an open tab asks again: a quarter of an hour
SLOWEST = timedelta(hours=1)
SLOT_LEASE = timedelta(seconds=90)
PATIENCE = 8.0
MOST = 2**31 - 1
WORDS = {
    "minute": "The accounting system allows only so many calls a minute.",
    "day": "The calls that the accounting system allows for today are used up.",
    "concurrent": "Too many calls to the accounting system at the same time.",
    "app": "The accounting system is asked too much by this app as a whole.",
}


class Held(Throttled):
    """A call that our own budget holds back, though the provider would take it: others come first."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: work in the background, a person who looks (`user_id`), or (neither) a deed that is carried out."""

    background: bool = False
    user_id: int | None = None


DEED = Caller()


class RowBudget:
    """The budget of one connection, as rows."""

    def __init__(self, services: Services, spec: ProviderSpec, connection_id: int, caller: Caller = DEED) -> None:
        self._spec = spec
        self._caller = caller
        self._services = services
        self._id = connection_id
        self._limits = {"minute": spec.calls_per_minute, "day": spec.calls_per_day}
        self._slots = spec.calls_at_once
        self._owner = uuid.uuid4().hex

    def spend(self) -> None:
        """Take one call and, where calls at once are limited, a place. Raises `Throttled`, `Held`."""
        now = self._services.clock.now()
        with self._services.db.begin() as session:
            for window in ("day", "minute", "concurrent", "app"):
                self._refuse_when_shut(session, window, now)
            self._hold_back(session, now)
            for window, limit in self._limits.items():
                self._count(session, window, limit, now)
        if self._slots is not None:
            self._take_place(max(1, self._slots - self._caller.background))

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take over what an answer said; unreadable values are passed over."""
        now = self._services.clock.now()
        with self._services.db.begin() as session:
            for window in LENGTH:
                remaining = _whole(headers.get(f"{window}-remaining"))
                if remaining is not None:
                    session.execute(update(CallWindow).where(*self._is(window)).values(remaining=remaining))
            pause, told = _whole(headers.get("retry-after")), headers.get("window", "")
            window = told if told in WORDS else "minute"
            if pause is not None and told:
                self._row(session, window, now)
                until = now + min(timedelta(seconds=pause), LONGEST_PAUSE[window])
                session.execute(update(CallWindow).where(*self._is(window)).values(shut_until=until))

    def release(self) -> None:
        """Give the place back."""
        if self._slots is None:
            return
        with self._services.db.begin() as session:
            session.execute(
                update(CallSlot)
                .where(CallSlot.connection_id == self._id, CallSlot.owner == self._owner)
                .values(owner="", until=None)
            )

    def _is(self, window: str) -> tuple[ColumnElement[bool], ...]:
        return (CallWindow.connection_id == self._id, CallWindow.window == window)

    def _begin(self, session: Session, model: type[CallWindow | CallShare], **values: Any) -> None:
        """A row of this connection, unless another process made it in this moment."""
        try:
            with session.begin_nested():
                session.execute(insert(model).values(connection_id=self._id, **values))
        except IntegrityError:
            pass

    def _row(self, session: Session, window: str, now: datetime) -> None:
        if session.get(CallWindow, (self._id, window)) is None:
            self._begin(session, CallWindow, window=window, started_at=now, used=0)

    def _refuse_when_shut(self, session: Session, window: str, now: datetime) -> None:
        until = session.scalar(select(CallWindow.shut_until).where(*self._is(window)))
        if until is not None and until > now:
            raise Throttled(WORDS[window], until, window)

    def _hold_back(self, session: Session, now: datetime) -> None:
        """Leave the last calls to people, and to each of them a share."""
        left = calls_left(session, self._spec, self._id, now) if self._caller.background else {}
        for window, least in KEPT.items() if left else ():
            rest = left.get(window, (0, None))[1]
            if rest is not None and rest <= min(least, (self._limits[window] or least * 10) // 4):
                raise Held(f"The last calls of this {window} are kept for people.", self._ends(session, window), window)
        if self._caller.user_id is not None:
            used = self._count_for(session, self._caller.user_id, now)
            if used > SHARE and left_today(session, self._id, now) < LOW:
                words = "You have used your share of today's calls, which run low. What is known is shown."
                raise Held(words, self._ends(session, "day"), "day")

    def _ends(self, session: Session, window: str) -> datetime:
        started = session.scalar(select(CallWindow.started_at).where(*self._is(window)))
        return (started or self._services.clock.now()) + LENGTH[window]

    def _count_for(self, session: Session, user_id: int, now: datetime) -> int:
        """Count a call for a person; how many they made since a day began for them."""
        mine = (CallShare.connection_id == self._id, CallShare.user_id == user_id)
        old = update(CallShare).where(*mine, CallShare.started_at <= now - LENGTH["day"])
        session.execute(old.values(started_at=now, used=0))
        if not changed(session, update(CallShare).where(*mine).values(used=CallShare.used + 1)):
            self._begin(session, CallShare, user_id=user_id, started_at=now, used=1)
        return session.scalar(select(CallShare.used).where(*mine)) or 0

    def _count(self, session: Session, window: str, limit: int | None, now: datetime) -> None:
        self._row(session, window, now)
        mine = update(CallWindow).where(*self._is(window))
        session.execute(
            mine.where(CallWindow.started_at <= now - LENGTH[window]).values(started_at=now, used=0, remaining=None)
        )
        room = CallWindow.used < limit if limit is not None else CallWindow.used >= 0
        if not changed(session, mine.where(room).values(used=CallWindow.used + 1)):
            started = session.scalar(select(CallWindow.started_at).where(*self._is(window)))
            raise Throttled(WORDS[window], (started or now) + LENGTH[window], window)

    def _take_place(self, places: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            if self._lease_a_place(places):
                return
            if time.monotonic() > deadline:
                raise Throttled(WORDS["concurrent"], self._services.clock.now() + timedelta(seconds=5), "concurrent")
            time.sleep(0.05)

    def _lease_a_place(self, places: int) -> bool:
        now = self._services.clock.now()
        with self._services.db.begin() as session:
            made = set(session.scalars(select(CallSlot.number).where(CallSlot.connection_id == self._id)))
            if len(made) < places:
                _make_places(session, self._id, [number for number in range(places) if number not in made])
            for number in range(places):
                free = or_(CallSlot.owner == "", CallSlot.until < now)
                place = update(CallSlot).where(CallSlot.connection_id == self._id, CallSlot.number == number, free)
                if changed(session, place.values(owner=self._owner, until=now + SLOT_LEASE)):
                    return True
        return False


def _make_places(session: Session, connection_id: int, numbers: list[int]) -> None:
    try:
        with session.begin_nested():
            session.execute(
                insert(CallSlot),
                [{"connection_id": connection_id, "number": number, "owner": ""} for number in numbers],
            )
    except IntegrityError:  # another process made them in this moment
        pass


def calls_left(
    session: Session, spec: ProviderSpec, connection_id: int, now: datetime
) -> dict[str, tuple[int, int | None]]:
    """Calls used and left, by window, for the admin page; what is left is the provider's own word where it gave one.

    Nothing is left of a window that the provider shut, nor of the minute while it shut the app or calls at once.
    """
    left: dict[str, tuple[int, int | None]] = {}
    limits = {"minute": spec.calls_per_minute, "day": spec.calls_per_day}
    rows = session.scalars(select(CallWindow).where(CallWindow.connection_id == connection_id)).all()
    shut = {row.window for row in rows if row.shut_until is not None and row.shut_until > now}
    shut |= {"minute"} if shut & {"app", "concurrent"} else set()
    for row in rows:
        if row.window not in limits:
            continue
        limit, begun = limits[row.window], row.started_at > now - LENGTH[row.window]
        used = row.used if begun else 0
        told = row.remaining if begun else None
        counted = None if limit is None else limit - used
        left[row.window] = (used, 0 if row.window in shut else counted if told is None else told)
    return left


def pace(session: Session, connection_id: int, now: datetime) -> timedelta:
    """How old documents may grow before they are read again: five minutes, longer as the day's calls run low."""
    left = left_today(session, connection_id, now)
    return next((age for least, age, _ in PACES if left >= least), SLOWEST)


def pace_of_advances(pace: timedelta) -> timedelta:
    """How old over- and prepayments that are told apart may grow before they are read with the documents.

    So old that the next reading at this pace would find them older than documents ever grow: every second one at five
    minutes, each one at more.
    """
    return max(pace, LONGEST - pace)


def pace_pressed(session: Session, connection_id: int, now: datetime) -> timedelta:
    """How old documents must be for a Refresh that is pressed to read them again."""
    left = left_today(session, connection_id, now)
    return next((age for least, _, age in PACES if left >= least), PACES[-1][1])


def is_too_soon(session: Session, connection: Connection, now: datetime) -> bool:
    """Whether a Refresh that is pressed reads nothing, because calls run low and it was read a while ago only."""
    age = pace_pressed(session, connection.id, now)
    return age > PACES[0][2] and connection.changes_at is not None and connection.changes_at > now - age


def left_today(session: Session, connection_id: int, now: datetime) -> int:
    """What is left of the day's calls.

    A day is planned with `PLANNED` calls, whatever the vendor allows beyond; fewer where its answers say so.
    """
    row = session.get(CallWindow, (connection_id, "day"))
    if row is None or row.started_at <= now - LENGTH["day"]:
        return PLANNED
    left = PLANNED - row.used
    return left if row.remaining is None else min(left, row.remaining)


def is_plenty(session: Session, connection_id: int, now: datetime) -> bool:
    """Whether the day's calls are plenty still: documents are read as often as they ever are."""
    return pace(session, connection_id, now) == PACES[0][1]


def _whole(text: str | None) -> int | None:
    try:
        return min(max(0, int(float(text))), MOST) if text is not None else None
    except (ValueError, OverflowError):
        return None
