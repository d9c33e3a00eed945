"""Connect, look at the organisation, find a contact, read its documents, raise a draft."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

from core import AmountsAre, DocumentKind, DocumentStatus, Line, NewDocument
from core.testing import UnlimitedBudget
from core.testing.conformance.helpers import of_parties
from plugins.xero.provider import XeroProvider
from plugins.xero.sandbox import Sandbox
from tests.plugins.xero.conftest import Consent, Wire


def test_the_main_road_from_consent_to_a_draft(
    consent: Consent, provider: XeroProvider, sandbox: Sandbox, wire: Wire, budget: UnlimitedBudget
) -> None:
    (connected,) = consent.organisations
    assert connected.id == sandbox.tenant_id
    assert connected.connection_ref not in ("", connected.id)

    organisation = provider.organisation()
    assert (organisation.base_currency, organisation.timezone) == ("NZD", "Pacific/Auckland")
    assert organisation.id == connected.id
    assert dict(organisation.extra)["short_code"].startswith("!")

    party = provider.search_parties("harbour coffee").items[0]
    assert party.ref.id == sandbox.contact_id("Harbour Coffee Roasters Ltd")

    documents = of_parties(provider, [party.ref.id])
    assert {document.party_id for document in documents} == {party.ref.id}
    assert {document.kind for document in documents} >= {DocumentKind.SALES_INVOICE, DocumentKind.BILL}
    assert all(document.lines for document in documents)

    draft = NewDocument(
        party.ref.id,
        dt.date(2026, 11, 22),
        dt.date(2026, 12, 20),
        "NZD",
        AmountsAre.EXCLUSIVE,
        (Line("Training", Decimal(2), Decimal("620.00"), account="210", tax_rate="OUTPUT2"),),
        reference="Deal 7",
        mark_url="https://crm.example/opportunities/7?draft=key-1",
    )
    made = provider.create(DocumentKind.SALES_INVOICE, draft, key="key-1")
    assert (made.status, made.total, made.tax) == (DocumentStatus.DRAFT, Decimal("1426.00"), Decimal("186.00"))
    assert made.number
    (sent,) = wire.sent("PUT")
    (body,) = json.loads(sent.content)["Invoices"]
    assert body["Contact"] == {"ContactID": party.ref.id}
    assert not body.keys() & {"CurrencyRate", "InvoiceNumber", "Total", "TotalTax"}
    assert sent.headers["Idempotency-Key"] == "key-1"
    assert budget.spent == len(wire.sent(path="/api.xro/"))
