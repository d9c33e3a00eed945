"""What the plugin page tells about each plugin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.loader import Plugins, installed

SECRET_WORDS = ("secret", "key", "password", "token")
MASK = "••••••"


@dataclass(frozen=True)
class PluginFacts:
    """A plugin that is installed or on: its hooks, its settings with secrets masked, what went wrong with it last."""

    name: str
    on: bool
    version: str
    hooks: Sequence[str]
    settings: Mapping[str, str]
    has_migrations: bool
    failures: Sequence[str]


def plugin_facts(plugins: Plugins, settings: Mapping[str, str]) -> list[PluginFacts]:
    """Every plugin: those that are on in their order, then those that are only installed, by name."""
    on = [
        PluginFacts(
            name=plugin.name,
            on=True,
            version=plugin.version,
            hooks=plugins.hooks_of(plugin.name),
            settings=settings_of(plugin.name, settings),
            has_migrations=plugin.has("migrations"),
            failures=tuple(plugin.failures),
        )
        for plugin in plugins.on.values()
    ]
    off = [
        PluginFacts(name, False, point.dist.version if point.dist else "", (), settings_of(name, settings), False, ())
        for name, point in sorted(installed().items())
        if name not in plugins.on
    ]
    return [*on, *off]


def settings_of(plugin: str, settings: Mapping[str, str]) -> dict[str, str]:
    """The settings that belong to a plugin, those that may hold a secret masked."""
    own = {name: value for name, value in settings.items() if name.startswith(f"{plugin}.")}
    return {name: masked(name, value) for name, value in sorted(own.items())}


def masked(name: str, value: str) -> str:
    """The value, or a mask where the name says that it is a secret."""
    secret = any(word in name.rpartition(".")[2].lower() for word in SECRET_WORDS)
    return MASK if secret and value else value
