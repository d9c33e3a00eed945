"""What a search in Xero does to what the index knew of the contacts that it finds."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from core import ManualClock, Party
from core.accounting.budget import LOW, SHARE
from core.accounting.models import CallShare, CallWindow, Connection, Failure, PartyRow
from core.accounting.snapshot import party_of
from core.services import Services
from core.users.models import User
from plugins.xero.sandbox import Sandbox
from tests.conftest import LogIn
from tests.core.accounting.drafting import link_harbour
from tests.core.pages import words
from tests.story.conftest import Connect

pytestmark = pytest.mark.slow  # walks through pages


def test_a_search_forgets_nothing_of_a_contact_it_finds(
    connect: Connect, log_in: LogIn, services: Services, harbour: str
) -> None:
    connect()
    before = known(services)
    assert before.sales_terms is not None
    assert "Harbour Coffee Roasters Ltd" in log_in("sales").get(f"{harbour}/tabs/xero/search", {"q": "Harbour"})
    assert known(services) == before


def row_of(page: Any, name: str) -> Any:
    """The entry of the search's results with that name."""
    return next(one for one in page.html.select(".candidates li") if one.b.get_text() == name)


def test_a_party_that_is_linked_already_is_said_to_be_and_cannot_be_linked_twice(
    connect: Connect, log_in: LogIn, services: Services, harbour: str, hana: str
) -> None:
    connect()
    sales = log_in("sales")
    found = sales.get(f"{harbour}/tabs/xero/search", {"q": "Harbour"})
    party = row_of(found, "Harbour Coffee Roasters Ltd").find("input", {"name": "party"})["value"]
    sales.send(f"{harbour}/tabs/xero/link", {"connection": "1", "party": party}, status=303)
    again = row_of(sales.get(f"{harbour}/tabs/xero/search", {"q": "Harbour"}), "Harbour Coffee Roasters Ltd")
    assert again.find("button") is None
    assert again.select_one(".st").get_text() == "Linked"
    elsewhere = row_of(sales.get(f"{hana}/tabs/xero/search", {"q": "Harbour"}), "Harbour Coffee Roasters Ltd")
    assert elsewhere.find("button").get_text() == "Link"
    assert elsewhere.select_one(".warn").get_text(strip=True) == "Linked toHarbour Coffee Roasters"
    assert elsewhere.select_one(".warn a")["href"] == harbour


def known(services: Services) -> Party:
    with services.db.read() as session:
        return party_of(session.scalars(select(PartyRow).where(PartyRow.name == "Harbour Coffee Roasters Ltd")).one())


def test_while_xero_refuses_calls_find_says_when_to_try_again_and_shows_what_was_read_before(
    connect: Connect, log_in: LogIn, services: Services, sandbox: Sandbox, harbour: str, refit: str
) -> None:
    connect()
    sales = log_in("sales")
    link_harbour(sales, services, harbour)
    sandbox.faults.add("429-minute", seconds=300)
    page = sales.get(f"{refit}/tabs/xero/find", {"q": "INV"})
    assert "Try again in 5 minutes, at" in words(page)
    assert "Below is what was read before of the contacts linked here." in words(page)
    customers = {cell.get_text() for cell in page.html.select("td[data-label=Customer]")}
    assert customers == {"Harbour Coffee Roasters Ltd"}
    assert page.html.select("form[action$='/documents/link']")
    nothing = sales.get(f"{refit}/tabs/xero/find", {"q": "INV", "to": "1999-12-31"})
    assert not listed(nothing)
    for asked in (nothing, sales.get(f"{harbour}/tabs/xero/search", {"q": "Harbour"})):
        assert "Try again in 5 minutes, at" in words(asked)
        assert "Below is" not in words(asked)
        assert "last known copy" not in words(asked)
    assert "0 this minute" in words(log_in("admin").get("/admin/accounting"))


def listed(page: Any) -> list[str]:
    """The numbers of a list of documents."""
    return [one.get_text() for one in page.html.select("table.docs .num")]


def test_a_search_that_waits_for_the_others_is_told_in_words_and_is_no_failure(
    connect: Connect, log_in: LogIn, services: Services, clock: ManualClock, harbour: str, refit: str
) -> None:
    connect()
    sales = log_in("sales")
    with services.db.begin() as session:
        number = session.scalars(select(User.id).where(User.login == "sales")).one()
        session.add(CallShare(connection_id=1, user_id=number, started_at=clock.now(), used=SHARE + 1))
        session.execute(update(CallWindow).where(CallWindow.window == "day").values(remaining=LOW - 1))
    for path in (f"{harbour}/tabs/xero/search?q=Harbour", f"{refit}/tabs/xero/find?what=invoices&q=Roastery"):
        page = words(sales.get(path))
        assert "You have used your share of today's calls" in page
        assert "Try again in 1 day" in page
    with services.db.read() as session:
        assert session.scalars(select(Failure)).all() == []
        assert session.get_one(Connection, 1).last_error == ""
