"""What every request has, and what every answer carries: services, session, clock, queue, security headers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pyramid.events import NewResponse
from pyramid.interfaces import IRoutesMapper
from pyramid.session import SignedCookieSessionFactory
from pyramid_tm import is_tm_active
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.contract.clock import Clock
from core.contract.extensions import NavLink, Panel
from core.services import Services

log = logging.getLogger(__name__)
READS = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE_SECONDS = 14 * 24 * 3600
HOUR = 3600

# No form-action: a form that ends in a redirect to an accounting system's consent page would be blocked by it.
POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def includeme(config: Any) -> None:
    """Give requests their furniture and rooms their directives."""
    services: Services = config.registry.services
    config.registry.own_session_routes = set()
    config.registry.navigation = []
    config.registry.panels = []
    config.registry.notices = []
    config.add_request_method(_services, "services", reify=True)
    config.add_request_method(_session, "dbsession", reify=True)
    config.add_request_method(_clock, "clock", reify=True)
    config.add_request_method(_is_fragment, "is_fragment", reify=True)
    config.add_request_method(enqueue, "enqueue")
    config.add_directive("add_own_session_route", add_own_session_route)
    config.add_directive("add_navigation", add_navigation)
    config.add_directive("add_panels", add_panels)
    config.add_directive("add_notices", add_notices)
    _add_cookies(config, services)
    config.add_subscriber(_secure, NewResponse)


def _add_cookies(config: Any, services: Services) -> None:
    config.set_session_factory(
        SignedCookieSessionFactory(
            services.vault.derive("session"),
            cookie_name="ledgertab",
            max_age=COOKIE_SECONDS,
            timeout=COOKIE_SECONDS,
            reissue_time=HOUR,
            httponly=True,
            samesite="Lax",
            secure=services.settings.secure_cookies,
        )
    )
    config.include("core.kept")
    config.set_default_csrf_options(require_csrf=True)
    config.add_settings({"pyramid.csrf_trusted_origins": urlsplit(services.settings.url).netloc})


def _services(request: Any) -> Services:
    services: Services = request.registry.services
    return services


def _clock(request: Any) -> Clock:
    clock: Clock = request.services.clock
    return clock


def _is_fragment(request: Any) -> bool:
    """Whether htmx asks, for a piece of a page (a boosted link asks for a whole one)."""
    return request.headers.get("HX-Request") == "true" and "HX-Boosted" not in request.headers


def _session(request: Any) -> Session:
    """The request's session; it writes unless the method only reads.

    On a route that stands outside the transaction it reads only, so that a template may still look something up.
    """
    db = request.services.db
    if is_tm_active(request):
        session: Session = db.for_request(request.tm, writes=request.method not in READS)
        return session
    session = Session(bind=db.engine, expire_on_commit=False)
    event.listen(session, "before_flush", _refuse_to_write)
    request.add_finished_callback(lambda _: session.close())
    return session


@contextmanager
def reading(request: Any) -> Iterator[Session]:
    """A session to look up what any page needs, such as who asks: the request's own where that reads only, else a
    short one, so that nothing waits for a place to write and the page of a fault asks no broken transaction. What
    stands in for a request that is over, while its answer is still being sent, gets a short one too.
    """
    if (
        getattr(request, "method", "") in READS
        and is_tm_active(request)
        and getattr(request, "exception", None) is None
    ):
        yield request.dbsession
        return
    with request.services.db.read() as session:
        yield session


def write_afterwards(request: Any, write: Callable[[Session], None], failure: str) -> None:
    """Write in a session of its own when the request is over; where that fails, `failure` is logged and no more.

    For the request may be writing itself by now, and SQLite has one writer at a time.
    """

    def over(request: Any) -> None:
        try:
            with request.services.db.begin() as session:
                write(session)
        except SQLAlchemyError:
            log.exception(failure)

    request.add_finished_callback(over)


def _refuse_to_write(session: Session, *_: Any) -> None:
    raise RuntimeError("This route stands outside the transaction: write with request.services.db.begin().")


def enqueue(request: Any, name: str, **arguments: Any) -> None:
    """Put a job into the queue once the request's transaction is committed; at once where none is open."""
    jobs = request.services.jobs
    if not is_tm_active(request):
        jobs.enqueue(name, **arguments)
        return

    def after(committed: bool) -> None:
        if committed:
            jobs.enqueue(name, **arguments)

    request.tm.get().addAfterCommitHook(after)


def add_own_session_route(config: Any, name: str, pattern: str, **options: Any) -> None:
    """Add a route whose views open short sessions of their own, because they call a provider in between."""
    config.registry.own_session_routes.add(name)
    config.add_route(name, pattern, **options)


def in_transaction(request: Any) -> bool:
    """Whether the request gets a transaction around it: all do but those of `add_own_session_route`."""
    try:
        route = request.registry.getUtility(IRoutesMapper)(request)["route"]
    except UnicodeDecodeError:
        return True
    return route is None or route.name not in request.registry.own_session_routes


def add_navigation(config: Any, links: Callable[[Any], Iterable[NavLink]]) -> None:
    """Let a room of the core add entries to the main navigation: `links(request)` yields them."""
    config.registry.navigation.append(links)


def add_panels(config: Any, panels: Callable[[Any], Iterable[Panel]]) -> None:
    """Let a room of the core add cards to the start page: `panels(request)` yields them."""
    config.registry.panels.append(panels)


@dataclass(frozen=True)
class Notice:
    """What stands at the top of every page until it is settled: a sentence, how bad it is, a link with its text."""

    text: str
    tone: str = "warn"
    url: str = ""
    deed: str = ""


def add_notices(config: Any, notices: Callable[[Any], Iterable[Notice]]) -> None:
    """Let a room of the core say something on every page: `notices(request)` yields it, for whom it concerns."""
    config.registry.notices.append(notices)


def _secure(event: Any) -> None:
    """The headers that keep pages out of frames, scripts out of pages and private pages out of shared caches."""
    headers = event.response.headers
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if event.request.services.settings.secure_cookies:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if not event.request.environ.get("PATH_INFO", "").startswith("/static/"):
        headers.setdefault("Cache-Control", "private, no-cache")
        # A piece of a page and the whole have one address: the way back must not take the one for the other.
        headers.setdefault("Vary", "HX-Request, HX-Boosted")
