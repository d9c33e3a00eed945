"""Chromium over running servers. LEDGERTAB_CHROMIUM says where it is; LEDGERTAB_SHOTS=1 renews the docs' pictures."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.house import ROOT, House, running
from tests.browser.roads import connect_stub, connect_xero
from tests.browser.visitor import SECONDS, Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

CHROMIUM = Path(os.environ.get("LEDGERTAB_CHROMIUM") or "/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 375, "height": 812},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
PLACE = {"locale": "en-NZ", "timezone_id": "Pacific/Auckland"}
IMAGES = ROOT / "docs" / "images"

Enter = Callable[..., Visitor]
Shoot = Callable[..., None]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser; the tests are skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install .[check]")
    if not CHROMIUM.exists():
        pytest.skip(f"There is no Chromium at {CHROMIUM}; LEDGERTAB_CHROMIUM can say where it is")
    playwright.expect.set_options(timeout=SECONDS)
    with playwright.sync_playwright() as running_playwright:
        browser = running_playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def shared_house(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A demo with Xero and the stub connected, for tests that keep out of each other's way."""
    with running(tmp_path_factory.mktemp("house")) as house:
        with window(chromium, house) as admin:
            admin.log_in("admin")
            connect_xero(admin)
            connect_stub(admin)
            admin.check()
        yield house
    no_faults_in_the_logs(house)


@pytest.fixture
def fresh_house(chromium: Browser, tmp_path: Path) -> Iterator[House]:
    """A demo for one story, where nothing is connected yet."""
    with running(tmp_path / "house") as house:
        yield house
    no_faults_in_the_logs(house)


def no_faults_in_the_logs(house: House) -> None:
    """Neither the server nor the worker met with anything that it did not expect."""
    for path in sorted((house.home / "logs").glob("*.log")):
        text = path.read_text(encoding="utf-8", errors="replace")
        assert "Traceback" not in text, f"{path.name}:\n{text[text.index('Traceback') - 500 :][:4000]}"


@contextmanager
def window(chromium: Browser, house: House, **options: Any) -> Iterator[Visitor]:
    """A browser window of its own; options are those of a Playwright context."""
    context = chromium.new_context(**{**DESKTOP, **PLACE, **options})
    try:
        yield Visitor(context, house)
    finally:
        context.close()


@pytest.fixture
def enter(chromium: Browser) -> Iterator[Enter]:
    """`enter(house, "sales")` is a browser window, logged in; more options are those of a Playwright context.

    At the end of the test every window must have stayed free of console errors, page errors and bad answers.
    """
    with ExitStack() as stack:
        visitors: list[Visitor] = []

        def open_window(house: House, login: str = "", **options: Any) -> Visitor:
            visitor = stack.enter_context(window(chromium, house, **options))
            visitors.append(visitor)
            if login:
                visitor.log_in(login)
            return visitor

        yield open_window
        for visitor in visitors:
            visitor.check()


@pytest.fixture
def shoot(tmp_path: Path) -> Shoot:
    """`shoot(page, "tab-desktop")` takes a picture; LEDGERTAB_SHOTS=1 puts it among those of the docs."""

    def take(page: Page | Locator, name: str, **options: Any) -> None:
        path = tmp_path / f"{name}.png"
        page.screenshot(path=path, animations="disabled", **options)
        if os.environ.get("LEDGERTAB_SHOTS") == "1":
            IMAGES.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, IMAGES / path.name)

    return take
