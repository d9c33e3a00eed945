"""A worker that is killed with SIGKILL at a set point of a draft; run as a process of its own by the test beside it.

Usage: python -m tests.core.accounting.doomed_worker SETTINGS.json POINT. It takes what waits in the queue's file.
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
from core.accounting import drafts
from core.app import make_app
from core.settings import read_settings


def die(*_: Any) -> None:
    """End at once, without a word to anybody."""
    os.kill(os.getpid(), signal.SIGKILL)


def then_die(deed: Callable[..., Any]) -> Callable[..., None]:
    """The deed, and the end right after it."""

    def doomed(*given: Any) -> None:
        deed(*given)
        die()

    return doomed


def doom(point: str) -> None:
    """Put the end where it is wanted."""
    deed: Any = drafts.DEED
    ends: dict[str, dict[str, Any]] = {
        "before the call": {"send": die},
        "in the call": {},
        "after the call": {"send": then_die(deed.send)},
        "while it is written down": {"finish": then_die(deed.finish)},
        "after it was written down": {"afterwards": die},
    }
    for name, end in ends[point].items():
        setattr(deed, name, end)


def main(where: str, point: str) -> None:
    """Set up an application of one's own and do what waits."""
    given = json.loads(Path(where).read_text())
    app = make_app(read_settings(given["settings"], {}), clock=ManualClock(datetime.fromisoformat(given["now"])))
    jobs = app.registry.services.jobs
    if point == "before it is taken":
        jobs.huey.dequeue()
        die()
    doom(point)
    jobs.drain()


if __name__ == "__main__":
    main(*sys.argv[1:])
