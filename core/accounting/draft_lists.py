"""The organisation's lists that a draft is filled in from, and what they say of a line's tax."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from core.contract.values import Choice, ChoiceKind

TRACKING = ("tracking_0", "tracking_1")


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
