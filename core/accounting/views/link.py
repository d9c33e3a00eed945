"""Linking a record to a party: search the provider, link, unlink. Searching calls the provider while a person types."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from sqlalchemy import select

from core.accounting import access, connections, failures, linking, snapshot, suggestions
from core.accounting.access import LINK
from core.accounting.draft_words import joined
from core.accounting.models import Connection, PartyLink, PartyRow
from core.accounting.pages import (
    RECORD,
    Place,
    accounting_page,
    connection_for,
    note_trouble,
    place,
    require,
    who_looks,
)
from core.accounting.plain import Trouble
from core.contract.errors import ProviderError
from core.contract.values import Page, Party
from core.forms import clean, number_in

LONGEST = 100


def add_routes(config: Any) -> None:
    """Search, link and unlink a party."""
    config.add_own_session_route("accounting_search", RECORD + "/search")
    config.add_route("accounting_link", RECORD + "/link")
    config.add_route("accounting_unlink", RECORD + "/unlink")
    config.add_view(search, route_name="accounting_search", request_method="GET", permission=LINK)
    config.add_view(link, route_name="accounting_link", request_method="POST", permission=LINK)
    config.add_view(unlink, route_name="accounting_unlink", request_method="POST", permission=LINK)


def search(request: Any) -> Any:
    """Parties that the provider finds, each with a button; the parties found go into the index."""
    text = clean(request.GET.get("q", ""))[:LONGEST]
    with request.services.db.read() as session:
        here = place(request, session)
        connection = _connection(request, session, here)
    found, fault = _ask(request, connection, text) if text else (Page(()), None)
    for_draft = request.GET.get("for") == "draft"
    record = place(request).record  # read again: no session was open while the provider was asked
    ids = [party.ref.id for party in found.items]
    linked = linking.records_linked(request.dbsession, connection.id, ids) if connection else {}
    values = {"text": text, "connection": connection, "found": found, "fault": fault, "for_draft": for_draft}
    values["linked"] = linked
    values["instead"] = number_in(request.GET.get("instead"))
    values["candidates"] = suggestions.suggest(request.dbsession, record, connection) if connection and not text else []
    values["makes_parties"] = connection is not None and connections.makes_parties(request.services, connection)
    return accounting_page(request, "search", record, here.spec, **values)


def _connection(request: Any, session: Any, here: Place) -> Connection | None:
    """The connection asked for, or the first one."""
    if request.GET.get("connection"):
        return connection_for(request, session, here.spec, request.GET["connection"], LINK)
    active = access.known_to(request, connections.active(session, here.spec.key), LINK)
    return active[0] if active else None


def _ask(request: Any, connection: Connection | None, text: str) -> tuple[Page[Party], Trouble | None]:
    services = request.services
    if connection is None:
        return Page(()), None
    try:
        found = connections.open_provider(services, connection.id, who_looks(request)).search_parties(
            text, cursor=request.GET.get("cursor") or None
        )
    except ProviderError as error:
        return Page(()), note_trouble(request, connection, "search", error)
    failures.settle_now(services, connection.id, "search")
    with services.db.begin() as session:
        snapshot.save_parties(session, connection.id, found.items, services.clock.now())
    return found, None


def link(request: Any) -> Any:
    """Link, tell it, and go to the tab, which loads what is new. A merged or unknown party is refused in words."""
    here = place(request)
    connection = connection_for(request, request.dbsession, here.spec, request.POST.get("connection"), LINK)
    party_id = clean(request.POST.get("party", ""))[:LONGEST]
    party = request.dbsession.scalar(
        select(PartyRow).where(PartyRow.connection_id == connection.id, PartyRow.party_id == party_id)
    )
    if party is None or party.merged_into:
        request.session.flash(f"That contact is not in {connection.name} any more. Search for it again.", "error")
        return HTTPSeeOther(location=here.path)
    who = {"user_id": request.identity.id, "now": request.clock.now()}
    linking.link_party(request.dbsession, here.record, connection, party_id, **who)
    _unlink_instead(request, here, connection, **who)
    request.enqueue("accounting.refresh", connection_id=connection.id, party_ids=[party_id])
    others = linking.linked_besides(request.dbsession, here.record, connection.id, party_id)
    told = f" It is linked to {joined(others)}, too." if others else ""
    request.session.flash(f"Linked to {party.name} in {connection.name}.{told}", "success")
    return HTTPSeeOther(location=here.path)


def _unlink_instead(request: Any, here: Place, connection: Connection, **who: Any) -> None:
    """Remove the link that the new one takes the place of, if it is one of the same connection."""
    row = request.dbsession.get(PartyLink, number_in(request.POST.get("instead")))
    if row is not None and row.connection_id == connection.id:
        linking.unlink_party(request.dbsession, here.record, row.id, **who)


def unlink(request: Any) -> Any:
    """Remove the link; nothing changes in the accounting system."""
    here = place(request)
    who = {"user_id": request.identity.id, "now": request.clock.now()}
    number = number_in(request.POST.get("link"))
    if (row := request.dbsession.get(PartyLink, number)) is not None:
        require(request, row.connection, LINK)
    gone = linking.unlink_party(request.dbsession, here.record, number, **who)
    if gone:
        request.session.flash(
            f"Unlinked. Nothing changed in {here.spec.title}; it can be linked again below.", "success"
        )
    else:
        request.session.flash("That link was removed already.", "info")
    return HTTPSeeOther(location=here.path)
