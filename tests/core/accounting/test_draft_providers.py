"""Providers that can do less: no look-up, no drafts at all; written as a third party would write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest

from core import (
    AccountingProvider,
    Capability,
    Choice,
    ChoiceKind,
    Document,
    DocumentKind,
    DocumentQuery,
    DocumentStatus,
    ManualClock,
    NewDocument,
    NewParty,
    NotFound,
    Organisation,
    OutcomeUnknown,
    Page,
    Party,
    ProviderSpec,
    Ref,
    SystemClock,
    Unavailable,
    hookimpl,
)
from core.accounting import draft_notes, drafts, sending, snapshot
from core.accounting.codec import to_json
from core.accounting.models import Connection
from core.jobs.periodic import tick
from core.services import Services
from plugins.quickbooks_stub.provider import ToyConsent
from tests.conftest import Browser, LogIn
from tests.core.accounting.drafting import draft_form, key_in, open_form, pass_time, send, the_draft

pytestmark = pytest.mark.slow  # walks through pages

BOOKS: list[str] = []
LOSE: list[bool] = []
PARTIES: list[Party] = []
AWAY: list[Unavailable] = []


class Plain(AccountingProvider):
    """Makes drafts, keeps no mark, and loses answers when `LOSE` says so."""

    def capabilities(self) -> frozenset[Capability]:
        return frozenset({Capability.DRAFT_INVOICE, Capability.PARTIES_CREATE})

    def organisation(self) -> Organisation:
        return Organisation("plain", "Plain Books", base_currency="NZD")

    def search_parties(self, text: str, *, cursor: str | None = None) -> Page[Party]:
        """One on a page."""
        number = int(cursor or 0)
        return Page(PARTIES[number : number + 1], str(number + 1) if number + 1 < len(PARTIES) else None)

    def create_party(self, new: NewParty, *, key: str) -> Party:
        made = Party(Ref(key), new.name, email=new.email)
        PARTIES.append(made)
        raise OutcomeUnknown("The line went dead.")

    def get_party(self, party_id: str) -> Party:
        raise NotFound("Nobody.")

    def search_documents(self, query: DocumentQuery) -> Page[Document]:
        return Page(())

    def get_documents(self, refs: Sequence[tuple[DocumentKind, str]]) -> Sequence[Document]:
        return ()

    def documents_of(self, party_ids: Sequence[str], *, cursor: str | None = None) -> Page[Document]:
        return Page(())

    def choices(self, kind: ChoiceKind) -> Sequence[Choice]:
        return ()

    def create(self, kind: DocumentKind, draft: NewDocument, *, key: str) -> Document:
        if AWAY:
            raise AWAY.pop()
        if LOSE:
            LOSE.pop()
            raise OutcomeUnknown("The line went dead.")
        BOOKS.append(key)
        total = sum((line.unit_price * line.quantity for line in draft.lines), draft.lines[0].amount)
        seen = {"party_id": draft.party_id, "party_name": "Hana", "number": "1", "status": DocumentStatus.DRAFT}
        money = {"total": total, "tax": total * 0, "amount_due": total}
        return Document(Ref(key), kind, date=draft.date, currency=draft.currency, **seen, **money)  # type: ignore[arg-type]


class Reader(Plain):
    """Only reads."""

    def capabilities(self) -> frozenset[Capability]:
        return frozenset()


@pytest.fixture
def extra() -> Mapping[str, ModuleType]:
    module = ModuleType("plain_plugin")

    @hookimpl
    def accounting_providers(settings: Any) -> Any:
        yield ProviderSpec("plain", "Plain", (ToyConsent(SystemClock()),), lambda context: Plain())
        yield ProviderSpec("reader", "Reader", (ToyConsent(SystemClock()),), lambda context: Reader())

    module.accounting_providers = accounting_providers  # type: ignore[attr-defined]
    return {"plain": module}


@pytest.fixture
def ini() -> dict[str, str]:
    return {"crm.plugins": "plain"}


@pytest.fixture
def http() -> None:
    """These providers reach nothing."""


@pytest.fixture
def sales(services: Services, clock: ManualClock, log_in: LogIn) -> Browser:
    """A sales person's browser; both toy organisations are connected and know one customer."""
    BOOKS.clear()
    for one in (LOSE, AWAY, PARTIES):
        one.clear()
    now = clock.now()
    with services.db.begin() as session:
        for key in ("plain", "reader"):
            organisation = Organisation(key, f"{key.title()} Books", base_currency="NZD")
            connection = Connection(
                provider=key,
                organisation_id=key,
                organisation=to_json(organisation),
                name=organisation.name,
                base_currency="NZD",
                connected_at=now,
                choices_at=now,
            )
            session.add(connection)
            session.flush()
            snapshot.save_parties(session, connection.id, [Party(Ref("p1"), "Hana Whitiora")], now)
            currency = Choice(ChoiceKind.CURRENCY, "NZD", "NZD")
            snapshot.save_choices(session, connection.id, ChoiceKind.CURRENCY, [currency])
    return log_in("sales")


@pytest.fixture
def queued(sales: Browser, refit: str) -> str:
    page = open_form(sales, refit, "?party=p1", provider="plain")
    form = draft_form(page)
    form["lines-0-description"], form["lines-0-unit_price"] = "Hood", "100"
    return key_in(send(page).location)


def state(services: Services) -> str:
    return the_draft(services).state


def test_without_a_look_up_a_person_looks_and_only_then_it_is_sent_again(
    sales: Browser, services: Services, queued: str, clock: ManualClock
) -> None:
    LOSE.append(True)
    services.jobs.drain()
    page = sales.get(f"/accounting/drafts/{queued}")
    assert state(services) == "missing"
    assert "cannot look up" in page
    for _ in range(20):
        clock.advance(seconds=60)
        sending.sweep(services, drafts.DEED)
        services.jobs.drain()
    assert BOOKS == []
    next(form for form in page.forms.values() if form.action.endswith("/retry")).submit(status=303)
    services.jobs.drain()
    assert state(services) == "made"
    assert [queued] == BOOKS


def test_an_organisation_that_is_offline_leaves_it_waiting_until_it_says_and_it_goes_out_under_its_key(
    sales: Browser, services: Services, queued: str, clock: ManualClock
) -> None:
    AWAY.append(Unavailable("The organisation is offline.", clock.now() + timedelta(minutes=5), detail="Back soon"))
    services.jobs.drain()
    assert (state(services), the_draft(services).in_doubt) == ("queued", False)
    page = sales.get(f"/accounting/drafts/{queued}")
    assert "We do not know yet" not in page
    assert "The organisation is offline. Nothing was written there. It goes out by itself in 5 minutes" in page
    assert "22 Nov 2026, 00:05 UTC" in page
    assert "Back soon" not in page  # the words of a machine are for who manages connections or sees bills
    assert the_draft(services).error_detail == "Back soon"
    pass_time(services, clock, seconds=285)
    assert BOOKS == []
    pass_time(services, clock, seconds=30)
    assert [queued] == BOOKS


def test_the_sweeper_is_among_the_periodic_work(services: Services, queued: str, clock: ManualClock) -> None:
    while services.jobs.huey.dequeue() is not None:
        pass
    clock.advance(timedelta(minutes=1))
    assert {"accounting_sweep_draft", "accounting_sweep_new_party", "accounting_sweep_notes_draft"} <= set(
        tick(services)
    )
    services.jobs.drain()
    assert [queued] == BOOKS


def test_a_provider_without_notes_gets_none(services: Services, queued: str, clock: ManualClock) -> None:
    services.jobs.drain()
    clock.advance(timedelta(minutes=5))
    draft_notes.sweep(services, drafts.NOTE)
    assert services.jobs.drain() == 0
    assert the_draft(services).noted_at is None


def test_a_provider_that_takes_no_drafts_says_what_can_be_done(sales: Browser, refit: str) -> None:
    page = open_form(sales, refit, provider="reader")
    assert "takes no drafts from here" in page
    assert "Find invoices to link" in page
    assert "draft-form" not in page


def test_a_post_to_a_provider_that_takes_no_drafts_sends_nothing(
    sales: Browser, services: Services, refit: str
) -> None:
    fields = {"connection": "2", "key": "0" * 32, "party": "p1", "date": "2026-11-22", "currency": "NZD"}
    line = {"lines-0-description": "x", "lines-0-quantity": "1", "lines-0-unit_price": "1"}
    more = {"amounts_are": "exclusive", "action": "send"}
    sales.send(f"{refit}/tabs/reader/draft", {**fields, **line, **more}, status=422)
    services.jobs.drain()
    assert BOOKS == []


def test_a_plugin_that_was_switched_off_leaves_its_drafts_waiting(
    sales: Browser, services: Services, queued: str, clock: ManualClock
) -> None:
    off = {key: spec for key, spec in services.providers.items() if key != "plain"}
    on, services.providers = services.providers, off
    services.jobs.drain()
    assert state(services) == "queued"
    page = sales.get(f"/accounting/drafts/{queued}")
    assert "is switched off" in page
    assert "Hood" in page
    sales.get("/accounting/drafts")
    services.providers = on
    clock.advance(timedelta(minutes=2))
    sending.sweep(services, drafts.DEED)
    services.jobs.drain()
    assert [queued] == BOOKS
    services.providers = off
    clock.advance(timedelta(minutes=5))
    draft_notes.sweep(services, drafts.NOTE)
    draft_notes.write(services, drafts.NOTE, the_draft(services).id)
    assert the_draft(services).noted_at is None


def test_a_new_party_whose_answer_was_lost_is_found_on_whatever_page_of_a_search_it_is(
    sales: Browser, services: Services, hana: str
) -> None:
    PARTIES.extend(Party(Ref(f"p{number}"), f"Hana Whitiora {number}") for number in range(5))
    page = sales.get(f"{hana}/tabs/plain/new-party")
    answer = next(form for form in page.forms.values() if form.action.endswith("/new-party")).submit(status=303)
    services.jobs.drain()
    assert [party.ref.id for party in PARTIES].count(key_in(answer.location)) == 1
    assert "is in Plain Books and linked" in sales.get(answer.location).follow()
