"""What a search in Xero does to what the index knew of the contacts that it finds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core import Party
from core.accounting.models import PartyRow
from core.accounting.snapshot import party_of
from core.services import Services
from tests.conftest import LogIn
from tests.story.conftest import Connect


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
