"""Intents: what a person asked a provider to make, carried out exactly once. Here is what pages do with them.

The states and what moves them::

    open ──send──▶ queued ──job──▶ sending ──answer──▶ made
      ▲              ▲   ◀─nothing written─┤
      └─reconnect────┼─────────────────────┤
    refused ◀────────┼──── refused ────────┤
      │   edit, send │                     ▼
      └──────────────┘   found ◀── looked up ── unknown ──not there──▶ sent again, or missing

Why no second one is ever made:

- The key is unique among intents and in the form from the moment it is shown: a second post meets the first.
- Each step is a compare-and-set UPDATE on the state, so one worker takes it. `sending`, with a lease and the moment, is
  committed before the call; whoever dies in between leaves a lease that runs out, and the intent becomes `unknown`.
- The lease is renewed by the same means before each request, and lasts longer than one can be on its way. Whoever stood
  still meanwhile (a paused machine) finds the attempt given up, and asks for nothing.
- From `unknown` the only way to send again leads through a look-up by our own mark, made after the provider's last
  chance to write (a margin after the send, longer than the client's timeout; the lease when the sender died), in the
  same job, for the same attempt: `lease_owner` names the attempt, and a look-up that is overtaken sends nothing.
- It goes out again under the same key as long as the payload is the same, so a provider that remembers keys replays its
  answer. A changed payload goes under a new one (`send_key`): the old one holds a refusal.
- Only what has written nothing (the provider was away, throttled, disconnected) goes back to `queued` or `open`, to be
  sent later under the same key. Where something answered that the provider is away, it is in doubt all the same.
- Once a send got no answer the intent stays in doubt. Should a later send be hindered, or refused and then mended,
  every key it ever went out under is looked up before one is used again; and it is not deleted before a look-up long
  after its last send found nothing.

What is left: a worker that stands still *inside* a request, after the renewal and before the provider has it all, for
longer than the lease, while another looks it up, finds nothing and sends. Both sends then carry the same key, and it is
the provider who makes one of them, as long as it remembers keys (some remember for minutes only). The same goes for a
write that the provider carries out later than the margin. Nothing on this side of the wire can close that gap.

"Not there" sends again by itself a few times, since nobody would learn more by pressing the button; then a person
decides. `core.accounting.sending` holds the jobs.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.accounting.models import Draft, DraftChange, NewPartyIntent, PartyChange
from core.db import changed

EDITABLE = ("open", "refused")
LOOKED_FOR = ("unknown", "missing")
UNDER_WAY = ("queued", "sending", "unknown")

Row = TypeVar("Row", Draft, NewPartyIntent, DraftChange, PartyChange)
Intent: TypeAlias = Draft | NewPartyIntent | DraftChange | PartyChange


def unsent(model: type[Intent]) -> ColumnElement[bool]:
    """The rows that are typed, and certainly not there: an earlier send that got no answer may have arrived."""
    return and_(model.state.in_(EDITABLE), model.in_doubt.is_(False))


def looked_for(model: type[Intent]) -> ColumnElement[bool]:
    """The rows that are looked up: what got no answer, and what can be edited while an earlier send is in doubt."""
    return or_(model.state.in_(LOOKED_FOR), and_(model.state.in_(EDITABLE), model.in_doubt.is_(True)))


def is_looked_for(row: Intent) -> bool:
    """The same of one row."""
    return row.state in LOOKED_FOR or (row.state in EDITABLE and row.in_doubt)


def is_moving(row: Intent, now: datetime) -> bool:
    """Whether something becomes of it within a minute by itself: whoever shows it looks again soon."""
    soon = row.next_try_at is None or row.next_try_at <= now + timedelta(minutes=1)
    return row.state in UNDER_WAY and soon


def new_key() -> str:
    """A key for a form that is about to be shown."""
    return uuid.uuid4().hex


def is_key(text: str) -> bool:
    """Whether a text can be a key of ours."""
    return len(text) == 32 and all(letter in "0123456789abcdef" for letter in text)


def send_key(row: Intent) -> str:
    """The key sent to the provider (at most 50 characters): the intent's own, and another for each changed payload."""
    return row.key if row.version == 1 else f"{row.key}-{row.version}"


def keys_sent(row: Intent) -> list[str]:
    """The keys under which the intent may be in the provider's books, the last one first.

    That is the present one; and every earlier one too while a send without an answer leaves it in doubt.
    """
    if not row.in_doubt:
        return [send_key(row)]
    return [row.key if version == 1 else f"{row.key}-{version}" for version in range(row.version, 0, -1)]


def find(session: Session, model: type[Row], key: str) -> Row | None:
    """The intent of that key."""
    return session.scalar(select(model).where(model.key == key))


def store(session: Session, row: Row) -> tuple[Row, bool]:
    """Keep a new intent: it and True; where one of that key is there already, that one and False."""
    model = type(row)
    first = find(session, model, row.key)
    if first is not None:
        return first, False
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # two posts at the same instant
        return session.scalars(select(model).where(model.key == row.key)).one(), False
    return row, True


def change(session: Session, row: Row, values: dict[str, Any], *, send: bool, now: datetime) -> bool:
    """Give an open or refused intent a new payload (in `values`), and queue it with `send`.

    The version goes up, and with it the key that is sent. False when the intent moved on since the row was read.
    """
    model = type(row)
    mine = update(model).where(model.id == row.id, model.version == row.version, model.state.in_(EDITABLE))
    state = {"version": row.version + 1, "state": "queued" if send else "open", "updated_at": now}
    done = changed(session, mine.values({**_CLEAN, **values, **state, "next_try_at": None if send else now}))
    session.refresh(row)
    return bool(done)


def remove(session: Session, row: Row) -> bool:
    """Delete an open or refused intent. False when it moved on or is in doubt: what may be in the books is kept."""
    model = type(row)
    return bool(changed(session, delete(model).where(model.id == row.id, unsent(model))))


_CLEAN: dict[str, Any] = {
    "problems": [],
    "error": "",
    "error_detail": "",
    "attempts": 0,
    "lease_owner": "",
}


def take_back(session: Session, row: Row, now: datetime) -> bool:
    """Make a waiting intent editable again; one in doubt is looked up. False when it is being sent."""
    model = type(row)
    mine = update(model).where(model.id == row.id, model.state == "queued")
    done = changed(session, mine.values(state="open", updated_at=now, next_try_at=now))
    session.refresh(row)
    return bool(done)


def try_again(session: Session, row: Row, now: datetime) -> bool:
    """A person wants a missing one sent again: it is looked up once more, then sent. False when it is not missing."""
    model = type(row)
    mine = update(model).where(model.id == row.id, model.state == "missing")
    done = changed(session, mine.values(state="unknown", attempts=0, next_try_at=now, updated_at=now))
    session.refresh(row)
    return bool(done)
