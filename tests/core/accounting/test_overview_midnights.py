"""Which day it is for the figures: the organisation's own, to the second, in leap years too."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from core import ManualClock
from core.accounting import connections
from core.accounting.models import Connection, DocumentRow
from core.accounting.overview import Figures, figures, light
from tests.core.accounting.test_overview import document

SECOND = dt.timedelta(seconds=1)
# Where the books are kept, a midnight there in UTC, and the day that begins with it.
MIDNIGHTS = [
    ("Pacific/Auckland", (2026, 11, 21, 11), dt.date(2026, 11, 22)),
    ("Pacific/Auckland", (2027, 2, 28, 11), dt.date(2027, 3, 1)),
    ("Pacific/Auckland", (2028, 2, 28, 11), dt.date(2028, 2, 29)),
    ("Pacific/Auckland", (2028, 2, 29, 11), dt.date(2028, 3, 1)),
    ("Pacific/Auckland", (2026, 9, 27, 11), dt.date(2026, 9, 28)),  # after the day on which clocks go forward
    ("America/Los_Angeles", (2026, 11, 22, 8), dt.date(2026, 11, 22)),
    ("America/Los_Angeles", (2027, 3, 1, 8), dt.date(2027, 3, 1)),
    ("America/Los_Angeles", (2028, 2, 29, 8), dt.date(2028, 2, 29)),
    ("America/Los_Angeles", (2028, 3, 1, 8), dt.date(2028, 3, 1)),
    ("America/Los_Angeles", (2026, 3, 9, 7), dt.date(2026, 3, 9)),  # after the day on which clocks go forward
]
at_midnight = pytest.mark.parametrize(("zone", "midnight", "day"), MIDNIGHTS)


def at(session: Session, zone: str, moment: dt.datetime) -> Figures:
    """The figures at a moment."""
    return figures(session, DocumentRow.connection_id == 1, "NZD", today(session, zone, moment))


def today(session: Session, zone: str, moment: dt.datetime) -> dt.date:
    connection = session.get_one(Connection, 1)
    connection.timezone = zone
    return connections.today(connection, ManualClock(moment))


def utc(parts: tuple[int, ...]) -> dt.datetime:
    year, month, day, hour = parts
    return dt.datetime(year, month, day, hour, tzinfo=dt.UTC)


@at_midnight
def test_what_was_due_yesterday_is_overdue_from_midnight_on_and_never_before(
    session: Session, zone: str, midnight: tuple[int, ...], day: dt.date
) -> None:
    session.execute(insert(DocumentRow), [document(due_date=day - dt.timedelta(days=1))])
    before, after = at(session, zone, utc(midnight) - SECOND), at(session, zone, utc(midnight))
    assert (before.day.today, after.day.today) == (day - dt.timedelta(days=1), day)
    assert (before["overdue"].number, before["not_due"].number) == (0, 1)
    assert (after["overdue"].number, after["late_30"].number, after.oldest_days) == (1, 1, 1)
    mine = DocumentRow.connection_id == 1
    assert light(session, mine, before.day.today).overdue == 0
    assert light(session, mine, after.day.today).overdue == 1


@at_midnight
def test_twelve_months_take_in_the_new_day_at_midnight_and_leave_the_old_one(
    session: Session, zone: str, midnight: tuple[int, ...], day: dt.date
) -> None:
    session.execute(insert(DocumentRow), [document(date=day)])
    before, after = at(session, zone, utc(midnight) - SECOND), at(session, zone, utc(midnight))
    assert (before["twelve_months"].value, after["twelve_months"].value) == (Decimal(0), Decimal("100.00"))


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (dt.date(2027, 2, 28), dt.date(2026, 3, 1)),
        (dt.date(2027, 3, 1), dt.date(2026, 3, 2)),
        (dt.date(2028, 2, 28), dt.date(2027, 3, 1)),
        (dt.date(2028, 2, 29), dt.date(2027, 3, 1)),  # a leap day has none last year: it counts from the 28th
        (dt.date(2028, 3, 1), dt.date(2027, 3, 2)),
        (dt.date(2029, 2, 28), dt.date(2028, 2, 29)),
        (dt.date(2029, 3, 1), dt.date(2028, 3, 2)),
    ],
)
def test_around_a_leap_day_the_twelve_months_begin_on_the_day_after_this_day_last_year(
    session: Session, today: dt.date, first: dt.date
) -> None:
    days = [first - dt.timedelta(days=1), first, today, today + dt.timedelta(days=1)]
    session.execute(insert(DocumentRow), [document(place, date=day) for place, day in enumerate(days)])
    found = figures(session, DocumentRow.connection_id == 1, "NZD", today)["twelve_months"]
    assert (found.number, found.first) == (2, first)
