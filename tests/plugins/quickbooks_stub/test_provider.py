"""What is particular about QuickBooks: estimates instead of draft invoices, items, one currency a customer, changes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from core import (
    AccountingProvider,
    AmountsAre,
    Capability,
    Document,
    DocumentKind,
    DocumentQuery,
    DocumentStatus,
    Line,
    ManualClock,
    NewDocument,
    NewParty,
    Rejected,
    Stale,
    Unsupported,
)
from core.testing import StaticContext, UnlimitedBudget
from core.testing.conformance.helpers import of_party
from tests.plugins.quickbooks_stub.conftest import Open

ESTIMATE = DocumentKind.ESTIMATE
DRAFT = NewDocument(
    party_id="customer-1",
    date=dt.date(2026, 6, 17),
    due_date=dt.date(2026, 7, 17),
    currency="USD",
    amounts_are=AmountsAre.EXCLUSIVE,
    lines=(Line("Grinder", Decimal(2), Decimal("349.90"), item="3", tax_rate="TAX"),),
    reference="PO-1",
    mark_url="https://crm.example/opportunities/1?draft=k1",
)


def _estimates(provider: AccountingProvider) -> list[Document]:
    return [document for document in of_party(provider, "customer-1") if document.kind is ESTIMATE]


def test_a_draft_invoice_is_not_to_be_had(provider: AccountingProvider) -> None:
    assert Capability.DRAFT_INVOICE not in provider.capabilities()
    with pytest.raises(Unsupported, match="estimate"):
        provider.create(DocumentKind.SALES_INVOICE, DRAFT, key="k1")


def test_an_estimate_is_priced_by_quickbooks_and_posts_nothing(provider: AccountingProvider) -> None:
    made = provider.create(ESTIMATE, DRAFT, key="k1")
    assert (made.total, made.tax, made.amount_due) == (Decimal("757.53"), Decimal("57.73"), Decimal(0))
    assert (made.vendor_status, made.status) == ("Pending", DocumentStatus.DRAFT)
    assert made.lines is not None
    assert [line.account for line in made.lines] == ["79"]  # the item's own
    assert made.source_url == DRAFT.mark_url


def test_the_same_key_in_another_process_makes_no_second_estimate(process: Open) -> None:
    first = process().create(ESTIMATE, DRAFT, key="k1")
    assert process().create(ESTIMATE, DRAFT, key="k1") == first
    assert len([d for d in _estimates(process()) if d.reference == "PO-1"]) == 1


def test_a_long_key_is_told_from_one_with_the_same_beginning(provider: AccountingProvider, clock: ManualClock) -> None:
    """QuickBooks takes fifty characters of a request id."""
    keys = ["k" * 60 + "1", "k" * 60 + "2"]
    made = [provider.create(ESTIMATE, replace(DRAFT, mark_url=""), key=key) for key in keys]
    found = [provider.find_created(ESTIMATE, key, "customer-1", clock.now()) for key in keys]
    assert [document.ref.id for document in found if document] == [document.ref.id for document in made]
    assert made[0].ref.id != made[1].ref.id


def test_everything_that_is_wrong_is_told_at_once(provider: AccountingProvider) -> None:
    lines = (
        replace(DRAFT.lines[0], item=""),
        replace(DRAFT.lines[0], discount=Decimal(10)),
        replace(DRAFT.lines[0], item="7", tax_rate="OLD"),
        replace(DRAFT.lines[0], quantity=Decimal("1e12")),
    )
    with pytest.raises(Rejected) as told:
        provider.create(ESTIMATE, replace(DRAFT, currency="NZD", due_date=dt.date(2026, 6, 1), lines=lines), key="k1")
    assert [problem.field for problem in told.value.problems] == [
        "currency",
        "due_date",
        "lines.0.item",
        "lines.1.discount",
        "lines.2.item",
        "lines.2.tax_rate",
        "lines.3.unit_price",
    ]


@pytest.mark.parametrize("party", ["vendor-1", "customer-12", "customer-999"])
def test_only_an_active_customer_gets_an_estimate(provider: AccountingProvider, party: str) -> None:
    with pytest.raises(Rejected) as told:
        provider.create(ESTIMATE, replace(DRAFT, party_id=party), key="k1")
    assert "party" in [problem.field for problem in told.value.problems]


def test_an_estimate_without_lines_is_refused(provider: AccountingProvider) -> None:
    with pytest.raises(Rejected) as told:
        provider.create(ESTIMATE, replace(DRAFT, lines=()), key="k1")
    assert [problem.field for problem in told.value.problems] == ["lines"]


def test_an_estimate_that_was_accepted_is_left_alone(provider: AccountingProvider) -> None:
    found = provider.search_documents(DocumentQuery(kinds=frozenset({ESTIMATE}))).items
    accepted = next(document for document in found if document.vendor_status == "Accepted")
    with pytest.raises(Stale, match="pending"):
        provider.delete_draft(accepted)


def test_a_deleted_estimate_is_told_once_as_deleted_and_found_no_more(
    provider: AccountingProvider, clock: ManualClock
) -> None:
    made = provider.create(ESTIMATE, DRAFT, key="k1")
    clock.advance(seconds=60)
    provider.delete_draft(made)
    told = [change.document for change in provider.changes(clock.now()).items if change.document]
    assert [(document.ref.id, document.status) for document in told] == [(made.ref.id, DocumentStatus.DELETED)]
    assert provider.get_documents([(ESTIMATE, made.ref.id)]) == []
    assert made.ref.id not in [document.ref.id for document in _estimates(provider)]


def test_what_changes_between_two_pages_is_still_told(provider: AccountingProvider) -> None:
    first = provider.changes(None)
    assert first.cursor is not None
    moved = first.items[3].party
    assert moved is not None
    provider.update_party(moved, {"city": "Picton"}, key="k1")
    rest: list[str] = []
    cursor: str | None = first.cursor
    while cursor:
        page = provider.changes(None, cursor=cursor)
        rest += [change.party.ref.id for change in page.items if change.party]
        cursor = page.cursor
    told = [change.party.ref.id for change in first.items if change.party]
    assert {*told, *rest} >= {f"customer-{number}" for number in range(1, 14)}
    assert moved.ref.id in rest


def test_a_payment_that_falls_due_is_told_as_a_change(provider: AccountingProvider, clock: ManualClock) -> None:
    """The company goes on trading while the clock goes on."""
    since = clock.now()
    clock.advance(dt.timedelta(days=30))
    told = [change.document for change in provider.changes(since).items if change.document]
    assert any(document.status is DocumentStatus.PAID and document.date < since.date() for document in told)


def test_every_call_takes_a_place_in_the_budget_and_a_token(
    provider: AccountingProvider, context: StaticContext
) -> None:
    assert isinstance(context.budget, UnlimitedBudget)
    asked: list[str | None] = []

    def token(rejected: str | None) -> str:
        asked.append(rejected)
        return "token"

    context.token_source = token
    provider.get_party("customer-1")
    provider.create_party(NewParty("Kea Kites"), key="k1")
    assert (context.budget.spent, asked) == (2, [None, None])


def test_a_field_that_quickbooks_has_not_is_refused(provider: AccountingProvider) -> None:
    with pytest.raises(Rejected) as told:
        provider.update_party(provider.get_party("customer-1"), {"shoe_size": "9"}, key="k1")
    assert [problem.field for problem in told.value.problems] == ["shoe_size"]
