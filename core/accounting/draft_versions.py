"""A draft that is in the books as its form has it, and its versions: side by side, and one put on top of another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from core import formats
from core.accounting.draft_form import HEAD, LINE, Texts, Typed, number_texts, parse_day, tracking_texts
from core.accounting.draft_lists import Lists
from core.accounting.draft_view import AMOUNTS_ARE, label_in
from core.contract.values import AmountsAre, ChoiceKind, Document, DocumentStatus, Line, NewDocument
from core.forms import parse_amount

GONE = (DocumentStatus.DELETED, DocumentStatus.VOIDED)
_NUMBERS = frozenset({"quantity", "unit_price", "discount"})
_RECKONED = ("quantity", "unit_price", "discount", "discount_amount")
_HEAD = ("party_id", "date", "due_date", "currency", "amounts_are", "reference")
_IN_A_LINE = (*_RECKONED, "description", "item", "account", "tax_rate", "tracking")
_MAY_BE_OPEN = frozenset({"due_date", "description", "item", "account", "tax_rate"})
_DAYS = frozenset({"date", "due_date"})
_CHOICES = {"item": ChoiceKind.ITEM, "account": ChoiceKind.ACCOUNT, "tax_rate": ChoiceKind.TAX_RATE}
_WORDS = {
    "party": "Bill to",
    "party_id": "Bill to",
    "date": "Date",
    "due_date": "Due",
    "reference": "Reference",
    "currency": "Currency",
    "amounts_are": "Amounts are",
    "theme": "Branding theme",
    "description": "description",
    "quantity": "quantity",
    "unit_price": "price",
    "discount": "discount",
    "discount_amount": "discount",
    "item": "item",
    "account": "account",
    "tax_rate": "tax",
}


def lines_kept(document: Document) -> dict[str, Line]:
    """The lines of a document by what names them in a form: their id, or their place where they have none."""
    return {line.id or f"#{number}": line for number, line in enumerate(document.lines or (), 1)}


def typed_of(document: Document, lists: Lists) -> Typed:
    """A document as its form has it. The theme is not told by documents: left empty it stays as it is."""
    head = {
        "party": document.party_id,
        "date": document.date.isoformat(),
        "due_date": document.due_date.isoformat() if document.due_date else "",
        "reference": document.reference,
        "currency": document.currency,
        "amounts_are": document.amounts_are.value,
        "theme": "",
    }
    return Typed(head, tuple(_texts(ident, line, lists) for ident, line in lines_kept(document).items()))


def _texts(ident: str, line: Line, lists: Lists) -> Texts:
    words = {name: str(getattr(line, name)) for name in ("description", "item", "account", "tax_rate")}
    return {**words, **number_texts(line), **tracking_texts(line, lists), "id": ident}


def copy_of(typed: Typed) -> Typed:
    """The same without what names lines of one document."""
    return replace(typed, lines=tuple({**line, "id": ""} for line in typed.lines))


def unmet(document: Document, wanted: NewDocument, before: Document) -> list[str]:
    """What a document has otherwise than was wanted of it, in words: ``Reference``, ``Line 2, account``.

    What was left open may be filled in by the accounting system; what was emptied may not stay as it was `before`.
    """
    found = [_WORDS[name] for name in _HEAD if not _meets(name, document, wanted, before)]
    lines, kept = document.lines or (), {line.id: line for line in before.lines or () if line.id}
    if len(lines) != len(wanted.lines):
        return [*found, "Lines"]
    skipped = {"tax_rate"} if wanted.amounts_are is AmountsAre.NO_TAX else set()
    for number, (line, asked) in enumerate(zip(lines, wanted.lines, strict=True), 1):
        names = [name for name in _IN_A_LINE if not _meets(name, line, asked, kept.get(asked.id))]
        found += [f"Line {number}, {_WORDS.get(name, name)}" for name in names if name not in skipped]
    return found


def _meets(name: str, there: Any, asked: Any, before: Any) -> bool:
    """Whether a field of a document or a line is as asked for."""
    found, wish = _same_text(getattr(there, name)), _same_text(getattr(asked, name))
    if name == "tracking":
        return set(found) == set(wish)
    if name in _MAY_BE_OPEN and not wish:
        return before is None or not found or found != _same_text(getattr(before, name))
    return bool(found == wish)


def _same_text(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value


def is_untouched(before: Document, now: Document) -> bool:
    """Whether nothing that a form shows changed between two readings, though the version may have."""
    names = ("status", "party_id", "date", "due_date", "currency", "amounts_are", "reference", "lines", "total")
    return all(getattr(before, name) == getattr(now, name) for name in names)


def is_same(name: str, one: str, other: str) -> bool:
    """Whether two texts of a field mean the same: ``6,400`` and ``6400.00`` do."""
    return _meant(name, one) == _meant(name, other)


def _meant(name: str, text: str) -> object:
    bare = text.replace("\r\n", "\n").strip()
    try:
        if name in _NUMBERS:
            return parse_amount(bare, places=4, minimum=Decimal("-1e12"), maximum=Decimal("1e12")) if bare else 0
        return parse_day(bare) if name in _DAYS and bare else bare
    except ValueError:
        return bare


def _differs(one: Texts, other: Texts) -> bool:
    return any(not is_same(name, one[name], other[name]) for name in LINE if name != "id")


@dataclass(frozen=True, slots=True)
class Compared:
    """One row of the three versions side by side, as text; which of the two differs from what it was before."""

    label: str
    before: str
    theirs: str
    ours: str
    theirs_changed: bool
    ours_changed: bool

    @property
    def clashes(self) -> bool:
        """Whether both changed it, and not to the same."""
        return self.theirs_changed and self.ours_changed and self.theirs != self.ours


def side_by_side(
    before: Typed, theirs: Typed, ours: Typed, lists: Lists, names: Mapping[str, str]
) -> Sequence[Compared]:
    """What either changed, field by field and line by line; `names` are the parties' names by id."""
    found = [_compared(_WORDS[name], name, (before.head, theirs.head, ours.head), lists, names) for name in HEAD]
    for number, line in enumerate(_aligned(before, theirs, ours), 1):
        found.extend(_line(f"Line {number}", line, lists, names))
    return [one for one in found if one.theirs_changed or one.ours_changed]


Aligned = tuple[Texts | None, Texts | None, Texts | None]


def _aligned(before: Typed, theirs: Typed, ours: Typed) -> Iterable[Aligned]:
    """The lines of three versions: those of the books by their ids, then what we added."""
    b, t, o = ({line["id"]: line for line in typed.lines if line["id"]} for typed in (before, theirs, ours))
    for ident in dict.fromkeys([*b, *t]):
        yield b.get(ident), t.get(ident), o.get(ident)
    yield from ((None, None, line) for line in ours.lines if line["id"] not in b.keys() | t.keys())


def _line(label: str, line: Aligned, lists: Lists, names: Mapping[str, str]) -> Iterable[Compared]:
    before, theirs, ours = line
    if before is not None and theirs is not None and ours is not None:
        slots = dict(zip(("tracking_0", "tracking_1"), lists.groups(), strict=False))
        for name in (one for one in LINE if one != "id"):
            words = _WORDS.get(name) or slots.get(name, "tracking")
            yield _compared(f"{label}, {words}", name, (before, theirs, ours), lists, names)
        return
    was, there, here = (_in_short(one) for one in line)
    added = before is None
    yield Compared(label, was, there, here, _moved(before, theirs, added=added), _moved(before, ours, added=added))


def _moved(before: Texts | None, now: Texts | None, *, added: bool) -> bool:
    if before is None or now is None:
        return (now is not None) if added else True
    return _differs(before, now)


def _in_short(line: Texts | None) -> str:
    if line is None:
        return "not there"
    return f"{line['description'] or line['item'] or 'no description'}: {line['quantity']} × {line['unit_price']}"


def _compared(
    label: str, name: str, texts: tuple[Texts, Texts, Texts], lists: Lists, names: Mapping[str, str]
) -> Compared:
    before, theirs, ours = (one[name] for one in texts)
    was, there, here = (_shown(name, text, lists, names) for text in (before, theirs, ours))
    return Compared(label, was, there, here, not is_same(name, before, theirs), not is_same(name, before, ours))


def _shown(name: str, text: str, lists: Lists, names: Mapping[str, str]) -> str:
    bare = text.strip()
    if name == "theme":
        return label_in(lists, ChoiceKind.THEME, bare) if bare else "as it is"
    if not bare:
        return "none"
    if name in _CHOICES:
        return label_in(lists, _CHOICES[name], bare)
    meant = _meant(name, bare)
    if name in _DAYS and not isinstance(meant, str):
        return formats.day(meant)  # type: ignore[arg-type]
    words = {"party": names.get(bare, bare), "amounts_are": AMOUNTS_ARE.get(bare, bare), "discount": f"{bare} %"}
    return words.get(name, bare)


def merged(before: Typed, theirs: Typed, ours: Typed) -> Typed:
    """Ours on top of theirs: what we changed is ours, everything else is as it is in the books now."""
    head = {name: _either(name, before.head, theirs.head, ours.head) for name in HEAD}
    was = {line["id"]: line for line in before.lines}
    there = {line["id"]: line for line in theirs.lines}
    lines = [line for one in ours.lines if (line := _on_top(one, was, there)) is not None]
    added = [line for line in theirs.lines if line["id"] not in was]
    return Typed(head, (*lines, *added))


def _on_top(line: Texts, was: Mapping[str, Texts], there: Mapping[str, Texts]) -> Texts | None:
    before, theirs = was.get(line["id"]), there.get(line["id"])
    if before is None:
        return {**line, "id": ""}
    if theirs is None:  # they removed it: it stays removed unless we changed it
        return {**line, "id": ""} if _differs(before, line) else None
    return {**{name: _either(name, before, theirs, line) for name in LINE}, "id": line["id"]}


def _either(name: str, before: Texts, theirs: Texts, ours: Texts) -> str:
    return theirs[name] if is_same(name, before[name], ours[name]) else ours[name]
