"""The application: what is included, in which order, on one screen."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import httpx2
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid_tm import explicit_manager

from core import migrations
from core.contract.clock import Clock
from core.jobs import Worker
from core.jobs.periodic import tick
from core.loader import Plugin
from core.services import Services, make_services
from core.settings import Settings, StartError, read_settings

PARTS = (
    "core.web",
    "core.proxies",
    "core.look",
    "pyramid_tm",
    "pyramid_retry",
    "core.health",
    "core.faults",
    "core.audit",
    "core.mail",
    "core.users",
    "core.records",
    "core.search",
    "core.duplicates",
    "core.activity",
    "core.accounting",
    "core.imports",
    "core.api",
    "core.admin",
)
SETTINGS = {
    "tm.manager_hook": explicit_manager,
    "tm.activate_hook": "core.web.in_transaction",
    "tm.annotate_user": False,
    "retry.attempts": 3,
}


def main(global_config: Mapping[str, str], **ini: str) -> Any:
    """The application for a server: settings from the ini file. The worker is the server's affair (`core.server`)."""
    try:
        app = make_app(read_settings(ini))
        migrations.check(app.registry.services)
    except StartError as error:
        raise SystemExit(f"Ledgertab cannot start. {error}") from error
    gc.collect()
    gc.freeze()  # what an application is made of stays: going over it again held up a request now and then
    return app


def make_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    http: httpx2.Client | None = None,
    extra: Mapping[str, ModuleType] | None = None,
) -> Any:
    """The WSGI application; its `registry.services` is the `Services`. Starts nothing. Raises `StartError`.

    Tests hand in a clock, an HTTP client that reaches a sandbox, and modules to load as plugins by name.
    """
    services = make_services(settings, clock=clock, http=http, extra=extra)
    config = Configurator(settings={**settings.all, **SETTINGS})
    config.registry.services = services
    for part in PARTS:
        config.include(part)
    for plugin in services.plugins.on.values():
        _include(config, plugin)
    try:
        return config.make_wsgi_app()
    except ConfigurationError as error:
        raise StartError(f"Plugins register the same thing, or one that the core has: {error}") from error


def make_worker(services: Services) -> Worker:
    """What carries out jobs and does the periodic work; `start` it, and `stop` it."""

    def do_periodic_work() -> None:
        tick(services)

    return Worker(services.jobs.huey, do_periodic_work)


def _include(config: Any, plugin: Plugin) -> None:
    """A plugin's templates and static files by their folder, then its own `includeme`."""
    folder = plugin.folder
    try:
        if folder is not None and plugin.has("templates"):
            config.add_jinja2_search_path(str(folder / "templates"))
        if folder is not None and plugin.has("static"):
            config.add_static_view(f"static/{plugin.name}", str(folder / "static"), cache_max_age=3600)
        if hasattr(plugin.module, "includeme"):
            config.include(plugin.module.includeme)
    except StartError:
        raise
    except Exception as error:
        raise StartError(f"The plugin {plugin.name} cannot be set up: {type(error).__name__}: {error}") from error
