"""The pages for administrators: plugins, users, the style guide."""

from __future__ import annotations

from typing import Any

from core.admin.plugin_facts import plugin_facts
from core.admin.sample_list import list_samples
from core.admin.styleguide import samples


def includeme(config: Any) -> None:
    """The routes and who answers them."""
    config.add_route("admin.plugins", "/admin/plugins")
    config.add_view(plugins, route_name="admin.plugins", renderer="admin/plugins.jinja2", permission="admin.plugins")
    config.add_route("admin.styleguide", "/admin/styleguide")
    config.add_view(styleguide, route_name="admin.styleguide", renderer="admin/styleguide.jinja2")


def plugins(request: Any) -> dict[str, Any]:
    """Every plugin with its hooks and settings, secrets masked."""
    services = request.services
    return {"plugins": plugin_facts(services.plugins, services.settings.all)}


def styleguide(request: Any) -> dict[str, Any]:
    """Every component with a sample."""
    return {**samples(request.clock.now()), **list_samples(request.today)}
