"""The demo companies' settings: accounts, tax rates, currencies, items, tracking, themes, users."""

from __future__ import annotations

from decimal import Decimal

from plugins.xero.sandbox.demo_data.ids import made
from plugins.xero.sandbox.store import Books
from plugins.xero.sandbox.wire import Record

# Code, name, type, class, tax on income or expense or none.
_ACCOUNTS = """
090 Business Bank Account|BANK|ASSET|NONE
091 Business Savings Account|BANK|ASSET|NONE
200 Sales|REVENUE|REVENUE|OUT
210 Consulting and Design Fees|REVENUE|REVENUE|OUT
220 Fit-out Projects|REVENUE|REVENUE|OUT
230 Service Plans|REVENUE|REVENUE|OUT
260 Other Revenue|REVENUE|REVENUE|OUT
270 Interest Income|REVENUE|REVENUE|NONE
300 Purchases|DIRECTCOSTS|EXPENSE|IN
310 Cost of Goods Sold|DIRECTCOSTS|EXPENSE|IN
320 Freight and Courier|DIRECTCOSTS|EXPENSE|IN
400 Advertising|EXPENSE|EXPENSE|IN
404 Bank Fees|EXPENSE|EXPENSE|NONE
412 Consulting and Accounting|EXPENSE|EXPENSE|IN
420 Entertainment|EXPENSE|EXPENSE|IN
425 Staff Training|EXPENSE|EXPENSE|IN
429 General Expenses|EXPENSE|EXPENSE|IN
433 Insurance|EXPENSE|EXPENSE|IN
445 Light, Power, Heating|EXPENSE|EXPENSE|IN
449 Motor Vehicle Expenses|EXPENSE|EXPENSE|IN
453 Office Expenses|EXPENSE|EXPENSE|IN
461 Printing and Stationery|EXPENSE|EXPENSE|IN
469 Rent|EXPENSE|EXPENSE|IN
473 Repairs and Maintenance|EXPENSE|EXPENSE|IN
477 Wages and Salaries|EXPENSE|EXPENSE|NONE
480 Old Subscriptions|EXPENSE|EXPENSE|IN
485 Subscriptions|EXPENSE|EXPENSE|IN
489 Telephone and Internet|EXPENSE|EXPENSE|IN
493 Travel|EXPENSE|EXPENSE|IN
497 Bank Revaluations|EXPENSE|EXPENSE|NONE|BANKCURRENCYGAIN
498 Unrealised Currency Gains|EXPENSE|EXPENSE|NONE|UNREALISEDCURRENCYGAIN
499 Realised Currency Gains|EXPENSE|EXPENSE|NONE|REALISEDCURRENCYGAIN
610 Accounts Receivable|CURRENT|ASSET|NONE|DEBTORS
710 Office Equipment|FIXED|ASSET|IN
720 Computer Equipment|FIXED|ASSET|IN
800 Accounts Payable|CURRLIAB|LIABILITY|NONE|CREDITORS
820 GST|CURRLIAB|LIABILITY|NONE|GST
840 Historical Adjustment|CURRLIAB|LIABILITY|NONE|HISTORICAL
860 Rounding|CURRLIAB|LIABILITY|NONE|ROUNDING
881 Owner A Funds Introduced|EQUITY|EQUITY|NONE
960 Retained Earnings|EQUITY|EQUITY|NONE|RETAINEDEARNINGS
"""
ARCHIVED_ACCOUNTS = frozenset({"260", "480"})

# Name, tax type, report type, percent, what it applies to: assets, equity, expenses, liabilities, revenue.
_NZ_RATES = (
    ("15% GST on Income", "OUTPUT2", "OUTPUT", "15.0000", "AELR"),
    ("15% GST on Expenses", "INPUT2", "INPUT", "15.0000", "AEXL"),
    ("Zero Rated", "ZERORATEDOUTPUT", "ZERORATEDOUTPUT", "0.0000", "AELR"),
    ("Zero Rated on Purchases", "ZERORATEDINPUT", "ZERORATEDINPUT", "0.0000", "AEXL"),
    ("GST on Imports", "GSTONIMPORTS", "GSTONIMPORTS", "0.0000", "L"),
    ("No GST", "NONE", "NONE", "0.0000", "AEXLR"),
)
_AU_RATES = (
    ("GST on Income", "OUTPUT", "OUTPUT", "10.0000", "AELR"),
    ("GST on Expenses", "INPUT", "INPUT", "10.0000", "AEXL"),
    ("GST Free Income", "EXEMPTOUTPUT", "EXEMPTOUTPUT", "0.0000", "AELR"),
    ("GST Free Expenses", "EXEMPTEXPENSES", "EXEMPTEXPENSES", "0.0000", "AEXL"),
    ("BAS Excluded", "BASEXCLUDED", "NONE", "0.0000", "AEXLR"),
    ("No Tax", "NONE", "NONE", "0.0000", "AEXLR"),
)
INCOME_TAX = {"NZ": "OUTPUT2", "AU": "OUTPUT"}
EXPENSE_TAX = {"NZ": "INPUT2", "AU": "INPUT"}
EXPORT_TAX = {"NZ": "ZERORATEDOUTPUT", "AU": "EXEMPTOUTPUT"}
_CAN = {
    "A": "CanApplyToAssets",
    "E": "CanApplyToEquity",
    "X": "CanApplyToExpenses",
    "L": "CanApplyToLiabilities",
    "R": "CanApplyToRevenue",
}
_CURRENCIES = {
    "NZD": "New Zealand Dollar",
    "AUD": "Australian Dollar",
    "USD": "United States Dollar",
    "GBP": "British Pound",
}
# Code, name, unit price, account, and for what is not sold the purchase account instead.
_ITEMS = """
ESP-2G|Espresso machine, two groups|8450.00|200
ESP-1G|Espresso machine, one group|4290.00|200
GRN-01|Grinder, 64 mm burrs|1185.50|200
BEAN-HB|House blend, 1 kg|38.90|200
BEAN-SO|Single origin, 1 kg|52.40|200
CUP-200|Paper cup, 200 ml|0.2375|200
FLT-KIT|Water filter kit|164.95|200
FIT-DAY|Fit-out, day on site|1280.00|220
DSGN-HR|Design, hour|145.00|210
CONS-HR|Consulting, hour|185.00|210
TRAIN-HD|Barista training, half day|620.00|210
SVC-MTH|Service plan, month|219.00|230
PKG-BOX|Packaging, carton of 50|-42.50|300
PAL-STD|Pallet, standard|-31.20|320
RAW-GRN|Green beans, 60 kg sack|-684.00|310
"""
_TRACKING = {
    "Region": ("North Island", "South Island", "Australia", "Overseas"),
    "Department": ("Equipment", "Fit-out", "Service", "Beans"),
}
_THEMES = ("Standard", "Projects", "Very orange invoice!")
_USERS = (
    ("Aroha", "Ngata", "accounts@kereru.example", True, "FINANCIALADVISER"),
    ("Tom", "Baxter", "tom@kereru.example", False, "STANDARD"),
)


def fill(books: Books, country: str, first: int) -> None:
    """Write all settings; `first` is the moment (milliseconds UTC) at which the company began."""
    for put in (_accounts, _rates, _items, _tracking, _themes, _users):
        put(books, country, first)
    for code, name in _CURRENCIES.items():
        books["Currencies"].put({"Code": code, "Description": name})


def the_user() -> Record:
    """The person who logs in at the sandbox."""
    first, last, mail, subscriber, role = _USERS[0]
    return {
        "UserID": made("user", mail),
        "EmailAddress": mail,
        "FirstName": first,
        "LastName": last,
        "IsSubscriber": subscriber,
        "OrganisationRole": role,
    }


def _accounts(books: Books, country: str, first: int) -> None:
    taxes = {"OUT": INCOME_TAX[country], "IN": EXPENSE_TAX[country], "NONE": "NONE"}
    for row in _ACCOUNTS.strip().splitlines():
        head, kind, group, tax, *system = row.split("|")
        code, _, name = head.partition(" ")
        account: Record = {
            "AccountID": made(country, "account", code),
            "Code": code,
            "Name": name,
            "Status": "ARCHIVED" if code in ARCHIVED_ACCOUNTS else "ACTIVE",
            "Type": kind,
            "TaxType": taxes[tax],
            "Class": group,
            "EnablePaymentsToAccount": code == "881",
            "ShowInExpenseClaims": False,
            "ReportingCode": "",
            "HasAttachments": False,
            "UpdatedDateUTC": first,
            "AddToWatchlist": False,
        }
        if kind == "BANK":
            number = f"0209087654321{code[-1]}50"
            account |= {"BankAccountNumber": number, "BankAccountType": "BANK"}
            account["CurrencyCode"] = books.base_currency
        if system:
            account["SystemAccount"] = system[0]
        books["Accounts"].put(account)


def _rates(books: Books, country: str, first: int) -> None:
    for name, code, report, percent, uses in _NZ_RATES if country == "NZ" else _AU_RATES:
        rate = Decimal(percent)
        component = {
            "Name": "GST" if rate else name,
            "Rate": rate,
            "IsCompound": False,
            "IsNonRecoverable": False,
        }
        books["TaxRates"].put(
            {
                "Name": name,
                "TaxType": code,
                "ReportTaxType": report,
                **{field: letter in uses for letter, field in _CAN.items()},
                "DisplayTaxRate": rate,
                "EffectiveRate": rate,
                "Status": "ACTIVE",
                "TaxComponents": [component],
            }
        )


def _items(books: Books, country: str, first: int) -> None:
    for row in _ITEMS.strip().splitlines():
        code, name, price, account = row.split("|")
        sold = not price.startswith("-")
        tax = INCOME_TAX[country] if sold else EXPENSE_TAX[country]
        details = {"UnitPrice": abs(Decimal(price)), "AccountCode": account, "TaxType": tax}
        books["Items"].put(
            {
                "ItemID": made(country, "item", code),
                "Code": code,
                "Name": name,
                "Description": name if sold else "",
                "PurchaseDescription": "" if sold else name,
                "UpdatedDateUTC": first,
                "PurchaseDetails": {} if sold else details,
                "SalesDetails": details if sold else {},
                "IsTrackedAsInventory": False,
                "IsSold": sold,
                "IsPurchased": not sold,
            }
        )


def _tracking(books: Books, country: str, first: int) -> None:
    for name, options in _TRACKING.items():
        rows = [
            {
                "TrackingOptionID": made(country, "option", name, option),
                "Name": option,
                "Status": "ACTIVE",
                "HasValidationErrors": False,
                "IsDeleted": False,
                "IsArchived": False,
                "IsActive": True,
            }
            for option in options
        ]
        books["TrackingCategories"].put(
            {
                "TrackingCategoryID": made(country, "tracking", name),
                "Name": name,
                "Status": "ACTIVE",
                "Options": rows,
            }
        )


def _themes(books: Books, country: str, first: int) -> None:
    for rank, name in enumerate(_THEMES):
        books["BrandingThemes"].put(
            {
                "BrandingThemeID": made(country, "theme", name),
                "Name": name,
                "SortOrder": rank,
                "Type": "INVOICE",
                "CreatedDateUTC": first,
            }
        )


def _users(books: Books, country: str, first: int) -> None:
    for given, family, mail, subscriber, role in _USERS:
        books["Users"].put(
            {
                "UserID": made("user", mail),
                "EmailAddress": mail,
                "FirstName": given,
                "LastName": family,
                "UpdatedDateUTC": first,
                "IsSubscriber": subscriber,
                "OrganisationRole": role,
            }
        )
