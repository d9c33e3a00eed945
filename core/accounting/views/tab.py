"""The tab on a record: linked, it shows the snapshot; not linked, who it may be. It never calls a provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound, HTTPSeeOther
from pyramid.response import Response

from core.accounting import (
    access,
    budget,
    connections,
    document_suggestions,
    draft_changes,
    explaining,
    intents,
    linked,
    linking,
    party_changes,
    strip,
    suggestions,
    tab,
    telling,
)
from core.accounting.access import DRAFT, LINK, SEE_AMOUNTS, SEE_BILLS, SEE_STATUS
from core.accounting.ages import of_record as age_of_record
from core.accounting.committed import Committed, committed, drafts_waiting
from core.accounting.documents import PARTY_RECORDS
from core.accounting.models import Connection, Draft, DraftChange, PartyChange
from core.accounting.pages import RECORD, Place, accounting_page, connection_for, place
from core.accounting.rules import BY_KEY, Day, Lens
from core.accounting.words import status_of
from core.contract.values import Capability
from core.forms import number_in

FOLLOWED = timedelta(seconds=45)  # how long a tab keeps looking whether the refresh that was asked for is done


def add_routes(config: Any) -> None:
    """The tab, its refresh, and the explanation of a figure."""
    config.add_route("accounting_tab", RECORD)
    config.add_route("accounting_refresh", RECORD + "/refresh")
    config.add_route("accounting_explain", RECORD + "/explain/{figure}")
    config.add_view(show, route_name="accounting_tab", request_method="GET", permission=SEE_STATUS)
    config.add_view(refresh, route_name="accounting_refresh", request_method="POST", permission=SEE_STATUS)
    config.add_view(explanation, route_name="accounting_explain", request_method="GET", permission=SEE_AMOUNTS)


def show(request: Any) -> Any:
    """The tab; for htmx only its body, and nothing (204) where nothing changed since it asked last."""
    here = place(request)
    seen = partial(access.sight_in, request)
    blocks = tab.build(request.dbsession, request.services, here.spec, here.record, seen, request.GET)
    request.accounting_blocks = blocks  # for the strip on the record's head
    refreshing = [_refresh_when_old(request, block) or _was_asked_for(request, block) for block in blocks]
    changes = _changes(request, here, blocks)
    raised = drafts_waiting(request.dbsession, here.record.kind, [here.record.id], access.hidden_from(request, DRAFT))
    soon = any(refreshing) or _is_under_way(request, here, raised, blocks)
    mark = _mark(blocks, soon, (*changes, *raised))
    if request.is_fragment and request.GET.get("mark") == mark:
        return Response(status=204)
    values = {
        "blocks": blocks,
        "refreshing": any(refreshing),
        "soon": soon,
        "mark": mark,
        "now": request.clock.now(),
        **_unlinked(request, here, blocks),
        "drafts": raised,
        "committed": _committed(request, here, blocks),
        "record_is_party": here.record.kind in PARTY_RECORDS,
        "terms": terms,
        "notes": _notes(request, here, blocks),
        "changes": changes,
        "suggested": _suggested(request, here),
        "can_draft": _can_draft(request, here, blocks),
    }
    return accounting_page(request, "tab_body" if request.is_fragment else "tab", here.record, here.spec, **values)


def _notes(request: Any, here: Place, blocks: list[tab.Block]) -> Mapping[int, linked.Note]:
    """For who may link: what is said of each linked party."""
    mine = [block for block in blocks if access.may(request, LINK, block.connection)]
    return linked.notes(request.dbsession, here.record, mine)


def _committed(request: Any, here: Place, blocks: list[tab.Block]) -> Committed | None:
    """What is spoken for of what was agreed, beside the ladders of the blocks; None where none is shown."""
    if not any(block.sight.amounts for block in blocks):
        return None
    hidden = access.hidden_from(request, SEE_AMOUNTS)
    return committed(request.dbsession, request.services, here.record, hidden=hidden)


def _changes(request: Any, here: Place, blocks: list[tab.Block]) -> list[PartyChange]:
    """For who may link: the copies that are not done."""
    known = {block.connection.id for block in blocks if access.may(request, LINK, block.connection)}
    waiting = party_changes.waiting(request.dbsession, here.record) if known else []
    return [one for one in waiting if one.connection_id in known]


def _suggested(request: Any, here: Place) -> list[tuple[Connection, Any]]:
    """For who may link: the documents of each connection that name an opportunity or a project."""
    if here.record.kind in PARTY_RECORDS:
        return []
    active = access.known_to(request, connections.active(request.dbsession, here.spec.key), LINK)
    found = []
    for one in active if request.has_permission(LINK) else ():
        seen = access.sight_in(request, one)
        if seen.amounts:
            found.append((one, document_suggestions.suggest(request.dbsession, here.record, one, bills=seen.bills)))
    return [(one, documents) for one, documents in found if documents]


def _can_draft(request: Any, here: Place, blocks: list[tab.Block]) -> str:
    """What the main button makes: "draft", "estimate", or "" where there is no right, connection or ability."""
    if not request.has_permission(DRAFT):
        return ""
    usable = [block.connection for block in blocks]
    if not usable and here.record.kind not in PARTY_RECORDS:
        usable = connections.active(request.dbsession, here.spec.key)
    usable = [one for one in access.known_to(request, usable, DRAFT) if one.state == "connected"]
    able = [connections.capabilities(request.services, one) for one in usable]
    if any(Capability.DRAFT_INVOICE in one for one in able):
        return "draft"
    return "estimate" if any(Capability.ESTIMATE in one for one in able) else ""


def terms(block: tab.Block) -> str:
    """The agreed terms of the linked parties, beside *days to pay*, as on the strip; nothing where none are known."""
    found = strip.terms(block.connection, block.parties_read)
    return f", terms {found}" if found else ""


def _is_under_way(request: Any, here: Place, raised: Sequence[Draft], blocks: list[tab.Block]) -> bool:
    """Whether something of one's own is being written, or was told by the provider and is about to be read."""
    session, now = request.dbsession, request.clock.now()
    changed = draft_changes.of_record(session, here.record, [block.connection.id for block in blocks])
    sent: list[Draft | DraftChange] = [*raised, *changed]
    if any(intents.is_moving(one, now) for one in sent):
        return True
    return any(telling.waits(session, block.connection.id, now) for block in blocks)


def _mark(blocks: list[tab.Block], soon: bool, rows: Sequence[PartyChange | Draft]) -> str:
    """What a drawn tab shows, in short: the same mark, the same tab."""
    seen = [(one.connection.id, one.as_of, one.connection) for one in blocks]
    parts = [f"{key}:{at}:{one.state}:{one.last_error_at}:{one.told_read_at}" for key, at, one in seen]
    parts += [f"{one.id}{one.state}" for one in rows]
    return "|".join([*parts, "s" if soon else ""])


def _refresh_when_old(request: Any, block: tab.Block) -> bool:
    """Ask for a refresh where the snapshot is old and nobody is at it; whether one is under way."""
    connection = block.connection
    if not (block.stale or block.waiting) or connection.state != "connected":
        return False
    if connection.retry_at is not None and connection.retry_at > request.clock.now():
        return False
    if not block.busy:
        parties = [linked.link.party_id for linked in block.parties]
        request.enqueue("accounting.refresh", connection_id=connection.id, party_ids=parties)
    return True


def _was_asked_for(request: Any, block: tab.Block) -> bool:
    """Whether somebody has just pressed Refresh and no call came to an end since."""
    text = request.GET.get("asked", "")
    if not (text.isascii() and text.isdigit() and len(text) < 14) or block.connection.state == "disconnected":
        return False
    asked = datetime.fromtimestamp(int(text) / 1000, UTC)
    ends = (block.connection.last_good_at, block.connection.last_error_at)
    if any(end is not None and end > asked for end in ends):
        return False
    return bool(timedelta(0) <= request.clock.now() - asked < FOLLOWED)


def _unlinked(request: Any, here: Place, blocks: list[tab.Block]) -> dict[str, Any]:
    """Connections there are, and for a record without a link the parties that it may be."""
    active = access.known_to(request, connections.active(request.dbsession, here.spec.key))
    values: dict[str, Any] = {"connections": active, "candidates": []}
    with_bills = access.known_to(request, active, SEE_BILLS)
    values["has_bills"] = any(Capability.BILLS in connections.capabilities(request.services, one) for one in with_bills)
    if here.record.kind in PARTY_RECORDS and request.has_permission(LINK):
        linked = {block.connection.id for block in blocks}
        values["candidates"] = [
            (
                connection,
                suggestions.suggest(request.dbsession, here.record, connection),
                connections.makes_parties(request.services, connection),
            )
            for connection in access.known_to(request, active, LINK)
            if connection.id not in linked and connection.state == "connected"
        ]
    return values


def refresh(request: Any) -> Any:
    """Ask for a refresh now, and go back to the tab."""
    here = place(request)
    seen = partial(access.sight_in, request)
    for connection in tab.linked_connections(request.dbsession, here.spec.key, here.record, seen):
        links = linking.links_of(request.dbsession, here.record.kind, here.record.id)
        parties = [link.party_id for link in links if link.connection_id == connection.id]
        asked = {"connection_id": connection.id, "party_ids": parties, "user_id": request.identity.id}
        request.enqueue("accounting.refresh", **asked, force=True)
        if budget.is_too_soon(request.dbsession, connection, request.clock.now()):
            told = "Today's calls run low, so figures that were read a moment ago are not read again yet."
            request.session.flash(told, "info")
    return HTTPSeeOther(location=f"{here.path}?asked={int(request.clock.now().timestamp() * 1000)}")


def explanation(request: Any) -> Any:
    """The documents that a figure counted, and those left out with the reason."""
    here, rule = place(request), BY_KEY.get(request.matchdict["figure"])
    if rule is None:
        raise HTTPNotFound()
    connection = connection_for(request, request.dbsession, here.spec, request.GET.get("connection"), SEE_AMOUNTS)
    seen = access.sight_in(request, connection)
    if rule.bills and not seen.bills:
        raise HTTPForbidden()
    lens = _lens(request, connection)
    pages = {name: number_in(request.GET.get(name), 1) for name in ("counted", "left")}
    sight_of = partial(access.sight_in, request)
    told = explaining.tell(request.dbsession, here.record, connection, rule, lens, sight_of=sight_of, **pages)
    as_of = age_of_record(request.dbsession, request.services, here.record, connection, bills=seen.bills)
    values = {"connection": connection, "told": told, "status_of": status_of, "today": lens.day.today, "as_of": as_of}
    return accounting_page(request, "explain", here.record, here.spec, **values)


def _lens(request: Any, connection: Connection) -> Lens:
    """In what the figure was told: the base currency, another one, or with ``converted`` all of them in the base."""
    currency = request.GET.get("currency", "")
    known = len(currency) == 3 and currency.isascii() and currency.isalpha()
    day = Day(connections.today(connection, request.clock))
    if request.GET.get("converted") and connection.converted:
        return Lens(connection.base_currency, day, converted=True)
    return Lens(currency.upper() if known else connection.base_currency, day)
