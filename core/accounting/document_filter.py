"""What a list of documents can be narrowed to: how they stand, their kind, their currency; with how many there are.

The counts of all the lists of a tab are taken from what its figures were added up from: nothing is counted twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_

from core.accounting.models import DocumentRow
from core.accounting.overview import ALL, OWED, Group
from core.accounting.rules import LATE
from core.contract.values import DocumentKind, DocumentStatus

SUBMITTED, APPROVED = DocumentStatus.SUBMITTED.value, DocumentStatus.AUTHORISED.value
DUE_KINDS = (DocumentKind.SALES_INVOICE.value, DocumentKind.BILL.value)  # what can be overdue
# How documents stand, as people ask for it: key → words, statuses ("" of all). `overdue` is reckoned from the due date.
STATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "open": ("Open", (SUBMITTED, APPROVED)),
    "overdue": ("Overdue", (APPROVED,)),
    "submitted": ("Awaiting approval", (SUBMITTED,)),
    "approved": ("Approved", (APPROVED,)),
    "drafts": ("Drafts", (DocumentStatus.DRAFT.value,)),
    "paid": ("Paid", (DocumentStatus.PAID.value,)),
    "void": ("Void or deleted", (DocumentStatus.VOIDED.value, DocumentStatus.DELETED.value)),
    "all": ("All", ()),
}
SEGMENTS = ("open", "paid", "drafts", "all")  # a touch away; the others stand in the form
BY_DUE_DATE = frozenset({"open", "overdue", "approved"})


@dataclass(frozen=True, slots=True)
class Facet:
    """How many documents have all of this in common."""

    kind: str
    status: str
    currency: str
    overdue: bool
    count: int


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; "" narrows nothing."""

    state: str = "all"
    kind: str = ""
    currency: str = ""


def facets(groups: Iterable[Group]) -> list[Facet]:
    """The documents behind some figures, counted by what they can be narrowed to."""
    held = list(groups)
    late: Counter[tuple[str, str, str]] = Counter()
    for one in held:
        if one.slice == OWED and one.kind in DUE_KINDS and one.late in LATE:
            late[one.kind, one.status, one.currency] += one.documents
    found = []
    for one in held:
        if one.slice == ALL:
            of = (one.kind, one.status, one.currency)
            found += [Facet(*of, False, one.documents - late[of]), Facet(*of, True, late[of])]
    return [one for one in found if one.count]


def is_overdue(today: date) -> ColumnElement[bool]:
    """Approved, due before today, and something that can be due."""
    return and_(DocumentRow.status == APPROVED, DocumentRow.kind.in_(DUE_KINDS), DocumentRow.due_date < today)


def conditions(wanted: Filter, today: date) -> list[ColumnElement[bool]]:
    """A filter as conditions on `DocumentRow`."""
    states = STATES[wanted.state][1]
    found: list[ColumnElement[bool]] = [DocumentRow.status.in_(states)] if states else []
    found += [is_overdue(today)] if wanted.state == "overdue" else []
    found += [DocumentRow.kind == wanted.kind] if wanted.kind else []
    return found + ([DocumentRow.currency == wanted.currency] if wanted.currency else [])


def in_state(facet: Facet, state: str) -> bool:
    """Whether the documents of a facet stand so."""
    states = STATES[state][1]
    return (not states or facet.status in states) and (state != "overdue" or facet.overdue)


@dataclass(frozen=True)
class Choice:
    """One choice of a filter: its key, its words, and how many documents there are, the other filters kept."""

    key: str
    words: str
    count: int


@dataclass(frozen=True)
class Narrowing:
    """A list's filter with its choices. `total` is how many documents there are without any, `count` with it."""

    wanted: Filter
    usual: str
    states: Sequence[Choice]
    kinds: Sequence[Choice]
    currencies: Sequence[Choice]
    total: int
    count: int

    @property
    def segments(self) -> list[Choice]:
        """The states a touch away, and the one picked."""
        return [one for one in self.states if one.key in SEGMENTS or one.key == self.wanted.state]

    @property
    def is_narrow(self) -> bool:
        """Whether something is picked that the list does not show by itself."""
        return bool(self.wanted.kind or self.wanted.currency) or self.wanted.state not in SEGMENTS

    @property
    def words(self) -> str:
        """What is picked, in words: ``overdue, in AUD``."""
        state = STATES[self.wanted.state][0].lower() if self.wanted.state != "all" else ""
        kind = next((one.words.lower() for one in self.kinds if one.key == self.wanted.kind), "")
        currency = f"in {self.wanted.currency}" if self.wanted.currency else ""
        return ", ".join(part for part in (state, kind, currency) if part)


def narrow(
    found: Iterable[Facet],
    kinds: Collection[str],
    asked: Mapping[str, str],
    words: Mapping[str, tuple[str, str]],
    usual: str,
) -> Narrowing:
    """The filter that `asked` (state, kind, currency) comes to for a list of these kinds; the unknown is not asked for.

    `usual` is the state that the list shows by itself; "" means what is open, or all where nothing is.
    """
    mine = [one for one in found if one.kind in kinds]
    present = [kind for kind in words if any(one.kind == kind for one in mine)]
    currencies = sorted({one.currency for one in mine})
    kind, currency = asked.get("kind", ""), asked.get("currency", "")
    wanted = Filter(asked.get("state", ""), kind if kind in present else "", currency if currency in currencies else "")

    def count(state: str, kind: str, currency: str) -> int:
        return _sum(
            mine, lambda one: in_state(one, state) and kind in ("", one.kind) and currency in ("", one.currency)
        )

    by_state = {state: count(state, wanted.kind, wanted.currency) for state in STATES}
    usual = usual or ("open" if count("open", "", "") or not mine else "all")
    state = wanted.state if wanted.state in STATES else usual
    return Narrowing(
        wanted=Filter(state, wanted.kind, wanted.currency),
        usual=usual,
        states=[Choice(key, title, by_state[key]) for key, (title, _) in STATES.items()],
        kinds=[Choice(each, words[each][1], count(state, each, wanted.currency)) for each in present],
        currencies=[Choice(each, each, count(state, wanted.kind, each)) for each in currencies],
        total=sum(one.count for one in mine),
        count=by_state[state],
    )


def _sum(found: Iterable[Facet], fits: Callable[[Facet], bool]) -> int:
    return sum(one.count for one in found if fits(one))
