"""Invoice drafts on their way: the list, and the page of one from *saved* to *paid*."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyramid.httpexceptions import HTTPForbidden, HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.response import Response

from core.accounting import (
    access,
    connections,
    draft_changes,
    draft_page,
    draft_view,
    drafts,
    failures,
    intents,
    sending,
)
from core.accounting.access import DRAFT, SEE_AMOUNTS
from core.accounting.context import ConnectionContext
from core.accounting.draft_words import STATES, title_of, waits_for
from core.accounting.models import Connection, Draft, DraftChange
from core.accounting.pages import intent_at, template_of
from core.accounting.refresh import STALE
from core.accounting.words import Status, status_of
from core.contract.extensions import NavLink
from core.contract.values import DocumentKind, Ref
from core.forms import number_in

LIST = "/accounting/drafts"
ONE = LIST + "/{key:[0-9a-f]{32}}"


def add_routes(config: Any) -> None:
    """The list, one draft, and what can be done with it."""
    config.add_route("accounting_drafts", LIST)
    config.add_route("accounting_draft_one", ONE)
    config.add_route("accounting_draft_deed", ONE + "/{deed:look|retry|back|delete}")
    config.add_view(listing, route_name="accounting_drafts", request_method="GET", permission=DRAFT)
    config.add_view(show, route_name="accounting_draft_one", request_method="GET", permission=DRAFT)
    config.add_view(deed, route_name="accounting_draft_deed", request_method="POST", permission=DRAFT)


def navigation(request: Any) -> Iterable[NavLink]:
    """The list's place in the navigation, with how many drafts and changes are not made yet."""
    if access.anywhere(request, DRAFT):
        count = drafts.waiting(request.dbsession, access.hidden_from(request, DRAFT))
        if request.has_permission(SEE_AMOUNTS):
            count += draft_changes.waiting(request.dbsession, _hides_changes(request))
        yield NavLink("Drafts", LIST, section="Money", order=20, badge=str(count or ""), right=DRAFT)


def _hides_changes(request: Any) -> frozenset[int]:
    """The connections whose changes are not shown: a change shows and changes whole documents."""
    return access.hidden_from(request, DRAFT) | access.hidden_from(request, SEE_AMOUNTS)


def may_read(request: Any, row: Draft) -> bool:
    """A draft shows what its author typed to the author, and amounts to who may see them."""
    return bool(row.created_by == request.identity.id or access.may(request, SEE_AMOUNTS, row.connection))


def has_form(request: Any, row: Draft) -> bool:
    """Whether it can be edited: not once its record is deleted, nor while its plugin is off."""
    there = bool(title_of(request.dbsession, row)[1]) and row.connection.provider in request.services.providers
    return there and row.state in intents.EDITABLE


def draft_at(request: Any) -> Draft:
    """The draft that the address names. Raises HTTPNotFound, HTTPForbidden."""
    return intent_at(request, Draft, DRAFT)


def show(request: Any) -> Any:
    """Where a draft stands; a refused one is shown as its form, for that is what is to be mended."""
    row = draft_at(request)
    spec = request.services.providers.get(row.connection.provider)
    if row.state == "refused" and may_read(request, row) and has_form(request, row):
        return _to_form(request, row)
    found = drafts.listed_one(request.dbsession, row)
    _refresh_when_old(request, found)
    values = {"one": found, "spec": spec, "whole": _whole(request, row), **_words(request, found)}
    values["reference"] = failures.reference_of_intent(request.dbsession, drafts.DEED.name, row) if row.error else ""
    values["mark"] = _mark(found, values["changed"])
    if request.is_fragment and request.GET.get("mark") == values["mark"]:
        return Response(status=204)
    values["reads_words"] = access.reads_words(request, row.connection)
    values["copied"] = _copied(request, row)
    name = "draft_state" if request.is_fragment else "draft_one"
    template = template_of(request, spec, name) if spec else f"accounting/{name}.jinja2"
    return render_to_response(template, values, request)


def _mark(found: drafts.Listed, changed: DraftChange | None) -> str:
    """What the page of a draft that was made shows of its document, in short; "" while it is under way."""
    seen = found.document
    if found.draft.state != "made" or seen is None:
        return ""
    return f"{seen.status}:{seen.amount_due}:{seen.number}:{changed.id if changed else 0}"


def _whole(request: Any, row: Draft) -> draft_view.Whole | None:
    """All that the draft holds, for who may read it; None too for a piece that only says where it stands."""
    if not may_read(request, row) or (request.is_fragment and row.state in intents.UNDER_WAY):
        return None
    lists = draft_page.lists_of(request.dbsession, row.connection_id)
    return draft_view.whole(sent_of(request, row), lists, estimate=row.document_kind == DocumentKind.ESTIMATE.value)


def sent_of(request: Any, row: Draft) -> dict[str, Any]:
    """The payload as it went out last; an author who sees no amounts has what they typed themselves."""
    sees_amounts = access.may(request, SEE_AMOUNTS, row.connection)
    return drafts.as_sent(request.dbsession, row) if sees_amounts else row.payload


def _to_form(request: Any, row: Draft) -> Any:
    to = f"{LIST}/{row.key}/edit"
    if request.is_fragment:
        request.response.headers["HX-Redirect"] = to
        return request.response
    return HTTPSeeOther(location=to)


def _words(request: Any, found: drafts.Listed) -> dict[str, Any]:
    """What is said of a draft."""
    row, document = found.draft, found.document
    today = connections.today(row.connection, request.clock)
    changed = drafts.last_change(request.dbsession, row)
    return {
        "state": STATES[row.state],
        "title": title_of(request.dbsession, row),
        "waits_for": waits_for(row, _title(request, row), request.clock.now()),
        "may_read": may_read(request, row),
        "has_form": has_form(request, row),
        "sees_amounts": access.may(request, SEE_AMOUNTS, row.connection),
        "total": drafts.own_total(row),
        "so_far": draft_view.is_open(row),
        "status": status_of(document, today) if document else None,
        "differs": drafts.total_differs(changed or row, document) if document else None,
        "changed": changed,
        "web_url": _web_url(request, row.connection, row) if document else None,
        "waits": row.state in intents.UNDER_WAY,
        "follows": document is not None and row.state == "made" and document.status not in drafts.FINAL,
        "can_change": document is not None and draft_changes.can_change(request.services, row.connection),
        "can_copy": _can_copy(request, row),
    }


def _copied(request: Any, row: Draft) -> tuple[str, str] | None:
    """The name and the address of the draft that it was begun as a copy of; None for none, or one that is not shown."""
    first = request.dbsession.get(Draft, row.copied_from) if row.copied_from else None
    if first is None or not access.may(request, DRAFT, first.connection):
        return None
    found = drafts.listed_one(request.dbsession, first)
    number = found.document.number if found.document else ""
    return number or f"the draft for {title_of(request.dbsession, first)[0]}", f"{LIST}/{first.key}"


def _can_copy(request: Any, row: Draft) -> bool:
    """Whether a new draft can be begun as a copy: where the record is there and the plugin on."""
    there = bool(title_of(request.dbsession, row)[1]) and row.connection.provider in request.services.providers
    return there and row.state not in intents.UNDER_WAY and may_read(request, row)


def _title(request: Any, row: Draft) -> str:
    """What the provider is called; its key while its plugin is off."""
    spec = request.services.providers.get(row.connection.provider)
    return spec.title if spec else row.connection.provider


def _web_url(request: Any, connection: Connection, row: Draft) -> str | None:
    """Where the document is looked at in the accounting system; None while its plugin is off."""
    spec = request.services.providers.get(connection.provider)
    if spec is None:
        return None
    provider = spec.open(ConnectionContext(request.services, spec, connection))
    url: str | None = provider.web_url(DocumentKind(row.document_kind), Ref(row.document_id))
    return url


def _refresh_when_old(request: Any, found: drafts.Listed) -> None:
    """Ask for the document's state where what we know of it is old and it may still change."""
    row, document = found.draft, found.document
    if row.state != "made" or row.connection.state != "connected":
        return
    if document is None or (document.status not in drafts.FINAL and document.seen_at <= request.clock.now() - STALE):
        request.enqueue("accounting.refresh", connection_id=row.connection_id)


def listing(request: Any) -> Any:
    """All drafts by page with where they stand; amounts for those who may see them."""
    if not access.anywhere(request, DRAFT):
        raise HTTPForbidden()
    hidden = access.hidden_from(request, DRAFT)
    found: Any = drafts.listed(request.dbsession, number_in(request.GET.get("page"), 1), hidden)
    rows = [(one, _words(request, one)) for one in found.records]
    values = {"rows": rows, "found": found, "changes": _changes(request)}
    return render_to_response("accounting/drafts.jinja2", values, request)


def _changes(request: Any) -> list[tuple[DraftChange, str, Status]]:
    """The changes that are not in the books, of connections where the user may see and change whole documents."""
    if not request.has_permission(SEE_AMOUNTS):
        return []
    found = draft_changes.listed(request.dbsession, _hides_changes(request))
    return [(row, by, STATES[row.state]) for row, by in found]


def deed(request: Any) -> Any:
    """Look again, try again, take back, delete. What moved on meanwhile is shown as it is."""
    row, now = draft_at(request), request.clock.now()
    if not may_read(request, row):
        raise HTTPForbidden()
    name, to = request.matchdict["deed"], f"{LIST}/{row.key}"
    if name == "retry":
        intents.try_again(request.dbsession, row, now)
    if name in ("look", "retry") and intents.is_looked_for(row):
        request.enqueue(drafts.LOOK_JOB, intent_id=row.id)
        known = "The page changes by itself" if row.state in intents.UNDER_WAY else "Load this page again in a moment"
        request.session.flash(f"Looking it up now. {known} when it is known.", "info")
    elif name == "back" and intents.take_back(request.dbsession, row, now):
        to = f"{to}/edit"
    elif name == "delete":
        to = _delete(request, row)
    return HTTPSeeOther(location=to)


def _delete(request: Any, row: Draft) -> str:
    """Delete it where nothing of it can be in the books, and say what was done or why not; where to go on."""
    title, sent, in_doubt = _title(request, row), row.sent_at is not None, intents.is_looked_for(row)
    if sending.give_up(request.dbsession, drafts.DEED, row, request.clock.now()):
        request.session.flash(f"Deleted. {f'It is not in {title}' if sent else 'Nothing was sent'}.", "success")
        return LIST
    if in_doubt:
        why = f"It may be in {title} all the same, and is looked up there first"
        request.session.flash(f"Not deleted: what became of an earlier send is not known. {why}.", "error")
    return f"{LIST}/{row.key}"
