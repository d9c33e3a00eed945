"""Log-in, log-out, and how the pages look to one user."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.security import NO_PERMISSION_REQUIRED

from core import kept
from core.forms import clean, typed_in
from core.users import service
from core.users.models import User
from core.users.passwords import LONGEST
from core.users.security import TOKEN

WRONG = "The name or the password is wrong."
TOO_MANY = "Too many tries. Wait a quarter of an hour, then try again."
THEMES = ("auto", "light", "dark")


def includeme(config: Any) -> None:
    """The routes and who answers them."""
    config.add_route("login", "/login")
    config.add_route("logout", "/logout", request_method="POST")
    config.add_route("theme", "/theme", request_method="POST")
    form = {"route_name": "login", "renderer": "users/login.jinja2", "permission": NO_PERMISSION_REQUIRED}
    config.add_view(login_page, request_method="GET", **form)
    config.add_view(log_in, request_method="POST", **form)
    config.add_view(log_out, route_name="logout")
    config.add_view(choose_theme, route_name="theme")


def login_page(request: Any) -> Any:
    """The log-in form; who is logged in goes on."""
    came_from = safe_path(request.GET.get("next", ""))
    if request.identity is not None:
        return HTTPSeeOther(came_from)
    return {"login": "", "came_from": came_from, "problem": "", "kept": ""}


def log_in(request: Any) -> Any:
    """Check name and password; wrong ones come back with the name and one sentence."""
    login, came_from = clean(typed_in(request.POST, "login"))[:80], safe_path(typed_in(request.POST, "next"))
    throttle, address = request.registry.login_throttle, request.remote_addr or ""
    if not throttle.may_try(login, address):
        return _again(request, 429, TOO_MANY, login, came_from)
    user = service.check_password(request.dbsession, login, typed_in(request.POST, "password")[:LONGEST])
    if user is None:
        throttle.failed(login, address)
        return _again(request, 422, WRONG, login, came_from)
    throttle.succeeded(login, address)
    enter(request, user)
    sealed = kept.open_sealed(request, kept.sealed_in(request), user.id)
    if sealed is None:
        return HTTPSeeOther(came_from)
    return render_to_response("users/kept.jinja2", {"kept": sealed, "reason": "You are logged in again."}, request)


def enter(request: Any, user: User) -> None:
    """Log this browser in as that user; what it was logged in as before is over."""
    if isinstance(before := request.session.get(TOKEN), str):
        service.close_login(request.dbsession, before)
    request.session.invalidate()
    request.session[TOKEN] = service.open_login(
        request.dbsession,
        user,
        when=request.clock.now(),
        address=request.remote_addr or "",
        agent=request.user_agent or "",
    )
    request.session[kept.USER] = user.id


def _again(request: Any, status: int, problem: str, login: str, came_from: str) -> dict[str, str]:
    request.response.status_int = status
    return {"login": login, "came_from": came_from, "problem": problem, "kept": kept.sealed_in(request)}


def log_out(request: Any) -> Any:
    """End this browser's log-in."""
    service.close_login(request.dbsession, request.session.get(TOKEN, ""))
    request.session.invalidate()
    return HTTPSeeOther(request.route_path("login"))


def choose_theme(request: Any) -> Any:
    """Light, dark or as the device has it."""
    theme = typed_in(request.POST, "theme")
    if theme in THEMES:
        service.set_theme(request.dbsession, request.identity.id, theme)
    return HTTPSeeOther(safe_path(typed_in(request.POST, "next")))


def safe_path(text: str) -> str:
    """A path on this site, or the start page for anything else that an address could lead away by."""
    parts = urlsplit(text) if text.isprintable() and "\\" not in text else None
    if parts is None or parts.scheme or parts.netloc or not text.startswith("/") or text.startswith("//"):
        return "/"
    return text if parts.path != "/login" else "/"
