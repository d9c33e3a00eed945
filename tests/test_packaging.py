"""The wheel: it carries all that running needs and nothing of the tests, and it works in an environment of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", ".demo", ".*_cache", ".hypothesis", "__pycache__", "build", "dist", "var", "*.egg-info"
)
INI = """[app:main]
use = egg:ledgertab
crm.url = http://localhost:{port}
crm.home = %(here)s/var
crm.make_key = true
crm.plugins = quickbooks_stub

[server:main]
use = egg:ledgertab#server
listen = 127.0.0.1:{port}

[loggers]
keys = root

[handlers]
keys =

[formatters]
keys =

[logger_root]
handlers =
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the tree so that nothing is left in it."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "tree", symlinks=True, ignore=LEFT_BEHIND)
    pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", str(folder), str(folder / "tree"))
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> frozenset[str]:
    """What is in the wheel."""
    with zipfile.ZipFile(wheel) as opened:
        return frozenset(opened.namelist())


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a clean environment with the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    found = folder / "bin" / "python"
    pip(found, "install", str(wheel))
    return found


def pip(python: str | Path, *arguments: str) -> None:
    subprocess.run([python, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments], check=True)


def run(python: Path, folder: Path, *arguments: str) -> str:
    """What a command of the clean environment prints, in a folder that is not the project's."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("LEDGERTAB", "PYTHON"))}
    done = subprocess.run(
        [python.with_name(arguments[0]), *arguments[1:]], cwd=folder, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def carried(folder: str, pattern: str) -> set[str]:
    """The files of a folder of the project, as they should be named in the wheel."""
    return {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).glob(pattern) if path.is_file()}


def test_the_wheel_carries_templates_static_files_migrations_and_the_type_marker(names: frozenset[str]) -> None:
    wanted = {f"core/{name}" for name in carried("templates", "**/*.jinja2")}
    wanted |= carried("core/static", "**/*") | carried("core/migrations", "versions/*.py") | {"core/py.typed"}
    assert len(wanted) > 10
    assert wanted - names == set()


def test_the_wheel_carries_what_lies_beside_the_plugins(names: frozenset[str]) -> None:
    wanted = (
        carried("plugins", "*/README.md") | carried("plugins", "**/*.jinja2") | carried("plugins", "**/static/**/*")
    )
    assert wanted
    assert wanted - names == set()


def test_the_wheel_carries_every_module(names: frozenset[str]) -> None:
    assert (carried("core", "**/*.py") | carried("plugins", "**/*.py")) - names == set()


def test_the_wheel_carries_nothing_of_the_tests(names: frozenset[str]) -> None:
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"core", "plugins"}


def test_what_is_installed_imports_and_tells_its_plugins(python: Path, tmp_path: Path) -> None:
    (tmp_path / "development.ini").write_text(INI.format(port=1), encoding="utf-8")
    assert str(ROOT) not in run(python, tmp_path, "python", "-c", "import core, plugins.xero; print(core.__file__)")
    said = run(python, tmp_path, "ledgertab", "plugins")
    assert "quickbooks_stub 0." in said
    assert "xero 0.1.0 (installed, but off)" in said
    assert "Warning" not in said


def test_what_is_installed_upgrades_a_database_and_serves_its_pages(python: Path, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "development.ini").write_text(INI.format(port=port), encoding="utf-8")
    assert "Applied: 0001" in run(python, tmp_path, "ledgertab", "db", "upgrade")
    server = subprocess.Popen(
        [python.with_name("ledgertab"), "serve"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        page = first_page(server, f"http://127.0.0.1:{port}/login")
    finally:
        server.terminate()
        said, _ = server.communicate(timeout=20)
    assert "Log in" in page, said
    assert server.returncode == 0, said
    assert "Warning" not in said


def first_page(server: subprocess.Popen[str], address: str) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        with suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:
            return str(answer.read().decode())
        time.sleep(0.2)
    return ""
