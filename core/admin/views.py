"""The start page, and the pages for administrators."""

from __future__ import annotations

from typing import Any

from core.admin.plugin_facts import plugin_facts
from core.admin.styleguide import samples
from core.admin.subjects import subjects
from core.admin.wording import Wording
from core.audit import may_read
from core.audit.service import count_deeds, latest_deeds
from core.forms import number_in
from core.records import lists
from core.records.kinds import KINDS, tone_of
from core.users import service as users

PER_PAGE = 50


def includeme(config: Any) -> None:
    """The routes and who answers them."""
    config.add_route("home", "/")
    config.add_view(home, route_name="home", renderer="home.jinja2")
    config.add_route("admin.plugins", "/admin/plugins")
    config.add_view(plugins, route_name="admin.plugins", renderer="admin/plugins.jinja2", permission="admin.plugins")
    config.add_route("admin.audit", "/admin/audit")
    config.add_view(audit, route_name="admin.audit", renderer="admin/audit.jinja2", permission="audit.see")
    config.add_route("admin.styleguide", "/admin/styleguide")
    config.add_view(styleguide, route_name="admin.styleguide", renderer="admin/styleguide.jinja2")


def home(request: Any) -> dict[str, Any]:
    """What closes next, what changed last, and the cards of plugins."""
    recent = [record for kind in KINDS for record in lists.recent(request.dbsession, kind, 8)]
    recent.sort(key=lambda record: record.changed_at, reverse=True)
    closing = lists.closing(request.dbsession, 8)
    return {"recent": recent[:8], "kinds": KINDS, "closing": closing, "tones": tone_of}


def plugins(request: Any) -> dict[str, Any]:
    """Every plugin with its hooks and settings, secrets masked."""
    services = request.services
    return {"plugins": plugin_facts(services.plugins, services.settings.all)}


def audit(request: Any) -> dict[str, Any]:
    """Who did what, newest first. A page behind the last is the last."""
    session, page = request.dbsession, max(1, number_in(request.GET.get("page"), 1))
    found = latest_deeds(session, offset=(page - 1) * PER_PAGE, limit=PER_PAGE + 1)
    if not found and page > 1:
        page = max(1, -(-count_deeds(session) // PER_PAGE))
        found = latest_deeds(session, offset=(page - 1) * PER_PAGE, limit=PER_PAGE + 1)
    entries, more = found[:PER_PAGE], len(found) > PER_PAGE
    names = users.names_of(session, [entry.user_id for entry in entries])
    hidden = {entry.id for entry in entries if not may_read(request, entry)}
    shown = {"entries": entries, "names": names, "hidden": hidden, "subjects": subjects(session, entries)}
    return {**shown, "told": Wording(request, entries), "page": page, "more": more}


def styleguide(request: Any) -> dict[str, Any]:
    """Every component with a sample."""
    return samples(request.clock.now())
