"""The form of an invoice draft: what was posted, kept to the letter, and what it means.

Fields are plain: ``party``, ``date``, … and for lines ``lines-0-description``. Nothing is dropped or cut: what cannot
be understood is a `Problem` at its field, with a sentence that says what to write.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core import formats
from core.accounting.arithmetic import Totals, line_sum, totals
from core.accounting.draft_lists import TRACKING, Lists, taxed
from core.contract.values import AmountsAre, ChoiceKind, Line, NewDocument, Problem
from core.forms import can_be_seen, in_default_style, in_present_style, parse_amount

HEAD = ("party", "date", "due_date", "reference", "currency", "amounts_are", "theme")
LINE = ("item", "description", "quantity", "unit_price", "discount", "account", "tax_rate", *TRACKING, "id")
MAX_LINES = 500
NUMBERS = frozenset({"quantity", "unit_price", "discount"})
LENGTHS = {"reference": 255, "description": 4000}
HUNDRED = Decimal(100)
MOST = Decimal("9999999999.99")  # what a total may come to; the ledger's amounts hold fourteen digits
_LINE_FIELD = re.compile(r"lines-(\d{1,6})-([a-z_0-9]+)")
_DAY_FORMATS = ("%Y-%m-%d", "%d %b %Y", "%d %B %Y")

Texts = Mapping[str, str]
_NOTHING: Mapping[str, Line] = {}


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person typed: the head's fields and, for each line, its fields; all as text, "" for what is not there.

    Numbers are written in the style of who types; what is kept has them in the default style, for others to read.
    """

    head: Texts
    lines: tuple[Texts, ...]

    def as_payload(self) -> dict[str, Any]:
        """For keeping as JSON; rows in which nothing was typed are left out."""
        lines = [_with_numbers(line, in_default_style) for line in self.lines if not is_blank(line)]
        return {"head": dict(self.head), "lines": lines}


@dataclass(frozen=True, slots=True)
class Checked:
    """What a form means: the document (None with problems) and what it adds up to, as far as it can be read.

    `rows` are the numbers of the form's rows that became lines; `sums.lines` goes with them. `open_tax` are the rows
    whose tax rate is not known here: their tax is not in the sums.
    """

    document: NewDocument | None
    problems: tuple[Problem, ...]
    sums: Totals
    rows: tuple[int, ...]
    open_tax: tuple[int, ...] = ()

    def at(self, name: str) -> list[str]:
        """The sentences at one field."""
        return [one.message for one in self.problems if one.field == name]

    def amount_of(self, row: int) -> Decimal | None:
        """What a row comes to after its discount; None for one in which nothing was typed, or what cannot be read."""
        if any(self.at(f"lines.{row}.{name}") for name in ("quantity", "unit_price", "discount")):
            return None
        return dict(zip(self.rows, (line.amount for line in self.sums.lines), strict=True)).get(row)

    @property
    def unread(self) -> bool:
        """Whether a line comes to nobody knows what, so that the sums are not the whole."""
        return any(self.amount_of(row) is None for row in self.rows)


def number_texts(line: Line) -> dict[str, str]:
    """Quantity, unit price and discount of a line that was read, as they stand in the form."""
    discount = formats.number(line.discount) if line.discount else ""
    return {"quantity": formats.number(line.quantity), "unit_price": price_text(line.unit_price), "discount": discount}


def price_text(value: Decimal) -> str:
    """A price as people write it: two decimals, more only where there are more."""
    text = f"{value:,.4f}"
    return formats.localised(text[:-2] if text.endswith("00") else text)


def money_off(old: Line | None, discount: Decimal) -> Decimal:
    """The discount in money that a line of the books keeps: all of it, unless a `discount` per cent takes its place."""
    return old.discount_amount if old is not None and not discount else Decimal(0)


def tracking_texts(line: Line, lists: Lists) -> dict[str, str]:
    """The tracking of a line that was read, as it stands in the form: of the categories that the form has."""
    chosen = dict(line.tracking)
    groups = (*lists.groups(), "", "")
    return {name: chosen.get(group, "") for name, group in zip(TRACKING, groups, strict=False)}


def new_line() -> dict[str, str]:
    """A row in which nothing was typed yet."""
    return {**dict.fromkeys(LINE, ""), "quantity": "1"}


def is_blank(line: Texts) -> bool:
    """Whether nothing was typed into a row. An account or a tax rate alone says nothing: the page fills those in."""
    typed = any(line.get(name, "").strip() for name in ("item", "description", "unit_price", "discount"))
    return not typed and line.get("quantity", "").strip() in ("", "1")


def read(posted: Texts) -> Typed:
    """The fields of a post, as typed; any number of lines, in the order of their numbers."""
    rows: dict[int, dict[str, str]] = {}
    for name, value in posted.items():
        found = _LINE_FIELD.fullmatch(name)
        if found and found[2] in LINE:
            rows.setdefault(int(found[1]), dict.fromkeys(LINE, ""))[found[2]] = value
    head = {name: posted.get(name, "") for name in HEAD}
    return Typed(head, tuple(rows[number] for number in sorted(rows)))


def items_before(posted: Texts) -> tuple[str, ...]:
    """The item that each row of `read` had when the form was drawn, "" for none."""
    numbers = {int(found[1]) for name in posted if (found := _LINE_FIELD.fullmatch(name)) and found[2] in LINE}
    return tuple(posted.get(f"lines-{number}-was", "") for number in sorted(numbers))


def from_payload(kept: Mapping[str, Any]) -> Typed:
    """What was kept by `Typed.as_payload`."""
    head = {name: str(kept["head"].get(name, "")) for name in HEAD}
    lines = ({name: str(line.get(name, "")) for name in LINE} for line in kept["lines"])
    return Typed(head, tuple(_with_numbers(line, in_present_style) for line in lines))


def _with_numbers(line: Texts, rewritten: Callable[[str], str]) -> dict[str, str]:
    return {name: rewritten(text) if name in NUMBERS else text for name, text in line.items()}


def parse_day(text: str) -> date:
    """A date such as ``2026-11-22`` or ``22 Nov 2026``. Raises ValueError with a sentence."""
    bare = " ".join(text.split())
    for pattern in _DAY_FORMATS:
        try:
            found = datetime.strptime(bare, pattern).date()  # noqa: DTZ007
        except ValueError:
            continue
        if 2000 <= found.year <= 2100:
            return found
        raise ValueError(f"The year {found.year} is too far {'back' if found.year < 2000 else 'ahead'}.")
    raise ValueError("Write a date such as 2026-11-22 or 22 Nov 2026.")


def check(
    typed: Typed,
    lists: Lists,
    *,
    party_state: str,
    needs: frozenset[str] = frozenset(),
    decimals: int | None = None,
    kept: Mapping[str, Line] = _NOTHING,
) -> Checked:
    """What was typed against the rules and the organisation's lists.

    `party_state`: active, archived, or "" for a party that is not among the organisation's; `needs`: what each line
    must have there (item, account); `decimals`: to how many places amounts are rounded there, None for as many as the
    currency has; `kept`: the lines of the document that is changed, by what stands in a row's field ``id``. What such a
    row says as it was read is taken as it is, though the form would not take it (a price below zero, no quantity).
    """
    return _Checker(typed, lists, needs, decimals, kept).run(party_state)


class _Checker:
    """Reads one form; collects problems as it goes."""

    def __init__(
        self, typed: Typed, lists: Lists, needs: frozenset[str], decimals: int | None, kept: Mapping[str, Line]
    ) -> None:
        self._needs = needs
        self._kept = kept
        self._places = formats.decimals(typed.head["currency"]) if decimals is None else decimals
        self._head = typed.head
        self._lines = typed.lines
        self._lists = lists
        self._problems: list[Problem] = []

    def run(self, party_state: str) -> Checked:
        self._party(party_state)
        issued, due = self._days()
        amounts_are = self._amounts_are()
        reference = self._text("reference", self._head["reference"])
        currency = self._choice("currency", self._head["currency"], ChoiceKind.CURRENCY, "Choose a currency.")
        theme = self._choice("theme", self._head["theme"], ChoiceKind.THEME)
        numbered = [(number, line) for number, line in enumerate(self._lines) if not is_blank(line)]
        lines = [self._line(number, line) for number, line in numbered]
        self._count(len(lines))
        sums = self._sums(lines, amounts_are)
        rows = tuple(number for number, _ in numbered)
        document = None
        if not self._problems and issued is not None:
            document = NewDocument(
                party_id=self._head["party"],
                date=issued,
                due_date=due,
                currency=currency,
                amounts_are=amounts_are,
                lines=tuple(lines),
                reference=reference,
                theme=theme,
            )
        open_tax = self._open_tax(zip(rows, lines, strict=True), amounts_are)
        return Checked(document, tuple(self._problems), sums, rows, tuple(open_tax))

    def _say(self, name: str, message: str) -> None:
        self._problems.append(Problem(name, message))

    def _party(self, state: str) -> None:
        if not self._head["party"]:
            self._say("party", "Choose who this is billed to.")
        elif not state:
            self._say("party", "This one is not among the organisation's contacts. Choose another.")
        elif state != "active":
            self._say("party", "This contact is archived. Choose another, or have it restored.")

    def _days(self) -> tuple[date | None, date | None]:
        issued = self._day("date", needed=True)
        due = self._day("due_date")
        if issued and due and due < issued:
            self._say("due_date", "This is before the date of the invoice. Write the same day or a later one.")
        return issued, due

    def _day(self, name: str, *, needed: bool = False) -> date | None:
        text = self._head[name].strip()
        if not text and not needed:
            return None
        try:
            return parse_day(text)
        except ValueError as error:
            self._say(name, str(error))
            return None

    def _amounts_are(self) -> AmountsAre:
        try:
            return AmountsAre(self._head["amounts_are"])
        except ValueError:
            self._say("amounts_are", "Choose whether the prices hold tax.")
            return AmountsAre.EXCLUSIVE

    def _text(self, name: str, text: str) -> str:
        bare = text.replace("\r\n", "\n").strip()
        length = LENGTHS[name.rpartition(".")[2]]
        if len(bare) > length:
            self._say(name, f"Write at most {length:,} characters; this has {len(bare):,}.")
        if any(unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t" for letter in bare):
            self._say(name, "This holds a character that cannot be shown. Type it again.")
        return bare

    def _choice(self, name: str, ident: str, kind: ChoiceKind, needed: str = "", *, as_it_is: bool = False) -> str:
        """`as_it_is`: the books have it there already, so that it may be what would not be offered."""
        if not ident:
            if needed and not as_it_is:
                self._say(name, needed)
            return ""
        found = self._lists.get(kind, ident)
        if found is not None and not found.active:
            self._say(name, f"{found.label} is archived. Choose another.")
        elif as_it_is:
            return ident
        elif found is None:
            self._say(name, _NOT_LISTED[kind])
        elif not found.for_sales:
            self._say(name, f"{found.label} {_NOT_SOLD[kind]} Choose another.")
        return ident

    def _line(self, number: int, line: Texts) -> Line:
        at, old = f"lines.{number}.", self._kept.get(line["id"])
        item = self._chosen(at, "item", line, old, ChoiceKind.ITEM)
        description = self._text(f"{at}description", line["description"])
        if not can_be_seen(description) and not item and old is None:
            self._say(f"{at}description", "Write what this line is for.")
        quantity, unit_price, discount = self._numbers(at, line, old)
        return Line(
            description=description,
            quantity=quantity,
            unit_price=unit_price,
            discount=discount,
            item=item,
            account=self._chosen(at, "account", line, old, ChoiceKind.ACCOUNT),
            tax_rate=self._chosen(at, "tax_rate", line, old, ChoiceKind.TAX_RATE),
            tracking=self._tracking(at, line, old),
            id=old.id if old else "",
            discount_amount=money_off(old, discount),
        )

    def _chosen(self, at: str, name: str, line: Texts, old: Line | None, kind: ChoiceKind) -> str:
        as_it_is = old is not None and getattr(old, name) == line[name]
        return self._choice(f"{at}{name}", line[name], kind, self._needed(name), as_it_is=as_it_is)

    def _numbers(self, at: str, line: Texts, old: Line | None) -> tuple[Decimal, Decimal, Decimal]:
        """Quantity, unit price and discount."""
        if old is not None and all(line[name] == text for name, text in number_texts(old).items()):
            return old.quantity, old.unit_price, old.discount
        return (
            self._quantity(f"{at}quantity", line["quantity"]),
            self._amount(f"{at}unit_price", line["unit_price"], "Write a price; 0 if it is free."),
            self._amount(f"{at}discount", line["discount"], maximum=HUNDRED, places=2),
        )

    def _needed(self, name: str) -> str:
        return f"Choose an {name}: each line needs one here." if name in self._needs else ""

    def _quantity(self, name: str, text: str) -> Decimal:
        quantity = self._amount(name, text, "Write how many.")
        if quantity == 0 and not any(one.field == name for one in self._problems):
            self._say(name, "Write a quantity above zero, or empty the line.")
        return quantity

    def _amount(self, name: str, text: str, needed: str = "", *, places: int = 4, maximum: Decimal = MOST) -> Decimal:
        word = "amount" if name.endswith("unit_price") else "number"
        if not text.strip():
            if needed:
                self._say(name, needed)
            return Decimal(0)
        try:
            return parse_amount(text, places=places, maximum=maximum, word=word)
        except ValueError as error:
            self._say(name, str(error))
            return Decimal(0)

    def _tracking(self, at: str, line: Texts, old: Line | None) -> tuple[tuple[str, str], ...]:
        if old is not None and all(line[name] == text for name, text in tracking_texts(old, self._lists).items()):
            return old.tracking
        chosen = []
        for name, group in zip(TRACKING, self._lists.groups(), strict=False):
            if line[name]:
                if line[name] not in {option.id for option in self._lists.options(group)}:
                    self._say(f"{at}{name}", f"This is not among the choices of {group}. Choose another.")
                chosen.append((group, line[name]))
        return tuple(chosen)

    def _count(self, count: int) -> None:
        if count == 0:
            self._say("lines", "Add at least one line.")
        if count > MAX_LINES:
            self._say("lines", f"At most {MAX_LINES} lines fit on one draft; this has {count}. Make two of it.")

    def _sums(self, lines: Iterable[Line], amounts_are: AmountsAre) -> Totals:
        """What it adds up to; lines that could not be read count with nothing, as they show."""
        sums = totals([self._line_sum(line, amounts_are) for line in lines], amounts_are)
        if abs(sums.total) > MOST:
            self._say("lines", f"The total is above {formats.number(MOST)}, more than fits on one document.")
        return sums

    def _line_sum(self, line: Line, amounts_are: AmountsAre) -> Any:
        rate = taxed(line.tax_rate, line.account, line.item, self._lists).rate or Decimal(0)
        numbers = (line.quantity, line.unit_price, line.discount)
        return line_sum(*numbers, rate, amounts_are, self._places, line.discount_amount)

    def _open_tax(self, lines: Iterable[tuple[int, Line]], amounts_are: AmountsAre) -> Iterable[int]:
        """The rows whose tax nobody here can reckon."""
        if amounts_are is not AmountsAre.NO_TAX:
            for number, line in lines:
                if taxed(line.tax_rate, line.account, line.item, self._lists).rate is None:
                    yield number


_NOT_LISTED = {
    ChoiceKind.ITEM: "This item is not in the organisation's list. Choose another.",
    ChoiceKind.ACCOUNT: "This account is not in the organisation's list. Choose another.",
    ChoiceKind.TAX_RATE: "This tax rate is not in the organisation's list. Choose another.",
    ChoiceKind.CURRENCY: "This currency is not switched on in the organisation. Choose another.",
    ChoiceKind.THEME: "This theme is not in the organisation's list. Choose another.",
}
_NOT_SOLD = {
    ChoiceKind.ITEM: "is not sold.",
    ChoiceKind.ACCOUNT: "may not stand on a sales invoice.",
    ChoiceKind.TAX_RATE: "may not be used for sales.",
    ChoiceKind.CURRENCY: "may not be used.",
    ChoiceKind.THEME: "may not be used.",
}
