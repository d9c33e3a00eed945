"""What the values in the audit trail say to a person: names for numbers, days for dates, words for keys."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from core import formats
from core.audit.models import AuditEntry
from core.users import service as users
from core.users.rights import ALL

LABELS = {"party": "contact", "scopes": "permissions", "owner_id": "owner"}
AMOUNTS = frozenset({"amount", "budget"})


@dataclass(frozen=True)
class Told:
    """The old and the new values of a deed, each a label and a text."""

    old: Sequence[tuple[str, str]]
    new: Sequence[tuple[str, str]]


class Wording:
    """The words for the entries of a page of the audit trail."""

    def __init__(self, request: Any, entries: Iterable[AuditEntry]) -> None:
        held = list(entries)
        owners = {values.get("owner_id") for entry in held for values in (entry.old, entry.new)}
        self._people = users.names_of(request.dbsession, {one for one in owners if isinstance(one, int)})
        self._roles = {role.key: role.title for role in users.all_roles(request.dbsession)}
        self._rights = {right.key: right.title for right in request.registry.rights} | {ALL: "everything"}
        self._providers = {key: spec.title for key, spec in request.services.providers.items()}
        self._told = {entry.id: Told(self._lines(entry.old), self._lines(entry.new)) for entry in held}

    def __getitem__(self, number: int) -> Told:
        """The words for the entry of that id."""
        return self._told[number]

    def _lines(self, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """An id is left out where the name stands beside it."""
        shown = {name for name in values if not name.endswith("_id") or name.removesuffix("_id") not in values}
        return [(_label(name), self._text(name, value)) for name, value in values.items() if name in shown]

    def _text(self, name: str, value: Any) -> str:
        if value in (None, "", []):
            return "–"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if name == "rights" and isinstance(value, list):
            return "; ".join(self._rights.get(one, str(one)) for one in value)
        if isinstance(value, list):
            return "; ".join(str(one) for one in value)
        known: Mapping[str, Mapping[Any, str]] = {
            "owner_id": self._people,
            "role": self._roles,
            "provider": self._providers,
        }
        if name in known:
            return known[name].get(value, "somebody who is not there any more" if name == "owner_id" else str(value))
        if name == "scopes":
            return ", ".join(str(value).split())
        return _amount(value) if name in AMOUNTS else _day(value)


def _label(name: str) -> str:
    return LABELS.get(name) or formats.field_words(name)


def _amount(value: Any) -> str:
    try:
        return formats.amount(Decimal(str(value)))
    except InvalidOperation:
        return str(value)


def _day(value: Any) -> str:
    """A date or a moment as it is written elsewhere; all else as it is."""
    text = str(value)
    try:
        return formats.day(dt.date.fromisoformat(text)) if len(text) == len("2026-11-22") else text
    except ValueError:
        return text
