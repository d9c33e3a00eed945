"""The toy company: the same in every process, and never rewriting its past."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections import Counter
from decimal import Decimal

from plugins.quickbooks_stub import company

NOW = dt.datetime(2026, 6, 17, 11, 30, tzinfo=dt.UTC)


def test_another_process_sees_the_same_company() -> None:
    code = (
        "import datetime as dt; from plugins.quickbooks_stub import company;"
        "print(company.documents(dt.datetime(2026, 6, 17, 11, 30, tzinfo=dt.UTC)) | company.parties(), end='')"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told == str(company.documents(NOW) | company.parties())


def test_the_company_has_life_in_it() -> None:
    rows = company.documents(NOW).values()
    kinds, currencies = Counter(row["Type"] for row in rows), Counter(row["CurrencyRef"] for row in rows)
    parties = company.parties().values()
    assert len(parties) == 20
    assert sum(not party["Active"] for party in parties) == 3
    assert 80 <= len(rows) <= 125
    assert set(kinds) == {"Invoice", "Bill", "CreditMemo", "VendorCredit", "Estimate"}
    assert min(currencies["USD"], currencies["NZD"]) >= 20
    invoices = [row for row in rows if row["Type"] == "Invoice"]
    due = [Decimal(row["Balance"]) for row in invoices]
    assert any(0 < balance < Decimal(row["TotalAmt"]) for balance, row in zip(due, invoices, strict=True))
    assert any(balance and row["DueDate"] < "2026-06-17" for balance, row in zip(due, invoices, strict=True))


def test_a_document_never_moves_and_its_past_is_never_rewritten() -> None:
    """What was so yesterday is so today, unless something happened to it since."""
    fixed = ("Type", "DocNumber", "PartyRef", "TxnDate", "DueDate", "CurrencyRef")
    for days in range(0, 120, 7):
        before, after = company.documents(NOW + dt.timedelta(days)), company.documents(NOW + dt.timedelta(days + 7))
        for ident, row in before.items():
            if ident not in after:  # the company forgets on the first of January
                continue
            assert [row[word] for word in fixed] == [after[ident][word] for word in fixed]
            if row["SyncToken"] == after[ident]["SyncToken"]:
                assert row == after[ident]
            else:
                assert row["LastUpdatedTime"] < after[ident]["LastUpdatedTime"] <= str(NOW + dt.timedelta(days + 7))


def test_every_document_adds_up_to_the_cent() -> None:
    rates = {code["Id"]: Decimal(code["Rate"]) for code in company.TAX_CODES}
    for row in company.documents(NOW).values():
        lines = row["Line"]
        assert sum(Decimal(line["Amount"]) for line in lines) + Decimal(row["TotalTax"]) == Decimal(row["TotalAmt"])
        for line in lines:
            exact = Decimal(line["Amount"]) * rates[line["TaxCodeRef"]] / 100
            assert abs(Decimal(line["TaxAmount"]) - exact) <= Decimal("0.005")
        paid = sum(Decimal(payment["Amount"]) for payment in row["LinkedTxn"])
        if row["Type"] != "Estimate":
            assert paid + Decimal(row["Balance"]) == Decimal(row["TotalAmt"])


def test_tax_inside_the_price_is_taken_out_of_it() -> None:
    line = {"Qty": "1", "UnitPrice": "108.25", "TaxCodeRef": "TAX"}
    row = company.priced({"Type": "Estimate", "GlobalTaxCalculation": "TaxInclusive", "Line": [line]})
    assert (row["TotalAmt"], row["TotalTax"]) == ("108.25", "8.25")
