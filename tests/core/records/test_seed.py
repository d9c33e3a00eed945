"""Made-up records, in any number."""

from __future__ import annotations

from sqlalchemy import func, select

from core import ManualClock
from core.records.models import Contact, Opportunity, Organization
from core.records.seed import seed_contacts, seed_demo_records
from core.services import Services


def test_contacts_in_any_number_have_organizations_and_deals(services: Services, clock: ManualClock) -> None:
    for number in (7003, 40):
        with services.db.begin() as session:
            seed_contacts(session, clock, number)
    with services.db.read() as session:
        counts = [
            session.scalar(select(func.count()).select_from(each)) for each in (Contact, Organization, Opportunity)
        ]
        homeless = session.scalar(select(func.count()).select_from(Contact).where(Contact.organization_id.is_(None)))
        crowd = (
            select(func.count())
            .select_from(Contact)
            .group_by(Contact.organization_id)
            .order_by(func.count().desc())
            .limit(1)
        )
        assert session.scalar(crowd) == 5
    assert counts == [7043, 1000 + 401 + 8, 500 + 201 + 4]
    assert homeless == 0


def test_the_demo_records_are_made_once(services: Services, clock: ManualClock) -> None:
    with services.db.begin() as session:
        assert seed_demo_records(session, clock) > 20
        assert seed_demo_records(session, clock) == 0
        harbour = session.scalars(select(Organization).where(Organization.name == "Harbour Coffee Roasters")).one()
        assert harbour.city == "Lyttelton"
