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
from core.accounting.models import Connection
from core.accounting.snapshot import party_of
from core.accounting.tab import Block
from core.accounting.words import TERMS
from core.contract.extensions import Panel
from core.contract.values import Capability, Party, PaymentTerms

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
    whose, today = shown_on(session, record, connection.id, bills=False), connections.today(connection, request.clock)
    drawn = _on_the_tab(request, connection)
    if drawn is not None:
        parties, as_of, light, figures = drawn.parties_read, drawn.as_of, drawn.light, drawn.figures
    else:
        feeds = Capability.CHANGES in connections.capabilities(request.services, connection)
        rows = ages.parties_of(session, record, connection)
        parties, as_of = [party_of(row) for row in rows if row], ages.of_parties(session, connection, rows, feeds=feeds)
        light = None if sight.amounts else overview.light(session, whose, today)
        figures = overview.headline(session, whose, base, today) if sight.amounts else None
    return Strip(
        connection=connection,
        path=f"{record.path}/tabs/{connection.provider}",
        as_of=as_of,
        light=light,
        figures=figures,
        last=payments.last_payment(session, whose, base, today) if sight.amounts else None,
        terms=terms(connection, parties),
    )


def _on_the_tab(request: Any, connection: Connection) -> Block | None:
    """What the tab on the same page shows of the connection: it is not added up a second time."""
    drawn: Sequence[Block] = getattr(request, "accounting_blocks", ())
    return next((one for one in drawn if one.connection.id == connection.id), None)


def terms(connection: Connection, parties: Sequence[Party]) -> str:
    """The agreed terms of some parties, each once: their own, else the organisation's; "" where none are known."""
    usual = connections.organisation_of(connection).sales_terms
    agreed = [party.sales_terms or usual for party in parties]
    return " or ".join(dict.fromkeys(_words(one) for one in agreed if one is not None))


def _words(one: PaymentTerms) -> str:
    words = TERMS[one.kind].format(one.days)
    return words.replace("1 days", "1 day") if one.days == 1 else words
