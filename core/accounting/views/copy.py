"""Copying fields between a record and its linked party: choose, look at what will be written where, and write it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.renderers import render_to_response

from core.accounting import connections, copying, failures, intents, linking, party_changes, sending, snapshot
from core.accounting.access import LINK
from core.accounting.codec import to_json
from core.accounting.copying import LABELS, LEAVE, Able, Pair, Wish
from core.accounting.deeds import in_connection
from core.accounting.documents import PARTY_RECORDS
from core.accounting.draft_words import title_of, waits_for
from core.accounting.models import PartyChange, PartyLink
from core.accounting.new_party_form import Checked
from core.accounting.pages import RECORD, Place, accounting_page, intent_of_plugin_at, place, require, template_of
from core.accounting.suggestions import somebody_carries
from core.audit.service import record_deed
from core.contract.values import Capability, Party, Problem
from core.forms import number_in
from core.records.page import actor
from core.records.service import StaleRecord, change, get_record

LIST = "/accounting/party-changes"
ONE = LIST + "/{key:[0-9a-f]{32}}"
MOVED_ON = "Something changed since you looked at it. This is how it is now; nothing was written."


def add_routes(config: Any) -> None:
    """The two steps on a record's tab, the page of what was sent, and what can be done with it."""
    config.add_route("accounting_copy", RECORD + "/copy")
    config.add_route("accounting_party_change", ONE)
    config.add_route("accounting_party_change_deed", ONE + "/{deed:look|retry|back}")
    config.add_view(form, route_name="accounting_copy", request_method="GET", permission=LINK)
    config.add_view(post, route_name="accounting_copy", request_method="POST", permission=LINK)
    config.add_view(show, route_name="accounting_party_change", request_method="GET", permission=LINK)
    config.add_view(deed, route_name="accounting_party_change_deed", request_method="POST", permission=LINK)


@dataclass(frozen=True)
class Desk:
    """Both sides of one link, and what may be copied which way."""

    here: Place
    link: PartyLink
    party: Party
    able: Able
    pairs: list[Pair]


def _desk(request: Any, asked: Mapping[str, str]) -> Desk:
    """Raises HTTPNotFound without such a link, or while its party was never read; HTTPForbidden."""
    here, session = place(request), request.dbsession
    link = session.get(PartyLink, number_in(asked.get("link")))
    if link is None or (link.kind, link.record_id) != (here.record.kind, here.record.id):
        raise HTTPNotFound()
    row = linking.party_row(session, link.connection_id, link.party_id)
    if row is None or link.connection.provider != here.spec.key or here.record.kind not in PARTY_RECORDS:
        raise HTTPNotFound()
    require(request, link.connection, LINK)
    party = snapshot.party_of(row)
    able = _able(request, here, link, party)
    return Desk(here, link, party, able, copying.pairs(here.record, party, able))


def _able(request: Any, here: Place, link: PartyLink, party: Party) -> Able:
    connection = link.connection
    can = connections.capabilities(request.services, connection)
    refs = connection.record_refs and Capability.PARTY_RECORD_REF in can
    return copying.able(
        may_edit=bool(request.has_permission("records.edit")),
        may_update=Capability.PARTIES_UPDATE in can,
        refs=refs and not somebody_carries(request.dbsession, connection.id, copying.ref_of(here.record)),
        party=party,
        title=here.spec.title,
        connected=connection.state == "connected",
    )


def form(request: Any) -> Any:
    """Both sides with a direction for each field; with `step` what will be written where, before it is."""
    desk, again = _desk(request, request.GET), _again(request, request.GET)
    if request.GET.get("step") != "preview":
        return _page(request, desk, _chosen(desk, again), again)
    chosen = {pair.name: request.GET.get(pair.name, LEAVE) for pair in desk.pairs}
    wish = copying.wish(desk.pairs, chosen)
    if wish.is_empty:
        return _page(request, desk, chosen, again, told="Choose a direction for one field at least.", status=422)
    if problems := copying.problems(desk.here.record, wish):
        return _page(request, desk, chosen, again, problems=problems, status=422)
    values = {"desk": desk, "wish": wish, "chosen": chosen, "labels": LABELS, "key": intents.new_key()}
    values |= {"again": again, "back": f"{desk.here.path}/copy?{urlencode({**request.GET, 'step': ''})}"}
    return accounting_page(
        request, "copy_preview", desk.here.record, desk.here.spec, connection=desk.link.connection, **values
    )


def _again(request: Any, asked: Mapping[str, str]) -> PartyChange | None:
    """The change that was refused, or came back, and is looked at again."""
    row = intents.find(request.dbsession, PartyChange, asked.get("again", ""))
    link = number_in(asked.get("link"))
    return row if row is not None and row.state in intents.EDITABLE and row.payload["link"] == link else None


def _chosen(desk: Desk, again: PartyChange | None) -> dict[str, str]:
    """The directions that stand in the form at first: those that were chosen before, else those that fill a gap."""
    if again is None:
        return {pair.name: pair.proposed for pair in desk.pairs}
    sent = {copying.row_of(name) for name in again.payload["typed"]}
    return {pair.name: copying.THERE if pair.name in sent else LEAVE for pair in desk.pairs}


def _page(
    request: Any,
    desk: Desk,
    chosen: Mapping[str, str],
    again: PartyChange | None,
    *,
    told: str = "",
    problems: list[Problem] | None = None,
    status: int = 200,
) -> Any:
    kept = copying.at_rows(Checked.refused(again.problems).problems) if again else []
    shown = Checked(tuple(problems or kept))
    values = {
        "desk": desk,
        "connection": desk.link.connection,
        "chosen": chosen,
        "told": told,
        "shown": shown.at_fields,
        "labels": LABELS,
        "again": again,
        "existing": party_changes.existing_of(again) if again else None,
        "moved": _moved(desk, again) if again else {},
        "reference": _reference(request, again) if again else "",
    }
    response = accounting_page(request, "copy", desk.here.record, desk.here.spec, **values)
    response.status_int = status
    return response


def _reference(request: Any, row: PartyChange) -> str:
    """What a person tells support of what went wrong; "" where nothing did."""
    return failures.reference_of_intent(request.dbsession, party_changes.DEED.name, row) if row.error else ""


def _moved(desk: Desk, again: PartyChange) -> dict[str, str]:
    """What stood in the fields of a refused change when it was sent, where something else stands there now."""
    was = again.before
    return {
        pair.name: copying.address_text([was.get(name, there) for name, _, there in pair.parts])
        for pair in desk.pairs
        if any(was.get(name, there) != there for name, _, there in pair.parts)
    }


def post(request: Any) -> Any:
    """Write what was looked at: into the record at once, into the accounting system by a job. The same key, once."""
    desk, key = _desk(request, request.POST), request.POST.get("key", "")
    if intents.is_key(key) and intents.find(request.dbsession, PartyChange, key) is not None:
        return HTTPSeeOther(location=f"{LIST}/{key}")
    chosen = {pair.name: request.POST.get(pair.name, LEAVE) for pair in desk.pairs}
    wish, again = copying.wish(desk.pairs, chosen), _again(request, request.POST)
    if not intents.is_key(key) or wish.is_empty or wish.seen != request.POST.get("seen"):
        return _page(request, desk, chosen, again, told=MOVED_ON, status=409)
    try:
        _write_here(request, desk, wish, number_in(request.POST.get("version")))
    except StaleRecord:
        return _page(request, desk, chosen, again, told=MOVED_ON, status=409)
    row, _ = intents.store(request.dbsession, _intent(request, desk, wish, key))
    if again is not None:
        sending.give_up(request.dbsession, party_changes.DEED, again, request.clock.now())
    if row.state == "queued":
        request.enqueue(party_changes.JOB, intent_id=row.id)
    return HTTPSeeOther(location=f"{LIST}/{row.key}")


def _write_here(request: Any, desk: Desk, wish: Wish, version: int) -> None:
    """Into the record, if it is still the one that was looked at. Raises `StaleRecord`."""
    record, session = desk.here.record, request.dbsession
    if not wish.here:
        return
    new = {name: value for name, (_, value) in wish.here.items()}
    change(session, record, new, actor(request), seen_version=version)
    told = {"party": desk.party.name, "party_id": desk.party.ref.id, **in_connection(desk.link.connection)}
    about: dict[str, Any] = {"kind": record.kind, "record_id": record.id}
    about |= {"user_id": request.identity.id, "when": request.clock.now(), "deed": "copied to record"}
    record_deed(session, old={name: old for name, (old, _) in wish.here.items()} | told, new=new | told, **about)


def _intent(request: Any, desk: Desk, wish: Wish, key: str) -> PartyChange:
    now = request.clock.now()
    payload = {
        "typed": {name: new for name, (_, new) in wish.there.items()},
        "here": {name: list(both) for name, both in wish.here.items()},
        "party": to_json(desk.party),
        "link": desk.link.id,
    }
    return PartyChange(
        key=key,
        kind=desk.here.record.kind,
        record_id=desk.here.record.id,
        connection_id=desk.link.connection_id,
        connection=desk.link.connection,
        party_id=desk.party.ref.id,
        payload=payload,
        before={name: old for name, (old, _) in wish.there.items()},
        state="queued" if wish.there else "made",
        created_by=request.identity.id,
        created_at=now,
        updated_at=now,
    )


def show(request: Any) -> Any:
    """Where it stands: done leads to the tab, refused leads back to the form."""
    row = intent_of_plugin_at(request, PartyChange, LINK)
    if row.state in ("made", *intents.EDITABLE):
        return _onwards(request, row)
    spec = connections.spec_of(request.services, row.connection)
    values = {
        "row": row,
        "spec": spec,
        "title": title_of(request.dbsession, row),
        "labels": LABELS,
        "waits": row.state in intents.UNDER_WAY,
        "waits_for": waits_for(row, spec.title, request.clock.now()),
        "reference": _reference(request, row),
    }
    name = "copy_state" if request.is_fragment else "copy_one"
    return render_to_response(template_of(request, spec, name), values, request)


def _onwards(request: Any, row: PartyChange) -> Any:
    """On to the tab, or back to the form; where the record is deleted to the list of such records."""
    tab = f"/{row.kind}/{row.record_id}/tabs/{row.connection.provider}"
    if not title_of(request.dbsession, row)[1]:
        request.session.flash("The record was deleted.", "info")
        to = f"/{row.kind}"
    elif row.state == "made":
        request.session.flash(_told(request, row), "success")
        to = tab
    elif request.dbsession.get(PartyLink, row.payload["link"]) is None:
        request.session.flash("Nothing was copied there: the link was removed meanwhile.", "info")
        to = tab
    else:
        to = f"{tab}/copy?{urlencode({'link': row.payload['link'], 'again': row.key})}"
    if request.is_fragment:
        request.response.headers["HX-Redirect"] = to
        return request.response
    return HTTPSeeOther(location=to)


def _told(request: Any, row: PartyChange) -> str:
    there, here = (
        [LABELS[name] for name in dict.fromkeys(map(copying.row_of, row.payload[side]))] for side in ("typed", "here")
    )
    record = get_record(request.dbsession, row.kind, row.record_id)
    parts = [f"{', '.join(there)} to {row.connection.name}"] if there else []
    parts += [f"{', '.join(here)} to {record.title}"] if here else []
    return f"Copied: {'; '.join(parts)}."


def deed(request: Any) -> Any:
    """Look again, try again, or take back."""
    row, now, name = intent_of_plugin_at(request, PartyChange, LINK), request.clock.now(), request.matchdict["deed"]
    if name == "retry":
        intents.try_again(request.dbsession, row, now)
    if name in ("look", "retry") and row.state in intents.LOOKED_FOR:
        request.enqueue(party_changes.LOOK_JOB, intent_id=row.id)
    elif name == "back":
        intents.take_back(request.dbsession, row, now)
    return HTTPSeeOther(location=f"{LIST}/{row.key}")
