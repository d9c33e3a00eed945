"""The suite over the toy company, for the provider class a test names: the stub itself, or one broken on purpose."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest

from core import AccountingProvider, DocumentKind, ManualClock
from core.testing import StaticContext
from core.testing.conformance import FaultSwitch, ProviderConformance
from plugins.quickbooks_stub import company, mapping
from plugins.quickbooks_stub.ledger import MemoryStore
from plugins.quickbooks_stub.provider import QuickBooksStub
from tests.plugins.quickbooks_stub.disk import FailingDisk


class OnTheStub(ProviderConformance):
    """Every test has a toy company of its own."""

    provider_class: type[AccountingProvider] = QuickBooksStub

    @pytest.fixture
    def disk(self) -> FailingDisk:
        return FailingDisk(MemoryStore())

    @pytest.fixture
    def context(self) -> StaticContext:
        clock = ManualClock(dt.datetime(2026, 6, 17, 11, 30, tzinfo=dt.UTC))
        return StaticContext(mapping.to_organisation(company.REALM), clock)

    @pytest.fixture
    def provider(self, context: StaticContext, disk: FailingDisk) -> AccountingProvider:
        return self.provider_class(context, disk)  # type: ignore[call-arg]

    @pytest.fixture
    def known_party(self) -> str:
        return "customer-1"

    @pytest.fixture
    def archived_party(self) -> str:
        return "customer-12"

    @pytest.fixture
    def documents_in_two_currencies(self, provider: AccountingProvider) -> Sequence[tuple[DocumentKind, str]]:
        found = [provider.documents_of([party]).items[0] for party in ("customer-1", "customer-2")]
        return [(document.kind, document.ref.id) for document in found]

    @pytest.fixture
    def faults(self, disk: FailingDisk) -> FaultSwitch:
        return disk
