"""One document: a page of its own below the tab, its PDF, and what is asked for of it when somebody wants it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from core.accounting import connections, document_more, draft_changes
from core.accounting.access import SEE_AMOUNTS, Sight, reads_words
from core.accounting.context import ConnectionContext
from core.accounting.document_view import insides
from core.accounting.documents import PARTY_RECORDS, Row, documents_linked, shown_on
from core.accounting.models import Connection, DocumentRow
from core.accounting.pages import RECORD, Place, accounting_page, note_trouble, place, require, sight_in
from core.accounting.words import due_word, status_of, title_of
from core.contract.errors import NotFound, ProviderError, Throttled, Unavailable
from core.contract.values import DocumentKind, Ref

AT = RECORD + r"/documents/{document:\d{1,9}}"
_NO_FILE_NAME = re.compile(r"[^\w.-]+")


def add_routes(config: Any) -> None:
    """One document, its PDF (which calls the provider from the request), and asking for more of it."""
    config.add_route("accounting_document", AT)
    config.add_own_session_route("accounting_document_pdf", AT + "/pdf")
    config.add_route("accounting_document_ask", AT + "/ask/{what:history|customer_url}")
    config.add_view(show, route_name="accounting_document", request_method="GET", permission=SEE_AMOUNTS)
    config.add_view(pdf, route_name="accounting_document_pdf", request_method="GET", permission=SEE_AMOUNTS)
    config.add_view(ask, route_name="accounting_document_ask", request_method="POST", permission=SEE_AMOUNTS)


@dataclass(frozen=True)
class Seen:
    """A document that the user may see on a record's tab, its connection, and what the user may see there."""

    place: Place
    connection: Connection
    document: DocumentRow
    sight: Sight

    @property
    def path(self) -> str:
        """The address of the document's page."""
        return f"{self.place.path}/documents/{self.document.id}"


def seen(request: Any, session: Session) -> Seen:
    """The document in the address. Raises HTTPNotFound where the tab does not show it, HTTPForbidden."""
    here = place(request, session)
    whole = (selectinload(DocumentRow.lines), selectinload(DocumentRow.payments))
    document = session.get(DocumentRow, int(request.matchdict["document"]), options=whole)
    connection = session.get(Connection, document.connection_id) if document else None
    if document is None or connection is None or connection.provider != here.spec.key:
        raise HTTPNotFound()
    require(request, connection, SEE_AMOUNTS)
    sight = sight_in(request, connection)
    shown = shown_on(session, here.record, connection.id, bills=sight.bills)
    if session.scalar(select(DocumentRow.id).where(DocumentRow.id == document.id, shown)) is None:
        raise HTTPNotFound()
    return Seen(here, connection, document, sight)


def show(request: Any) -> Any:
    """The document on a page; for htmx only what is asked for of it: PDF, history, the customer's address."""
    return _page(request, seen(request, request.dbsession))


def _page(request: Any, at: Seen, **values: Any) -> Any:
    session, now, here, document = request.dbsession, request.clock.now(), at.place, at.document
    provider = here.spec.open(ConnectionContext(request.services, here.spec, at.connection))
    links = documents_linked(session, here.record.kind, here.record.id, at.connection.id)
    inside = insides(session, at.connection.id, [document], here.record)[document.id]
    url = provider.web_url(DocumentKind(document.kind), Ref(document.document_id, document.version))
    today = connections.today(at.connection, request.clock)
    values = {
        "sight": at.sight,
        "connection": at.connection,
        "can_change": draft_changes.can_change(request.services, at.connection),
        "row": Row(document, status_of(document, today), url, links.get(document.document_id), inside),
        "title": title_of(document),
        "due_word": due_word(estimate=document.kind == DocumentKind.ESTIMATE.value),
        "record_is_party": here.record.kind in PARTY_RECORDS,
        "offers": document_more.offers(document, provider.capabilities()),
        "history": document_more.told(session, document, document_more.HISTORY, now),
        "customer": document_more.told(session, document, document_more.CUSTOMER_URL, now),
        "path": at.path,
        "reads_words": reads_words(request, at.connection),
        "fault": None,
        **values,
    }
    return accounting_page(
        request, "document_more" if request.is_fragment else "document", here.record, here.spec, **values
    )


def ask(request: Any) -> Any:
    """Have a job ask for the history or the customer's address: once a click, and once for two."""
    at, what = seen(request, request.dbsession), request.matchdict["what"]
    able = connections.capabilities(request.services, at.connection)
    if what not in document_more.offers(at.document, able):
        raise HTTPNotFound()
    if document_more.wish(request.dbsession, at.document, what, request.clock.now()):
        of = {"connection_id": at.connection.id, "document_id": at.document.document_id}
        request.enqueue(document_more.JOB, **of, what=what)
    return _page(request, at) if request.is_fragment else HTTPSeeOther(location=f"{at.path}#more")


def pdf(request: Any) -> Any:
    """The document as PDF, fetched from the provider now, with no session open meanwhile; why not as a plain page."""
    services = request.services
    with services.db.read() as session:
        at = seen(request, session)
        able = connections.capabilities(services, at.connection)
    if document_more.PDF not in document_more.offers(at.document, able):
        raise HTTPNotFound()
    try:
        content = document_more.fetch_pdf(services, at.document)
    except ProviderError as error:
        again = {"job": document_more.PDF_JOB, "arguments": document_more.which(at.document)}
        record = at.place.record
        fault = note_trouble(
            request, at.connection, "pdf", error, of_one=True, kind=record.kind, record_id=record.id, **again
        )
        response = _page(request, seen(request, request.dbsession), fault=fault)
        response.status_int = _status(error)
        return response
    return Response(content, content_type="application/pdf", content_disposition=_named(at.document))


def _status(error: ProviderError) -> int:
    """Not here, later, or: what stands behind this page failed."""
    if isinstance(error, NotFound):
        return 404
    return 503 if isinstance(error, Throttled | Unavailable) else 502


def _named(document: DocumentRow) -> str:
    """To be saved under the document's name: plain letters for every browser, the rest beside it (RFC 6266)."""
    name = f"{title_of(document)}.pdf"
    plain = _NO_FILE_NAME.sub("-", name.encode("ascii", "ignore").decode()).strip("-")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
