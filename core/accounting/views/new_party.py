"""A new party made from a record: the form with what will be copied, and what became of it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.renderers import render_to_response

from core.accounting import access, connections, failures, intents, parties, suggestions
from core.accounting.access import LINK
from core.accounting.draft_words import title_of, waits_for
from core.accounting.models import Connection, NewPartyIntent
from core.accounting.new_party_form import LABELS, Checked, check
from core.accounting.pages import (
    RECORD,
    Place,
    accounting_page,
    connection_for,
    intent_of_plugin_at,
    place,
    template_of,
)
from core.forms import number_in
from core.records.service import get_record

LIST = "/accounting/new-parties"
ONE = LIST + "/{key:[0-9a-f]{32}}"
NEXT = re.compile(r"/accounting/drafts/[0-9a-f]{32}/edit")


def add_routes(config: Any) -> None:
    """The form on a record's tab, the page of one, and what can be done with it."""
    config.add_route("accounting_new_party", RECORD + "/new-party")
    config.add_route("accounting_new_party_one", ONE)
    config.add_route("accounting_new_party_edit", ONE + "/edit")
    config.add_route("accounting_new_party_deed", ONE + "/{deed:look|retry|back|link}")
    config.add_view(new, route_name="accounting_new_party", request_method="GET", permission=LINK)
    config.add_view(post, route_name="accounting_new_party", request_method="POST", permission=LINK)
    config.add_view(show, route_name="accounting_new_party_one", request_method="GET", permission=LINK)
    config.add_view(edit, route_name="accounting_new_party_edit", request_method="GET", permission=LINK)
    config.add_view(deed, route_name="accounting_new_party_deed", request_method="POST", permission=LINK)


def new(request: Any) -> Any:
    """The form, with what will be copied from the record."""
    here = place(request)
    connection = _connection(request, here, request.GET.get("connection"))
    if connection is None:
        return accounting_page(request, "draft_nowhere", here.record, here.spec)
    typed = parties.copied_from(here.record)
    return _form(request, here, connection, typed, key=intents.new_key(), after=_next(request.GET))


def _connection(request: Any, here: Place, asked: str | None) -> Connection | None:
    if asked:
        return connection_for(request, request.dbsession, here.spec, asked, LINK)
    active = connections.active(request.dbsession, here.spec.key)
    return next(iter(access.known_to(request, active, LINK)), None)


def _next(fields: Any) -> str:
    """Where to go on afterwards: the form of a draft, or nowhere."""
    wanted: str = fields.get("next", "")
    return wanted if NEXT.fullmatch(wanted) else ""


def _form(
    request: Any,
    here: Place,
    connection: Connection,
    typed: dict[str, str],
    *,
    key: str,
    after: str,
    version: int = 0,
    checked: Checked | None = None,
    row: NewPartyIntent | None = None,
    told: str = "",
    status: int = 200,
) -> Any:
    able = connections.makes_parties(request.services, connection)
    values = {
        "connection": connection,
        "typed": typed,
        "labels": LABELS,
        "key": key,
        "version": version,
        "told": told,
        "after": after,
        "able": able,
        "shown": checked.at_fields if checked else {},
        "row": row,
        "reference": failures.reference_of_intent(request.dbsession, parties.DEED.name, row) if row else "",
        "reads_words": access.reads_words(request, connection) or (row is not None and row.state == "refused"),
        "existing": parties.existing_of(row) if row else None,
        "namesakes": suggestions.called(request.dbsession, connection.id, typed["name"]) if row is None else [],
    }
    response = accounting_page(request, "new_party", here.record, here.spec, **values)
    response.status_int = status
    return response


def post(request: Any) -> Any:
    """Store it once and have it sent; what cannot be sent comes back as typed."""
    here = place(request)
    connection = connection_for(request, request.dbsession, here.spec, request.POST.get("connection"), LINK)
    typed, after = {name: request.POST.get(name, "") for name in parties.FIELDS}, _next(request.POST)
    key, version = request.POST.get("key", ""), number_in(request.POST.get("version"))
    if not intents.is_key(key):
        told = "This form came without its key and was not sent. Press the button once more."
        return _form(request, here, connection, typed, key=intents.new_key(), after=after, told=told, status=422)
    row, checked = _stored(request, here, connection, key), check(typed)
    shown: dict[str, Any] = {"key": key, "version": version, "after": after}
    if checked.problems and (row is None or row.state in intents.EDITABLE):
        return _form(request, here, connection, typed, **shown, checked=checked, row=row, status=422)
    taken = row is not None and bool(row.payload.get("taken"))
    ref = "" if taken else parties.ref_for(request.dbsession, request.services, here.record, connection)
    wish = parties.Wish(key, version, here.record, connection, {"typed": typed, "next": after, "ref": ref})
    row, done = parties.accept(request.dbsession, wish, user_id=request.identity.id, now=request.clock.now())
    if done:
        request.enqueue(parties.JOB, intent_id=row.id)
    elif row.payload["typed"] != typed:
        return _moved_on(request, here, typed, after, row)
    return HTTPSeeOther(location=f"{LIST}/{row.key}")


def _moved_on(request: Any, here: Place, typed: dict[str, str], after: str, row: NewPartyIntent) -> Any:
    """What was stored moved on since this form was shown, and the form says something else: kept, and said."""
    if row.state in intents.EDITABLE:
        told = "It changed after this form was opened, perhaps in another window. The button sends this instead."
        shown: dict[str, Any] = {"key": row.key, "version": row.version, "row": row}
    else:
        told = f"This form was sent before, as {row.payload['typed']['name'].strip()}. Here is what you typed since."
        shown = {"key": intents.new_key()}
    return _form(request, here, row.connection, typed, **shown, after=after, told=told, status=409)


def _stored(request: Any, here: Place, connection: Connection, key: str) -> NewPartyIntent | None:
    """The intent of a key, if there is one. Raises HTTPNotFound for that of another record or connection."""
    row = intents.find(request.dbsession, NewPartyIntent, key)
    if row is None:
        return None
    if (row.kind, row.record_id, row.connection_id) != (here.record.kind, here.record.id, connection.id):
        raise HTTPNotFound()
    return row


def edit(request: Any) -> Any:
    """The form of one that was refused or taken back."""
    row = intent_of_plugin_at(request, NewPartyIntent, LINK)
    if row.state not in intents.EDITABLE or not title_of(request.dbsession, row)[1]:
        return HTTPSeeOther(location=f"{LIST}/{row.key}")
    record = get_record(request.dbsession, row.kind, row.record_id)
    here = Place(record, connections.spec_of(request.services, row.connection))
    checked = Checked.refused(row.problems) if row.state == "refused" else None
    shown: dict[str, Any] = {"key": row.key, "version": row.version, "after": row.payload["next"], "row": row}
    return _form(request, here, row.connection, row.payload["typed"], **shown, checked=checked)


def show(request: Any) -> Any:
    """Where it stands: made leads on, refused leads back to the form."""
    row = intent_of_plugin_at(request, NewPartyIntent, LINK)
    if row.state in ("made", *intents.EDITABLE):
        return _onwards(request, row)
    spec = connections.spec_of(request.services, row.connection)
    values = {
        "row": row,
        "spec": spec,
        "title": title_of(request.dbsession, row),
        "waits": row.state in intents.UNDER_WAY,
        "reference": failures.reference_of_intent(request.dbsession, parties.DEED.name, row) if row.error else "",
        "reads_words": access.reads_words(request, row.connection),
        "waits_for": waits_for(row, spec.title, request.clock.now()),
    }
    name = "new_party_state" if request.is_fragment else "new_party_one"
    return render_to_response(template_of(request, spec, name), values, request)


def _onwards(request: Any, row: NewPartyIntent) -> Any:
    """On to the draft that waits for it or to the tab; back to the form of one that can be mended.

    Where the record is deleted there is neither tab nor form: on to the list of such records.
    """
    name = row.payload["typed"]["name"].strip()
    if not title_of(request.dbsession, row)[1]:
        became = "may be there, and is linked to nothing" if row.in_doubt else "was not made there"
        became = "is there, and linked to nothing" if row.state == "made" else became
        request.session.flash(f"The record was deleted. {name} {became} ({row.connection.name}).", "info")
        to = f"/{row.kind}"
    elif row.state == "made":
        request.session.flash(f"{name} is in {row.connection.name} and linked.", "success")
        tab = f"/{row.kind}/{row.record_id}/tabs/{row.connection.provider}"
        to = f"{row.payload['next']}?{urlencode({'party': row.party_id})}" if row.payload["next"] else tab
    else:
        to = f"{LIST}/{row.key}/edit"
    if request.is_fragment:
        request.response.headers["HX-Redirect"] = to
        return request.response
    return HTTPSeeOther(location=to)


def deed(request: Any) -> Any:
    """Look again, try again, take back, or link the one that has the name already."""
    row, now, name = intent_of_plugin_at(request, NewPartyIntent, LINK), request.clock.now(), request.matchdict["deed"]
    if name == "retry":
        intents.try_again(request.dbsession, row, now)
    if name in ("look", "retry") and row.state in intents.LOOKED_FOR:
        request.enqueue(parties.LOOK_JOB, intent_id=row.id)
    elif name == "back":
        intents.take_back(request.dbsession, row, now)
    elif name == "link" and parties.link_existing(request.dbsession, row, user_id=request.identity.id, now=now):
        request.enqueue("accounting.refresh", connection_id=row.connection_id, party_ids=[row.party_id])
    elif name == "link" and row.state in intents.EDITABLE:
        request.session.flash("That one cannot be linked any more. Search for it, or give the new one a name.", "error")
    return HTTPSeeOther(location=f"{LIST}/{row.key}")
