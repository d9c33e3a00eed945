"""The front door of the Xero plugin: its hooks and its `includeme`, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from pyramid.security import NO_PERMISSION_REQUIRED

from core import PeriodicJob, ProviderSpec, Tab, hookimpl
from plugins.xero import webhooks
from plugins.xero.making import authorizers
from plugins.xero.provider import XeroProvider
from plugins.xero.settings import check_address


@hookimpl
def accounting_providers(settings: Mapping[str, str]) -> Iterable[ProviderSpec]:
    """Xero. Raises `MissingSetting` without the app's client id and secret, or with an address Xero does not take."""
    check_address(settings)
    return [
        ProviderSpec(
            key="xero",
            title="Xero",
            authorizers=authorizers(settings),
            open=XeroProvider,
            calls_per_minute=60,  # for one organisation; the day's limit depends on the plan, and answers tell it
            calls_at_once=5,
            decimals=2,  # "rounding to two decimal places", whatever the currency (Xero, "Rounding in Xero")
            tells=webhooks.is_set_up(settings),
        )
    ]


@hookimpl
def record_tabs(request: Any, record: Any) -> Iterable[Tab]:
    """The Xero tab, where the accounting room has one for this record."""
    tab = request.accounting_tab("xero", record)
    return [tab] if tab else []


@hookimpl
def periodic_jobs() -> Iterable[PeriodicJob]:
    """Forgetting the webhook events of long ago."""
    return [PeriodicJob("xero_tidy", 24 * 3600, webhooks.tidy)]


def includeme(config: Any) -> None:
    """Where Xero's webhooks arrive, and the job that follows them; the core's accounting room draws the pages."""
    services = config.registry.services
    services.jobs.add(webhooks.JOB, partial(webhooks.heard, services))
    config.add_own_session_route("xero_webhooks", webhooks.PATH)
    config.add_view(
        webhooks.receive,
        route_name="xero_webhooks",
        request_method="POST",
        permission=NO_PERMISSION_REQUIRED,
        require_csrf=False,
    )
