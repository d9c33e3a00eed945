"""Many ids at once: addresses that Xero takes, and few calls where it refuses to filter."""

from __future__ import annotations

from uuid import UUID

import pytest

from core import Document, DocumentKind, DocumentQuery, Duplicate, NewParty
from core.testing import StaticContext
from core.testing.conformance.helpers import of_parties
from plugins.xero.listing import MOST_IDS, Lists
from plugins.xero.provider import XeroProvider
from plugins.xero.sandbox import Sandbox
from plugins.xero.sandbox.traffic import LONGEST_ADDRESS
from plugins.xero.sandbox.wire import Record
from tests.plugins.xero.conftest import Wire

IDS = [str(UUID(int=number, version=4)) for number in range(1, 201)]


def ids_of(found: list[Document]) -> list[str]:
    """Their ids, in order."""
    return sorted(document.ref.id for document in found)


def many_credit_notes(sandbox: Sandbox, count: int) -> list[str]:
    """More credit notes of one contact, copies of one that is there; their ids."""
    books = sandbox.books()["CreditNotes"]
    sample: Record = next(row for row in books.all() if row["Status"] == "AUTHORISED")
    for ident in IDS[:count]:
        books.put({**sample, "CreditNoteID": ident, "CreditNoteNumber": f"CN-{ident[:8]}", "Allocations": []})
    return IDS[:count]


def test_documents_of_forty_contacts_are_read_in_addresses_that_xero_takes(
    provider: XeroProvider, sandbox: Sandbox, wire: Wire
) -> None:
    contacts = [row["ContactID"] for row in sandbox.records("Contacts")[:40]]
    found = of_parties(provider, contacts)
    expected = {
        row[key]
        for table, key in (("Invoices", "InvoiceID"), ("CreditNotes", "CreditNoteID"))
        for row in sandbox.records(table)
        if row["Contact"]["ContactID"] in contacts
    }
    assert ids_of(found) == sorted(expected)
    assert len(wire.sent("GET", "/Invoices")) == 1
    assert len(wire.sent("GET", "/CreditNotes")) == 2


@pytest.mark.parametrize(
    "kind", [kind for kind in DocumentKind if kind not in (DocumentKind.BILL, DocumentKind.ESTIMATE)]
)
def test_two_hundred_ids_of_any_kind_never_make_an_address_too_long(
    provider: XeroProvider, wire: Wire, kind: DocumentKind
) -> None:
    before = len(wire.requests)
    assert provider.get_documents([(kind, ident) for ident in IDS]) == []
    asked = wire.requests[before:]
    assert 200 / MOST_IDS <= len(asked) <= 10, "and none of them is asked for by itself"
    assert max(len(str(one.url)) for one in asked) <= LONGEST_ADDRESS


def test_thirty_open_credit_notes_are_read_again_in_two_calls(
    provider: XeroProvider, sandbox: Sandbox, wire: Wire
) -> None:
    asked = many_credit_notes(sandbox, 30)
    found = provider.get_documents([(DocumentKind.SALES_CREDIT_NOTE, ident) for ident in asked])
    assert ids_of(list(found)) == asked
    assert len(wire.sent("GET", "/CreditNotes")) == 2


def test_where_xero_refuses_to_filter_a_handful_of_calls_finds_any_number(
    provider: XeroProvider, sandbox: Sandbox, wire: Wire
) -> None:
    asked = many_credit_notes(sandbox, 200)
    sandbox.faults.add("where-refused")
    found = provider.get_documents([(DocumentKind.SALES_CREDIT_NOTE, ident) for ident in asked])
    assert ids_of(list(found)) == asked
    assert len(wire.sent("GET", "/CreditNotes")) == 2


def test_what_is_older_than_the_pages_looked_through_is_asked_for_by_itself(
    provider: XeroProvider, sandbox: Sandbox, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four pages, here of one credit note each, find four of six; the seventh that is asked for is gone."""
    original = Lists.part
    monkeypatch.setattr(Lists, "part", lambda self, *args, **more: original(self, *args, **{**more, "size": 1}))
    asked = sorted(row["CreditNoteID"] for row in sandbox.records("CreditNotes")[:6])
    sandbox.faults.add("where-refused")
    found = provider.get_documents([(DocumentKind.SALES_CREDIT_NOTE, ident) for ident in [*asked, IDS[0]]])
    assert ids_of(list(found)) == asked
    pages = [one for one in wire.sent("GET", "/CreditNotes") if "page" in one.url.params]
    assert len(pages) == 1 + 4
    assert 3 <= len(wire.sent("GET", "/CreditNotes/")) <= 7


def test_a_text_of_any_length_may_be_looked_for(provider: XeroProvider, wire: Wire) -> None:
    for text in ("🫖" * 3000, "words " * 1000):
        assert list(provider.search_parties(text).items) == []
        assert list(provider.search_documents(DocumentQuery(text, party_id=IDS[0])).items) == []
    assert max(len(str(one.url)) for one in wire.requests) <= LONGEST_ADDRESS


def test_a_long_name_that_is_taken_is_found(provider: XeroProvider) -> None:
    name = "鈴" * 255
    made = provider.create_party(NewParty(name), key="one")
    with pytest.raises(Duplicate) as taken:
        provider.create_party(NewParty(name), key="two")
    assert taken.value.existing.ref.id == made.ref.id


def test_the_sandbox_answers_404_to_an_address_that_is_too_long(context: StaticContext, wire: Wire) -> None:
    address = "/api.xro/2.0/Invoices?searchTerm="
    headers = {"Authorization": f"Bearer {context.token()}", "xero-tenant-id": context.organisation.id}
    for length, status in ((LONGEST_ADDRESS, 200), (LONGEST_ADDRESS + 1, 404)):
        asked = "http://localhost" + address + "x" * (length - len(address))
        assert wire.http.get(asked, headers=headers).status_code == status
