"""One document: what a row unfolds to, its own page, and who may look at it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.accounting.models import Choices, ConnectionAccess, DocumentRow, LineRow, PaymentRow
from core.services import Services
from core.users.models import Role
from tests.conftest import Browser, LogIn
from tests.core.accounting.books import TODAY, Books
from tests.core.accounting.on_the_stub import books, ini, sales
from tests.core.pages import words

__all__ = ["books", "ini", "sales"]

pytestmark = pytest.mark.slow


def row_of(books: Books, number: str) -> int:
    with books.services.db.read() as session:
        return session.query(DocumentRow).filter_by(number=number).one().id


def page_of(books: Books, number: str, record: str = "organization") -> str:
    return f"{books.tab(record)}/documents/{row_of(books, number)}"


def add_line(books: Books, number: str, **values: Any) -> None:
    amounts = {"quantity": Decimal(1), "unit_price": Decimal(1), "discount": Decimal(0), "tax": Decimal(0)}
    with books.services.db.begin() as session:
        row = session.query(DocumentRow).filter_by(number=number).one()
        session.add(LineRow(document=row.id, position=0, **{"amount": Decimal(1), **amounts, **values}))


def settle(books: Books, number: str, amount: str, kind: str, reference: str) -> None:
    with books.services.db.begin() as session:
        row = session.query(DocumentRow).filter_by(number=number).one()
        paid = {"date": TODAY, "amount": Decimal(amount), "kind": kind, "reference": reference}
        session.add(PaymentRow(document=row.id, **paid))


def choose(books: Books, kind: str, code: str, label: str) -> None:
    with books.services.db.begin() as session:
        session.merge(Choices(connection_id=1, kind=kind, data=[{"kind": kind, "id": code, "label": label}]))


def test_a_line_tells_item_account_tax_rate_and_tracking_by_their_names(books: Books, sales: Browser) -> None:
    books.document("INV-1")
    for kind, code, label in (("item", "GRN", "Grinder"), ("account", "200", "Sales"), ("tax_rate", "T1", "15% GST")):
        choose(books, kind, code, label)
    of = {"item": "GRN", "account": "200", "tax_rate": "T1", "tracking": [["Region", "North"]]}
    price = {"quantity": Decimal("2.5"), "unit_price": Decimal("10.1275"), "discount": Decimal("7.5")}
    add_line(books, "INV-1", description="Burrs", amount=Decimal("23.42"), **of, **price)
    for page in (sales.get(books.tab("organization")), sales.get(page_of(books, "INV-1"))):
        told = words(page, ".lines-of")
        assert "Burrs Grinder · Sales · 15% GST · Region: North" in told
        assert "2.5 10.1275 7.5 % 23.42" in told


def test_a_code_without_a_name_is_told_as_it_is(books: Books, sales: Browser) -> None:
    books.document("INV-1")
    add_line(books, "INV-1", description="Burrs", account="987")
    assert "Burrs 987" in words(sales.get(page_of(books, "INV-1")), ".lines-of")


def test_the_sums_tell_the_tax_and_each_settlement_by_kind_day_and_number(books: Books, sales: Browser) -> None:
    books.document("INV-1", total="115.00", tax=Decimal("15.00"), amount_due=Decimal("25.00"))
    settle(books, "INV-1", "60.00", "payment", "Transfer 77")
    settle(books, "INV-1", "20.00", "credit", "CN-5")
    settle(books, "INV-1", "10.00", "overpayment", "")
    told = words(sales.get(page_of(books, "INV-1")), ".sums")
    assert "Without tax 100.00 Tax 15.00 Total US$ 115.00" in told
    assert "Payment Transfer 77, 22 Nov 2026 −60.00" in told
    assert "Credit note CN-5, 22 Nov 2026 −20.00" in told
    assert "Overpayment, 22 Nov 2026 −10.00 Due now US$ 25.00" in told


def test_a_credit_note_tells_what_it_was_used_for(books: Books, sales: Browser) -> None:
    books.document("CN-1", "sales_credit_note", total="50.00", amount_due=Decimal("20.00"))
    settle(books, "CN-1", "30.00", "credit", "INV-9")
    told = words(sales.get(page_of(books, "CN-1")), ".sums")
    assert "Used for INV-9, 22 Nov 2026 −30.00 Left US$ 20.00" in told


def test_the_other_records_of_a_document_are_named(books: Books, sales: Browser) -> None:
    books.document("INV-1", to="opportunity")
    books.document("INV-1", to="project")
    page = sales.get(page_of(books, "INV-1", "opportunity"))
    assert "Also linked to Shop fitting" in words(page)
    assert "Also linked to Roastery refit , Shop fitting" in words(sales.get(books.tab("organization")), ".inside")


def test_a_document_of_another_record_has_no_page_here(books: Books, sales: Browser) -> None:
    books.document("INV-1", party_id="somebody else")
    books.document("INV-2")
    sales.get(page_of(books, "INV-1"), status=404)
    sales.get(page_of(books, "INV-2", "opportunity"), status=404)
    sales.get(f"{books.tab('organization')}/documents/999999999", status=404)
    sales.get(page_of(books, "INV-2").replace("quickbooks_stub", "nobody"), status=404)


def test_who_sees_no_bills_finds_no_page_of_one(books: Books, services: Services, log_in: LogIn) -> None:
    books.document("BILL-1", "bill")
    books.document("INV-1")
    with services.db.begin() as session:
        role = session.query(Role).filter_by(key="sales").one()
        role.rights = [right for right in role.rights if right != "accounting.see_bills"]
    browser = log_in("sales")
    browser.get(page_of(books, "INV-1"))
    for address in (page_of(books, "BILL-1"), f"{page_of(books, 'BILL-1')}/pdf"):
        browser.get(address, status=404)
    browser.send(f"{page_of(books, 'BILL-1')}/ask/history", status=404)
    log_in("admin").get(page_of(books, "BILL-1"))


def test_a_connection_may_hide_what_the_role_may_see_elsewhere(
    books: Books, services: Services, sales: Browser
) -> None:
    books.document("INV-1")
    sales.get(page_of(books, "INV-1"))
    with services.db.begin() as session:
        role = session.query(Role).filter_by(key="sales").one()
        session.add(ConnectionAccess(connection_id=1, role_id=role.id, rights=["accounting.see_status"]))
    for address in (page_of(books, "INV-1"), f"{page_of(books, 'INV-1')}/pdf"):
        sales.get(address, status=403)


def test_what_the_accounting_system_does_not_offer_is_not_on_the_page(books: Books, sales: Browser) -> None:
    books.document("INV-1")
    address = page_of(books, "INV-1")
    page = sales.get(address)
    assert "PDF" not in page
    assert "History in" not in page
    assert "customer's link" not in page
    sales.get(f"{address}/pdf", status=404)
    for what in ("history", "customer_url"):
        sales.send(f"{address}/ask/{what}", status=404)
    sales.send(f"{address}/ask/anything", status=404)
