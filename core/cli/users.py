"""``ledgertab user add``."""

from __future__ import annotations

import argparse
import getpass
import sys

from core import migrations
from core.cli.opening import open_services
from core.settings import StartError
from core.users.passwords import problem_with
from core.users.service import add_user


def add(options: argparse.Namespace) -> int:
    """Add a user; the password comes from standard input or is asked for. Raises `StartError`."""
    with open_services(options) as services:
        migrations.check(services)
        password = _password(options)
        try:
            with services.db.begin() as session:
                add_user(
                    session,
                    login=options.login,
                    name=options.name or options.login,
                    password=password,
                    role=options.role,
                    email=options.email,
                    when=services.clock.now(),
                )
        except ValueError as error:
            raise StartError(str(error)) from error
    sys.stdout.write(f"{options.login} may log in now, as {options.role}.\n")
    return 0


def _password(options: argparse.Namespace) -> str:
    if options.password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    elif sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise StartError("The two passwords differ. Nobody was added.")
    else:
        raise StartError("There is no terminal to ask for the password on. Use --password-stdin.")
    if problem := problem_with(password, options.login, options.name, options.email):
        raise StartError(f"{problem} Nobody was added.")
    return password
