"""What people are told of a provider's error: a sentence, what to do, when, and the provider's own words beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.accounting import access
from core.accounting.access import MANAGE
from core.accounting.models import Connection
from core.contract.errors import (
    Denied,
    Duplicate,
    NotFound,
    OutcomeUnknown,
    ProviderError,
    ReconnectNeeded,
    Rejected,
    Stale,
    Throttled,
    Unavailable,
    Unsupported,
)

ADMIN = "/admin/accounting"


@dataclass(frozen=True)
class Trouble:
    """A failure as a sentence, what to do, and the provider's own words; `until` when it may be tried again.

    `reference` is what a person tells support; `reconnect`: a new consent mends it, and the user may give one.
    """

    message: str
    advice: str
    detail: str = ""
    until: datetime | None = None
    reference: str = ""
    reconnect: bool = False


def trouble(request: Any, connection: Connection, error: ProviderError, reference: str = "") -> Trouble:
    """What to tell the user about an error of a connection; the provider's own words to who may read them."""
    manages = bool(request.has_permission(MANAGE))
    return Trouble(
        message=error.message,
        advice=advice(error, connection.name, manages=manages),
        detail=error.detail if access.reads_words(request, connection) else "",
        until=error.until if isinstance(error, Throttled | Unavailable) else None,
        reference=reference,
        reconnect=manages and isinstance(error, ReconnectNeeded | Denied),
    )


def advice(error: ProviderError, name: str, *, manages: bool) -> str:
    """What to do about an error, `name` being where it happened; `manages`: the reader may connect."""
    found = next((say for kind, say in _ADVICE.items() if isinstance(error, kind)), None)
    return found(error, name, manages) if found else ""


def _connect_again(error: Any, name: str, manages: bool) -> str:
    return f"Press Reconnect to connect {name} again." if manages else f"Ask an admin to reconnect {name}."


def _allow(error: Any, name: str, manages: bool) -> str:
    what = f"allow {error.missing_scope}" if error.missing_scope else "allow everything that is asked for"
    return f"Press Reconnect and {what}." if manages else f"Ask an admin to reconnect {name} and to {what}."


def _fixed(text: str) -> Callable[[Any, str, bool], str]:
    return lambda error, name, manages: text.format(name=name)


_LATER = _fixed("{name} may be back in a few minutes. What is shown here is kept meanwhile.")
_ADVICE: dict[type[ProviderError], Callable[[Any, str, bool], str]] = {
    ReconnectNeeded: _connect_again,
    Denied: _allow,
    NotFound: _fixed("It may have been deleted or merged in {name}. Refresh the tab, then look again."),
    Rejected: _fixed("Nothing was written in {name}. Change what it names, then send it again."),
    Duplicate: _fixed("Link the one that is in {name} already, or use another name."),
    Stale: _fixed("Somebody changed it in {name} meanwhile. Look at it as it is now, then decide."),
    Throttled: _LATER,
    Unavailable: _LATER,
    OutcomeUnknown: _fixed("It may be in {name}, or not. It is looked up; do not send it a second time."),
    Unsupported: _fixed("Do it in {name} itself."),
}
