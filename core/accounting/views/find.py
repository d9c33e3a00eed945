"""Finding documents of the provider and linking them to an opportunity or a project (or any record)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyramid.httpexceptions import HTTPForbidden, HTTPSeeOther
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from core.accounting import access, connections, document_links, explaining, failures, linking, snapshot
from core.accounting.access import LINK, SEE_AMOUNTS, SEE_BILLS
from core.accounting.context import ConnectionContext
from core.accounting.document_view import records_of
from core.accounting.documents import Row, documents_linked, these
from core.accounting.find_form import FindForm, parse_find
from core.accounting.models import Connection, DocumentLink, DocumentRow
from core.accounting.pages import (
    RECORD,
    accounting_page,
    connection_for,
    note_trouble,
    place,
    require,
    sight,
    sight_in,
    who_looks,
)
from core.accounting.plain import Trouble
from core.accounting.words import BILL_KINDS, status_of
from core.contract.errors import ProviderError
from core.contract.provider import ProviderSpec
from core.contract.values import Capability, Document, DocumentKind, Page, Ref
from core.forms import clean, number_in

KNOWN = 50  # documents shown while the provider cannot be asked


def add_routes(config: Any) -> None:
    """Find documents, link and unlink them."""
    config.add_own_session_route("accounting_find", RECORD + "/find")
    config.add_route("accounting_document_link", RECORD + "/documents/link")
    config.add_route("accounting_document_unlink", RECORD + "/documents/unlink")
    config.add_view(find, route_name="accounting_find", request_method="GET", permission=SEE_AMOUNTS)
    config.add_view(link, route_name="accounting_document_link", request_method="POST", permission=LINK)
    config.add_view(unlink, route_name="accounting_document_unlink", request_method="POST", permission=LINK)


def find(request: Any) -> Any:
    """Documents by number, reference and dates, each with View and Link, or Unlink where it is linked already."""
    form = parse_find(request.GET)
    with request.services.db.read() as session:
        here = place(request, session)
        every = connections.active(session, here.spec.key)
        active = access.known_to(request, every, SEE_BILLS if form.what == "bills" else SEE_AMOUNTS)
        connection = _connection(request, session, here.spec, active)
    seen = sight_in(request, connection) if connection else sight(request)
    bills = seen.bills and (connection is None or has_bills(request, connection))
    if form.what == "bills" and not bills:
        raise HTTPForbidden()
    found, fault = _ask(request, connection, form)
    record = place(request).record  # read again: no session was open while the provider was asked
    rows = _rows(request, here.spec, record, connection, _told(record, connection, found, form)) if connection else []
    values = {
        "form": form,
        "connections": active,
        "connection": connection,
        "rows": rows,
        "cursor": found and found.cursor,
        "offers_bills": bills,
        "elsewhere": _elsewhere(request, record, connection, rows),
    }
    return accounting_page(request, "find", record, here.spec, fault=fault, **values)


def has_bills(request: Any, connection: Connection) -> bool:
    """Whether there are bills to look for."""
    return Capability.BILLS in connections.capabilities(request.services, connection)


def _elsewhere(request: Any, record: Any, connection: Connection | None, rows: Sequence[Row]) -> Mapping[str, Any]:
    """The other records that the documents are linked to, by the document's id."""
    if connection is None:
        return {}
    found = records_of(request.dbsession, connection.id, [row.document.document_id for row in rows])
    return {number: document_links.others(records, record) for number, records in found.items()}


def _connection(request: Any, session: Session, spec: ProviderSpec, active: list[Connection]) -> Connection | None:
    """The connection asked for, else the first in which such documents may be seen."""
    asked = request.GET.get("connection")
    return connection_for(request, session, spec, asked, SEE_AMOUNTS) if asked else next(iter(active), None)


def _ask(request: Any, connection: Connection | None, form: FindForm) -> tuple[Page[Document] | None, Trouble | None]:
    """What the provider finds, None where it could not be asked."""
    services = request.services
    if connection is None or form.query is None:
        return Page(()), None
    try:
        found = connections.open_provider(services, connection.id, who_looks(request)).search_documents(form.query)
    except ProviderError as error:
        return None, note_trouble(request, connection, "find", error)
    failures.settle_now(services, connection.id, "find")
    with services.db.begin() as session:
        snapshot.save_documents(session, connection.id, found.items, services.clock.now())
    return found, None


def _told(record: Any, connection: Connection, found: Page[Document] | None, form: FindForm) -> Select[Any]:
    """What to show: what the provider found; where it could not be asked, what is known of the linked parties."""
    if found is not None or form.query is None:
        ids = [document.ref.id for document in found.items] if found else []
        return select(DocumentRow).where(these(connection.id, ids))
    query, known = form.query, [explaining.of_parties(record, connection.id)]
    known.append(DocumentRow.kind.in_([kind.value for kind in query.kinds]))
    columns = (DocumentRow.number, DocumentRow.reference)
    known.append(or_(*(column.icontains(query.text, autoescape=True) for column in columns)))
    known += [DocumentRow.date >= query.date_from] if query.date_from else []
    known += [DocumentRow.date <= query.date_to] if query.date_to else []
    return select(DocumentRow).where(*known).limit(KNOWN)


def _rows(request: Any, spec: ProviderSpec, record: Any, connection: Connection, which: Select[Any]) -> list[Row]:
    newest = (DocumentRow.date.desc(), DocumentRow.id.desc())
    rows = request.dbsession.scalars(which.order_by(*newest))
    provider = spec.open(ConnectionContext(request.services, spec, connection))
    links = documents_linked(request.dbsession, record.kind, record.id, connection.id)
    today = connections.today(connection, request.clock)
    return [
        Row(
            row,
            status_of(row, today),
            provider.web_url(DocumentKind(row.kind), Ref(row.document_id)),
            links.get(row.document_id),
        )
        for row in rows
    ]


def link(request: Any) -> Any:
    """Link the documents ticked; those that are gone are told."""
    here = place(request)
    connection = connection_for(request, request.dbsession, here.spec, request.POST.get("connection"), LINK)
    require(request, connection, SEE_AMOUNTS)
    wanted = [clean(one)[:100] for one in request.POST.getall("document")][:100]
    rows = request.dbsession.scalars(select(DocumentRow).where(these(connection.id, wanted))).all()
    if any(row.kind in BILL_KINDS for row in rows) and not sight_in(request, connection).bills:
        raise HTTPForbidden()
    who = {"user_id": request.identity.id, "now": request.clock.now()}
    for row in rows:
        linking.link_document(
            request.dbsession, here.record, connection, DocumentKind(row.kind), row.document_id, **who
        )
    if rows:
        ids = [row.document_id for row in rows]
        request.enqueue("accounting.refresh", connection_id=connection.id, document_ids=ids)
        names = ", ".join(row.number or row.reference or "a document" for row in rows)
        request.session.flash(f"Linked {names} to {here.record.title}.", "success")
    else:
        request.session.flash("Nothing was linked: search again and pick a document.", "error")
    return HTTPSeeOther(location=_back(request, here.path))


def unlink(request: Any) -> Any:
    """Remove the link of a document; nothing changes in the accounting system."""
    here = place(request)
    link_row = request.dbsession.get(DocumentLink, number_in(request.POST.get("link")))
    if link_row is not None:
        require(request, link_row.connection, LINK)
        if link_row.document_kind in BILL_KINDS and not sight_in(request, link_row.connection).bills:
            raise HTTPForbidden()
    who = {"user_id": request.identity.id, "now": request.clock.now()}
    number = link_row.id if link_row else 0
    gone = linking.unlink_document(request.dbsession, here.record, number, **who)
    told = f"Unlinked. Nothing changed in {here.spec.title}." if gone else "That link was removed already."
    request.session.flash(told, "success" if gone else "info")
    return HTTPSeeOther(location=_back(request, here.path))


def _back(request: Any, path: str) -> str:
    """Where the person came from on this tab: the search, the linked documents, else the tab itself."""
    back = str(request.POST.get("back", ""))
    known = back.startswith((f"{path}/find?", f"{path}/documents/linked?"))
    return back if known and back.isprintable() else path
