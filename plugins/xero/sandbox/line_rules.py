"""What Xero asks of a document's lines. Messages are Xero's own where they are known."""

from __future__ import annotations

from plugins.xero.sandbox.store import Books
from plugins.xero.sandbox.wire import Record, read_id

LONGEST_DESCRIPTION = 4000
MOST_TRACKING = 2


def problems(books: Books, line: Record, *, sales: bool, complete: bool) -> list[str]:
    """Everything that is wrong with a line; `complete` asks for what an approved document needs."""
    return [
        *_text(line, complete=complete),
        *_amount(line, sales=sales),
        *_item(books, line, sales=sales),
        *_account(books, line, complete=complete),
        *_tax(books, line, sales=sales),
        *_tracking(books, line),
    ]


def _text(line: Record, *, complete: bool) -> list[str]:
    text = line.get("Description") or ""
    if len(text) > LONGEST_DESCRIPTION:
        return [f"Description must not be longer than {LONGEST_DESCRIPTION} characters."]
    if not text and (complete or line.get("LineAmount") is None):
        return ["Description must be at least 1 character long."]
    return []


def _amount(line: Record, *, sales: bool) -> list[str]:
    found = []
    if "_mismatch" in line:
        given, reckoned = line["_mismatch"]
        found.append(f"The line total {given} does not match the expected line total {reckoned}")
    rate, amount = line.get("DiscountRate"), line.get("DiscountAmount")
    if rate is not None and not 0 <= rate <= 100:
        found.append("The discount rate must be between 0 and 100.")
    if (rate or amount) and not sales:
        found.append("Discounts are only supported on ACCREC invoices.")
    if rate and amount:
        found.append("Only one of DiscountRate and DiscountAmount may be given.")
    return found


def _item(books: Books, line: Record, *, sales: bool) -> list[str]:
    code = line.get("ItemCode")
    if not code:
        return []
    item = next(iter(books["Items"].numbered(code)), None)
    if item is None:
        return [f"Item code '{code}' is not valid"]
    if not item["IsSold" if sales else "IsPurchased"]:
        return [f"Item code '{code}' is not valid for this document."]
    return []


def _account(books: Books, line: Record, *, complete: bool) -> list[str]:
    code = line.get("AccountCode") or ""
    if not code and not line.get("AccountID"):
        wanted = complete and line.get("LineAmount") is not None
        return ["Account code must be specified"] if wanted else []
    account = books["Accounts"].get(line.get("AccountID"))
    if account is None or account.get("Code") != code:
        return [f"Account code '{code or line.get('AccountID')}' is not a valid code for this document."]
    barred = account["Status"] != "ACTIVE" or account["Type"] == "BANK"
    if barred or account.get("SystemAccount") in {"DEBTORS", "CREDITORS", "GST"}:
        return [f"Account code '{code}' is not a valid code for this document."]
    return []


def _tax(books: Books, line: Record, *, sales: bool) -> list[str]:
    code = line.get("TaxType")
    if not code:
        return []
    rate = books["TaxRates"].get(code)
    if rate is None or rate["Status"] != "ACTIVE":
        return [f"The TaxType code '{code}' does not exist or cannot be used for this type of transaction."]
    account = books["Accounts"].get(line.get("AccountID"))
    kind = account["Class"] if account else "REVENUE" if sales else "EXPENSE"
    use = {
        "REVENUE": "CanApplyToRevenue",
        "EXPENSE": "CanApplyToExpenses",
        "ASSET": "CanApplyToAssets",
        "LIABILITY": "CanApplyToLiabilities",
        "EQUITY": "CanApplyToEquity",
    }[kind]
    if not rate[use]:
        where = f"account code '{account['Code']}'" if account else "this type of transaction"
        return [f"The TaxType code '{code}' cannot be used with {where}."]
    return []


def _tracking(books: Books, line: Record) -> list[str]:
    rows = line.get("Tracking") or []
    if len(rows) > MOST_TRACKING:
        return [f"A line item may have at most {MOST_TRACKING} tracking categories."]
    found, seen = [], set()
    for row in rows:
        category = tracking_category(books, row)
        option = tracking_option(category, row)
        if category is None or option is None:
            name, wanted = row.get("Name") or row.get("TrackingCategoryID"), row.get("Option")
            found.append(f"The tracking category '{name}' has no active option '{wanted}'.")
        elif category["TrackingCategoryID"] in seen:
            found.append(f"The tracking category '{category['Name']}' is given twice.")
        else:
            seen.add(category["TrackingCategoryID"])
    return found


def tracking_category(books: Books, row: Record) -> Record | None:
    """The active category that a tracking entry means, by id or by name."""
    found = books["TrackingCategories"].get(read_id(row.get("TrackingCategoryID")))
    if found is None:
        every = books["TrackingCategories"].all()
        found = next((each for each in every if each["Name"] == row.get("Name")), None)
    return found if found is not None and found["Status"] == "ACTIVE" else None


def tracking_option(category: Record | None, row: Record) -> Record | None:
    """The active option that a tracking entry means, by id or by name."""
    for option in category["Options"] if category else ():
        same = option["TrackingOptionID"] == read_id(row.get("TrackingOptionID"))
        if option["Status"] == "ACTIVE" and (same or option["Name"] == row.get("Option")):
            return dict(option)
    return None


def complete_tracking(books: Books, lines: list[Record]) -> None:
    """Write names and ids into tracking entries that are right, as Xero answers them."""
    for line in lines:
        rows = []
        for row in line.get("Tracking") or []:
            category = tracking_category(books, row)
            option = tracking_option(category, row)
            if category is not None and option is not None:
                rows.append(
                    {
                        "Name": category["Name"],
                        "Option": option["Name"],
                        "TrackingCategoryID": category["TrackingCategoryID"],
                        "TrackingOptionID": option["TrackingOptionID"],
                    }
                )
        line["Tracking"] = rows
