"""Admin, Accounting, a connection, Who may see what: which of their rights the roles have in that connection."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther

from core.accounting import access_rules
from core.accounting.access import BY_CONNECTION, MANAGE
from core.accounting.draft_words import joined
from core.accounting.models import Connection
from core.forms import number_in

PAGE = "accounting/access.jinja2"
MEANWHILE = (
    "Somebody changed this after the page was opened. Here is how it stands; tick again what should be different."
)


def add_routes(config: Any) -> None:
    """The page and its form."""
    config.add_route("accounting_access", r"/admin/accounting/{connection:\d{1,9}}/access")
    config.add_view(show, route_name="accounting_access", request_method="GET", renderer=PAGE, permission=MANAGE)
    config.add_view(save, route_name="accounting_access", request_method="POST", renderer=PAGE, permission=MANAGE)


def _connection(request: Any) -> Connection:
    found: Connection | None = request.dbsession.get(Connection, number_in(request.matchdict["connection"]))
    if found is None:
        raise HTTPNotFound()
    return found


def _titles(request: Any) -> dict[str, str]:
    titles = {right.key: right.title for right in request.registry.rights}
    return {key: titles.get(key, key) for key in BY_CONNECTION}


def show(request: Any) -> dict[str, Any]:
    """Roles and rights: what a role has in general can be taken away here."""
    connection = _connection(request)
    lines = access_rules.matrix(request.dbsession, connection)
    page = {"connection": connection, "lines": lines, "titles": _titles(request)}
    return {**page, "mark": access_rules.mark(lines), "told": ""}


def save(request: Any) -> Any:
    """Keep what is ticked, and write down what is new."""
    page = show(request)
    if request.POST.get("mark") != page["mark"]:
        request.response.status_int = 409
        return {**page, "told": MEANWHILE}
    wanted = {line.role.id: frozenset(request.POST.getall(f"role-{line.role.id}")) for line in page["lines"]}
    who: dict[str, Any] = {"user_id": request.identity.id, "now": request.clock.now()}
    changed = access_rules.save(request.dbsession, page["connection"], wanted, page["titles"], **who)
    told = f"Saved for {joined(changed)}. It holds from the next page on." if changed else "Nothing was changed."
    request.session.flash(told, "success" if changed else "info")
    return HTTPSeeOther(location=request.path)
