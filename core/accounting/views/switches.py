"""The form by which an admin switches things on and off for one connection."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther

from core.accounting import switches
from core.accounting.access import MANAGE
from core.accounting.deeds import in_connection
from core.accounting.models import Connection
from core.accounting.views.connect import LIST
from core.audit import write_down


def add_routes(config: Any) -> None:
    """One form for each connection."""
    config.add_route("accounting_switches", LIST + r"/{connection:\d{1,9}}/switches")
    config.add_view(switch, route_name="accounting_switches", request_method="POST", permission=MANAGE)


def switch(request: Any) -> Any:
    """Take over which boxes are ticked, and note what changed."""
    connection = request.dbsession.get(Connection, int(request.matchdict["connection"]))
    if connection is None or connection.provider not in request.services.providers:
        raise HTTPNotFound()
    new = {name: bool(request.POST.get(name)) for name in switches.offered(request.services, connection)}
    if changes := {name: value for name, value in new.items() if value != getattr(connection, name)}:
        for name, value in changes.items():
            setattr(connection, name, value)
        _note(request, connection, changes)
    request.session.flash(f"Saved for {connection.name}.", "success")
    return HTTPSeeOther(location=LIST)


def _note(request: Any, connection: Connection, changes: dict[str, bool]) -> None:
    of, words = in_connection(connection), {True: "on", False: "off"}
    new = {switches.SWITCHES[name]: words[value] for name, value in changes.items()}
    old = {switches.SWITCHES[name]: words[not value] for name, value in changes.items()}
    write_down(request, "accounting settings changed", old=of | old, new=of | new)
