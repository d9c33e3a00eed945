"""What the sandbox tells over the wire, and what the snapshot should hold by it, worked out a second time.

Nothing of the plugin or the core takes part in the second computation: it reads raw JSON and follows the rules as they
are written for people.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from decimal import Decimal
from statistics import median
from typing import Any

import httpx2
from sqlalchemy import func, select

from core.accounting.models import DocumentRow, LineRow, PaymentRow
from core.accounting.overview import Figures
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.story.conftest import SANDBOX_URL

Raw = dict[str, Any]
KEYS = {
    "Invoices": ("InvoiceID", "InvoiceNumber", "AmountDue"),
    "CreditNotes": ("CreditNoteID", "CreditNoteNumber", "RemainingCredit"),
    "Overpayments": ("OverpaymentID", "", "RemainingCredit"),
    "Prepayments": ("PrepaymentID", "", "RemainingCredit"),
}


def read_raw(http: httpx2.Client) -> dict[str, list[Raw]]:
    """Every document of the first organisation as the sandbox tells it, Decimals from the literal."""
    credentials = {"client_id": Sandbox.client_id, "client_secret": Sandbox.client_secret}
    scope = "accounting.invoices accounting.payments.read accounting.contacts accounting.settings.read"
    form = {"grant_type": "client_credentials", "scope": scope, **credentials}
    token = http.post(f"{SANDBOX_URL}/connect/token", data=form).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    def whole(path: str) -> list[Raw]:
        found: list[Raw] = []
        for page in range(1, 50):
            url = f"{SANDBOX_URL}/api.xro/2.0/{path}?page={page}&pageSize=1000"
            answer = json.loads(http.get(url, headers=headers).content, parse_float=Decimal, parse_int=Decimal)
            found += answer[path]
            if len(answer[path]) < 1000:
                break
        return found

    return {path: whole(path) for path in KEYS}


def day(value: str | None) -> dt.date | None:
    """The day of ``/Date(ms+0000)/``."""
    if not value:
        return None
    milliseconds = int(value[6:].split("+")[0].rstrip(")/"))
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC).date()


def independent(raw: dict[str, list[Raw]], contact: str, now: dt.date) -> dict[str, Any]:
    """The figures of one contact, from the raw JSON."""
    base, sums, paid_after = "NZD", defaultdict[str, Decimal](Decimal), []
    last_year, two_years = now.replace(year=now.year - 1), now.replace(year=now.year - 2)
    for one in raw["Invoices"]:
        if one["Contact"]["ContactID"] != contact or one["CurrencyCode"] != base:
            continue
        sale, state, issued = one["Type"] == "ACCREC", one["Status"], day(one["Date"])
        due, paid = day(one.get("DueDate")), day(one.get("FullyPaidOnDate"))
        assert issued is not None
        if sale and state in ("SUBMITTED", "AUTHORISED"):
            sums[f"invoices {state}"] += one["Total"]
        if not sale and state in ("SUBMITTED", "AUTHORISED"):
            sums[f"bills {state}"] += one["Total"]
        if sale and state == "AUTHORISED":
            sums["outstanding"] += one["AmountDue"]
            sums["overdue"] += one["AmountDue"] if due and due < now else 0
        if sale and state in ("AUTHORISED", "PAID"):
            net = one["Total"] - one["TotalTax"]
            sums["lifetime"] += net
            sums["year"] += net if last_year < issued <= now else 0
        if sale and state == "PAID" and paid and two_years < paid <= now and one["AmountPaid"] > 0:
            paid_after.append((paid - issued).days)
    for one in raw["CreditNotes"]:
        if one["Contact"]["ContactID"] != contact or one["CurrencyCode"] != base or one["Type"] != "ACCRECCREDIT":
            continue
        issued = day(one["Date"])
        assert issued is not None
        if one["Status"] in ("AUTHORISED", "PAID"):
            net = one["Total"] - one["TotalTax"]
            sums["lifetime"] -= net
            sums["year"] -= net if last_year < issued <= now else 0
        sums["credit"] += one["RemainingCredit"] if one["Status"] == "AUTHORISED" else 0
    for one in raw["Overpayments"] + raw["Prepayments"]:
        mine = one["Contact"]["ContactID"] == contact and one["CurrencyCode"] == base
        if mine and one["Status"] == "AUTHORISED" and one["Type"].startswith("RECEIVE"):
            sums["credit"] += one["RemainingCredit"]
    return {**sums, "days": Decimal(str(median(paid_after))) if paid_after else None}


def received(raw: dict[str, list[Raw]], contact: str) -> list[tuple[dt.date, Decimal, bool]]:
    """Money of one contact, from the raw JSON: the day, the amount (below zero: paid back), whether it came in."""
    found: list[tuple[dt.date | None, Decimal, bool]] = []
    for path in KEYS:
        for one in raw[path]:
            sign = {"ACCREC": 1, "ACCRECCREDIT": -1, "RECEIVE-OVERPAYMENT": -1, "RECEIVE-PREPAYMENT": -1}
            mine = one["Contact"]["ContactID"] == contact and one["CurrencyCode"] == "NZD"
            if not mine or one["Status"] not in ("AUTHORISED", "PAID") or one["Type"] not in sign:
                continue
            if path in ("Overpayments", "Prepayments"):
                found.append((day(one["Date"]), one["Total"], True))
            kind = sign[one["Type"]]
            found += [(day(paid["Date"]), kind * paid["Amount"], kind > 0) for paid in one.get("Payments", [])]
    return [(when, amount, came) for when, amount, came in found if when]


def as_told(found: Figures) -> dict[str, Any]:
    """The figures of the page, by the names of the second computation; zeros left out."""
    named = {
        "invoices SUBMITTED": found["invoices_submitted"].value,
        "invoices AUTHORISED": found["invoices_authorised"].value,
        "bills SUBMITTED": found["bills"].value,
        "bills AUTHORISED": found["bills_authorised"].value,
        "outstanding": found["outstanding"].value,
        "overdue": found["overdue"].value,
        "lifetime": found["lifetime"].value,
        "year": found["twelve_months"].value,
        "credit": found["unused_credit"].value,
        "days": found.days_to_pay,
    }
    return {name: value for name, value in named.items() if value}


def differences(services: Services, raw: dict[str, list[Raw]], parties: Collection[str]) -> list[str]:
    """How the snapshot differs from the books, document by document, for documents of these parties."""
    theirs = {ident: values for ident, values in _expected(raw) if values["party"] in parties}
    with services.db.read() as session:
        rows = session.scalars(select(DocumentRow).where(DocumentRow.party_id.in_(parties))).all()
        money = (PaymentRow.document, func.count(), func.sum(PaymentRow.amount))
        paid = {row[0]: (row[1], row[2]) for row in session.execute(select(*money).group_by(PaymentRow.document))}
        numbers = session.execute(select(LineRow.document, func.count()).group_by(LineRow.document))
        lines = {row[0]: row[1] for row in numbers}
        ours = {row.document_id: _held(row, paid.get(row.id, (0, Decimal(0))), lines.get(row.id, 0)) for row in rows}
    lost = [f"{theirs[one]['number']} {one} is not in the snapshot" for one in theirs.keys() - ours.keys()]
    more = [f"{ours[one]['number']} {one} is in the snapshot alone" for one in ours.keys() - theirs.keys()]
    unlike = [
        f"{theirs[one]['number']} {one}: {name} is {ours[one][name]!r}, in the books {value!r}"
        for one in theirs.keys() & ours.keys()
        for name, value in theirs[one].items()
        if ours[one][name] != value
    ]
    return sorted([*lost, *more, *unlike])


def _expected(raw: dict[str, list[Raw]]) -> Iterator[tuple[str, Raw]]:
    for path, (key, number, due) in KEYS.items():
        for one in raw[path]:
            if path in ("Overpayments", "Prepayments") and not one["Type"].startswith("RECEIVE"):
                continue
            parts = [part["Amount"] for part in one.get("Payments", [])]
            parts += [part["Amount"] for part in one.get("Allocations", [])]
            used = (one.get(name, []) for name in ("CreditNotes", "Overpayments", "Prepayments"))
            parts += [part["AppliedAmount"] for some in used for part in some]
            yield (
                one[key],
                {
                    "party": one["Contact"]["ContactID"],
                    "number": one.get(number) or "",
                    "status": one["Status"].lower(),
                    "date": day(one["Date"]),
                    "due_date": day(one.get("DueDate")),
                    "currency": one["CurrencyCode"],
                    "total": one["Total"],
                    "tax": one["TotalTax"],
                    "due": one[due],
                    "fully_paid_on": day(one.get("FullyPaidOnDate")),
                    "settled": (len(parts), sum(parts, Decimal(0))),
                    "lines": len(one["LineItems"]),
                },
            )


def _held(row: DocumentRow, settled: tuple[int, Decimal], lines: int) -> Raw:
    return {
        "party": row.party_id,
        "number": row.number,
        "status": row.status,
        "date": row.date,
        "due_date": row.due_date,
        "currency": row.currency,
        "total": row.total,
        "tax": row.tax,
        "due": row.amount_due,
        "fully_paid_on": row.fully_paid_on,
        "settled": settled,
        "lines": lines,
    }
