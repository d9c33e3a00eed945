"""What was agreed beside what was billed, over all opportunities: two lists, their sums, and who sees them."""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event

from core.accounting import connections
from core.accounting.agreed import EXCEEDED, UNBILLED, Compared, compare
from core.accounting.models import ConnectionAccess, DocumentLink, DocumentRow, Draft
from core.contract.values import Capability
from core.records.models import Opportunity
from core.services import Services
from core.users.models import Role, User
from tests.conftest import LogIn
from tests.core.accounting.books import TODAY, Books, connect
from tests.core.accounting.on_the_stub import ini
from tests.core.pages import words
from tests.databases import NOW

__all__ = ["ini"]

WON, MORE = "/accounting/won-but-not-invoiced", "/accounting/invoiced-more-than-agreed"


@pytest.fixture
def books(services: Services, log_in: LogIn) -> Books:
    connect(log_in("admin"), services)
    return Books(services)


def deal(books: Books, name: str, amount: str, *, stage: str = "Won", currency: str = "USD") -> None:
    books.make(name, "opportunities", name=name, stage=stage, amount=Decimal(amount), currency=currency)


def listed(services: Services, which: str, page: int = 1) -> Compared:
    with services.db.read() as session:
        return compare(session, services, which, page=page)


def names(found: Compared) -> list[str]:
    return [one.record.name for one in found.records]


def test_what_is_won_and_not_invoiced_whole_is_listed_with_what_is_left(books: Books, services: Services) -> None:
    deal(books, "Nothing yet", "1000")
    deal(books, "Half", "1000")
    books.document("1", to="Half", total="575", tax=Decimal(75))
    books.document("2", to="Half", status="draft", total="100")
    deal(books, "Whole", "500")
    books.document("3", to="Whole", status="submitted", total="575", tax=Decimal(75))
    deal(books, "Given back", "500")
    books.document("4", to="Given back", status="paid", total="575", tax=Decimal(75))
    books.document("5", "sales_credit_note", to="Given back", total="115.01", tax=Decimal("15.00"))
    deal(books, "Void", "10")
    books.document("6", to="Void", status="voided", total="10")
    deal(books, "Lost", "10", stage="Lost")
    deal(books, "Abroad", "10", currency="EUR")
    books.document("7", to="Abroad", total="10")
    found = listed(services, UNBILLED)
    rows: dict[str, tuple[object, ...]] = {}
    rows |= {one.record.name: (one.billed, one.drafted, one.left, one.elsewhere) for one in found.records}
    assert rows == {
        "Nothing yet": (0, 0, 1000, 0),
        "Half": (500, 100, 500, 0),
        "Given back": (Decimal("399.99"), 0, Decimal("100.01"), 0),
        "Void": (0, 0, 10, 0),
        "Abroad": (0, 0, 10, 1),
    }
    assert [(one.currency, one.count, one.left) for one in found.sums] == [
        ("USD", 4, Decimal("1610.01")),
        ("EUR", 1, 10),
    ]


def test_what_is_invoiced_above_what_was_agreed_is_listed_whatever_its_stage(books: Books, services: Services) -> None:
    deal(books, "Above", "100", stage="Proposal")
    deal(books, "Just", "100")
    deal(books, "Supplied", "100")
    books.make("Open", "opportunities", name="Open", currency="USD")
    for number, name in enumerate(("Above", "Just", "Open")):
        books.document(f"{number}", to=name, total="115.00", tax=Decimal("14.99" if name == "Above" else "15.00"))
    books.document("9", "bill", to="Supplied", total="900")
    (one,) = listed(services, EXCEEDED).records
    assert (one.record.name, one.billed, one.left) == ("Above", Decimal("100.01"), Decimal("-0.01"))


@pytest.mark.slow
def test_the_sums_are_those_of_a_reckoning_by_hand(books: Books, services: Services) -> None:
    dice = random.Random(7)
    expected: dict[str, dict[str, Decimal]] = {UNBILLED: defaultdict(Decimal), EXCEEDED: defaultdict(Decimal)}
    for number in range(60):
        currency, agreed = dice.choice(("USD", "EUR")), Decimal(dice.randrange(1, 200_000)) / 100
        deal(books, f"D{number}", str(agreed), currency=currency)
        billed = Decimal(0)
        for place in range(dice.randrange(4)):
            kind = dice.choice(("sales_invoice", "sales_invoice", "sales_credit_note", "bill"))
            state = dice.choice(("draft", "submitted", "authorised", "paid", "voided"))
            money, tax = dice.choice(("USD", "EUR")), Decimal(dice.randrange(0, 5_000)) / 100
            net = Decimal(dice.randrange(1, 100_000)) / 100
            name = f"{number}-{place}"
            books.document(name, kind, to=f"D{number}", status=state, currency=money, total=str(net + tax), tax=tax)
            if money == currency and kind != "bill" and state in ("submitted", "authorised", "paid"):
                billed += net if kind == "sales_invoice" else -net
        if agreed > billed:
            expected[UNBILLED][currency] += agreed - billed
        if billed > agreed:
            expected[EXCEEDED][currency] += agreed - billed
    for which, by_currency in expected.items():
        found = listed(services, which)
        assert {one.currency: one.left for one in found.sums} == by_currency
        every = [one for page in range(1, found.pages + 1) for one in listed(services, which, page).records]
        assert len({one.record.id for one in every}) == found.total
        assert sum(one.left for one in every) == sum(by_currency.values())


@pytest.mark.slow
def test_a_page_says_how_much_and_what_to_do(books: Books, log_in: LogIn) -> None:
    deal(books, "Roastery refit", "1000")
    books.document("1", to="Roastery refit", total="400")
    deal(books, "Above", "100")
    books.document("2", to="Above", total="115.00", tax=Decimal("5.00"))
    browser = log_in("sales")
    page = browser.get("/").click("Won but not invoiced", index=0)
    assert "Not invoiced, USD US$ 600.00 1 opportunity: 1,000.00 agreed, 400.00 invoiced" in words(page)
    assert page.html.select_one("td.act a")["href"] == "/opportunities/1/tabs/quickbooks_stub/draft"
    page = log_in("accounts").get(MORE)
    assert "More than agreed, USD US$ 10.00" in words(page)
    page = page.click("Explain")
    assert "Billed so far: US$ 110.00" in words(page)


@pytest.mark.slow
def test_what_drafts_cover_is_no_reason_for_another(books: Books, log_in: LogIn) -> None:
    deal(books, "Roastery refit", "1000")
    books.document("1", to="Roastery refit", status="draft", total="1000")
    page = log_in("sales").get(WON)
    assert "and 1,000.00 in drafts" in words(page)
    assert [link.get_text() for link in page.html.select("td.act a")] == ["Open"]


@pytest.mark.slow
def test_invoices_in_several_organisations_are_added_up_and_each_part_is_told(
    books: Books, services: Services, log_in: LogIn
) -> None:
    other = books.connect_another("Old Mill Australia")
    deal(books, "Refit", "1000")
    books.document("1", to="Refit", total="400")
    books.document("2", to="Refit", total="250.50", connection=other)
    books.document("3", to="Refit", total="99", connection=other, status="draft")
    deal(books, "One place", "1000")
    books.document("4", to="One place", total="400")
    page = log_in("sales").get(WON)
    row = words(page, "tbody tr:first-child")
    assert "650.50" in row
    assert "Old Mill Australia 250.50" in row
    assert "400.00" in row
    assert "Old Mill Australia" not in words(page, "tbody tr:last-child")
    assert "in several organisations they are added up here" in words(page)
    assert [(line.billed, len(line.parts)) for line in listed(services, UNBILLED).records] == [
        (Decimal("650.50"), 2),
        (Decimal(400), 0),
    ]


def raise_draft(books: Books, to: str, subtotal: str, *, state: str = "open", currency: str = "USD") -> str:
    """A draft of a record that is not in the books; its key."""
    typed = {"head": {"currency": currency}, "lines": []}
    payload = {"typed": typed, "party_name": "Harbour Ltd", "sums": {"subtotal": subtotal, "total": "9999"}}
    at: dict[str, Any] = {"created_by": 1, "created_at": NOW, "updated_at": NOW, "connection_id": books.connection}
    with books.services.db.begin() as session:
        draft = Draft(key=uuid.uuid4().hex, payload=payload, state=state, **books.of(to), **at)
        session.add(draft)
        return draft.key


@pytest.fixture
def invoicing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stub as if invoices came of its drafts, not estimates."""
    able = connections.capabilities
    monkeypatch.setattr(connections, "capabilities", lambda *given: able(*given) | {Capability.DRAFT_INVOICE})


def test_an_estimate_on_its_way_covers_nothing(books: Books, services: Services, log_in: LogIn) -> None:
    deal(books, "Refit", "1000")
    raise_draft(books, "Refit", "1000")
    (line,) = listed(services, UNBILLED).records
    assert (len(line.waiting), line.on_the_way, line.is_covered) == (1, Decimal(0), False)
    page = log_in("sales").get(WON)
    assert "draft to Harbour Ltd" in words(page)
    assert [link.get_text() for link in page.html.select("td.act a")] == ["Create draft"]


@pytest.mark.slow
@pytest.mark.usefixtures("invoicing")
def test_drafts_that_are_there_already_are_shown_so_that_nobody_bills_twice(
    books: Books, services: Services, log_in: LogIn
) -> None:
    deal(books, "Refit", "1000")
    saved = raise_draft(books, "Refit", "600")
    sent = raise_draft(books, "Refit", "100", state="unknown")
    raise_draft(books, "Refit", "50", state="made")
    raise_draft(books, "Refit", "5000", currency="EUR")
    books.document("INV-9", to="Refit", total="200", status="draft")
    sales = log_in("sales")
    page = sales.get(WON)
    row = words(page, "tbody tr")
    assert "Saved: draft to Harbour Ltd" in row
    assert "Not known yet: draft to Harbour Ltd" in row
    assert "Draft: INV-9" in row
    assert row.count("draft to Harbour Ltd") == 3
    for key in (saved, sent):
        assert page.html.find("a", href=f"/accounting/drafts/{key}")
    assert "INV-9" in page.click("INV-9")
    assert [link.get_text() for link in page.html.select("td.act a")] == ["Create draft"]
    raise_draft(books, "Refit", "100")
    assert [link.get_text() for link in sales.get(WON).html.select("td.act a")] == ["Open"], "all that is left is there"
    limit(services, "accounts", books.connection, "accounting.see_status", "accounting.see_amounts")
    reader = log_in("accounts").get(WON)
    assert "Saved: draft to Harbour Ltd" in words(reader)
    assert reader.html.find("a", href=f"/accounting/drafts/{saved}") is None, "who may not draft cannot open it"


@pytest.mark.slow
def test_empty_lists_teach(books: Books, log_in: LogIn) -> None:
    browser = log_in("accounts")
    assert "Everything won is invoiced" in words(browser.get(WON))
    assert "Nothing is invoiced above what was agreed" in words(browser.get(MORE))


def limit(services: Services, who: str, connection: int, *rights: str) -> None:
    """Leave a user's role these rights alone in a connection."""
    with services.db.begin() as session:
        role = session.query(Role.id).join(User).filter(User.login == who).scalar()
        session.add(ConnectionAccess(connection_id=connection, role_id=role, rights=list(rights)))


@pytest.mark.slow
def test_amounts_of_a_connection_that_a_role_does_not_see_are_on_no_list(
    books: Books, services: Services, log_in: LogIn
) -> None:
    other = books.connect_another("Hidden Ltd")
    deal(books, "Refit", "1000")
    books.document("1", to="Refit", total="77.13", connection=other)
    books.document("2", to="Refit", total="100")
    deal(books, "Above", "10")
    books.document("3", to="Above", total="55.17", connection=other)
    limit(services, "accounts", other, "accounting.see_status")
    browser = log_in("accounts")
    page = browser.get(WON)
    assert "900.00" in page
    assert "What is linked in an organisation whose amounts your role does not see is not counted here." in page
    assert "Nothing is invoiced above" in browser.get(MORE)
    for path in (WON, MORE):
        assert not any(secret in browser.get(path) for secret in ("77.13", "822.87", "55.17", "45.17", "Hidden Ltd"))
    limit(services, "accounts", books.connection)
    browser.get(WON, status=403)


@pytest.mark.slow
def test_ten_thousand_opportunities_are_compared_at_once(books: Books, services: Services) -> None:
    count = 10_000
    stamps = {"created_at": NOW, "changed_at": NOW, "version": 1}
    with services.db.begin() as session:
        fresh = {"stage": "Won", "amount": Decimal(100), "currency": "USD", "probability": 100}
        session.bulk_insert_mappings(Opportunity, [{"name": f"D{n}", **fresh, **stamps} for n in range(count)])
        at = {"connection_id": books.connection, "document_kind": "sales_invoice"}
        row = {"kind": "sales_invoice", "party_id": "p", "status": "paid", "date": TODAY, "currency": "USD"}
        sums = {"total": Decimal(60), "tax": Decimal(10), "amount_due": 0, "amount_paid": 60, "amount_credited": 0}
        rest = {"amounts_are": "exclusive", "seen_at": NOW, "connection_id": books.connection}
        session.bulk_insert_mappings(
            DocumentRow,
            [{"document_id": f"d{n}", "number": f"{n}", **row, **sums, **rest} for n in range(2 * count)],
        )
        links = [(n // 2 + 1, f"d{n}") for n in range(2 * count)]
        session.bulk_insert_mappings(
            DocumentLink,
            [
                {"kind": "opportunities", "record_id": of, "document_id": one, "linked_at": NOW, **at}
                for of, one in links[::2] + links[1:4:2]
            ],
        )
    asked: list[str] = []
    event.listen(services.db.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    found = listed(services, UNBILLED)
    assert found.total == count - 2
    assert found.sums[0].left == 50 * (count - 2)
    assert len([one for one in asked if one.startswith("SELECT")]) == 5, (
        "sums, a page, its drafts of both sorts, those without an amount"
    )


@pytest.mark.slow
def test_what_is_won_without_an_amount_is_not_called_invoiced(books: Books, log_in: LogIn) -> None:
    books.make("Talk", "opportunities", name="Talk", stage="Won", amount=None, currency="USD")
    sales = log_in("sales")
    told = words(sales.get(WON))
    assert "Everything won that has an amount is invoiced" in told
    assert "One more opportunity is won and has neither an amount nor an invoice" in told
    books.document("T-1", to="Talk", total="80")
    told = words(sales.get(WON))
    assert "Everything won is invoiced" in told
    assert "neither an amount" not in told
