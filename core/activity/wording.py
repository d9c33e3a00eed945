"""What the values in the audit trail say to a person: names for numbers, days for dates, words for keys."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from core import formats
from core.audit.models import AuditEntry
from core.contract.extensions import Right
from core.contract.provider import ProviderSpec
from core.records.custom import NUMBER, custom_fields
from core.records.kinds import KINDS
from core.users import service as users
from core.users.rights import ALL

LABELS = {"party": "Contact", "scopes": "Permissions", "owner_id": "Owner", "due_on": "Due"}
NOTHING = "–"
_MONEY = re.compile(r"(-?\d+(?:\.\d+)?) ([A-Z]{3})", re.ASCII)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
_LINE = re.compile(r"(.*: )([\d,.]+ at [\d,.]+(?: less [\d,.]+ %)?)", re.ASCII | re.DOTALL)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?[+-]\d{2}:\d{2}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class Change:
    """One value of a deed by its label: the text before and after, None where the deed does not speak of it."""

    label: str
    old: str | None
    new: str | None


class Wording:
    """The words for some entries of the audit trail, by their ids; names are looked up once for all of them."""

    def __init__(
        self,
        session: Session,
        providers: Mapping[str, ProviderSpec],
        entries: Iterable[AuditEntry],
        rights: Sequence[Right] = (),
    ) -> None:
        held = list(entries)
        owners = {values.get("owner_id") for entry in held for values in (entry.old, entry.new)}
        self._people = users.names_of(session, {one for one in owners if isinstance(one, int)})
        roles = any("role" in entry.old or "role" in entry.new for entry in held)
        self._roles = {role.key: role.title for role in users.all_roles(session)} if roles else {}
        self._rights = {right.key: right.title for right in rights} | {ALL: "everything"}
        self._providers, self._session = providers, session
        self._numbers: dict[str, frozenset[str]] = {}
        self._told = {entry.id: self._changes(entry) for entry in held}

    def __getitem__(self, number: int) -> Sequence[Change]:
        """The words for the entry of that id."""
        return self._told[number]

    def _changes(self, entry: AuditEntry) -> list[Change]:
        """Each value once, in the order they were written down; an id is left out where the name stands beside it."""
        names = list(dict.fromkeys([*entry.old, *entry.new]))
        shown = [name for name in names if not name.endswith("_id") or name.removesuffix("_id") not in names]
        return [
            Change(
                label_of(entry.kind, name),
                self._text(name, entry.old[name], entry, entry.old) if name in entry.old else None,
                self._text(name, entry.new[name], entry, entry.new) if name in entry.new else None,
            )
            for name in shown
        ]

    def _text(self, name: str, value: Any, entry: AuditEntry, beside: Mapping[str, Any]) -> str:
        if value in (None, "", []):
            return NOTHING
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, list):
            words = {"rights": lambda one: self._rights.get(one, str(one)), "line_items": _line}.get(name, str)
            return "; ".join(words(one) for one in value)
        if name == "owner_id":
            return self._people.get(value, "somebody who is not there any more")
        if name == "role":
            return self._roles.get(value, str(value))
        if name == "provider":
            return self._providers[value].title if value in self._providers else str(value)
        if name == "scopes":
            return self._permissions(str(value).split(), str(beside.get("provider", "")))
        text = str(value)
        if _NUMBER.fullmatch(text) and name in self._numbers_of(entry.kind):
            return formats.number(Decimal(text))
        return _plain(text)

    def _numbers_of(self, kind: str) -> frozenset[str]:
        """The custom fields of a type that hold numbers, by their labels, under which they are written down."""
        if kind not in self._numbers:
            fields = custom_fields(self._session, kind) if kind in KINDS else ()
            self._numbers[kind] = frozenset(field.label for field in fields if field.style == NUMBER)
        return self._numbers[kind]

    def _permissions(self, scopes: Sequence[str], provider: str) -> str:
        """What a grant allows, in words where the provider has any for it."""
        spec = self._providers.get(provider)
        asked = [one for way in spec.authorizers for one in way.permissions()] if spec else []
        words = {one.scope: one.key or one.why.rstrip(".") for one in asked}
        return "\n".join(dict.fromkeys(words.get(scope) or scope for scope in scopes))


def label_of(kind: str, name: str) -> str:
    """What a value is called: as the form of its type of record calls it, else its name in words."""
    return LABELS.get(name) or _labels(kind).get(name) or formats.field_words(name).capitalize()


@cache
def _labels(kind: str) -> Mapping[str, str]:
    return {field.short_name: str(field.label.text) for field in KINDS[kind].form()} if kind in KINDS else {}


def _line(text: Any) -> str:
    """A line of an opportunity with its numbers as they are written elsewhere (`LineItem` writes them down)."""
    found = _LINE.fullmatch(str(text))
    return f"{found[1]}{formats.localised(found[2])}" if found else str(text)


def _plain(text: str) -> str:
    """Money, dates and moments as they are written elsewhere; all else as it is."""
    if found := _MONEY.fullmatch(text):
        return formats.money(Decimal(found[1]), found[2])
    try:
        if _MOMENT.fullmatch(text):
            return formats.moment(dt.datetime.fromisoformat(text))
        return formats.day(dt.date.fromisoformat(text)) if _DAY.fullmatch(text) else text
    except ValueError:
        return text
