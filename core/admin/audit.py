"""The audit trail as a page to search, and as a file."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pyramid.response import Response
from sqlalchemy import select
from wtforms import Form

from core import formats
from core.activity.wording import Change, Wording
from core.admin.subjects import Subject, subjects
from core.audit import finding, may_read, never_read
from core.audit.models import AuditEntry
from core.forms import number_in
from core.records.fields import DayField, text
from core.records.kinds import KINDS
from core.records.models import Contact
from core.users import service as users

PER_PAGE = 50
ITSELF = "0"  # who did it: the application, on nobody's behalf
SEE = "audit.see"
HIDDEN = "Your role does not show what this says."
HEADS = ("When (UTC)", "Who", "Deed", "On", "Type", "Number", "Old", "New")


class FilterForm(Form):
    """What narrows the trail besides the lists to choose from."""

    q = text("Text", 200)
    since = DayField("From")
    until = DayField("To")


def includeme(config: Any) -> None:
    """The routes and who answers them. None changes an entry or deletes one; the database would refuse it, too."""
    config.add_route("admin.audit", "/admin/audit")
    config.add_route("admin.audit_file", "/admin/audit.csv")
    page = {"renderer": "admin/audit.jinja2", "permission": SEE, "request_method": "GET"}
    config.add_view(show, route_name="admin.audit", **page)
    config.add_view(export, route_name="admin.audit_file", permission=SEE, request_method="GET")


class Asker:
    """Who asked, for what is judged while the answer is sent: by then the request has let go of what it knew."""

    def __init__(self, request: Any) -> None:
        self.registry, self.services, self.identity = request.registry, request.services, request.identity

    def has_permission(self, right: str) -> bool:
        """Whether the user has the right."""
        return right in self.identity.rights


def show(request: Any) -> dict[str, Any]:
    """Who did what, newest first, as far as the filter wants it."""
    form, chosen, lists, wrong = _asked(request)
    wanted = _wanted(request, form, chosen, nothing=wrong)
    before, after = (number_in(request.GET.get(name)) or None for name in ("before", "after"))
    found = finding.find(request.dbsession, wanted, limit=PER_PAGE, before=before, after=after)
    if wrong:
        request.response.status_int = 422
    kept = {name: value for name, value in request.GET.items() if value and name not in ("before", "after")}
    return {
        **_told(request, found.entries, wanted),
        "found": found,
        "form": form,
        "chosen": chosen,
        "kept": kept,
        **lists,
    }


def export(request: Any) -> Any:
    """The same as a file, all of it; a filter that cannot be read gives the page that says so."""
    form, chosen, _, wrong = _asked(request)
    if wrong:
        return Response(status=422, text="The filter cannot be read. Go back and mend it.", content_type="text/plain")
    wanted = _wanted(request, form, chosen, nothing=False)
    response = Response(content_type="text/csv", charset="utf-8", app_iter=_rows(Asker(request), wanted))
    response.content_disposition = f'attachment; filename="audit-{request.clock.now():%Y-%m-%d}.csv"'
    return response


def _asked(request: Any) -> tuple[FilterForm, Mapping[str, str], Mapping[str, Any], bool]:
    """The filter as asked for: the form, what was chosen, the lists to choose from, whether something is wrong."""
    form = FilterForm(request.GET)
    people = [(str(one.id), one.name) for one in users.all_users(request.dbsession)]
    deeds = sorted(((deed, deed_words(request, deed)) for deed in _deeds(request)), key=lambda pair: pair[1])
    kinds = [*((key, kind.singular.capitalize()) for key, kind in KINDS.items()), ("users", "User")]
    lists = {"who_did": [*people, (ITSELF, "Ledgertab itself")], "deeds": deeds, "kinds": kinds}
    chosen = {name: request.GET.get(name, "")[:80] for name in ("who", "deed", "kind")}
    offered = zip(chosen.values(), lists.values(), strict=True)
    known = all(not value or value in dict(pairs) for value, pairs in offered)
    return form, chosen, lists, not (form.validate() and known)


def _deeds(request: Any) -> set[str]:
    return {*request.registry.deed_words, *request.registry.deed_rights}


def deed_words(request: Any, deed: str) -> str:
    """What a deed is called."""
    words: str | None = request.registry.deed_words.get(deed)
    return words or formats.field_words(deed.replace(".", " ")).capitalize()


def _wanted(request: Any, form: FilterForm, chosen: Mapping[str, str], *, nothing: bool) -> finding.Wanted:
    words = "" if nothing else form.q.data or ""
    return finding.Wanted(
        user_id=number_in(chosen["who"]) or None,
        by_itself=chosen["who"] == ITSELF,
        deed=chosen["deed"],
        kind=chosen["kind"],
        text=words,
        titled=_titled(words) if words else {},
        since=_begin(form.since.data),
        until=_begin(form.until.data, days=1),
        unread=never_read(request),
        nothing=nothing,
    )


def _begin(day: dt.date | None, days: int = 0) -> dt.datetime | None:
    """The first moment of a day of the viewer's, or of one so many days later."""
    return formats.begin_of(day + dt.timedelta(days)) if day else None


def _titled(words: str) -> dict[str, list[Any]]:
    """By kind the queries for the records that are, or were, called so."""
    gone = finding.deleted_titles(KINDS, words)
    found = {}
    for key, kind in KINDS.items():
        model: Any = kind.model
        title = Contact.first_name + " " + Contact.last_name if key == "contacts" else model.name
        found[key] = [select(model.id).where(title.icontains(words, autoescape=True)), gone[key]]
    return found


def _told(request: Any, entries: Sequence[AuditEntry], wanted: finding.Wanted) -> dict[str, Any]:
    """The entries in words. Who looks for a text does not learn of values that may not be read that they have it."""
    session = request.dbsession
    hidden = {entry.id for entry in entries if not may_read(request, entry)}
    shown = [entry for entry in entries if not (wanted.text and entry.id in hidden)]
    return {
        "entries": shown,
        "hidden": hidden,
        "names": users.names_of(session, [entry.user_id for entry in shown]),
        "subjects": subjects(session, shown),
        "told": Wording(session, request.services.providers, shown, request.registry.rights),
    }


def _rows(asker: Asker, wanted: finding.Wanted) -> Iterator[bytes]:
    """The lines of the file, made as they are sent, in a session of their own: the request's is over by then."""
    yield _line(HEADS, first=True)
    with asker.services.db.read() as session:
        for entries in finding.every(session, wanted):
            names = users.names_of(session, [entry.user_id for entry in entries])
            about, told = (
                subjects(session, entries),
                Wording(session, asker.services.providers, entries, asker.registry.rights),
            )
            for entry in entries:
                readable = may_read(asker, entry)
                if readable or not wanted.text:
                    changes = told[entry.id] if readable else None
                    yield _line(_cells(asker, entry, names, about, changes))


def _cells(
    asker: Asker,
    entry: AuditEntry,
    names: Mapping[int, str],
    about: Mapping[tuple[str, int], Subject],
    changes: Sequence[Change] | None,
) -> Iterator[str]:
    subject = about.get((entry.kind, entry.record_id or 0))
    yield f"{entry.at:%Y-%m-%d %H:%M:%S}"
    yield names.get(entry.user_id or 0, "Ledgertab")
    yield deed_words(asker, entry.deed)
    yield subject.title if subject else ""
    yield subject.note if subject else formats.field_words(entry.kind)
    yield str(entry.record_id or "")
    if changes is None:
        yield from (HIDDEN, HIDDEN)
        return
    yield "\n".join(f"{one.label}: {one.old}" for one in changes if one.old is not None)
    yield "\n".join(f"{one.label}: {one.new}" for one in changes if one.new is not None)


def _line(cells: Iterator[str] | Sequence[str], *, first: bool = False) -> bytes:
    """A line of the file; the first one is marked as UTF-8, or spreadsheets would guess."""
    out = io.StringIO()
    csv.writer(out).writerow([formats.cell(each) for each in cells])
    return out.getvalue().encode("utf-8-sig" if first else "utf-8")
