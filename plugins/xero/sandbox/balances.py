"""What a contact owes and is owed, reckoned from its documents; amounts are raw, not converted, as at Xero."""

from __future__ import annotations

from decimal import Decimal

from plugins.xero.sandbox.arithmetic import ZERO
from plugins.xero.sandbox.store import Books
from plugins.xero.sandbox.wire import Record


def balances(books: Books, contact_id: str, today: str) -> Record | None:
    """Xero's `Balances`, or None for a contact without open documents."""
    sums: dict[str, dict[str, Decimal]] = {}
    for invoice in books["Invoices"].of_contact(contact_id):
        if invoice["Status"] != "AUTHORISED":
            continue
        side = "AccountsReceivable" if invoice["Type"] == "ACCREC" else "AccountsPayable"
        row = sums.setdefault(side, {"Outstanding": ZERO, "Overdue": ZERO})
        row["Outstanding"] += invoice["AmountDue"]
        if (invoice.get("DueDate") or today) < today:
            row["Overdue"] += invoice["AmountDue"]
    if not sums:
        return None
    nothing = {"Outstanding": ZERO, "Overdue": ZERO}
    return {side: sums.get(side, nothing) for side in ("AccountsReceivable", "AccountsPayable")}


def sides(books: Books, contact_id: str) -> tuple[bool, bool]:
    """Whether the contact has sales invoices, and whether it has bills."""
    types = {row["Type"] for row in books["Invoices"].of_contact(contact_id)}
    return "ACCREC" in types, "ACCPAY" in types
