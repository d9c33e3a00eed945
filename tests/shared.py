"""One application for all tests that change no setting: building one takes longer than most of them.

Each test finds it as if it were new: a fresh copy of the database under the same address, an empty home, its own clock,
nothing in the queue, nobody throttled, and whatever a test before put into the registry gone again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from core import ManualClock
from core.api.gate import Limits
from core.app import make_app
from core.services import Services
from core.settings import Settings
from core.users.throttle import LoginThrottle


class SharedApp:
    """The application, made for the first test that wants it, and what makes it as new for the next."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.file = folder / "shared.db"
        self.database = f"ledgertab_test_shared_{uuid4().hex[:12]}"
        self.app: Any = None
        self._kept: Mapping[str, Any] = {}
        self._handlers: Mapping[str, Any] = {}

    @property
    def services(self) -> Services:
        """The application's services."""
        found: Services = self.app.registry.services
        return found

    def begin(self) -> SharedApp:
        """Before a test: nobody is connected, and nothing is in the home but the key that the application has."""
        self.close()
        for path in self.home.glob("*"):
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != "key":
                path.unlink()
        return self

    def copy_of(self, template: Path) -> str:
        """The address of the SQLite file, a new copy of the template."""
        for name in (self.file.name, f"{self.file.name}-wal", f"{self.file.name}-shm"):
            self.file.with_name(name).unlink(missing_ok=True)
        return f"sqlite:///{shutil.copy(template, self.file)}"

    def as_new(self, settings: Settings, clock: ManualClock, http: httpx2.Client) -> Any:
        """The application with nothing left of any test; another one where the database is of another kind."""
        if self.app is None or self.services.settings.database_url != settings.database_url:
            self.app = make_app(settings, clock=clock, http=http)
            self._remember()
        self._forget()
        self.services.clock, self.services.http = clock, http
        return self.app

    def close(self) -> None:
        """Leave the database."""
        if self.app is not None:
            self.services.db.engine.dispose()

    def _remember(self) -> None:
        self._kept = {name: type(value)(value) for name, value in self._changeable().items()}
        self._handlers = dict(self.services.jobs._handlers)

    def _forget(self) -> None:
        for name, value in self._changeable().items():  # in place: rooms hold on to them
            value.clear()
            value.extend(self._kept[name]) if isinstance(value, list) else value.update(self._kept[name])
        self.app.registry.login_throttle = LoginThrottle(self.services.settings.queue)
        self.app.registry.api_limits = Limits(self.services.settings)
        self.services.jobs._handlers = dict(self._handlers)
        self.services.jobs.huey.storage.flush_all()

    def _changeable(self) -> dict[str, Any]:
        """What rooms and tests put things into: the registry's own lists, dicts and sets."""
        kept = {name: value for name, value in vars(self.app.registry).items() if not name.startswith("_")}
        found = {name: value for name, value in kept.items() if isinstance(value, list | dict | set)}
        return {**found, "services.periodic": self.services.periodic}


@pytest.fixture(scope="session")
def shared_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedApp]:
    """The application that tests share, one in each process."""
    shared = SharedApp(tmp_path_factory.mktemp("shared"))
    yield shared
    shared.close()
