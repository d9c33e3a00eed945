"""What a role may not see is in no page and no piece of one: amounts, and everything about bills.

Every page that could carry money is walked by custom roles over records with rich data, whose amounts occur nowhere
else, and what came over the wire is searched, attributes and all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Protocol

import pytest

from core import Document, DocumentKind, Line, Unavailable
from core.accounting import connections
from core.accounting.models import Connection, DocumentLink, DocumentRow, Draft
from core.accounting.rules import BY_KEY
from core.contract.answers import Malformed, checked, said
from core.services import Services
from core.users.models import Role
from core.users.seed import DEMO_PASSWORD
from core.users.service import add_user
from tests.conftest import Browser, LogIn
from tests.core.accounting.books import TODAY, Books, connect, four_records
from tests.core.accounting.on_the_stub import ini
from tests.core.accounting.walking import AMOUNT, leaks, walked
from tests.databases import NOW
from tests.testing.stranger import invoice

__all__ = ["ini"]

pytestmark = pytest.mark.slow
STATUS, AMOUNTS, BILLS = "accounting.see_status", "accounting.see_amounts", "accounting.see_bills"
LINK = "accounting.link"
# Rights that open pages where an amount might stand, and none of which is a right to see one.
CLERK = ("records.edit", "accounting.draft", "audit.see", "accounting.manage_connections", "admin.users")
ROLES = {
    "status only": (STATUS,),
    "amounts without bills": (STATUS, AMOUNTS, LINK),
    "amounts and bills": (STATUS, AMOUNTS, BILLS, LINK),
    "link only": (LINK,),
    "status and link": (STATUS, LINK),
    "bills without amounts": (STATUS, BILLS, LINK),
    "nothing": (),
}
SALES = ("INV-7701", "INV-7702", "INV-7703", "INV-7704", "INV-7705", "CN-7706", "OV-7707", "EST-7708")
SALES_AMOUNTS = (
    "7,411.83",
    "4,321.57",
    "3,090.26",
    "6,445.07",
    "5,150.91",
    "1,717.17",
    "9,876.53",
    "613.49",
    "8,123.47",
)
SALES_TEXTS = ("Lease of a grinder",)
BILL_NUMBERS = ("BILL-8801", "BILL-8802", "BILL-8803", "BC-8804")
BILL_AMOUNTS = ("8,642.19", "2,468.13", "7,514.95", "6,543.21", "339.77", "1,234.56")
BILL_TEXTS = ("Payment to a director",)
DRAFTED = "5,913.77"
NEW_KEY = "0" * 32
# The CRM's own amounts, which everybody sees, and of an empty draft its zeros and the rate of a tax.
OF_THE_CRM = ("6,400.00", "5,200.00", "0.00", "8.25")


@pytest.fixture
def books(services: Services, log_in: LogIn) -> Books:
    admin = log_in("admin")
    connect(admin, services)
    books = Books(services)
    four_records(books)
    for name in ("organization", "contact"):
        books.link_party(name, "harbour")
    for to in ("opportunity", "project"):
        _documents(books, to)
    books.fill("INV-7701", line="6445.07", text="Lease of a grinder", paid="3090.26")
    books.fill("BILL-8801", line="7514.95", text="Payment to a director", paid="6174.06")
    _on_record(books, admin)
    return books


def _documents(books: Books, to: str) -> None:
    """Linked to the one record; what is there already is linked to the other as well."""
    of: dict[str, Any] = {"to": to}
    paid: dict[str, Any] = {"amount_due": Decimal(0), "amount_paid": Decimal("1717.17"), "fully_paid_on": TODAY}
    part: dict[str, Any] = {
        "amount_due": Decimal("4321.57"),
        "amount_paid": Decimal("3090.26"),
        "tax": Decimal("966.76"),
    }
    books.document("INV-7701", total="7411.83", **part, **of)
    books.document("INV-7702", total="5150.91", status="submitted", **of)
    books.document("INV-7703", total="1717.17", status="paid", **paid, **of)
    books.document("INV-7704", total="9876.53", currency="NZD", **of)
    books.document("INV-7705", total="2222.38", status="draft", **of)
    books.document("CN-7706", "sales_credit_note", total="613.49", **of)
    books.document("OV-7707", "overpayment", total="271.31", **of)
    books.document("EST-7708", "estimate", total="8123.47", **of)
    books.document("BILL-8801", "bill", total="8642.19", amount_due=Decimal("2468.13"), **of)
    books.document("BILL-8802", "bill", total="6543.21", currency="NZD", **of)
    books.document("BILL-8803", "bill", total="1234.56", status="submitted", **of)
    books.document("BC-8804", "bill_credit_note", total="339.77", **of)


def _on_record(books: Books, admin: Browser) -> None:
    """Deeds in the audit trail, and a draft of somebody else."""
    tab = books.tab("opportunity")
    with books.services.db.begin() as session:
        for link in session.query(DocumentLink).filter_by(**books.of("opportunity")):
            session.delete(link)
    ids = [f"id of {number}" for number in (*SALES, *BILL_NUMBERS)]
    sent = [("csrf_token", admin.token()), ("connection", "1"), *(("document", one) for one in ids)]
    admin.post(f"{tab}/documents/link", sent, status=303)
    form = admin.get(f"{tab}/draft").follow().forms["draft-form"]
    form["lines-0-description"], form["lines-0-unit_price"] = "Something secret", "5913.77"
    form.submit("action", value="save", status=303)


class Enter(Protocol):
    """`enter("status only")` is a browser of a user of that role, and of these rights besides."""

    def __call__(self, role: str, *, also: Sequence[str] = CLERK) -> Browser: ...


@pytest.fixture
def enter(services: Services, log_in: LogIn) -> Enter:
    def walk_in(role: str, *, also: Sequence[str] = CLERK) -> Browser:
        key = role.replace(" ", "-")
        with services.db.begin() as session:
            session.add(Role(key=key, title=role, rights=[*ROLES[role], *also]))
            session.flush()
            add_user(session, login=key, name=role.title(), password=DEMO_PASSWORD, role=key, when=NOW)
        return log_in(key)

    return walk_in


def addresses(books: Books) -> Iterator[str]:
    """Every page that could carry money."""
    everything = "invoices=all&bills=all&credits=all&estimates=all"
    for path, tab in [(books.paths[name], books.tab(name)) for name in books.paths]:
        yield from (path, f"{path}/edit", f"{path}/delete", f"{path}/opportunities", f"{path}/projects")
        yield from (tab, f"{tab}?{everything}", f"{tab}/new-party")
        yield from (f"{tab}/draft?key={NEW_KEY}", f"{tab}/draft?key={NEW_KEY}&party=harbour")
        yield from (f"{tab}/explain/{figure}?connection=1" for figure in BY_KEY)
        for what in ("invoices", "bills"):
            yield from (f"{tab}/find?what={what}&q=1", f"{tab}/find?what={what}", f"{tab}?{what}=drafts")
        yield from (f"{tab}/search?q=harbour", f"{tab}/search?q=a&for=draft")
    for name in ("organization", "opportunity"):
        yield from (f"{books.tab(name)}/documents/{number}" for number in documents_of(books.services))
    yield from ("/", "/admin/audit", "/admin/accounting", "/admin/users", "/accounting/drafts", "/search?q=BILL")
    yield from (f"/{kind}" for kind in ("contacts", "organizations", "opportunities", "projects"))
    for draft in drafts_of(books.services):
        yield from (f"/accounting/drafts/{draft}", f"/accounting/drafts/{draft}/edit")


def documents_of(services: Services) -> list[int]:
    """A sale with lines, one in another currency, a bill with lines and a supplier's credit."""
    shown = ("INV-7701", "INV-7704", "BILL-8801", "BC-8804")
    with services.db.read() as session:
        return [row.id for row in session.query(DocumentRow).filter(DocumentRow.number.in_(shown))]


def drafts_of(services: Services) -> list[str]:
    with services.db.read() as session:
        return [row.key for row in session.query(Draft)]


def walk(browser: Browser, books: Books) -> dict[str, str]:
    """Every page of `addresses`, and its piece."""
    return walked(browser, addresses(books))


def amounts(pages: dict[str, str]) -> list[str]:
    """Anything that looks like an amount and is none of the CRM's own."""
    return sorted(
        {f"{path}: {one}" for path, text in pages.items() for one in AMOUNT.findall(text) if one not in OF_THE_CRM}
    )


ALSO = ("link only", "status and link", "bills without amounts", "nothing")


@pytest.mark.parametrize("role", ["status only", *ALSO])
def test_who_may_see_no_amounts_gets_none_and_nothing_of_bills(books: Books, enter: Enter, role: str) -> None:
    pages = walk(enter(role), books)
    assert leaks(pages, (*SALES_AMOUNTS, *SALES_TEXTS, *BILL_NUMBERS, *BILL_AMOUNTS, *BILL_TEXTS, DRAFTED)) == []
    assert amounts(pages) == []


def test_who_may_not_see_bills_gets_all_of_sales_and_nothing_that_gives_a_bill_away(
    books: Books, enter: Enter, log_in: LogIn
) -> None:
    accounts = log_in("accounts")
    sums, found = tuple(sums_with_bills(accounts, books)), tuple(bills_found(accounts, books))
    assert len(sums) == 3, "costs, net and bills: the figures that must not be told"
    assert len(found) > 10, "what a search for bills tells"
    pages = walk(enter("amounts without bills"), books)
    assert leaks(pages, (*BILL_NUMBERS, *BILL_AMOUNTS, *BILL_TEXTS, *sums, *found)) == []
    seen = "".join(pages.values())
    assert [one for one in (*SALES, *SALES_AMOUNTS, *SALES_TEXTS) if one not in seen] == []


def sums_with_bills(browser: Browser, books: Books) -> Iterator[str]:
    """The project's figures that have bills in them, as the page writes them."""
    for figure in browser.get(books.tab("project")).html.select(".fig"):
        if figure.dt.get_text() in ("Costs so far", "Net", "Bills"):
            yield AMOUNT.findall(figure.dd.get_text())[0]


def bills_found(browser: Browser, books: Books) -> Iterator[str]:
    """Numbers and totals of the bills that a search in the accounting system finds."""
    page = browser.get(f"{books.tab('project')}/find?what=bills&q=1")
    for row in page.html.select("table.docs tbody tr"):
        yield row.select_one(".num").get_text()
        yield AMOUNT.findall(row.find("td", {"data-label": "Total"}).get_text())[0]


def test_the_audit_trail_names_linked_documents_only_to_who_may_see_amounts(books: Books, enter: Enter) -> None:
    told = enter("status only").get("/admin/audit").text
    assert [number for number in SALES if number in told] == []
    assert SALES[0] in enter("amounts without bills").get("/admin/audit").text


def test_who_may_see_all_sees_all_so_that_the_walk_misses_no_page(books: Books, enter: Enter) -> None:
    seen = "".join(walk(enter("amounts and bills"), books).values())
    everything = (*SALES, *SALES_AMOUNTS, *SALES_TEXTS, *BILL_NUMBERS, *BILL_AMOUNTS, *BILL_TEXTS, DRAFTED)
    assert [one for one in everything if one not in seen] == []


@pytest.mark.parametrize("role", ["amounts without bills", "status and link", "bills without amounts"])
def test_a_bill_is_neither_linked_nor_unlinked_by_who_may_not_see_it(books: Books, enter: Enter, role: str) -> None:
    browser, tab = enter(role), books.tab("project")
    answer = browser.send(f"{tab}/documents/link", {"connection": "1", "document": "id of BILL-8801"}, status=403)
    assert leaks({"": answer.text}, (*BILL_NUMBERS, *BILL_AMOUNTS, *BILL_TEXTS)) == []
    with books.services.db.read() as session:
        link = session.query(DocumentLink).filter_by(document_id="id of BILL-8801").first()
    assert link is not None
    browser.send(f"{tab}/documents/unlink", {"link": str(link.id)}, status=403)


def wrong_bill(**wrong: Any) -> Document:
    """A bill of the secret books that a provider got wrong."""
    right: dict[str, Any] = {"kind": DocumentKind.BILL, "number": "BILL-8801", "amount_due": Decimal("2468.13")}
    return invoice(8801, "8642.19", **{**right, "tax": Decimal("1234.56"), **wrong})


FAULTS: list[dict[str, Any]] = [
    {"total": Decimal("-8642.19")},
    {"total": 8642.19},
    {"tax": Decimal("1234.56000001")},
    {"amount_due": Decimal("246813e20")},
    {"rate": Decimal("-2468.13")},
    {"party_id": "8642.19" * 20},
    {"currency": "8642.19"},
    {"lines": (Line("Payment to a director", amount=Decimal("7514.950000001")),)},
    {"lines": (Line("Payment to a director", item="\u202a8642.19"),)},
    {"payments": (8642,)},
    {"reference": 8642.19},
]


@pytest.mark.parametrize("wrong", FAULTS, ids=[next(iter(one)) for one in FAULTS])
def test_what_is_wrong_with_a_bill_is_told_without_its_amount_and_number(wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed) as failure:
        checked(wrong_bill(**wrong), Document)
    assert leaks({"": said(failure.value)}, (*BILL_NUMBERS, *BILL_AMOUNTS, *BILL_TEXTS)) == []
    assert amounts({"": said(failure.value)}) == []
    assert next(iter(wrong)).rstrip("s") in said(failure.value), "the field is named"


WORDS = "BILL-8801 over 8642.19 is locked."


@pytest.mark.parametrize("role", ["status only", "amounts without bills"])
def test_the_words_of_an_error_are_for_who_sees_bills_or_manages(books: Books, enter: Enter, role: str) -> None:
    error = Unavailable("The toy company is away.", detail=WORDS)
    connections.note_failure(books.services, books.connection, error)
    browser, sees_bills = enter(role, also=()), enter("amounts and bills", also=())
    with books.services.db.begin() as session:
        session.query(Connection).one().missing_scope = "a.scope"
    pages = walk(browser, books)
    with books.services.db.begin() as session:
        session.query(Connection).one().missing_scope = ""
    pages |= {f"later {path}": text for path, text in walk(browser, books).items()}
    assert leaks(pages, (*BILL_NUMBERS, *BILL_AMOUNTS, WORDS)) == []
    assert "The toy company is away." in pages[f"later {books.tab('organization')}"]
    assert WORDS in sees_bills.get(books.tab("organization"))
    assert WORDS in enter("status and link").get(books.tab("organization")), "who manages connections must mend it"


# Midnight UTC of the 22nd is still the 21st where the stub's company is.
LIGHTS = [
    ({"due_date": TODAY.replace(day=20)}, "Overdue", "oldest 1 day"),
    ({"due_date": TODAY.replace(day=1), "currency": "NZD"}, "Overdue", "oldest 20 days"),
    ({"due_date": TODAY.replace(day=21)}, "Open invoices, none overdue", ""),
    ({"due_date": None}, "Open invoices, none overdue", ""),
    ({"status": "paid", "amount_due": Decimal(0)}, "Nothing open", ""),
    ({"status": "draft"}, "Nothing open", ""),
    ({"kind": "bill"}, "Nothing open", ""),
]


@pytest.mark.parametrize(("values", "says", "more"), LIGHTS)
def test_a_light_tells_how_things_stand_without_an_amount(
    services: Services, log_in: LogIn, enter: Enter, values: dict[str, Any], says: str, more: str
) -> None:
    connect(log_in("admin"), services)
    books = Books(services)
    four_records(books)
    books.link_party("organization", "harbour")
    books.document("INV-1", to="project", **values)
    browser = enter("status only")
    for name in ("organization", "project"):
        page = browser.get(books.tab(name))
        if name == "project" and values.get("kind") == "bill":
            assert page.html.select_one(".strip") is None, "a bill that may not be seen is no reason for a block"
            continue
        told = page.html.select_one(".strip")
        assert told.select_one(".lead").get_text() == says
        assert more in told.get_text()
        assert amounts({"": page.text}) == []
