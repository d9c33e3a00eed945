"""Webhooks as Xero sends them: signed, ids only, at least once, tried again when the answer is not 200.

A subscription (an address and a key) is checked first by *intent to receive*: an empty delivery signed rightly, which
must be answered by 200, and others signed wrongly, which must be answered by 401. Changes of contacts, invoices and
credit notes of organisations that are connected to an app are then told. Source: Xero, "Webhooks overview" and its
OpenAPI description of webhooks.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import string
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx2

from core import Clock
from plugins.xero.sandbox.connections import Connections
from plugins.xero.sandbox.store import Store, Table
from plugins.xero.sandbox.wire import Record, encoded, moment_of

Post = Callable[[str, Mapping[str, str], bytes], int]  # address, headers, body; the status, 0 where nobody answered

PATIENCE = 5.0  # seconds that Xero waits for an answer
TRIES = (5, 30, 120, 600, 3600, 6 * 3600, 12 * 3600)  # seconds before the next try; about a day in all
AT_ONCE = 50  # events in one delivery
KEPT = 100
REQUIRED, NOBODY = "Intent to receive required", "Nobody answers"
CATEGORIES = {"Contacts": "CONTACT", "Invoices": "INVOICE", "CreditNotes": "CREDITNOTE"}


def signature(body: bytes, key: str) -> str:
    """What goes into ``x-xero-signature``."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def post_over_http(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Send it; the status, or 0 where nobody answered in time."""
    try:
        return httpx2.post(
            url, content=body, headers=dict(headers), timeout=PATIENCE, follow_redirects=False
        ).status_code
    except httpx2.HTTPError:
        return 0


@dataclass
class Delivery:
    """One delivery: its events, how often it was tried, the last answer, and when it is tried next (None: no more)."""

    events: list[Record]
    body: bytes
    next_at: datetime | None
    tries: int = 0
    status: int | None = None


@dataclass
class Subscription:
    """Where an app hears of changes; `state` is Intent to receive required, OK, or what was wrong."""

    url: str
    key: str
    state: str = REQUIRED


@dataclass
class Webhooks:
    """The webhooks of one sandbox. `post` sends; tests put another in its place."""

    store: Store
    clock: Clock
    connections: Connections
    base_url: str | None = None
    post: Post = post_over_http
    subscription: Subscription | None = None
    deliveries: list[Delivery] = field(default_factory=list)
    _sequence: int = 0
    _changed: list[Record] = field(default_factory=list)
    _sending: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Hear of what changes in the books."""
        self.store.watch(self._note)

    def subscribe(self, url: str, key: str = "") -> None:
        """Register an address, if there is one; without a key a new one is made."""
        if url:
            self.subscription = Subscription(url, key or base64.b64encode(secrets.token_bytes(64)).decode())

    def subscribed(self, url: str, key: str) -> Webhooks:
        """The same, once `subscribe` was called."""
        self.subscribe(url, key)
        return self

    def unsubscribe(self) -> None:
        """Tell nobody any more."""
        self.subscription = None
        self.deliveries.clear()

    def _note(self, table: Table, before: Record | None, after: Record | None) -> None:
        """Under the store's lock, after the work is done: one event for each row that changed."""
        tenant, _, name = table.space.partition("/")
        if self.subscription is None or after is None or name not in CATEGORIES:
            return
        if before is not None and before.get("UpdatedDateUTC") == after.get("UpdatedDateUTC"):
            return
        if tenant not in {row["tenant"] for row in self.connections.all()}:
            return
        event = {
            "resourceUrl": f"{self.base_url or 'https://api.xero.com'}/api.xro/2.0/{name}/{after[table.key]}",
            "resourceId": after[table.key],
            "tenantId": tenant,
            "tenantType": "ORGANISATION",
            "eventCategory": CATEGORIES[name],
            "eventType": "UPDATE" if before else "CREATE",
            "eventDateUtc": moment_of(after["UpdatedDateUTC"]).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3],
        }
        if name == "CreditNotes":
            event["data"] = {"Type": after["Type"], "Status": after["Status"]}
        self._changed.append(event)

    def deliver(self) -> int:
        """Check the subscription if that is due, and send what is due; how many deliveries went well."""
        with self._sending:
            subscription = self.subscription
            if subscription is None:
                return 0
            if subscription.state in (REQUIRED, NOBODY):
                self._check(subscription)
            if subscription.state != "OK":
                return 0
            self._gather()
            now = self.clock.now()
            due = [one for one in self.deliveries if one.next_at is not None and one.next_at <= now]
            return sum(self._try(subscription, one, now) for one in due)

    def _check(self, subscription: Subscription) -> None:
        """Intent to receive."""
        body = self._body([], 0)
        right = self._send(subscription, body, signature(body, subscription.key))
        wrong = [self._send(subscription, body, signature(body, secrets.token_hex(16))) for _ in range(3)]
        if right == 0:
            subscription.state = NOBODY
        elif right != 200:
            subscription.state = f"A delivery signed rightly was answered by {right} instead of 200"
        elif any(status != 401 for status in wrong):
            subscription.state = "A delivery signed wrongly was not answered by 401"
        else:
            subscription.state = "OK"

    def _gather(self) -> None:
        with self.store.lock:
            events, self._changed = self._changed, []
        for start in range(0, len(events), AT_ONCE):
            some = events[start : start + AT_ONCE]
            body = self._body(some, self._sequence + 1)
            self._sequence += len(some)
            self.deliveries.append(Delivery(some, body, self.clock.now()))
        del self.deliveries[:-KEPT]

    @staticmethod
    def _body(events: list[Record], first: int) -> bytes:
        entropy = "".join(secrets.choice(string.ascii_uppercase) for _ in range(20))
        last = first + len(events) - 1 if events else first
        told = {"events": events, "firstEventSequence": first, "lastEventSequence": last, "entropy": entropy}
        return encoded(told)

    def _try(self, subscription: Subscription, one: Delivery, now: datetime) -> bool:
        one.status = self._send(subscription, one.body, signature(one.body, subscription.key))
        one.tries += 1
        again = one.status != 200 and one.tries <= len(TRIES)
        one.next_at = now + timedelta(seconds=TRIES[one.tries - 1]) if again else None
        return one.status == 200

    def _send(self, subscription: Subscription, body: bytes, signed: str) -> int:
        headers = {"Content-Type": "application/json; charset=utf-8", "x-xero-signature": signed}
        return self.post(subscription.url, headers, body)
