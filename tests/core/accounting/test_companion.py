"""A deleted record takes its links along, written down, and its number is never given to another."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from core.accounting.models import (
    Connection,
    ConnectionAccess,
    DocumentLink,
    DocumentRow,
    Draft,
    NewPartyIntent,
    PartyLink,
    PartyRow,
)
from core.audit.models import AuditEntry
from core.records.models import Organization
from core.services import Services
from core.users.models import Role
from tests.conftest import Browser, LogIn
from tests.core.accounting.books import Books
from tests.core.pages import form_of, words
from tests.databases import NOW

pytestmark = pytest.mark.slow  # walks through pages

OF: dict[str, Any] = {"kind": "organizations", "record_id": 1, "connection_id": 1}
MADE = {"payload": {}, "created_by": 1, "created_at": NOW, "updated_at": NOW}


@pytest.fixture(autouse=True)
def _linked(services: Services) -> None:
    """A link to a party, to an invoice, to a bill and to what was never read; intents in every state that matters."""
    with services.db.begin() as session:
        session.add(Organization(name="Old Mill Bakery", created_at=NOW, changed_at=NOW))
        session.add(Connection(provider="books", organisation_id="o", organisation={}, name="Books", connected_at=NOW))
    books = Books(services, paths={"organization": "/organizations/1"})
    books.link_party("organization", "Harbour")
    books.document("INV-1", to="organization")
    books.document("BILL-1", "bill", to="organization")
    with services.db.begin() as session:
        session.add(DocumentLink(**OF, document_id="ghost", document_kind="sales_invoice", linked_at=NOW))
        for key, state, doubt in (("a", "open", False), ("b", "sending", False), ("c", "refused", True)):
            session.add(Draft(**OF, **MADE, key=key, state=state, in_doubt=doubt))
            session.add(NewPartyIntent(**OF, **MADE, key=key, state=state, in_doubt=doubt))
        session.add(Draft(**OF, **MADE, key="d", state="made"))


def count(services: Services, model: Any) -> int:
    with services.db.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def question(browser: Browser) -> list[str]:
    """What hangs on it, as the page says."""
    return [one.get_text() for one in browser.get("/organizations/1/delete").html.select(".plain li")]


def test_what_hangs_on_a_record_is_named_with_what_becomes_of_it(log_in: LogIn) -> None:
    assert question(log_in("accounts")) == [
        "The link to Harbour Ltd in Books will go; the contact there will stay.",
        "3 links to INV-1, BILL-1 and ghost in Books will go; the documents there will stay.",
        "1 draft that was made will stay.",
        "1 draft that was not sent will go.",
        "2 drafts on their way will stay under Drafts until it is known what became of them.",
        "1 new contact that was not sent will go.",
        "2 new contacts on their way will be made there, and linked to nothing.",
    ]
    assert "Nothing changes in an accounting system" in words(log_in("sales").get("/organizations/1/delete"))


def test_who_may_not_see_bills_is_told_that_a_link_goes_and_not_to_what(log_in: LogIn) -> None:
    told = question(log_in("sales"))
    assert "2 links to INV-1 and ghost in Books will go; the documents there will stay." in told
    assert "1 link to a document that your role does not show will go." in told
    assert "BILL-1" not in " ".join(told)


def test_of_a_connection_that_is_hidden_nothing_is_counted_and_only_said_that_something_goes(
    log_in: LogIn, services: Services
) -> None:
    with services.db.begin() as session:
        role = session.scalars(select(Role.id).where(Role.key == "sales")).one()
        session.add(ConnectionAccess(role_id=role, connection_id=1, rights=[]))
    told = question(log_in("sales"))
    assert told[-1] == "2 texts not sent yet that your role does not show will go."
    assert not [line for line in told if "draft" in line or "new contact" in line or "Books" in line]
    assert "1 draft that was made will stay." in question(log_in("accounts"))


def test_of_many_links_a_few_are_named(log_in: LogIn, services: Services) -> None:
    books = Books(services, paths={"organization": "/organizations/1"})
    for number in range(2, 40):
        books.document(f"INV-{number}", to="organization")
    assert "41 links to INV-1, BILL-1, ghost, INV-2, INV-3 and 36 more in Books will go" in " ".join(
        question(log_in("accounts"))
    )


def test_what_is_in_the_bin_keeps_its_links_until_it_is_deleted_for_good_and_then_nothing_dangles(
    log_in: LogIn, services: Services
) -> None:
    form_of(log_in("sales").get("/organizations/1/delete")).submit(status=303)
    assert (count(services, PartyLink), count(services, DocumentLink)) == (1, 3)
    log_in("admin").send("/bin/organizations/1/purge", status=303)
    assert count(services, PartyLink) == count(services, DocumentLink) == 0
    assert count(services, PartyRow) == 1
    assert count(services, DocumentRow) == 2
    with services.db.read() as session:
        assert set(session.scalars(select(Draft.key))) == {"b", "c", "d"}
        assert set(session.scalars(select(NewPartyIntent.key))) == {"b", "c"}
        deeds = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        told = [(entry.deed, entry.old.get("party") or entry.old.get("document"), entry.user_id) for entry in deeds]
    who = deeds[-1].user_id
    assert told == [
        ("record.deleted", None, told[0][2]),
        ("party unlinked", "Harbour Ltd", who),
        ("document unlinked", "INV-1", who),
        ("bill unlinked", "BILL-1", who),
        ("document unlinked", "ghost", who),
        ("record.purged", None, who),
    ]
    log_in("admin").get("/admin/audit", status=200)


def test_the_number_of_a_deleted_record_is_not_given_again(log_in: LogIn) -> None:
    browser = log_in("sales")
    form_of(browser.get("/organizations/1/delete")).submit(status=303)
    answer = browser.send("/organizations/new", {"name": "New Mill Bakery"}, status=303)
    assert answer.location == "http://localhost/organizations/2"
