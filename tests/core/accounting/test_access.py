"""Who may see what of a connection: an admin takes rights away there, on a page, and it is written down."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from core.accounting import following
from core.accounting.access import BY_CONNECTION, DRAFT, LINK, SEE_AMOUNTS, SEE_BILLS, SEE_STATUS, whole
from core.accounting.models import Connection, ConnectionAccess, PartyRow
from core.audit.models import AuditEntry
from core.services import Services
from core.users.models import Role
from tests.conftest import Browser, LogIn
from tests.core.accounting.books import Books, connect, four_records
from tests.core.accounting.on_the_stub import ini
from tests.core.pages import form_of, words
from tests.databases import NOW

__all__ = ["ini"]

PAGE = "/admin/accounting/1/access"


@pytest.fixture
def admin(services: Services, log_in: LogIn) -> Browser:
    browser = log_in("admin")
    connect(browser, services)
    return browser


def role_id(services: Services, key: str) -> int:
    with services.db.read() as session:
        return session.query(Role).filter_by(key=key).one().id


def boxes(page: Any, role: int) -> dict[str, bool]:
    """The boxes of a role and whether they are ticked."""
    return {box["value"]: box.has_attr("checked") for box in page.html.select(f"input[name=role-{role}]")}


def take_away(browser: Browser, services: Services, key: str, *rights: str, page: str = PAGE) -> Any:
    """Untick these rights of a role on the page, and save."""
    form, role = form_of(browser.get(page)), role_id(services, key)
    for box in form.fields[f"role-{role}"]:
        if box._value in rights:
            box.checked = False
    return form.submit(status=303).follow()


@pytest.mark.slow
def test_a_role_has_its_own_rights_until_something_is_taken_away(admin: Browser, services: Services) -> None:
    page, sales, reader = admin.get(PAGE), role_id(services, "sales"), role_id(services, "reader")
    assert boxes(page, sales) == dict.fromkeys((SEE_STATUS, SEE_AMOUNTS, LINK, DRAFT), True)
    assert boxes(page, reader) == {}, "what a role has nowhere cannot be given here"
    assert "Differs here" not in page
    assert "It holds from the next page on" in take_away(admin, services, "sales", SEE_AMOUNTS)
    page = admin.get(PAGE)
    assert boxes(page, sales) == {SEE_STATUS: True, SEE_AMOUNTS: False, LINK: True, DRAFT: True}
    assert len(page.html.select("table .st")) == 1


@pytest.mark.slow
def test_a_role_that_keeps_all_of_its_rights_has_no_row_of_its_own(admin: Browser, services: Services) -> None:
    take_away(admin, services, "sales", LINK)
    form = form_of(admin.get(PAGE))
    for box in form.fields[f"role-{role_id(services, 'sales')}"]:
        box.checked = True
    form.submit(status=303)
    with services.db.read() as session:
        assert session.query(ConnectionAccess).count() == 0


@pytest.mark.slow
def test_what_a_right_needs_goes_with_it(admin: Browser, services: Services) -> None:
    take_away(admin, services, "accounts", SEE_AMOUNTS)
    with services.db.read() as session:
        assert set(session.query(ConnectionAccess).one().rights) == {SEE_STATUS, LINK, DRAFT}
    take_away(admin, services, "accounts", SEE_STATUS)
    with services.db.read() as session:
        assert session.query(ConnectionAccess).one().rights == []
    assert whole(BY_CONNECTION) == set(BY_CONNECTION)
    assert whole([SEE_BILLS, SEE_STATUS]) == {SEE_STATUS}


@pytest.mark.slow
def test_the_audit_trail_says_who_took_what_away_from_whom(admin: Browser, services: Services) -> None:
    take_away(admin, services, "sales", SEE_AMOUNTS, DRAFT)
    with services.db.read() as session:
        deed = session.query(AuditEntry).filter_by(deed="accounting access changed").one()
        name = session.get_one(Connection, 1).name
    assert deed.old["rights"].endswith("Make invoice drafts")
    assert (deed.new["role"], deed.new["rights"], deed.new["in"]) == (
        "Sales",
        "See how things stand, without amounts; Link and unlink parties and documents",
        name,
    )
    assert "Accounting access changed" in admin.get("/admin/audit")


@pytest.mark.slow
def test_two_admins_at_once_are_told(admin: Browser, services: Services) -> None:
    old = form_of(admin.get(PAGE))
    take_away(admin, services, "sales", DRAFT)
    again = old.submit(status=409)
    assert "Somebody changed this" in again
    assert boxes(again, role_id(services, "sales"))[DRAFT] is False, "shown as it stands"
    with services.db.read() as session:
        assert session.query(ConnectionAccess).count() == 1


@pytest.mark.slow
def test_saving_without_a_change_says_so(admin: Browser) -> None:
    assert "Nothing was changed" in form_of(admin.get(PAGE)).submit(status=303).follow()


@pytest.mark.slow
def test_the_list_of_connections_leads_to_the_page(admin: Browser) -> None:
    assert admin.get("/admin/accounting").click(description="Who may see what").request.path == PAGE
    admin.get("/admin/accounting/99/access", status=404)


@pytest.fixture
def books(services: Services, admin: Browser) -> Books:
    """Two connections; the organization is linked in both, and the opportunity has an invoice of each."""
    books = Books(services)
    four_records(books)
    other = books.connect_another("Second Company")
    for number, connection in ((1, 1), (2, other)):
        books.link_party("organization", f"party{number}", connection)
        about: dict[str, Any] = {"connection": connection, "party_id": f"party{number}", "to": "opportunity"}
        books.document(f"INV-{number}", total=f"{number}111.11", **about)
        books.document(f"BILL-{number}", "bill", total=f"{number}222.22", **about)
    return books


@pytest.mark.slow
def test_a_hidden_connection_is_not_named_anywhere_on_the_tab(
    admin: Browser, services: Services, books: Books, log_in: LogIn
) -> None:
    take_away(admin, services, "sales", SEE_STATUS, page="/admin/accounting/2/access")
    sales = log_in("sales")
    for name in ("organization", "opportunity"):
        told = sales.get(books.tab(name))
        assert "1,111.11" in told
        assert "Second Company" not in told
        assert "INV-2" not in told
    for path in (f"draft?connection=2&key={0:032}", "find?connection=2&q=1", "explain/invoices?connection=2"):
        sales.get(f"{books.tab('opportunity')}/{path}", status=404)
    for path in ("search?connection=2&q=a", "new-party?connection=2"):
        sales.get(f"{books.tab('organization')}/{path}", status=404)
    sales.send(f"{books.tab('organization')}/link", {"connection": "2", "party": "party2"}, status=404)
    sales.send(f"{books.tab('organization')}/unlink", {"link": "2"}, status=404)
    assert "Second Company" not in words(sales.get("/organizations/1/delete"))
    assert "1 link to a contact that your role does not show will go" in words(sales.get("/organizations/1/delete"))


def test_each_block_shows_what_the_role_may_see_there(
    admin: Browser, services: Services, books: Books, log_in: LogIn
) -> None:
    take_away(admin, services, "accounts", SEE_AMOUNTS, page="/admin/accounting/2/access")
    take_away(admin, services, "accounts", SEE_BILLS)
    told = log_in("accounts").get(books.tab("opportunity"))
    blocks = [block.get_text() for block in told.html.select("section.block")]
    assert ["1,111.11" in text for text in blocks].count(True) == 1
    assert "2,111.11" not in told
    assert "Your role shows the state, not the amounts." in " ".join(blocks)
    assert "BILL-" not in told


@pytest.mark.slow
def test_an_explanation_leaves_out_documents_of_a_connection_without_amounts(
    admin: Browser, services: Services, books: Books, log_in: LogIn
) -> None:
    path = f"{books.tab('organization')}/explain/invoices?connection=1"
    assert "in another connection, Second Company" in log_in("sales").get(path)
    take_away(admin, services, "sales", SEE_AMOUNTS, page="/admin/accounting/2/access")
    told = log_in("sales").get(path)
    assert "INV-2" not in told
    log_in("sales").get(f"{books.tab('organization')}/explain/invoices?connection=2", status=403)


def test_where_all_is_hidden_there_is_no_tab(admin: Browser, services: Services, books: Books, log_in: LogIn) -> None:
    for number in (1, 2):
        take_away(admin, services, "sales", SEE_STATUS, page=f"/admin/accounting/{number}/access")
    sales = log_in("sales")
    assert "tabs/quickbooks_stub" not in sales.get("/organizations/1")
    sales.get(books.tab("organization"), status=403)
    sales.get(f"{books.tab('organization')}/find", status=403)


@pytest.mark.slow
def test_drafts_for_a_connection_are_kept_from_who_may_not_draft_there(
    admin: Browser, services: Services, books: Books, log_in: LogIn
) -> None:
    form = admin.get(f"{books.tab('opportunity')}/draft?connection=1").follow().forms["draft-form"]
    page = form.submit("action", value="save", status=303).follow()
    path, sales = page.request.path, log_in("sales")
    assert path in sales.get("/accounting/drafts")
    take_away(admin, services, "sales", DRAFT)
    assert path not in sales.get("/accounting/drafts")
    assert sales.get("/").html.select_one('nav a[href="/accounting/drafts"] b') is None
    sales.get(path, status=403)
    sales.send(f"{path}/delete", status=403)
    assert path not in sales.get(books.tab("opportunity"))
    take_away(admin, services, "sales", SEE_STATUS)
    sales.get(path, status=404)


@pytest.mark.slow
def test_the_audit_trail_keeps_a_hidden_connection_to_itself(
    admin: Browser, services: Services, books: Books, log_in: LogIn
) -> None:
    with services.db.begin() as session:
        role = session.query(Role).filter_by(key="sales").one()
        role.rights = [*role.rights, "audit.see"]
    admin.send(f"{books.tab('contact')}/link", {"connection": "2", "party": "party2"}, status=303)
    with services.db.begin() as session:
        mine = session.query(PartyRow).filter_by(connection_id=2)
        session.add(PartyRow(connection_id=2, party_id="late", name="Survivor Ltd", folded="", state="active", data={}))
        mine.filter_by(party_id="party2").one().merged_into = "late"
        session.flush()
        following.follow(session, 2, NOW)
    sales = log_in("sales")
    assert "Second Company" in sales.get("/admin/audit")
    assert "Survivor Ltd" in sales.get("/admin/audit")
    take_away(admin, services, "sales", SEE_STATUS, page="/admin/accounting/2/access")
    told = sales.get("/admin/audit")
    assert "Second Company" not in told
    assert "Survivor Ltd" not in told
    assert "Contact linked" in told


@pytest.mark.slow
def test_rights_by_connection_cost_one_query_a_request(
    admin: Browser, services: Services, books: Books, log_in: LogIn
) -> None:
    take_away(admin, services, "sales", DRAFT, page="/admin/accounting/2/access")
    asked: list[str] = []
    event.listen(services.db.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    sales = log_in("sales")
    for path in (books.tab("opportunity"), f"{books.tab('opportunity')}/find?q=1", "/accounting/drafts"):
        asked.clear()
        sales.get(path)
        assert len([one for one in asked if "accounting_access" in one]) == 1, path
