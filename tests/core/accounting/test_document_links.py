"""Documents of an opportunity: several linked or unlinked at once, and offered where they name it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.accounting.models import ConnectionAccess, DocumentLink, LineRow
from core.audit.models import AuditEntry
from core.services import Services
from core.users.models import Role, User
from tests.conftest import Browser, LogIn
from tests.core.accounting.books import Books
from tests.core.accounting.on_the_stub import books, ini, sales
from tests.core.pages import words

pytestmark = pytest.mark.slow  # walks through pages

__all__ = ["books", "ini", "sales"]

LINKED = "documents/linked"


def limit(services: Services, *rights: str) -> None:
    """Leave the sales role these rights alone in the connection."""
    with services.db.begin() as session:
        role = session.query(Role.id).join(User).filter(User.login == "sales").scalar()
        session.add(ConnectionAccess(connection_id=1, role_id=role, rights=list(rights)))


def links(services: Services, record: str = "opportunities") -> list[str]:
    with services.db.read() as session:
        return sorted(one.document_id for one in session.query(DocumentLink).filter_by(kind=record))


def form_to(page: Any, end: str) -> Any:
    return next(form for form in page.forms.values() if form.action.endswith(end))


def pick(form: Any, *places: int) -> Any:
    boxes = [field for field in form.fields["link"] if field.attrs.get("type") == "checkbox"]
    for place in places:
        boxes[place].checked = True
    return form


def test_several_found_documents_are_linked_at_once(books: Books, sales: Browser, services: Services) -> None:
    page = sales.get(f"{books.tab('opportunity')}/find?what=invoices&from=2000-01-01")
    boxes = page.html.select("input[type=checkbox][form=link-many]")
    assert len(boxes) > 2
    form = page.forms["link-many"]
    fields = [*form.submit_fields(), *(("document", box["value"]) for box in boxes[:2])]
    back = sales.post(form.action, fields, status=303).follow()
    assert links(services) == sorted(box["value"] for box in boxes[:2])
    assert len(back.html.select("input[type=checkbox][form=link-many]")) == len(boxes) - 2
    assert "Linked " in words(back, "#toasts")


def test_a_document_may_be_linked_twice_and_each_place_says_so(
    books: Books, sales: Browser, services: Services
) -> None:
    page = sales.get(f"{books.tab('opportunity')}/find?what=invoices&from=2000-01-01")
    number = page.html.select_one("input[name=document]")["value"]
    at = {"connection": "1", "document": number}
    sales.send(f"{books.tab('opportunity')}/documents/link", at, status=303)
    found = sales.get(f"{books.tab('project')}/find?what=invoices&from=2000-01-01")
    assert "Linked to Roastery refit" in words(found)
    sales.send(f"{books.tab('project')}/documents/link", at, status=303)
    assert "Also linked to Shop fitting" in words(sales.get(f"{books.tab('opportunity')}/{LINKED}"))
    assert "Also linked to Roastery refit" in words(sales.get(f"{books.tab('project')}/{LINKED}"))
    assert links(services) == links(services, "projects") == [number]


def test_several_are_unlinked_after_a_question_and_linked_again(
    books: Books, sales: Browser, services: Services
) -> None:
    for number in ("INV-1", "INV-2", "INV-3"):
        books.document(number, to="opportunity")
    page = sales.get(books.tab("opportunity")).click("Unlink several")
    question = pick(page.forms["unlink-many"], 0, 2).submit(status=200)
    assert "Unlink 2 invoices?" in words(question)
    assert all((one in words(question)) == (one != "INV-2") for one in ("INV-1", "INV-2", "INV-3"))
    assert len(links(services)) == 3, "asked first"
    page = question.forms["unlink-many"].submit(status=303).follow()
    assert links(services) == ["id of INV-2"]
    assert "Unlinked INV-3, INV-1. Nothing changed in" in words(page)
    with services.db.read() as session:
        assert [one.deed for one in session.query(AuditEntry).order_by("id")][-2:] == ["document unlinked"] * 2
    page = form_to(page, "/documents/link").submit(status=303).follow()
    assert links(services) == ["id of INV-1", "id of INV-2", "id of INV-3"]
    assert "Linked INV-1, INV-3 to Roastery refit." in words(page, "#toasts")
    assert "Unlinked" not in words(page)


def test_a_link_of_another_record_is_not_unlinked_from_here(books: Books, sales: Browser, services: Services) -> None:
    books.document("INV-1", to="project")
    sales.send(f"{books.tab('opportunity')}/{LINKED}", {"link": "1", "sure": "yes"}, status=303)
    assert links(services, "projects") == ["id of INV-1"]


def test_who_sees_no_bills_finds_none_on_the_page_and_unlinks_none(
    books: Books, sales: Browser, log_in: LogIn, services: Services
) -> None:
    books.document("BILL-77", "bill", to="opportunity", total="8642.19")
    page = sales.get(f"{books.tab('opportunity')}/{LINKED}")
    assert not any(secret in page for secret in ("BILL-77", "8,642.19"))
    assert "Bills" not in words(page)
    sales.get(f"{books.tab('opportunity')}/{LINKED}?what=bills", status=403)
    sales.send(f"{books.tab('opportunity')}/{LINKED}", {"what": "bills", "link": "1", "sure": "yes"}, status=403)
    sales.send(f"{books.tab('opportunity')}/{LINKED}", {"link": "1", "sure": "yes"}, status=303)
    told = sales.get(f"{books.tab('opportunity')}/{LINKED}?connection=1&unlinked=id of BILL-77")
    assert "BILL-77" not in words(told)
    assert links(services) == ["id of BILL-77"]
    assert "BILL-77" in words(log_in("accounts").get(f"{books.tab('opportunity')}/{LINKED}?what=bills"))


def test_a_connection_whose_amounts_a_role_does_not_see_is_not_on_the_page(
    books: Books, sales: Browser, services: Services
) -> None:
    books.document("INV-1", to="opportunity", total="77.13", reference="Roastery refit")
    books.document("INV-2", reference="Roastery refit", total="88.14")
    assert "88.14" in sales.get(books.tab("opportunity"))
    with services.db.begin() as session:
        role = session.query(Role.id).join(User).filter(User.login == "sales").scalar()
        session.add(
            ConnectionAccess(connection_id=1, role_id=role, rights=["accounting.see_status", "accounting.link"])
        )
    for path in (books.tab("opportunity"), f"{books.tab('opportunity')}/{LINKED}"):
        page = sales.get(path)
        assert not any(secret in page for secret in ("77.13", "88.14", "INV-1", "INV-2"))


def offered(page: Any) -> list[str]:
    """The numbers offered and why."""
    items = page.html.select("section[aria-label^=Suggested] li > div")
    return [" ".join(one.get_text(" ").split()) for one in items]


def test_a_document_that_names_the_opportunity_is_offered_with_the_reason_and_not_linked(
    books: Books, sales: Browser, services: Services
) -> None:
    books.document("INV-1", reference="For the roastery REFIT, part 1")
    books.document("INV-2", source_url="http://localhost/opportunities/1")
    books.document("INV-3", source_url="http://localhost/opportunities/12")
    books.document("INV-4", reference="see opportunities/1.")
    books.document("INV-5")
    books.document("INV-6", reference="Roastery refit", status="voided")
    books.document("INV-7", reference="Roastery refit", party_id="stranger")
    books.document("INV-8", reference="Roastery refits")
    with services.db.begin() as session:
        session.add(
            LineRow(
                document=5,
                position=0,
                description="Time on Roastery refit",
                quantity=Decimal(1),
                unit_price=Decimal(1),
                discount=Decimal(0),
                amount=Decimal(1),
                tax=Decimal(0),
            )
        )
    page = sales.get(books.tab("opportunity"))
    told = {one.split()[0]: one.partition(": ")[2] for one in offered(page)}
    assert told == {
        "INV-1": "its reference says “Roastery refit”",
        "INV-2": "it was made from here",
        "INV-4": "its reference says “opportunities/1”",
        "INV-5": "one of its lines says “Roastery refit”",
    }
    assert links(services) == []
    form_to(page, "/documents/link").submit(status=303)
    assert len(links(services)) == 1
    assert len(offered(sales.get(books.tab("opportunity")))) == 3
    assert offered(sales.get(books.tab("organization"))) == []


def test_who_may_not_link_is_offered_nothing(books: Books, sales: Browser, services: Services) -> None:
    books.document("INV-1", reference="Roastery refit")
    assert len(offered(sales.get(books.tab("opportunity")))) == 1
    limit(services, "accounting.see_status", "accounting.see_amounts")
    assert offered(sales.get(books.tab("opportunity"))) == []


def ladder(page: Any) -> list[tuple[str, str]]:
    steps = page.html.select("ol.ladder li")
    return [(step.span.get_text(strip=True), step.b.get_text(strip=True)) for step in steps]


def test_the_ladder_of_a_project_goes_from_its_budget_and_says_what_other_currencies_leave_out(
    books: Books, sales: Browser
) -> None:
    books.document("1", to="project", status="paid", total="1150", tax=Decimal(150), amount_paid=Decimal(1150))
    books.document("2", to="project", total="230", tax=Decimal(30), amount_paid=Decimal(115))
    books.document("3", to="project", status="submitted", total="100")
    books.document("4", "sales_credit_note", to="project", total="50")
    books.document("5", to="project", currency="GBP", total="999")
    page = sales.get(books.tab("project"))
    assert ladder(page) == [
        ("Budget", "5,200.00"),
        ("Drafted or awaiting approval", "100.00"),
        ("Approved", "1,150.00"),
        ("Paid", "1,100.00"),
        ("Still to bill", "3,950.00"),
    ]
    assert "1 linked invoice or credit note is in another currency and not part of this." in words(page)


def test_a_record_without_an_amount_has_no_ladder(books: Books, sales: Browser) -> None:
    books.make("open", "opportunities", name="Open", currency="USD")
    books.document("1", to="open")
    assert ladder(sales.get(books.tab("open"))) == []
