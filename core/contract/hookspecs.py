"""The hooks, written down: what, when, with what, what comes back. A plugin implements those it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pluggy

from core.contract.extensions import NavLink, Panel, PeriodicJob, RecordChange, Right, Tab
from core.contract.provider import ProviderSpec

NAMESPACE = "ledgertab"
hookspec = pluggy.HookspecMarker(NAMESPACE)
hookimpl = pluggy.HookimplMarker(NAMESPACE)


@hookspec
def accounting_providers(settings: Mapping[str, str]) -> Iterable[ProviderSpec]:  # type: ignore[empty-body]
    """The accounting backends this plugin brings. Called once, at start.

    `settings` are all settings of the application. Raise `core.MissingSetting` for one that must be there:
    the start stops with a sentence that names plugin and setting.
    """


@hookspec
def record_tabs(request: Any, record: Any) -> Iterable[Tab]:  # type: ignore[empty-body]
    """Tabs for a record's page. Called whenever a record page is drawn: answer quickly, call no network."""


@hookspec
def navigation_links(request: Any) -> Iterable[NavLink]:  # type: ignore[empty-body]
    """Entries for the main navigation. Called for every page."""


@hookspec
def dashboard_panels(request: Any) -> Iterable[Panel]:  # type: ignore[empty-body]
    """Cards for the start page."""


@hookspec
def record_changed(session: Any, record: Any, change: RecordChange) -> None:
    """A record was created, changed, deleted, restored or purged, in the transaction that did it; call no network."""


@hookspec
def periodic_jobs() -> Iterable[PeriodicJob]:  # type: ignore[empty-body]
    """Work to be done every so often by the worker. Called at every tick of a worker: answer from memory."""


@hookspec
def rights() -> Iterable[Right]:  # type: ignore[empty-body]
    """The rights this plugin adds, to be given to roles. Called once, at start."""
