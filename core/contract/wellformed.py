"""What every value of the contract must be, whoever made it: the types that its class names, and amounts that count.

`fault` is what the core holds each answer of a provider to before anything of it is stored or shown (`guard`), what the
values of hooks check themselves with, and what the conformance suite begins with. The rules follow from the types that
are written at the fields; beyond that stands only what would make a figure wrong or fit no column.

A sentence about a fault may stand on a page of somebody who sees no amounts: it names the class, the field and what is
wrong, never an amount, a number or an id. `which` names the thing, for the log.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from core.contract.values import (
    Choice,
    Document,
    DocumentStatus,
    Grant,
    Organisation,
    Party,
    Ref,
)

V = TypeVar("V")
LONGEST_ID = 100
MOST = Decimal("99999999999999")
CURRENCY = re.compile(r"[A-Z]{3}\Z")
# What no database takes in a text, and what turns the words behind it around on a page.
_UNWRITABLE = re.compile("[\x00\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_BOOKED = (DocumentStatus.SUBMITTED, DocumentStatus.AUTHORISED, DocumentStatus.PAID)
# Kept with every digit; all other Decimals are amounts, prices and quantities of at most four decimals.
_ANY_DIGITS = frozenset({"rate", "discount", "price"})


def fault(value: Any, kind: type) -> str:
    """What is wrong with a value that should be one of `kind` (a class of the contract), "" when nothing is.

    Holds no amount, no number and no id.
    """
    if not isinstance(value, kind):
        return f"{_shown(value)} where a {kind.__name__} belongs"
    made_as: Any = type(value)
    for name, wrong in _field_checks(made_as):
        if found := wrong(getattr(value, name)):
            return f"{made_as.__name__}: {name} is {found}"
    return _more(value)


def check_types(value: Any) -> None:
    """Refuse a value whose fields are not what its class says. Raises TypeError with a sentence."""
    if wrong := fault(value, type(value)):
        raise TypeError(wrong)


def cleaned(value: V) -> V:
    """The same without characters that no database takes; the value itself where there are none."""
    given: Any = value
    if isinstance(given, str):
        return typing.cast("V", _UNWRITABLE.sub("", given)) if _UNWRITABLE.search(given) else value
    if isinstance(given, tuple):
        return typing.cast("V", tuple(map(cleaned, given))) if given else value
    made_as: Any = type(given)
    found = {}
    for name in _texts(made_as):
        one = getattr(given, name)
        if (now := cleaned(one)) is not one and now != one:
            found[name] = now
    return typing.cast("V", replace(given, **found)) if found else value


@cache
def _texts(kind: Any) -> tuple[str, ...]:
    """The fields that hold text, themselves or within."""
    if not is_dataclass(kind):
        return ()
    hints = typing.get_type_hints(kind)
    return tuple(field.name for field in fields(kind) if _holds_text(hints[field.name]))


def _holds_text(hint: Any) -> bool:
    inner = [one for one in typing.get_args(hint) if one not in (types.NoneType, Ellipsis)]
    return any(map(_holds_text, inner)) if inner else hint is str or bool(_texts(hint))


@cache
def _field_checks(kind: Any) -> tuple[tuple[str, Callable[[Any], str]], ...]:
    hints = typing.get_type_hints(kind)
    return tuple((field.name, _check(hints[field.name], field.name)) for field in fields(kind))


def _check(hint: Any, name: str = "") -> Callable[[Any], str]:
    """What is wrong with a field's value, by the type written at the field."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        checks = [_check(one, name) for one in inner if one is not types.NoneType]
        return lambda value: "" if value is None or not all(one(value) for one in checks) else checks[0](value)
    if origin is tuple:
        each = _check(inner[0], name)
        many = len(inner) == 2 and inner[1] is Ellipsis
        return lambda value: _in_tuple(value, each, None if many else len(inner))
    if hint is Decimal:
        return _amount_fault if name not in _ANY_DIGITS else _decimal_fault
    if hint is datetime:
        return _moment_fault
    if hint is date:
        return lambda value: "" if isinstance(value, date) and not isinstance(value, datetime) else _not(value, date)
    if hint is int:
        return lambda value: "" if isinstance(value, int) and not isinstance(value, bool) else _not(value, int)
    if isinstance(hint, type) and is_dataclass(hint):
        return lambda value: fault(value, hint)
    if isinstance(hint, type):
        return lambda value: "" if isinstance(value, hint) else _not(value, hint)
    return lambda value: ""


def _in_tuple(value: Any, each: Callable[[Any], str], length: int | None) -> str:
    if not isinstance(value, tuple) or (length is not None and len(value) != length):
        return _not(value, tuple)
    return next((found for one in value if (found := each(one))), "")


def _decimal_fault(value: Any) -> str:
    if not isinstance(value, Decimal):
        return f"{_shown(value)}: a rate or money is a Decimal, made from the text of the answer, never a float"
    return "" if value.is_finite() else "no number (NaN or infinite)"


def _amount_fault(value: Any) -> str:
    if found := _decimal_fault(value):
        return found
    if abs(value) > MOST:
        return "a Decimal of more than fourteen digits"
    return "" if value == round(value, 4) else "too long; at most four decimals. A float on the way makes such tails"


def _moment_fault(value: Any) -> str:
    if not isinstance(value, datetime):
        return _not(value, datetime)
    return "" if value.utcoffset() is not None else "a moment without a time zone; moments are aware datetimes in UTC"


def _more(value: Any) -> str:
    """What the types of the fields do not say."""
    look = _MORE.get(type(value))
    return look(value) if look else ""


def id_fault(name: str, value: str, *, empty: bool = False) -> str:
    """What is wrong with an id, "" when nothing is."""
    if not value.strip() and not empty:
        return f"{name} is empty"
    if len(value) > LONGEST_ID or _UNWRITABLE.search(value):
        return f"{name} must be at most {LONGEST_ID} characters, all of them printable"
    return ""


def _first(found: Iterable[str]) -> str:
    return next((one for one in found if one), "")


def _ref_fault(ref: Ref) -> str:
    return _first((id_fault("id", ref.id), id_fault("version", ref.version, empty=True)))


def _document_fault(document: Document) -> str:
    wrong = _first(
        (
            _currency_fault(document.currency),
            id_fault("party_id", document.party_id, empty=True),
            _sign_fault(document),
            "" if document.rate is None or document.rate > 0 else "the rate must be positive, or None",
            *(
                id_fault(f"{name} of a line", getattr(line, name), empty=True)
                for line in document.lines or ()
                for name in ("id", "item", "account", "tax_rate")
            ),
        )
    )
    return f"Document: {wrong}" if wrong else ""


def _sign_fault(document: Document) -> str:
    """Figures subtract credits, and what is booked is positive: a sign of one's own would count twice or not at all."""
    below = document.total < 0 or document.amount_due < 0
    if below and document.status in _BOOKED:
        return "total or amount_due is below zero; amounts are positive, of credits too, their kind says which way"
    return ""


def _currency_fault(word: str, *, empty: bool = False) -> str:
    if CURRENCY.match(word) or (empty and not word):
        return ""
    return "the currency must be three capital letters (ISO 4217)"


def _party_fault(party: Party) -> str:
    wrong = _currency_fault(party.currency, empty=True) or id_fault("merged_into", party.merged_into, empty=True)
    return f"Party: {wrong}" if wrong else ""


def _choice_fault(choice: Choice) -> str:
    wrong = id_fault("id", choice.id)
    return f"Choice: {wrong}" if wrong else ""


def _organisation_fault(organisation: Organisation) -> str:
    wrong = id_fault("id", organisation.id) or _currency_fault(organisation.base_currency, empty=True)
    return f"Organisation: {wrong}" if wrong else ""


def _grant_fault(grant: Grant) -> str:
    return "" if grant.access_token else "Grant: access_token is empty"


def which(value: Any) -> str:
    """Which thing is meant, for who may look into the books: its class, and its number or id."""
    meant = getattr(value, "document", None) or getattr(value, "party", None) or value
    ref = getattr(meant, "ref", None)
    known = getattr(meant, "number", "") or getattr(ref, "id", "") or getattr(meant, "id", "")
    return f"{type(meant).__name__} {known}".strip()


def _not(value: Any, kind: type) -> str:
    return f"{_shown(value)}, not a {kind.__name__}"


def _shown(value: Any) -> str:
    """A value in a sentence; mostly only its kind, for it may be a secret or an amount."""
    if value is None or isinstance(value, (bool, Enum)):
        return repr(value)
    return f"{'an' if isinstance(value, int) else 'a'} {type(value).__name__}"


_MORE: dict[type, Callable[[Any], str]] = {
    Ref: _ref_fault,
    Document: _document_fault,
    Party: _party_fault,
    Choice: _choice_fault,
    Organisation: _organisation_fault,
    Grant: _grant_fault,
}
