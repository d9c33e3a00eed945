"""What pages say of an intent: its state in a word and in sentences, and what it is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from core import formats
from core.accounting.intents import Intent
from core.accounting.words import Status
from core.records.service import RecordNotFound, get_record

STATES: Mapping[str, Status] = {
    "open": Status("Saved", "mute"),
    "queued": Status("Waiting", "info"),
    "sending": Status("Being sent", "info"),
    "unknown": Status("Not known yet", "warn"),
    "missing": Status("Did not arrive", "warn"),
    "refused": Status("Refused", "bad"),
    "made": Status("Made", "good"),
}


def title_of(session: Session, row: Intent) -> tuple[str, str]:
    """The title and the address of the record an intent belongs to; no address for one that is deleted."""
    try:
        record = get_record(session, row.kind, row.record_id)
    except RecordNotFound:
        return "a deleted record", ""
    return record.title, record.path


def waits_for(row: Intent, title: str, now: datetime) -> str:
    """Why a queued intent waits and until when, `title` being the provider's; "" for one that goes out in a moment."""
    if row.state != "queued" or row.next_try_at is None or row.next_try_at <= now:
        return ""
    soon = row.next_try_at - now <= timedelta(minutes=1)
    when = "within a minute" if soon else formats.ago(row.next_try_at, now)
    why = row.error or f"{title} is away."
    sure = "It is looked up there first, and" if row.in_doubt else "Nothing was written there. It"
    return f"{why} {sure} goes out by itself {when}, at {formats.moment(row.next_try_at)}."


def joined(words: Sequence[str]) -> str:
    """Words in a row: *one*, *one and two*, *one, two and three*; "" for none."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
