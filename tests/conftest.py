"""An application on a database of its own for every test; the schema and the demo users are made once a run."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import pytest
import webtest

from core import ManualClock, migrations
from core.app import make_app
from core.services import Services
from core.settings import Settings, read_settings
from core.users.seed import DEMO_PASSWORD
from tests.databases import NOW
from tests.shared import SharedApp

LogIn = Callable[[str], "Browser"]


# Applications are many objects that live as long as a module's tests: going over them all again and again took a fifth
# of the time.
gc.set_threshold(50_000, 20, 10)


class Browser(webtest.TestApp):  # type: ignore[misc]
    """A WebTest application that can also send a form that no page has shown."""

    def token(self) -> str:
        """The token against forged requests, from a page that everybody may see."""
        page = self.get("/login", expect_errors=True)
        page = page.maybe_follow()
        return str(page.html.find("input", {"name": "csrf_token"})["value"])

    def send(self, path: str, fields: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """Post fields, with a good token."""
        return self.post(path, {"csrf_token": self.token(), **(fields or {})}, **options)


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands at 22 November 2026, midnight UTC."""
    return ManualClock(NOW)


@pytest.fixture
def ini() -> dict[str, str]:
    """Settings a test adds or changes; override it beside the tests that need others."""
    return {}


@pytest.fixture
def extra() -> Mapping[str, ModuleType]:
    """Modules to load as plugins, by name; `crm.plugins` in `ini` says which are on."""
    return {}


class Nowhere(httpx2.BaseTransport):
    """A wire that leads nowhere: a test that has no sandbox calls nobody."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        raise AssertionError(f"A test without a sandbox called {request.url}")


@pytest.fixture
def http() -> Iterator[httpx2.Client]:
    """The client that reaches the outside; tests with a sandbox override it."""
    with httpx2.Client(transport=Nowhere()) as client:
        yield client


@pytest.fixture
def settings(tmp_path: Path, ini: dict[str, str], database_url: str, shared: SharedApp | None) -> Settings:
    """Settings of an application: a home and a database of its own, the queue in memory, no worker, no plugin."""
    base = {
        "crm.url": "http://localhost",
        "crm.home": str(shared.home if shared else tmp_path / "home"),
        "crm.queue": "memory",
        "crm.make_key": "true",
        "sqlalchemy.url": database_url,
        "jinja2.bytecode_caching": "true",  # each test has an application, and each would compile all templates
    }
    return read_settings({**base, **ini}, {})


@pytest.fixture
def app(
    settings: Settings,
    clock: ManualClock,
    http: httpx2.Client,
    extra: Mapping[str, ModuleType],
    shared: SharedApp | None,
) -> Iterator[Any]:
    """The WSGI application on a database with roles and demo users."""
    if shared:
        yield shared.as_new(settings, clock, http)
        return
    app = make_app(settings, clock=clock, http=http, extra=extra)
    if settings.plugins:
        migrations.upgrade(settings.database_url, app.registry.services.plugins.on.values())
    yield app
    app.registry.services.db.engine.dispose()


@pytest.fixture
def services(app: Any) -> Services:
    """The application's services; `services.jobs.drain()` carries out what waits."""
    found: Services = app.registry.services
    return found


@pytest.fixture
def client(app: Any) -> Browser:
    """A browser that is not logged in."""
    return Browser(app)


@pytest.fixture
def log_in(app: Any) -> LogIn:
    """`log_in("sales")` is a new browser, logged in as the demo user of that role."""

    def enter(role: str) -> Browser:
        browser = Browser(app)
        form = browser.get("/login").form
        form["login"], form["password"] = role, DEMO_PASSWORD
        form.submit(status=303)
        return browser

    return enter
