"""A whole draft as its page shows it: what was typed, in the words of the organisation's lists, and its totals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core import formats
from core.accounting.draft_form import Checked, Texts, from_payload, parse_day
from core.accounting.draft_lists import TRACKING, Lists, taxed
from core.accounting.draft_words import joined
from core.accounting.models import Draft
from core.accounting.words import due_word
from core.contract.values import AmountsAre, Choice, ChoiceKind
from core.forms import parse_amount

AMOUNTS_ARE: Mapping[str, str] = {
    AmountsAre.EXCLUSIVE.value: "tax exclusive",
    AmountsAre.INCLUSIVE.value: "tax inclusive",
    AmountsAre.NO_TAX.value: "no tax",
}


@dataclass(frozen=True, slots=True)
class SeenLine:
    """One line as text; `about` says item, account, tax, discount and tracking, as far as they were chosen."""

    description: str
    quantity: str
    unit_price: str
    amount: str
    about: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """A draft in full: pairs of name and value, its lines, and our totals in `currency`.

    `untaxed` names the lines whose tax was not known and is not in the totals; `complete` is False where a line could
    not be read.
    """

    facts: Sequence[tuple[str, str]]
    lines: Sequence[SeenLine]
    currency: str
    subtotal: Decimal
    tax: Decimal
    total: Decimal
    untaxed: str
    complete: bool


def whole(payload: Mapping[str, Any], lists: Lists, *, estimate: bool) -> Whole:
    """What a draft's payload holds. What cannot be read as a date or an amount stands as it was typed."""
    typed, sums = from_payload(payload["typed"]), payload["sums"]
    currency = typed.head["currency"]
    amounts = (formats.amount(Decimal(one), currency) if one else "" for one in sums["lines"])
    return Whole(
        facts=list(_facts(typed.head, lists, estimate=estimate)),
        lines=[
            _line(line, amount, currency, lists, taxed_at_all=typed.head["amounts_are"] != AmountsAre.NO_TAX.value)
            for line, amount in zip(typed.lines, amounts, strict=True)
        ],
        currency=currency,
        subtotal=Decimal(sums["subtotal"]),
        tax=Decimal(sums["tax"]),
        total=Decimal(sums["total"]),
        untaxed=line_numbers(sums["open_tax"]),
        complete=all(sums["lines"]),
    )


def is_open(draft: Draft) -> bool:
    """Whether our total is not the last word: a tax was not known, or a line could not be read."""
    sums = draft.payload["sums"]
    return bool(sums["open_tax"]) or not all(sums["lines"])


def _facts(head: Texts, lists: Lists, *, estimate: bool) -> Iterable[tuple[str, str]]:
    yield "Date", _day(head["date"])
    yield due_word(estimate=estimate), _day(head["due_date"])
    yield "Reference", head["reference"].strip() or "none"
    yield "Currency", head["currency"] or "not chosen yet"
    yield "Amounts are", AMOUNTS_ARE.get(head["amounts_are"], head["amounts_are"])
    if head["theme"]:
        yield "Branding theme", label_in(lists, ChoiceKind.THEME, head["theme"])


def _day(text: str) -> str:
    try:
        return formats.day(parse_day(text))
    except ValueError:
        return text.strip() or "not set"


def _line(line: Texts, amount: str, currency: str, lists: Lists, *, taxed_at_all: bool) -> SeenLine:
    item = lists.get(ChoiceKind.ITEM, line["item"])
    words = line["description"].strip() or (item.description or item.label if item else "")
    quantity, price = _number(line["quantity"]), _price(line["unit_price"], currency)
    about = (*_chosen(line, item, lists), *_tax(line, lists, taxed_at_all=taxed_at_all), *_more(line, lists))
    return SeenLine(words, quantity, price, amount, about)


def _chosen(line: Texts, item: Choice | None, lists: Lists) -> Iterable[str]:
    """The item, and the account that is its own or the item's."""
    if line["item"]:
        yield label_in(lists, ChoiceKind.ITEM, line["item"])
    account = line["account"] or (item.account if item else "")
    if account:
        yield label_in(lists, ChoiceKind.ACCOUNT, account)


def _tax(line: Texts, lists: Lists, *, taxed_at_all: bool) -> Iterable[str]:
    if taxed_at_all:
        known = taxed(line["tax_rate"], line["account"], line["item"], lists)
        yield known.words if known.rate is not None or line["tax_rate"] else f"tax {known.words}"


def _more(line: Texts, lists: Lists) -> Iterable[str]:
    """Discount and tracking."""
    if line["discount"].strip():
        yield f"less {_number(line['discount'])}%"
    for name, group in zip(TRACKING, lists.groups(), strict=False):
        if line[name]:
            label = next((one.label for one in lists.options(group) if one.id == line[name]), line[name])
            yield f"{group}: {label}"


def label_in(lists: Lists, kind: ChoiceKind, ident: str) -> str:
    """The entry of a list in words, an account with its code; the id itself for what is not in the list."""
    found = lists.get(kind, ident)
    return f"{found.code if kind is ChoiceKind.ACCOUNT else ''} {found.label}".strip() if found else ident


def _number(text: str) -> str:
    try:
        return formats.number(parse_amount(text, places=4))
    except ValueError:
        return text.strip()


def _price(text: str, currency: str) -> str:
    """Two decimals, or as many as it has where those are more."""
    try:
        value = parse_amount(text, places=4)
    except ValueError:
        return text.strip()
    return formats.price(value, currency)


def line_numbers(numbers: Sequence[int]) -> str:
    """The lines in words: *line 1*, *lines 1 and 3*, *7 lines*; "" for none."""
    if len(numbers) > 3:
        return f"{len(numbers)} lines"
    return f"line{'s' if len(numbers) > 1 else ''} {joined([*map(str, numbers)])}" if numbers else ""


def sums_of(checked: Checked) -> dict[str, Any]:
    """What is kept of a form's totals: amounts as text, "" for a line that cannot be read, and lines without tax."""
    sums, place = checked.sums, {row: number for number, row in enumerate(checked.rows, 1)}
    return {
        "subtotal": str(sums.subtotal),
        "tax": str(sums.tax),
        "total": str(sums.total),
        "lines": ["" if amount is None else str(amount) for amount in map(checked.amount_of, checked.rows)],
        "open_tax": [place[row] for row in checked.open_tax],
    }
