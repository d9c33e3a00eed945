"""What one running sandbox consists of, handed to every part that answers a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core import Clock
from plugins.xero.sandbox.calls import CallLog
from plugins.xero.sandbox.connections import Connections
from plugins.xero.sandbox.faults import Faults
from plugins.xero.sandbox.idempotency import Answers
from plugins.xero.sandbox.keys import Signer
from plugins.xero.sandbox.limits import LimitBook
from plugins.xero.sandbox.store import Store
from plugins.xero.sandbox.tokens import Tokens
from plugins.xero.sandbox.webhooks import Webhooks
from plugins.xero.sandbox.wire import Record

# Where a request carries its sandbox: one web application serves every sandbox of a process.
STATE = "ledgertab.sandbox"


@dataclass
class State:
    """The parts of one sandbox."""

    clock: Clock
    store: Store
    signer: Signer
    tokens: Tokens
    connections: Connections
    answers: Answers
    limits: LimitBook
    faults: Faults
    calls: CallLog
    webhooks: Webhooks
    user: Record
    base_url: str | None
    pause: Callable[[float], None]
