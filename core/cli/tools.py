"""``ledgertab plugins`` and ``ledgertab key``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from cryptography.fernet import Fernet

from core import migrations
from core.admin.plugin_facts import PluginFacts, plugin_facts
from core.cli.opening import open_services
from core.services import Services


def key(options: argparse.Namespace) -> int:
    """Print a new key."""
    sys.stdout.write(f"{Fernet.generate_key().decode()}\n")
    return 0


def plugins(options: argparse.Namespace) -> int:
    """What is on with its hooks, migrations and settings (secrets masked), then what is installed and off."""
    with open_services(options) as services:
        facts = plugin_facts(services.plugins, services.settings.all)
        for each in facts:
            sys.stdout.writelines(f"{line}\n" for line in _described(services, each))
    if not any(each.on for each in facts):
        sys.stdout.write("No plugin is on. crm.plugins in the settings file decides.\n")
    return 0


def _described(services: Services, facts: PluginFacts) -> Iterator[str]:
    yield f"{facts.name} {facts.version}".rstrip() + ("" if facts.on else " (installed, but off)")
    if not facts.on:
        return
    yield f"  hooks: {', '.join(facts.hooks) or 'none'}"
    if facts.has_migrations:
        plugin = services.plugins.on[facts.name]
        at = migrations.current(services.settings.database_url, [plugin])[plugin.name]
        yield f"  migrations: at {at or 'none yet'}"
    for name, value in facts.settings.items():
        yield f"  {name} = {value}"
