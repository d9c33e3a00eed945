"""Pages for what goes wrong: not found, not allowed, stale, broken; as a short line where only a piece was asked."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken
from pyramid.httpexceptions import HTTPError, HTTPForbidden, HTTPFound, HTTPNoContent, HTTPNotFound, HTTPUnauthorized
from pyramid.renderers import render_to_response
from pyramid_retry import is_error_retryable
from sqlalchemy.exc import DataError

from core.kept import open_sealed, seal

log = logging.getLogger(__name__)

WORDS = {
    400: ("This cannot be read", "The address or what was sent with it is not what this page expects."),
    401: ("Please log in", "This needs a log-in."),
    403: ("Not for your role", "Your role does not have the right to do this. An administrator can change that."),
    404: ("Not here", "There is nothing at this address. It may have been deleted, or the link is wrong."),
    405: ("Not this way", "This address does not take what was asked of it."),
    409: ("It changed meanwhile", "Somebody else changed this. Look at it again and repeat what you wanted to do."),
    500: (
        "Something broke",
        "It is not your doing. It was written down; what you typed is still there if you go back.",
    ),
}
OLD_PAGE = "The page was open for too long, or in a browser that refuses cookies. Go back, reload it and send it again."
ENDED = "You were logged out. Log in to go on."
STILL_HERE = "What you typed is still here. Press the form's main button: it is kept while you go on."

FaultWriter = Callable[..., Any]


def includeme(config: Any) -> None:
    """A view for each kind of fault."""
    config.add_notfound_view(http_error)
    config.add_forbidden_view(forbidden)
    config.add_exception_view(http_error, context=HTTPError)
    config.add_exception_view(bad_csrf, context=BadCSRFToken)
    config.add_exception_view(bad_csrf, context=BadCSRFOrigin)
    config.add_exception_view(bad_address, context=UnicodeDecodeError)
    config.add_exception_view(unstorable, context=DataError)
    config.add_exception_view(broken, context=Exception)
    config.add_directive("add_fault", add_fault)
    config.registry.fault_writers = {}
    config.add_directive("set_fault_writer", set_fault_writer)


@dataclass(frozen=True, slots=True)
class WayOn:
    """What can be done about a fault: what the page says in place of its text, and a button that posts to `url`."""

    text: str
    deed: str
    url: str


def add_fault(
    config: Any, context: type[Exception], status: int, way_on: Callable[[Any, Any], WayOn | None] | None = None
) -> None:
    """Let an exception of a room end in the page of a status; its text is what the page says.

    `way_on(error, request)` may know what to do about it.
    """

    def view(error: Exception, request: Any) -> Any:
        way = way_on(error, request) if way_on else None
        return page(request, status, text=way.text if way else str(error), way=way)

    config.add_exception_view(view, context=context)


def set_fault_writer(config: Any, prefix: str, write: FaultWriter) -> None:
    """Let a room answer faults at the addresses under a prefix in a way of its own, not by a page.

    `write(request, status, text=…, number=…)`: `text` is what was said of this one fault, "" for nothing.
    """
    config.registry.fault_writers[prefix] = write


def is_under(request: Any, prefix: str) -> bool:
    """Whether the request's address is the prefix or lies under it; told of addresses that are not UTF-8, too."""
    path = request.environ.get("PATH_INFO", "")
    return bool(path == prefix or path.startswith(f"{prefix}/"))


def _writer(request: Any) -> FaultWriter | None:
    writers: dict[str, FaultWriter] = request.registry.fault_writers
    return next((write for prefix, write in writers.items() if is_under(request, prefix)), None)


def forbidden(error: Any, request: Any) -> Any:
    """To the log-in page for who is not logged in, else the page that says so."""
    if write := _writer(request):
        return write(request, 401 if request.identity is None else 403)
    if request.identity is not None:
        return page(request, 403)
    if sealed := seal(request):
        return _log_in_to_go_on(request, sealed)
    route = request.matched_route.name if request.matched_route else ""
    if request.is_fragment and route in request.registry.asked_while_typing:
        return HTTPNoContent()
    target = request.route_path("login")
    if request.method == "POST" or request.is_fragment:
        request.session.flash(ENDED, "ended", allow_duplicate=False)
    back = request.path_qs if request.method == "GET" and not request.is_fragment else _page_before(request)
    if back != "/":
        target = f"{target}?{urlencode({'next': back})}"
    if request.is_fragment:
        return HTTPUnauthorized(headers={"HX-Redirect": target})
    return HTTPFound(target)


def _log_in_to_go_on(request: Any, sealed: str) -> Any:
    """The log-in page with what was typed in it; where a script asked, the page stays as it is, and its form too."""
    if request.is_fragment:
        return page(request, 401, title="You were logged out", text=STILL_HERE)
    values = {"login": "", "came_from": _page_before(request), "problem": "", "kept": sealed}
    response = render_to_response("users/login.jinja2", values, request=request)
    response.status_int = 401
    return response


def _page_before(request: Any) -> str:
    """The page that a form or a piece stands on, where the browser tells; the start page otherwise."""
    before = request.headers.get("HX-Current-URL") or request.referer or ""
    return before.removeprefix(request.host_url) if before.startswith(f"{request.host_url}/") else "/"


def http_error(error: Any, request: Any) -> Any:
    """The page of that status, with what the view said, if it said something of its own."""
    said = error.detail if isinstance(error, HTTPError) and not isinstance(error, (HTTPNotFound, HTTPForbidden)) else ""
    return page(request, error.status_code, text=said or "")


def unstorable(error: DataError, request: Any) -> Any:
    """A value that the database takes in no column, such as the character NUL on PostgreSQL, past what forms catch.

    The page has no frame: the transaction is broken, and the frame would ask the database.
    """
    log.warning("%s %s: %s", request.method, request.path, error.orig)
    return page(request, 400, framed=False)


def bad_csrf(error: Exception, request: Any) -> Any:
    """A form without a good token: usually a page that was open when the log-in ended."""
    sealed, who = seal(request), request.identity
    if sealed and who is None:
        return _log_in_to_go_on(request, sealed)
    typed = open_sealed(request, sealed, who.id) if who else None
    if typed is None:
        return page(request, 400, title="Please send it again", text=OLD_PAGE)
    if request.is_fragment:
        return page(request, 400, title="You logged in anew", text=STILL_HERE)
    values = {"kept": typed, "reason": "You logged in anew since the form was opened."}
    response = render_to_response("users/kept.jinja2", values, request=request)
    response.status_int = 400
    return response


def bad_address(error: Exception, request: Any) -> Any:
    """An address that is not UTF-8; the page has no frame, for that would read the address."""
    return page(request, 400, framed=False)


def broken(error: Exception, request: Any) -> Any:
    """A fault of ours: written down under a number that the page shows. What may be retried is left to the retry."""
    if is_error_retryable(request, error):
        raise error
    number = secrets.token_hex(4)
    log.error("fault %s at %s %s", number, request.method, request.environ.get("PATH_INFO"), exc_info=error)
    return page(request, 500, number=number)


def page(
    request: Any,
    status: int,
    *,
    title: str = "",
    text: str = "",
    number: str = "",
    framed: bool = True,
    way: WayOn | None = None,
) -> Any:
    """The answer for a fault: a page in the look of the others, or one line for a piece of a page."""
    if write := _writer(request):
        return write(request, status, text=text, number=number)
    default = WORDS.get(status) or (WORDS[400] if status < 500 else WORDS[500])
    values = {
        "status": status,
        "title": title or default[0],
        "text": text or default[1],
        "number": number,
        "way": way,
        "framed": framed,
    }
    template = "errors/fragment.jinja2" if request.is_fragment else "errors/page.jinja2"
    response = render_to_response(template, values, request=request)
    response.status_int = status
    return response
