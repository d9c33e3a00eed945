"""The demo companies' contacts."""

from __future__ import annotations

from dataclasses import dataclass

from plugins.xero.sandbox.demo_data.ids import made
from plugins.xero.sandbox.store import Books
from plugins.xero.sandbox.wire import Record


@dataclass(frozen=True, slots=True)
class Person:
    """A contact and how it deals: what it trades in, how many documents, how late it pays."""

    name: str
    mail: str = ""
    currency: str = "NZD"
    terms: int = 20
    sales: int = 6
    bills: int = 0
    late: int = 3
    first: str = ""
    last: str = ""
    city: str = "Wellington"
    archived: bool = False
    phone: str = ""
    tax_number: str = ""


HARBOUR = "Harbour Coffee Roasters Ltd"

# Their documents are written by hand in `story.py`, or are many for a reason.
NAMED = (
    Person(
        HARBOUR,
        "accounts@harbour.example",
        sales=14,
        bills=5,
        late=9,
        first="Ngaire",
        last="Cooper",
        phone="385 1174",
        tax_number="104-332-871",
    ),
    Person("Tūī Design Studio Limited", "hello@tuidesign.example", sales=9, bills=6, late=2, phone="801 4420"),
    Person("Southern Cross Logistics", "billing@southerncross.example", sales=4, bills=18, late=5, city="Auckland"),
    Person(
        "Blue Gum Brewing Pty Ltd",
        "accounts@bluegum.example",
        currency="AUD",
        sales=12,
        late=12,
        city="Melbourne",
    ),
    Person(
        "Albion Bicycle Works Ltd",
        "ledger@albionbikes.example",
        currency="GBP",
        sales=8,
        late=6,
        city="Bristol",
    ),
    Person(
        "Pacific Rim Imports Inc.",
        "ap@pacificrim.example",
        currency="USD",
        sales=7,
        bills=8,
        late=10,
        city="Portland",
    ),
    Person("Wellington Physio Group Ltd", "office@wgtnphysio.example", sales=11, bills=7, late=4),
    Person("Aoraki Outdoor Co", "accounts@aoraki.example", sales=10, bills=2, late=15, city="Christchurch", terms=30),
    Person("Hana Whitiora", "hana@tuidesign.example", sales=5, bills=0, first="Hana", last="Whitiora"),
    Person("James O'Connell", "james.oconnell@example.com", sales=6, first="James", last="O'Connell", late=21),
    Person("Mere Parata", "mere.parata@example.nz", sales=4, first="Mere", last="Parata", city="Rotorua"),
    Person("Old Mill Bakery Ltd", "hello@oldmill.example", sales=5, archived=True),
    Person("Kōwhai Catering (closed)", "", sales=3, archived=True),
    Person("Zephyr Print Co", "accounts@zephyrprint.example", sales=0, bills=4, archived=True),
)
_CUSTOMERS = """
Lambton Quay Espresso|Cuba Street Deli|Moana Surf School|Rimu & Rātā Cafe|Ōtaki Beach Motel|Tawa Tennis Club
Kāpiti Cheese House|Waitematā Yachts Ltd|Petone Picture House|Fern & Field Florists|Bright Spark Electrical
Ngaio Garden Centre|Cook Strait Kayaks|Featherston Bakehouse|Pōhutukawa Primary School|Remarkable Tours
Hutt Valley Honey|Two Rivers Winery|Martinborough Bistro|Island Bay Books|Karori Community Trust
Thorndon Legal Partners|Pencarrow Shipping Agents|Plimmer Steps Bar|Matiu Ferry Kiosk|Wairarapa Woollens
Seatoun Seafoods|Miramar Film Catering|Brooklyn Brewhouse|Te Aro Tech Hub|Mount Victoria Lodge
"""
_SUPPLIERS = """
Capital Power Ltd|Harbour City Property Trust|Fibre North|Swift Couriers|Kiwi Office Supplies|Tasman Insurance Brokers
Bean Brokers NZ|Packline Packaging|Te Papa Accounting|City Parking Services|Northland Timber Yard|Mana Cleaning Co
"""
_ABROAD = (
    Person("Melbourne Roast Works", "ap@melbroast.example", currency="AUD", sales=8, city="Melbourne"),
    Person("Bondi Pantry Pty Ltd", "accounts@bondipantry.example", currency="AUD", sales=7, city="Sydney"),
    Person("Cascade Espresso LLC", "pay@cascade.example", currency="USD", sales=7, city="Seattle"),
    Person("Thames Tea & Coffee", "ledger@thamestea.example", currency="GBP", sales=6, city="London"),
    Person("Milano Macchine Inc.", "sales@milanomacchine.example", currency="USD", sales=0, bills=9, city="Newark"),
)
_AUSTRALIA = (
    Person(HARBOUR, "accounts@harbour.example", currency="AUD", sales=5, city="Wellington"),
    Person("Blue Gum Brewing Pty Ltd", "accounts@bluegum.example", currency="AUD", sales=8, city="Melbourne"),
    Person("Yarra Valley Estates", "ap@yarra.example", currency="AUD", sales=7, city="Healesville"),
    Person("Fremantle Fish Market", "accounts@freofish.example", currency="AUD", sales=6, city="Fremantle"),
    Person("Cairns Reef Tours", "office@cairnsreef.example", currency="AUD", sales=6, city="Cairns"),
    Person("Hobart Timber Co", "accounts@hobarttimber.example", currency="AUD", sales=5, bills=3, city="Hobart"),
    Person("Sydney Harbour Office Rentals", "rent@sydoffice.example", currency="AUD", sales=0, bills=12, city="Sydney"),
    Person("Brisbane Freight Lines", "billing@brisfreight.example", currency="AUD", sales=0, bills=8, city="Brisbane"),
)


def _plain(names: str, domain: str, *, sales: int, bills: int) -> list[Person]:
    found = []
    for rank, name in enumerate(part.strip() for row in names.strip().splitlines() for part in row.split("|")):
        mail = "".join(char for char in name.lower() if char.isascii() and char.isalnum())
        found.append(
            Person(
                name,
                f"{mail}@{domain}",
                terms=(7, 14, 20, 30)[rank % 4],
                sales=sales + rank % 4 if sales else 0,
                bills=bills + rank % 3 if bills else 0,
                late=(-2, 1, 4, 9, 17)[rank % 5],
                phone=f"{370 + rank} {1200 + 37 * rank}",
            )
        )
    return found


def people(country: str) -> list[Person]:
    """Everybody the organisation deals with."""
    if country == "AU":
        return list(_AUSTRALIA)
    customers = _plain(_CUSTOMERS, "customers.example", sales=8, bills=0)
    return [*NAMED, *customers, *_plain(_SUPPLIERS, "suppliers.example", sales=0, bills=13), *_ABROAD]


def contact_id(country: str, name: str) -> str:
    """The id of a demo contact."""
    return made(country, "contact", name)


def fill(books: Books, country: str, first: int) -> None:
    """Write all contacts; the minute after the company's beginning tells them apart."""
    for rank, person in enumerate(people(country)):
        books["Contacts"].put(contact(books, country, person, first + rank * 60_000))


def contact(books: Books, country: str, person: Person, moment: int) -> Record:
    """A contact record of a person."""
    term = {"Day": person.terms, "Type": "DAYSAFTERBILLDATE"}
    record: Record = {
        "ContactID": contact_id(country, person.name),
        "ContactStatus": "ARCHIVED" if person.archived else "ACTIVE",
        "Name": person.name,
        "EmailAddress": person.mail,
        "BankAccountDetails": "",
        "TaxNumber": person.tax_number,
        "Addresses": _addresses(person),
        "Phones": [
            {
                "PhoneType": kind,
                "PhoneNumber": person.phone if kind == "DEFAULT" else "",
                "PhoneAreaCode": "04" if kind == "DEFAULT" and person.phone else "",
                "PhoneCountryCode": "64" if kind == "DEFAULT" and person.phone else "",
            }
            for kind in ("DDI", "DEFAULT", "FAX", "MOBILE")
        ],
        "UpdatedDateUTC": moment,
        "ContactGroups": [],
        "SalesTrackingCategories": [],
        "PurchasesTrackingCategories": [],
        "ContactPersons": [],
        "PaymentTerms": {"Sales": term} | ({"Bills": term} if person.bills else {}),
    }
    if person.first:
        record |= {"FirstName": person.first, "LastName": person.last}
    if person.currency != books.base_currency:
        record["DefaultCurrency"] = person.currency
    return record


def _addresses(person: Person) -> list[Record]:
    street = sum(map(ord, person.name)) % 190 + 2
    places = {"Melbourne": "Australia", "Sydney": "Australia", "Bristol": "United Kingdom"}
    places |= {"London": "United Kingdom", "Portland": "USA", "Seattle": "USA", "Newark": "USA"}
    return [
        {"AddressType": "STREET", "City": "", "Region": "", "PostalCode": "", "Country": ""},
        {
            "AddressType": "POBOX",
            "AddressLine1": f"{street} Quay Street",
            "City": person.city,
            "Region": "",
            "PostalCode": str(6000 + street),
            "Country": places.get(person.city, "New Zealand"),
        },
    ]
