"""What an application has, in one value: handed to jobs, found by requests as `request.services`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import httpx2

from core.contract.clock import Clock, SystemClock
from core.contract.extensions import PeriodicJob
from core.contract.provider import ProviderSpec
from core.db import Database
from core.jobs import JobQueue
from core.loader import Plugins
from core.settings import Settings, StartError
from core.vault import Vault, open_vault

TIMEOUT = httpx2.Timeout(20.0, connect=5.0)


@dataclass
class Services:
    """The parts of one application that live as long as it does. `periodic` is the core's own periodic work."""

    settings: Settings
    clock: Clock
    db: Database
    vault: Vault
    jobs: JobQueue
    plugins: Plugins
    providers: Mapping[str, ProviderSpec]
    http: httpx2.Client
    periodic: list[PeriodicJob] = field(default_factory=list)

    def provider(self, key: str) -> ProviderSpec:
        """The accounting backend of that key. Raises KeyError when its plugin is off."""
        return self.providers[key]


def make_services(
    settings: Settings,
    *,
    clock: Clock | None = None,
    http: httpx2.Client | None = None,
    extra: Mapping[str, ModuleType] | None = None,
) -> Services:
    """Open the database, the vault, the queue and the plugins. Raises `StartError` with a sentence.

    Tests hand in a clock, an HTTP client that reaches a sandbox, and modules to load as plugins.
    """
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(f"The folder crm.home ({settings.home}) cannot be made: {error.strerror}.") from error
    client = http or httpx2.Client(timeout=TIMEOUT, follow_redirects=False)
    plugins = Plugins(settings.plugins, extra)
    clock = clock or SystemClock()
    known: dict[str, Any] = {**settings.all, "ledgertab.http": lambda: client, "ledgertab.clock": clock}
    return Services(
        settings=settings,
        clock=clock,
        db=Database(settings.database_url),
        vault=open_vault(settings),
        jobs=JobQueue(settings.queue, settings.home),
        plugins=plugins,
        providers=plugins.providers(known),
        http=client,
    )
