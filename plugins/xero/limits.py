"""Xero's limits in the core's words: what an answer's headers say of the calls left, and until when to wait.

Per organisation 5 calls at a time, 60 a minute and 5,000 a day (1,000 on the free tier), per app 10,000 a minute.
Source: Xero's "OAuth 2.0 API limits".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_WAITS = {"minute": 60.0, "app": 60.0, "concurrent": 5.0, "day": 3600.0}
_LONGEST = 48 * 3600.0
_REMAINING = {"day-remaining": "X-DayLimit-Remaining", "minute-remaining": "X-MinLimit-Remaining"}


def neutral(headers: Mapping[str, str], status: int, now: datetime) -> dict[str, str]:
    """An answer's headers under the names `Budget.learn` reads; what is missing or no number is left out."""
    heard = {ours: headers.get(theirs, "").strip() for ours, theirs in _REMAINING.items()}
    learnt = {name: value for name, value in heard.items() if value.isascii() and value.isdigit()}
    if status == 429:
        learnt["window"] = window(headers)
        learnt["retry-after"] = str(round(wait(headers, now)))
    return learnt


def window(headers: Mapping[str, str]) -> str:
    """Which limit was reached: day, concurrent, app or minute. A word not known counts as minute."""
    problem = headers.get("X-Rate-Limit-Problem", "").lower()
    return next((name for name in ("day", "concurrent", "app") if name in problem), "minute")


def wait(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds to wait after HTTP 429: `Retry-After` as seconds or as a date, else a wait that fits the limit.

    May be many hours; never more than two days, whatever an answer says.
    """
    told = headers.get("Retry-After", "").strip()
    seconds = _seconds(told, now)
    return _WAITS[window(headers)] if seconds is None else min(max(seconds, 1.0), _LONGEST)


def _seconds(told: str, now: datetime) -> float | None:
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]*)?", told):
        return float(told)
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - now) / timedelta(seconds=1)
