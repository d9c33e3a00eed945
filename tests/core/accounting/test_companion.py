"""A deleted record takes its links along, and its number is never given to another."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from core.accounting.models import Connection, DocumentLink, Draft, PartyLink
from core.records.models import Organization
from core.services import Services
from tests.conftest import LogIn
from tests.core.pages import form_of, words
from tests.databases import NOW

OF = {"kind": "organizations", "record_id": 1, "connection_id": 1}


@pytest.fixture(autouse=True)
def _linked(services: Services) -> None:
    with services.db.begin() as session:
        session.add(Organization(name="Old Mill Bakery", created_at=NOW, changed_at=NOW))
        session.add(Connection(provider="books", organisation_id="o", organisation={}, name="Books", connected_at=NOW))
        session.flush()
        session.add(PartyLink(**OF, party_id="p", linked_at=NOW))
        session.add_all(DocumentLink(**OF, document_id=d, document_kind="sales_invoice", linked_at=NOW) for d in "ab")
        for state in ("open", "sending"):
            session.add(Draft(**OF, key=state, payload={}, state=state, created_by=1, created_at=NOW, updated_at=NOW))


def count(services: Services, model: Any) -> int:
    with services.db.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_what_goes_is_told_first_and_then_gone(log_in: LogIn, services: Services) -> None:
    question = log_in("sales").get("/organizations/1/delete")
    told = words(question, ".plain")
    assert "1 link to a contact in an accounting system will go" in told
    assert "2 links to invoices and bills will go" in told
    assert "1 draft that was not sent will go" in told
    form_of(question).submit(status=303)
    assert count(services, PartyLink) == count(services, DocumentLink) == 0
    with services.db.read() as session:
        assert [draft.state for draft in session.scalars(select(Draft))] == ["sending"]


def test_the_number_of_a_deleted_record_is_not_given_again(log_in: LogIn) -> None:
    browser = log_in("sales")
    form_of(browser.get("/organizations/1/delete")).submit(status=303)
    answer = browser.send("/organizations/new", {"name": "New Mill Bakery"}, status=303)
    assert answer.location == "http://localhost/organizations/2"
