"""The front door of the QuickBooks stub: one provider over a toy ledger, and its tab on records."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from core import Clock, ProviderSpec, SystemClock, Tab, hookimpl
from plugins.quickbooks_stub.ledger import FileStore, MemoryStore
from plugins.quickbooks_stub.provider import QuickBooksStub, ToyConsent

KEY = "quickbooks_stub"


@hookimpl
def accounting_providers(settings: Mapping[str, Any]) -> list[ProviderSpec]:
    """The stub. What it is given goes to the file `quickbooks_stub.ledger_file`, else no further than this process.

    The core hands its clock in as ``ledgertab.clock``; without one the machine's own serves.
    """
    ledger_file = settings.get(f"{KEY}.ledger_file", "").strip()
    store = FileStore(Path(ledger_file)) if ledger_file else MemoryStore()
    clock: Clock = settings.get("ledgertab.clock") or SystemClock()
    return [
        ProviderSpec(
            key=KEY,
            title="QuickBooks (stub)",
            authorizers=(ToyConsent(clock),),
            open=partial(QuickBooksStub, store=store),
            notice="This is a stub over a toy ledger, not QuickBooks: the company and its figures are made up.",
            decimals=2,
        )
    ]


@hookimpl
def record_tabs(request: Any, record: Any) -> list[Tab]:
    """The accounting tab of the core for this provider, on the records that have one."""
    tab = request.accounting_tab(KEY, record)
    return [tab] if tab else []


def includeme(config: Any) -> None:
    """Nothing to add: the core's accounting pages serve this provider as they are."""
