"""The command `ledgertab`: what it does, and one clear sentence where something is wrong."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select

from core.cli import main
from core.cli.children import Children, Died
from core.cli.demo import plan, welcome
from core.db import Database
from core.records.models import Contact, Organization
from core.settings import StartError
from core.users.models import Role, User
from core.users.passwords import matches

pytestmark = pytest.mark.slow  # starts processes

PASSWORD = "correct horse battery"


@pytest.fixture
def ini(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file that LEDGERTAB_CONFIG names, for an empty SQLite database."""
    for name in list(os.environ):
        if name.startswith("LEDGERTAB_"):
            monkeypatch.delenv(name)
    path = tmp_path / "test.ini"
    path.write_text(
        "[app:main]\nuse = egg:ledgertab\ncrm.url = http://localhost\ncrm.home = %(here)s/var\ncrm.make_key = true\n"
        "crm.plugins = quickbooks_stub\nquickbooks_stub.secret_word = hush\nquickbooks_stub.colour = green\n"
        "[loggers]\nkeys = root\n[handlers]\nkeys =\n[formatters]\nkeys =\n[logger_root]\nhandlers =\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("LEDGERTAB_CONFIG", str(path))
    return path


@pytest.fixture
def db(ini: Path) -> Iterator[Database]:
    """The database of that file, upgraded."""
    assert main(["db", "upgrade"]) == 0
    found = Database(f"sqlite:///{ini.parent / 'var' / 'ledgertab.db'}")
    yield found
    found.engine.dispose()


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The sentence with which a command was refused: exit code 2, one line on stderr."""
    capsys.readouterr()
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("ledgertab: ")
    assert said.count("\n") == 1
    return said


def test_key_prints_a_key_that_fits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["key"]) == 0
    Fernet(capsys.readouterr().out.strip())


def test_upgrade_says_what_it_applied_and_then_that_nothing_is_left(
    ini: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["db", "upgrade"]) == 0
    assert "Applied: 0001" in capsys.readouterr().out
    assert main(["db", "upgrade"]) == 0
    assert "up to date" in capsys.readouterr().out


def test_upgrade_puts_in_the_roles(db: Database) -> None:
    with db.read() as session:
        assert {"admin", "sales", "accounts", "reader"} <= set(session.scalars(select(Role.key)))


def test_a_command_on_a_database_that_is_behind_names_the_one_to_run(
    ini: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "`ledgertab db upgrade`" in refused(["seed", "--demo"], capsys)
    assert "`ledgertab db upgrade`" in refused(["worker"], capsys)
    assert "`ledgertab db upgrade`" in refused(["user", "add", "ann"], capsys)


def test_a_missing_settings_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LEDGERTAB_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    assert "--config or LEDGERTAB_CONFIG" in refused(["plugins"], capsys)
    assert "no file elsewhere.ini" in refused(["--config", "elsewhere.ini", "plugins"], capsys)
    assert "no file elsewhere.ini" in refused(["plugins", "--config", "elsewhere.ini"], capsys)


def test_a_settings_file_without_the_section_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.ini"
    empty.write_text("[server:main]\n", encoding="utf-8")
    assert str(empty) in refused(["--config", str(empty), "plugins"], capsys)


def test_an_unknown_plugin_is_named_with_those_that_are_installed(
    ini: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEDGERTAB_PLUGINS", "sagge")
    said = refused(["plugins"], capsys)
    assert "'sagge'" in said
    assert "quickbooks_stub" in said


def test_a_missing_setting_of_a_plugin_is_named(
    ini: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEDGERTAB_PLUGINS", "xero")
    assert "xero.client_id" in refused(["plugins"], capsys)


def test_plugins_shows_what_is_on_and_masks_what_is_secret(db: Database, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["plugins"]) == 0
    said = capsys.readouterr().out
    assert "accounting_providers" in said
    assert "quickbooks_stub.colour = green" in said
    assert "quickbooks_stub.secret_word = ••••••" in said
    assert "hush" not in said
    assert "xero 0.1.0 (installed, but off)" in said


def test_a_user_is_added_with_a_password_from_standard_input(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))
    assert main(["user", "add", "ann", "--name", "Ann Rata", "--role", "sales", "--password-stdin"]) == 0
    with db.read() as session:
        user = session.scalars(select(User).where(User.login == "ann")).one()
        assert (user.name, user.role.key, user.active) == ("Ann Rata", "sales", True)
        assert matches(user.password_hash, PASSWORD)


def test_a_user_is_not_added_twice_nor_with_an_unknown_role_nor_with_a_short_password(
    db: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def add(*more: str, password: str = PASSWORD) -> str:
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{password}\n"))
        return refused(["user", "add", "ann", "--password-stdin", *more], capsys)

    assert "no role called boss" in add("--role", "boss")
    assert "ann@@example is no e-mail address" in add("--email", "ann@@example")
    assert "too short" in add(password="short")
    assert "too easy to guess" in add(password="password1234")
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))
    assert main(["user", "add", "ann", "--password-stdin"]) == 0
    assert "already" in add()
    with db.read() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 1


def test_without_a_terminal_the_password_is_not_asked_for(
    db: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert "--password-stdin" in refused(["user", "add", "ann"], capsys)


def test_seeding_the_demo_again_doubles_nothing(db: Database) -> None:
    def counted() -> list[int]:
        with db.read() as session:
            tables = (User, Organization, Contact)
            return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]

    assert main(["seed", "--demo"]) == 0
    first = counted()
    assert min(first) > 3
    assert main(["seed", "--demo"]) == 0
    assert counted() == first


def test_seed_makes_as_many_contacts_as_asked_for(db: Database) -> None:
    for _ in range(2):
        assert main(["seed", "--contacts", "60"]) == 0
    with db.read() as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == 120
        assert session.scalar(select(func.count(Contact.email.distinct()))) == 120


def test_seed_asks_what_to_put_in(db: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--contacts N" in refused(["seed"], capsys)


def test_an_unknown_option_is_refused_in_argparse_s_way(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["key", "--lenght", "3"])
    assert stop.value.code == 2
    assert "--lenght" in capsys.readouterr().err


def test_a_plugin_brings_a_command_that_reads_its_own_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["xero-sandbox", "--help"])
    assert stop.value.code == 0
    assert "--invoices-for-one-contact" in capsys.readouterr().out


def test_a_port_that_is_no_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="PORT is 'abc'"):
        plan({"PORT": "abc", "LEDGERTAB_HOME": str(tmp_path)})


def test_the_demo_points_every_sandboxed_plugin_at_its_sandbox(tmp_path: Path) -> None:
    place = plan({"PORT": "7001", "SANDBOX_PORT": "7002", "LEDGERTAB_HOME": str(tmp_path)})
    settings = place.settings()
    assert settings["crm.url"] == "http://localhost:7001"
    assert settings["crm.plugins"] == "xero quickbooks_stub"
    assert settings["xero.api_url"] == settings["xero.web_url"] == "http://localhost:7002"
    assert settings["quickbooks_stub.ledger_file"].startswith(str(tmp_path))
    assert {len(row) for row in welcome(place).splitlines()} == {len(welcome(place).splitlines()[0])}


def test_when_one_process_ends_it_is_named_with_its_last_words_and_the_others_are_stopped(tmp_path: Path) -> None:
    children = Children(tmp_path, os.environ)
    try:
        stays = children.start("server", [sys.executable, "-c", "import time; time.sleep(60)"])
        children.start("worker", [sys.executable, "-c", "raise SystemExit('the queue is full')"])
        with pytest.raises(Died, match=r"worker ended by itself \(exit code 1\).*\nthe queue is full"):
            children.watch()
    finally:
        children.stop()
    assert stays.ended()


def test_a_process_that_heeds_no_signal_is_killed_after_its_time_of_grace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.cli.children.GRACE", 0.2)
    children = Children(tmp_path, os.environ)
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    child = children.start("server", [sys.executable, "-c", deaf])
    children.wait_until(lambda: "deaf" in child.last_words(), 10, "The deaf one")
    children.stop()
    assert child.process.returncode == -signal.SIGKILL


# The demo itself, as a visitor starts it.


@contextmanager
def running_demo(home: Path, port: int, sandbox: int) -> Iterator[subprocess.Popen[str]]:
    """`ledgertab demo` as a group of processes; none of them is left at the end."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LEDGERTAB_")}
    environ |= {"PORT": str(port), "SANDBOX_PORT": str(sandbox), "LEDGERTAB_HOME": str(home)}
    demo = subprocess.Popen(
        [sys.executable, "-m", "core.cli", "demo"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield demo
    finally:
        with suppress(ProcessLookupError):
            os.killpg(demo.pid, signal.SIGKILL)
        demo.wait()
        if demo.stdout:
            demo.stdout.close()


def wait_for_page(demo: subprocess.Popen[str], port: int) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with suppress(OSError), urllib.request.urlopen(f"http://localhost:{port}/login", timeout=5) as answer:
            return str(answer.read().decode())
        assert demo.poll() is None, demo.stdout.read() if demo.stdout else ""
        time.sleep(0.2)
    raise AssertionError("no page within a minute")


def group_is_gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_demo_runs_and_runs_again_and_a_signal_leaves_nothing_behind(tmp_path: Path, number: int) -> None:
    for _ in range(2):
        port, sandbox = free_port(), free_port()
        with running_demo(tmp_path / "a folder", port, sandbox) as demo:
            assert "Log in" in wait_for_page(demo, port)
            os.killpg(demo.pid, number)
            said, _ = demo.communicate(timeout=20)
            assert demo.returncode == 0, said
            assert group_is_gone(demo.pid)
            assert "Stopped." in said


def test_a_signal_to_the_demo_alone_stops_its_parts_too(tmp_path: Path) -> None:
    port, sandbox = free_port(), free_port()
    with running_demo(tmp_path, port, sandbox) as demo:
        wait_for_page(demo, port)
        demo.terminate()
        demo.communicate(timeout=20)
        assert group_is_gone(demo.pid)


def test_the_demo_says_in_one_sentence_that_a_port_is_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with running_demo(tmp_path, port, free_port()) as demo:
            said, _ = demo.communicate(timeout=30)
    assert demo.returncode == 2
    assert said.startswith(f"ledgertab: Port {port} is in use")
    assert said.count("\n") == 1
