"""One sandbox: its application, and what tests and visitors may do with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

from core import Clock, SystemClock
from plugins.xero.sandbox import demo_data
from plugins.xero.sandbox.app import make_app
from plugins.xero.sandbox.calls import CallLog
from plugins.xero.sandbox.connections import Connections
from plugins.xero.sandbox.deeds import Deeds
from plugins.xero.sandbox.demo_data.chart import the_user
from plugins.xero.sandbox.demo_data.ids import KERERU, KERERU_AUSTRALIA
from plugins.xero.sandbox.faults import Faults
from plugins.xero.sandbox.idempotency import Answers
from plugins.xero.sandbox.keys import Signer
from plugins.xero.sandbox.limits import LimitBook, Limits
from plugins.xero.sandbox.oauth import CLIENT_ID, CLIENT_SECRET
from plugins.xero.sandbox.state import State
from plugins.xero.sandbox.store import Books, Store
from plugins.xero.sandbox.tokens import Tokens
from plugins.xero.sandbox.webhooks import Webhooks
from plugins.xero.sandbox.wire import Record, decoded, encoded

USUAL_SCOPES = (
    "offline_access",
    "accounting.contacts",
    "accounting.invoices",
    "accounting.payments.read",
    "accounting.settings.read",
)


class Sandbox:
    """A running sandbox.

    `app` is its WSGI application. `faults`, `calls`, `limits` (allowances), `deeds` (what accounts people do) and
    `webhooks` (what is told to an app) are for tests and demonstrations; so are `token()` and `allow()`, which stand in
    for a person at the consent page.
    """

    client_id, client_secret = CLIENT_ID, CLIENT_SECRET
    tenant_id, other_tenant_id = KERERU, KERERU_AUSTRALIA

    def __init__(self, state: State) -> None:
        self._state = state
        self.app: Any = make_app(state)
        self.faults: Faults = state.faults
        self.calls: CallLog = state.calls
        self.limits: Limits = state.limits.limits
        self.deeds = Deeds(state)
        self.webhooks: Webhooks = state.webhooks

    @property
    def clock(self) -> Clock:
        """The clock that limits, tokens and dates go by."""
        return self._state.clock

    @property
    def pause(self) -> Callable[[float], None]:
        """What a slow answer waits with, in seconds; set it to wait on virtual time."""
        return self._state.pause

    @pause.setter
    def pause(self, wait: Callable[[float], None]) -> None:
        self._state.pause = wait

    def reset_limits(self) -> None:
        """Forget the calls counted so far."""
        self._state.limits.reset()

    def token(self, scopes: Iterable[str] = USUAL_SCOPES, tenants: Iterable[str] | None = None) -> Record:
        """The token endpoint's answer for a consent given on the spot; by default to both organisations."""
        state, event = self._state, str(uuid4())
        with state.store.work():
            for tenant in [*state.store.books] if tenants is None else tenants:
                state.connections.connect(CLIENT_ID, state.user["UserID"], tenant, event)
            grant = state.tokens.grant(CLIENT_ID, state.user["UserID"], list(scopes), event)
            return state.tokens.answer(grant, state.base_url or "http://localhost", first=True)

    def allow(self, authorize_url: str, tenants: Iterable[str] | None = None) -> str:
        """Tick organisations (all by default) at the consent page and press Allow; gives the callback URL."""
        from webob import Request

        fields = parse_qsl(urlsplit(authorize_url).query)
        chosen = [*self._state.store.books] if tenants is None else tenants
        fields += [("tenant", tenant) for tenant in chosen] + [("answer", "allow")]
        request = Request.blank("/identity/connect/authorize", method="POST", body=urlencode(fields).encode())
        request.content_type = "application/x-www-form-urlencoded"
        return str(request.get_response(self.app).location)

    def record(self, table: str, key: str) -> Record:
        """A copy of the inner record of this id, in whichever organisation it is. Raises KeyError."""
        for books in self._state.store.books.values():
            found = books[table].get(key)
            if found is not None:
                return dict(_copied(found))
        raise KeyError(key)

    def records(self, table: str, tenant_id: str = KERERU) -> list[Record]:
        """Copies of all inner records of one table: Xero's field names, dates as ISO text, money as Decimal."""
        return list(_copied(self.books(tenant_id)[table].all()))

    def books(self, tenant_id: str = KERERU) -> Books:
        """The books of one organisation themselves; records in them may be replaced, never changed in place."""
        return self._state.store.books[tenant_id]

    def work(self) -> AbstractContextManager[None]:
        """Hold the books while records are put into them by hand; what changed is told on the way out."""
        return self._state.store.work()

    def connections(self) -> list[Record]:
        """The connections there are, as the API shows them."""
        with self._state.store.work():
            return [self._state.connections.shown(row) for row in self._state.connections.all()]

    def contact_id(self, name: str, tenant_id: str = KERERU) -> str:
        """The id of the first contact of this name. Raises KeyError."""
        found = self.books(tenant_id)["Contacts"].numbered(name)
        if not found:
            raise KeyError(name)
        return str(found[0]["ContactID"])

    def close(self) -> None:
        """Let go of the state file."""
        self._state.store.close()


def _copied(value: Any) -> Any:
    return decoded(encoded(value))


def make_sandbox(
    *,
    clock: Clock | None = None,
    state_file: str | Path | None = None,
    invoices_for_one_contact: int = 0,
    today: date | None = None,
    base_url: str | None = None,
    limits: Limits | None = None,
    webhook: tuple[str, str] = ("", ""),
) -> Sandbox:
    """A sandbox with the demo companies in it, or with what the state file holds.

    Dates of the demo data are placed before `today`, by default the clock's date in UTC. `base_url` is what tokens
    and discovery name; by default each request's own address. `webhook` registers an app's address for webhooks,
    with its key; whoever serves the sandbox calls `webhooks.deliver()` every so often.
    """
    clock = clock or SystemClock()
    store = Store(state_file)
    if not store.books:
        with store.work():
            demo_data.fill(store, today or clock.now().date(), invoices_for_one_contact)
    signer, user = Signer(store), the_user()
    base_url, connections = base_url.rstrip("/") if base_url else None, Connections(store, clock)
    return Sandbox(
        State(
            clock=clock,
            store=store,
            signer=signer,
            tokens=Tokens(store, clock, signer, user),
            connections=connections,
            answers=Answers(store),
            limits=LimitBook(limits or Limits()),
            faults=Faults(),
            calls=CallLog(),
            webhooks=Webhooks(store, clock, connections, base_url).subscribed(*webhook),
            user=user,
            base_url=base_url,
            pause=time.sleep,
        )
    )
