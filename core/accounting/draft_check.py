"""*Before it goes*: in plain words, what would be refused, what may hinder approval, and what is well."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import formats
from core.accounting.committed import Committed
from core.accounting.draft_form import Checked
from core.accounting.draft_lists import Lists
from core.accounting.draft_words import joined
from core.accounting.models import DocumentRow
from core.accounting.words import due_word
from core.contract.values import (
    Capability,
    ChoiceKind,
    DocumentKind,
    DocumentStatus,
    Line,
    NewDocument,
    Organisation,
    Party,
    Problem,
)

NO, MAYBE, OK = "no", "maybe", "ok"
LABELS = {
    "": "",
    "party": "Bill to",
    "date": "Date",
    "reference": "Reference",
    "currency": "Currency",
    "amounts_are": "Amounts are",
    "theme": "Theme",
    "lines": "Lines",
    "item": "item",
    "description": "description",
    "quantity": "quantity",
    "unit_price": "price",
    "discount": "discount",
    "account": "account",
    "tax_rate": "tax",
    "tracking": "tracking",
    "tracking_0": "tracking",
    "tracking_1": "tracking",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the list. `tone`: no (would be refused), maybe (a warning), ok; `field` is where it belongs."""

    tone: str
    label: str
    text: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Overdue:
    """What a customer owes beyond its due date, in each currency, the base currency first; days of the oldest."""

    amounts: tuple[tuple[str, Decimal], ...]
    days: int


@dataclass(frozen=True, slots=True)
class Known:
    """What the CRM knows about the customer and the organisation; amounts are None where they may not be seen.

    `record_currency` is that of the opportunity or project, "" for other records.
    """

    organisation: Organisation
    capabilities: frozenset[Capability]
    party: Party | None
    connected: bool = True
    overdue: Overdue | None = None
    agreed: Committed | None = None
    record_currency: str = ""

    @property
    def is_estimate(self) -> bool:
        """Whether an estimate is made: nobody approves it, and it is not due."""
        return Capability.DRAFT_INVOICE not in self.capabilities


def label_of(field: str, due: str) -> str:
    """What a field is called on the page: ``lines.0.account`` is *Line 1, account*; `due` is the due date's name."""
    parts = field.split(".")
    if parts[0] == "lines" and len(parts) == 3 and parts[1].isdigit():
        return f"Line {int(parts[1]) + 1}, {LABELS.get(parts[2], parts[2])}"
    return due if field == "due_date" else LABELS.get(field, "")


def before_it_goes(checked: Checked, refused: Iterable[Problem], lists: Lists, known: Known) -> list[Item]:
    """The whole list: problems of the form and of the provider's refusal, then warnings, then what is well."""
    told = (*checked.problems, *refused)
    problems = [
        Item(NO, label_of(one.field, due_word(estimate=known.is_estimate)), one.message, one.field) for one in told
    ]
    return [
        *problems,
        *_warnings(checked, lists, known),
        *_well(checked, {item.field for item in problems}, lists, known),
    ]


def _warnings(checked: Checked, lists: Lists, known: Known) -> Iterable[Item]:
    if not known.connected:
        yield Item(MAYBE, "Connection", "is gone. Save this for later; an admin can connect it again.")
    document = checked.document
    if document is not None:
        if not known.is_estimate:
            yield from _about_date(document, known.organisation)
        yield from _about_currency(document, known)
        yield from _about_lines(checked, document, lists, known)
    if known.overdue is not None:
        amounts = joined([formats.money(amount, currency) for currency, amount in known.overdue.amounts])
        days = "1 day" if known.overdue.days == 1 else f"{known.overdue.days} days"
        yield Item(MAYBE, "Customer", f"is {days} overdue with {amounts}. Ask for that before you bill more.")


def _about_date(document: NewDocument, organisation: Organisation) -> Iterable[Item]:
    lock = organisation.lock_date
    if lock is not None and document.date <= lock:
        locked = f"is not after {formats.day(lock)}, up to which the books are locked"
        text = f"{locked}: it could not be approved. Choose a later date, or ask accounts."
        yield Item(MAYBE, "Date", text, "date")
    if document.due_date is None:
        yield Item(MAYBE, "Due", "is empty: it is needed before this can be approved.", "due_date")


def _about_currency(document: NewDocument, known: Known) -> Iterable[Item]:
    """What was agreed in another currency is not converted by anybody."""
    theirs = known.record_currency
    if theirs and theirs != document.currency:
        text = f"is {document.currency}, and what was agreed is in {theirs}. Prices are not converted: check each."
        yield Item(MAYBE, "Currency", text, "currency")
    elif known.party is not None and known.party.currency not in ("", document.currency):
        text = f"is {document.currency}; this customer is usually billed in {known.party.currency}."
        yield Item(MAYBE, "Currency", text, "currency")


def _about_lines(checked: Checked, document: NewDocument, lists: Lists, known: Known) -> Iterable[Item]:
    groups = lists.groups() if Capability.TRACKING in known.capabilities else ()
    for number, line in zip(checked.rows, document.lines, strict=True):
        at, label = f"lines.{number}.", f"Line {number + 1}"
        tax_is_open = number in checked.open_tax
        if _needs_account(line, lists, known):
            tax = ", and its tax comes with it" if tax_is_open else ""
            text = f"has no account yet: it needs one before this can be approved{tax}."
            yield Item(MAYBE, label, text, f"{at}account")
        elif tax_is_open:
            yield Item(MAYBE, label, "has a tax that is not known here: the total is without it.", f"{at}tax_rate")
        if groups and len(line.tracking) < len(groups):
            chosen = {group for group, _ in line.tracking}
            missing = " and ".join(group for group in groups if group not in chosen)
            yield Item(MAYBE, label, f"says nothing on {missing}.", f"{at}tracking_0")


def _needs_account(line: Line, lists: Lists, known: Known) -> bool:
    """Whether a line has no account, neither its own nor its item's, where accounts are chosen."""
    if not lists.offered(ChoiceKind.ACCOUNT) or Capability.LINE_NEEDS_ITEM in known.capabilities:
        return False
    of_item = lists.get(ChoiceKind.ITEM, line.item)
    return not (line.account or (of_item.account if of_item else ""))


def _well(checked: Checked, at_fault: set[str], lists: Lists, known: Known) -> Iterable[Item]:
    if known.party is not None and "party" not in at_fault:
        terms = ", terms known" if known.party.sales_terms is not None else ", no terms of its own"
        yield Item(OK, "Customer", f"is active{terms}.")
    document = checked.document
    if document is None:
        return
    if not at_fault:
        yield from _choices_well(document, lists, known)
    if known.agreed is not None and known.agreed.currency == document.currency:
        yield _still_to_bill(known.agreed, checked.sums.subtotal)


def _choices_well(document: NewDocument, lists: Lists, known: Known) -> Iterable[Item]:
    """Said only of what was chosen; nothing while a line waits for its account."""
    if any(_needs_account(line, lists, known) for line in document.lines):
        return
    lines = document.lines
    chosen = {
        "items": any(line.item for line in lines),
        "accounts": any(line.account for line in lines),
        "tax rates": any(line.tax_rate for line in lines),
    }
    words = joined([word for word, there in chosen.items() if there])
    if words:
        yield Item(OK, words.capitalize(), "may be used for sales.")


def _still_to_bill(agreed: Committed, this: Decimal) -> Item:
    left = agreed.left - this
    of = f"the agreed {formats.money(agreed.agreed, agreed.currency)}"
    if left < 0:
        whole, over = (formats.money(one, agreed.currency) for one in (agreed.total + this, -left))
        told = f"With this, {whole} is drafted or billed of {of}, without tax: {over} too much."
        return Item(MAYBE, "More than agreed.", f"{told} Bill less, or agree more first.")
    return Item(OK, "Still to bill", f"after this: {formats.money(left, agreed.currency)} of {of}, without tax.")


def overdue_of(session: Session, connection_id: int, party_id: str, currency: str, today: date) -> Overdue | None:
    """What a party owes beyond its due date, from the snapshot; `currency` is told first. None for nothing."""
    rows = session.execute(
        select(DocumentRow.currency, func.sum(DocumentRow.amount_due), func.min(DocumentRow.due_date))
        .where(
            DocumentRow.connection_id == connection_id,
            DocumentRow.party_id == party_id,
            DocumentRow.kind == DocumentKind.SALES_INVOICE.value,
            DocumentRow.status == DocumentStatus.AUTHORISED.value,
            DocumentRow.due_date < today,
            DocumentRow.amount_due > 0,
        )
        .group_by(DocumentRow.currency)
    ).all()
    if not rows:
        return None
    amounts = sorted(((code, amount) for code, amount, _ in rows), key=lambda one: (one[0] != currency, one[0]))
    oldest = min(due for _, _, due in rows if due is not None)
    return Overdue(tuple(amounts), (today - oldest).days)


def problems_of(kept: Sequence[dict[str, str]]) -> tuple[Problem, ...]:
    """The problems kept with a refused intent."""
    return tuple(Problem(str(one.get("field", "")), str(one.get("message", ""))) for one in kept)
