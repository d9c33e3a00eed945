"""QuickBooks' words and ours: the tables, and the functions that turn rows into values and back. No network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal

from core import (
    AmountsAre,
    Choice,
    ChoiceKind,
    Document,
    DocumentKind,
    DocumentStatus,
    Line,
    NewDocument,
    NewParty,
    Organisation,
    Party,
    PartyState,
    Payment,
    PaymentTerms,
    Problem,
    Ref,
    TermsKind,
)
from plugins.quickbooks_stub import company
from plugins.quickbooks_stub.company import Row

KINDS = {
    "Invoice": DocumentKind.SALES_INVOICE,
    "Bill": DocumentKind.BILL,
    "CreditMemo": DocumentKind.SALES_CREDIT_NOTE,
    "VendorCredit": DocumentKind.BILL_CREDIT_NOTE,
    "Estimate": DocumentKind.ESTIMATE,
}
STATUSES = {
    "Open": DocumentStatus.AUTHORISED,
    "Paid": DocumentStatus.PAID,
    "Voided": DocumentStatus.VOIDED,
    "Deleted": DocumentStatus.DELETED,
    "Pending": DocumentStatus.DRAFT,
    "Accepted": DocumentStatus.AUTHORISED,
    "Closed": DocumentStatus.AUTHORISED,
    "Rejected": DocumentStatus.VOIDED,
}
AMOUNTS = {
    "TaxExcluded": AmountsAre.EXCLUSIVE,
    "TaxInclusive": AmountsAre.INCLUSIVE,
    "NotApplicable": AmountsAre.NO_TAX,
}
PARTY_WORDS = {
    "name": "DisplayName",
    "first_name": "GivenName",
    "last_name": "FamilyName",
    "email": "PrimaryEmailAddr",
    "phone": "PrimaryPhone",
    "tax_number": "PrimaryTaxIdentifier",
    "address": "BillAddr.Line1",
    "city": "BillAddr.City",
    "region": "BillAddr.CountrySubDivisionCode",
    "postal_code": "BillAddr.PostalCode",
    "country": "BillAddr.Country",
}
_ELEMENTS = {word: field for field, word in PARTY_WORDS.items()} | {
    "CustomerRef": "party",
    "CurrencyRef": "currency",
    "ExpirationDate": "due_date",
    "Line": "lines",
    "ItemRef": "item",
    "TaxCodeRef": "tax_rate",
    "UnitPrice": "unit_price",
    "DiscountPercent": "discount",
}
_TERMS = PaymentTerms(company.COMPANY["NetDays"], TermsKind.DAYS_AFTER_DATE)


def to_organisation(realm: str) -> Organisation:
    """The toy company. QuickBooks names a company by the realm id that came with the consent."""
    row = company.COMPANY
    return Organisation(
        id=realm,
        name=f"{row['CompanyName']} (stub)",
        base_currency=row["HomeCurrency"],
        timezone=row["TimeZone"],
        country=row["Country"],
        own_id=realm,
        sales_terms=_TERMS,
        bill_terms=_TERMS,
    )


def to_party(row: Row) -> Party:
    """A customer or vendor; its currency is the only one it trades in."""
    words = {field: row.get(word, "") for field, word in PARTY_WORDS.items()}
    customer = row["Type"] == "Customer"
    return Party(
        ref=Ref(row["Key"], row["SyncToken"]),
        state=PartyState.ACTIVE if row["Active"] else PartyState.ARCHIVED,
        currency=row["CurrencyRef"],
        is_customer=customer,
        is_supplier=not customer,
        sales_terms=_TERMS if customer else None,
        bill_terms=None if customer else _TERMS,
        updated_at=datetime.fromisoformat(row["LastUpdatedTime"]),
        **words,
    )


def from_new_party(new: NewParty) -> Row:
    """The customer to be made; QuickBooks wants to know its currency for good, here always the home currency."""
    words = {word: getattr(new, field) for field, word in PARTY_WORDS.items()}
    return words | {"Type": "Customer", "CurrencyRef": company.COMPANY["HomeCurrency"], "Active": True}


def from_party_changes(changes: Mapping[str, str]) -> Row:
    """The words to be changed. Raises KeyError for a field that a party has not."""
    return {PARTY_WORDS[field]: value for field, value in changes.items()}


def vendor_word(row: Row) -> str:
    """QuickBooks' own word for where a document stands: estimates carry one, the others are read off the balance."""
    if row.get("status") == "Deleted":
        return "Deleted"
    if row["Type"] == "Estimate":
        return str(row["TxnStatus"])
    if row["PrivateNote"] == "Voided":
        return "Voided"
    return "Open" if Decimal(row["Balance"]) else "Paid"


def to_document(row: Row, party_name: str) -> Document:
    """A document with lines and payments; the rate is home currency per foreign unit, as the contract has it."""
    word = vendor_word(row)
    payments = tuple(_payments(row))
    paid = word == "Paid" and payments
    return Document(
        ref=Ref(row["Id"], row["SyncToken"]),
        kind=KINDS[row["Type"]],
        party_id=row["PartyRef"],
        party_name=party_name,
        number=row["DocNumber"],
        status=STATUSES.get(word, DocumentStatus.UNKNOWN),
        date=date.fromisoformat(row["TxnDate"]),
        currency=row["CurrencyRef"],
        total=Decimal(row["TotalAmt"]),
        tax=Decimal(row["TotalTax"]),
        amount_due=Decimal(row["Balance"]),
        vendor_status=word,
        reference=row["PONumber"],
        due_date=date.fromisoformat(row["DueDate"]) if row["DueDate"] else None,
        amount_paid=sum((payment.amount for payment in payments), Decimal(0)),
        rate=Decimal(row["ExchangeRate"]),
        fully_paid_on=payments[-1].date if paid else None,
        amounts_are=AMOUNTS[row["GlobalTaxCalculation"]],
        lines=tuple(_lines(row)),
        payments=payments,
        updated_at=datetime.fromisoformat(row["LastUpdatedTime"]),
        source_url=row["PrivateNote"].partition(" ")[0] if row["PrivateNote"].startswith("http") else "",
    )


def from_new_document(draft: NewDocument) -> Row:
    """The estimate to be made. QuickBooks works out the amounts; the account comes from each line's item."""
    words = {ours: theirs for theirs, ours in AMOUNTS.items()}
    return {
        "Type": "Estimate",
        "TxnStatus": "Pending",
        "PartyRef": draft.party_id,
        "TxnDate": draft.date.isoformat(),
        "DueDate": draft.due_date.isoformat() if draft.due_date else "",
        "CurrencyRef": draft.currency,
        "ExchangeRate": "1" if draft.currency == company.COMPANY["HomeCurrency"] else "0.6",
        "GlobalTaxCalculation": words[draft.amounts_are],
        "PONumber": draft.reference,
        "LinkedTxn": [],
        "Line": [_from_line(place, line) for place, line in enumerate(draft.lines, 1)],
    }


def to_choices(kind: ChoiceKind) -> Iterator[Choice]:
    """A list of the company; it has no themes and no tracking."""
    if kind is ChoiceKind.CURRENCY:
        yield from (Choice(kind, code, f"{code} {name}") for code, name in company.CURRENCIES.items())
    elif kind is ChoiceKind.ACCOUNT:
        yield from (_account(row) for row in company.ACCOUNTS)
    elif kind is ChoiceKind.TAX_RATE:
        for row in company.TAX_CODES:
            label = f"{row['Name']} ({row['Rate']} %)"
            yield Choice(kind, row["Id"], label, active=row["Active"], code=row["Id"], rate=Decimal(row["Rate"]))
    elif kind is ChoiceKind.ITEM:
        yield from (_item(row) for row in company.ITEMS)


def to_problems(errors: tuple[tuple[str, str], ...]) -> tuple[Problem, ...]:
    """QuickBooks' refusals at the fields of ours they belong to."""
    return tuple(Problem(_field(element), message) for element, message in errors)


def _field(element: str) -> str:
    """``Line.0.ItemRef`` becomes ``lines.0.item``; what is not in the table belongs to the whole."""
    if element in _ELEMENTS or not element.startswith("Line."):
        return _ELEMENTS.get(element, "")
    _, place, word = element.split(".")
    return f"lines.{place}.{_ELEMENTS[word]}"


def _payments(row: Row) -> Iterator[Payment]:
    for paid in row["LinkedTxn"]:
        yield Payment(
            date.fromisoformat(paid["Date"]), Decimal(paid["Amount"]), id=paid["Id"], reference=paid["PaymentRefNum"]
        )


def _lines(row: Row) -> Iterator[Line]:
    for line in row["Line"]:
        yield Line(
            description=line["Description"],
            quantity=Decimal(line["Qty"]),
            unit_price=Decimal(line["UnitPrice"]),
            discount=Decimal(line.get("DiscountPercent") or 0),
            amount=Decimal(line["Amount"]),
            tax=Decimal(line["TaxAmount"]),
            item=line["ItemRef"],
            account=line["AccountRef"],
            tax_rate=line["TaxCodeRef"],
            id=line["Id"],
        )


def _from_line(place: int, line: Line) -> Row:
    accounts = {item["Id"]: item.get("IncomeAccountRef", "") for item in company.ITEMS}
    return {
        "Id": str(place),
        "Description": line.description,
        "ItemRef": line.item,
        "AccountRef": accounts.get(line.item, ""),
        "TaxCodeRef": line.tax_rate,
        "Qty": str(line.quantity),
        "UnitPrice": str(line.unit_price),
        "DiscountPercent": str(line.discount),
    }


def _account(row: Row) -> Choice:
    revenue = row["Classification"] == "Revenue"
    return Choice(
        ChoiceKind.ACCOUNT,
        row["Id"],
        row["Name"],
        active=row["Active"],
        for_sales=revenue,
        code=row["AcctNum"],
        tax_rate="NON",
    )


def _item(row: Row) -> Choice:
    return Choice(
        ChoiceKind.ITEM,
        row["Id"],
        row["Name"],
        active=row.get("Active", True),
        for_sales="IncomeAccountRef" in row,
        description=row["Name"],
        price=Decimal(row["UnitPrice"]) if "UnitPrice" in row else None,
        account=row.get("IncomeAccountRef", ""),
        tax_rate=row.get("TaxCodeRef", ""),
    )
