"""Fields of a record beside those of its linked party: which differ, and what may be copied which way.

A difference is what people call one: accents, case, spaces, legal forms and the way a phone is written make none.
Nothing is copied from an empty field: copying never erases. A phone that is the same line is left as each side writes
it, for one of them would lose its country. An address is one piece: lines of one side with the city of the other are
nobody's address, so that it goes whole, and what it does not have is empty afterwards.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.accounting import new_party_form
from core.contract.values import Party, PartyState, Problem
from core.folding import any_order, country_of, fold, plain, same_phone, tax_digits

LEAVE, HERE, THERE = "leave", "here", "there"
REF = "record_ref"
LABELS: Mapping[str, str] = {**new_party_form.LABELS, REF: "Number of the record"}
ADDRESS = "address"
_WHERE = (ADDRESS, "city", "region", "postal_code", "country")
FIELDS: Mapping[str, tuple[str, ...]] = {
    "organizations": ("name", "email", "phone", "tax_number", ADDRESS),
    "contacts": ("name", "first_name", "last_name", "email", "phone", ADDRESS),
}
_PERSON = ("name", "first_name", "last_name")


@dataclass(frozen=True, slots=True)
class Able:
    """Which ways are open: the record may be changed, the party may be changed, and may be given the record's number.

    `why_not_there`: why the party may not be changed, in a sentence.
    """

    here: bool
    there: bool
    ref: bool = False
    why_not_there: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """One field on both sides. `differs` as people see it; `ways` are the directions that are open.

    `parts` are the fields it is written by, each with its value here and there: five of an address, else one.
    """

    name: str
    here: str
    there: str
    differs: bool
    ways: tuple[str, ...]
    parts: tuple[tuple[str, str, str], ...] = ()

    @property
    def label(self) -> str:
        """What people call the field."""
        return LABELS[self.name]

    @property
    def is_same(self) -> bool:
        """Whether there is nothing to copy: both sides are written alike, or name the same phone."""
        alike = all(_joined(here) == _joined(there) for _, here, there in self.parts)
        return alike or (self.name == "phone" and bool(self.here.strip()) and not self.differs)

    @property
    def proposed(self) -> str:
        """The direction that fills an empty side; else nothing is proposed."""
        fills = HERE if self.there and not self.here else THERE if self.here and not self.there else LEAVE
        return fills if fills in self.ways and self.name != REF else LEAVE


def pairs(record: Any, party: Party, able: Able) -> list[Pair]:
    """The fields of both sides, in the order of a form; the record's number last, where it may be given."""
    return list(_pairs(record, party, able))


def _pairs(record: Any, party: Party, able: Able) -> Iterator[Pair]:
    known = record.kind == "contacts" and _is_person(record, party)
    for name in FIELDS[record.kind]:
        parts = tuple(_part(record, party, part) for part in parts_of(name))
        here, there = (address_text([part[side] for part in parts]) for side in (1, 2))
        differs = not all(same(*part) for part in parts) and not (known and name in _PERSON)
        pair = Pair(name, here, there, differs, (), parts)
        yield replace(pair, ways=() if pair.is_same else tuple(_ways(record, pair, able)))
    if able.ref and able.there and not party.record_ref:
        ref = ref_of(record)
        yield Pair(REF, ref, "", differs=False, ways=(THERE,), parts=((REF, ref, ""),))


def parts_of(name: str) -> tuple[str, ...]:
    """The fields that a row of the form is written by."""
    return _WHERE if name == ADDRESS else (name,)


def row_of(name: str) -> str:
    """The row of the form that a field belongs to."""
    return ADDRESS if name in _WHERE else name


def _part(record: Any, party: Party, name: str) -> tuple[str, str, str]:
    here = record.title if name == "name" else str(getattr(record, name) or "")
    return name, here, str(getattr(party, name))


def address_text(parts: Sequence[str]) -> str:
    """The parts as they are shown, each on a line of its own; one that is empty has none."""
    return "\n".join(part for part in parts if part.strip())


def _ways(record: Any, pair: Pair, able: Able) -> Iterator[str]:
    derived = pair.name == "name" and record.kind == "contacts"  # a person's name here is made of first and last name
    if able.here and pair.there.strip() and not derived:
        yield HERE
    if able.there and pair.here.strip():
        yield THERE


def ref_of(record: Any) -> str:
    """What the accounting system keeps for a record's number."""
    return f"{record.kind}/{record.id}"


def _is_person(record: Any, party: Party) -> bool:
    mine = any_order(record.title)
    return mine in (any_order(party.name), any_order(f"{party.first_name} {party.last_name}"))


def same(name: str, one: str, other: str) -> bool:
    """Whether two values of a field say the same to people."""
    if not one.strip() or not other.strip():
        return one.strip() == other.strip()
    if name == "phone":
        return same_phone(one, other)
    by: Callable[[str], str] = {"name": fold, "tax_number": tax_digits, "country": country_of}.get(name, _words)
    return by(one) == by(other)


def _words(text: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "@.-_" else " " for letter in plain(text)).replace(" ", "")


def _joined(text: str) -> str:
    return " ".join(text.split())


def differing(record: Any, party: Party) -> int:
    """How many fields differ."""
    return sum(pair.differs for pair in _pairs(record, party, Able(here=False, there=False)))


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be written where, as a person chose it: by field, what it was and what it shall be."""

    here: Mapping[str, tuple[str, str]]
    there: Mapping[str, tuple[str, str]]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be written."""
        return not self.here and not self.there

    @property
    def seen(self) -> str:
        """What was shown, in short: the same mark, the same old and new values."""
        text = json.dumps([sorted(self.here.items()), sorted(self.there.items())])
        return hashlib.sha256(text.encode()).hexdigest()[:20]


def wish(found: Sequence[Pair], chosen: Mapping[str, str]) -> Wish:
    """What is to be written, by the direction chosen for each field; a direction that is not open is left."""
    here: dict[str, tuple[str, str]] = {}
    there: dict[str, tuple[str, str]] = {}
    for pair in found:
        way = chosen.get(pair.name, LEAVE)
        moved = [part for part in pair.parts if _joined(part[1]) != _joined(part[2])] if way in pair.ways else []
        for name, ours, theirs in moved:
            if way == HERE:
                here[name] = (ours, theirs)
            else:
                there[name] = (theirs, ours)
    return Wish(here, there)


def problems(record: Any, wanted: Wish) -> list[Problem]:
    """What the record could not hold, by row; what the accounting system refuses, it says itself."""
    found = []
    typed = {name: new for name, (_, new) in wanted.here.items()}
    columns = record.__table__.columns
    for name, text in typed.items():
        most = getattr(columns[name].type, "length", None) or 500
        if len(text) > most:
            found.append(Problem(name, f"The record holds at most {most} characters here; this has {len(text)}."))
    asked = {"name": "x", "email": "", **typed, **{name: new for name, (_, new) in wanted.there.items()}}
    checked = new_party_form.check({name: text for name, text in asked.items() if name != REF})
    return at_rows([*found, *checked.problems])


def at_rows(found: Sequence[Problem]) -> list[Problem]:
    """The problems at the rows of the form; that of a part of the address names the part."""
    return [
        Problem(ADDRESS, f"{LABELS[one.field]}: {one.message}") if one.field in _WHERE[1:] else one for one in found
    ]


def able(*, may_edit: bool, may_update: bool, refs: bool, party: Party, title: str, connected: bool) -> Able:
    """Which ways are open for a party of the accounting system called `title`."""
    if party.merged_into:
        why = f"It was merged into another contact in {title}."
    elif party.state is not PartyState.ACTIVE:
        why = f"It is archived in {title}. Restore it there first, to copy anything into it."
    elif not connected:
        why = f"{title} is not connected."
    elif not may_update:
        why = f"{title} lets no contact be changed from here."
    else:
        why = ""
    return Able(here=may_edit, there=not why, ref=refs, why_not_there=why)
