"""What templates can call: filters, addresses of static files, the navigation. Everything here is for pages."""

from __future__ import annotations

import hashlib
import logging
from functools import lru_cache
from pathlib import Path
from time import monotonic
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
KNOWN_SECONDS = 2.0
SECTIONS = ("", "Money", "Admin")
HTMX = "js_lib_htmx:static/htmx/htmx.min.js"


def includeme(config: Any) -> None:
    """Templates from `core/templates` and from plugins, filters, globals and static files."""
    config.registry.static_addresses = {}
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
        "menu": menu,
        "request": CurrentRequest(),
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
    """The address of a static file of the core (``style.css``) or of a package (``package:folder/file``).

    It is kept for a moment, for making it anew means to look at the file.
    """
    request = get_current_request()
    known: dict[tuple[str, str], tuple[float, str]] = request.registry.static_addresses
    until, address = known.get((request.script_name, path), (0.0, ""))
    if until < monotonic():
        address = str(request.static_path(path if ":" in path else f"core:static/{path}"))
        known[request.script_name, path] = (monotonic() + KNOWN_SECONDS, address)
    return address


def csrf_token() -> str:
    """The token that every form and every call from a page must carry."""
    return str(get_csrf_token(get_current_request()))


def csrf_input() -> Markup:
    """The hidden fields that every form with method post needs: the token, and how its numbers are written.

    The second is left out for the default style (`core.users.style` reads it).
    """
    return _hidden(csrf_token(), formats.style().numbers)


@lru_cache(maxsize=64)
def _hidden(token: str, numbers: str) -> Markup:
    """Kept, because a page has many forms and they all carry the same."""
    field = Markup('<input type="hidden" name="csrf_token" value="{}">').format(token)
    if numbers == formats.DEFAULT.numbers:
        return field
    return field + Markup('<input type="hidden" name="number_style" value="{}">').format(numbers)


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


class CurrentRequest:
    """The request that is being answered, by the name that templates have for it anyway.

    A macro that finds it here is imported once and for all; ``import … with context`` would make all macros of its
    file anew for every page.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(get_current_request(), name)


def menu() -> list[tuple[str, list[tuple[NavLink, bool]]]]:
    """The main navigation: sections by title, without those that are empty; of each the entries that the user may see,
    by order and title, and whether the page stands at or below one. The first section has no title."""
    request = get_current_request()
    path, links = request.path, _links(request)
    return [
        (title, [(link, _leads(link.url, path)) for link in links if link.section == title])
        for title in SECTIONS
        if not title or any(link.section == title for link in links)
    ]


def _leads(url: str, path: str) -> bool:
    return path == url or (url != "/" and path.startswith(f"{url}/"))


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
