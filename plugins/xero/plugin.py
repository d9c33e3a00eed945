"""The front door of the Xero plugin: its hooks and its `includeme`, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core import ProviderSpec, Tab, hookimpl
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
        )
    ]


@hookimpl
def record_tabs(request: Any, record: Any) -> Iterable[Tab]:
    """The Xero tab, where the accounting room has one for this record."""
    tab = request.accounting_tab("xero", record)
    return [tab] if tab else []


def includeme(config: Any) -> None:
    """Nothing of its own yet: the core's accounting room draws the pages."""
