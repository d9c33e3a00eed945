"""Where a sentence of Xero's belongs on our forms. No network.

Xero refuses in sentences, without naming a field or a line. Known words lead to the field; a value in quotation marks
leads to the line that holds it. What is not recognised belongs to the whole form (field ""). The sentences are those
that Xero's documentation and public reports show; they are not promised to stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from operator import itemgetter

from core import Line, NewDocument, Problem

Table = tuple[tuple[str, str], ...]

# Source: `maxLength` in Xero's API description; an address has four lines of 500.
LENGTHS = {
    "name": 255,
    "first_name": 255,
    "last_name": 255,
    "email": 255,
    "phone": 50,
    "tax_number": 50,
    "address": 500,
    "city": 255,
    "region": 255,
    "postal_code": 50,
    "country": 50,
    "record_ref": 50,
}

_PARTY: Table = (
    (r"contact ?number", "record_ref"),
    (r"e-?mail", "email"),
    (r"tax ?number", "tax_number"),
    (r"phone", "phone"),
    (r"post(al)? ?code", "postal_code"),
    (r"first ?name", "first_name"),
    (r"last ?name", "last_name"),
    (r"address", "address"),
    (r"\bcity\b", "city"),
    (r"\bregion\b", "region"),
    (r"\bcountry\b", "country"),
    (r"contact name|\bname\b", "name"),
)
_LINE: Table = (
    (r"account", "account"),
    (r"tax ?type|tax ?rate|tax ?code|taxtype", "tax_rate"),
    (r"tracking", "tracking"),
    (r"item ?code|(?<!line )\bitem\b", "item"),
    (r"discount", "discount"),
    (r"quantity", "quantity"),
    (r"unit ?(amount|price)", "unit_price"),
    (r"description", "description"),
)
_OF_A_LINE = {name for _, name in _LINE}
_DOCUMENT: Table = (
    (r"due ?date", "due_date"),
    (r"lock date|invoice date|document date|\bdate\b", "date"),
    (r"line ?amount ?type", "amounts_are"),
    (r"\burl\b", ""),
    (r"currency", "currency"),
    (r"branding ?theme", "theme"),
    (r"reference", "reference"),
    (r"contact", "party"),
)
_QUOTED = re.compile(r"['\"‘’“”]([^'\"‘’“”]+)['\"‘’“”]")
_MISSING = re.compile(r"at least 1 char|must be specified|required|mandatory|cannot be (empty|blank)", re.IGNORECASE)
_DUPLICATE = re.compile(r"contact name.*(already|unique)", re.IGNORECASE | re.DOTALL)
_MOVED_ON = re.compile(
    r"not of valid status|cannot be (modified|edited|updated|deleted)|status.*(modification|change)", re.I
)


def of_party(message: str) -> list[Problem]:
    """The field of a party that a sentence is about."""
    return [Problem(_match(message, _PARTY), message)]


def of_document(message: str, draft: NewDocument) -> list[Problem]:
    """The fields of a draft that a sentence is about: once for each line that holds the value it quotes."""
    name = _match(message, _DOCUMENT + _LINE)
    if name not in _OF_A_LINE:
        return [Problem(name, message)]
    return [Problem(field, message) for field in _lines(message, name, draft.lines)] or [Problem("", message)]


def too_long(fields: Mapping[str, str]) -> list[Problem]:
    """The fields of a contact that hold more than Xero takes, so that nothing is sent in vain."""
    return [
        Problem(name, f"Xero takes at most {LENGTHS[name]} characters here.")
        for name, value in fields.items()
        if len(value) > LENGTHS.get(name, len(value))
    ]


def is_duplicate_name(messages: list[str]) -> bool:
    """True when Xero refused a contact because its name is taken."""
    return any(_DUPLICATE.search(message) for message in messages)


def has_moved_on(messages: list[str]) -> bool:
    """True when Xero refused a change because the document is no longer a draft."""
    return any(_MOVED_ON.search(message) for message in messages)


def _match(message: str, table: Table) -> str:
    """The name whose words come first in the sentence: what a sentence is about stands at its beginning."""
    found = [(hit.start(), name) for pattern, name in table if (hit := re.search(pattern, message, re.IGNORECASE))]
    return min(found, key=itemgetter(0), default=(0, ""))[1]


def _lines(message: str, name: str, lines: tuple[Line, ...]) -> list[str]:
    quoted = set(_QUOTED.findall(message))
    hits = [number for number, line in enumerate(lines) if quoted & _values(line, name)]
    if not hits and _MISSING.search(message):
        hits = [number for number, line in enumerate(lines) if not _values(line, name)]
    if not hits and len(lines) == 1:
        hits = [0]
    return [f"lines.{number}.{name}" for number in hits]


def _values(line: Line, name: str) -> set[str]:
    if name == "tracking":
        return {word for pair in line.tracking for word in pair}
    return {str(getattr(line, name))} - {""}
