"""A document that is still a draft in the books: changed or deleted from here; both versions where it moved on."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.renderers import render_to_response
from sqlalchemy import select

from core.accounting import (
    draft_changes,
    draft_form,
    draft_page,
    draft_versions,
    drafts,
    failures,
    intents,
    linking,
    sending,
)
from core.accounting.access import DRAFT, SEE_AMOUNTS
from core.accounting.codec import to_json
from core.accounting.context import ConnectionContext
from core.accounting.documents import these
from core.accounting.draft_words import title_of, waits_for
from core.accounting.models import Connection, DocumentRow, DraftChange
from core.accounting.pages import Place, intent_at, require, template_of
from core.accounting.views.draft import follow_items, form_page, helped_form, sheet_of
from core.contract.values import Document, DocumentKind, DocumentStatus, Ref
from core.forms import number_in
from core.records.models import MODELS
from core.records.service import get_record

CHANGES = "/accounting/changes"
ONE = CHANGES + "/{key:[0-9a-f]{32}}"


def add_routes(config: Any) -> None:
    """Begin a change, its form, and its page with what can be done."""
    config.add_route("accounting_change_begin", CHANGES)
    config.add_route("accounting_change_edit", ONE + "/edit")
    config.add_route("accounting_change_lines", ONE + "/edit/lines")
    config.add_route("accounting_change_one", ONE)
    config.add_route("accounting_change_deed", ONE + "/{deed:send|look|retry|back|discard|ours}")
    for route in ("accounting_change_edit", "accounting_change_lines"):
        config.add_kept_form(route, {"action": "recalculate"}, "/lines")
    config.add_view(begin, route_name="accounting_change_begin", request_method="POST", permission=DRAFT)
    config.add_view(edit, route_name="accounting_change_edit", request_method="GET", permission=DRAFT)
    config.add_view(post, route_name="accounting_change_edit", request_method="POST", permission=DRAFT)
    config.add_view(help_along, route_name="accounting_change_lines", request_method="POST", permission=DRAFT)
    config.add_view(to_form, route_name="accounting_change_lines", request_method="GET", permission=DRAFT)
    config.add_view(show, route_name="accounting_change_one", request_method="GET", permission=DRAFT)
    config.add_view(deed, route_name="accounting_change_deed", request_method="POST", permission=DRAFT)


def _allowed(request: Any, connection: Connection) -> None:
    """Changing shows the whole document: it takes the sight of amounts as well."""
    require(request, connection, DRAFT)
    require(request, connection, SEE_AMOUNTS)


def begin(request: Any) -> Any:
    """Take a document up as it is known, with a key of its own, and go to its form or to the question."""
    session, posted = request.dbsession, request.POST
    connection = session.get(Connection, number_in(posted.get("connection")))
    if connection is None or posted.get("kind") not in MODELS:
        raise HTTPNotFound()
    _allowed(request, connection)
    row = session.scalar(select(DocumentRow).where(these(connection.id, [posted.get("document", "")])))
    if row is None or row.kind not in draft_changes.KINDS:
        raise HTTPNotFound()
    record = get_record(session, posted["kind"], number_in(posted.get("record_id")))
    name = draft_changes.DELETE if posted.get("deed") == draft_changes.DELETE else draft_changes.CHANGE
    found = draft_changes.under_way(session, connection.id, row.document_id)
    if found is not None:
        request.session.flash("A change of this draft is on its way already. Here is what became of it.", "info")
        return HTTPSeeOther(location=f"{CHANGES}/{found.key}")
    if why := _cannot(request, connection, row):
        request.session.flash(why, "error")
        return HTTPSeeOther(location=f"{record.path}/tabs/{connection.provider}")
    who: dict[str, Any] = {"user_id": request.identity.id, "now": request.clock.now()}
    made = draft_changes.begin(session, draft_changes.document_of(row), record, connection, name, **who)
    return HTTPSeeOther(location=f"{CHANGES}/{made.key}{'/edit' if name == draft_changes.CHANGE else ''}")


def _cannot(request: Any, connection: Connection, row: DocumentRow) -> str:
    """Why a document cannot be changed now, in a sentence; "" where it can."""
    name = row.number or "This document"
    if not draft_changes.is_draft(row):
        return f"{name} is no longer a draft there: it can only be changed in the accounting system."
    if not draft_changes.can_change(request.services, connection):
        return f"{name} cannot be changed from here now: {connection.name} is not connected, or takes no changes."
    if not row.lines and row.total:
        request.enqueue("accounting.refresh", connection_id=connection.id, document_ids=[row.document_id], force=True)
        return f"The lines of {name} are being read. Try again in a moment."
    return ""


def change_at(request: Any) -> DraftChange:
    """The change that the address names. Raises HTTPNotFound, HTTPForbidden."""
    found = intent_at(request, DraftChange, DRAFT)
    require(request, found.connection, SEE_AMOUNTS)
    return found


def has_form(request: Any, row: DraftChange) -> bool:
    """Whether its form can be shown: not while both versions wait for a decision, nor without record or plugin."""
    there = bool(title_of(request.dbsession, row)[1]) and row.connection.provider in request.services.providers
    return there and row.deed == draft_changes.CHANGE and row.state in intents.EDITABLE and not moved_on(row)


def moved_on(row: DraftChange) -> bool:
    """Whether it was refused because the document is no longer as it was."""
    return row.state == "refused" and bool(row.theirs)


class Posted:
    """A post of the form of a change: where it stands and what was typed."""

    def __init__(self, request: Any) -> None:
        self.row = change_at(request)
        self.here, self.desk = table(request, self.row)
        version = request.POST.get("version", "0")
        self.version = number_in(version)
        self.typed = draft_form.read(request.POST)
        self.action = request.POST.get("action", "recalculate")

    def shown(self) -> dict[str, Any]:
        """What the form is drawn with."""
        return {**shown_of(self.row), "version": self.version}


def table(request: Any, row: DraftChange) -> tuple[Place, draft_page.Desk]:
    """The record and the backend of a change, and everything its form needs. Raises HTTPNotFound."""
    spec = request.services.providers.get(row.connection.provider)
    if spec is None:
        raise HTTPNotFound()
    here = Place(get_record(request.dbsession, row.kind, row.record_id), spec)
    return here, draft_page.open_desk(request.dbsession, request.services, here.record, row.connection)


def shown_of(row: DraftChange) -> dict[str, Any]:
    """What the form of a change is drawn with."""
    before = draft_changes.before_of(row)
    return {
        "key": row.key,
        "version": row.version,
        "row": row,
        "before": before,
        "back": f"{CHANGES}/{row.key}/edit",
        "tried": row.state == "refused",
    }


def edit(request: Any) -> Any:
    """The form, filled with the document as it is, or as it was typed and not sent."""
    row = change_at(request)
    if not has_form(request, row):
        return HTTPSeeOther(location=f"{CHANGES}/{row.key}")
    here, desk = table(request, row)
    if draft_changes.is_untouched(row):
        typed = draft_versions.typed_of(draft_changes.before_of(row), desk.lists)
    else:
        typed = draft_form.from_payload(row.payload["typed"])
    return form_page(request, here, desk, typed, **shown_of(row))


def help_along(request: Any) -> Any:
    """The form again, with what the pressed button does."""
    return helped_form(request, Posted(request))


def to_form(request: Any) -> Any:
    """The helper's address, opened by hand: the form."""
    return HTTPSeeOther(location=request.path.removesuffix("/lines"))


def post(request: Any) -> Any:
    """Send or save, once; what cannot be sent comes back as it was typed."""
    posted = Posted(request)
    row, send = posted.row, posted.action == "send"
    moved = follow_items(request, posted)
    shown = {**posted.shown(), "tried": send}
    sheet = sheet_of(request, posted.here, posted.desk, posted.typed, **shown)
    if row.state in intents.EDITABLE and send and (moved or sheet.checked.document is None):
        return form_page(request, posted.here, posted.desk, posted.typed, status=422, filled=moved, **shown)
    document = sheet.checked.document
    payload = draft_page.payload_of(sheet, to_json(document) if send and document else None)
    done = draft_changes.accept(request.dbsession, row, posted.version, payload, send=send, now=request.clock.now())
    if not done and row.payload["typed"] != payload["typed"]:
        shown |= {"version": row.version, "conflict": True}
        return form_page(request, posted.here, posted.desk, posted.typed, status=409, **shown)
    if done and send:
        request.enqueue(draft_changes.JOB, intent_id=row.id)
    elif done:
        request.session.flash("Saved. Nothing is changed there until you send it.", "success")
    return HTTPSeeOther(location=f"{CHANGES}/{row.key}")


def show(request: Any) -> Any:
    """Where a change stands, the question before a deletion, or both versions where the document moved on."""
    row = change_at(request)
    if row.state == "refused" and row.deed == draft_changes.CHANGE and has_form(request, row):
        return _to_form(request, row)
    spec = request.services.providers.get(row.connection.provider)
    name = "change_state" if request.is_fragment else "change_one"
    template = template_of(request, spec, name) if spec else f"accounting/{name}.jinja2"
    return render_to_response(template, {"row": row, "spec": spec, **_words(request, row)}, request)


def _to_form(request: Any, row: DraftChange) -> Any:
    to = f"{CHANGES}/{row.key}/edit"
    if request.is_fragment:
        request.response.headers["HX-Redirect"] = to
        return request.response
    return HTTPSeeOther(location=to)


def _words(request: Any, row: DraftChange) -> dict[str, Any]:
    """What is said of a change."""
    spec = request.services.providers.get(row.connection.provider)
    title = spec.title if spec else row.connection.provider
    before, theirs = draft_changes.before_of(row), draft_changes.theirs_of(row)
    return {
        "name": title,
        "before": before,
        "theirs": theirs,
        "title": title_of(request.dbsession, row),
        "waits_for": waits_for(row, title, request.clock.now()),
        "waits": row.state in intents.UNDER_WAY,
        "reference": failures.reference_of_intent(request.dbsession, draft_changes.DEED.name, row) if row.error else "",
        "has_form": has_form(request, row),
        "unmet": row.payload.get("unmet", []) if row.state == "made" else [],
        "moved_on": moved_on(row),
        "still_draft": theirs is not None and theirs.status is DocumentStatus.DRAFT,
        "compared": _compared(request, row, before, theirs) if theirs and row.deed == "change" else [],
        "web_url": _web_url(request, row),
        **_totals(request, row, before),
    }


def _totals(request: Any, row: DraftChange, before: Document) -> dict[str, Any]:
    """What the document comes to, and how far that is from what the form showed once it is changed."""
    where = these(row.connection_id, [row.document_id])
    document = request.dbsession.scalar(select(DocumentRow).where(where)) if row.state == "made" else None
    if document is None or row.deed == draft_changes.DELETE:
        return {"total": before.total, "currency": before.currency, "differs": None}
    differs = drafts.total_differs(row, document)
    return {"total": document.total, "currency": document.currency, "differs": differs}


def _compared(request: Any, row: DraftChange, before: Document, theirs: Document) -> list[draft_versions.Compared]:
    """The versions side by side."""
    lists = draft_page.lists_of(request.dbsession, row.connection_id)
    ours = draft_form.from_payload(row.payload["typed"])
    chosen = linking.party_row(request.dbsession, row.connection_id, ours.head["party"])
    names = {before.party_id: before.party_name, theirs.party_id: theirs.party_name}
    names |= {chosen.party_id: chosen.name} if chosen else {}
    was, there = (draft_versions.typed_of(one, lists) for one in (before, theirs))
    return list(draft_versions.side_by_side(was, there, ours, lists, names))


def _web_url(request: Any, row: DraftChange) -> str | None:
    """Where the document is looked at in the accounting system; None while its plugin is off."""
    spec = request.services.providers.get(row.connection.provider)
    if spec is None:
        return None
    provider = spec.open(ConnectionContext(request.services, spec, row.connection))
    url: str | None = provider.web_url(DocumentKind(row.document_kind), Ref(row.document_id))
    return url


def deed(request: Any) -> Any:
    """Confirm a deletion, look again, try again, take back, give up, go on from what it is now."""
    row, now, session = change_at(request), request.clock.now(), request.dbsession
    name, to = request.matchdict["deed"], f"{CHANGES}/{row.key}"
    if name == "send" and draft_changes.send_deletion(session, row, now):
        request.enqueue(draft_changes.JOB, intent_id=row.id)
    if name == "retry":
        intents.try_again(session, row, now)
    if name in ("look", "retry") and intents.is_looked_for(row):
        request.enqueue(draft_changes.LOOK_JOB, intent_id=row.id)
        request.session.flash("Looking it up now.", "info")
    elif name == "back" and intents.take_back(session, row, now):
        to = f"{to}/edit"
    elif name == "ours":
        to = _put_on_top(request, row)
    elif name == "discard":
        to = _discard(request, row)
    return HTTPSeeOther(location=to)


def _put_on_top(request: Any, row: DraftChange) -> str:
    """Ours on top of theirs, in the form, for a last look before it is sent."""
    theirs = draft_changes.theirs_of(row)
    if theirs is not None and theirs.status is DocumentStatus.DRAFT and row.state in intents.EDITABLE:
        lists = draft_page.lists_of(request.dbsession, row.connection_id)
        was, there = (draft_versions.typed_of(one, lists) for one in (draft_changes.before_of(row), theirs))
        ours = draft_versions.merged(was, there, draft_form.from_payload(row.payload["typed"]))
        if draft_changes.put_on_top(request.dbsession, row, ours.as_payload(), request.clock.now()):
            request.session.flash(
                "This is how it is there now, with your changes on top. Look it over and send it.", "info"
            )
            return f"{CHANGES}/{row.key}/edit"
    return f"{CHANGES}/{row.key}"


def _discard(request: Any, row: DraftChange) -> str:
    """Give a change up that was not sent, or did not arrive; where to go on."""
    to = title_of(request.dbsession, row)[1]
    if not sending.give_up(request.dbsession, draft_changes.DEED, row, request.clock.now()):
        request.session.flash("Not given up: what became of it is being looked up.", "error")
        return f"{CHANGES}/{row.key}"
    request.session.flash("Left as it is there.", "success")
    return f"{to}/tabs/{row.connection.provider}" if to else "/accounting/drafts"
