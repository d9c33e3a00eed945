"""What a search in Xero does to what the index knew of the contacts that it finds."""

from __future__ import annotations

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


def known(services: Services) -> Party:
    with services.db.read() as session:
        return party_of(session.scalars(select(PartyRow).where(PartyRow.name == "Harbour Coffee Roasters Ltd")).one())
