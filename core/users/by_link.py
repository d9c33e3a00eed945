"""The pages behind one-time links: an invited person comes in, a forgotten password is chosen anew.

Looking at a link uses nothing up, for mail programs and their guards look first; only sending the form does.
"""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.security import NO_PERMISSION_REQUIRED

from core.audit.service import record_deed
from core.forms import clean, is_email_address, typed_in
from core.users import links, mails
from core.users.forms import NewPasswordForm, WelcomeForm, made
from core.users.models import User
from core.users.views import TOO_MANY, enter

TOO_OFTEN = "Too many requests from here. Wait a quarter of an hour, then try again."
CHANGED = "Your password was changed. Log in with it."


def includeme(config: Any) -> None:
    """The routes and who answers them; nobody needs to be logged in."""
    for name, pattern, view in (
        ("forgot", "/forgot", forgot),
        ("reset", "/reset/{token}", reset),
        ("welcome", "/welcome/{token}", welcome),
    ):
        config.add_route(name, pattern)
        for method in ("GET", "POST"):
            config.add_view(
                view,
                route_name=name,
                renderer=f"users/{name}.jinja2",
                request_method=method,
                permission=NO_PERMISSION_REQUIRED,
            )


def forgot(request: Any) -> dict[str, Any]:
    """Asks for an e-mail or a log-in name and sends a link there. The answer is the same whether or not it is known."""
    if request.method == "GET":
        return {"asked": "", "problem": "", "sent": False}
    who = clean(typed_in(request.POST, "who"))[:254]
    if not who:
        request.response.status_int = 422
        return {"asked": "", "problem": "Write your e-mail or your log-in name.", "sent": False}
    if not request.registry.login_throttle.may_ask(request.remote_addr or ""):
        request.response.status_int = 429
        return {"asked": who, "problem": TOO_OFTEN, "sent": False}
    for user in links.users_meant(request.dbsession, who):
        if is_email_address(user.email) and request.registry.login_throttle.may_mail(user.email):
            send_reset(request, user)
    return {"asked": who, "problem": "", "sent": True}


def send_reset(request: Any, user: User, by: str = "") -> None:
    """Send the user a link for a new password, good for an hour; `by` is the administrator who has it sent.

    Raises ValueError when the user's e-mail is no address.
    """
    now, home = request.clock.now(), request.services.settings.url
    link = f"{home}/reset/{links.begin_reset(request.dbsession, user, now)}"
    subject, text = mails.new_password(name=user.name, login=user.login, link=link, home=home, by=by)
    request.send_mail(user.email, subject, text, useful_until=now + links.RESET_LIFE)


def reset(request: Any) -> Any:
    """Choose a new password."""
    found = _by_token(request, links.reset_of)
    if found is None:
        return _no_link(request, "/forgot", "Ask for a new one")
    user, form = found.user, made(NewPasswordForm, request)
    form.about = (user.name, user.login, user.email)
    if request.method == "GET" or not form.validate():
        return _shown(request, form, user=user)
    if not links.finish_reset(request.dbsession, found, form.password.data):
        return _no_link(request, "/forgot", "Ask for a new one")
    _write_down(request, user, "user.password changed")
    request.session.flash(CHANGED, "ended")
    return HTTPSeeOther("/login")


def welcome(request: Any) -> Any:
    """Choose a log-in name and a password, and be in."""
    found = _by_token(request, links.invitation_of)
    if found is None:
        return _no_link(request, "/login", "To the log-in")
    form = made(WelcomeForm, request, name=found.name)
    form.about = (found.email,)
    if request.method == "GET" or not form.validate():
        return _shown(request, form, invitation=found)
    typed_in = {"login": form.login.data, "name": form.name.data, "password": form.password.data}
    try:
        user = links.accept(request.dbsession, found, when=request.clock.now(), **typed_in)
    except ValueError as refusal:
        form.login.errors = [str(refusal)]
        return _shown(request, form, invitation=found)
    _write_down(request, user, "user.joined")
    enter(request, user)
    return HTTPSeeOther("/")


def _by_token(request: Any, find: Any) -> Any:
    """What a link belongs to; None for one that is none, or where too many were none."""
    throttle, address = request.registry.login_throttle, request.remote_addr or ""
    if not throttle.may_open_links(address):
        return None
    found = find(request.dbsession, request.matchdict["token"][:200], request.clock.now())
    if found is None:
        throttle.wrong_link(address)
    return found


def _no_link(request: Any, url: str, deed: str) -> Any:
    """The page for a link that was used, withdrawn, is over, or never was."""
    late = not request.registry.login_throttle.may_open_links(request.remote_addr or "")
    values = {"text": TOO_MANY if late else "", "url": url, "deed": deed}
    response = render_to_response("users/no_link.jinja2", values, request=request)
    response.status_int = 429 if late else 404
    return response


def _shown(request: Any, form: Any, **values: Any) -> dict[str, Any]:
    request.response.status_int = 422 if request.method == "POST" else 200
    return {"form": form, **values}


def _write_down(request: Any, user: User, deed: str) -> None:
    when = request.clock.now()
    record_deed(request.dbsession, when=when, user_id=user.id, deed=deed, kind="users", record_id=user.id)
