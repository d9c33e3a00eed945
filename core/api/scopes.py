"""What a token may be used for. Scopes only narrow: no token does what its user may not do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """A part of what can be done by the API: its key in tokens and documents, and what it is in words."""

    key: str
    title: str


READ_RECORDS, WRITE_RECORDS = "records:read", "records:write"
READ_ACTIVITY, WRITE_ACTIVITY = "activity:read", "activity:write"
READ_ACCOUNTING, SEARCH = "accounting:read", "search"
ANY = ""  # takes no scope, a good token alone

SCOPES = {
    one.key: one
    for one in (
        Scope(READ_RECORDS, "Read records, with their tags, stages and custom fields"),
        Scope(WRITE_RECORDS, "Create, change, delete and restore records"),
        Scope(READ_ACTIVITY, "Read notes and tasks"),
        Scope(WRITE_ACTIVITY, "Write notes and tasks"),
        Scope(READ_ACCOUNTING, "Read what the accounting tab of a record shows, as far as you may see it"),
        Scope(SEARCH, "Search everything"),
    )
}
