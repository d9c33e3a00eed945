"""The toy company: customers, vendors and what they traded, in QuickBooks' own words, the same in every process.

Nothing here is stored. The company trades every nine days since 2020, and everything about a trade follows from
its number, so a document never moves: it appears on its day, is paid on its day, and looks the same to every
process that asks at the same moment. Amounts are decimal text; moments are ISO text in UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from hashlib import blake2b
from typing import Any

Row = dict[str, Any]

REALM = "9130350000000001"
COMPANY: Row = {
    "CompanyName": "Redwood Toy Traders",
    "HomeCurrency": "USD",
    "Country": "US",
    "TimeZone": "America/Los_Angeles",
    "NetDays": 30,
}
CURRENCIES = {"USD": "US Dollar", "NZD": "New Zealand Dollar"}
TAX_CODES: list[Row] = [
    {"Id": "TAX", "Name": "California sales tax", "Rate": "8.25", "Active": True},
    {"Id": "NON", "Name": "Not taxable", "Rate": "0", "Active": True},
    {"Id": "OLD", "Name": "California sales tax until 2018", "Rate": "7.50", "Active": False},
]
ACCOUNTS: list[Row] = [
    {"Id": "79", "AcctNum": "4000", "Name": "Sales of product income", "Classification": "Revenue", "Active": True},
    {"Id": "80", "AcctNum": "4100", "Name": "Services", "Classification": "Revenue", "Active": True},
    {"Id": "81", "AcctNum": "4900", "Name": "Old shop sales", "Classification": "Revenue", "Active": False},
    {"Id": "90", "AcctNum": "6000", "Name": "Office expenses", "Classification": "Expense", "Active": True},
    {"Id": "91", "AcctNum": "6100", "Name": "Freight", "Classification": "Expense", "Active": True},
]
ITEMS: list[Row] = [
    {"Id": "1", "Name": "Consulting hour", "UnitPrice": "120.00", "IncomeAccountRef": "80", "TaxCodeRef": "NON"},
    {"Id": "2", "Name": "Training day", "UnitPrice": "950.00", "IncomeAccountRef": "80", "TaxCodeRef": "NON"},
    {"Id": "3", "Name": "Coffee grinder", "UnitPrice": "349.90", "IncomeAccountRef": "79", "TaxCodeRef": "TAX"},
    {"Id": "4", "Name": "Filter papers, box", "UnitPrice": "8.75", "IncomeAccountRef": "79", "TaxCodeRef": "TAX"},
    {"Id": "5", "Name": "Tent, two persons", "UnitPrice": "279.00", "IncomeAccountRef": "79", "TaxCodeRef": "TAX"},
    {"Id": "6", "Name": "Gift voucher 2019", "UnitPrice": "50.00", "IncomeAccountRef": "81", "Active": False},
    {"Id": "7", "Name": "Packing material", "ExpenseAccountRef": "90"},
]

# name, given name, family name, e-mail, city, country, currency, active
_CUSTOMERS = (
    ("Harbour Coffee Roasters Ltd", "", "", "accounts@harbour.example", "Oakland", "US", "USD", True),
    ("Aoraki Outdoor Co", "", "", "accounts@aoraki.example", "Christchurch", "NZ", "NZD", True),
    ("James O'Connell", "James", "O'Connell", "james.oconnell@example.com", "San Jose", "US", "USD", True),
    ("Southern Cross Logistics", "", "", "billing@southerncross.example", "Auckland", "NZ", "NZD", True),
    ("Bay Area Bicycle Works", "", "", "books@babw.example", "Berkeley", "US", "USD", True),
    ("Casa Girasol Catering", "Lucía", "Fernández", "lucia@girasol.example", "Fresno", "US", "USD", True),
    ("Delta Bakery", "", "", "office@deltabakery.example", "Stockton", "US", "USD", True),
    ("Evergreen School District", "", "", "payables@evergreen.example", "San Jose", "US", "USD", True),
    ("Fjord & Fell Guides", "Åsa", "Lindqvist", "asa@fjordfell.example", "Queenstown", "NZ", "NZD", True),
    ("Golden Gate Physio", "", "", "desk@ggphysio.example", "San Francisco", "US", "USD", True),
    ("Hilltop Vineyards", "", "", "cellar@hilltop.example", "Napa", "US", "USD", True),
    ("Old Mill Bookshop", "", "", "shop@oldmill.example", "Petaluma", "US", "USD", False),
    ("Quarterdeck Charters", "", "", "", "Sausalito", "US", "USD", False),
)
_VENDORS = (
    ("Southern Cross Logistics (freight)", "", "", "freight@southerncross.example", "Auckland", "NZ", "NZD", True),
    ("Pacific Power Supply", "", "", "bills@pacificpower.example", "Oakland", "US", "USD", True),
    ("Redwood Offices", "", "", "rent@redwoodoffices.example", "San Jose", "US", "USD", True),
    ("Sierra Printing", "", "", "hello@sierraprinting.example", "Reno", "US", "USD", True),
    ("Tamarack Insurance", "", "", "policy@tamarack.example", "Sacramento", "US", "USD", True),
    ("Union Packaging", "", "", "orders@unionpackaging.example", "Oakland", "US", "USD", True),
    ("Valley Couriers", "", "", "", "Fresno", "US", "USD", False),
)
_BUYERS = (1, 2, 3, 4, 1, 5, 6, 2, 7, 4, 8, 9, 3, 10, 1, 11, 2)  # the named ones buy more often
_SELLERS = (1, 2, 3, 1, 4, 5, 6)

_FIRST_TRADE = date(2020, 1, 6)
_EVERY = timedelta(days=9)
_TRADES = "IIBIEIBICIIBIIVIBICE"  # one letter a trade, again and again
_TYPES = {"I": "Invoice", "B": "Bill", "C": "CreditMemo", "V": "VendorCredit", "E": "Estimate"}
_CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """The amount rounded half-up to the cent."""
    return amount.quantize(_CENT, ROUND_HALF_UP)


def parties() -> dict[str, Row]:
    """Customers and vendors by key (``customer-1``); a name is unique among them all."""
    rows = [_party("Customer", number, words) for number, words in enumerate(_CUSTOMERS, 1)]
    rows += [_party("Vendor", number, words) for number, words in enumerate(_VENDORS, 1)]
    return {row["Key"]: row for row in rows}


def documents(now: datetime) -> dict[str, Row]:
    """What was traded since the first of January two years back, as it stands at `now` (aware UTC), by id."""
    first = date(now.year - 2, 1, 1)
    number = max(0, -((_FIRST_TRADE - first) // _EVERY))
    found: dict[str, Row] = {}
    while (day := _FIRST_TRADE + number * _EVERY) <= now.date():
        row = _trade(number, day, now)
        if day >= first and row:
            found[row["Id"]] = row
        number += 1
    return found


def priced(row: Row) -> Row:
    """The document with line amounts, tax and total worked out: tax rounded on each line, then added."""
    rates = {code["Id"]: Decimal(code["Rate"]) / 100 for code in TAX_CODES}
    calculation = row["GlobalTaxCalculation"]
    subtotal = tax = Decimal(0)
    for line in row["Line"]:
        amount = cents(Decimal(line["Qty"]) * Decimal(line["UnitPrice"]))
        rate = Decimal(0) if calculation == "NotApplicable" else rates[line["TaxCodeRef"] or "NON"]
        inside = calculation == "TaxInclusive"
        line_tax = cents(amount * rate / (1 + rate) if inside else amount * rate)
        line["Amount"], line["TaxAmount"] = str(amount), str(line_tax)
        subtotal += amount - line_tax if inside else amount
        tax += line_tax
    row["TotalTax"], row["TotalAmt"] = str(tax), str(subtotal + tax)
    row["Balance"] = "0" if row["Type"] == "Estimate" else row["TotalAmt"]
    return row


def _roll(number: int, word: str, sides: int) -> int:
    """A die that falls the same way in every process."""
    digest = blake2b(f"{number} {word}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") % sides


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(17), UTC)  # nine or ten in the morning in California


def _party(kind: str, number: int, words: tuple[Any, ...]) -> Row:
    name, given, family, mail, city, country, currency, active = words
    return {
        "Type": kind,
        "Key": f"{kind.lower()}-{number}",
        "SyncToken": "0",
        "DisplayName": name,
        "GivenName": given,
        "FamilyName": family,
        "PrimaryEmailAddr": mail,
        "PrimaryPhone": f"+1 555 01{_roll(number, kind, 100):02}",
        "BillAddr.Line1": f"{10 + _roll(number, name, 900)} Market Street",
        "BillAddr.City": city,
        "BillAddr.Country": country,
        "CurrencyRef": currency,
        "Active": active,
        "LastUpdatedTime": _moment(_FIRST_TRADE + timedelta(days=number)).isoformat(),
    }


def _trade(number: int, day: date, now: datetime) -> Row | None:
    """Trade number so-and-so as it stands at `now`; None before nine in the morning of its day."""
    letter = _TRADES[number % len(_TRADES)]
    selling = letter in "ICE"
    who = _BUYERS[number % len(_BUYERS)] if selling else _SELLERS[number % len(_SELLERS)]
    currency = (_CUSTOMERS if selling else _VENDORS)[who - 1][6]
    row: Row = {
        "Type": _TYPES[letter],
        "Id": str(1001 + number),
        "DocNumber": str(1001 + number) if selling else f"{'VC' if letter == 'V' else 'B'}-{7000 + number * 13}",
        "PartyRef": f"{'customer' if selling else 'vendor'}-{who}",
        "TxnDate": day.isoformat(),
        "DueDate": (day + timedelta(days=COMPANY["NetDays"])).isoformat(),
        "CurrencyRef": currency,
        "ExchangeRate": "1" if currency == "USD" else str(Decimal(5800 + _roll(number, "rate", 600)) / 10000),
        "GlobalTaxCalculation": "TaxExcluded",
        "PONumber": f"PO-{300 + _roll(number, 'order', 600)}" if selling and number % 2 else "",
        "PrivateNote": "",
        "LinkedTxn": [],
        "Line": _lines(number, selling, currency),
    }
    return _as_at(priced(row), number, day, now)


def _lines(number: int, selling: bool, currency: str) -> list[Row]:
    """One to three lines: items for a customer, plain accounts for a vendor; no sales tax abroad."""
    lines = []
    for place in range(1 + _roll(number, "lines", 3)):
        item = ITEMS[_roll(number, f"item {place}", 5)]
        price = item["UnitPrice"] if selling else str(Decimal(1500 + _roll(number, f"price {place}", 60000)) / 100)
        lines.append(
            {
                "Id": str(place + 1),
                "Description": item["Name"] if selling else "As agreed",
                "ItemRef": item["Id"] if selling else "",
                "AccountRef": item["IncomeAccountRef"] if selling else "91" if currency == "NZD" else "90",
                "TaxCodeRef": item["TaxCodeRef"] if selling and currency == "USD" else "NON",
                "Qty": str(1 + _roll(number, f"quantity {place}", 12)) if selling else "1",
                "UnitPrice": price,
            }
        )
    return lines


def _as_at(row: Row, number: int, day: date, now: datetime) -> Row | None:
    """The row after what happened to it up to `now`; the sync token counts the happenings."""
    happenings = [(day, "made", Decimal(0)), *_fate(row, number, day)]
    past = [happening for happening in happenings if _moment(happening[0]) <= now]
    if not past:
        return None
    for place, (when, what, amount) in enumerate(past[1:], 1):
        if what == "paid":
            row["LinkedTxn"].append(
                {
                    "Id": f"{row['Id']}-{place}",
                    "Date": when.isoformat(),
                    "Amount": str(amount),
                    "PaymentRefNum": f"Check {row['Id']}-{place}",
                }
            )
            row["Balance"] = str(Decimal(row["Balance"]) - amount)
        elif what == "voided":
            _void(row)
        else:
            row["TxnStatus"] = what
    row["SyncToken"] = str(len(past) - 1)
    row["LastUpdatedTime"] = _moment(past[-1][0]).isoformat()
    return row


def _fate(row: Row, number: int, day: date) -> list[tuple[date, str, Decimal]]:
    """What will happen to the document: day, deed, amount."""
    die, after = _roll(number, "fate", 16), 4 + _roll(number, "days", 55)
    total = Decimal(row["TotalAmt"])
    if row["Type"] == "Estimate":
        row["TxnStatus"] = "Pending"
        return [(day + timedelta(days=20), "Rejected" if die % 3 == 0 else "Accepted", Decimal(0))]
    if die == 0:
        return [(day + timedelta(days=10), "voided", Decimal(0))]
    if die in (1, 2):
        return [(day + timedelta(days=300), "paid", total)]  # nearly a year late
    if die in (3, 4, 5, 6):
        half = cents(total / 2)
        late = day + timedelta(days=after + 75)
        return [(day + timedelta(days=after), "paid", half), (late, "paid", total - half)]
    return [(day + timedelta(days=after), "paid", total)]


def _void(row: Row) -> None:
    """Void as QuickBooks does: the document stays, every amount is nought and the note says why."""
    for line in row["Line"]:
        line.update(Qty="0", Amount="0", TaxAmount="0")
    row.update(TotalAmt="0", TotalTax="0", Balance="0", PrivateNote="Voided")
