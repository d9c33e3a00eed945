"""The demo companies: the same ids, names and amounts every time, dates placed before a given day."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from plugins.xero.sandbox.demo_data import bulk, chart, people
from plugins.xero.sandbox.demo_data.ids import KERERU, KERERU_AUSTRALIA, made
from plugins.xero.sandbox.demo_data.story import Credits, harbour
from plugins.xero.sandbox.demo_data.trade import YEARS_OF_DAYS, Trade
from plugins.xero.sandbox.demo_data.writer import Writer
from plugins.xero.sandbox.store import Books, Store
from plugins.xero.sandbox.wire import Record, day_ms

FIRST_NUMBER = 101


def fill(store: Store, today: date, invoices_for_one_contact: int = 0) -> None:
    """Write both organisations into an empty store."""
    for tenant, ready in _made(today, invoices_for_one_contact).books.items():
        books = store.add_books(tenant)
        for name, table in ready.tables.items():
            books[name].adopt(table)


@lru_cache(maxsize=2)
def _made(today: date, many: int) -> Store:
    """Both organisations, made once for a day: a test suite asks for them hundreds of times."""
    store = Store()
    _organisation(store, "NZ", today, many)
    _organisation(store, "AU", today, 0)
    return store


def _organisation(store: Store, country: str, today: date, many: int) -> None:
    books = store.add_books(KERERU if country == "NZ" else KERERU_AUSTRALIA)
    first = day_ms((today - timedelta(days=YEARS_OF_DAYS + 60)).isoformat())
    books["Organisations"].put(_record(books, country, today, first))
    chart.fill(books, country, first)
    people.fill(books, country, first)
    writer = Writer(books, country, today)
    _documents(books, writer, country, today)
    if many:
        books["Contacts"].put(people.contact(books, country, bulk.PERSON, first))
        bulk.write(writer, today, many)


def _documents(books: Books, writer: Writer, country: str, today: date) -> None:
    """Every document in the order of its date; sales invoices are numbered in that order."""
    plans = Trade(books, country, today).plans()
    if country == "NZ":
        plans += harbour(today)
    number = FIRST_NUMBER
    for plan in sorted(plans, key=lambda each: (each.day, each.contact, each.rank)):
        if plan.kind == "ACCREC":
            plan, number = plan.numbered(f"INV-{number:04d}"), number + 1
        writer.invoice(plan)
    if country == "NZ":
        Credits(books, writer, today).write()


def _record(books: Books, country: str, today: date, first: int) -> Record:
    nz = country == "NZ"
    name = "Kererū Trading" if nz else "Kererū Trading Australia Pty Ltd"
    lock = (today - timedelta(days=400)).replace(day=1) - timedelta(days=1)
    term = {"Day": 20, "Type": "DAYSAFTERBILLDATE"}
    return {
        "OrganisationID": books.tenant_id,
        "APIKey": made(country, "key").replace("-", "").upper()[:30],
        "Name": name,
        "LegalName": "Kererū Trading Limited" if nz else name,
        "PaysTax": True,
        "Version": country,
        "OrganisationType": "COMPANY",
        "BaseCurrency": "NZD" if nz else "AUD",
        "CountryCode": country,
        "IsDemoCompany": True,
        "OrganisationStatus": "ACTIVE",
        "RegistrationNumber": "6412907" if nz else "53 004 085 616",
        "TaxNumber": "110-440-726" if nz else "53004085616",
        "FinancialYearEndDay": 31 if nz else 30,
        "FinancialYearEndMonth": 3 if nz else 6,
        "SalesTaxBasis": "PAYMENTS" if nz else "CASH",
        "SalesTaxPeriod": "TWOMONTHS" if nz else "QUARTERLY1",
        "DefaultSalesTax": "Tax Exclusive",
        "DefaultPurchasesTax": "Tax Exclusive",
        "PeriodLockDate": lock.isoformat(),
        "CreatedDateUTC": first,
        "OrganisationEntityType": "COMPANY",
        "Timezone": "NEWZEALANDSTANDARDTIME" if nz else "AUSEASTERNSTANDARDTIME",
        "ShortCode": "!kR3ru" if nz else "!kR3aU",
        "Edition": "BUSINESS",
        "Class": "DEMO",
        "LineOfBusiness": "Coffee equipment and fit-out",
        "Addresses": [],
        "Phones": [],
        "ExternalLinks": [],
        "PaymentTerms": {"Sales": term, "Bills": term},
    }
