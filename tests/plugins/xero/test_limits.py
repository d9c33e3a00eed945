from __future__ import annotations

import datetime as dt

import pytest

from plugins.xero import limits

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def test_what_is_left_is_told_in_the_cores_words() -> None:
    headers = {"X-DayLimit-Remaining": "4999", "X-MinLimit-Remaining": " 59 ", "X-AppMinLimit-Remaining": "9999"}
    assert limits.neutral(headers, 200, NOW) == {"day-remaining": "4999", "minute-remaining": "59"}


@pytest.mark.parametrize("value", ["", "many", "-1", "1.5", "٣"])
def test_a_limit_that_is_no_whole_number_is_left_out(value: str) -> None:
    assert limits.neutral({"X-DayLimit-Remaining": value}, 200, NOW) == {}


@pytest.mark.parametrize(
    ("problem", "window"),
    [
        ("minute", "minute"),
        ("Day", "day"),
        ("concurrent", "concurrent"),
        ("appminute", "app"),
        ("app-minute", "app"),
        ("DayLimit", "day"),
        ("", "minute"),
        ("lunar", "minute"),
    ],
)
def test_the_limit_that_was_reached_is_read_leniently(problem: str, window: str) -> None:
    assert limits.window({"X-Rate-Limit-Problem": problem}) == window


@pytest.mark.parametrize(
    ("told", "problem", "seconds"),
    [
        ("12", "minute", 12),
        ("0", "minute", 1),
        ("43200", "day", 43200),
        ("999999999", "day", 172800),
        ("12.7", "minute", 12.7),
        ("Sun, 22 Nov 2026 12:01:30 GMT", "minute", 90),
        ("Sun, 22 Nov 2026 11:00:00 GMT", "minute", 1),
        ("Sun, 22 Nov 2026 12:01:30 -0000", "minute", 90),
        ("", "minute", 60),
        ("soon", "concurrent", 5),
        ("-5", "day", 3600),
        ("1e9", "minute", 60),
    ],
)
def test_the_wait_is_read_from_seconds_and_dates_and_guessed_without(told: str, problem: str, seconds: float) -> None:
    assert limits.wait({"Retry-After": told, "X-Rate-Limit-Problem": problem}, NOW) == seconds


def test_a_429_tells_the_budget_which_window_is_shut_and_for_how_long() -> None:
    learnt = limits.neutral({"X-Rate-Limit-Problem": "day", "Retry-After": "7200"}, 429, NOW)
    assert learnt == {"window": "day", "retry-after": "7200"}
