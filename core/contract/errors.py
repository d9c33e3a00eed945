"""What can go wrong with a provider, said once. The core turns each into a sentence with the right button.

`message` is for people; `detail` is the provider's own text, shown beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from core.contract.values import Party, Problem


class ProviderError(Exception):
    """Something a provider could not do."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


class ReconnectNeeded(ProviderError):
    """The grant is gone (revoked, expired, disconnected on the provider's side): an admin must connect again."""


class Denied(ProviderError):
    """The grant holds, but does not reach this: `missing_scope` is named where the provider says it."""

    def __init__(self, message: str, *, detail: str = "", missing_scope: str = "") -> None:
        super().__init__(message, detail=detail)
        self.missing_scope = missing_scope


class NotFound(ProviderError):
    """The thing is not there (any more)."""


class Rejected(ProviderError):
    """The provider refused what was sent and nothing was made: each problem at its field."""

    def __init__(self, message: str, problems: Sequence[Problem] = (), *, detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.problems = tuple(problems)


class Duplicate(ProviderError):
    """A party of that name is there already: `existing` can be linked instead."""

    def __init__(self, message: str, existing: Party, *, detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.existing = existing


class Stale(ProviderError):
    """The thing moved on since it was read: read again, then decide."""


class Throttled(ProviderError):
    """Too many calls: not before `until` (aware UTC). `window`: minute, day, concurrent or app."""

    def __init__(self, message: str, until: datetime, window: str, *, detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.until = until
        self.window = window


class Unavailable(ProviderError):
    """The provider is away or the connection broke *and nothing can have been written*; try again at `until`."""

    def __init__(self, message: str, until: datetime | None = None, *, detail: str = "") -> None:
        super().__init__(message, detail=detail)
        self.until = until


class OutcomeUnknown(ProviderError):
    """A write was sent and no answer came: it may or may not have happened. Look it up, never resend blindly."""


class Unsupported(ProviderError):
    """This provider cannot do that and does not claim to (see `Capability`)."""
