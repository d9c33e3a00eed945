"""The pages for administrators: plugins, users, the style guide."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther

from core.admin.plugin_facts import plugin_facts
from core.admin.styleguide import samples
from core.audit.service import record_deed
from core.users import service as users
from core.users.administration import NotAllowed, change_user
from core.users.models import User


def includeme(config: Any) -> None:
    """The routes and who answers them."""
    config.add_route("admin.plugins", "/admin/plugins")
    config.add_view(plugins, route_name="admin.plugins", renderer="admin/plugins.jinja2", permission="admin.plugins")
    config.add_route("admin.users", "/admin/users")
    config.add_view(show_users, route_name="admin.users", renderer="admin/users.jinja2", permission="admin.users")
    config.add_route("admin.user", "/admin/users/{id:[0-9]{1,9}}", request_method="POST")
    config.add_view(save_user, route_name="admin.user", permission="admin.users")
    config.add_route("admin.styleguide", "/admin/styleguide")
    config.add_view(styleguide, route_name="admin.styleguide", renderer="admin/styleguide.jinja2")


def plugins(request: Any) -> dict[str, Any]:
    """Every plugin with its hooks and settings, secrets masked."""
    services = request.services
    return {"plugins": plugin_facts(services.plugins, services.settings.all)}


def show_users(request: Any) -> dict[str, Any]:
    """Who may log in, and with which role."""
    session, titles = request.dbsession, {right.key: right.title for right in request.registry.rights}
    return {"users": users.all_users(session), "roles": users.all_roles(session), "titles": titles}


def save_user(request: Any) -> Any:
    """Another role, or log-in switched off or on."""
    user = request.dbsession.get(User, int(request.matchdict["id"]))
    if user is None:
        raise HTTPNotFound()
    active = request.POST.get("active") == "yes"
    try:
        old, new = change_user(request.dbsession, user, role=request.POST.get("role", ""), active=active)
    except NotAllowed as refusal:
        request.session.flash(str(refusal), "error")
        return HTTPSeeOther("/admin/users")
    if new:
        record_deed(
            request.dbsession,
            when=request.clock.now(),
            user_id=request.identity.id,
            deed="user.changed",
            kind="users",
            record_id=user.id,
            old=old,
            new=new,
        )
        request.session.flash(f"{user.name} was saved.", "success")
    return HTTPSeeOther("/admin/users")


def styleguide(request: Any) -> dict[str, Any]:
    """Every component with a sample."""
    return samples(request.clock.now())
