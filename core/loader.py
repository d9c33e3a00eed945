"""The plugin manager: what is installed, what is on, and typed functions in front of the hooks.

Nobody else calls pluggy. A plugin that raises is logged, left out and remembered for the admin page; it takes no
page down. At start a fault stops the application with a sentence that names the culprit.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import pluggy

from core.contract import hookspecs
from core.contract.extensions import NavLink, Panel, PeriodicJob, RecordChange, Right, Tab
from core.contract.provider import ProviderSpec
from core.contract.settings import MissingSetting
from core.settings import StartError

log = logging.getLogger(__name__)
GROUP = "ledgertab.plugins"
T = TypeVar("T")
Shown = TypeVar("Shown", Tab, NavLink, Panel)


@dataclass
class Plugin:
    """One plugin that is on: its name, front door, folder, version and what went wrong with it last."""

    name: str
    module: ModuleType
    version: str = ""
    failures: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path | None:
        """Where its templates, static files and migrations lie beside `plugin.py`."""
        file = getattr(self.module, "__file__", None)
        return Path(file).parent if file else None

    def has(self, name: str) -> bool:
        """Whether a folder of that name lies beside `plugin.py`."""
        return self.folder is not None and (self.folder / name).is_dir()


@cache
def installed() -> Mapping[str, EntryPoint]:
    """The plugins that are installed, by name, from the entry points of every distribution; looked up once."""
    return {point.name: point for point in entry_points(group=GROUP)}


class Plugins:
    """The plugins of one application."""

    def __init__(self, names: Iterable[str], extra: Mapping[str, ModuleType] | None = None) -> None:
        self._manager = pluggy.PluginManager(hookspecs.NAMESPACE)
        self._manager.add_hookspecs(hookspecs)
        self.on: dict[str, Plugin] = {}
        for name in names:
            self._add(name, extra or {})
        try:
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise StartError(
                f"The plugin {_name_of(error.plugin, self.on)} implements a hook that does not exist: {error}. "
                f"Hooks are: {', '.join(self.hooks())}."
            ) from error

    def _add(self, name: str, extra: Mapping[str, ModuleType]) -> None:
        if name in self.on:
            raise StartError(f"crm.plugins names the plugin {name} twice.")
        module, version = _import(name, extra)
        self.on[name] = Plugin(name, module, version)
        try:
            self._manager.register(module, name=name)
        except pluggy.PluginValidationError as error:
            raise StartError(f"The plugin {name} does not fit the hooks of this version: {error}.") from error

    @staticmethod
    def hooks() -> list[str]:
        """The names of all hooks."""
        return sorted(name for name, value in vars(hookspecs).items() if hasattr(value, f"{hookspecs.NAMESPACE}_spec"))

    def hooks_of(self, name: str) -> list[str]:
        """The hooks a plugin implements."""
        callers = self._manager.get_hookcallers(self.on[name].module) or []
        return sorted(caller.name for caller in callers)

    def providers(self, settings: Mapping[str, Any]) -> dict[str, ProviderSpec]:
        """The accounting backends by key. Raises `StartError`: here a fault stops the start."""
        found: dict[str, ProviderSpec] = {}
        owner: dict[str, str] = {}
        for plugin, yielded in self._strict("accounting_providers", settings=settings):
            for spec in yielded or ():
                if spec.key in found:
                    raise StartError(
                        f"The plugins {owner[spec.key]} and {plugin} both bring a provider called {spec.key!r}. "
                        "Switch one of them off in crm.plugins."
                    )
                found[spec.key], owner[spec.key] = spec, plugin
        return found

    def rights(self) -> list[Right]:
        """The rights that plugins add, by name. Raises `StartError`."""
        rights = [right for _, yielded in self._strict("rights") for right in yielded or ()]
        return sorted(rights, key=lambda right: right.key)

    def tabs(self, request: Any, record: Any) -> list[Tab]:
        """Tabs of a record's page that this user may see, by order and title."""
        found = self._guarded("record_tabs", Tab, request=request, record=record)
        return sorted(_allowed(request, found), key=lambda tab: (tab.order, tab.title))

    def links(self, request: Any) -> list[NavLink]:
        """Navigation entries that this user may see, by order and title."""
        found = self._guarded("navigation_links", NavLink, request=request)
        return sorted(_allowed(request, found), key=lambda link: (link.order, link.title))

    def panels(self, request: Any) -> list[Panel]:
        """Cards of the start page that this user may see, by order and title."""
        found = self._guarded("dashboard_panels", Panel, request=request)
        return sorted(_allowed(request, found), key=lambda panel: (panel.order, panel.title))

    def periodic_jobs(self) -> list[PeriodicJob]:
        """What the worker does every so often."""
        return sorted(self._guarded("periodic_jobs", PeriodicJob), key=lambda job: job.key)

    def record_changed(self, session: Any, record: Any, change: RecordChange) -> None:
        """Tell every plugin that a record was created, changed or deleted.

        Each plugin works inside a savepoint: what a failing one wrote is undone, the record's change stands.
        """
        for impl in self._manager.hook.record_changed.get_hookimpls():
            try:
                with session.begin_nested():
                    impl.function(**_fitting(impl, session=session, record=record, change=change))
            except Exception as error:
                self._failed(impl.plugin_name, "record_changed", error)

    def _strict(self, hook: str, **arguments: Any) -> Iterator[tuple[str, Any]]:
        for impl in getattr(self._manager.hook, hook).get_hookimpls():
            try:
                result = impl.function(**_fitting(impl, **arguments))
                yield impl.plugin_name, list(result or ())
            except MissingSetting as missing:
                raise StartError(f"The plugin {impl.plugin_name} cannot start: {missing}") from missing
            except StartError:
                raise
            except Exception as error:
                raise StartError(
                    f"The plugin {impl.plugin_name} failed in its hook {hook}: {type(error).__name__}: {error}"
                ) from error

    def _guarded(self, hook: str, kind: type[T], **arguments: Any) -> list[T]:
        found: list[T] = []
        for impl in getattr(self._manager.hook, hook).get_hookimpls():
            try:
                for item in impl.function(**_fitting(impl, **arguments)) or ():
                    if not isinstance(item, kind):
                        raise TypeError(f"{hook} must yield {kind.__name__}, not {type(item).__name__}")
                    found.append(item)
            except Exception as error:
                self._failed(impl.plugin_name, hook, error)
        return found

    def _failed(self, name: str, hook: str, error: Exception) -> None:
        log.exception("plugin %s failed in %s", name, hook)
        failures = self.on[name].failures
        failures.append(f"{hook}: {type(error).__name__}: {error}")
        del failures[:-5]


def _fitting(impl: Any, **arguments: Any) -> dict[str, Any]:
    return {name: arguments[name] for name in impl.argnames}


def _allowed(request: Any, found: list[Shown]) -> list[Shown]:
    return [item for item in found if not item.right or request.has_permission(item.right)]


def _import(name: str, extra: Mapping[str, ModuleType]) -> tuple[ModuleType, str]:
    if name in extra:
        return extra[name], ""
    points = installed()
    if name not in points:
        known = ", ".join(sorted([*points, *extra])) or "none"
        raise StartError(f"crm.plugins names the plugin {name!r}, which is not installed. Installed: {known}.")
    try:
        module = points[name].load()
    except Exception as error:
        raise StartError(f"The plugin {name} cannot be imported: {type(error).__name__}: {error}") from error
    if not isinstance(module, ModuleType):
        raise StartError(f"The entry point of the plugin {name} must name its module plugin.py, not {module!r}.")
    dist = points[name].dist
    return module, dist.version if dist else ""


def _name_of(module: Any, on: Mapping[str, Plugin]) -> str:
    return next((name for name, plugin in on.items() if plugin.module is module), str(module))
