"""The stub in the CRM, by the pages a person uses: connect, link, look, raise an estimate, find the books untouched."""

from __future__ import annotations

from typing import Any

import pytest

from core import DocumentKind, ManualClock
from core.accounting import connections
from core.accounting.models import Connection
from core.records.models import Organization
from core.services import Services
from core.testing.conformance.helpers import of_party
from tests.conftest import Browser, LogIn

pytestmark = pytest.mark.slow  # walks through pages

TAB = "tabs/quickbooks_stub"


@pytest.fixture
def ini() -> dict[str, str]:
    return {"crm.plugins": "quickbooks_stub"}


@pytest.fixture
def connected(services: Services, log_in: LogIn) -> Browser:
    """An admin who pressed Connect: the stub's consent is the way straight back through the callback."""
    admin = log_in("admin")
    away = admin.send("/admin/accounting/connect/quickbooks_stub/consent", status=303).location
    path, _, query = away.partition("?")
    assert path == "http://localhost/accounting/callback/quickbooks_stub"
    assert "realmId=" in query
    admin.get(f"/accounting/callback/quickbooks_stub?{query}", status=302)
    services.jobs.drain()
    return admin


@pytest.fixture
def harbour(services: Services, clock: ManualClock) -> str:
    """The address of an organization that the toy company knows by a longer name."""
    made: Any = Organization(name="Harbour Coffee Roasters", email="accounts@harbour.example")
    made.created_at = made.changed_at = clock.now()
    with services.db.begin() as session:
        session.add(made)
        session.flush()
        return str(made.path)


@pytest.fixture
def linked(connected: Browser, log_in: LogIn, services: Services, harbour: str) -> Browser:
    """A sales person who linked the organization to the customer that was suggested."""
    sales = log_in("sales")
    page = sales.get(f"{harbour}/{TAB}")
    next(form for form in page.forms.values() if form.action.endswith("/link")).submit(status=303)
    services.jobs.drain()
    return sales


def _provider(services: Services) -> Any:
    with services.db.read() as session:
        connection = session.query(Connection).one()
    return connections.open_provider(services, connection.id)


def test_the_admin_page_says_that_it_is_a_stub(connected: Browser) -> None:
    page = connected.get("/admin/accounting")
    assert "Redwood Toy Traders (stub)" in page
    assert "This is a stub over a toy ledger" in page


def test_a_callback_of_another_walk_is_not_believed(connected: Browser, services: Services) -> None:
    connected.get("/accounting/callback/quickbooks_stub?code=x&state=y&realmId=1", status=302)
    with services.db.read() as session:
        assert session.query(Connection).count() == 1


def test_a_linked_record_shows_the_toy_figures(linked: Browser, harbour: str) -> None:
    page = linked.get(f"{harbour}/{TAB}")
    assert "This is a stub over a toy ledger" in page
    assert "Harbour Coffee Roasters Ltd" in page
    assert "Create estimate" in page
    assert "Create invoice draft" not in page


def test_an_estimate_is_made_once_and_no_invoice_at_all(linked: Browser, services: Services, harbour: str) -> None:
    before = of_party(_provider(services), "customer-1")
    page = linked.get(f"{harbour}/{TAB}/draft").maybe_follow()
    form = page.forms["draft-form"]
    form["lines-0-description"] = "Grinder"
    form["lines-0-unit_price"] = "349.90"
    form["lines-0-item"] = "3"
    form["lines-0-tax_rate"] = "TAX"
    first = form.submit("action", value="send", status=303)
    form.submit("action", value="send", status=303)  # a second click
    services.jobs.drain()
    known = {document.ref.id for document in before}
    new = [document for document in of_party(_provider(services), "customer-1") if document.ref.id not in known]
    assert [(document.kind, document.vendor_status) for document in new] == [(DocumentKind.ESTIMATE, "Pending")]
    assert new[0].number in linked.get(first.location)


def test_what_the_stub_refuses_stands_at_its_field(linked: Browser, services: Services, harbour: str) -> None:
    form = linked.get(f"{harbour}/{TAB}/draft").maybe_follow().forms["draft-form"]
    form["lines-0-description"] = "Grinder"
    form["lines-0-unit_price"] = "349.90"
    form["lines-0-item"] = "3"
    form["lines-0-tax_rate"] = "TAX"
    form["lines-0-discount"] = "10"
    sent = form.submit("action", value="send", status=303)
    services.jobs.drain()
    page = linked.get(f"{sent.location}/edit")
    assert page.html.find(id="lines-0-discount-error").text.startswith("A line has no discount in QuickBooks")
    assert page.forms["draft-form"]["lines-0-discount"].value == "10"
