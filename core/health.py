"""Two addresses for those who watch over the server: is the process alive, and can it serve."""

from __future__ import annotations

from typing import Any

from pyramid.security import NO_PERMISSION_REQUIRED
from sqlalchemy.exc import SQLAlchemyError

from core import migrations
from core.settings import StartError


def includeme(config: Any) -> None:
    """``/healthz`` and ``/readyz``, open to everybody and outside the transaction."""
    for name, view in (("healthz", alive), ("readyz", ready)):
        config.add_own_session_route(name, f"/{name}")
        config.add_view(view, route_name=name, renderer="string", permission=NO_PERMISSION_REQUIRED)


def alive(request: Any) -> str:
    """The process answers; the database is not asked."""
    return "ok\n"


def ready(request: Any) -> str:
    """The database answers and is at the newest revision; else 503 with a word that says which."""
    services = request.services
    try:
        behind = migrations.behind(services.db.engine, services.plugins.on.values())
    except (SQLAlchemyError, OSError):
        return _not_ready(request, "the database does not answer")
    except StartError:
        return _not_ready(request, "the database is newer than the program")
    return _not_ready(request, "the database needs an upgrade") if behind else "ok\n"


def _not_ready(request: Any, why: str) -> str:
    request.response.status_int = 503
    return f"{why}\n"
