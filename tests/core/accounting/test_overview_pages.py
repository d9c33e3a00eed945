"""The strip before a call, the charts, the column with other currencies, and whose midnight counts, on the pages."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from core import ManualClock
from core.accounting.access import SEE_STATUS
from core.accounting.models import Connection, ConnectionAccess, DocumentRow, PaymentRow
from core.users.models import Role
from tests.conftest import Browser
from tests.core.accounting.books import TODAY, Books
from tests.core.accounting.on_the_stub import books, ini, sales
from tests.core.pages import words

__all__ = ["books", "ini", "sales"]

pytestmark = pytest.mark.slow
HERE = TODAY - dt.timedelta(days=1)  # it is still yesterday where the organisation keeps its books
PAID: dict[str, Any] = {"status": "paid", "amount_due": Decimal(0), "amount_paid": Decimal(60)}


def ago(days: int) -> dt.date:
    return HERE - dt.timedelta(days=days)


def change(books: Books, **values: Any) -> None:
    """Set columns of the connection."""
    with books.services.db.begin() as session:
        connection = session.get_one(Connection, books.connection)
        for name, value in values.items():
            setattr(connection, name, value)


def leave_the_state_alone(books: Books, role: str) -> None:
    """Take all rights in the connection from a role but the one to see how things stand."""
    with books.services.db.begin() as session:
        number = session.query(Role).filter_by(key=role).one().id
        session.add(ConnectionAccess(connection_id=books.connection, role_id=number, rights=[SEE_STATUS]))


def pay(books: Books, number: str, day: dt.date, amount: str) -> None:
    """A payment of an invoice of the snapshot."""
    with books.services.db.begin() as session:
        row = session.query(DocumentRow).filter_by(number=number).one()
        row.last_paid_on = max(day, row.last_paid_on or day)
        session.add(PaymentRow(document=row.id, date=day, amount=Decimal(amount), kind="payment"))


def words_of(part: Any) -> str:
    return " ".join(part.get_text(" ").split())


def strips(page: Any) -> list[str]:
    """The strips on the head of a record's page."""
    return [words_of(one) for one in page.html.select("#record-strips .strip")]


def table(page: Any, label: str) -> dict[str, list[str]]:
    """The table beside a chart: its rows by their heading."""
    rows = page.html.select(f"table[aria-label='{label}'] tbody tr")
    return {row.th.get_text(strip=True): [cell.get_text(strip=True) for cell in row.find_all("td")] for row in rows}


def tile(page: Any, title: str) -> Any:
    """A figure of the tab."""
    return next(one for one in page.html.select("dl.figs > div") if one.dt.get_text(strip=True) == title)


def test_the_strip_says_what_to_know_before_a_call(books: Books, sales: Browser) -> None:
    books.document("INV-1", due_date=ago(9), total="310.10")
    books.document("INV-2", due_date=ago(-3), total="99.00")
    books.document("INV-3", date=ago(50), fully_paid_on=ago(20), total="60.00", **PAID)
    pay(books, "INV-3", ago(20), "60.00")
    [told] = strips(sales.get(books.paths["organization"]))
    assert told.startswith("Overdue US$ 310.10 oldest 9 days pays after 30 days")
    assert "last payment US$ 60.00 on 1 Nov" in told
    assert "99.00" not in told


def test_a_payment_dated_ahead_hides_no_earlier_one(books: Books, sales: Browser) -> None:
    books.document("INV-1", due_date=ago(-3))
    pay(books, "INV-1", ago(4), "20.00")
    pay(books, "INV-1", ago(-4), "30.00")
    assert "last payment US$ 20.00 on 17 Nov" in strips(sales.get(books.paths["organization"]))[0]


def test_who_sees_the_state_alone_gets_a_light_and_no_amount(books: Books, sales: Browser) -> None:
    leave_the_state_alone(books, "sales")
    books.document("INV-1", due_date=ago(9), total="310.10")
    pay(books, "INV-1", ago(4), "20.00")
    page = sales.get(books.paths["organization"])
    [told] = strips(page)
    assert told.startswith("Overdue oldest 9 days")
    assert "pay" not in told
    assert not any(amount in page.text for amount in ("310.10", "20.00"))


def test_each_connection_has_a_strip_of_its_own_and_nothing_is_added_up(books: Books, sales: Browser) -> None:
    other = books.connect_another("Second Company")
    books.link_party("organization", "party2", other)
    books.document("INV-1", due_date=ago(9), total="310.10")
    books.document("INV-2", due_date=ago(-3), total="99.00", connection=other, party_id="party2")
    first, second = sorted(strips(sales.get(books.paths["organization"])), key=lambda one: "Second Company" in one)
    assert first.startswith("Overdue US$ 310.10 oldest 9 days")
    assert second.startswith("Nothing overdue outstanding US$ 99.00")
    assert "Second Company" in second


def test_what_is_not_linked_has_no_strip(books: Books, sales: Browser) -> None:
    books.document("INV-1", to="opportunity")
    assert [strips(sales.get(books.paths[name])) for name in ("contact", "opportunity", "project")] == [[], [], []]


def test_the_charts_have_their_numbers_in_tables_and_leave_other_currencies_out(books: Books, sales: Browser) -> None:
    books.document("INV-1", date=dt.date(2026, 9, 30), due_date=ago(31), total="310.10")
    books.document("INV-2", date=dt.date(2026, 10, 1), due_date=ago(0), total="99.00")
    books.document("INV-3", date=dt.date(2026, 10, 1), due_date=ago(31), total="7777.00", currency="NZD")
    books.document("CN-1", "sales_credit_note", date=dt.date(2026, 10, 2), total="40.00")
    pay(books, "INV-1", dt.date(2026, 11, 21), "20.00")
    pay(books, "INV-3", dt.date(2026, 11, 21), "5.00")
    page = sales.get(books.tab("organization"))
    months = table(page, "Invoiced and paid by month")
    assert (len(months), next(iter(months)), list(months)[-1]) == (12, "Nov 2026", "Dec 2025")
    assert {month: sums for month, sums in months.items() if sums != ["–", "–"]} == {
        "Nov 2026": ["–", "20.00"],
        "Oct 2026": ["59.00", "–"],
        "Sep 2026": ["310.10", "–"],
    }
    assert [len(drawn.select("rect")) for drawn in page.html.select(".plot")] == [3, 2], "zero is not drawn"
    assert [words_of(axis) for axis in page.html.select(".plot .ticks")] == ["400 300 200 100 0"] * 2
    ages = {label: sums[0] for label, sums in table(page, "Owed by age").items()}
    assert {label: amount for label, amount in ages.items() if amount != "–"} == {
        "Not due": "99.00",
        "31–60 days overdue": "310.10",
    }


def test_where_nothing_is_owed_the_chart_is_a_sentence(books: Books, sales: Browser) -> None:
    books.document("INV-1", date=ago(40), total="310.10", amount_due=Decimal(0), status="paid")
    cards = [words_of(card) for card in sales.get(books.tab("organization")).html.select(".charts .card")]
    assert "Jan Feb" in cards[0]
    assert cards[1].endswith("Nothing is owed.")


def test_the_charts_are_hidden_from_who_may_not_see_amounts(books: Books, sales: Browser) -> None:
    books.document("INV-1", total="310.10")
    assert sales.get(books.tab("organization")).html.select_one(".charts svg")
    leave_the_state_alone(books, "sales")
    page = sales.get(books.tab("organization"))
    assert page.html.select(".charts, .plot") == []
    assert "310.10" not in page.text


def test_the_column_with_other_currencies_never_changes_the_first(books: Books, sales: Browser) -> None:
    books.document("INV-1", total="100.00", tax=Decimal("10.00"))
    books.document("INV-2", total="10.01", currency="NZD", rate=Decimal("0.5"), date=ago(40))
    books.document("INV-3", total="70.00", currency="NZD", rate=None)

    def first(page: Any) -> list[str]:
        for column in page.html.select("dl.figs .also"):
            column.decompose()
        return [words_of(one) for one in page.html.select("dl.figs > div")]

    alone = sales.get(books.tab("organization"))
    assert not alone.html.select("dl.figs .also")
    before = first(alone)
    change(books, converted=True)
    page = sales.get(books.tab("organization"))
    also = {one.dt.get_text(): words_of(one.select_one(".also")) for one in page.html.select("dl.figs > div")}
    assert also["Invoices"].startswith("US$ 105.01 with other currencies, 1 without a rate left out")
    assert also["Lifetime value"].startswith("US$ 95.01 with other currencies, 1 without a rate left out")
    told = sales.get(tile(page, "Invoices").select_one(".also a")["href"])
    assert words(told, "main h2") == "Invoices with other currencies: US$ 105.01"
    left = words(told).partition("Left out (1)")[2]
    assert "INV-3" in left
    assert "in NZD, without an exchange rate" in left
    assert first(page) == before


def test_unused_credit_of_another_currency_is_told_below_zero_too(books: Books, sales: Browser) -> None:
    books.document(
        "CN-1", "sales_credit_note", status="authorised", total="0.00", amount_due=Decimal(-7), currency="NZD"
    )
    assert "In NZD: −NZ$ 7.00 unused credit" in words(sales.get(books.tab("organization")))


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        ("Pacific/Auckland", dt.datetime(2026, 11, 22, 11, tzinfo=dt.UTC)),  # an hour ahead in summer
        ("America/Los_Angeles", dt.datetime(2026, 11, 23, 8, tzinfo=dt.UTC)),
    ],
)
def test_an_invoice_is_overdue_from_midnight_where_the_books_are_kept(
    books: Books, clock: ManualClock, sales: Browser, zone: str, midnight: dt.datetime
) -> None:
    change(books, timezone=zone)
    books.document("INV-1", due_date=dt.date(2026, 11, 22), total="310.10")
    for moment, amount in ((midnight - dt.timedelta(seconds=1), "0.00"), (midnight, "310.10")):
        clock.advance(seconds=(moment - clock.now()).total_seconds())
        page = sales.get(books.tab("organization"))
        shown = tile(page, "Overdue").dd.a
        assert shown["aria-label"] == f"Explain Overdue: US$\N{NO-BREAK SPACE}{amount}"
        assert shown.get_text() == ("–" if amount == "0.00" else f"US$\N{NO-BREAK SPACE}{amount}"), "zero is quiet"
        assert strips(page)[0].startswith("Overdue US$ 310.10" if amount != "0.00" else "Nothing overdue")
        asked = {"connection": str(books.connection)}
        explained = sales.get(f"{books.tab('organization')}/explain/overdue", asked)
        assert words(explained, "main h2") == f"Overdue: US$ {amount}"
