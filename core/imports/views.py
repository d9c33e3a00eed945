"""The pages of imports: the list, the upload, the columns, what will become of the rows, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response

from core import formats
from core.contract.extensions import NavLink
from core.forms import clean, number_in
from core.imports import jobs, models, reading, service, targets
from core.imports.cells import DATES, DECIMALS
from core.imports.models import AT_WORK, Import
from core.imports.planning import DUPLICATES, SKIP, Planned, Planner
from core.imports.reading import DELIMITERS, ENCODINGS, BadFile
from core.records.kinds import KINDS
from core.users.service import names_of

RIGHT, EVERYBODYS = "records.import", "admin.users"
SHOWN, REFUSED_SHOWN, PAGE = 50, 20, 50


def add_routes(config: Any) -> None:
    """The routes and who answers them. Those that read a whole file stand outside the request's transaction."""
    one = "/imports/{id:[0-9]{1,18}}"
    config.add_route("imports", "/imports")
    config.add_own_session_route("imports.new", "/imports/new")
    config.add_own_session_route("imports.columns", f"{one}/columns")
    config.add_route("imports.show", one)
    config.add_route("imports.refused", f"{one}/refused.csv")
    config.add_route("imports.records", f"{one}/{{deed:made|changed|binned|kept}}")
    for step in ("start", "cancel", "undo"):
        config.add_route(f"imports.{step}", f"{one}/{step}", request_method="POST")
        config.add_view(globals()[step], route_name=f"imports.{step}", permission=RIGHT)
    config.add_view(show_list, route_name="imports", renderer="imports/list.jinja2", permission=RIGHT)
    for name, shows, takes in (("new", ask, upload), ("columns", columns, map_columns)):
        page = {"route_name": f"imports.{name}", "renderer": f"imports/{name}.jinja2", "permission": RIGHT}
        config.add_view(shows, request_method="GET", **page)
        config.add_view(takes, request_method="POST", **page)
    config.add_view(show, route_name="imports.show", renderer="imports/one.jinja2", permission=RIGHT)
    piece = {"renderer": "imports/state.jinja2", "permission": RIGHT, "header": "HX-Request"}
    config.add_view(show, route_name="imports.show", **piece)
    config.add_view(refused, route_name="imports.refused", permission=RIGHT)
    config.add_view(records, route_name="imports.records", renderer="imports/records.jinja2", permission=RIGHT)
    config.add_navigation(lambda request: [NavLink("Import", "/imports", order=80, right=RIGHT)])


def _whose(request: Any) -> dict[str, Any]:
    return {"user_id": request.identity.id, "everybody": request.has_permission(EVERYBODYS)}


def _row(request: Any, session: Any = None) -> Import:
    return service.get_import(session or request.dbsession, int(request.matchdict["id"]), **_whose(request))


def show_list(request: Any) -> dict[str, Any]:
    """The imports there were, the latest first."""
    rows = service.imports_of(request.dbsession, **_whose(request))
    return {"rows": rows, "names": names_of(request.dbsession, [row.user_id for row in rows]), "kinds": KINDS}


def ask(request: Any) -> dict[str, Any]:
    """The form to upload a file."""
    chosen = request.params.get("kind", "")
    kind = chosen if chosen in KINDS else "contacts"
    return {"kinds": KINDS, "kind": kind, "problem": "", "most": service.largest(request.services) // 1024 // 1024}


def upload(request: Any) -> Any:
    """Keep the file and find out how it is written, or say what is wrong with it."""
    kind, file = request.POST.get("kind", ""), request.POST.get("file")
    try:
        if kind not in KINDS:
            raise BadFile("Choose what the rows of the file are.")
        if not hasattr(file, "file"):
            raise BadFile("Choose a file.")
        number = _keep(request, kind, file)
    except BadFile as error:
        request.response.status_int = 422
        return {**ask(request), "problem": str(error)}
    finally:
        _close(request, file)
    return HTTPSeeOther(f"/imports/{number}/columns")


def _close(request: Any, file: Any) -> None:
    """Give the temporary files of an upload back at once: they are as large as it."""
    temporary: list[Any] = [getattr(file, "file", None), request.body_file_raw]
    for one in temporary:
        if hasattr(one, "close"):
            one.close()


def _keep(request: Any, kind: str, file: Any) -> int:
    services = request.services
    path = service.keep_file(services, file.file)
    try:
        found = reading.examine(path)
        with services.db.begin() as session:
            who = {"user_id": request.identity.id, "when": services.clock.now()}
            return service.make(session, kind, clean(file.filename), path, found, **who).id
    except Exception:
        path.unlink(missing_ok=True)
        raise


def columns(request: Any) -> Any:
    """What each column is, with some of its values."""
    row = _row(request)
    if row.state not in (models.NEW, models.CHECKING, models.CHECKED):
        return HTTPSeeOther(row.path)
    return _columns_page(request, row, [])


def map_columns(request: Any) -> Any:
    """Keep what was chosen and have the file checked; or read it anew with another encoding or delimiter."""
    row, services = _row(request), request.services
    problems = _take(request, row)
    again = "look" in request.POST
    if problems or again:
        request.response.status_int = 422 if problems else 200
        return _columns_page(request, row, problems)
    with services.db.begin() as session:
        stored = _row(request, session)
        began = service.check(session, stored)
        if began:
            for name in (*_CHOSEN, "encoding", "delimiter", "headers", "total"):
                setattr(stored, name, getattr(row, name))
    if began:
        request.enqueue(jobs.JOB, import_id=row.id)
    return HTTPSeeOther(row.path)


_CHOSEN = ("mapping", "decimal", "dates", "duplicates", "make_organizations", "currency")


def _take(request: Any, row: Import) -> list[tuple[str, str]]:
    """Put what was chosen into the row, which is not stored yet; what is wrong with it."""
    request.dbsession.expunge(row)
    post, problems = request.POST, []
    choices = {
        "encoding": ENCODINGS,
        "delimiter": DELIMITERS,
        "decimal": DECIMALS,
        "dates": DATES,
        "duplicates": DUPLICATES,
        "currency": formats.currencies(),
    }
    for name, known in choices.items():
        if post.get(name) in known:
            setattr(row, name, post[name])
        elif name in post:
            problems.append((name, "Choose one of the list."))
    row.make_organizations = "make_organizations" in post
    row.mapping = [str(post.get(f"column-{place}", "")) for place in range(len(row.headers))]
    return problems or _look(request, row)


def _look(request: Any, row: Import) -> list[tuple[str, str]]:
    """Read the file as it is said to be written; the sentences for what is wrong with it or with its columns."""
    before = row.headers
    try:
        service.lay_out(row, reading.examine(service.file_of(request.services, row), service.layout_of(row)))
    except BadFile as error:
        return [("", str(error))]
    offered = service.offered(request.dbsession, row.kind)
    if row.headers != before:
        row.mapping = targets.guess(row.headers, offered)
        return [("", "The columns changed. Look at them, and go on.")] if "look" not in request.POST else []
    return [] if "look" in request.POST else targets.wrong_with(row.kind, row.mapping, offered)


def _columns_page(request: Any, row: Import, problems: Sequence[tuple[str, str]]) -> dict[str, Any]:
    problems = list(problems)
    try:
        found = reading.rows(service.file_of(request.services, row), service.layout_of(row))
        sample = [one.cells for one in islice(found, 1, 4)]
    except BadFile as error:
        sample = []
        problems = problems or [("", str(error))]
    offered = service.offered(request.dbsession, row.kind)
    styles = {"encodings": ENCODINGS, "delimiters": DELIMITERS, "decimals": DECIMALS, "dates": DATES}
    choices = {**styles, "duplicates": DUPLICATES, "currencies": formats.currencies()}
    return {"row": row, "kind": KINDS[row.kind], "sample": sample, "offered": offered, "problems": problems, **choices}


def show(request: Any) -> dict[str, Any]:
    """How an import stands: what would become of its first rows, how far it is, or what came of it."""
    session, row = request.dbsession, _row(request)
    preview, trouble = _preview(request, row) if row.state in (models.CHECKING, models.CHECKED) else ([], "")
    return {
        "row": row,
        "kind": KINDS[row.kind],
        "at_work": row.state in AT_WORK,
        "preview": preview,
        "trouble": trouble,
        "labels": {target.key: target.label for target in service.offered(session, row.kind)},
        "outcome": service.outcome(session, row),
        "refused": list(service.refused_rows(session, row.id, limit=REFUSED_SHOWN)),
        "names": names_of(session, [row.user_id]),
        "skips": row.duplicates == SKIP,
    }


def _preview(request: Any, row: Import) -> tuple[list[Planned], str]:
    """What would become of the first rows."""
    try:
        found = reading.rows(service.file_of(request.services, row), service.layout_of(row))
        rows = list(islice(found, 1, SHOWN + 1))
    except BadFile as error:
        return [], str(error)
    reader = service.reader_of(request.dbsession, row)
    return Planner(reader, service.rules_of(row), remembers=False).plan(request.dbsession, rows), ""


def start(request: Any) -> Any:
    """Import it."""
    row = _row(request)
    if service.start(request.dbsession, row, user_id=request.identity.id, when=request.clock.now()):
        request.enqueue(jobs.JOB, import_id=row.id)
    return HTTPSeeOther(row.path)


def cancel(request: Any) -> Any:
    """Stop it."""
    row = _row(request)
    if not service.cancel(request.dbsession, row, user_id=request.identity.id, when=request.clock.now()):
        request.session.flash("It was over already.", "info")
    return HTTPSeeOther(row.path)


def undo(request: Any) -> Any:
    """Put what it made into the bin."""
    row = _row(request)
    if service.undo(request.dbsession, row, user_id=request.identity.id, when=request.clock.now()):
        request.enqueue(jobs.JOB, import_id=row.id)
    return HTTPSeeOther(row.path)


def refused(request: Any) -> Any:
    """The refused rows as a file."""
    row = _row(request)
    response = Response(content_type="text/csv", charset="utf-8")
    response.content_disposition = f'attachment; filename="refused-{row.id}.csv"'
    response.app_iter = service.refused_csv(request.services, row)
    return response


def records(request: Any) -> dict[str, Any]:
    """The records that it made or changed, by pages."""
    row, deed = _row(request), request.matchdict["deed"]
    page = max(1, number_in(request.GET.get("page"), 1))
    found = service.touched(request.dbsession, row, deed, page=page, size=PAGE)
    return {"row": row, "deed": deed, "found": found, "kinds": KINDS}
