"""What the accounting tab of a record shows, from the snapshot alone: links, status, and totals by currency.

The rules of the tab hold: a connection that the user may not know of is not there, amounts and bills only for who may
see them. What may not be seen is left out of the answer, not emptied.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from core.accounting import linking
from core.accounting.access import SEE_STATUS, sight_in
from core.accounting.documents import PARTY_RECORDS
from core.accounting.overview import Column
from core.accounting.project import agreed_for
from core.accounting.rules import BY_KEY
from core.accounting.tab import Block, LinkedParty, build
from core.accounting.words import BILL_KINDS
from core.api import answers, scopes, shapes
from core.api.operations import ID, Operation
from core.api.values import moment, money, number
from core.api.views.records import find
from core.records.kinds import KINDS, RecordKind
from core.records.models import Record

_OF_BOTH = ("invoices", "invoices_authorised", "invoices_submitted", "bills", "bills_authorised", "open_bills")
_DRAFTS = ("drafts", "bill_drafts")
OF_PARTIES = ("outstanding", "overdue", "unused_credit", *_OF_BOTH, "twelve_months", "lifetime", *_DRAFTS)
OF_WORK = (*_OF_BOTH, "billed", "costs", "net", *_DRAFTS)

_AMOUNT = {**shapes.decimal(), "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
_COUNT = shapes.whole(most=2**53)
_FIGURE = shapes.thing({"amount": _AMOUNT, "documents": {**_COUNT, "description": "How many documents that is."}})
_SAYS = "; ".join(f"`{key}`: {BY_KEY[key].says}" for key in dict.fromkeys((*OF_PARTIES, *OF_WORK)))
SCHEMAS: dict[str, shapes.Schema] = {
    "Totals": shapes.thing(
        {
            "currency": shapes.text(),
            "figures": {"type": "object", "additionalProperties": _FIGURE, "description": f"By name. {_SAYS}."},
            "days_to_pay": {
                "type": ["string", "null"],
                "description": f"{BY_KEY['days_to_pay'].says}; null: not known.",
            },
        },
        required=["currency", "figures"],
        about="Totals of the documents in one currency; those of bills only for who may see bills.",
    ),
    "Agreed": shapes.thing(
        {
            "currency": shapes.text(),
            **dict.fromkeys(("agreed", "drafted", "approved", "paid", "still_to_bill"), _AMOUNT),
        },
        about="From what was agreed, or the budget, to what is paid; without tax, in the record's currency.",
    ),
    "Light": shapes.thing(
        {
            "due": {**_COUNT, "description": "Sales invoices that are due or will be."},
            "overdue": _COUNT,
            "oldest_days": {**_COUNT, "description": "How many days the oldest is overdue."},
        },
        about="How things stand, without amounts.",
    ),
    "Books": shapes.thing(
        {
            "connection": shapes.thing(
                {
                    "id": shapes.whole(),
                    "provider": shapes.text(about="The key of the accounting system."),
                    "name": shapes.text(about="The accounting organisation."),
                    "state": shapes.text(about="connected, reconnect or disconnected."),
                    "base_currency": shapes.text(),
                }
            ),
            "as_of": shapes.or_null(shapes.moment("How old what is told is; null where nothing was read yet")),
            "waiting": {**_COUNT, "description": "Linked documents that were not read yet; no figure has them."},
            "unread": {**_COUNT, "description": "Documents that could not be read; figures lack them."},
            "parties": {
                "type": "array",
                "items": shapes.thing(
                    {
                        "id": shapes.text(),
                        "name": shapes.or_null(shapes.text()),
                        "archived": {"type": "boolean"},
                        "url": shapes.or_null(shapes.text()),
                    }
                ),
                "description": "Linked customers and suppliers; empty for opportunities and projects.",
            },
            "documents": {
                "type": "array",
                "items": shapes.thing({"id": shapes.text(), "kind": shapes.text()}),
                "description": "Documents linked to the record itself; bills only for who may see them.",
            },
            "light": shapes.ref("Light"),
            "totals": {"type": "array", "items": shapes.ref("Totals"), "description": "The base currency first."},
            "agreed": shapes.ref("Agreed"),
        },
        required=["connection", "as_of", "waiting", "unread", "parties", "documents"],
        about="One connection. `light` is there for who sees no amounts, `totals` and `agreed` for who does.",
    ),
}
ABOUT = "From the last known copy: no accounting system is asked. One entry for each connection, never added up."


def operations() -> list[Operation]:
    """What is told of each type of record."""
    given = shapes.thing({"items": {"type": "array", "items": shapes.ref("Books")}})
    return [
        Operation(
            "GET",
            f"/{kind.key}/{{id}}/accounting",
            f"{kind.key}.accounting",
            partial(read, kind=kind),
            f"What the books say of one of the {kind.key}",
            "Accounting",
            scopes.READ_ACCOUNTING,
            SEE_STATUS,
            ABOUT,
            parameters=[ID],
            gives=given,
        )
        for kind in KINDS.values()
    ]


def read(request: Any, kind: RecordKind) -> Any:
    """The connections that a record is linked in, as far as the user may know of them."""
    record = find(request, kind)
    services, seen = request.services, partial(sight_in, request)
    blocks = [
        block
        for spec in services.providers.values()
        for block in build(request.dbsession, services, spec, record, seen, {})
    ]
    return answers.reply({"items": [_plain(request, record, block) for block in blocks]})


def _plain(request: Any, record: Record, block: Block) -> dict[str, Any]:
    one = block.connection
    told: dict[str, Any] = {
        "connection": {
            "id": one.id,
            "provider": one.provider,
            "name": one.name,
            "state": one.state,
            "base_currency": one.base_currency,
        },
        "as_of": moment(block.as_of),
        "waiting": block.waiting,
        "unread": block.unread,
        "parties": [_party(linked) for linked in block.parties],
        "documents": list(_documents(request, record, block)),
    }
    if not block.sight.amounts:
        return {**told, **_light(block)}
    return {**told, "totals": list(_totals(record, block)), **_agreed(record, block)}


def _party(linked: LinkedParty) -> dict[str, Any]:
    name = linked.party.name if linked.party else None
    return {"id": linked.link.party_id, "name": name, "archived": linked.archived, "url": linked.url}


def _documents(request: Any, record: Record, block: Block) -> Iterator[dict[str, str]]:
    for link in linking.document_links_of(request.dbsession, record.kind, record.id):
        if link.connection_id == block.connection.id and (block.sight.bills or link.document_kind not in BILL_KINDS):
            yield {"id": link.document_id, "kind": link.document_kind}


def _light(block: Block) -> dict[str, Any]:
    light = block.light
    if light is None:
        return {}
    return {"light": {"due": light.due, "overdue": light.overdue, "oldest_days": light.oldest_days}}


def _totals(record: Record, block: Block) -> Iterator[dict[str, Any]]:
    """The figures of the tab, the base currency first; those of bills only for who may see bills."""
    figures = block.figures
    of_parties = record.kind in PARTY_RECORDS
    keys = [key for key in (OF_PARTIES if of_parties else OF_WORK) if block.sight.bills or not BY_KEY[key].bills]
    for column in (figures, *figures.other) if figures else ():
        shown = {"currency": column.currency, "figures": {key: _figure(column, key) for key in keys}}
        days = column.days_to_pay
        yield {**shown, "days_to_pay": None if days is None else number(days)} if of_parties else shown


def _figure(column: Column, key: str) -> dict[str, Any]:
    return {"amount": money(column[key].value, column.currency), "documents": column[key].number}


def _agreed(record: Record, block: Block) -> dict[str, Any]:
    agreed, ladder = agreed_for(record), block.ladder
    if agreed is None or ladder is None:
        return {}
    sums = {
        "agreed": agreed,
        "drafted": ladder.drafted,
        "approved": ladder.approved,
        "paid": ladder.paid,
        "still_to_bill": ladder.still_to_bill(agreed),
    }
    return {"agreed": {"currency": ladder.currency, **{name: money(sums[name], ladder.currency) for name in sums}}}
