"""The strip on a record's head: what to know before a call, one for each connection, from the snapshot alone.

Who may see no amounts gets a traffic light. Connections are never added up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.accounting import ages, connections, overview, payments
from core.accounting.access import sight_in
from core.accounting.documents import PARTY_RECORDS, connections_linked, shown_on
from core.accounting.models import Connection, PartyRow
from core.accounting.snapshot import party_of
from core.accounting.words import TERMS
from core.contract.extensions import Panel
from core.contract.values import Capability, PaymentTerms

TEMPLATE = "accounting/strip.jinja2"


@dataclass(frozen=True)
class Strip:
    """What is told of one connection: a `light`, or `figures` and the last payment for who may see amounts.

    `as_of` is None until the first load is done; `path` is the tab with the rest.
    """

    connection: Connection
    path: str
    as_of: datetime | None
    light: overview.Light | None
    figures: overview.Figures | None
    last: payments.LastPayment | None
    terms: str


def strips(request: Any, record: Any) -> Iterable[Panel]:
    """The strip of a contact or an organization, where it is linked and the user may see how things stand."""
    if record.kind not in PARTY_RECORDS or request.identity is None:
        return
    linked = connections_linked(request.dbsession, record, bills=False)
    found = [strip for one in linked if (strip := _strip(request, record, one)) is not None]
    if found:
        yield Panel("before_you_call", "Before you call", TEMPLATE, {"strips": found})


def _strip(request: Any, record: Any, connection: Connection) -> Strip | None:
    sight = sight_in(request, connection)
    spec = request.services.providers.get(connection.provider)
    if spec is None or not sight.status:
        return None
    session, base = request.dbsession, connection.base_currency
    feeds = Capability.CHANGES in connections.capabilities(request.services, connection)
    rows = ages.parties_of(session, record, connection)
    whose, today = shown_on(record, connection.id, bills=False), connections.today(connection, request.clock)
    return Strip(
        connection=connection,
        path=f"{record.path}/tabs/{connection.provider}",
        as_of=ages.of_parties(session, connection, rows, feeds=feeds),
        light=None if sight.amounts else overview.light(session, whose, today),
        figures=overview.headline(session, whose, base, today) if sight.amounts else None,
        last=payments.last_payment(session, whose, base, today) if sight.amounts else None,
        terms=terms(connection, rows),
    )


def terms(connection: Connection, rows: Sequence[PartyRow | None]) -> str:
    """The agreed terms of some parties, each once: their own, else the organisation's; "" where none are known."""
    usual = connections.organisation_of(connection).sales_terms
    agreed = [party_of(row).sales_terms or usual for row in rows if row is not None]
    return " or ".join(dict.fromkeys(_words(one) for one in agreed if one is not None))


def _words(one: PaymentTerms) -> str:
    words = TERMS[one.kind].format(one.days)
    return words.replace("1 days", "1 day") if one.days == 1 else words
