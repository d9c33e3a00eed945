"""Where a user is logged in: a list for people to read, and the ways to end it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from core.db import changed
from core.users.models import LoginSession

SEEN_EVERY = timedelta(minutes=5)

# The first that fits; who pretends to be another names itself behind it.
BROWSERS = (
    (r"Edg(e|A|iOS)?/", "Edge"),
    (r"OPR/|Opera", "Opera"),
    (r"Vivaldi/", "Vivaldi"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"Chrome/|CriOS/|Chromium/", "Chrome"),
    (r"Version/.*Safari/", "Safari"),
    (r"^curl/", "curl"),
    (r"^python|^WebTest", "a script"),
)
SYSTEMS = (
    (r"iPhone", "iPhone"),
    (r"iPad", "iPad"),
    (r"Android", "Android"),
    (r"Windows", "Windows"),
    (r"Mac OS X|Macintosh", "Mac"),
    (r"CrOS", "ChromeOS"),
    (r"Linux|X11", "Linux"),
)


@dataclass(frozen=True)
class Place:
    """One browser that is logged in: which, from where, since when, last seen; `here` when it is the one that asks."""

    id: int
    browser: str
    address: str
    since: datetime
    seen_at: datetime
    here: bool


def places(session: Session, user_id: int, now: datetime, here: int = 0) -> Sequence[Place]:
    """Where the user is logged in, the one that asks first, then the last seen."""
    mine = select(LoginSession).where(LoginSession.user_id == user_id, LoginSession.expires_at > now)
    found = session.scalars(mine.order_by(LoginSession.seen_at.desc(), LoginSession.id.desc()).limit(100)).all()
    rows = [
        Place(row.id, in_words(row.agent), row.address, row.created_at, row.seen_at, row.id == here) for row in found
    ]
    return sorted(rows, key=lambda place: not place.here)


def end(session: Session, user_id: int, session_id: int) -> bool:
    """End one log-in of that user. False when there is none of that id."""
    one = delete(LoginSession).where(LoginSession.user_id == user_id, LoginSession.id == session_id)
    return bool(changed(session, one))


def end_all(session: Session, user_id: int, *, but: int = 0) -> int:
    """End every log-in of that user but one; how many were ended."""
    others = delete(LoginSession).where(LoginSession.user_id == user_id, LoginSession.id != but)
    return changed(session, others)


def seen(session: Session, session_id: int, now: datetime) -> None:
    """Write down that the browser was seen, where it was not within the last minutes."""
    before = LoginSession.seen_at < now - SEEN_EVERY
    session.execute(update(LoginSession).where(LoginSession.id == session_id, before).values(seen_at=now))


def in_words(agent: str) -> str:
    """A browser as people call it: ``Firefox on Windows``; ``an unknown browser`` where it does not tell."""
    browser = next((name for pattern, name in BROWSERS if re.search(pattern, agent)), "")
    system = next((name for pattern, name in SYSTEMS if re.search(pattern, agent)), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or (f"a browser on {system}" if system else "an unknown browser")


def last_seen(session: Session) -> dict[int, datetime]:
    """When each user who is logged in somewhere was seen last, by the user's id."""
    found = select(LoginSession.user_id, func.max(LoginSession.seen_at)).group_by(LoginSession.user_id)
    return {row[0]: row[1] for row in session.execute(found)}
