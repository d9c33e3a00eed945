"""Idempotency-Key: an answer is remembered for six minutes and given again to the same request.

Errors are remembered too; the same key with another request is refused with 400. Source: Xero, "Idempotent requests".
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from plugins.xero.sandbox.envelope import bad_argument
from plugins.xero.sandbox.store import Store
from plugins.xero.sandbox.wire import milliseconds

LIFE = timedelta(minutes=6)
LONGEST_KEY = 128


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer given before: status and JSON bytes."""

    status: int
    body: bytes


def fingerprint(*parts: str | bytes) -> str:
    """One text for a request: same text, same request."""
    digest = sha256()
    for part in parts:
        digest.update(part.encode() if isinstance(part, str) else part)
        digest.update(b"\0")
    return digest.hexdigest()


class Answers:
    """What was answered under which key. Used under the store's lock."""

    def __init__(self, store: Store) -> None:
        self._table = store.oauth["answers"]

    def earlier(self, key: str, request: str, now: datetime) -> Remembered | None:
        """The remembered answer, if this request was made before. Raises Refused (400) for another request."""
        if len(key) > LONGEST_KEY:
            raise bad_argument(f"The Idempotency-Key is longer than {LONGEST_KEY} characters.")
        self._forget(now)
        found = self._table.get(key)
        if found is None:
            return None
        if found["request"] != request:
            raise bad_argument("The Idempotency-Key has already been used with a different request.")
        return Remembered(found["status"], base64.b64decode(found["body"]))

    def remember(self, key: str, request: str, now: datetime, answer: Remembered) -> None:
        """Keep an answer under its key."""
        self._table.put(
            {
                "id": key,
                "request": request,
                "at": milliseconds(now),
                "status": answer.status,
                "body": base64.b64encode(answer.body).decode(),
            }
        )

    def _forget(self, now: datetime) -> None:
        limit = milliseconds(now - LIFE)
        for row in self._table.all():
            if row["at"] > limit:
                break
            self._table.drop(row["id"])
