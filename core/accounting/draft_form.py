"""The form of an invoice draft: what was posted, kept to the letter, and what it means.

Fields are plain: ``party``, ``date``, … and for lines ``lines-0-description``. Nothing is dropped or cut: what cannot
be understood is a `Problem` at its field, with a sentence that says what to write.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core import formats
from core.accounting.arithmetic import Totals, line_sum, totals
from core.contract.values import AmountsAre, Choice, ChoiceKind, Line, NewDocument, Problem
from core.forms import can_be_seen, parse_amount

HEAD = ("party", "date", "due_date", "reference", "currency", "amounts_are", "theme")
TRACKING = ("tracking_0", "tracking_1")
LINE = ("item", "description", "quantity", "unit_price", "discount", "account", "tax_rate", *TRACKING)
MAX_LINES = 500
LENGTHS = {"reference": 255, "description": 4000}
HUNDRED = Decimal(100)
MOST = Decimal("9999999999.99")  # what a total may come to; the ledger's amounts hold fourteen digits
_LINE_FIELD = re.compile(r"lines-(\d{1,6})-([a-z_0-9]+)")
_DAY_FORMATS = ("%Y-%m-%d", "%d %b %Y", "%d %B %Y")

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person typed: the head's fields and, for each line, its fields; all as text, "" for what is not there."""

    head: Texts
    lines: tuple[Texts, ...]

    def as_payload(self) -> dict[str, Any]:
        """For keeping as JSON; rows in which nothing was typed are left out."""
        return {"head": dict(self.head), "lines": [dict(line) for line in self.lines if not is_blank(line)]}


@dataclass(frozen=True, slots=True)
class Lists:
    """The organisation's lists that a draft is filled in from; the inactive entries too, marked."""

    by_kind: Mapping[ChoiceKind, tuple[Choice, ...]] = field(default_factory=dict)

    def all(self, kind: ChoiceKind) -> tuple[Choice, ...]:
        """Every entry."""
        return self.by_kind.get(kind, ())

    def offered(self, kind: ChoiceKind) -> tuple[Choice, ...]:
        """What may stand on a new sales document."""
        return tuple(one for one in self.all(kind) if one.active and one.for_sales)

    def without(self, kinds: Collection[ChoiceKind]) -> Lists:
        """The same without some kinds."""
        return Lists({kind: choices for kind, choices in self.by_kind.items() if kind not in kinds})

    def get(self, kind: ChoiceKind, ident: str) -> Choice | None:
        """The entry of that id, the active one where there are several."""
        found = sorted((one for one in self.all(kind) if one.id == ident), key=lambda one: not one.active)
        return found[0] if found and ident else None

    def groups(self) -> tuple[str, ...]:
        """The first two tracking categories: a line takes two at most."""
        names = dict.fromkeys(one.group for one in self.offered(ChoiceKind.TRACKING))
        return tuple(names)[: len(TRACKING)]

    def options(self, group: str) -> tuple[Choice, ...]:
        """What a tracking category offers."""
        return tuple(one for one in self.offered(ChoiceKind.TRACKING) if one.group == group)


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


def from_payload(kept: Mapping[str, Any]) -> Typed:
    """What was kept by `Typed.as_payload`."""
    head = {name: str(kept["head"].get(name, "")) for name in HEAD}
    return Typed(head, tuple({name: str(line.get(name, "")) for name in LINE} for line in kept["lines"]))


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
    raise ValueError("Write a date such as 2026-11-22 or 22 Nov 2026.")


def check(
    typed: Typed,
    lists: Lists,
    *,
    party_state: str,
    needs: frozenset[str] = frozenset(),
    decimals: int | None = None,
) -> Checked:
    """What was typed against the rules and the organisation's lists.

    `party_state`: active, archived, or "" for a party that is not among the organisation's; `needs`: what each line
    must have there (item, account); `decimals`: to how many places amounts are rounded there, None for as many as the
    currency has.
    """
    return _Checker(typed, lists, needs, decimals).run(party_state)


class _Checker:
    """Reads one form; collects problems as it goes."""

    def __init__(self, typed: Typed, lists: Lists, needs: frozenset[str], decimals: int | None) -> None:
        self._needs = needs
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

    def _choice(self, name: str, ident: str, kind: ChoiceKind, needed: str = "") -> str:
        if not ident:
            if needed:
                self._say(name, needed)
            return ""
        found = self._lists.get(kind, ident)
        if found is None:
            self._say(name, _NOT_LISTED[kind])
        elif not found.active:
            self._say(name, f"{found.label} is archived. Choose another.")
        elif not found.for_sales:
            self._say(name, f"{found.label} {_NOT_SOLD[kind]} Choose another.")
        return ident

    def _line(self, number: int, line: Texts) -> Line:
        at = f"lines.{number}."
        item = self._choice(f"{at}item", line["item"], ChoiceKind.ITEM, self._needed("item"))
        description = self._text(f"{at}description", line["description"])
        if not can_be_seen(description) and not item:
            self._say(f"{at}description", "Write what this line is for.")
        return Line(
            description=description,
            quantity=self._quantity(f"{at}quantity", line["quantity"]),
            unit_price=self._amount(f"{at}unit_price", line["unit_price"], "Write a price; 0 if it is free."),
            discount=self._amount(f"{at}discount", line["discount"], maximum=HUNDRED, places=2),
            item=item,
            account=self._choice(f"{at}account", line["account"], ChoiceKind.ACCOUNT, self._needed("account")),
            tax_rate=self._choice(f"{at}tax_rate", line["tax_rate"], ChoiceKind.TAX_RATE),
            tracking=self._tracking(at, line),
        )

    def _needed(self, name: str) -> str:
        return f"Choose an {name}: each line needs one here." if name in self._needs else ""

    def _quantity(self, name: str, text: str) -> Decimal:
        quantity = self._amount(name, text, "Write how many.")
        if quantity == 0 and not any(one.field == name for one in self._problems):
            self._say(name, "Write a quantity above zero, or empty the line.")
        return quantity

    def _amount(self, name: str, text: str, needed: str = "", *, places: int = 4, maximum: Decimal = MOST) -> Decimal:
        if not text.strip():
            if needed:
                self._say(name, needed)
            return Decimal(0)
        try:
            return parse_amount(text, places=places, maximum=maximum)
        except ValueError as error:
            self._say(name, str(error))
            return Decimal(0)

    def _tracking(self, at: str, line: Texts) -> tuple[tuple[str, str], ...]:
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
            self._say("lines", f"The total is above {MOST:,}, more than fits on one document.")
        return sums

    def _line_sum(self, line: Line, amounts_are: AmountsAre) -> Any:
        rate = taxed(line.tax_rate, line.account, line.item, self._lists).rate or Decimal(0)
        return line_sum(line.quantity, line.unit_price, line.discount, rate, amounts_are, self._places)

    def _open_tax(self, lines: Iterable[tuple[int, Line]], amounts_are: AmountsAre) -> Iterable[int]:
        """The rows whose tax nobody here can reckon."""
        if amounts_are is not AmountsAre.NO_TAX:
            for number, line in lines:
                if taxed(line.tax_rate, line.account, line.item, self._lists).rate is None:
                    yield number


@dataclass(frozen=True, slots=True)
class Taxed:
    """The per cent a line is taxed with, None where that is not known here; `words` say what decides it."""

    rate: Decimal | None
    words: str


def taxed(tax_rate: str, account: str, item: str, lists: Lists) -> Taxed:
    """How a line is taxed: by its own rate, else its item's, else its account's (or its item's account).

    As accounting systems document it: an item fills in what the line leaves out, then the account does.
    """
    of_item = lists.get(ChoiceKind.ITEM, item)
    chosen = lists.get(ChoiceKind.ACCOUNT, account or (of_item.account if of_item else ""))
    ways = (
        (tax_rate, ""),
        (of_item.tax_rate if of_item else "", "by the item: "),
        (chosen.tax_rate if chosen else "", "by the account: "),
    )
    named, words = next(((ident, words) for ident, words in ways if ident), ("", ""))
    found = lists.get(ChoiceKind.TAX_RATE, named)
    if found is None:
        return Taxed(None, "not known yet")
    return Taxed(found.rate, f"{words}{found.label}")


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
