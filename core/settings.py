"""What the ini file and the environment say, read once into a frozen value."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.contract.settings import MissingSetting, required

PREFIX = "LEDGERTAB_"
TRUE = frozenset({"1", "true", "yes", "on"})


class StartError(Exception):
    """Why the application cannot start, as a sentence that names the culprit and what to do."""


@dataclass(frozen=True)
class Settings:
    """The settings of one application.

    `url` is the address that mails, links back and redirect URIs use, without a slash at its end; `home` the
    folder for the key, the SQLite database and the queue; `worker` is ``thread`` or ``none``; `queue` is ``sqlite``,
    ``memory`` or a ``redis://`` address; `all` holds every setting, environment merged in, for plugins.
    """

    url: str
    home: Path
    database_url: str
    queue: str
    worker: str
    plugins: tuple[str, ...]
    make_key: bool
    secure_cookies: bool
    key: str = field(default="", repr=False)
    all: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_settings(ini: Mapping[str, object], environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from an ini section and the environment, which wins.

    ``LEDGERTAB_HOME`` is `crm.home`, ``LEDGERTAB_KEY`` the secret key, ``LEDGERTAB_DATABASE_URL`` the database;
    ``LEDGERTAB_CRM_URL`` is `crm.url`, ``LEDGERTAB_MAIL_PASSWORD`` is `mail.password`, and
    ``LEDGERTAB_BOOKS_CLIENT_ID`` is `books.client_id`: prefix, the name before the dot, the rest. Raises `StartError`.
    """
    merged = _merge(ini, os.environ if environ is None else environ)
    try:
        url = required(merged, "crm.url", "Set it to the address people open, for instance http://localhost:6543.")
    except MissingSetting as missing:
        raise StartError(str(missing)) from missing
    home = Path(merged.get("crm.home") or "var").expanduser().absolute()
    worker = merged.get("crm.worker", "none")
    if worker not in ("thread", "none"):
        raise StartError(f"The setting crm.worker is {worker!r}. It may be thread or none.")
    return Settings(
        url=url.rstrip("/"),
        home=home,
        database_url=merged.get("sqlalchemy.url") or f"sqlite:///{home / 'ledgertab.db'}",
        queue=merged.get("crm.queue") or "sqlite",
        worker=worker,
        plugins=tuple(merged.get("crm.plugins", "").split()),
        make_key=merged.get("crm.make_key", "false").lower() in TRUE,
        secure_cookies=url.startswith("https://"),
        key=merged.get("crm.key", ""),
        all=merged,
    )


def _merge(ini: Mapping[str, object], environ: Mapping[str, str]) -> dict[str, str]:
    merged = {name: value for name, value in ini.items() if isinstance(value, str)}
    named = {"HOME": "crm.home", "KEY": "crm.key", "DATABASE_URL": "sqlalchemy.url", "PLUGINS": "crm.plugins"}
    for name, setting in named.items():
        if environ.get(PREFIX + name):
            merged[setting] = environ[PREFIX + name]
    areas = sorted(["crm", "mail", "api", *merged.get("crm.plugins", "").split()], key=len, reverse=True)
    for variable, value in environ.items():
        rest = variable.removeprefix(PREFIX)
        area = next((area for area in areas if rest.startswith(f"{area.upper()}_")), None)
        if variable.startswith(PREFIX) and area is not None:
            merged[f"{area}.{rest[len(area) + 1 :].lower()}"] = value
    return merged
