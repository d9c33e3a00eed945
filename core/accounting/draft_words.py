"""What pages say of an intent: its state in a word and in sentences, and what it is for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from core.accounting.models import Draft, NewPartyIntent
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


def title_of(session: Session, row: Draft | NewPartyIntent) -> tuple[str, str]:
    """The title and the address of the record an intent belongs to; no address for one that is deleted."""
    try:
        record = get_record(session, row.kind, row.record_id)
    except RecordNotFound:
        return "a deleted record", ""
    return record.title, record.path


def titles_of(session: Session, rows: Iterable[Draft]) -> dict[int, tuple[str, str]]:
    """The same for many, by the intent's id; each record is read once (the session keeps it)."""
    return {row.id: title_of(session, row) for row in rows}
