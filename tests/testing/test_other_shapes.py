"""The suite over a backend of another shape: no feed, no idempotency key, drafts without numbers, other currencies.

It runs through the guard, so that what the suite lets pass is what the core takes.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from core import AccountingProvider, ManualClock
from core.testing import StaticContext
from core.testing.conformance import ProviderConformance
from tests.databases import NOW
from tests.testing.stranger import HOUSE, Ledgerhouse


class InDollars(ProviderConformance):
    currency = "NZD"

    @pytest.fixture
    def house(self) -> Ledgerhouse:
        house = Ledgerhouse()
        house.parties["7"] = replace(house.parties["7"], currency=self.currency)
        return house

    @pytest.fixture
    def context(self) -> StaticContext:
        return StaticContext(HOUSE, ManualClock(NOW))

    @pytest.fixture
    def provider(self, house: Ledgerhouse, context: StaticContext) -> AccountingProvider:
        return house.guarded(lambda what, error: None).open(context)

    @pytest.fixture
    def known_party(self) -> str:
        return "7"


class TestInDollars(InDollars):
    """Two decimals."""


class TestInYen(InDollars):
    """No decimals."""

    currency = "JPY"


class TestInDinars(InDollars):
    """Three decimals."""

    currency = "BHD"
