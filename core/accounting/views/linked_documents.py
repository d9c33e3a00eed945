"""The documents linked to a record, several to be unlinked at once: asked before, and to be taken back after."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPForbidden, HTTPSeeOther

from core.accounting import access, connections, document_links, linking
from core.accounting.access import LINK, SEE_AMOUNTS
from core.accounting.context import ConnectionContext
from core.accounting.document_links import LinkedDocument
from core.accounting.models import Connection
from core.accounting.pages import RECORD, Place, accounting_page, connection_for, place, require
from core.accounting.words import BILL_KINDS, status_of
from core.contract.values import DocumentKind, Ref
from core.forms import clean, number_in

MOST = 100


def add_routes(config: Any) -> None:
    """The linked documents, and what is asked before several are unlinked."""
    config.add_route("accounting_documents_linked", RECORD + "/documents/linked")
    config.add_view(show, route_name="accounting_documents_linked", request_method="GET", permission=SEE_AMOUNTS)
    config.add_view(unlink, route_name="accounting_documents_linked", request_method="POST", permission=LINK)


def show(request: Any) -> Any:
    """The linked invoices or bills with a box each; after unlinking, what went, with a way back."""
    here, what = place(request), "bills" if request.GET.get("what") == "bills" else "invoices"
    return _page(request, here, what, _shown(request, here, what), gone=_just_unlinked(request, here))


def unlink(request: Any) -> Any:
    """Ask first, naming what goes; then unlink. Nothing changes in the accounting system."""
    here, what = place(request), "bills" if request.POST.get("what") == "bills" else "invoices"
    wanted = {number_in(one) for one in request.POST.getall("link")[:MOST]}
    chosen = [one for one in _shown(request, here, what) if one.link.id in wanted]
    for one in chosen:
        require(request, one.link.connection, LINK)
    if not chosen:
        request.session.flash("Nothing was picked, or it was unlinked already.", "info")
    elif request.POST.get("sure") != "yes":
        return _page(request, here, what, chosen, asking=True)
    return HTTPSeeOther(location=_address(here, what, _go(request, here, chosen)))


def _go(request: Any, here: Place, chosen: list[LinkedDocument]) -> dict[str, str]:
    """Unlink them; what the next page needs to offer the way back."""
    who = {"user_id": request.identity.id, "now": request.clock.now()}
    keys: dict[int, list[str]] = {}
    for one in chosen:
        keys.setdefault(one.link.connection_id, []).append(one.link.document_id)
        linking.unlink_document(request.dbsession, here.record, one.link.id, **who)
    if len(keys) != 1:
        if chosen:
            request.session.flash(f"Unlinked {len(chosen)}. Nothing changed in {here.spec.title}.", "success")
        return {}
    ((connection_id, ids),) = keys.items()
    return {"connection": str(connection_id), "unlinked": ",".join(ids)}


def _address(here: Place, what: str, more: dict[str, str]) -> str:
    return f"{here.path}/documents/linked?{urlencode({'what': what, **more})}"


def _shown(request: Any, here: Place, what: str) -> list[LinkedDocument]:
    """The links of the record to such documents, in the connections where the user may see them."""
    if what == "bills" and not access.sight(request).bills:
        raise HTTPForbidden()
    found = document_links.linked(request.dbsession, here.record, here.spec.key, bills=what == "bills")
    return [one for one in found if _sees(request, one.link.connection, what)]


def _sees(request: Any, connection: Connection, what: str) -> bool:
    seen = access.sight_in(request, connection)
    return seen.status and seen.amounts and (seen.bills or what != "bills")


def _just_unlinked(request: Any, here: Place) -> tuple[Connection, list[str], list[str]] | None:
    """The connection, ids and numbers of what was unlinked a moment ago, as the address says."""
    ids = [clean(one)[:100] for one in request.GET.get("unlinked", "").split(",") if one][:MOST]
    if not ids:
        return None
    connection = connection_for(request, request.dbsession, here.spec, request.GET.get("connection"), LINK)
    rows = document_links.rows(request.dbsession, connection.id, ids)
    seen = access.sight_in(request, connection)
    rows = [row for row in rows if seen.amounts and (seen.bills or row.kind not in BILL_KINDS)]
    linked = {link.document_id for link in linking.document_links_of(request.dbsession, *_key(here.record))}
    rows = sorted((row for row in rows if row.document_id not in linked), key=lambda row: ids.index(row.document_id))
    numbers = [row.number or row.reference or "a document" for row in rows]
    return (connection, [row.document_id for row in rows], numbers) if rows else None


def _key(record: Any) -> tuple[str, int]:
    return record.kind, record.id


def _page(
    request: Any, here: Place, what: str, rows: list[LinkedDocument], *, asking: bool = False, gone: Any = None
) -> Any:
    values = {
        "what": what,
        "rows": [(one, *_words(request, here, one)) for one in rows],
        "asking": asking,
        "gone": gone,
        "may_link": any(access.may(request, LINK, one.link.connection) for one in rows),
        "several": len({one.link.connection_id for one in rows}) > 1,
    }
    return accounting_page(request, "linked_documents", here.record, here.spec, **values)


def _words(request: Any, here: Place, one: LinkedDocument) -> tuple[Any, str | None]:
    """Its status in words, and where it is looked at."""
    connection = one.link.connection
    provider = here.spec.open(ConnectionContext(request.services, here.spec, connection))
    url = provider.web_url(DocumentKind(one.link.document_kind), Ref(one.link.document_id))
    return status_of(one.document, connections.today(connection, request.clock)) if one.document else None, url
