"""Drafts written to Xero: once, refused at the right field, found again, never over somebody's change."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal

import httpx2
import pytest

from core import (
    AmountsAre,
    Document,
    DocumentKind,
    DocumentStatus,
    Line,
    ManualClock,
    NewDocument,
    NewParty,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    Stale,
    Unavailable,
    Unsupported,
)
from core.testing import StaticContext
from plugins.xero.provider import XeroProvider
from plugins.xero.sandbox import Sandbox
from tests.plugins.xero.conftest import Wire

HARBOUR = "Harbour Coffee Roasters Ltd"
KEY = "0f9c2a7e5b6d4c1f8e3a"


@pytest.fixture
def draft(sandbox: Sandbox) -> NewDocument:
    return NewDocument(
        party_id=sandbox.contact_id(HARBOUR),
        date=dt.date(2026, 11, 22),
        due_date=dt.date(2026, 12, 20),
        currency="NZD",
        amounts_are=AmountsAre.EXCLUSIVE,
        lines=(
            Line("Design <b>& more</b> 🫖", Decimal("1.5"), Decimal("145.25"), account="210", tax_rate="OUTPUT2"),
            Line(
                "House blend",
                Decimal(10),
                Decimal("38.9025"),
                Decimal("12.5"),
                item="BEAN-HB",
                account="200",
                tax_rate="OUTPUT2",
                tracking=(("Region", "North Island"), ("Department", "Beans")),
            ),
        ),
        reference="Deal 7",
        mark_url=f"https://crm.example/opportunities/7?draft={KEY}",
    )


def count(sandbox: Sandbox) -> int:
    """How many invoices there are."""
    return len(sandbox.records("Invoices"))


def create(provider: XeroProvider, draft: NewDocument, key: str = KEY) -> Document:
    """Make the draft."""
    return provider.create(DocumentKind.SALES_INVOICE, draft, key=key)


def fields(error: pytest.ExceptionInfo[Rejected]) -> list[str]:
    """The fields a refusal is about."""
    return [problem.field for problem in error.value.problems]


def test_a_draft_arrives_as_it_was_typed(provider: XeroProvider, draft: NewDocument, sandbox: Sandbox) -> None:
    made = create(provider, draft)
    assert made.status is DocumentStatus.DRAFT
    assert (made.party_id, made.reference, made.date, made.due_date) == (
        draft.party_id,
        "Deal 7",
        dt.date(2026, 11, 22),
        dt.date(2026, 12, 20),
    )
    assert made.lines is not None
    first, second = made.lines
    assert (first.description, first.quantity, first.unit_price) == (
        "Design <b>& more</b> 🫖",
        Decimal("1.5"),
        Decimal("145.25"),
    )
    assert (second.unit_price, second.discount, second.item) == (Decimal("38.9025"), Decimal("12.5"), "BEAN-HB")
    assert second.tracking == (("Region", "North Island"), ("Department", "Beans"))
    assert made.source_url == draft.mark_url
    assert sandbox.record("Invoices", made.ref.id)["Status"] == "DRAFT"


def test_a_foreign_draft_leaves_the_rate_to_xero(provider: XeroProvider, draft: NewDocument, wire: Wire) -> None:
    made = create(provider, replace(draft, currency="USD"))
    (sent,) = wire.sent("PUT", "/Invoices")
    assert b"CurrencyRate" not in sent.content
    assert made.currency == "USD"


def test_whole_prices_and_long_decimals_are_written_digit_for_digit(
    provider: XeroProvider, draft: NewDocument, wire: Wire
) -> None:
    line = Line("x", Decimal(2), Decimal(620), account="200", tax_rate="OUTPUT2")
    made = create(provider, replace(draft, lines=(line, replace(line, unit_price=Decimal("0.2375")))))
    (sent,) = wire.sent("PUT", "/Invoices")
    assert b'"UnitAmount":620,' in sent.content
    assert b'"UnitAmount":0.2375' in sent.content
    assert made.lines is not None
    assert [line.unit_price for line in made.lines] == [Decimal(620), Decimal("0.2375")]


def test_two_hundred_lines_arrive_in_their_order(provider: XeroProvider, draft: NewDocument) -> None:
    lines = tuple(Line(f"Line {number}", account="200", tax_rate="OUTPUT2") for number in range(200))
    made = create(provider, replace(draft, lines=lines))
    assert made.lines is not None
    assert [line.description for line in made.lines] == [line.description for line in lines]


def test_the_same_key_and_body_again_make_no_second_invoice(
    provider: XeroProvider, draft: NewDocument, sandbox: Sandbox
) -> None:
    before = count(sandbox)
    assert create(provider, draft).ref.id == create(provider, draft).ref.id
    assert count(sandbox) == before + 1


@pytest.mark.parametrize("kind", [kind for kind in DocumentKind if kind is not DocumentKind.SALES_INVOICE])
def test_nothing_but_a_sales_invoice_can_be_drafted(
    provider: XeroProvider, draft: NewDocument, wire: Wire, kind: DocumentKind
) -> None:
    before = len(wire.requests)
    with pytest.raises(Unsupported):
        provider.create(kind, draft, key=KEY)
    with pytest.raises(Unsupported):
        provider.find_created(kind, KEY, draft.party_id, dt.datetime(2026, 11, 22, tzinfo=dt.UTC))
    assert len(wire.requests) == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"account": "999"}, "lines.1.account"),
        ({"account": "260"}, "lines.1.account"),
        ({"tax_rate": "BOGUS"}, "lines.1.tax_rate"),
        ({"tax_rate": "INPUT2"}, "lines.1.tax_rate"),
        ({"item": "GONE"}, "lines.1.item"),
        ({"item": "PAL-STD"}, "lines.1.item"),
        ({"tracking": (("Region", "Atlantis"),)}, "lines.1.tracking"),
        ({"discount": Decimal(101)}, ""),
    ],
    ids=str,
)
def test_what_xero_refuses_in_a_line_is_said_at_that_line(
    provider: XeroProvider, draft: NewDocument, sandbox: Sandbox, change: dict[str, object], field: str
) -> None:
    before = count(sandbox)
    lines = (draft.lines[0], replace(draft.lines[1], **change))  # type: ignore[arg-type]
    with pytest.raises(Rejected) as refused:
        create(provider, replace(draft, lines=lines))
    assert fields(refused) == [field]
    assert refused.value.problems[0].message
    assert count(sandbox) == before


def test_what_xero_refuses_in_the_head_is_said_at_its_field(
    provider: XeroProvider, draft: NewDocument, sandbox: Sandbox
) -> None:
    with pytest.raises(Rejected) as refused:
        create(provider, replace(draft, currency="ISK"), "k1")
    assert fields(refused) == ["currency"]
    with pytest.raises(Rejected) as refused:
        create(provider, replace(draft, reference="x" * 300), "k2")
    assert fields(refused) == ["reference"]
    sandbox.deeds.archive_contact(draft.party_id)
    with pytest.raises(Rejected) as refused:
        create(provider, draft, "k3")
    assert fields(refused) == ["party"]


def test_several_refusals_come_together(provider: XeroProvider, draft: NewDocument) -> None:
    lines = (replace(draft.lines[0], account="999"), replace(draft.lines[1], tax_rate="BOGUS"))
    with pytest.raises(Rejected) as refused:
        create(provider, replace(draft, lines=lines))
    assert sorted(fields(refused)) == ["lines.0.account", "lines.1.tax_rate"]


def test_a_link_back_with_the_word_xero_in_it_is_refused_before_a_call(
    provider: XeroProvider, draft: NewDocument, wire: Wire
) -> None:
    before = len(wire.requests)
    with pytest.raises(Rejected, match="link back"):
        create(provider, replace(draft, mark_url="https://Xero-crm.example/1?draft=k"))
    assert len(wire.requests) == before


def test_a_lost_answer_leaves_the_outcome_unknown_and_is_found_by_its_mark(
    provider: XeroProvider, draft: NewDocument, sandbox: Sandbox, clock: ManualClock, wire: Wire
) -> None:
    before, since = count(sandbox), clock.now()
    sandbox.faults.add("drop-after", times=1, method="PUT")
    with pytest.raises(OutcomeUnknown):
        create(provider, draft)
    assert len(wire.sent("PUT", "/Invoices")) == 1, "a write is never repeated by itself"
    clock.advance(seconds=90)
    found = provider.find_created(DocumentKind.SALES_INVOICE, KEY, draft.party_id, since)
    assert found is not None
    assert (found.status, found.total) == (DocumentStatus.DRAFT, found.total)
    assert found.lines is not None
    assert count(sandbox) == before + 1


def test_a_request_that_never_arrived_is_not_found_and_may_be_sent_again(
    provider: XeroProvider, draft: NewDocument, sandbox: Sandbox, clock: ManualClock
) -> None:
    before, since = count(sandbox), clock.now()
    sandbox.faults.add("drop-before", times=1, method="PUT")
    with pytest.raises(OutcomeUnknown):
        create(provider, draft)
    assert provider.find_created(DocumentKind.SALES_INVOICE, KEY, draft.party_id, since) is None
    create(provider, draft)
    assert count(sandbox) == before + 1


def test_a_lost_draft_is_found_whatever_became_of_it(
    provider: XeroProvider, draft: NewDocument, sandbox: Sandbox, clock: ManualClock
) -> None:
    since = clock.now()
    made = create(provider, draft)
    sandbox.deeds.delete(made.ref.id)
    found = provider.find_created(DocumentKind.SALES_INVOICE, KEY, draft.party_id, since)
    assert found is not None
    assert found.status is DocumentStatus.DELETED


def test_a_lost_draft_is_found_after_its_contact_was_merged(
    provider: XeroProvider, draft: NewDocument, sandbox: Sandbox, clock: ManualClock
) -> None:
    since = clock.now()
    made = create(provider, draft)
    sandbox.deeds.merge_contact(draft.party_id, sandbox.contact_id("Southern Cross Logistics"))
    found = provider.find_created(DocumentKind.SALES_INVOICE, KEY, draft.party_id, since)
    assert found is not None
    assert found.ref.id == made.ref.id


@pytest.mark.parametrize("other", [KEY[:-1], KEY + "b", "draft", "crm"])
def test_another_key_does_not_find_it(
    provider: XeroProvider, draft: NewDocument, clock: ManualClock, other: str
) -> None:
    since = clock.now()
    marked = replace(draft, mark_url=f"https://crm.example/opportunities/7?key={KEY}")
    create(provider, marked)
    wanted = other if other not in ("draft", "crm") else f"{other}-{KEY}"
    assert provider.find_created(DocumentKind.SALES_INVOICE, wanted, draft.party_id, since) is None


def test_a_draft_is_changed_line_by_line(provider: XeroProvider, draft: NewDocument, clock: ManualClock) -> None:
    made = create(provider, draft)
    assert made.lines is not None
    clock.advance(seconds=60)
    kept = replace(draft.lines[0], id=made.lines[0].id, quantity=Decimal(3))
    new = Line("Added", Decimal(1), Decimal(10), account="200", tax_rate="OUTPUT2")
    changed = provider.update_draft(made, replace(draft, lines=(kept, new), reference="Deal 8"), key="update-1")
    assert changed.lines is not None
    assert [line.description for line in changed.lines] == [kept.description, "Added"]
    assert (changed.lines[0].id, changed.lines[0].quantity) == (made.lines[0].id, Decimal(3))
    assert (changed.ref.id, changed.reference) == (made.ref.id, "Deal 8")


def test_what_is_emptied_in_a_change_is_empty_afterwards(provider: XeroProvider, draft: NewDocument) -> None:
    """Xero lays a line over the one of the same id, so that a line that lost something comes anew."""
    made = create(provider, draft)
    assert made.lines is not None
    first, second = made.lines
    assert first.account
    assert second.tracking
    lines = (replace(first, account="", tax_rate=""), replace(second, tracking=()))
    changed = provider.update_draft(made, replace(draft, lines=lines), key="update-1")
    assert changed.lines is not None
    assert [(line.account, line.tracking) for line in changed.lines] == [("", ()), (second.account, ())]
    assert [line.description for line in changed.lines] == [first.description, second.description]
    assert (changed.lines[0].id != first.id, changed.lines[1].id == second.id) == (True, True)
    assert changed.total == made.total - first.tax


def test_a_due_date_that_is_emptied_is_refused_at_its_field(
    provider: XeroProvider, draft: NewDocument, wire: Wire
) -> None:
    made = create(provider, draft)
    with pytest.raises(Rejected) as refused:
        provider.update_draft(made, replace(draft, due_date=None), key="update-1")
    assert fields(refused) == ["due_date"]
    assert wire.sent("POST", "/Invoices") == []


def test_a_draft_that_somebody_approved_meanwhile_is_left_alone(
    provider: XeroProvider, draft: NewDocument, sandbox: Sandbox, clock: ManualClock, wire: Wire
) -> None:
    made = create(provider, draft)
    clock.advance(seconds=60)
    sandbox.deeds.approve(made.ref.id)
    with pytest.raises(Stale, match="no longer a draft"):
        provider.update_draft(made, draft, key="update-1")
    with pytest.raises(Stale, match="no longer a draft"):
        provider.delete_draft(made)
    assert wire.sent("POST", "/Invoices") == []


def test_a_draft_that_somebody_changed_meanwhile_is_left_alone(
    provider: XeroProvider, draft: NewDocument, clock: ManualClock
) -> None:
    made = create(provider, draft)
    clock.advance(seconds=60)
    provider.update_draft(made, replace(draft, reference="Theirs"), key="update-1")
    with pytest.raises(Stale, match="changed in Xero"):
        provider.update_draft(made, replace(draft, reference="Ours"), key="update-2")


def test_what_xero_refuses_in_a_change_is_said_at_its_field(provider: XeroProvider, draft: NewDocument) -> None:
    made = create(provider, draft)
    wrong = replace(draft, lines=(replace(draft.lines[0], account="999"),))
    with pytest.raises(Rejected) as refused:
        provider.update_draft(made, wrong, key="update-1")
    assert fields(refused) == ["lines.0.account"]


def test_a_draft_can_be_deleted(provider: XeroProvider, draft: NewDocument, sandbox: Sandbox) -> None:
    made = create(provider, draft)
    provider.delete_draft(made)
    assert sandbox.record("Invoices", made.ref.id)["Status"] == "DELETED"


def test_a_deletion_that_was_refused_goes_under_another_key_the_next_time(
    provider: XeroProvider, draft: NewDocument, sandbox: Sandbox, wire: Wire
) -> None:
    """Xero gives what it answered under a key again for six minutes, a refusal too."""
    made = create(provider, draft)
    sandbox.faults.add("403", path="/api.xro/2.0/Invoices/", method="POST", times=1)
    with pytest.raises(ProviderError):
        provider.delete_draft(made)
    provider.delete_draft(made)
    first, second = (one.headers["Idempotency-Key"] for one in wire.sent("POST", "/Invoices"))
    assert first != second
    assert sandbox.record("Invoices", made.ref.id)["Status"] == "DELETED"


def test_a_write_that_could_not_be_sent_is_safe_to_try_again(context: StaticContext, draft: NewDocument) -> None:
    def refused(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("Connection refused", request=request)

    context.http = httpx2.Client(transport=httpx2.MockTransport(refused))
    with pytest.raises(Unavailable):
        create(XeroProvider(context), draft)


def test_every_write_carries_the_key_it_was_given(provider: XeroProvider, draft: NewDocument, wire: Wire) -> None:
    made = create(provider, draft, "a")
    provider.update_draft(made, draft, key="b")
    provider.create_party(NewParty("Key Holder"), key="c")
    provider.note(DocumentKind.SALES_INVOICE, made.ref, "x", key="d")
    writes = [one for one in wire.sent(path="/api.xro/") if one.method != "GET"]
    assert [one.headers["Idempotency-Key"] for one in writes] == ["a", "b", "c", "d"]


def test_no_document_ever_sends_more_of_a_contact_than_its_id(
    provider: XeroProvider, draft: NewDocument, wire: Wire
) -> None:
    made = create(provider, draft)
    changed = provider.update_draft(made, replace(draft, reference="again"), key="b")
    provider.delete_draft(changed)
    writes = [one for one in wire.sent(path="/Invoices") if one.method in ("PUT", "POST")]
    bodies = [json.loads(one.content)["Invoices"][0] for one in writes]
    assert len(bodies) == 3
    assert all(body.get("Contact", {"ContactID": ""}).keys() == {"ContactID"} for body in bodies)
