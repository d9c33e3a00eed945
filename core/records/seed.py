"""Records to try things with: a small trading company's customers and suppliers, and contacts in any number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from core.contract.clock import Clock
from core.records.models import MODELS, Contact, Opportunity, Organization, Project, Record
from core.records.stages import STANDARD
from core.users.models import User

BATCH = 5_000
Told = Callable[[Session, str, Sequence[int]], None]


def nobody(session: Session, kind: str, ids: Sequence[int]) -> None:
    """Who is told of the records that were made, where nobody wants to know."""


# Name, e-mail, phone, website, address, city, country, owner's log-in.
ORGANIZATIONS = (
    ("Harbour Coffee Roasters", "accounts@harbour.example", "04 385 1174", "harbour.example", "12 Norwich Quay",
     "Lyttelton", "New Zealand", "sales"),
    ("Tūī Design Studio", "hello@tuidesign.example", "04 801 4420", "tuidesign.example", "48 Ghuznee Street",
     "Wellington", "New Zealand", "sales"),
    ("Southern Cross Logistics", "billing@southerncross.example", "09 302 7781", "southerncross.example",
     "3 Tinley Street", "Auckland", "New Zealand", "accounts"),
    ("Blue Gum Brewing", "accounts@bluegum.example", "+61 3 9417 2200", "bluegum.example", "210 Johnston Street",
     "Melbourne", "Australia", "sales"),
    ("Albion Bicycle Works", "ledger@albionbikes.example", "+44 117 496 0123", "albionbikes.example", "7 Wapping Wharf",
     "Bristol", "United Kingdom", "sales"),
    ("Wellington Physio Group", "office@wgtnphysio.example", "04 499 3310", "", "1 Featherston Street",
     "Wellington", "New Zealand", "sales"),
    ("Aoraki Outdoor Co", "accounts@aoraki.example", "03 366 5102", "aoraki.example", "95 Cashel Street",
     "Christchurch", "New Zealand", "sales"),
    ("Old Mill Bakery", "hello@oldmill.example", "", "", "", "Nelson", "New Zealand", "sales"),
)  # fmt: skip
# First name, last name, e-mail, job, organization.
CONTACTS = (
    ("Ngaire", "Cooper", "ngaire@harbour.example", "Owner", "Harbour Coffee Roasters"),
    ("Daniel", "Koroma", "daniel@harbour.example", "Head roaster", "Harbour Coffee Roasters"),
    ("Hana", "Whitiora", "hana@tuidesign.example", "Director", "Tūī Design Studio"),
    ("Priya", "Nair", "priya@southerncross.example", "Account manager", "Southern Cross Logistics"),
    ("Lachlan", "Reid", "lachlan@bluegum.example", "Purchasing", "Blue Gum Brewing"),
    ("Harriet", "Sloane", "harriet@albionbikes.example", "Workshop manager", "Albion Bicycle Works"),
    ("Sione", "Fifita", "sione@wgtnphysio.example", "Practice manager", "Wellington Physio Group"),
    ("Ruth", "Tane", "ruth@aoraki.example", "Buyer", "Aoraki Outdoor Co"),
    ("James", "O'Connell", "james.oconnell@example.com", "", ""),
    ("Mere", "Parata", "mere.parata@example.nz", "", ""),
)
# Name, organization, contact, stage, amount, currency, probability, closes in so many days.
OPPORTUNITIES = (
    ("Roastery refit, stage 1", "Harbour Coffee Roasters", "Ngaire Cooper", "Won", "24000", "NZD", 100, -130),
    ("Roastery refit, stage 2", "Harbour Coffee Roasters", "Ngaire Cooper", "Proposal", "18500", "NZD", 60, 21),
    ("Autumn beans", "Wellington Physio Group", "Sione Fifita", "Qualified", "2400", "NZD", 35, 12),
    ("Tap-room coffee bar", "Blue Gum Brewing", "Lachlan Reid", "Won", "15200", "AUD", 100, -40),
    ("Café corner", "Albion Bicycle Works", "Harriet Sloane", "Proposal", "9800", "GBP", 50, 30),
    ("Staff kitchens, three sites", "Aoraki Outdoor Co", "Ruth Tane", "New", "7600", "NZD", 10, 60),
    ("Barista evening", "", "James O'Connell", "Won", "620", "NZD", 100, -9),
    ("Studio espresso", "Tūī Design Studio", "Hana Whitiora", "Lost", "5200", "NZD", 0, -75),
)
# Name, organization, contact, opportunity, status, begins and ends in so many days, budget, currency.
PROJECTS = (
    ("Roastery refit", "Harbour Coffee Roasters", "Ngaire Cooper", "Roastery refit, stage 1", "Active", -125, 40,
     "24000", "NZD"),
    ("Tap-room coffee bar", "Blue Gum Brewing", "Lachlan Reid", "Tap-room coffee bar", "Planned", 14, 75,
     "15200", "AUD"),
)  # fmt: skip
FIRST_NAMES = "Aroha Ben Chen Dita Emma Fetu Grace Hemi Isla Jack Kiri Liam Maia Noah Olivia Pita Rosa Sam Tia Wiremu"
CITIES = ("Wellington", "Auckland", "Christchurch", "Dunedin")
TRADES = ("Builders", "Cafe", "Design", "Farm", "Joinery", "Motors", "Physio", "Roofing", "Studio", "Transport")
LAST_NAMES = "Anderson Brown Cooper Davis Edwards Faleafa Green Harris Kaur Lee Mason Ngata Patel Rangi Smith Walker"


def seed_demo_records(session: Session, clock: Clock, told: Told = nobody) -> int:
    """The demo's records, owned by the demo users; how many. Does nothing where there are organizations already."""
    if session.scalar(select(func.count()).select_from(Organization)):
        return 0
    stamps = {"created_at": clock.now(), "changed_at": clock.now()}
    owners = {user.login: user.id for user in session.scalars(select(User))}
    organizations = {made.name: made for made in _organizations(owners, stamps)}
    session.add_all(organizations.values())
    contacts = {made.full_name: made for made in _contacts(organizations, owners, stamps)}
    session.add_all(contacts.values())
    today = clock.now().date()
    opportunities = {made.name: made for made in _opportunities(organizations, contacts, owners, today, stamps)}
    session.add_all(opportunities.values())
    projects = list(_projects(organizations, contacts, opportunities, today, stamps))
    session.add_all(projects)
    session.flush()
    everything: list[Record] = [*organizations.values(), *contacts.values(), *opportunities.values(), *projects]
    for kind in MODELS:
        told(session, kind, [record.id for record in everything if record.kind == kind])
    return len(everything)


def seed_contacts(session: Session, clock: Clock, number: int, told: Told = nobody) -> None:
    """So many made-up contacts more, quickly, for every five an organization, for every ten an opportunity."""
    now = clock.now()
    begin = session.scalar(select(func.coalesce(func.max(Contact.id), 0))) or 0
    for start in range(0, number, BATCH):
        numbers = range(begin + start + 1, begin + min(start + BATCH, number) + 1)
        companies = [_made_up_organization(each, now) for each in numbers[::5]]
        homes = list(session.scalars(insert(Organization).returning(Organization.id), companies))
        people = [_made_up(each, homes[place // 5], now) for place, each in enumerate(numbers)]
        contacts = list(session.scalars(insert(Contact).returning(Contact.id), people))
        deals = [_made_up_deal(each, homes[place // 5], now) for place, each in enumerate(numbers) if place % 10 == 0]
        opportunities = list(session.scalars(insert(Opportunity).returning(Opportunity.id), deals))
        for kind, ids in (("organizations", homes), ("contacts", contacts), ("opportunities", opportunities)):
            told(session, kind, ids)


def _made_up(number: int, organization_id: int, now: dt.datetime) -> dict[str, Any]:
    first_names, last_names = FIRST_NAMES.split(), LAST_NAMES.split()
    first, last = first_names[number % len(first_names)], last_names[number // 7 % len(last_names)]
    return {
        "first_name": first,
        "last_name": last,
        "email": f"{first}.{last}.{number}@example.com".lower(),
        "phone": f"021 {number % 1000:03} {number % 10000:04}",
        "organization_id": organization_id,
        "city": CITIES[number % len(CITIES)],
        "country": "New Zealand",
        "created_at": now,
        "changed_at": now,
    }


def _made_up_organization(number: int, now: dt.datetime) -> dict[str, Any]:
    name = f"{LAST_NAMES.split()[number // 5 % 15]} {TRADES[number // 75 % len(TRADES)]} {number}"
    city = CITIES[number % len(CITIES)]
    return {"name": name, "city": city, "country": "New Zealand", "created_at": now, "changed_at": now}


def _made_up_deal(number: int, organization_id: int, now: dt.datetime) -> dict[str, Any]:
    stage = STANDARD[number // 10 % len(STANDARD)]
    return {
        "name": f"Order {number}",
        "organization_id": organization_id,
        "stage": stage.name,
        "outcome": stage.outcome,
        "probability": stage.probability,
        "amount": Decimal(number % 900 * 10 + 100),
        "currency": "NZD",
        "close_date": now.date() + dt.timedelta(days=number % 365),
        "created_at": now,
        "changed_at": now,
    }


def _organizations(owners: dict[str, int], stamps: dict[str, dt.datetime]) -> Iterator[Organization]:
    for name, email, phone, website, address, city, country, owner in ORGANIZATIONS:
        yield Organization(
            name=name,
            email=email,
            phone=phone,
            website=f"https://{website}" if website else "",
            address=address,
            city=city,
            country=country,
            owner_id=owners.get(owner),
            **stamps,
        )


def _contacts(
    organizations: dict[str, Organization], owners: dict[str, int], stamps: dict[str, dt.datetime]
) -> Iterator[Contact]:
    for first, last, email, job, organization in CONTACTS:
        of = organizations.get(organization)
        yield Contact(
            first_name=first,
            last_name=last,
            email=email,
            job_title=job,
            organization=of,
            city=of.city if of else "Rotorua",
            country=of.country if of else "New Zealand",
            owner_id=owners.get("sales"),
            **stamps,
        )


def _opportunities(
    organizations: dict[str, Organization],
    contacts: dict[str, Contact],
    owners: dict[str, int],
    today: dt.date,
    stamps: dict[str, dt.datetime],
) -> Iterator[Opportunity]:
    for name, organization, contact, stage, amount, currency, probability, days in OPPORTUNITIES:
        yield Opportunity(
            name=name,
            organization=organizations.get(organization),
            contact=contacts[contact],
            stage=stage,
            amount=Decimal(amount),
            currency=currency,
            probability=probability,
            close_date=today + dt.timedelta(days=days),
            owner_id=owners.get("sales"),
            **stamps,
        )


def _projects(
    organizations: dict[str, Organization],
    contacts: dict[str, Contact],
    opportunities: dict[str, Opportunity],
    today: dt.date,
    stamps: dict[str, dt.datetime],
) -> Iterator[Project]:
    for name, organization, contact, opportunity, status, begins, ends, budget, currency in PROJECTS:
        yield Project(
            name=name,
            organization=organizations[organization],
            contact=contacts[contact],
            opportunity=opportunities[opportunity],
            status=status,
            starts_on=today + dt.timedelta(days=begins),
            ends_on=today + dt.timedelta(days=ends),
            budget=Decimal(budget),
            currency=currency,
            **stamps,
        )
