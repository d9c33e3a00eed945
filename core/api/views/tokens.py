"""The page on which people make their tokens, see them, and make them void."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther

from core.api import service
from core.api.forms import TokenForm
from core.api.models import ApiToken
from core.api.scopes import SCOPES
from core.audit import write_down
from core.users.forms import made

PAGE = "/profile/tokens"


def includeme(config: Any) -> None:
    """The routes and who answers them."""
    config.add_route("profile.tokens", PAGE)
    page = {"route_name": "profile.tokens", "renderer": "api/tokens.jinja2"}
    config.add_view(show, request_method="GET", **page)
    config.add_view(make, request_method="POST", **page)
    config.add_route("profile.token", f"{PAGE}/{{id:[0-9]{{1,9}}}}/revoke")
    config.add_view(ask, route_name="profile.token", request_method="GET", renderer="api/revoke.jinja2")
    config.add_view(revoke, route_name="profile.token", request_method="POST")


def show(request: Any) -> dict[str, Any]:
    """The tokens, and the form for another one."""
    return _page(request, TokenForm())


def make(request: Any) -> dict[str, Any]:
    """Make a token and show it, this once."""
    form, now = made(TokenForm, request), request.clock.now()
    if form.validate():
        try:
            row, token = service.make(
                request.dbsession,
                request.identity.id,
                name=form.name.data,
                scopes=form.scopes.data,
                when=now,
                expires_at=form.expires_at(now),
            )
        except service.NoMoreTokens as refusal:
            form.name.errors = [str(refusal)]
        else:
            write_down(request, "token.made", kind="users", record_id=request.identity.id, new=service.told(row))
            request.response.cache_control = "no-store"
            return _page(request, TokenForm(), row=row, token=token)
    request.response.status_int = 422
    return _page(request, form)


def ask(request: Any) -> dict[str, Any]:
    """The token, and the question."""
    row = _named(request)
    return {"row": row, "back": PAGE, "back_text": "API tokens", "post": f"{PAGE}/{row.id}/revoke"}


def revoke(request: Any) -> Any:
    """Make a token void."""
    row = _named(request)
    service.revoke(request.dbsession, row, request.clock.now())
    write_down(request, "token.revoked", kind="users", record_id=request.identity.id, old=service.told(row))
    request.session.flash(f"The token “{row.name}” works no more.", "success")
    return HTTPSeeOther(PAGE)


def _named(request: Any) -> ApiToken:
    found = service.token_of(request.dbsession, request.identity.id, int(request.matchdict["id"]))
    if found is None:
        raise HTTPNotFound()
    return found


def _page(request: Any, form: TokenForm, *, row: ApiToken | None = None, token: str = "") -> dict[str, Any]:
    tokens = service.tokens_of(request.dbsession, request.identity.id)
    return {"form": form, "tokens": tokens, "row": row, "token": token, "scopes": SCOPES, "now": request.clock.now()}
