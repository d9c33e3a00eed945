"""The form of a new party: its fields, and what may stand in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.contract.values import Problem
from core.forms import can_be_seen

LABELS: Mapping[str, str] = {
    "name": "Name",
    "first_name": "First name",
    "last_name": "Last name",
    "email": "E-mail",
    "phone": "Phone",
    "tax_number": "Tax number",
    "address": "Address",
    "city": "City",
    "region": "Region",
    "postal_code": "Postal code",
    "country": "Country",
}
LENGTH, LENGTHS = 255, {"address": 2000, "phone": 50, "tax_number": 50, "postal_code": 50}


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wrong with a form."""

    problems: tuple[Problem, ...]

    @property
    def at_fields(self) -> dict[str, list[str]]:
        """The sentences by field."""
        found: dict[str, list[str]] = {}
        for one in self.problems:
            found.setdefault(one.field, []).append(one.message)
        return found

    @staticmethod
    def refused(kept: Sequence[Mapping[str, str]]) -> Checked:
        """The problems kept with a refused intent."""
        return Checked(tuple(Problem(one["field"], one["message"]) for one in kept))


def check(typed: Mapping[str, str]) -> Checked:
    """What was typed against what any accounting system takes."""
    return Checked(tuple(_problems(typed)))


def _problems(typed: Mapping[str, str]) -> Iterable[Problem]:
    if not can_be_seen(typed["name"]):
        yield Problem("name", "Write the name it should have in the accounting system.")
    for name, text in typed.items():
        longest = LENGTHS.get(name, LENGTH)
        if len(text.strip()) > longest:
            yield Problem(name, f"Write at most {longest:,} characters; this has {len(text.strip()):,}.")
        breaks = "\r\n\t" if name == "address" else ""
        if any(unicodedata.category(letter) in ("Cc", "Cs") and letter not in breaks for letter in text.strip()):
            yield Problem(name, "This holds a character that cannot be shown. Type it again.")
    email = typed["email"].strip()
    before, at, after = email.rpartition("@")
    if email and (not (before and at and after) or " " in email or "." not in after):
        yield Problem("email", "Write an e-mail address such as name@example.com, or leave it empty.")
