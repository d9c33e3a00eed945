"""An administrator makes somebody's API token void: for a program that went astray while its owner is away."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther

from core.admin.users import RIGHT, giver_in, user_in, write_down
from core.api import service
from core.api.models import ApiToken
from core.users.administration import NotAllowed
from core.users.models import User


def includeme(config: Any) -> None:
    """The question and the deed."""
    config.add_route("admin.user.token", "/admin/users/{id:[0-9]{1,9}}/tokens/{token:[0-9]{1,9}}/revoke")
    question = {"renderer": "api/revoke.jinja2", "permission": RIGHT, "request_method": "GET"}
    config.add_view(ask, route_name="admin.user.token", **question)
    config.add_view(revoke, route_name="admin.user.token", permission=RIGHT, request_method="POST")


def ask(request: Any) -> dict[str, Any]:
    """The token, and the question."""
    user, row = _both(request)
    back = f"/admin/users/{user.id}"
    return {"row": row, "back": back, "back_text": user.name, "post": f"{back}/tokens/{row.id}/revoke"}


def revoke(request: Any) -> Any:
    """Make it void, unless its owner may do more than the administrator."""
    user, row = _both(request)
    try:
        giver_in(request).check(user.role.rights)
    except NotAllowed as refusal:
        request.session.flash(str(refusal), "error")
    else:
        service.revoke(request.dbsession, row, request.clock.now())
        write_down(request, user, "token.revoked", service.told(row), {})
        request.session.flash(f"The token “{row.name}” of {user.name} works no more.", "success")
    return HTTPSeeOther(f"/admin/users/{user.id}")


def _both(request: Any) -> tuple[User, ApiToken]:
    user = user_in(request)
    row = service.token_of(request.dbsession, user.id, int(request.matchdict["token"]))
    if row is None:
        raise HTTPNotFound()
    return user, row
