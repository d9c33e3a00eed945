"""The plugin manager: what is installed, what is on, and typed functions in front of the hooks.

Nobody else calls pluggy. A plugin that raises is logged, left out and remembered for the admin page; it takes no
page down. At start a fault stops the application with a sentence that names the culprit.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, TypeVar

import pluggy

from core.contract import hookspecs
from core.contract.extensions import NavLink, Panel, PeriodicJob, RecordChange, Right, Tab
from core.contract.guard import guarded
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


@cache
def _rivals(name: str) -> tuple[str, ...]:
    """The distributions that bring a plugin of that name: more than one is one too many."""
    return tuple(sorted({point.dist.name for point in entry_points(group=GROUP, name=name) if point.dist}))


class Plugins:
    """The plugins of one application."""

    def __init__(self, names: Iterable[str], extra: Mapping[str, ModuleType] | None = None) -> None:
        self._manager = pluggy.PluginManager(hookspecs.NAMESPACE)
        self._manager.add_hookspecs(hookspecs)
        self.on: dict[str, Plugin] = {}
        self._owners: dict[tuple[str, str], str] = {}  # who yielded what last, by hook and key
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
        if self.on[name].has("templates") and _is_namespace(module):
            raise StartError(f"The plugin {name} has templates: put an empty __init__.py beside its plugin.py.")
        for hook in self.hooks():
            function = getattr(module, hook, None)
            if isinstance(function, FunctionType) and not hasattr(function, f"{hookspecs.NAMESPACE}_impl"):
                raise StartError(f"The plugin {name} has a function {hook} without the mark @hookimpl before it.")
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
        for plugin, yielded in self._strict("accounting_providers", ProviderSpec, settings=settings):
            for spec in yielded:
                if not spec.authorizers:
                    raise StartError(f"The provider {spec.key} of the plugin {plugin} has no way to connect it.")
                if spec.key in found:
                    raise StartError(
                        f"The plugins {owner[spec.key]} and {plugin} both bring a provider called {spec.key!r}. "
                        "Switch one of them off in crm.plugins."
                    )
                found[spec.key], owner[spec.key] = guarded(spec, partial(self._failed, plugin)), plugin
        return found

    def rights(self) -> list[Right]:
        """The rights that plugins add, by name. Raises `StartError`."""
        found: dict[str, Right] = {}
        for plugin, yielded in self._strict("rights", Right):
            for right in yielded:
                if right.key in found:
                    raise StartError(
                        f"The right {right.key} of the plugin {plugin} is there already: name it otherwise."
                    )
                found[right.key] = right
        return [found[key] for key in sorted(found)]

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

    def panel_failed(self, panel: Panel, error: Exception) -> None:
        """A card whose template failed: told of the plugin that brought it; one of the core's own is logged."""
        owner = self._owners.get(("dashboard_panels", panel.key), "")
        if owner:
            self._failed(owner, f"dashboard_panels, the card {panel.key}", error)
        else:
            log.error("the card %s failed", panel.key, exc_info=error)

    def periodic_jobs(self) -> list[PeriodicJob]:
        """What the worker does every so often."""
        return sorted(self._guarded("periodic_jobs", PeriodicJob), key=lambda job: job.key)

    def record_changed(self, session: Any, record: Any, change: RecordChange) -> None:
        """Tell every plugin that a record was created, changed or deleted.

        Each plugin works inside a savepoint: what a failing one wrote is undone, the record's change stands.
        """
        for impl in self._implementations("record_changed"):
            try:
                with session.begin_nested():
                    impl.function(**_fitting(impl, session=session, record=record, change=change))
            except Exception as error:
                self._failed(impl.plugin_name, "record_changed", error)

    def follows_records(self) -> bool:
        """Whether any plugin wants to be told of changed records; work on many can be spared where none does."""
        return bool(self._implementations("record_changed"))

    def _strict(self, hook: str, kind: type[T], **arguments: Any) -> Iterator[tuple[str, list[T]]]:
        for impl in self._implementations(hook):
            try:
                result = list(impl.function(**_fitting(impl, **arguments)) or ())
                for item in result:
                    _check_kind(hook, item, kind)
                yield impl.plugin_name, result
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
        owners: dict[str, str] = {}
        for impl in self._implementations(hook):
            try:
                with _savepoint(arguments.get("request")):
                    given = list(impl.function(**_fitting(impl, **arguments)) or ())
                for item in given:
                    _check_kind(hook, item, kind)
                    key = getattr(item, "key", "")
                    if key and key in owners:
                        self._failed(impl.plugin_name, hook, _twice(item, owners[key]))
                    else:
                        owners[key] = self._owners[hook, key] = impl.plugin_name
                        found.append(item)
            except Exception as error:
                self._failed(impl.plugin_name, hook, error)
        return found

    def _implementations(self, hook: str) -> list[Any]:
        """Those of the plugins that are on, in the order of crm.plugins."""
        return list(getattr(self._manager.hook, hook).get_hookimpls())

    def _failed(self, name: str, what: str, error: Exception) -> None:
        """Log it, and keep it for the admin page: the last five that differ, the newest at the end."""
        log.error("plugin %s failed in %s", name, what, exc_info=error)
        said = f"{what}: {type(error).__name__}: {error}"[:500]
        failures = self.on[name].failures
        failures[:] = [*(one for one in failures if one != said), said][-5:]


def _savepoint(request: Any) -> AbstractContextManager[Any]:
    """Round a hook that may ask the database: on PostgreSQL a statement that fails spoils the whole transaction."""
    return request.dbsession.begin_nested() if request is not None else nullcontext()


def _check_kind(hook: str, item: Any, kind: type) -> None:
    if not isinstance(item, kind):
        raise TypeError(f"{hook} must yield {kind.__name__}, not {type(item).__name__}")


def _twice(item: Any, owner: str) -> ValueError:
    """A key stands once: of two tabs, panels or jobs of one key the first is taken."""
    return ValueError(f"{type(item).__name__} {item.key!r} is there already, brought by the plugin {owner}")


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
    if len(_rivals(name)) > 1:
        raise StartError(f"The plugin {name} is brought by {' and by '.join(_rivals(name))}. Uninstall one of them.")
    try:
        module = points[name].load()
    except Exception as error:
        raise StartError(f"The plugin {name} cannot be imported: {type(error).__name__}: {error}") from error
    if not isinstance(module, ModuleType):
        raise StartError(f"The entry point of the plugin {name} must name its module plugin.py, not {module!r}.")
    dist = points[name].dist
    return module, dist.version if dist else ""


def _is_namespace(module: ModuleType) -> bool:
    """Whether its package is a folder without `__init__.py`: Pyramid finds no template from there."""
    package = sys.modules.get(module.__package__ or "")
    return package is not None and package is not module and getattr(package, "__file__", None) is None


def _name_of(module: Any, on: Mapping[str, Plugin]) -> str:
    return next((name for name, plugin in on.items() if plugin.module is module), str(module))
