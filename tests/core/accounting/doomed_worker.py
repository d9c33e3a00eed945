"""A worker that is killed or stopped at a set point of an intent; run as a process of its own by the test beside it.

Usage: python -m tests.core.accounting.doomed_worker SETTINGS.json POINT [change]. It takes what waits in the queue.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from core import ManualClock
from core.accounting import connections, draft_changes, drafts
from core.accounting.budget import RowBudget
from core.app import make_app
from core.settings import read_settings

STOPS = ("before the send", "before the request")


def die(*_: Any) -> None:
    """End at once, without a word to anybody."""
    os.kill(os.getpid(), signal.SIGKILL)


def stand_still() -> None:
    """Stop, until somebody says to go on. This process's own clock stands still as well."""
    os.kill(os.getpid(), signal.SIGSTOP)


def stop_at(point: str) -> None:
    """Stand still with the draft taken: before its send is begun, or as late as may be before the request."""
    places: dict[str, tuple[Any, str]] = {
        "before the send": (connections, "open_provider"),
        "before the request": (RowBudget, "spend"),
    }
    place, name = places[point]
    deed = getattr(place, name)

    def stopped(*given: Any) -> Any:
        setattr(place, name, deed)
        done = deed(*given)
        stand_still()
        return done

    setattr(place, name, stopped)


def then_die(deed: Callable[..., Any]) -> Callable[..., None]:
    """The deed, and the end right after it."""

    def doomed(*given: Any) -> None:
        deed(*given)
        die()

    return doomed


def doom(point: str, deed: Any) -> None:
    """Put the end where it is wanted: into the making of drafts, or into their change."""
    ends: dict[str, dict[str, Any]] = {
        "before the call": {"send": die},
        "in the call": {},
        "after the call": {"send": then_die(deed.send)},
        "while it is written down": {"finish": then_die(deed.finish)},
        "after it was written down": {"afterwards": die},
    }
    for name, end in ends[point].items():
        setattr(deed, name, end)


def main(where: str, point: str, which: str = "") -> None:
    """Set up an application of one's own and do what waits."""
    given = json.loads(Path(where).read_text())
    app = make_app(read_settings(given["settings"], {}), clock=ManualClock(datetime.fromisoformat(given["now"])))
    jobs = app.registry.services.jobs
    if point == "before it is taken":
        jobs.huey.dequeue()
        die()
    if point in STOPS:
        stop_at(point)
    else:
        doom(point, draft_changes.DEED if which == "change" else drafts.DEED)
    jobs.drain()


if __name__ == "__main__":
    main(*sys.argv[1:])
