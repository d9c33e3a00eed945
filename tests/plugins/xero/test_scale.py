"""Many documents in few calls, and lists that change while they are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest

from core import ManualClock
from core.testing import StaticContext
from core.testing.conformance.helpers import of_parties
from plugins.xero import changes, listing
from plugins.xero.provider import XeroProvider
from plugins.xero.sandbox import Sandbox, make_sandbox
from plugins.xero.sandbox.demo_data.bulk import BULK_ID


@pytest.fixture
def large(clock: ManualClock) -> Iterator[Sandbox]:
    made = make_sandbox(clock=clock, invoices_for_one_contact=10_000)
    yield made
    made.close()


@pytest.fixture
def pages_of_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    original = listing.Lists.part
    monkeypatch.setattr(
        listing.Lists, "part", lambda self, *args, **more: original(self, *args, **{**more, "size": 10})
    )


@pytest.mark.slow
def test_ten_thousand_invoices_of_one_contact_take_twelve_calls(large: Sandbox, context: StaticContext) -> None:
    token = large.token()["access_token"]
    http = httpx2.Client(transport=httpx2.WSGITransport(app=large.app))
    provider = XeroProvider(replace(context, http=http, token_source=lambda rejected: token))
    documents = of_parties(provider, [BULK_ID])
    assert len({document.ref.id for document in documents}) == 10_000
    assert len(documents) < 10_050, "pages meet at a moment: the few rows of that moment come twice"
    assert large.calls.count("GET /api.xro/2.0/Invoices") == 11
    assert large.calls.count("GET /api.xro/2.0/CreditNotes") == 1


def test_a_walk_leaves_nothing_out_when_things_change_under_it(
    provider: XeroProvider, sandbox: Sandbox, clock: ManualClock, pages_of_ten: None
) -> None:
    """Pages of ten, and between two pages something on a page that was read changes and moves to the end."""
    contacts = [row["ContactID"] for row in sandbox.records("Contacts")]
    since = clock.advance(timedelta(days=1))
    for contact in contacts:
        clock.advance(seconds=7)
        sandbox.deeds.rename_contact(contact, f"Renamed {contact}")
    page = provider.changes(since)
    seen = [change.party.ref.id for change in page.items if change.party]
    while page.cursor and page.cursor.startswith("contacts"):
        clock.advance(seconds=7)
        sandbox.deeds.rename_contact(seen[0], f"Renamed again {clock.now()}")
        page = provider.changes(since, cursor=page.cursor)
        seen += [change.party.ref.id for change in page.items if change.party]
    assert set(seen) == set(contacts)


def test_a_walk_backwards_leaves_nothing_out_when_things_change_under_it(
    provider: XeroProvider, sandbox: Sandbox, clock: ManualClock, pages_of_ten: None
) -> None:
    """All changed in one second, and between two pages one of those behind changes once more: the rest moves up."""
    contacts = [row["ContactID"] for row in sandbox.records("Contacts")]
    since = clock.advance(timedelta(days=1))
    for contact in contacts:
        sandbox.deeds.rename_contact(contact, f"Renamed {contact}")
    page = provider.changes(since)
    seen = [change.party.ref.id for change in page.items if change.party]
    again: list[str] = []
    while page.cursor and page.cursor.startswith("contacts"):
        clock.advance(seconds=7)
        again.append(contacts[len(again)])
        sandbox.deeds.rename_contact(again[-1], f"Renamed again {clock.now()}")
        page = provider.changes(since, cursor=page.cursor)
        seen += [change.party.ref.id for change in page.items if change.party]
    assert set(contacts) - set(seen) <= set(again), "what changed meanwhile is for the next walk"
    assert len(again) > 5


def test_a_walk_ends_when_more_changed_in_one_second_than_fits_a_page(
    provider: XeroProvider, sandbox: Sandbox, clock: ManualClock, pages_of_ten: None
) -> None:
    contacts = [row["ContactID"] for row in sandbox.records("Contacts")]
    since = clock.advance(timedelta(days=1))
    for contact in contacts:
        sandbox.deeds.rename_contact(contact, f"Renamed {contact}")
    page = provider.changes(since)
    seen, pages = [change.party.ref.id for change in page.items if change.party], 1
    while page.cursor and page.cursor.startswith("contacts"):
        page = provider.changes(since, cursor=page.cursor)
        seen += [change.party.ref.id for change in page.items if change.party]
        pages += 1
    assert set(seen) == set(contacts)
    assert pages <= len(contacts) // 10 + 3
    assert timedelta(minutes=1) <= changes.OVERLAP
