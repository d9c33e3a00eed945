"""The call budget: rows that hold across processes, fed by what answers say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from core import AccountingProvider, ManualClock, Organisation, ProviderSpec, Throttled
from core.accounting.budget import (
    DEED,
    SHARE,
    Caller,
    Held,
    RowBudget,
    calls_left,
    pace,
    pace_of_advances,
    pace_pressed,
)
from core.accounting.codec import to_json
from core.accounting.models import Connection
from core.services import Services

Make = Callable[..., RowBudget]


def open_never(context: object) -> AccountingProvider:
    raise AssertionError("no provider is opened here")


def spec(**limits: int | None) -> ProviderSpec:
    return ProviderSpec("p", "P", [], open_never, **limits)  # type: ignore[arg-type]


@pytest.fixture
def connection_id(services: Services, clock: ManualClock) -> int:
    organisation = to_json(Organisation("o", "Books"))
    with services.db.begin() as session:
        made = Connection(
            provider="p", organisation_id="o", organisation=organisation, name="Books", connected_at=clock.now()
        )
        session.add(made)
        session.flush()
        return made.id


@pytest.fixture
def budget(services: Services, connection_id: int) -> Make:
    """`budget(calls_per_minute=3)`: a new one, as another process would make it."""
    return lambda caller=DEED, **limits: RowBudget(services, spec(**limits), connection_id, caller)


@pytest.mark.slow
def test_the_minute_runs_out_for_all_processes_together(budget: Make, clock: ManualClock) -> None:
    for _ in range(3):
        budget(calls_per_minute=3).spend()
    with pytest.raises(Throttled) as refused:
        budget(calls_per_minute=3).spend()
    assert refused.value.window == "minute"
    assert refused.value.until == clock.now() + dt.timedelta(minutes=1)
    clock.advance(seconds=61)
    budget(calls_per_minute=3).spend()


def test_the_day_runs_out_apart_from_the_minute(budget: Make, clock: ManualClock) -> None:
    limits = {"calls_per_minute": 60, "calls_per_day": 2}
    budget(**limits).spend()
    clock.advance(seconds=3600)
    budget(**limits).spend()
    with pytest.raises(Throttled) as refused:
        budget(**limits).spend()
    assert refused.value.window == "day"
    clock.advance(seconds=24 * 3600)
    budget(**limits).spend()


def test_a_window_that_the_provider_shut_is_asked_no_more_until_it_opens(budget: Make, clock: ManualClock) -> None:
    budget().learn({"retry-after": "64800", "window": "day"})
    with pytest.raises(Throttled) as refused:
        budget().spend()
    assert (refused.value.window, refused.value.until) == ("day", clock.now() + dt.timedelta(hours=18))
    clock.advance(seconds=64_801)
    budget().spend()


@pytest.mark.parametrize("odd", ["", "soon", "nan", "-5", "1e99"])
def test_odd_headers_shut_nothing_for_good(budget: Make, clock: ManualClock, odd: str) -> None:
    budget().learn({"retry-after": odd, "day-remaining": odd, "window": "something-long-and-new"})
    clock.advance(seconds=601)
    budget().spend()


def test_what_is_left_is_the_providers_own_word(
    budget: Make, services: Services, connection_id: int, clock: ManualClock
) -> None:
    made = budget(calls_per_minute=60, calls_per_day=5000)
    made.spend()
    made.learn({"day-remaining": "777", "minute-remaining": "59"})
    with services.db.read() as session:
        limits = spec(calls_per_minute=60, calls_per_day=5000)
        left = calls_left(session, limits, connection_id, clock.now())
    assert left == {"minute": (1, 59), "day": (1, 777)}


def test_at_most_so_many_calls_at_once_and_a_killed_process_gives_its_place_back(
    budget: Make, clock: ManualClock
) -> None:
    held = [budget(calls_at_once=2) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda one: one.spend(), held))
    held[0].release()
    third = budget(calls_at_once=2)
    third.spend()
    clock.advance(seconds=91)
    budget(calls_at_once=2).spend()


def test_counting_from_eight_threads_loses_no_call(
    budget: Make, services: Services, connection_id: int, clock: ManualClock
) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: budget(calls_per_minute=1000).spend(), range(40)))
    with services.db.read() as session:
        used = calls_left(session, spec(calls_per_minute=1000), connection_id, clock.now())["minute"]
    assert used == (40, 960)


def test_advances_are_read_so_that_they_are_never_older_than_documents_grow() -> None:
    """At each pace: read with that round of documents before which the next one would come too late."""
    for minutes, rounds in ((5, 2), (10, 1), (14, 1), (60, 1)):
        apart = dt.timedelta(minutes=minutes)
        due = next(number for number in range(1, 9) if number * apart >= pace_of_advances(apart))
        assert due == rounds
        assert due * apart <= max(dt.timedelta(minutes=14), apart)


def test_as_the_days_calls_run_low_documents_may_grow_older(
    budget: Make, services: Services, connection_id: int, clock: ManualClock
) -> None:
    def minutes() -> float:
        with services.db.read() as session:
            return pace(session, connection_id, clock.now()).total_seconds() / 60

    assert minutes() == 5
    made = budget()
    made.spend()
    assert minutes() == 5
    for left, age in ((400, 10), (150, 14), (20, 60)):
        made.learn({"day-remaining": str(left)})
        assert minutes() == age
    clock.advance(seconds=24 * 3600)
    assert minutes() == 5


@pytest.mark.parametrize(("window", "left"), [("minute", (0, 60)), ("app", (0, 60)), ("concurrent", (0, 60))])
def test_nothing_is_left_of_the_minute_while_the_provider_refuses_calls(
    services: Services, connection_id: int, budget: Make, clock: ManualClock, window: str, left: tuple[int, int]
) -> None:
    budget(calls_per_minute=60).spend()
    budget(calls_per_minute=60).learn({"retry-after": "300", "window": window})
    for seconds, told in ((0, (1, 0)), (120, (0, 0)), (200, left)):
        clock.advance(seconds=seconds)
        with services.db.read() as session:
            assert calls_left(session, spec(calls_per_minute=60), connection_id, clock.now())["minute"] == told


BACKGROUND = Caller(background=True)


def test_the_last_calls_of_a_minute_are_kept_for_people(budget: Make, clock: ManualClock) -> None:
    for _ in range(50):
        budget(BACKGROUND, calls_per_minute=60).spend()
    with pytest.raises(Held) as held:
        budget(BACKGROUND, calls_per_minute=60).spend()
    assert held.value.until == clock.now() + dt.timedelta(minutes=1)
    for _ in range(10):
        budget(Caller(user_id=7), calls_per_minute=60).spend()
    clock.advance(seconds=61)
    budget(BACKGROUND, calls_per_minute=60).spend()


def test_the_last_calls_of_a_day_are_kept_for_people_as_answers_tell_them(budget: Make) -> None:
    budget().spend()
    budget().learn({"day-remaining": "60"})
    with pytest.raises(Held):
        budget(BACKGROUND).spend()
    budget(Caller(user_id=7)).spend()
    budget().spend()


def test_the_background_leaves_one_place_free(budget: Make) -> None:
    for _ in range(4):
        budget(BACKGROUND, calls_at_once=5).spend()
    budget(Caller(user_id=7), calls_at_once=5).spend()


def test_one_who_looks_all_day_leaves_the_last_calls_to_the_others(budget: Make, clock: ManualClock) -> None:
    eager, other = Caller(user_id=7), Caller(user_id=8)
    for _ in range(SHARE + 1):
        budget(eager).spend()
    budget().learn({"day-remaining": "249"})
    with pytest.raises(Held, match="your share"):
        budget(eager).spend()
    budget(other).spend()
    budget().spend()
    clock.advance(seconds=24 * 3600)
    budget(eager).spend()


def test_as_calls_run_low_a_refresh_that_is_pressed_needs_older_figures(
    budget: Make, services: Services, connection_id: int, clock: ManualClock
) -> None:
    budget().spend()
    ages = []
    for left in (900, 400, 100, 10):
        budget().learn({"day-remaining": str(left)})
        with services.db.read() as session:
            ages.append(pace_pressed(session, connection_id, clock.now()).total_seconds())
    assert ages == [5, 60, 300, 840]
