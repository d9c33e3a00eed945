"""The small frozen things that hooks yield; each checks itself when made."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.contract.wellformed import check_types

_KEY = re.compile(r"^[a-z][a-z0-9_]*$")
SECTIONS = ("", "Money", "Admin")
_RIGHT = re.compile(r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$")


def check_key(key: str) -> None:
    """Refuse what would not fit an address or a setting's name. Raises ValueError."""
    if not _KEY.match(key):
        raise ValueError(f"{key!r} is no key: small letters, digits and underscores, beginning with a letter")


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab on a record's page. `badge` is a short count or word beside the title; `right` who may see it."""

    key: str
    title: str
    url: str
    order: int = 100
    badge: str = ""
    right: str = ""

    def __post_init__(self) -> None:
        """Refuse a key that would not fit an address, and what a page could not sort or write."""
        check_types(self)
        check_key(self.key)


@dataclass(frozen=True, slots=True)
class NavLink:
    """An entry of the main navigation. `section`: "", "Money" or "Admin"; `right` who sees it."""

    title: str
    url: str
    section: str = ""
    order: int = 100
    badge: str = ""
    right: str = ""

    def __post_init__(self) -> None:
        """Refuse a section that is not there, and what a page could not sort or write."""
        check_types(self)
        if self.section not in SECTIONS:
            raise ValueError(f"{self.section!r} is no section of the navigation: leave it empty, or Money, or Admin")


@dataclass(frozen=True, slots=True)
class Panel:
    """A card on the start page: `template` (an asset) drawn with `values`."""

    key: str
    title: str
    template: str
    values: dict[str, Any]
    order: int = 100
    right: str = ""

    def __post_init__(self) -> None:
        """Refuse a key that would not fit an address, and what a page could not sort or write."""
        check_types(self)
        check_key(self.key)


@dataclass(frozen=True, slots=True)
class Right:
    """Something a role may be allowed, named ``area.deed``; `title` is what an admin reads."""

    key: str
    title: str
    help: str = ""

    def __post_init__(self) -> None:
        """Refuse a name that is not ``area.deed``."""
        check_types(self)
        if not _RIGHT.match(self.key):
            raise ValueError(f"{self.key!r} is no right: write it as area.deed")


@dataclass(frozen=True, slots=True)
class PeriodicJob:
    """Work the worker does every so many seconds; `run` takes the worker's application services."""

    key: str
    every_seconds: int
    run: Callable[[Any], None]

    def __post_init__(self) -> None:
        """Refuse a job that would never rest, and one that cannot be run."""
        check_types(self)
        if not callable(self.run):
            raise TypeError(f"PeriodicJob {self.key!r}: run is no function")
        check_key(self.key)
        if self.every_seconds < 10:
            raise ValueError(f"The periodic job {self.key!r} must rest at least 10 seconds")


@dataclass(frozen=True, slots=True)
class RecordChange:
    """What happened to a record: `deed` is created, changed, deleted (put into the
    bin), restored (taken out of it), purged (deleted for good) or merged (another one became part of it, and was
    deleted); `fields` the names that changed."""

    deed: str
    fields: frozenset[str] = frozenset()
