"""One read and one write, to see what becomes of either on a bad day."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from core import (
    AmountsAre,
    DocumentKind,
    Line,
    NewDocument,
)
from core.testing.conformance.helpers import of_parties
from plugins.xero.provider import XeroProvider

IDENT = "ca9ee388-3ecc-5a73-baab-7443cc245977"
DRAFT = NewDocument(
    IDENT,
    dt.date(2026, 11, 22),
    None,
    "NZD",
    AmountsAre.EXCLUSIVE,
    (Line("x", Decimal(1), Decimal("10.50"), account="200", tax_rate="OUTPUT2"),),
)


def read(provider: XeroProvider) -> Any:
    """A read."""
    return of_parties(provider, [IDENT])


def write(provider: XeroProvider) -> Any:
    """A write."""
    return provider.create(DocumentKind.SALES_INVOICE, DRAFT, key="key-1")
