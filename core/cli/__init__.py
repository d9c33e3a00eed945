"""The command `ledgertab`. Commands are loaded when they are asked for, so that each starts quickly.

A plugin brings commands of its own through entry points of the group ``ledgertab.commands``: a function that takes
the arguments after the command's name and returns the exit code.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import warnings
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points, version
from pathlib import Path
from typing import Any

from core.settings import StartError

GROUP = "ledgertab.commands"
CONFIG_HELP = "the settings file (else the environment's LEDGERTAB_CONFIG, else development.ini)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code. 2 with one sentence on stderr where something is missing or wrong."""
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated", category=UserWarning)
    brought = {point.name: point for point in entry_points(group=GROUP)}
    parser = make_parser(brought)
    options, rest = parser.parse_known_args(arguments)
    try:
        if options.run in brought:
            return int(_brought(brought[options.run])(rest) or 0)
        if rest:
            parser.error(f"unrecognized arguments: {' '.join(rest)}")
        return int(_load(options.run)(options) or 0)
    except StartError as error:
        sys.stderr.write(f"ledgertab: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


def config_file(options: argparse.Namespace) -> Path:
    """The settings file that was asked for. Raises `StartError` when it is not there."""
    named = getattr(options, "config", "") or os.environ.get("LEDGERTAB_CONFIG", "")
    path = Path(named or "development.ini")
    if not path.is_file():
        hint = "" if named else " Name the settings file with --config or LEDGERTAB_CONFIG."
        raise StartError(f"There is no file {path} here.{hint}")
    return path


def make_parser(brought: dict[str, EntryPoint]) -> argparse.ArgumentParser:
    """The parser of the core's commands and of those that plugins bring (these parse their own arguments)."""
    parser = argparse.ArgumentParser(prog="ledgertab", description="A small CRM that shows the books beside it.")
    parser.add_argument("--version", action="version", version=f"ledgertab {version('ledgertab')}")
    parser.add_argument("--config", metavar="FILE", help=CONFIG_HELP)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_running(commands)
    _add_database(commands)
    _add_user(commands)
    _command(commands, "plugins", "core.cli.tools:plugins", "what is installed, what is on, and its settings")
    _command(commands, "key", "core.cli.tools:key", "print a new secret key for LEDGERTAB_KEY")
    for name, point in sorted(brought.items()):
        if name in commands.choices:
            sys.stderr.write(f"ledgertab: {_owner(point)} brings a command {name}, which is there already: left out.\n")
            continue
        command = commands.add_parser(name, help=f"brought by {_owner(point)}", add_help=False)
        command.set_defaults(run=name)
    return parser


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.value.partition(":")[0]


def _brought(point: EntryPoint) -> Any:
    """The function of a command that a plugin brings. Raises `StartError` where it cannot be loaded."""
    try:
        return point.load()
    except Exception as error:
        raise StartError(
            f"The command {point.name} of {_owner(point)} cannot be loaded: {type(error).__name__}: {error}"
        ) from error


def _add_running(commands: Any) -> None:
    _command(commands, "demo", "core.cli.demo:demo", "everything at once on demo data, to try things out")
    _command(commands, "serve", "core.cli.running:serve", "serve the pages as [server:main] of the settings file says")
    _command(commands, "worker", "core.cli.running:worker", "carry out jobs until stopped")


def _add_database(commands: Any) -> None:
    database = commands.add_parser("db", help="look after the database")
    deeds = database.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _command(deeds, "upgrade", "core.cli.database:upgrade", "bring the database to the newest revision")
    search = commands.add_parser("search", help="look after the index of the search box")
    deeds = search.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _command(deeds, "reindex", "core.cli.indexes:reindex", "build the indexes of the search and of duplicates anew")
    seed = _command(commands, "seed", "core.cli.database:seed", "put records in to try things with")
    seed.add_argument("--demo", action="store_true", help="the demo users and records")
    seed.add_argument("--contacts", type=int, metavar="N", default=0, help="N made-up contacts")


def _add_user(commands: Any) -> None:
    user = commands.add_parser("user", help="look after users")
    deeds = user.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add = _command(deeds, "add", "core.cli.users:add", "add a user who may log in")
    add.add_argument("login", help="the name to log in with")
    add.add_argument("--name", default="", help="the full name (else the log-in name)")
    add.add_argument("--role", default="admin", help="admin, sales, accounts, reader or one of your own (admin)")
    add.add_argument("--email", default="", help="where mail to this user goes")
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")


def _command(commands: Any, name: str, run: str, text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    command.add_argument("--config", metavar="FILE", help=CONFIG_HELP, default=argparse.SUPPRESS)
    command.set_defaults(run=run)
    return command


def _load(address: str) -> Any:
    module, _, name = address.partition(":")
    return getattr(importlib.import_module(module), name)
