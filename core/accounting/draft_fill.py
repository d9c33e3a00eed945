"""What the page fills into a draft's form: from the record, from an item, from terms. What somebody typed stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from core import formats
from core.accounting.draft_form import LENGTHS, Texts, Typed, is_blank, new_line, parse_day, price_text
from core.accounting.draft_lists import TRACKING, Lists
from core.accounting.draft_versions import is_same
from core.accounting.due_dates import Due
from core.contract.values import AmountsAre, Choice, ChoiceKind, Organisation, Party

TITLED = frozenset({"opportunities", "projects"})


def begin(record: Any, party: Party | None, lists: Lists, organisation: Organisation, today: date) -> Typed:
    """A new form: today's date, the record's title as reference, the currency of record, party or organisation."""
    head = {
        "party": party.ref.id if party else "",
        "date": today.isoformat(),
        "due_date": "",
        "reference": record.title[: LENGTHS["reference"]] if record.kind in TITLED else "",
        "currency": currency_for(record, party, lists, organisation),
        "amounts_are": AmountsAre.EXCLUSIVE.value,
        "theme": "",
    }
    return Typed(head, (new_line(),))


def currency_for(record: Any, party: Party | None, lists: Lists, organisation: Organisation) -> str:
    """The record's own currency, else the party's, else the organisation's: the first that is switched on."""
    wanted = (getattr(record, "currency", ""), party.currency if party else "", organisation.base_currency)
    offered = [one.id for one in lists.offered(ChoiceKind.CURRENCY)]
    return next((code for code in wanted if code and code in offered), offered[0] if len(offered) == 1 else "")


def with_line(typed: Typed) -> Typed:
    """One more row, with the account, tax rate and tracking of the row before."""
    before = typed.lines[-1] if typed.lines else new_line()
    same = {name: before.get(name, "") for name in ("account", "tax_rate", *TRACKING)}
    return replace(typed, lines=(*typed.lines, {**new_line(), **same}))


def without_line(typed: Typed, number: int) -> Typed:
    """Without one row; never without any."""
    kept = tuple(line for place, line in enumerate(typed.lines) if place != number)
    return replace(typed, lines=kept or (new_line(),))


def from_record(typed: Typed, record: Any, lists: Lists, billed: Decimal | None = None) -> Typed:
    """The record's own lines, else one with its title and amount, in place of the empty rows; all without tax.

    `billed`: what was drafted and billed of the amount already, in the record's currency; without lines the rest is
    filled in, and where nothing is left nothing is. None where that may not be known.
    """
    if _nothing_left(record, billed):
        return typed
    kept = tuple(one for one in typed.lines if not is_blank(one))
    own = getattr(record, "lines", ())
    lines = [_own_line(line, lists) for line in own] if own else [_whole(record, billed)]
    return Typed({**typed.head, "amounts_are": AmountsAre.EXCLUSIVE.value}, (*kept, *lines))


def _own_line(line: Any, lists: Lists) -> Texts:
    """A line of an opportunity: its item where the organisation sells one of that code, else its words alone."""
    item = next((one for one in lists.offered(ChoiceKind.ITEM) if line.item and line.item in (one.id, one.code)), None)
    return {
        **new_line(),
        "item": item.id if item else "",
        "description": line.description or (item.description or item.label if item else line.item),
        "quantity": formats.number(line.quantity),
        "unit_price": price_text(line.unit_price),
        "discount": formats.number(line.discount) if line.discount else "",
    }


def _whole(record: Any, billed: Decimal | None) -> Texts:
    """What is still to bill of the record's amount."""
    amount = amount_of(record)
    shown = amount - (billed or 0) if amount is not None else None
    return {
        **new_line(),
        "description": record.title,
        "unit_price": formats.amount(shown, getattr(record, "currency", "")),
    }


def _nothing_left(record: Any, billed: Decimal | None) -> bool:
    amount = amount_of(record)
    return bool(amount and billed and billed >= amount)


def amount_of(record: Any) -> Decimal | None:
    """What an opportunity or a project is worth, tax-exclusive, in its own currency; None for other records."""
    found: Decimal | None = getattr(record, "amount", None) or getattr(record, "budget", None)
    return found


def filled_words(record: Any, billed: Decimal | None, before: Typed) -> str:
    """What to know of what was filled in: what was drafted or billed of it, what it did to rows that stood `before`."""
    if _nothing_left(record, billed):
        return f"{_spoken_for(record, billed)}: nothing is left to bill, so nothing was filled in."
    words = []
    if billed and billed > 0 and amount_of(record):
        whole = bool(getattr(record, "lines", ()))
        what = (
            ". All lines were filled in: take out what was billed."
            if whole
            else ": what is still to bill was filled in."
        )
        words = [_spoken_for(record, billed) + what]
    if before.head["amounts_are"] != AmountsAre.EXCLUSIVE.value and not all(is_blank(one) for one in before.lines):
        words.append("Prices are without tax now, in the rows that were there as well: check those.")
    return " ".join(words)


def _spoken_for(record: Any, billed: Decimal | None) -> str:
    billed_words, agreed_words = (formats.money(one, record.currency) for one in (billed, amount_of(record)))
    return f"{billed_words} of the agreed {agreed_words} is drafted or billed already"


def from_items(typed: Typed, lists: Lists, *, accounts: bool = True) -> Typed:
    """Rows with an item get its description, price, account and tax rate; rows with an account its tax rate.

    Without `accounts` a line says no account of its own.
    """
    return replace(typed, lines=tuple(_from_item(line, lists, accounts=accounts) for line in typed.lines))


def with_items(typed: Typed, lists: Lists, *, accounts: bool = True) -> Typed:
    """The same for rows with an item alone; other rows stay as they were typed."""
    lines = (_from_item(line, lists, accounts=accounts) if line["item"] else line for line in typed.lines)
    return replace(typed, lines=tuple(lines))


def follow_items(typed: Typed, before: Sequence[str], lists: Lists, *, accounts: bool = True) -> Typed:
    """Rows whose item is another than `before`: what that one brought makes way for what the new one brings.

    In a row that had none, account and tax rate of the row above make way, with which it began. Other rows, and what
    somebody typed over what an item brought, stay.
    """
    lines = list(typed.lines)
    for place, (line, former) in enumerate(zip(typed.lines, before, strict=True)):
        item, old = (lists.get(ChoiceKind.ITEM, ident) for ident in (line["item"], former))
        if item is None or line["item"] == former:
            continue
        if old is not None:
            stale = _brought(old, lists, accounts=accounts)
        else:
            stale = _begun_with(line, typed.lines[place - 1]) if place and accounts and item.account else {}
        gone = {name: "" for name, text in stale.items() if text and is_same(name, line[name], text)}
        if gone:
            lines[place] = _from_item({**line, **gone}, lists, accounts=accounts)
    return replace(typed, lines=tuple(lines))


def _begun_with(line: Texts, above: Texts) -> Texts:
    """Account and tax rate of the row above, if the row still has both."""
    same = {name: above[name] for name in ("account", "tax_rate")}
    return same if all(line[name] == text for name, text in same.items()) else {}


def _brought(item: Choice, lists: Lists, *, accounts: bool) -> Texts:
    """What an item fills in: its words, price, account and tax rate, else that of its account."""
    account = item.account if accounts else ""
    by_account = lists.get(ChoiceKind.ACCOUNT, account)
    return {
        "description": item.description or item.label,
        "unit_price": "" if item.price is None else price_text(item.price),
        "account": account,
        "tax_rate": item.tax_rate or (by_account.tax_rate if by_account else ""),
    }


def _from_item(line: Texts, lists: Lists, *, accounts: bool) -> Texts:
    filled = dict(line)
    item = lists.get(ChoiceKind.ITEM, line["item"])
    if item is not None:
        offer = {**_brought(item, lists, accounts=accounts), "tax_rate": item.tax_rate}
        for name, value in offer.items():
            filled[name] = filled[name] or value
    account = lists.get(ChoiceKind.ACCOUNT, filled["account"])
    if account is not None:
        filled["tax_rate"] = filled["tax_rate"] or account.tax_rate
    offered = {one.id for one in lists.offered(ChoiceKind.TAX_RATE)}
    if filled["tax_rate"] not in offered and not line["tax_rate"]:
        filled["tax_rate"] = ""
    return filled


def follow_terms(typed: Typed, due: Due | None, before: str) -> Typed:
    """The due date by the terms, where the field is empty or still holds what was proposed `before`."""
    if due is None or typed.head["due_date"] not in ("", before):
        return typed
    return replace(typed, head={**typed.head, "due_date": due.on.isoformat()})


def issued_on(typed: Typed) -> date | None:
    """The date of the invoice, if it can be read."""
    try:
        return parse_day(typed.head["date"])
    except ValueError:
        return None
