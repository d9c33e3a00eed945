"""The pages of roles: made, copied, renamed, given rights, deleted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther

from core.admin.users import RIGHT, giver_in
from core.audit import write_down
from core.contract.extensions import Right
from core.forms import can_be_seen, number_in, one_line
from core.users import service
from core.users.administration import ADMIN, NotAllowed, change_role, delete_role, holders, make_role
from core.users.models import Role
from core.users.rights import ALL

AREAS = {"records": "Records", "accounting": "Accounting", "admin": "Administration", "audit": "Administration"}
STALE = "Somebody else changed this role while you had the form open. Here is how it stands now; change it again."
LONGEST = 80


@dataclass(frozen=True)
class Typed:
    """What a form of a role says; `kept` are rights of plugins that are off, which no box shows."""

    title: str
    rights: frozenset[str]
    kept: frozenset[str] = frozenset()


def includeme(config: Any) -> None:
    """The routes and who answers them."""
    config.add_route("admin.roles", "/admin/roles")
    config.add_view(show_roles, route_name="admin.roles", renderer="admin/roles.jinja2", permission=RIGHT)
    for name, pattern, get, post in (
        ("admin.role.new", "/admin/roles/new", new_page, make),
        ("admin.role", "/admin/roles/{id:[0-9]{1,9}}", role_page, save),
    ):
        config.add_route(name, pattern)
        for method, view in (("GET", get), ("POST", post)):
            options = {"renderer": "admin/role.jinja2", "permission": RIGHT, "request_method": method}
            config.add_view(view, route_name=name, **options)
    config.add_route("admin.role.delete", "/admin/roles/{id:[0-9]{1,9}}/delete", request_method="POST")
    config.add_view(remove, route_name="admin.role.delete", permission=RIGHT)


def show_roles(request: Any) -> dict[str, Any]:
    """Every role, who has it, and what it may do."""
    titles = {right.key: right.title for right in request.registry.rights}
    return {
        "roles": service.all_roles(request.dbsession),
        "holders": holders(request.dbsession),
        "titles": titles,
        "admin": ADMIN,
    }


def new_page(request: Any) -> dict[str, Any]:
    """An empty form, or a copy of the role whose id the address has."""
    model = request.dbsession.get(Role, number_in(request.GET.get("copy"))) if "copy" in request.GET else None
    if model is None:
        return _page(request, Typed("", frozenset()))
    return _page(request, Typed(f"{model.title} (copy)"[:LONGEST], frozenset(model.rights)))


def make(request: Any) -> Any:
    """Make a role."""
    typed = _typed(request)
    try:
        _check(request, typed)
        giver_in(request).check(typed.rights)
        role = make_role(request.dbsession, title=typed.title, rights=typed.rights)
    except NotAllowed as refusal:
        return _page(request, typed, problem=str(refusal))
    write_down(request, "role.made", kind="roles", record_id=role.id, new={"title": role.title, "rights": role.rights})
    request.session.flash(f"The role {role.title} was made. Give it to people on their pages.", "success")
    return HTTPSeeOther("/admin/roles")


def role_page(request: Any) -> dict[str, Any]:
    """A role to change."""
    role = _role(request)
    return _page(request, Typed(role.title, frozenset(role.rights), _unseen(request, role)), role)


def save(request: Any) -> Any:
    """Rename a role, give it other rights."""
    role, old_rights = _role(request), set(_role(request).rights)
    typed = _typed(request, role)
    if number_in(str(request.POST.get("version", "")), -1) != role.version:
        request.session.flash(STALE, "error")
        return HTTPSeeOther(f"/admin/roles/{role.id}")
    try:
        _check(request, typed)
        giver_in(request).check(old_rights | typed.rights)
        old, new = change_role(request.dbsession, role, title=typed.title, rights=typed.rights)
    except NotAllowed as refusal:
        return _page(request, typed, role, problem=str(refusal))
    if new:
        write_down(request, "role.changed", kind="roles", record_id=role.id, old=old, new=new)
        request.session.flash(f"The role {role.title} was saved.", "success")
    return HTTPSeeOther("/admin/roles")


def remove(request: Any) -> Any:
    """Delete a role that nobody has."""
    role = _role(request)
    try:
        giver_in(request).check(role.rights)
        delete_role(request.dbsession, role)
    except NotAllowed as refusal:
        request.session.flash(str(refusal), "error")
        return HTTPSeeOther(f"/admin/roles/{role.id}")
    write_down(
        request, "role.deleted", kind="roles", record_id=role.id, old={"title": role.title, "rights": role.rights}
    )
    request.session.flash(f"The role {role.title} was deleted.", "success")
    return HTTPSeeOther("/admin/roles")


def _role(request: Any) -> Role:
    found = request.dbsession.get(Role, int(request.matchdict["id"]))
    if found is None:
        raise HTTPNotFound()
    role: Role = found
    return role


def _typed(request: Any, role: Role | None = None) -> Typed:
    """What the form says. Boxes that are not shown (of a plugin that is off) stay as they are."""
    known, title = request.registry.every_right, request.POST.get("title", "")
    kept = _unseen(request, role) if role else frozenset()
    given = frozenset(one for one in request.POST.getall("rights") if isinstance(one, str)) & (known | {ALL})
    if role is not None and role.key == ADMIN:
        given, kept = frozenset(role.rights), frozenset()
    if ALL in given:
        given = frozenset({ALL})
    return Typed(one_line(title), given | kept, kept)


def _unseen(request: Any, role: Role) -> frozenset[str]:
    """The rights of a role that no box shows, for their plugin is off."""
    every: frozenset[str] = request.registry.every_right
    return frozenset(role.rights) - every - {ALL}


def _check(request: Any, typed: Typed) -> None:
    if not can_be_seen(typed.title):
        raise NotAllowed("Write what the role is called.")
    if len(typed.title) > LONGEST:
        raise NotAllowed(f"Write at most {LONGEST} characters.")


def _page(request: Any, typed: Typed, role: Role | None = None, problem: str = "") -> dict[str, Any]:
    if problem:
        request.response.status_int = 422
    return {
        "typed": typed,
        "role": role,
        "problem": problem,
        "areas": areas(request.registry.rights),
        "fixed": role is not None and role.key == ADMIN,
        "people": holders(request.dbsession).get(role.id, 0) if role else 0,
    }


def areas(rights: Iterable[Right]) -> Sequence[tuple[str, list[Right]]]:
    """The rights by what they are about, as they are declared; those of plugins by what stands before the dot."""
    found: dict[str, list[Right]] = {}
    for right in rights:
        area = right.key.partition(".")[0]
        found.setdefault(AREAS.get(area, area.replace("_", " ").capitalize()), []).append(right)
    return list(found.items())
