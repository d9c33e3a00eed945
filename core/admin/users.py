"""The pages of users: who may log in, what an administrator changes about them, and where they are logged in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther

from core import audit
from core.api.service import tokens_of
from core.forms import number_in
from core.users import links, service, sessions
from core.users.administration import NotAllowed, change_user, giver, role_of
from core.users.by_link import send_reset
from core.users.forms import UserForm, made
from core.users.models import User

RIGHT = "admin.users"


def includeme(config: Any) -> None:
    """The routes and who answers them."""
    config.add_route("admin.users", "/admin/users")
    config.add_view(show_users, route_name="admin.users", renderer="admin/users.jinja2", permission=RIGHT)
    config.add_route("admin.user", "/admin/users/{id:[0-9]{1,9}}")
    for method, view in (("GET", show_user), ("POST", save_user)):
        options = {"renderer": "admin/user.jinja2", "permission": RIGHT, "request_method": method}
        config.add_view(view, route_name="admin.user", **options)
    config.add_route("admin.user.deed", "/admin/users/{id:[0-9]{1,9}}/{deed:link|sign-out}", request_method="POST")
    config.add_view(deed, route_name="admin.user.deed", permission=RIGHT)


def show_users(request: Any) -> dict[str, Any]:
    """Who may log in, with which role, seen when; and who is invited."""
    session, now = request.dbsession, request.clock.now()
    found = service.all_users(session)
    invited = links.open_invitations(session)
    names = service.names_of(session, [one.invited_by for one in invited])
    seen = sessions.last_seen(session)
    return {"users": found, "seen": seen, "invitations": invited, "names": names, "now": now, "form": None, "link": ""}


def show_user(request: Any) -> dict[str, Any]:
    """What can be changed about one user."""
    user = user_in(request)
    form = made(UserForm, request, name=user.name, email=user.email, role=user.role.key)
    return _page(request, user, form, user.active)


def save_user(request: Any) -> Any:
    """Change a user; what is refused comes back with a sentence."""
    session, user = request.dbsession, user_in(request, for_change=True)
    form, active = made(UserForm, request), request.POST.get("active") == "yes"
    form.role.offer(service.all_roles(session))
    if number_in(str(request.POST.get("version", user.version)), -1) != user.version:
        request.response.status_int = 409
        return {**_page(request, user, form, active), "differs": _differs(form, user, active)}
    fine = form.validate()
    try:
        changes = _change(request, user, form, active) if fine else None
    except NotAllowed as refusal:
        form.role.errors, changes = [str(refusal)], None
    if changes is None:
        request.response.status_int = 422
        return _page(request, user, form, active)
    if changes[1]:
        write_down(request, user, "user.changed", *changes)
        request.session.flash(f"{user.name} was saved.", "success")
    return HTTPSeeOther("/admin/users")


def _change(request: Any, user: User, form: Any, active: bool) -> tuple[dict[str, object], dict[str, object]]:
    role, giving = role_of(request.dbsession, form.role.data), giver_in(request)
    giving.check(user.role.rights)
    giving.check(role.rights)
    return change_user(request.dbsession, user, role=role, active=active, name=form.name.data, email=form.email.data)


def deed(request: Any) -> Any:
    """Send a link for a new password, or sign the user out everywhere."""
    user, link = user_in(request), request.matchdict["deed"] == "link"
    try:
        giver_in(request).check(user.role.rights)
        told = _send_link(request, user) if link else _sign_out(request, user)
    except (NotAllowed, ValueError) as refusal:
        request.session.flash(str(refusal), "error")
    else:
        request.session.flash(told, "success")
    return HTTPSeeOther(f"/admin/users/{user.id}")


def _send_link(request: Any, user: User) -> str:
    if not user.active:
        raise NotAllowed(f"{user.name} may not log in. Allow that first.")
    if not user.email:
        raise NotAllowed(f"{user.name} has no e-mail. Write one first.")
    send_reset(request, user, by=request.identity.name)
    write_down(request, user, "user.password asked", {}, {"email": user.email})
    return f"A link for a new password goes to {user.email}. It works once, within an hour."


def _sign_out(request: Any, user: User) -> str:
    ended = sessions.end_all(request.dbsession, user.id)
    if ended:
        write_down(request, user, "user.signed out", {"log_ins": ended}, {})
    return f"{user.name} is signed out everywhere."


def _differs(form: Any, user: User, active: bool) -> list[tuple[str, str, str]]:
    """What is stored now beside what was typed, where these differ: label, stored, typed."""
    said = {True: "yes", False: "no"}
    both = [
        ("Name", user.name, form.name.data or ""),
        ("E-mail", user.email, form.email.data or ""),
        ("Role", user.role.title, form.role.offered.get(form.role.data, "")),
        ("May log in", said[user.active], said[active]),
    ]
    return [row for row in both if row[1] != row[2]]


def user_in(request: Any, *, for_change: bool = False) -> User:
    """The user of the address; `for_change` waits for whoever changes it now. Raises `HTTPNotFound`."""
    user = request.dbsession.get(User, int(request.matchdict["id"]), with_for_update=for_change or None)
    if user is None:
        raise HTTPNotFound()
    found: User = user
    return found


def giver_in(request: Any) -> Any:
    """Who gives rights in this request."""
    return giver(request.identity, request.registry.every_right)


def write_down(request: Any, user: User, name: str, old: Mapping[str, object], new: Mapping[str, object]) -> None:
    """What was done to a user, into the audit trail."""
    audit.write_down(request, name, kind="users", record_id=user.id, old=old, new=new)


def _page(request: Any, user: User, form: Any, active: bool) -> dict[str, Any]:
    session = request.dbsession
    form.role.offer(service.all_roles(session))
    now = request.clock.now()
    seen = {"places": sessions.places(session, user.id, now), "tokens": tokens_of(session, user.id), "now": now}
    return {"user": user, "form": form, "active": active, "differs": None, **seen}
