"""An opportunity from what was agreed to what was paid, its documents found, linked and unlinked, on the sandbox."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core import ManualClock
from core.accounting.models import DocumentLink, DocumentRow
from core.records.models import Opportunity, Project
from core.services import Services
from core.users.models import Role
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.core.accounting.drafting import fill, link_harbour, open_form, send
from tests.core.pages import words
from tests.story.conftest import Connect, add_record

pytestmark = pytest.mark.slow
WON = "/accounting/won-but-not-invoiced"
AGREED = Decimal(6400)


@pytest.fixture
def sales(connect: Connect, services: Services, log_in: LogIn, harbour: str) -> Browser:
    """A salesman's browser; the organization is linked and everything of it was read."""
    connect()
    browser = log_in("sales")
    link_harbour(browser, services, harbour)
    return browser


@pytest.fixture
def deal(services: Services, clock: ManualClock, harbour: str) -> str:
    """The address of an opportunity that was won for 6,400, whose name no document bears."""
    of = int(harbour.rpartition("/")[2])
    made = Opportunity(name="Staff kitchen", organization_id=of, stage="Won", amount=AGREED, currency="NZD")
    return add_record(services, clock, made)


def no_bills(services: Services) -> None:
    """Take the right to see bills from the sales role."""
    with services.db.begin() as session:
        role = session.query(Role).filter_by(key="sales").one()
        role.rights = [right for right in role.rights if right != "accounting.see_bills"]


def form_to(page: Any, end: str) -> Any:
    return next(form for form in page.forms.values() if form.action.endswith(end))


def find(browser: Browser, record: str, query: str) -> Any:
    """The answer to a search, in the words of an address."""
    return browser.get(f"{record}/tabs/xero/find?{query}")


def found(page: Any) -> list[str]:
    """The numbers on a list of documents."""
    return [number.get_text(strip=True) for number in page.html.select("table.docs .num")]


def link_several(browser: Browser, page: Any, most: int) -> Any:
    """Tick the first so many and press Link selected; the search again."""
    form = page.forms["link-many"]
    boxes = page.html.select("input[type=checkbox][form=link-many]")[:most]
    fields = [*form.submit_fields(), *(("document", box["value"]) for box in boxes)]
    return browser.post(form.action, fields, status=303).follow()


def linked(services: Services, record: str) -> int:
    """How many documents are linked to a record."""
    _, kind, number = record.split("/")
    with services.db.read() as session:
        return session.query(DocumentLink).filter_by(kind=kind, record_id=int(number)).count()


def ladder(page: Any) -> list[str]:
    """What the steps say after the first, from drafted to what is left."""
    return [step.b.get_text(strip=True) for step in page.html.select("ol.ladder li")][1:]


def later(browser: Browser, services: Services, clock: ManualClock, record: str) -> Any:
    """The tab after six minutes: opened, refreshed by the worker, opened again."""
    clock.advance(seconds=360)
    browser.get(f"{record}/tabs/xero")
    services.jobs.drain()
    return browser.get(f"{record}/tabs/xero")


def test_documents_are_found_by_a_part_of_the_number_and_by_days(
    sales: Browser, services: Services, clock: ManualClock, deal: str
) -> None:
    with services.db.read() as session:
        row = session.query(DocumentRow).filter_by(kind="sales_invoice", status="authorised").first()
        assert row is not None
        number, day = row.number, row.date
    part = number[-3:].lower()
    numbers = found(find(sales, deal, f"what=invoices&q={part}"))
    assert number in numbers
    assert all(part in one.lower() for one in numbers), "every one found bears the part, by its number alone"
    around = f"from={day - timedelta(days=1)}&to={day + timedelta(days=1)}"
    assert number in found(find(sales, deal, f"what=invoices&q={part}&{around}"))
    before = f"to={day - timedelta(days=1)}"
    assert number not in found(find(sales, deal, f"what=invoices&q={part}&{before}"))


def test_several_found_are_linked_at_once_and_several_unlinked_after_a_question(
    sales: Browser, services: Services, deal: str, sandbox: Sandbox
) -> None:
    page = find(sales, deal, "what=invoices&q=Roastery")
    numbers = found(page)
    back = link_several(sales, page, 3)
    assert linked(services, deal) == 3
    assert "Linked to" not in words(back, "table.docs"), "nothing is linked elsewhere"
    services.jobs.drain()
    writes = [name for name in sandbox.calls.counts() if name.startswith(("PUT ", "POST /api.xro"))]
    assert writes == [], "a link changes nothing in the books"
    page = sales.get(f"{deal}/tabs/xero/documents/linked")
    assert found(page) == numbers[:3]
    form = page.forms["unlink-many"]
    boxes = [field for field in form.fields["link"] if field.attrs.get("type") == "checkbox"]
    boxes[0].checked = boxes[1].checked = True
    question = form.submit()
    assert "Unlink 2 invoices?" in words(question)
    assert linked(services, deal) == 3
    after = question.forms["unlink-many"].submit(status=303).follow()
    assert f"Unlinked {', '.join(numbers[:2])}" in words(after)
    assert found(sales.get(f"{deal}/tabs/xero/documents/linked")) == [numbers[2]]


def test_the_ladder_moves_as_a_draft_is_approved_and_paid_and_the_list_of_the_won_empties(
    sales: Browser, services: Services, clock: ManualClock, deal: str, sandbox: Sandbox
) -> None:
    assert "Staff kitchen" in words(sales.get(WON))
    page = open_form(sales, deal)
    fill(page.forms["draft-form"], price="6,400.00")
    send(page)
    services.jobs.drain()
    assert ladder(sales.get(f"{deal}/tabs/xero")) == ["6,400.00", "–", "–", "0.00"]
    assert "and 6,400.00 in drafts" in words(sales.get(WON)), "a draft is not an invoice yet"
    with services.db.read() as session:
        invoice = session.query(DocumentLink).filter_by(kind="opportunities").one().document_id
    sandbox.deeds.approve(invoice)
    assert ladder(later(sales, services, clock, deal)) == ["–", "6,400.00", "–", "0.00"]
    assert "Everything won is invoiced" in words(sales.get(WON))
    sandbox.deeds.pay(invoice, Decimal(3680))
    assert ladder(later(sales, services, clock, deal)) == ["–", "6,400.00", "3,200.00", "0.00"]
    sandbox.deeds.pay(invoice)
    assert ladder(later(sales, services, clock, deal)) == ["–", "6,400.00", "6,400.00", "0.00"]


def test_a_bill_is_found_and_linked_and_is_no_part_of_what_was_billed(
    services: Services, log_in: LogIn, sales: Browser, deal: str
) -> None:
    admin = log_in("admin")
    page = find(admin, deal, "what=bills&q=HCR-0219")
    assert found(page) == ["HCR-0219"]
    form_to(page, "/documents/link").submit(status=303)
    services.jobs.drain()
    assert found(admin.get(f"{deal}/tabs/xero/documents/linked?what=bills")) == ["HCR-0219"]
    assert ladder(admin.get(f"{deal}/tabs/xero")) == ["–", "–", "–", "6,400.00"]


def test_who_may_not_see_bills_neither_finds_nor_links_nor_sees_one(
    sales: Browser, services: Services, log_in: LogIn, deal: str
) -> None:
    admin = log_in("admin")
    page = find(admin, deal, "what=bills&q=HCR-0219")
    bill = page.html.select_one("input[name=document]")["value"]
    no_bills(services)
    sales.get(f"{deal}/tabs/xero/find?what=bills&q=HCR", status=403)
    sales.send(f"{deal}/tabs/xero/documents/link", {"connection": "1", "document": bill}, status=403)
    assert linked(services, deal) == 0
    form_to(page, "/documents/link").submit(status=303)
    services.jobs.drain()
    for path in (f"{deal}/tabs/xero", f"{deal}/tabs/xero/documents/linked", deal):
        assert not any(secret in sales.get(path) for secret in ("HCR-0219", "810.87", "705.10"))


def test_a_document_linked_to_two_records_is_said_on_both(
    sales: Browser, services: Services, clock: ManualClock, deal: str, harbour: str
) -> None:
    of = int(harbour.rpartition("/")[2])
    project = add_record(services, clock, Project(name="Mill", organization_id=of, currency="NZD", status="Active"))
    link_several(sales, find(sales, deal, "what=invoices&q=Roastery"), 1)
    page = find(sales, project, "what=invoices&q=Roastery")
    assert "Linked to Staff kitchen" in words(page)
    link_several(sales, page, 1)
    assert "Also linked to Mill" in words(sales.get(f"{deal}/tabs/xero/documents/linked"))
    assert "Also linked to Staff kitchen" in words(sales.get(f"{project}/tabs/xero/documents/linked"))


def test_what_names_the_opportunity_is_offered_and_goes_from_the_offer_once_linked(
    sales: Browser, services: Services, refit: str
) -> None:
    page = sales.get(f"{refit}/tabs/xero")
    offered = page.html.select("section[aria-label^=Suggested] li")
    assert len(offered) == 4
    assert all("its reference says “Roastery refit, stage 1”" in one.get_text() for one in offered)
    assert linked(services, refit) == 0, "nothing is linked by itself"
    form_to(page, "/documents/link").submit(status=303)
    services.jobs.drain()
    page = sales.get(f"{refit}/tabs/xero")
    assert len(page.html.select("section[aria-label^=Suggested] li")) == 3
    assert linked(services, refit) == 1
