"""What templates can call: filters, addresses of static files, the navigation. Everything here is for pages."""

from __future__ import annotations

import hashlib
import logging
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import pass_context
from markupsafe import Markup
from pyramid.csrf import get_csrf_token
from pyramid.path import AssetResolver
from pyramid.renderers import render
from pyramid.static import QueryStringCacheBuster
from pyramid.threadlocal import get_current_request

from core import formats
from core.contract.extensions import NavLink, Panel
from core.forms import is_iso_day
from core.web import Notice

log = logging.getLogger(__name__)
YEAR = 365 * 24 * 3600
HTMX = "js_lib_htmx:static/htmx/htmx.min.js"


def includeme(config: Any) -> None:
    """Templates from `core/templates` and from plugins, filters, globals and static files."""
    config.add_settings(
        {
            "jinja2.undefined": "strict",
            "jinja2.trim_blocks": "true",
            "jinja2.lstrip_blocks": "true",
            "jinja2.filters": _filters(),
            "jinja2.tests": {"iso_day": is_iso_day},
            "jinja2.globals": _globals(),
        }
    )
    config.include("pyramid_jinja2")
    config.add_jinja2_renderer(".jinja2")
    config.add_jinja2_search_path("core:templates")
    config.add_static_view("static/ui", "core:static", cache_max_age=YEAR)
    config.add_static_view("static/htmx", "js_lib_htmx:static/htmx", cache_max_age=YEAR)
    config.add_cache_buster("core:static", ContentsCacheBuster())
    config.add_cache_buster("js_lib_htmx:static/htmx", ContentsCacheBuster())


def _filters() -> dict[str, Any]:
    return {
        "money": formats.money,
        "amount": formats.amount,
        "price": formats.price,
        "number": formats.number,
        "compact": formats.compact,
        "day": formats.day,
        "moment": formats.moment,
        "ago": _ago,
        "short_day": _short_day,
        "initials": formats.initials,
        "deed_words": _deed_words,
        "field_words": formats.field_words,
        "linked": formats.linked,
    }


def _globals() -> dict[str, Any]:
    return {
        **_filters(),
        "csrf_input": csrf_input,
        "csrf_token": csrf_token,
        "url_for_static": url_for_static,
        "navigation": navigation,
        "panels": panels,
        "include_panel": include_panel,
        "viewer": viewer,
        "notices": notices,
    }


class ContentsCacheBuster(QueryStringCacheBuster):  # type: ignore[misc]
    """Addresses of static files carry a hash of what is in them, so that they may be kept for a year."""

    def tokenize(self, request: Any, pathspec: str, kw: dict[str, Any]) -> str:
        """The first letters of the file's hash."""
        path = Path(AssetResolver().resolve(pathspec).abspath())
        return _hash(path, path.stat().st_mtime_ns) if path.is_file() else ""


@lru_cache(maxsize=512)
def _hash(path: Path, changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def url_for_static(path: str) -> str:
    """The address of a static file of the core (``style.css``) or of a package (``package:folder/file``)."""
    request = get_current_request()
    return str(request.static_path(path if ":" in path else f"core:static/{path}"))


def csrf_token() -> str:
    """The token that every form and every call from a page must carry."""
    return str(get_csrf_token(get_current_request()))


def csrf_input() -> Markup:
    """The hidden fields that every form with method post needs: the token, and how its numbers are written.

    The second is left out for the default style (`core.users.style` reads it).
    """
    token = Markup('<input type="hidden" name="csrf_token" value="{}">').format(csrf_token())
    numbers = formats.style().numbers
    if numbers == formats.DEFAULT.numbers:
        return token
    return token + Markup('<input type="hidden" name="number_style" value="{}">').format(numbers)


def _ago(value: Any) -> str:
    return formats.ago(value, get_current_request().clock.now())


def _short_day(value: Any) -> str:
    return formats.short_day(value, formats.today(get_current_request().clock.now()))


def _deed_words(deed: str) -> str:
    known: dict[str, str] = get_current_request().registry.deed_words
    return known.get(deed) or formats.field_words(deed.replace(".", " ")).capitalize()


def viewer() -> Any:
    """Who looks at the page: the identity, or None for nobody, or when the database cannot say (on a fault's page)."""
    try:
        return get_current_request().identity
    except Exception:
        log.exception("who is asking cannot be told")
        return None


def notices() -> list[Notice]:
    """What stands at the top of every page for this user; nothing when that cannot be told, on a fault's page say."""
    request = get_current_request()
    try:
        return [notice for room in request.registry.notices for notice in room(request)]
    except Exception:
        log.exception("what stands at the top of every page cannot be told")
        return []


def navigation(section: str = "") -> list[NavLink]:
    """The entries of one section of the main navigation that the user may see, by order and title."""
    request = get_current_request()
    return [link for link in _links(request) if link.section == section]


def _links(request: Any) -> list[NavLink]:
    """All entries, asked for once a request: the rooms' own, then the plugins'."""
    if not hasattr(request, "nav_links"):
        own = [link for room in request.registry.navigation for link in room(request)]
        allowed = [link for link in own if not link.right or request.has_permission(link.right)]
        links = [*allowed, *request.services.plugins.links(request)]
        request.nav_links = sorted(links, key=lambda link: (link.order, link.title))
    found: list[NavLink] = request.nav_links
    return found


def panels() -> list[Panel]:
    """The cards of the start page that the user may see, by order and title."""
    request = get_current_request()
    own = [panel for room in request.registry.panels for panel in room(request)]
    allowed = [panel for panel in own if not panel.right or request.has_permission(panel.right)]
    return sorted([*allowed, *request.services.plugins.panels(request)], key=lambda panel: (panel.order, panel.title))


@pass_context
def include_panel(context: Any, panel: Panel) -> Markup:
    """The panel's template drawn with its values; nothing when that fails, for a card takes no page down."""
    request = context["request"]
    try:
        return Markup(render(panel.template, dict(panel.values), request=request))  # noqa: S704
    except Exception as error:
        request.services.plugins.panel_failed(panel, error)
        return Markup("")
