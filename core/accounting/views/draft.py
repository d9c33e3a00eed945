"""The form of an invoice draft: new, helped along, sent or saved, and taken up again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound, HTTPSeeOther

from core.accounting import (
    access,
    connections,
    draft_changes,
    draft_fill,
    draft_form,
    draft_page,
    draft_versions,
    drafts,
    failures,
    intents,
    linking,
)
from core.accounting.access import DRAFT, SEE_AMOUNTS
from core.accounting.codec import to_json
from core.accounting.committed import Committed, committed
from core.accounting.draft_page import Desk, Sheet
from core.accounting.models import Connection, Draft, DraftChange
from core.accounting.pages import RECORD, Place, accounting_page, connection_for, place
from core.accounting.views.draft_list import LIST, ONE, draft_at, has_form, may_read, sent_of
from core.contract.values import DocumentKind
from core.records.service import get_record

FOUND = 8
ANOTHER_ITEM = "Another item was chosen: what it brings stands in its line now. Look at it, then send."


def add_routes(config: Any) -> None:
    """The form on a record's tab, its helper, and the form of a stored draft."""
    config.add_route("accounting_draft", RECORD + "/draft")
    config.add_route("accounting_draft_lines", RECORD + "/draft/lines")
    config.add_route("accounting_draft_edit", ONE + "/edit")
    for route in ("accounting_draft", "accounting_draft_lines"):
        config.add_kept_form(route, {"action": "recalculate"}, "/lines")
    config.add_view(new, route_name="accounting_draft", request_method="GET", permission=DRAFT)
    config.add_view(post, route_name="accounting_draft", request_method="POST", permission=DRAFT)
    config.add_view(help_along, route_name="accounting_draft_lines", request_method="POST", permission=DRAFT)
    config.add_view(to_form, route_name="accounting_draft_lines", request_method="GET", permission=DRAFT)
    config.add_view(edit, route_name="accounting_draft_edit", request_method="GET", permission=DRAFT)


def new(request: Any) -> Any:
    """A new form; `party` and `q` in the address choose and search, `draft` names a stored one to go on with.

    Its key is in the address from the start: whoever comes back to it after sending is led to the draft of that key.
    """
    here, key = place(request), request.GET.get("key", "")
    if request.GET.get("draft"):
        return HTTPSeeOther(location=f"{LIST}/{_known_key(request)}/edit?{urlencode(_carried(request))}")
    if not intents.is_key(key):
        keyed = {**request.GET, "key": intents.new_key()}
        return HTTPSeeOther(location=f"{request.path}?{urlencode(keyed)}")
    if intents.find(request.dbsession, Draft, key) is not None:
        return _back_at(request, key)
    response = _new_form(request, here, key)
    response.headers["Vary"] = "*"  # so that the way back asks here, not a copy; a page kept as it was left stays so
    return response


def _new_form(request: Any, here: Place, key: str) -> Any:
    connection = _connection(request, here, request.GET.get("connection"))
    if connection is None:
        return accounting_page(request, "draft_nowhere", here.record, here.spec)
    desk = draft_page.open_desk(request.dbsession, request.services, here.record, connection)
    asked = draft_page.party_at(request.dbsession, desk, request.GET.get("party", ""))
    typed, copied = _begun(request, desk) or (None, "")
    typed = typed or draft_page.begin(here.record, desk, asked or draft_page.first_party(desk))
    return form_page(request, here, desk, typed, key=key, query=request.GET.get("q", ""), copied=copied)


def _begun(request: Any, desk: Desk) -> tuple[draft_form.Typed, str] | None:
    """What a new form is begun with: a copy of a draft, dated today, or what was typed into a change in vain."""
    for name, model in (("copy", Draft), ("change", DraftChange)):
        found: Any = intents.find(request.dbsession, model, request.GET.get(name, ""))
        if found is None:
            continue
        if found.connection_id != desk.connection.id or not may_read(request, found):
            raise HTTPForbidden()
        kept = sent_of(request, found) if name == "copy" else found.payload
        typed = draft_versions.copy_of(draft_form.from_payload(kept["typed"]))
        row = draft_page.party_at(request.dbsession, desk, typed.head["party"])
        return (draft_page.dated_today(typed, desk, row), found.key) if name == "copy" else (typed, "")
    return None


def _back_at(request: Any, key: str) -> Any:
    """From the address of a form that was sent or saved to its draft: one that can be edited is shown as its form."""
    request.session.flash("This form was stored when you pressed its button. Here is its draft.", "info")
    return HTTPSeeOther(location=f"{LIST}/{key}/edit")


def _known_key(request: Any) -> str:
    found = intents.find(request.dbsession, Draft, request.GET["draft"])
    if found is None:
        raise HTTPNotFound()
    return found.key


def _carried(request: Any) -> dict[str, str]:
    return {name: request.GET[name] for name in ("party", "q") if request.GET.get(name)}


def _connection(request: Any, here: Place, asked: str | None) -> Connection | None:
    """The connection asked for, else the one that the record's own parties are in, else the first."""
    if asked:
        return connection_for(request, request.dbsession, here.spec, asked, DRAFT)
    active = access.known_to(request, connections.active(request.dbsession, here.spec.key), DRAFT)
    linked = [one for one in active if linking.parties_for_draft(request.dbsession, here.record, one)]
    return next(iter([*linked, *active]), None)


def form_page(
    request: Any, here: Place, desk: Desk, typed: draft_form.Typed, *, status: int = 200, **shown: Any
) -> Any:
    """The page with the form, filled in as typed."""
    if not desk.ready and desk.connection.state == "connected":
        request.enqueue("accounting.refresh", connection_id=desk.connection.id)
    sheet = sheet_of(request, here, desk, typed, **shown)
    values = {
        "sheet": sheet,
        "desk": desk,
        "connection": desk.connection,
        "connections": access.known_to(request, connections.active(request.dbsession, here.spec.key), DRAFT),
        "back": sheet.back or f"{here.path}/draft",
        "reference": _reference(request, sheet.row) if sheet.row else "",
        "reads_words": access.reads_words(request, desk.connection),
        "offered": desk.offered,
        "every": desk.every,
    }
    response = accounting_page(request, "draft" if desk.kind else "draft_cannot", here.record, here.spec, **values)
    response.status_int = status
    return response


def _reference(request: Any, row: Draft | DraftChange) -> str:
    deed = draft_changes.DEED if isinstance(row, DraftChange) else drafts.DEED
    return failures.reference_of_intent(request.dbsession, deed.name, row)


def sheet_of(
    request: Any,
    here: Place,
    desk: Desk,
    typed: draft_form.Typed,
    *,
    key: str,
    version: int = 0,
    query: str = "",
    **shown: Any,
) -> Sheet:
    """The form as it is shown, with what the user may know of the customer and of what was agreed."""
    session = request.dbsession
    amounts = access.may(request, SEE_AMOUNTS, desk.connection)
    words, before = query.strip()[:100], shown.get("before")
    besides = before.ref.id if before else ""
    return Sheet(
        desk=desk,
        record=here.record,
        key=key,
        version=version,
        typed=typed,
        party_row=draft_page.party_at(session, desk, typed.head["party"]),
        query=words,
        found=linking.search_index(session, desk.connection.id, words, FOUND) if words else (),
        overdue=draft_page.overdue_of(session, desk, typed.head["party"]) if amounts else None,
        agreed=_committed(request, here.record, besides, key) if amounts else None,
        **shown,
    )


class Posted:
    """A post of the form: where it stands, what was typed, and the draft of its key if that is stored already."""

    def __init__(self, request: Any) -> None:
        self.here = place(request)
        key, version = request.POST.get("key", ""), request.POST.get("version", "0")
        self.has_key = intents.is_key(key)
        self.key = key if self.has_key else intents.new_key()
        self.version = int(version) if version.isascii() and version.isdigit() and len(version) < 7 else 0
        self.row = intents.find(request.dbsession, Draft, self.key)
        self.typed = draft_form.read(request.POST)
        self.action = request.POST.get("action", "recalculate")
        self.copied = request.POST.get("copied", "")
        self._check(request)
        asked = request.POST.get("connection")
        connection = connection_for(request, request.dbsession, self.here.spec, asked, DRAFT)
        self.desk = draft_page.open_desk(request.dbsession, request.services, self.here.record, connection)

    def _check(self, request: Any) -> None:
        """A key belongs to one record and one connection, and what it holds to those who may read it."""
        row, record = self.row, self.here.record
        if row is None:
            return
        if not may_read(request, row):
            raise HTTPForbidden()
        if (row.kind, row.record_id, str(row.connection_id)) != (
            record.kind,
            record.id,
            request.POST.get("connection"),
        ):
            raise HTTPNotFound()

    def shown(self) -> dict[str, Any]:
        """What the form is drawn with."""
        return {"key": self.key, "version": self.version, "row": self.row, "copied": self.copied}


def help_along(request: Any) -> Any:
    """The form again: totals recalculated, a line more or less, filled from the record, a party found or chosen."""
    return helped_form(request, Posted(request))


def helped_form(request: Any, posted: Any) -> Any:
    """The form with what the pressed button does; `posted` is a `Posted`, or what the form of a change posts."""
    verb, _, which = posted.action.partition("-")
    follow_items(request, posted)
    typed, focus = helped(request, posted, verb, which)
    filled = draft_fill.from_items(typed, posted.desk.lists, accounts=posted.desk.has_accounts)
    typed = followed(request, posted, filled)
    query = request.POST.get("q", "") if verb != "party" else ""
    shown = {**posted.shown(), "focus": focus}
    if verb == "fill":
        record, billed = posted.here.record, _billed(request, posted)
        shown["filled"] = draft_fill.filled_words(record, billed, posted.typed)
    return form_page(request, posted.here, posted.desk, typed, query=query, **shown)


def follow_items(request: Any, posted: Any) -> str:
    """Let another item bring its own, as `draft_fill.follow_items` does; what to say if anything seen made way."""
    before, desk = draft_form.items_before(request.POST), posted.desk
    followed = draft_fill.follow_items(posted.typed, before, desk.lists, accounts=desk.has_accounts)
    told = ANOTHER_ITEM if followed != posted.typed else ""
    posted.typed = followed
    return told


def _billed(request: Any, posted: Any) -> Decimal | None:
    """What was drafted and billed of the record's amount already; None where the user may not know."""
    if not access.may(request, SEE_AMOUNTS, posted.desk.connection):
        return None
    before = posted.shown().get("before")
    found = _committed(request, posted.here.record, before.ref.id if before else "", posted.key)
    return found.total if found else None


def _committed(request: Any, record: Any, besides: str, key: str) -> Committed | None:
    """What is spoken for of what was agreed, in every connection whose amounts the user may see."""
    hidden = access.hidden_from(request, SEE_AMOUNTS)
    return committed(request.dbsession, request.services, record, hidden=hidden, besides=besides, key=key)


def to_form(request: Any) -> Any:
    """The helper's address, opened by hand: a new form."""
    return HTTPSeeOther(location=request.path.removesuffix("/lines"))


def helped(request: Any, posted: Posted, verb: str, which: str) -> tuple[draft_form.Typed, str]:
    """What was typed, with what the button does, and the field to go on with."""
    typed = posted.typed
    if verb == "add":
        return draft_fill.with_line(typed), f"lines.{len(typed.lines)}.description"
    if verb == "remove" and which.isdigit():
        left = draft_fill.without_line(typed, int(which))
        return left, f"lines.{len(left.lines) - 1}.description"
    if verb == "fill":
        filled = draft_fill.from_record(typed, posted.here.record, posted.desk.lists, _billed(request, posted))
        return filled, f"lines.{len(filled.lines) - 1}.unit_price"
    if verb == "party":
        return draft_page.with_party(typed, posted.desk, which), "party"
    return typed, "find-party" if verb == "find" else ""


def followed(request: Any, posted: Posted, typed: draft_form.Typed) -> draft_form.Typed:
    """With the due date by the terms, where nobody typed another."""
    row = draft_page.party_at(request.dbsession, posted.desk, typed.head["party"])
    due = draft_page.due_of(posted.desk, typed, row)
    return draft_fill.follow_terms(typed, due, request.POST.get("due_proposed", ""))


def post(request: Any) -> Any:
    """Send or save: stored once, whoever clicks how often; what cannot be sent comes back as it was typed."""
    posted = Posted(request)
    moved, send = follow_items(request, posted), posted.action == "send"
    if send:  # pressed before what an item brings along stood in the form, or without scripts
        posted.typed = draft_fill.with_items(posted.typed, posted.desk.lists, accounts=posted.desk.has_accounts)
    shown = {**posted.shown(), "tried": send}
    sheet = sheet_of(request, posted.here, posted.desk, posted.typed, **shown)
    fresh = posted.row is None or posted.row.state in intents.EDITABLE
    if not posted.has_key:
        request.session.flash("This form came without its key and was not sent. Press the button once more.", "error")
        return form_page(request, posted.here, posted.desk, posted.typed, status=422, **shown)
    if fresh and send and (moved or sheet.checked.document is None or posted.desk.kind is None):
        return form_page(request, posted.here, posted.desk, posted.typed, status=422, filled=moved, **shown)
    row, done = _accept(request, posted, sheet, send=send)
    changed = row.payload["typed"] != posted.typed.as_payload()
    if not done and changed and row.state in intents.EDITABLE:
        shown |= {"row": row, "version": row.version, "conflict": True}
        return form_page(request, posted.here, posted.desk, posted.typed, status=409, **shown)
    if not done and changed and send:
        return _moved_on(request, posted)
    return _after(request, posted, row, done=done)


def _moved_on(request: Any, posted: Posted) -> Any:
    """The draft of this form is on its way, and the form says something else: kept, as a new draft, and said."""
    shown = {"key": intents.new_key(), "first": f"{LIST}/{posted.key}"}
    return form_page(request, posted.here, posted.desk, posted.typed, status=409, **shown)


def _accept(request: Any, posted: Posted, sheet: Sheet, *, send: bool) -> tuple[Draft, bool]:
    document = sheet.checked.document
    wish = drafts.Wish(
        key=posted.key,
        version=posted.version,
        record=posted.here.record,
        connection=posted.desk.connection,
        kind=posted.desk.kind or DocumentKind.SALES_INVOICE,
        party_id=posted.typed.head["party"],
        payload=draft_page.payload_of(sheet, to_json(document) if send and document else None),
        send=send,
        copied_from=posted.copied,
    )
    return drafts.accept(request.dbsession, wish, user_id=request.identity.id, now=request.clock.now())


def _after(request: Any, posted: Posted, row: Draft, *, done: bool) -> Any:
    """Where to go once it is stored."""
    if posted.action == "send" and done:
        request.enqueue(drafts.JOB, intent_id=row.id)
    elif posted.action == "elsewhere" and done:
        query = {"for": "draft", "draft": row.key, "connection": row.connection_id, "q": request.POST.get("q", "")}
        return HTTPSeeOther(location=f"{posted.here.path}/search?{urlencode(query)}")
    elif posted.action == "new-party" and done:
        query = {"next": f"{LIST}/{row.key}/edit", "connection": row.connection_id}
        return HTTPSeeOther(location=f"{posted.here.path}/new-party?{urlencode(query)}")
    elif done:
        request.session.flash("Saved. It stays here until you send it.", "success")
    return HTTPSeeOther(location=f"{LIST}/{row.key}")


def edit(request: Any) -> Any:
    """The form of a stored draft that is not on its way; without one its page, which says why."""
    row = draft_at(request)
    if not has_form(request, row):
        return HTTPSeeOther(location=f"{LIST}/{row.key}")
    if not may_read(request, row):
        raise HTTPForbidden()
    record = get_record(request.dbsession, row.kind, row.record_id)
    here = Place(record, connections.spec_of(request.services, row.connection))
    desk = draft_page.open_desk(request.dbsession, request.services, record, row.connection)
    typed = draft_form.from_payload(row.payload["typed"])
    typed = draft_page.with_party(typed, desk, request.GET.get("party", ""))
    shown: dict[str, Any] = {"key": row.key, "version": row.version, "row": row, "tried": row.state == "refused"}
    return form_page(request, here, desk, typed, query=request.GET.get("q", ""), **shown)
