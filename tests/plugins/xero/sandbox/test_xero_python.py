"""Xero's own Python client drives the sandbox over real HTTP: what it understands is Xero, not our opinion of Xero.

Its models refuse values that Xero does not know, so reading a whole page through it is a check of every field in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest

from core import ManualClock
from plugins.xero.sandbox import Sandbox
from tests.live import served
from tests.plugins.xero.sandbox.conftest import HARBOUR

pytest.importorskip("xero_python", reason="xero-python is not installed")

from xero_python.accounting import (
    AccountingApi,
    Contact,
    Contacts,
    CreditNote,
    CreditNotes,
    CurrencyCode,
    HistoryRecord,
    HistoryRecords,
    Invoice,
    Invoices,
    LineItem,
)
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token
from xero_python.exceptions import AccountingBadRequestException, HTTPStatusException
from xero_python.identity import IdentityApi


class Client:
    """The client's two APIs, pointed at the sandbox, with the scopes that were asked for."""

    def __init__(self, url: str, token: dict[str, Any]) -> None:
        oauth = OAuth2Token(client_id="ledgertab-demo", client_secret="ledgertab-demo-secret")
        self.token = token
        client = ApiClient(Configuration(oauth2_token=oauth), oauth2_token_getter=lambda: self.token)
        self.pool = client.rest_client.pool_manager
        self.pool.connection_pool_kw["retries"] = False  # else it sleeps Retry-After out, and repeats creates
        self.api = AccountingApi(client, base_url=f"{url}/api.xro/2.0")
        self.identity = IdentityApi(client, base_url=url)


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    token = {**sandbox.token(), "expires_at": 4e9}
    with served(sandbox) as url:
        made = Client(url, token)
        yield made
        made.pool.clear()


@pytest.fixture
def api(client: Client) -> Any:
    return client.api


@pytest.fixture
def tenant(sandbox: Sandbox) -> str:
    return sandbox.tenant_id


def draft(contact_id: str, **more: Any) -> Invoice:
    line = LineItem(description="Beans", quantity=Decimal(2), unit_amount=Decimal("10.50"), account_code="200")
    values = {"date": date(2026, 11, 20), "due_date": date(2026, 12, 10), "reference": "R 1", **more}
    return Invoice(type="ACCREC", contact=Contact(contact_id=contact_id), line_items=[line], **values)


def test_it_lists_the_connections(client: Client, sandbox: Sandbox) -> None:
    rows = client.identity.get_connections()
    assert {row.tenant_id for row in rows} == {sandbox.tenant_id, sandbox.other_tenant_id}
    client.identity.delete_connection(rows[0].id)
    assert len(client.identity.get_connections()) == 1


def test_it_reads_the_organisation(api: Any, tenant: str) -> None:
    organisation = api.get_organisations(tenant).organisations[0]
    assert (organisation.name, organisation.base_currency.value) == ("Kererū Trading", "NZD")
    assert organisation.timezone.value == "NEWZEALANDSTANDARDTIME"
    assert api.get_organisation_actions(tenant).actions


def test_it_pages_through_all_contacts(api: Any, tenant: str, sandbox: Sandbox) -> None:
    pages = [api.get_contacts(tenant, page=page, page_size=25, include_archived=True) for page in (1, 2, 3)]
    assert pages[0].pagination.page_count == 3
    ids = [row.contact_id for page in pages for row in page.contacts]
    assert len(set(ids)) == len(ids) == len(sandbox.records("Contacts"))


def test_it_pages_through_all_invoices(api: Any, tenant: str, sandbox: Sandbox) -> None:
    pages = [api.get_invoices(tenant, page=page, page_size=500, order="UpdatedDateUTC ASC") for page in (1, 2)]
    rows = [row for page in pages for row in page.invoices]
    kept = {row["InvoiceID"]: row for row in sandbox.records("Invoices")}
    assert len(rows) == len(kept)
    for row in rows:
        assert Decimal(str(row.total)) == kept[row.invoice_id]["Total"]
        assert row.date.isoformat() == kept[row.invoice_id]["Date"]
        assert row.line_items
    assert api.get_invoices(tenant).invoices[0].line_items == []


def test_it_filters_invoices(api: Any, tenant: str, sandbox: Sandbox) -> None:
    harbour = sandbox.contact_id(HARBOUR)
    rows = api.get_invoices(tenant, contact_i_ds=[harbour], statuses=["AUTHORISED", "PAID"], page=1).invoices
    assert rows
    assert {row.contact.name for row in rows} == {HARBOUR}
    where = 'Type=="ACCPAY" AND Date>=DateTime(2026,01,01)'
    assert {row.type for row in api.get_invoices(tenant, where=where).invoices} == {"ACCPAY"}
    numbers = ["INV-0412", "INV-0200"]
    assert {row.invoice_number for row in api.get_invoices(tenant, invoice_numbers=numbers).invoices} == set(numbers)
    assert api.get_invoices(tenant, search_term="refit", summary_only=True, page=1).invoices
    assert api.get_invoices(tenant, created_by_my_app=True).invoices == []
    ids = [row.invoice_id for row in rows[:2]]
    assert {row.invoice_id for row in api.get_invoices(tenant, i_ds=ids).invoices} == set(ids)


def test_it_finds_contacts(api: Any, tenant: str) -> None:
    assert [row.name for row in api.get_contacts(tenant, where=f'Name=="{HARBOUR}"').contacts] == [HARBOUR]
    assert [row.name for row in api.get_contacts(tenant, search_term="hana@").contacts] == ["Hana Whitiora"]
    names = [row.name for row in api.get_contacts(tenant, order="Name DESC", summary_only=True).contacts]
    assert names == sorted(names, key=str.casefold, reverse=True)


def test_it_asks_for_changes_since_a_moment(api: Any, tenant: str, sandbox: Sandbox, clock: ManualClock) -> None:
    clock.advance(seconds=60)
    row = next(row for row in sandbox.records("Invoices") if row["Status"] == "SUBMITTED")
    sandbox.deeds.approve(row["InvoiceID"])
    since = datetime(2026, 11, 22, 3, 0, 30, tzinfo=UTC)
    assert [each.invoice_id for each in api.get_invoices(tenant, if_modified_since=since).invoices] == [
        row["InvoiceID"]
    ]
    assert api.get_contacts(tenant, if_modified_since=since + timedelta(hours=1)).contacts == []


def test_it_creates_a_draft_and_reads_it_back(api: Any, tenant: str, sandbox: Sandbox) -> None:
    harbour = sandbox.contact_id(HARBOUR)
    url = "https://crm.example/opportunities/7?key=k1"
    made = api.create_invoices(
        tenant, Invoices(invoices=[draft(harbour, url=url)]), summarize_errors=True, unitdp=4, idempotency_key="k1"
    ).invoices[0]
    again = api.create_invoices(
        tenant, Invoices(invoices=[draft(harbour, url=url)]), summarize_errors=True, unitdp=4, idempotency_key="k1"
    ).invoices[0]
    assert again.invoice_id == made.invoice_id
    kept = api.get_invoice(tenant, made.invoice_id).invoices[0]
    assert (kept.status, kept.reference, kept.date, kept.due_date) == (
        "DRAFT",
        "R 1",
        date(2026, 11, 20),
        date(2026, 12, 10),
    )
    assert Decimal(str(kept.total)) == Decimal("24.15")
    assert kept.url == url
    assert [row.invoice_id for row in api.get_invoices(tenant, created_by_my_app=True).invoices] == [made.invoice_id]
    assert not api.get_online_invoice(tenant, made.invoice_id).online_invoices[0].online_invoice_url
    sale = next(row for row in sandbox.records("Invoices") if (row["Type"], row["Status"]) == ("ACCREC", "AUTHORISED"))
    online = api.get_online_invoice(tenant, sale["InvoiceID"]).online_invoices[0].online_invoice_url
    assert sale["InvoiceID"] in online
    told = api.get_invoice_history(tenant, sale["InvoiceID"]).history_records
    assert [(one.changes, one.user) for one in told][-1] == ("Created", "Aroha Ngata")


def test_it_changes_what_it_read_and_sends_it_back(api: Any, tenant: str, sandbox: Sandbox) -> None:
    made = api.create_invoices(tenant, Invoices(invoices=[draft(sandbox.contact_id(HARBOUR))])).invoices[0]
    made.reference = "R 2"
    changed = api.update_invoice(tenant, made.invoice_id, Invoices(invoices=[made])).invoices[0]
    assert changed.reference == "R 2"
    assert changed.line_items[0].line_item_id == made.line_items[0].line_item_id
    assert changed.total == made.total
    gone = api.update_or_create_invoices(
        tenant, Invoices(invoices=[Invoice(invoice_id=made.invoice_id, status="DELETED")])
    )
    assert gone.invoices[0].status == "DELETED"


def test_it_is_told_what_is_wrong(api: Any, tenant: str, sandbox: Sandbox) -> None:
    with pytest.raises(AccountingBadRequestException) as refused:
        api.create_invoices(
            tenant, Invoices(invoices=[draft(sandbox.contact_id(HARBOUR), currency_code=CurrencyCode("CHF"))])
        )
    assert refused.value.reason == "Organisation is not subscribed to currency CHF"
    assert refused.value.error_data["Elements"][0]["ValidationErrors"] == [
        {"Message": "Organisation is not subscribed to currency CHF"}
    ]
    with pytest.raises(AccountingBadRequestException, match="already assigned"):
        api.create_contacts(tenant, Contacts(contacts=[Contact(name=HARBOUR)]))
    rows = api.create_contacts(
        tenant, Contacts(contacts=[Contact(name=HARBOUR), Contact(name="New")]), summarize_errors=False
    )
    assert [row.has_validation_errors for row in rows.contacts] == [True, False]


def test_it_writes_contacts(api: Any, tenant: str) -> None:
    made = api.create_contacts(
        tenant, Contacts(contacts=[Contact(name="Ātea", email_address="a@atea.example")])
    ).contacts[0]
    changed = api.update_contact(
        tenant, made.contact_id, Contacts(contacts=[Contact(contact_status="ARCHIVED")])
    ).contacts[0]
    assert changed.contact_status == "ARCHIVED"
    assert api.get_contact(tenant, made.contact_id).contacts[0].name == "Ātea"


def test_it_reads_and_writes_credit_notes(api: Any, tenant: str, sandbox: Sandbox) -> None:
    harbour = sandbox.contact_id(HARBOUR)
    where = f'Contact.ContactID==guid("{harbour}")'
    before = api.get_credit_notes(tenant, where=where, page=1).credit_notes
    note = CreditNote(
        type="ACCRECCREDIT",
        contact=Contact(contact_id=harbour),
        line_items=[LineItem(description="Returned", quantity=1, unit_amount=5, account_code="200")],
    )
    made = api.create_credit_notes(tenant, CreditNotes(credit_notes=[note])).credit_notes[0]
    assert Decimal(str(made.total)) == Decimal("5.75")
    assert len(api.get_credit_notes(tenant, where=where, page=1).credit_notes) == len(before) + 1
    assert (
        api.get_credit_note(tenant, made.credit_note_id).credit_notes[0].credit_note_number == made.credit_note_number
    )


def test_it_reads_every_list_that_forms_choose_from(api: Any, tenant: str) -> None:
    assert {row.status for row in api.get_accounts(tenant).accounts} == {"ACTIVE", "ARCHIVED"}
    assert "OUTPUT2" in {row.tax_type for row in api.get_tax_rates(tenant, where="CanApplyToRevenue==True").tax_rates}
    assert "GRN-01" in {row.code for row in api.get_items(tenant, unitdp=4).items}
    assert len(api.get_currencies(tenant).currencies) == 4
    assert len(api.get_branding_themes(tenant).branding_themes) == 3
    assert len(api.get_tracking_categories(tenant).tracking_categories) == 2
    assert api.get_users(tenant).users


def test_it_reads_payments_and_money_held(client: Client, tenant: str) -> None:
    api = client.api
    assert api.get_payments(tenant, page=1, page_size=1000).payments[0].invoice.invoice_id
    assert api.get_overpayments(tenant).overpayments[0].remaining_credit
    assert api.get_prepayments(tenant).prepayments[0].remaining_credit


def test_it_reads_and_adds_to_the_history(api: Any, tenant: str, sandbox: Sandbox) -> None:
    invoice = sandbox.records("Invoices")[0]["InvoiceID"]
    api.create_invoice_history(tenant, invoice, HistoryRecords(history_records=[HistoryRecord(details="Seen by Kim")]))
    assert api.get_invoice_history(tenant, invoice).history_records[0].details == "Seen by Kim"
    assert api.get_contact_history(tenant, sandbox.contact_id(HARBOUR)).history_records == []


def test_it_is_told_of_limits_and_missing_scopes(client: Client, tenant: str, sandbox: Sandbox) -> None:
    client.token = {**sandbox.token(["accounting.contacts"]), "expires_at": 4e9}
    with pytest.raises(HTTPStatusException) as refused:
        client.api.get_invoices(tenant)
    assert refused.value.status == 401
    sandbox.faults.add("503")
    with pytest.raises(HTTPStatusException) as away:
        client.api.get_contacts(tenant)
    assert away.value.status == 503
    assert urlsplit(client.api.base_url).hostname == "localhost"
