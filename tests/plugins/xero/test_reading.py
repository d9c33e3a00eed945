"""What the provider reads, and in how few calls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from core import (
    Capability,
    ChoiceKind,
    Document,
    DocumentKind,
    DocumentQuery,
    DocumentStatus,
    ManualClock,
    NotFound,
    PartyState,
    ReconnectNeeded,
    Ref,
    Unsupported,
)
from core.testing import StaticContext
from core.testing.conformance.helpers import all_advances, all_changes, of_parties
from plugins.xero.provider import XeroProvider
from plugins.xero.sandbox import Sandbox
from tests.plugins.xero.conftest import Wire

HARBOUR = "Harbour Coffee Roasters Ltd"


def find(provider: XeroProvider, query: DocumentQuery) -> list[Document]:
    """Every document that matches, page after page."""
    page = provider.search_documents(query)
    found = list(page.items)
    while page.cursor:
        page = provider.search_documents(replace(query, cursor=page.cursor))
        found += page.items
    return found


def ids_of(documents: Sequence[Document]) -> set[str]:
    """Their ids."""
    return {document.ref.id for document in documents}


def test_an_organisation_that_is_another_one_than_before_asks_to_connect_again(context: StaticContext) -> None:
    context.organisation = replace(context.organisation, own_id="somebody-else")
    with pytest.raises(ReconnectNeeded, match="another organisation"):
        XeroProvider(context).organisation()


def test_the_organisation_of_before_is_taken_as_it_is_now(context: StaticContext) -> None:
    now = XeroProvider(context).organisation()
    context.organisation = now
    assert XeroProvider(context).organisation() == now
    assert now.sales_terms is not None


def test_contacts_are_found_by_name_and_by_e_mail(provider: XeroProvider, sandbox: Sandbox) -> None:
    wanted = sandbox.contact_id(HARBOUR)
    for text in ("harbour coffee", " HARBOUR COFFEE ", "accounts@harbour.example"):
        assert wanted in {party.ref.id for party in provider.search_parties(text).items}


def test_archived_contacts_come_last(provider: XeroProvider, sandbox: Sandbox) -> None:
    sandbox.deeds.archive_contact(sandbox.contact_id(HARBOUR))
    states = [party.state for party in provider.search_parties("harbour").items]
    assert states == sorted(states, key=lambda state: state is PartyState.ARCHIVED)
    assert PartyState.ARCHIVED in states


def test_a_search_for_nothing_lists_everybody_in_one_call(provider: XeroProvider, wire: Wire, sandbox: Sandbox) -> None:
    page = provider.search_parties("")
    assert len(page.items) == len(sandbox.records("Contacts"))
    assert page.cursor is None
    assert len(wire.sent(path="/Contacts")) == 1


def test_a_search_without_a_hit_is_an_empty_page(provider: XeroProvider) -> None:
    page = provider.search_parties("no such contact 🫖 <b>")
    assert (list(page.items), page.cursor) == ([], None)


@pytest.mark.parametrize("cursor", ["x", "-1", "", "1|2", "99999999999999999999", "٣"])
def test_a_cursor_we_never_gave_is_not_found(provider: XeroProvider, cursor: str) -> None:
    with pytest.raises(NotFound):
        provider.search_parties("a", cursor=cursor)


def test_one_contact_comes_whole(provider: XeroProvider, sandbox: Sandbox) -> None:
    party = provider.get_party(sandbox.contact_id(HARBOUR))
    assert (party.name, party.email, party.tax_number) == (HARBOUR, "accounts@harbour.example", "104-332-871")
    assert "385 1174" in party.phone
    assert party.updated_at is not None


def test_an_unknown_contact_is_not_found(provider: XeroProvider) -> None:
    with pytest.raises(NotFound):
        provider.get_party("00000000-0000-4000-8000-000000000000")


@pytest.mark.parametrize("ident", ["", "42", "../Invoices", "x' OR 1==1", "{00000000-0000-4000-8000-000000000000}"])
def test_what_is_no_id_of_xeros_is_not_found_without_a_call(provider: XeroProvider, wire: Wire, ident: str) -> None:
    before = len(wire.requests)
    with pytest.raises(NotFound):
        provider.get_party(ident)
    assert provider.get_documents([(DocumentKind.SALES_INVOICE, ident), (DocumentKind.BILL_CREDIT_NOTE, ident)]) == []
    assert of_parties(provider, [ident]) == []
    assert len(wire.requests) == before


def test_everything_of_a_contact_arrives_with_lines(provider: XeroProvider, sandbox: Sandbox, wire: Wire) -> None:
    party = sandbox.contact_id(HARBOUR)
    documents = of_parties(provider, [party])
    expected = {
        row[key]
        for table, key in (("Invoices", "InvoiceID"), ("CreditNotes", "CreditNoteID"))
        for row in sandbox.records(table)
        if row["Contact"]["ContactID"] == party
    }
    assert ids_of(documents) == expected
    assert len(documents) == len(expected)
    assert all(document.lines is not None for document in documents)
    assert len(wire.sent("GET", "/Invoices")) == len(wire.sent("GET", "/CreditNotes")) == 1


def test_the_documents_of_everybody_take_a_call_for_as_many_contacts_as_an_address_holds(
    provider: XeroProvider, sandbox: Sandbox, wire: Wire
) -> None:
    parties = [row["ContactID"] for row in sandbox.records("Contacts")]
    documents = of_parties(provider, parties)
    assert len(documents) == len(sandbox.records("Invoices")) + len(sandbox.records("CreditNotes"))
    assert (len(wire.sent("GET", "/Invoices")), len(wire.sent("GET", "/CreditNotes"))) == (2, 3)


def test_amounts_in_a_foreign_currency_keep_their_currency_and_rate(provider: XeroProvider, sandbox: Sandbox) -> None:
    documents = of_parties(provider, [sandbox.contact_id("Albion Bicycle Works Ltd")])
    by_id = {row["InvoiceID"]: row for row in sandbox.records("Invoices")}
    assert {document.currency for document in documents} == {"GBP"}
    for document in documents:
        theirs = Decimal(str(by_id[document.ref.id]["CurrencyRate"]))
        assert document.rate is not None
        assert abs(document.rate * theirs - 1) < Decimal("1e-20")


def test_documents_are_read_by_kind_and_id_and_the_unknown_are_left_out(
    provider: XeroProvider, sandbox: Sandbox, wire: Wire
) -> None:
    invoices = [row["InvoiceID"] for row in sandbox.records("Invoices")[:45]]
    credits = [row["CreditNoteID"] for row in sandbox.records("CreditNotes")[:5]]
    gone = "00000000-0000-4000-8000-000000000000"
    asked = [(DocumentKind.SALES_INVOICE, ident) for ident in [*invoices, gone, invoices[0]]]
    asked += [(DocumentKind.SALES_CREDIT_NOTE, ident) for ident in [*credits, gone]]
    asked += [(DocumentKind.OVERPAYMENT, sandbox.records("Overpayments")[0]["OverpaymentID"])]
    asked += [(DocumentKind.PREPAYMENT, gone), (DocumentKind.ESTIMATE, gone)]
    documents = provider.get_documents(asked)
    assert ids_of(documents) == {*invoices, *credits, sandbox.records("Overpayments")[0]["OverpaymentID"]}
    assert len(documents) == 51
    assert len(wire.sent("GET", "/Invoices")) == 2
    assert len(wire.sent("GET", "/CreditNotes")) == 1


def test_a_part_of_an_invoice_number_finds_the_invoice(provider: XeroProvider, sandbox: Sandbox) -> None:
    row = next(row for row in sandbox.records("Invoices") if row["Type"] == "ACCREC" and row["Status"] == "AUTHORISED")
    kinds = frozenset({DocumentKind.SALES_INVOICE})
    found = find(provider, DocumentQuery(row["InvoiceNumber"][2:].lower(), kinds))
    assert row["InvoiceID"] in ids_of(found)
    assert {document.kind for document in found} == {DocumentKind.SALES_INVOICE}


def test_a_bill_is_found_by_what_people_call_its_reference(provider: XeroProvider, sandbox: Sandbox) -> None:
    row = next(row for row in sandbox.records("Invoices") if row["Type"] == "ACCPAY" and row["Status"] == "PAID")
    found = find(provider, DocumentQuery(row["InvoiceNumber"], frozenset({DocumentKind.BILL})))
    assert row["InvoiceID"] in ids_of(found)


def test_a_range_of_dates_includes_both_ends(provider: XeroProvider, sandbox: Sandbox) -> None:
    first, last = dt.date(2026, 3, 1), dt.date(2026, 3, 31)
    found = find(provider, DocumentQuery(date_from=first, date_to=last))
    expected = {
        row[key]
        for table, key in (("Invoices", "InvoiceID"), ("CreditNotes", "CreditNoteID"))
        for row in sandbox.records(table)
        if "2026-03-01" <= str(row["Date"])[:10] <= "2026-03-31" and row["Status"] != "DELETED"
    }
    assert expected
    assert ids_of(found) == expected


def test_a_long_list_is_read_page_by_page_newest_first(provider: XeroProvider, sandbox: Sandbox) -> None:
    query = DocumentQuery(kinds=frozenset({DocumentKind.SALES_INVOICE}))
    first = provider.search_documents(query)
    dates = [document.date for document in first.items]
    assert dates == sorted(dates, reverse=True)
    assert len(first.items) == 100
    found = find(provider, query)
    expected = [row for row in sandbox.records("Invoices") if row["Type"] == "ACCREC" and row["Status"] != "DELETED"]
    assert ids_of(found) == {row["InvoiceID"] for row in expected}
    assert len(found) == len(expected)


def test_credit_notes_are_found_by_number_too(provider: XeroProvider, sandbox: Sandbox) -> None:
    row = next(row for row in sandbox.records("CreditNotes") if row["Type"] == "ACCRECCREDIT")
    found = find(provider, DocumentQuery(row["CreditNoteNumber"].lower()))
    assert row["CreditNoteID"] in ids_of(found)


def test_a_search_may_be_narrowed_to_one_contact(provider: XeroProvider, sandbox: Sandbox) -> None:
    party = sandbox.contact_id(HARBOUR)
    found = find(provider, DocumentQuery(party_id=party))
    assert {document.party_id for document in found} == {party}
    assert {document.kind for document in found} >= {DocumentKind.SALES_INVOICE, DocumentKind.BILL}


def test_kinds_that_xero_cannot_be_asked_for_find_nothing_without_a_call(provider: XeroProvider, wire: Wire) -> None:
    before = len(wire.requests)
    page = provider.search_documents(DocumentQuery("x", frozenset({DocumentKind.ESTIMATE})))
    assert (list(page.items), page.cursor) == ([], None)
    assert len(wire.requests) == before


@pytest.mark.parametrize("cursor", ["x", "invoices.x", "invoices", "quotes.1", "credits.-1"])
def test_a_made_up_place_in_a_list_of_documents_is_not_found(provider: XeroProvider, cursor: str) -> None:
    with pytest.raises(NotFound):
        provider.search_documents(DocumentQuery(cursor=cursor))


def test_the_first_walk_tells_every_contact_and_all_that_was_paid_ahead_in_three_calls(
    provider: XeroProvider, sandbox: Sandbox, wire: Wire
) -> None:
    (held,) = sandbox.records("Overpayments")
    sandbox.deeds.refund("Overpayments", held["OverpaymentID"], held["RemainingCredit"])
    found = [*all_changes(provider, None), *all_advances(provider, None)]
    parties = {change.party.ref.id: change.party for change in found if change.party}
    assert set(parties) == {row["ContactID"] for row in sandbox.records("Contacts")}
    assert {party.state for party in parties.values()} == {PartyState.ACTIVE, PartyState.ARCHIVED}
    kinds = [change.document.kind for change in found if change.document]
    assert sorted(kind.value for kind in kinds) == ["overpayment", "prepayment"]
    assert {change.document.status.value for change in found if change.document} == {"authorised", "paid"}
    assert len(wire.sent("GET", "/api.xro/")) == 3


def test_a_later_walk_tells_what_changed_in_three_calls_and_advances_in_two(
    provider: XeroProvider, sandbox: Sandbox, wire: Wire, clock: ManualClock
) -> None:
    since = clock.advance(dt.timedelta(days=1))
    clock.advance(seconds=90)
    draft = next(row for row in sandbox.records("Invoices") if row["Status"] == "SUBMITTED")
    sandbox.deeds.approve(draft["InvoiceID"])
    sandbox.deeds.archive_contact(sandbox.contact_id(HARBOUR))
    found = all_changes(provider, since)
    assert [change.party.state for change in found if change.party] == [PartyState.ARCHIVED]
    (document,) = [change.document for change in found if change.document]
    assert (document.ref.id, document.status) == (draft["InvoiceID"], DocumentStatus.AUTHORISED)
    assert len(wire.sent("GET", "/api.xro/")) == 3
    assert all_advances(provider, since) == []
    assert len(wire.sent("GET", "/api.xro/")) == 5


def test_what_changed_just_before_is_told_again(provider: XeroProvider, sandbox: Sandbox, clock: ManualClock) -> None:
    clock.advance(dt.timedelta(days=1))
    sandbox.deeds.archive_contact(sandbox.contact_id(HARBOUR))
    since = clock.advance(dt.timedelta(minutes=2))
    assert [change for change in all_changes(provider, since) if change.party]


@pytest.mark.parametrize("cursor", ["x", "quotes||1", "contacts|yesterday|1", "contacts||one"])
def test_a_made_up_place_in_the_changes_is_not_found(provider: XeroProvider, cursor: str) -> None:
    with pytest.raises(NotFound):
        provider.changes(None, cursor=cursor)


@pytest.mark.parametrize("cursor", ["x", "2||1", "0|yesterday|1", "0||one", "0||0", "invoices||1"])
def test_a_made_up_place_in_a_load_is_not_found(provider: XeroProvider, sandbox: Sandbox, cursor: str) -> None:
    with pytest.raises(NotFound):
        provider.documents_of([sandbox.contact_id(HARBOUR)], cursor=cursor)


@pytest.mark.parametrize("kind", list(ChoiceKind))
def test_every_list_of_the_organisation_is_one_call(provider: XeroProvider, wire: Wire, kind: ChoiceKind) -> None:
    choices = provider.choices(kind)
    assert choices
    assert {choice.kind for choice in choices} == {kind}
    assert len(wire.sent("GET", "/api.xro/")) == 1


def test_only_active_accounts_of_revenue_are_for_sales(provider: XeroProvider) -> None:
    accounts = {choice.id: choice for choice in provider.choices(ChoiceKind.ACCOUNT)}
    assert (accounts["200"].active, accounts["200"].for_sales, accounts["200"].tax_rate) == (True, True, "OUTPUT2")
    assert (accounts["260"].active, accounts["260"].for_sales) == (False, True)
    assert (accounts["400"].active, accounts["400"].for_sales) == (True, False)
    assert not accounts.keys() & {"610", "800", "820", "497"}, "system accounts are not offered"


def test_items_say_whether_they_are_sold_and_for_how_much(provider: XeroProvider) -> None:
    items = {choice.id: choice for choice in provider.choices(ChoiceKind.ITEM)}
    assert (items["CUP-200"].price, items["CUP-200"].account) == (Decimal("0.2375"), "200")
    assert items["CUP-200"].for_sales
    assert not items["PAL-STD"].for_sales


def test_tax_rates_say_whether_they_may_be_used_for_revenue(provider: XeroProvider) -> None:
    rates = {choice.id: choice for choice in provider.choices(ChoiceKind.TAX_RATE)}
    assert (rates["OUTPUT2"].rate, rates["OUTPUT2"].for_sales) == (Decimal(15), True)
    assert not rates["INPUT2"].for_sales


def test_tracking_options_say_their_category(provider: XeroProvider) -> None:
    tracking = {(choice.group, choice.id) for choice in provider.choices(ChoiceKind.TRACKING)}
    assert ("Region", "North Island") in tracking


def test_only_what_xero_prints_has_a_pdf(provider: XeroProvider, wire: Wire) -> None:
    before = len(wire.requests)
    with pytest.raises(Unsupported):
        provider.attachment(Ref("00000000-0000-4000-8000-000000000000"), DocumentKind.PREPAYMENT)
    with pytest.raises(NotFound):
        provider.attachment(Ref("../x"), DocumentKind.SALES_INVOICE)
    assert len(wire.requests) == before


def test_a_note_stands_in_the_history_in_xero(provider: XeroProvider, sandbox: Sandbox, wire: Wire) -> None:
    row = sandbox.records("Invoices")[0]
    provider.note(DocumentKind.SALES_INVOICE, Ref(row["InvoiceID"]), "Drafted by Jo <b>🫖</b>", key="note-1")
    (sent,) = wire.sent("PUT", "/History")
    assert sent.headers["Idempotency-Key"] == "note-1"
    headers = {name: sent.headers[name] for name in ("Authorization", "xero-tenant-id", "Accept")}
    told = wire.http.get(sent.url, headers=headers).json()["HistoryRecords"]
    assert "Drafted by Jo <b>🫖</b>" in [record["Details"] for record in told]
    with pytest.raises(Unsupported):
        provider.note(DocumentKind.ESTIMATE, Ref(row["InvoiceID"]), "x", key="k")


def test_links_need_no_call_and_switch_to_the_organisation(provider: XeroProvider, wire: Wire) -> None:
    before = len(wire.requests)
    assert provider.web_url(None, Ref("abc")) == (
        "http://localhost/organisationlogin/default.aspx?shortcode=%21k3r3r&redirecturl=/Contacts/View/abc"
    )
    assert len(wire.requests) == before


def test_what_is_claimed_can_be_done(provider: XeroProvider) -> None:
    assert provider.capabilities() >= {Capability.DRAFT_INVOICE, Capability.CHANGES, Capability.PDF}
    assert Capability.ESTIMATE not in provider.capabilities()
