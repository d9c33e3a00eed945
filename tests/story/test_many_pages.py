"""A customer with thousands of invoices, whose token is refused in the middle of the walk through them."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from sqlalchemy import select

from core import ManualClock
from core.accounting.models import Connection, DocumentRow
from core.records.models import Organization
from core.services import Services
from plugins.xero.sandbox import Sandbox, make_sandbox
from tests.conftest import LogIn
from tests.core.accounting.drafting import link_harbour
from tests.story.conftest import SANDBOX_URL, Connect, add_record

pytestmark = pytest.mark.slow
CUSTOMER, MANY = "Ten Thousand Teas Ltd", 2500
INVOICES = "/api.xro/2.0/Invoices"


class Refusing(httpx2.BaseTransport):
    """The wire to the sandbox; after the first whole page of invoices the token in use is refused once."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._inner = httpx2.WSGITransport(app=sandbox.app)
        self.pages = 0
        self.refused = 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = self._inner.handle_request(request)
        if request.url.path == INVOICES and request.url.params.get("ContactIDs"):
            self.pages += response.status_code == 200
            self.refused += response.status_code == 401
            if self.pages == 1 and not self.refused:
                self._sandbox.faults.add("401", times=1, path=INVOICES)
        return response


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    made = make_sandbox(clock=clock, base_url=SANDBOX_URL, invoices_for_one_contact=MANY)
    yield made
    made.close()


@pytest.fixture
def wire(sandbox: Sandbox) -> Refusing:
    return Refusing(sandbox)


@pytest.fixture
def http(wire: Refusing) -> Iterator[httpx2.Client]:
    with httpx2.Client(transport=wire) as client:
        yield client


@pytest.fixture
def harbour(services: Services, clock: ManualClock) -> str:
    """The address of an organization called like the customer with so many invoices."""
    return add_record(services, clock, Organization(name=CUSTOMER))


def test_a_token_refused_in_the_middle_of_paging_leaves_no_invoice_out(
    connect: Connect, log_in: LogIn, services: Services, sandbox: Sandbox, wire: Refusing, harbour: str
) -> None:
    connect()
    link_harbour(log_in("sales"), services, harbour)
    party = sandbox.contact_id(CUSTOMER)
    theirs = {one["InvoiceID"] for one in sandbox.records("Invoices") if one["Contact"]["ContactID"] == party}
    with services.db.read() as session:
        read = set(session.scalars(select(DocumentRow.document_id).where(DocumentRow.party_id == party)))
        assert session.scalars(select(Connection.last_error)).one() == ""
    assert (wire.refused, wire.pages) == (1, 3)
    assert len(theirs) >= MANY
    assert read == theirs
