"""Opens what a command works on: the settings of a file, the services, the whole application."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import plaster

from core import migrations
from core.app import make_app
from core.cli import config_file
from core.services import Services, make_services
from core.settings import Settings, StartError, read_settings


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings of the file that was asked for, environment merged in. Raises `StartError`."""
    return read_settings(ini_of(options))


def ini_of(options: argparse.Namespace) -> dict[str, Any]:
    """The section [app:main] of that file. Raises `StartError`."""
    path = config_file(options)
    try:
        found = plaster.get_settings(str(path), "app:main")
    except (plaster.PlasterError, LookupError, ValueError) as error:
        raise StartError(f"The settings file {path} cannot be read: {error}") from error
    if not found:
        raise StartError(f"The settings file {path} has no section [app:main].")
    return dict(found)


@contextmanager
def open_services(options: argparse.Namespace) -> Iterator[Services]:
    """Services on whatever state the database is in; closed afterwards. Raises `StartError`."""
    services = make_services(settings_of(options))
    try:
        yield services
    finally:
        close(services)


@contextmanager
def open_app(options: argparse.Namespace) -> Iterator[Any]:
    """The application, all rooms included, on a database that is up to date; closed afterwards. Raises `StartError`."""
    app = make_app(settings_of(options))
    services: Services = app.registry.services
    try:
        migrations.check(services)
        yield app
    finally:
        close(services)


def close(services: Services) -> None:
    """Let go of connections."""
    services.http.close()
    services.db.engine.dispose()
