"""The sandbox's pages for people: what one would do in Xero itself, without a log-in."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPFound
from pyramid.renderers import render_to_response

from plugins.xero.sandbox.addresses import ours
from plugins.xero.sandbox.asking import local_day
from plugins.xero.sandbox.deeds import Deeds, Impossible
from plugins.xero.sandbox.envelope import not_found
from plugins.xero.sandbox.faults import KINDS
from plugins.xero.sandbox.oauth import refusal
from plugins.xero.sandbox.panel import add_fault
from plugins.xero.sandbox.state import STATE, State
from plugins.xero.sandbox.store import Books
from plugins.xero.sandbox.traffic import MACHINE
from plugins.xero.sandbox.wire import BadValue, Record, moment_of, read_number

SHOWN = 100


def includeme(config: Any) -> None:
    """Routes: our own pages, and the addresses that links into Xero use."""
    routes = (
        ("start", "/", start, "GET"),
        ("invoices", "/sandbox/invoices", invoices, "GET"),
        ("contacts", "/sandbox/contacts", contacts, "GET"),
        ("apps", "/sandbox/apps", apps, "GET"),
        ("log", "/sandbox/log", log, "GET"),
        ("panel", "/sandbox/panel", panel, "GET"),
        ("switch", "/sandbox/panel", switch, "POST"),
        ("deed", "/sandbox/do/{deed}/{id}", deed, "POST"),
        ("deep_link", "/organisationlogin/default.aspx", deep_link, "GET"),
        ("sale", "/AccountsReceivable/View.aspx", document, "GET"),
        ("sale_edit", "/AccountsReceivable/Edit.aspx", document, "GET"),
        ("bill", "/AccountsPayable/Edit.aspx", document, "GET"),
        ("bill_view", "/AccountsPayable/View.aspx", document, "GET"),
        ("sale_credit", "/AccountsReceivable/ViewCreditNote.aspx", credit_note, "GET"),
        ("bill_credit", "/AccountsPayable/ViewCreditNote.aspx", credit_note, "GET"),
        ("contact", "/Contacts/View/{id}", contact, "GET"),
        ("online", "/online/{id}", online, "GET"),
    )
    for name, pattern, view, method in routes:
        config.add_route(f"page_{name}", pattern, request_method=method)
        config.add_view(view, route_name=f"page_{name}")
    config.add_notfound_view(nothing_here)


def page(template: str, request: Any, **values: Any) -> Any:
    """A page, with what every page needs."""
    state: State = request.environ[STATE]
    message = request.GET.get("said", "")
    values |= {"moment": moment_of, "message": message, "here": request.path_qs, "organisations": _names(state)}
    return render_to_response(f"plugins.xero.sandbox:templates/{template}", values, request=request)


def nothing_here(request: Any) -> Any:
    """404 as a page, or as Xero's machines say it."""
    machine = request.path.lower().startswith(MACHINE) or "json" in request.headers.get("Accept", "")
    if machine or request.method not in {"GET", "HEAD"}:
        return refusal(not_found())
    response = page("problem.jinja2", request, problem="There is no such page in the sandbox.")
    response.status = 404
    return response


def start(request: Any) -> Any:
    """What this is, and what is in it."""
    state: State = request.environ[STATE]
    with state.store.work():
        rows = [(books.organisation, _counts(books)) for books in state.store.books.values()]
        return page("start.jinja2", request, rows=rows, connections=len(state.connections.all()))


def invoices(request: Any) -> Any:
    """Invoices and bills, filtered, with what accounts people may do to each."""
    state: State = request.environ[STATE]
    asked = {name: request.GET.get(name, "") for name in ("org", "status", "type", "text", "contact")}
    with state.store.work():
        books = _books(state, asked["org"])
        found = [row for row in books["Invoices"].all() if _fits(books, row, asked)]
        found.sort(key=lambda row: (row["Date"], row["UpdatedDateUTC"]), reverse=True)
        names = {row["InvoiceID"]: _name(books, row) for row in found[:SHOWN]}
        return page(
            "invoices.jinja2",
            request,
            rows=found[:SHOWN],
            many=len(found),
            names=names,
            asked=asked,
            books=books,
            today=local_day(state.clock.now(), books),
        )


def contacts(request: Any) -> Any:
    """Contacts, to be archived and restored."""
    state: State = request.environ[STATE]
    text = request.GET.get("text", "")
    with state.store.work():
        books = _books(state, request.GET.get("org", ""))
        found = [row for row in books["Contacts"].all() if text.casefold() in row["Name"].casefold()]
        return page("contacts.jinja2", request, rows=found[:SHOWN], many=len(found), text=text, books=books)


def apps(request: Any) -> Any:
    """Connected apps."""
    state: State = request.environ[STATE]
    with state.store.work():
        rows = [(row, state.connections.shown(row)) for row in state.connections.all()]
        return page("apps.jinja2", request, rows=rows)


def log(request: Any) -> Any:
    """The latest calls."""
    state: State = request.environ[STATE]
    return page("log.jinja2", request, calls=state.calls.all()[: -SHOWN * 2 : -1], counts=state.calls.counts())


def panel(request: Any) -> Any:
    """The faults."""
    state: State = request.environ[STATE]
    return page("panel.jinja2", request, faults=state.faults.all(), kinds=KINDS)


def switch(request: Any) -> Any:
    """Switch a fault on, or all off."""
    state: State = request.environ[STATE]
    if request.POST.get("clear"):
        state.faults.clear()
        return back_to("/sandbox/panel", "All faults are off.")
    try:
        add_fault(state, request.POST)
    except ValueError as error:
        return back_to("/sandbox/panel", str(error))
    return back_to("/sandbox/panel", "The fault is on.")


def deed(request: Any) -> Any:
    """Do what accounts people do, then go back to where the button was."""
    state: State = request.environ[STATE]
    key, deeds = request.matchdict["id"], Deeds(state)
    amount = request.POST.get("amount", "").strip()
    known: dict[str, Callable[[], object]] = {
        "approve": lambda: deeds.approve(key),
        "submit": lambda: deeds.submit(key),
        "void": lambda: deeds.void(key),
        "delete": lambda: deeds.delete(key),
        "pay": lambda: deeds.pay(key, _amount(amount)),
        "credit": lambda: deeds.credit(key, _amount(amount)),
        "archive": lambda: deeds.archive_contact(key),
        "restore": lambda: deeds.restore_contact(key),
        "merge": lambda: deeds.merge_contact(key, _contact_called(state, key, request.POST.get("into", ""))),
        "disconnect": lambda: deeds.disconnect(key),
        "revoke": deeds.revoke,
    }
    back = request.POST.get("back") or "/"
    try:
        known.get(request.matchdict["deed"], _unknown)()
    except (Impossible, BadValue) as error:
        return back_to(back, str(error))
    return back_to(back, "Done.")


def _contact_called(state: State, key: str, text: str) -> str:
    """The id of the contact that a person typed, by name or id, among those of another contact's organisation."""
    with state.store.work():
        books, _ = _find(state, "Contacts", key)
        named: list[Record | None] = []
        if books is not None:
            named = [*books["Contacts"].numbered(text.strip()), books["Contacts"].get(text.strip())]
        found = [row for row in named if row is not None and row["ContactID"] != key]
        found.sort(key=lambda row: row["ContactStatus"] != "ACTIVE")
    if not found:
        raise Impossible(f"There is no other contact called {text!r}.")
    return str(found[0]["ContactID"])


def _unknown() -> None:
    raise Impossible("There is no such deed.")


def _amount(text: str) -> Decimal | None:
    return read_number(text)


def deep_link(request: Any) -> Any:
    """Xero's address for links: picks the organisation, then goes to the page. Only to a path of our own."""
    state: State = request.environ[STATE]
    code, path = request.GET.get("shortcode", ""), request.GET.get("redirecturl", "/")
    codes = {books.organisation["ShortCode"] for books in state.store.books.values()}
    if code not in codes or ours(path) is None:
        return nothing_here(request)
    return HTTPFound(path)


def document(request: Any) -> Any:
    """One invoice or bill, as its page in Xero would show it."""
    state: State = request.environ[STATE]
    with state.store.work():
        books, row = _find(state, "Invoices", _asked(request, "invoiceid"))
        if books is None or row is None:
            return nothing_here(request)
        history = books["History"].numbered(row["InvoiceID"])[::-1]
        return page(
            "document.jinja2",
            request,
            row=row,
            name=_name(books, row),
            books=books,
            history=history,
            source=_source(row),
            today=local_day(state.clock.now(), books),
        )


def credit_note(request: Any) -> Any:
    """One credit note."""
    state: State = request.environ[STATE]
    with state.store.work():
        books, row = _find(state, "CreditNotes", _asked(request, "creditnoteid"))
        if books is None or row is None:
            return nothing_here(request)
        return page("credit_note.jinja2", request, row=row, name=_name(books, row), books=books)


def _asked(request: Any, name: str) -> str:
    """A query parameter, whatever the case of its name."""
    return next((str(value) for key, value in request.GET.items() if key.lower() == name), "")


def contact(request: Any) -> Any:
    """One contact with its documents."""
    state: State = request.environ[STATE]
    with state.store.work():
        books, row = _find(state, "Contacts", request.matchdict["id"])
        if books is None or row is None:
            return nothing_here(request)
        found = sorted(books["Invoices"].of_contact(row["ContactID"]), key=lambda each: each["Date"], reverse=True)
        names = {each["InvoiceID"]: row["Name"] for each in found}
        today = local_day(state.clock.now(), books)
        return page(
            "contact.jinja2",
            request,
            row=row,
            survivor=books["Contacts"].get(row.get("MergedToContactID")),
            others=[each for each in books["Contacts"].all() if each["ContactStatus"] == "ACTIVE" and each != row],
            rows=found[:SHOWN],
            many=len(found),
            names=names,
            books=books,
            today=today,
        )


def online(request: Any) -> Any:
    """What a customer sees of a sales invoice."""
    state: State = request.environ[STATE]
    with state.store.work():
        books, row = _find(state, "Invoices", request.matchdict["id"])
        if books is None or row is None or row["Type"] != "ACCREC":
            return nothing_here(request)
        return page("online.jinja2", request, row=row, name=_name(books, row), books=books)


def _source(row: Record) -> str | None:
    """The address behind "Go to …", if it is one that a page may link to."""
    url = str(row.get("Url") or "")
    return url if url.startswith(("http://", "https://")) else None


def _find(state: State, table: str, key: str) -> tuple[Books | None, Record | None]:
    for books in state.store.books.values():
        row = books[table].get(key.lower())
        if row is not None:
            return books, row
    return None, None


def _books(state: State, tenant: str) -> Books:
    return state.store.books.get(tenant) or next(iter(state.store.books.values()))


def _names(state: State) -> list[tuple[str, str]]:
    return [(tenant, books.organisation["Name"]) for tenant, books in state.store.books.items()]


def _name(books: Books, row: Record) -> str:
    found = books["Contacts"].get(row["Contact"].get("ContactID"))
    return str(found["Name"]) if found else ""


def _counts(books: Books) -> dict[str, int]:
    return {name: len(books[name]) for name in ("Contacts", "Invoices", "CreditNotes", "Payments")}


def _fits(books: Books, row: Record, asked: dict[str, str]) -> bool:
    text = asked["text"].casefold()
    words = f"{row.get('InvoiceNumber')}\n{row.get('Reference')}\n{_name(books, row)}".casefold()
    return (
        asked["status"] in ("", row["Status"])
        and asked["type"] in ("", row["Type"])
        and asked["contact"] in ("", row["Contact"].get("ContactID"))
        and text in words
    )


def back_to(path: str, message: str) -> Any:
    """To a path of our own, or to the first page in place of any other address, with a sentence to show."""
    parts = ours(path)
    kept, asked = (parts.path, parts.query) if parts else ("/", "")
    query = [pair for pair in asked.split("&") if pair and not pair.startswith("said=")]
    return HTTPFound(f"{kept}?{'&'.join([*query, urlencode({'said': message})])}")
