"""``ledgertab demo``: the pages, a worker and the plugins' sandboxes, on demo data in a folder of their own.

A plugin takes part through an entry point of the group ``ledgertab.demo``: a function that takes a port, a folder and
the address of the pages, and tells the `ledgertab` command line that serves its sandbox there (empty: it needs none),
and the settings it needs.
"""

from __future__ import annotations

import argparse
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path

from core import migrations
from core.activity.seed import seed_demo_activity
from core.cli.children import Children, Died, answers, port_is_free
from core.cli.indexes import add_new
from core.loader import installed
from core.records.seed import seed_demo_records
from core.services import make_services
from core.settings import StartError, read_settings
from core.users.seed import DEMO_PASSWORD, DEMO_USERS, seed_demo_users

GROUP = "ledgertab.demo"
DISTRIBUTION = "ledgertab"
PORT, SANDBOX_PORT, HOME = 6543, 8810, ".demo"
SECONDS = 90.0
INI = """# Written by `ledgertab demo`; written anew each time.
[app:main]
use = egg:ledgertab
{settings}

[server:main]
use = egg:ledgertab#server
listen = 127.0.0.1:{port}
threads = 8

[loggers]
keys = root, alembic

[handlers]
keys = console

[formatters]
keys = plain

[logger_root]
level = INFO
handlers = console

[logger_alembic]
level = WARNING
handlers =
qualname = alembic

[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = plain

[formatter_plain]
format = %(asctime)s %(levelname)s %(name)s: %(message)s
"""


@dataclass(frozen=True)
class Part:
    """One plugin's part: how its sandbox is started and on which port (0: it has none), and its settings."""

    plugin: str
    port: int
    command: Sequence[str]
    settings: Mapping[str, str]


@dataclass(frozen=True)
class Demo:
    """Where the demo lives: folder, port of the pages, the parts of plugins."""

    home: Path
    port: int
    parts: Sequence[Part]

    @property
    def sandboxes(self) -> list[Part]:
        """The parts that are servers."""
        return [part for part in self.parts if part.command]

    @property
    def url(self) -> str:
        """The address to open."""
        return f"http://localhost:{self.port}"

    @property
    def ini(self) -> Path:
        """The settings file of this demo."""
        return self.home / "demo.ini"

    def settings(self) -> dict[str, str]:
        """What the settings file says."""
        found = {
            "crm.url": self.url,
            "crm.home": str(self.home),
            "crm.plugins": " ".join(_own_plugins([sandbox.plugin for sandbox in self.sandboxes])),
            "crm.make_key": "true",
            "crm.worker": "none",
        }
        for part in self.parts:
            found |= part.settings
        return found


def demo(options: argparse.Namespace) -> int:
    """Set everything up, start it, say where it is, and stop all of it on Ctrl-C, SIGTERM or when a part ends."""
    place = plan(os.environ)
    _check_ports(place)
    place.home.mkdir(parents=True, exist_ok=True)
    _write_settings(place)
    children = Children(place.home / "logs", _environment(place))
    children.heed_signals()
    try:
        _run(place, children)
    except Died as death:
        sys.stderr.write(f"ledgertab: {death}\n")
        return 1
    finally:
        children.stop()
    _say("Stopped.")
    return 0


def plan(environ: Mapping[str, str]) -> Demo:
    """The demo that PORT, SANDBOX_PORT and LEDGERTAB_HOME describe. Raises `StartError`."""
    home = Path(environ.get("LEDGERTAB_HOME") or HOME).expanduser().absolute()
    port, first = _port(environ, "PORT", PORT), _port(environ, "SANDBOX_PORT", SANDBOX_PORT)
    parts: list[Part] = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        free = first + sum(bool(part.command) for part in parts)
        command, settings = point.load()(free, home, f"http://localhost:{port}")
        parts.append(Part(point.name, free if command else 0, tuple(command), dict(settings)))
    return Demo(home, port, tuple(parts))


def _port(environ: Mapping[str, str], name: str, usual: int) -> int:
    text = environ.get(name) or str(usual)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise StartError(f"{name} is {text!r}. It must be the number of a port, for instance {usual}.")
    return int(text)


def _check_ports(place: Demo) -> None:
    wanted = [("PORT", place.port), *(("SANDBOX_PORT", sandbox.port) for sandbox in place.sandboxes)]
    for number, (name, port) in enumerate(wanted):
        if port in [other for _, other in wanted[:number]]:
            raise StartError(f"PORT and SANDBOX_PORT are both {port}. Give them different numbers.")
        if not port_is_free(port):
            raise StartError(
                f"Port {port} is in use, perhaps by a demo that still runs. "
                f"Stop that, or choose another port: {name}={port + 1000} make demo"
            )


def _own_plugins(first: Sequence[str]) -> list[str]:
    """The plugins that come with the distribution, those with a sandbox first."""
    own = [name for name, point in installed().items() if point.dist is None or point.dist.name == DISTRIBUTION]
    return sorted(own, key=lambda name: (name not in first, name))


def _write_settings(place: Demo) -> None:
    lines = [f"{name} = {value.replace('%', '%%')}" for name, value in place.settings().items()]
    place.ini.write_text(INI.format(settings="\n".join(lines), port=place.port), encoding="utf-8")


def _environment(place: Demo) -> dict[str, str]:
    """The environment of the parts: settings of other installations stay out, so that the demo is the same for all."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEDGERTAB_")}
    return kept | {"LEDGERTAB_HOME": str(place.home), "LEDGERTAB_CONFIG": str(place.ini), "PYTHONUNBUFFERED": "1"}


def _run(place: Demo, children: Children) -> None:
    ledgertab = (sys.executable, "-P", "-m", "core.cli")  # -P: not what happens to lie in the present folder
    for sandbox in place.sandboxes:
        _say(f"Starting the {sandbox.plugin} sandbox on port {sandbox.port} …")
        children.start(f"{sandbox.plugin} sandbox", (*ledgertab, *sandbox.command))
    _say("Preparing the database …")
    _prepare(place)
    _say("Starting the pages and the worker …")
    children.start("server", (*ledgertab, "serve"))
    children.start("worker", (*ledgertab, "worker"))
    for sandbox in place.sandboxes:
        children.wait_until(partial(answers, sandbox.port), SECONDS, f"The {sandbox.plugin} sandbox")
    children.wait_until(partial(_is_ready, place), SECONDS, "The server")
    if not children.stopping:
        _say(welcome(place))
    children.watch()
    _say("Stopping …")


def _prepare(place: Demo) -> None:
    services = make_services(read_settings(place.settings(), {}))
    try:
        migrations.prepare(services)
        with services.db.begin() as session:
            seed_demo_users(session, services.clock)
            seed_demo_records(session, services.clock, add_new)
            seed_demo_activity(session, services.clock)
    finally:
        services.http.close()
        services.db.engine.dispose()


def _is_ready(place: Demo) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{place.port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def welcome(place: Demo) -> str:
    """What is printed once everything runs: address, log-ins, what to try first."""
    logins = [f"{login:<10} {DEMO_PASSWORD}   {name}" for login, name, _ in DEMO_USERS]
    rows = [
        f"Ledgertab runs at {place.url}",
        "",
        *logins,
        "",
        "Try first: log in as admin, open Admin → Accounting and press Connect;",
        "then open a contact, its accounting tab, and press Link.",
        *(f"The {sandbox.plugin} sandbox: http://localhost:{sandbox.port}" for sandbox in place.sandboxes),
        "Ctrl-C stops everything; data and logs stay in " + _short(place.home),
    ]
    width = max(map(len, rows))
    frame = "─" * (width + 2)
    return "\n".join([f"┌{frame}┐", *(f"│ {row:<{width}} │" for row in rows), f"└{frame}┘"])


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
