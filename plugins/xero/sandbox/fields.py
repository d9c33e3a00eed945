"""Which fields of each endpoint `where` and `order` know, and of what kind they are.

Kinds: text, guid, number, flag, day (a date), moment. A field that is not listed is refused, as Xero refuses a
misspelt one.
"""

from __future__ import annotations

from collections.abc import Mapping

Kinds = Mapping[str, str]


def _kinds(**by_kind: str) -> dict[str, str]:
    return {field: kind for kind, fields in by_kind.items() for field in fields.split()}


_CONTACT = {"Contact.ContactID": "guid"} | {
    f"Contact.{field}": "text" for field in ("Name", "ContactNumber", "ContactStatus", "EmailAddress", "AccountNumber")
}
_MONEY = "SubTotal TotalTax Total CurrencyRate"

FIELDS: dict[str, Kinds] = {
    "Contacts": _kinds(
        guid="ContactID",
        text="Name FirstName LastName EmailAddress ContactNumber AccountNumber ContactStatus CompanyNumber"
        " TaxNumber BankAccountDetails DefaultCurrency AccountsReceivableTaxType AccountsPayableTaxType",
        flag="IsCustomer IsSupplier HasAttachments",
        moment="UpdatedDateUTC",
    ),
    "Invoices": _CONTACT
    | _kinds(
        guid="InvoiceID BrandingThemeID",
        text="Type Status Reference InvoiceNumber CurrencyCode LineAmountTypes Url",
        number=f"{_MONEY} AmountDue AmountPaid AmountCredited",
        flag="SentToContact HasAttachments IsDiscounted",
        day="Date DueDate FullyPaidOnDate ExpectedPaymentDate PlannedPaymentDate",
        moment="UpdatedDateUTC",
    ),
    "CreditNotes": _CONTACT
    | _kinds(
        guid="CreditNoteID BrandingThemeID",
        text="Type Status Reference CreditNoteNumber CurrencyCode LineAmountTypes",
        number=f"{_MONEY} RemainingCredit",
        flag="SentToContact HasAttachments",
        day="Date DueDate FullyPaidOnDate",
        moment="UpdatedDateUTC",
    ),
    "Payments": {
        "Invoice.InvoiceID": "guid",
        "Invoice.InvoiceNumber": "text",
        "Invoice.Type": "text",
        "Invoice.Contact.ContactID": "guid",
        "Invoice.Contact.Name": "text",
        "Account.AccountID": "guid",
        "Account.Code": "text",
    }
    | _kinds(
        guid="PaymentID",
        text="Status Reference PaymentType",
        number="Amount CurrencyRate BankAmount",
        flag="IsReconciled",
        day="Date",
        moment="UpdatedDateUTC",
    ),
    "Items": _kinds(
        guid="ItemID",
        text="Code Name Description PurchaseDescription",
        flag="IsSold IsPurchased IsTrackedAsInventory",
        moment="UpdatedDateUTC",
    )
    | {"SalesDetails.UnitPrice": "number", "SalesDetails.AccountCode": "text"},
    "Accounts": _kinds(
        guid="AccountID",
        text="Code Name Type Status Class TaxType SystemAccount Description BankAccountType CurrencyCode",
        flag="EnablePaymentsToAccount ShowInExpenseClaims",
        moment="UpdatedDateUTC",
    ),
    "TaxRates": _kinds(
        text="Name TaxType Status ReportTaxType",
        number="DisplayTaxRate EffectiveRate",
        flag="CanApplyToAssets CanApplyToEquity CanApplyToExpenses CanApplyToLiabilities CanApplyToRevenue",
    ),
    "Currencies": _kinds(text="Code Description"),
    "BrandingThemes": _kinds(guid="BrandingThemeID", text="Name Type", number="SortOrder", moment="CreatedDateUTC"),
    "TrackingCategories": _kinds(guid="TrackingCategoryID", text="Name Status"),
    "Users": _kinds(
        guid="UserID",
        text="EmailAddress FirstName LastName OrganisationRole",
        flag="IsSubscriber",
        moment="UpdatedDateUTC",
    ),
}
for _name, _key in (("Overpayments", "OverpaymentID"), ("Prepayments", "PrepaymentID")):
    FIELDS[_name] = _CONTACT | _kinds(
        guid=_key,
        text="Type Status Reference CurrencyCode",
        number=f"{_MONEY} RemainingCredit",
        day="Date",
        moment="UpdatedDateUTC",
    )
